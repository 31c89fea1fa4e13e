"""What holds in every planned city: laws of survey tables, of networks, of engineering."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import twin
from twin.errors import InputError
from twin.synthesis.plan import Plan, plan

ROOT = Path(twin.__file__).parent
SCHEMAS = ROOT / "census" / "schema"
SOURCES = {
    "JS": {"水厂出水"},
    "PS": {"出水口", "污水处理场"},
    "RQ": {"门站"},
    "RL": {"热源"},
    "DL": {"变电站"},
    "TX": {"局站"},
}
CLASSES = {
    "JP": "JS", "YS": "PS", "WS": "PS", "TR": "RQ", "RS": "RL", "GD": "DL", "LD": "DL", "XX": "TX",
    "QQ": "GY", "ZH": "QT",
}  # fmt: skip
DRAINS = ("YS", "WS")


def made(seed: int, area: float = 8.0) -> Plan:
    return plan(area, np.random.default_rng(seed))


@pytest.fixture(scope="module", params=[11, 29, 4711])
def city(request):
    return made(request.param)


def header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row["column"] for row in csv.DictReader(file)]


def number_of(city: Plan, ids: pd.Series) -> np.ndarray:
    index = pd.Series(np.arange(len(city.points)), index=city.points["id"])
    return index.reindex(ids).to_numpy()


def degrees(city: Plan) -> np.ndarray:
    ends = np.concatenate([number_of(city, city.lines[end]) for end in ("start", "end")])
    return np.bincount(ends.astype(int), minlength=len(city.points))


def cross_pairs(city: Plan, rng: np.random.Generator, sample: int = 6000) -> pd.DataFrame:
    """Lines of different points that cross in plan, with the elevations of both where they cross."""
    points, lines = city.points, city.lines
    a, b = number_of(city, lines["start"]), number_of(city, lines["end"])
    x, y = points["x_m"].to_numpy(), points["y_m"].to_numpy()
    shapes = shapely.linestrings(
        np.stack([np.column_stack([x[a], y[a]]), np.column_stack([x[b], y[b]])], axis=1)
    )
    chosen = np.sort(rng.permutation(len(lines))[:sample])
    left, right = shapely.STRtree(shapes).query(shapes[chosen], predicate="crosses")
    left = chosen[left]
    apart = (a[left] != a[right]) & (a[left] != b[right]) & (b[left] != a[right]) & (b[left] != b[right])
    left, right = left[apart], right[apart]
    place = shapely.intersection(shapes[left], shapes[right])
    rows = {}
    for side, own in (("one", left), ("two", right)):
        share = shapely.line_locate_point(shapes[own], place, normalized=True)
        start, end = lines["start_z_m"].to_numpy()[own], lines["end_z_m"].to_numpy()[own]
        z, height = start + share * (end - start), lines["height_mm"].to_numpy()[own] / 1000.0
        kind = lines["category"].to_numpy()[own]
        drain, tunnel = np.isin(kind, DRAINS), kind == "ZH"
        rows[f"{side}_top"] = np.select([drain, tunnel], [z + 1.1 * height, z + height], z)
        rows[f"{side}_bottom"] = np.select([drain, tunnel], [z - 0.1 * height, z], z - height)
        rows[f"{side}_kind"] = kind
        rows[f"{side}_overhead"] = lines["embed"].isin(["JK", "SJ"]).to_numpy()[own]
    return pd.DataFrame(rows)


@pytest.mark.core
def test_equal_seeds_give_equal_cities_and_others_do_not():
    one, two, other = made(5, 4.0), made(5, 4.0), made(6, 4.0)
    pd.testing.assert_frame_equal(one.points, two.points, check_exact=True)
    pd.testing.assert_frame_equal(one.lines, two.lines, check_exact=True)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name], check_exact=True)
    assert np.array_equal(one.terrain.z, two.terrain.z)
    assert not one.points["x_m"].head(50).equals(other.points["x_m"].head(50))


@pytest.mark.core
def test_tables_have_canonical_columns_and_nothing_is_nan_that_must_not_be(city):
    assert set(city.points) <= set(header(SCHEMAS / "points.csv"))
    assert set(city.lines) <= set(header(SCHEMAS / "lines.csv"))
    for name, table in city.tables.items():
        assert list(table) == header(SCHEMAS / "joined" / f"{name}.csv")
    known = ["x_m", "y_m", "ground_m", "built"]
    assert np.isfinite(city.points[known]).all().all()
    measured = ["start_depth_m", "end_depth_m", "start_z_m", "end_z_m", "width_mm", "height_mm", "built"]
    assert np.isfinite(city.lines[measured]).all().all()


@pytest.mark.core
def test_points_are_unique_and_lines_join_two_of_them_once(city):
    assert city.points["id"].is_unique
    assert not city.points.duplicated(["x_m", "y_m", "ground_m"]).any()
    assert (
        city.lines["start"].isin(city.points["id"]).all() and city.lines["end"].isin(city.points["id"]).all()
    )
    pairs = pd.DataFrame(np.sort(city.lines[["start", "end"]].to_numpy(dtype=str), axis=1))
    assert not pairs.duplicated().any()
    assert (city.lines["start"] != city.lines["end"]).all()
    assert (degrees(city) > 0).all()


def test_every_point_has_either_a_feature_or_an_attachment_and_the_code_of_it(city):
    points = city.points
    assert ((points["feature"] == "") != (points["attachment"] == "")).all()
    assert points["code"].str.fullmatch(r"5[1-8]\d{2}2[12]\d{2}").all()
    attached = points["attachment"] != ""
    assert (points["code"].str[5] == np.where(attached, "2", "1")).all()
    assert points.groupby(["category", "feature", "attachment"])["code"].nunique().max() == 1


def test_features_have_the_number_of_lines_their_names_say(city):
    lines = degrees(city)
    wanted = {"三通": 3, "四通": 4, "弯头": 2, "变径": 2, "变材": 2, "终点": 1, "起点": 1, "预留口": 1}
    for term, number in wanted.items():
        found = lines[(city.points["feature"] == term).to_numpy()]
        assert (found == number).all(), term


def test_every_part_of_a_network_has_a_source(city):
    points, lines = city.points, city.lines
    a, b = number_of(city, lines["start"]), number_of(city, lines["end"])
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(points), len(points)))
    part = connected_components(graph, directed=False)[1]
    terms = (points["feature"] + points["attachment"]).to_numpy()
    classes = points["category"].map(CLASSES).to_numpy()
    for code, sources in SOURCES.items():
        own = classes == code
        fed = np.unique(part[own & np.isin(terms, list(sources))])
        assert np.isin(part[own], fed).all(), code


def test_no_line_joins_two_classes_and_rain_never_meets_sewage(city):
    start = city.points["category"].to_numpy()[number_of(city, city.lines["start"])]
    end = city.points["category"].to_numpy()[number_of(city, city.lines["end"])]
    assert (pd.Series(start).map(CLASSES) == pd.Series(end).map(CLASSES)).all()
    assert not ((start == "YS") & (end == "WS") | (start == "WS") & (end == "YS")).any()


@pytest.mark.core
def test_drains_fall_to_an_outfall_and_grow_on_the_way(city):
    drains = city.lines[city.lines["category"].isin(DRAINS)]
    assert (drains["flow_dir"] == "+").all()
    assert (drains["start_z_m"] > drains["end_z_m"] + 0.001).all()
    start, end = number_of(city, drains["start"]), number_of(city, drains["end"])
    down = np.full(len(city.points), -1)
    assert len(np.unique(start)) == len(start), "a drain runs off in two directions"
    down[start] = end
    size = np.zeros(len(city.points))
    size[start] = drains["width_mm"]
    joined = size[end] > 0
    assert (size[end][joined] >= drains["width_mm"].to_numpy()[joined]).all()
    at = start.copy()
    for _ in range(20_000):
        going = down[at] >= 0
        if not going.any():
            break
        at = np.where(going, down[at], at)
    terms = (city.points["feature"] + city.points["attachment"]).to_numpy()[at]
    assert set(terms) == {"出水口", "污水处理场"}


def test_drains_leave_a_point_no_higher_than_they_come_unless_they_are_lifted(city):
    drains = city.lines[city.lines["category"].isin(DRAINS)]
    lowest_in = drains.groupby("end")["end_z_m"].min()
    out = drains.set_index("start")["start_z_m"]
    both = out.index.intersection(lowest_in.index)
    lifted = city.points.set_index("id")["attachment"].reindex(both) == "泵站"
    rise = out[both] - lowest_in[both]
    assert (rise[~lifted] < 0.002).all()
    assert (rise[lifted] > 2.5).all()


def test_lines_are_covered(city):
    lines = city.lines[~city.lines["embed"].isin(["JK", "SJ"])]
    ends = number_of(city, lines["end"])
    outfall = (city.points["feature"].to_numpy() == "出水口")[ends]
    drain = lines["category"].isin(DRAINS)
    top = lines["start_depth_m"] - np.where(drain, 1.1 * lines["height_mm"] / 1000.0, 0.0)
    top = top - np.where(lines["category"] == "ZH", lines["height_mm"] / 1000.0, 0.0)
    assert (top[~outfall] >= 0.695).all()
    gas = lines["category"] == "TR"
    assert (top[gas] >= 0.9).all()


@pytest.mark.parametrize("seed", [3, 77, 78])
def test_lines_of_unlike_kinds_keep_apart_where_they_cross(seed):
    pairs = cross_pairs(made(seed), np.random.default_rng(seed))
    pairs = pairs[~pairs["one_overhead"] & ~pairs["two_overhead"]]
    clear = np.maximum(pairs["one_bottom"] - pairs["two_top"], pairs["two_bottom"] - pairs["one_top"])
    assert len(pairs) > 500
    assert (clear > 0.04).all(), pairs[clear <= 0.04].head().to_string()
    kinds = set(zip(pairs["one_kind"], pairs["two_kind"], strict=True))
    assert {("JP", "WS"), ("TR", "YS"), ("GD", "JP")} & kinds


def test_depths_agree_with_elevations(city):
    ground = city.points["ground_m"].to_numpy()
    for end in ("start", "end"):
        own = ground[number_of(city, city.lines[end])]
        off = own - city.lines[f"{end}_depth_m"] - city.lines[f"{end}_z_m"]
        assert np.abs(off).max() < 0.002


def test_pressures_and_ducts_are_in_their_bands(city):
    gas = city.lines[city.lines["category"] == "TR"]
    bands = {"低压": (0.0, 0.01), "中压A": (0.2, 0.4), "次高压A": (0.8, 1.6)}
    for name, (low, high) in bands.items():
        own = gas[gas["pressure"] == name]
        assert len(own) or name == "低压"
        assert own["design_mpa"].between(low, high).all()
        assert (own["operating_mpa"] <= own["design_mpa"]).all()
    ducts = city.lines[city.lines["category"].isin(["GD", "XX", "LD"])]
    assert (ducts["hole_used"] <= ducts["hole_count"]).all() and (ducts["cable_count"] >= 1).all()


def test_mains_leave_the_works_at_a_usual_velocity(city):
    works = city.tables["plants"][city.tables["plants"]["kind"] == "reservoir"]
    flow = city.tables["customers"]["water_m3d"].sum() / 86400.0 * 1.5 / len(works)
    lines = city.lines.set_index("start")
    for point in works["point"]:
        width = city.lines[(city.lines["start"] == point) | (city.lines["end"] == point)]["width_mm"].max()
        assert 0.4 < flow / (np.pi / 4 * (width / 1000.0) ** 2) < 1.4
    assert lines["width_mm"].min() >= 50


def test_transformers_and_cables_carry_their_customers(city):
    power = city.tables["customers"]["power_kw"].sum() / 1000.0
    devices = city.tables["devices"]
    installed = devices.loc[devices["kind"] == "transformer", "sn_mva"].sum()
    assert installed > power * 0.6
    plants = city.tables["plants"]
    stations = plants[plants["kind"] == "substation"]
    stations = stations[stations["class"] == "DL"]
    assert 0.35 * power < stations["capacity"].sum() < 4 * power
    at = city.lines[city.lines["start"].isin(stations["point"]) | city.lines["end"].isin(stations["point"])]
    assert at["cable_count"].sum() * 0.3 * np.sqrt(3) * 10 > 0.5 * power


def test_joined_tables_refer_to_what_is_there(city):
    ids = set(city.points["id"])
    tables = city.tables
    assert set(tables["plants"]["point"]) <= ids and set(tables["devices"]["point"]) <= ids
    own = set(tables["plants"]["id"]) | set(tables["devices"]["id"]) | set(tables["facilities"]["id"])
    for side in ("supplier", "consumer"):
        for name in tables["dependencies"][side]:
            assert name in ids or name.rsplit("/", 1)[-1] in own, name
    assert not tables["dependencies"].duplicated(["supplier", "consumer", "kind"]).any()
    assert set(tables["agencies"]["depot"]) <= set(tables["depots"]["id"])
    junctions = set(tables["streets"]["start"]) | set(tables["streets"]["end"])
    assert set(tables["depots"]["road_node"]) <= junctions
    assert shapely.is_valid(shapely.from_wkt(tables["areas"]["wkt"].to_numpy(dtype=object))).all()


@pytest.mark.core
def test_the_bundled_drill_finds_its_names(city):
    names = dict(zip(city.tables["names"]["name"], city.tables["names"]["component"], strict=True))
    assert {"box transformer", "pump 1", "pump 2", "tower", "tower main", "hospital"} <= set(names)
    feeds = city.tables["dependencies"]
    fed = feeds[feeds["supplier"] == names["box transformer"]]
    assert {names["pump 1"], names["pump 2"]} <= set(fed["consumer"])
    start = re.fullmatch(r"water/pipe/(JS\d+)-(JS\d+)", names["tower main"])
    assert start and set(start.groups()) <= set(city.points["id"])
    wanted = {f"{name} company" for name in ("power", "water", "gas", "heat", "telecom", "drainage")}
    assert wanted <= set(city.tables["agencies"]["id"])


def test_personal_data_is_of_nobody(city):
    assert city.tables["customers"]["phone"].str.fullmatch(r"1000\d{7}").all()
    assert city.points["contact"].str.fullmatch(r"1000\d{7}").all()


def test_density_falls_outward(city):
    customers = city.tables["customers"]
    x, y = customers["x_m"], customers["y_m"]
    away = np.hypot(x - x.mean(), y - y.mean())
    near, far = away < away.quantile(0.33), away > away.quantile(0.66)
    assert customers.loc[near, "people"].mean() > 1.15 * customers.loc[far, "people"].mean()


def test_the_ground_has_hills_a_river_and_underpasses(city):
    z = city.terrain.z
    assert np.isfinite(z).all() and 8.0 < np.ptp(z) < 60.0
    kinds = set(city.tables["streets"]["kind"])
    assert {"arterial", "street", "bridge", "underpass"} <= kinds


def test_points_grow_with_the_area():
    small, large = len(made(2, 6.0).points), len(made(2, 24.0).points)
    assert 2.8 < large / small < 5.2


def test_an_area_without_room_for_plants_is_refused_in_words():
    with pytest.raises(InputError, match="no room for all its plants"):
        made(1, 0.2)
