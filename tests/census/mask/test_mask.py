"""Masking a city: what stays, what goes, and that nothing is written where it cannot be shown."""

from __future__ import annotations

import csv
import json
import os
import stat
from collections import Counter
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.census.mask.made import PERSON, PHONE, box, changed, masked, random_city
from twin import api
from twin.census.mask import ProofError, columns, read_policy, treat
from twin.census.mask.filters import filtered, owner_class
from twin.census.mask.geometry import crossings, polylines
from twin.census.mask.key import Key, read_key
from twin.errors import DatasetError
from twin.lifelines.instant import instant
from twin.model.city import City
from twin.model.table import Table

POLICY = read_policy()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[City, Path]:
    """A random city and the folder of its masked twin, made once with a key that was kept."""
    folder = tmp_path_factory.mktemp("made")
    city = random_city(11)
    masked(city, folder, key=folder / "key.json")
    return city, folder / "open"


def degrees(city: City, layer: str) -> Counter:
    return Counter(degree for _node, degree in city.networks[layer].graph().degree())


def shape(city: City, layer: str) -> list[tuple]:
    graph = nx.Graph(city.networks[layer].graph())
    parts = (graph.subgraph(part) for part in nx.connected_components(graph))
    return sorted((part.number_of_nodes(), part.number_of_edges()) for part in parts)


def flows(city: City, at_s: float = 0.0) -> np.ndarray:
    return np.sort(np.abs(instant(city, "water", at_s)[1].tables["links"]["flow_m3s"]))


def pressures(city: City, at_s: float = 0.0) -> np.ndarray:
    return np.sort(instant(city, "water", at_s)[1].tables["nodes"]["pressure_pa"])


def texts(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.is_file())


@settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 10**6), st.integers(12, 90), st.floats(1000, 20000))
def test_a_random_city_keeps_its_graph_and_its_water_and_loses_its_places(
    tmp_path_factory, seed, size, extent
):
    """Compared here by other means than the proof's own: NetworkX, sorted results, written text."""
    city = random_city(seed, size, extent)
    folder = tmp_path_factory.mktemp("random")
    masked(city, folder, changed(changed(POLICY, "filters", owner_classes=()), "guard", area_km2=1000.0))
    after = api.load_city(folder / "open")
    for layer, network in city.networks.items():
        assert after.networks[layer].size() == network.size()
        assert degrees(after, layer) == degrees(city, layer)
        assert shape(after, layer) == shape(city, layer)
    np.testing.assert_allclose(flows(after), flows(city), rtol=0.02, atol=2e-2 * flows(city).max() * 0.05)
    np.testing.assert_allclose(pressures(after), pressures(city), rtol=0.02, atol=2000.0)
    assert downhill(after) == downhill(city) == len(city.networks["drainage"].tables["links"])
    assert crossing_pairs(after) == crossing_pairs(city)
    true = {tuple(place) for place in columns.coordinates(city).round(2).tolist()}
    assert not true & {tuple(place) for place in columns.coordinates(after).round(2).tolist()}


def downhill(city: City) -> int:
    links = city.networks["drainage"].tables["links"]
    return int((links["start_invert_m"] > links["end_invert_m"]).sum())


def crossing_pairs(city: City) -> int:
    network = city.networks["water"]
    return len(crossings(polylines(network), len(network.tables["links"]), 0.002).sure)


def test_nothing_that_names_a_person_a_place_or_an_owner_is_in_any_file(made):
    city, folder = made
    everything = texts(folder)
    for secret in (
        PERSON,
        PHONE,
        "澜京自来水",
        "某部队",
        "解放路",
        "鼓楼",
        "第七中学",
        "老井",
        "JSV",
        "W-12",
        "told by",
    ):
        assert secret in str([list(table.records()) for *_place, table in columns.tables(city)])
        assert secret not in everything, secret
    for x in columns.coordinates(city)[:, 0]:
        assert f"{x:.3f}" not in everything
    key = read_key(folder.parent / "key.json")
    assert key.secret.hex() not in everything
    assert str(key.field.moves[0][0])[:9] not in everything, "the field's parameters are secret as the key is"


def test_every_output_says_that_it_replaces_no_approval(made):
    _city, folder = made
    for name in ("record.json", "proof.json", "reidentification.json", "NOTICE.txt"):
        assert "不替代主管部门审批" in (folder / "mask" / name).read_text(encoding="utf-8")
    manifest = api.load_city(folder).manifest
    assert "不替代" in manifest.notice and "不替代审批" in manifest.title
    assert manifest.assumed == (), "a sentence that names a component does not leave"


def test_the_record_says_what_was_done_by_whom(made):
    _city, folder = made
    record = json.loads((folder / "mask" / "record.json").read_text(encoding="utf-8"))
    assert (record["operator"], record["approver"], record["time"]) == ("tester", "chief", "2026-01-01")
    assert all(len(record[name]) == 64 for name in ("input_sha256", "output_sha256", "policy_sha256"))
    assert record["policy_sha256"] == POLICY.digest
    assert 0 < record["area_km2"]["contiguous"] < 25
    assert record["strain"] <= 0.01 and min(record["floor"].values()) >= 1e-3


def test_attributes_are_coarse(made):
    _city, folder = made
    after = api.load_city(folder)
    pipes = after.networks["water"].tables["links"]
    assert set(pipes["built"]) == {2000.0}
    lengths = pipes["length_m"][np.isfinite(pipes["length_m"]) & (pipes["length_m"] > 50)]
    assert (lengths == np.round(lengths)).all()
    assert sorted(after.facilities.tables["nodes"]["people"]) == [990.0, 1200.0]
    assert set(after.facilities.tables["nodes"]["name"]) == {"hospital 1", "school 1"}
    assert set(after.networks["water"].tables["nodes"]["note"]) == {""}


def test_a_level_that_follows_a_pattern_is_right_at_every_hour(made):
    city, folder = made
    before = filtered(city, POLICY)[0]
    after = api.load_city(folder)
    for hour in range(4):
        np.testing.assert_allclose(
            pressures(after, 3600 * hour), pressures(before, 3600 * hour), rtol=0.02, atol=1.0
        )


def test_outlines_and_terrain_move_with_everything_else(made):
    city, folder = made
    after = api.load_city(folder)
    before = filtered(city, POLICY)[0]
    inside = [
        int(shapely.contains_xy(shapely.from_wkt(each.regions["wkt"][0]).buffer(0.3), nodes(each)).sum())
        for each in (before, after)
    ]
    assert inside[0] == inside[1] > 0
    heights = [each.terrain.at(*nodes(each).T) for each in (before, after)]
    assert np.corrcoef(np.sort(heights[0]), np.sort(heights[1]))[0, 1] > 0.999


def nodes(city: City) -> np.ndarray:
    tables = [network.tables["nodes"] for network in city.networks.values()]
    return np.concatenate([np.stack((table["x"], table["y"]), axis=1) for table in tables])


def test_owners_and_areas_are_taken_out_and_the_record_says_so(tmp_path):
    city = random_city(5)
    soldiers = {f"water/junction/J-{row}" for row in range(40) if row % 7 == 3}
    kept, removed = filtered(city, POLICY)
    assert not soldiers & set(kept.refs)
    assert removed.rows["water/nodes"] == len(soldiers) and removed.rows["dependencies"] == 1
    assert owner_class("驻澜京某部队") == "military" and owner_class("自来水公司") == "utility"
    manholes = city.networks["drainage"].tables["nodes"]
    x, y = (manholes[name][manholes.rows["D-7"]] for name in ("x", "y"))
    (tmp_path / "areas.csv").write_text(f'id,wkt\nbase,"{box(x, y, x + 1, y + 1)}"\n', encoding="utf-8")
    policy = replace(changed(POLICY, "filters", areas="areas.csv", owner_classes=()), folder=tmp_path)
    kept, removed = filtered(city, policy)
    assert "drainage/manhole/D-7" not in kept.refs and removed.areas == 1
    near = shapely.Point(x, y).buffer(POLICY.filters.buffer_m)
    assert not shapely.contains_xy(near, columns.coordinates(kept)).any()
    masked(city, tmp_path, policy)
    record = json.loads((tmp_path / "open" / "mask" / "record.json").read_text(encoding="utf-8"))
    assert record["removed"]["rows"] == removed.rows
    assert record["networks"]["drainage"]["before"] != record["networks"]["drainage"]["after"]


@pytest.mark.core
def test_one_key_gives_equal_ids_and_another_gives_others():
    first, second = Key.fresh(), Key.fresh()
    ids = np.array(["J-1", "", "J-2", "J-1"], dtype=object)
    assert first.tokens("water/nodes", ids).tolist() == first.tokens("water/nodes", ids).tolist()
    assert first.tokens("water/nodes", ids)[1] == ""
    assert first.tokens("water/nodes", ids)[0] == first.tokens("water/nodes", ids)[3]
    assert not set(first.tokens("water/nodes", ids)) & set(second.tokens("water/nodes", ids)) - {""}
    assert first.token("water/nodes", "J-1") != first.token("water/links", "J-1")


def test_the_same_key_and_city_give_the_same_bytes(made, tmp_path):
    city, folder = made
    again = tmp_path / "key.json"
    again.write_bytes((folder.parent / "key.json").read_bytes())
    again.chmod(0o600)
    masked(city, tmp_path, key=again)
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    for name in names:
        if name.suffix in (".csv", ".asc"):
            assert (tmp_path / "open" / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")
def test_the_key_is_for_its_owner_alone(made, tmp_path):
    city, folder = made
    key = folder.parent / "key.json"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    open_key = tmp_path / "key.json"
    open_key.write_bytes(key.read_bytes())
    open_key.chmod(0o644)
    with pytest.raises(DatasetError, match="may be read by others"):
        masked(city, tmp_path, key=open_key)
    with pytest.raises(DatasetError, match="given away"):
        masked(city, tmp_path, key=tmp_path / "open" / "key.json")
    assert not (tmp_path / "open").exists()


def test_a_later_delivery_under_the_same_key_can_be_joined(made, tmp_path):
    """The same city with a part taken out: what is left has the ids and places it had."""
    city, folder = made
    key = tmp_path / "key.json"
    key.write_bytes((folder.parent / "key.json").read_bytes())
    key.chmod(0o600)
    policy = changed(POLICY, "filters", kinds=("facility/hospital", "water/valve"))
    masked(city, tmp_path, policy, key=key)
    first, second = (
        api.load_city(each).networks["drainage"].tables["nodes"] for each in (folder, tmp_path / "open")
    )
    for name in ("id", "x", "y"):
        assert (first[name] == second[name]).all()


def test_a_network_that_is_filtered_away_is_gone(tmp_path):
    masked(random_city(8), tmp_path, changed(POLICY, "filters", kinds=("drainage/*",)))
    assert list(api.load_city(tmp_path / "open").networks) == ["water"]
    record = json.loads((tmp_path / "open" / "mask" / "record.json").read_text(encoding="utf-8"))
    assert record["networks"]["drainage"] == {"before": "40 nodes, 45 links", "after": ""}
    with pytest.raises(DatasetError, match="no network left"):
        masked(random_city(8), tmp_path / "none", changed(POLICY, "filters", kinds=("*",)))


def test_the_true_city_is_never_written_over(tmp_path):
    city = tmp_path / "true"
    api.save_city(random_city(9), city)
    for out in (city, city / "open", tmp_path):
        with pytest.raises(DatasetError, match="is the true city"):
            api.mask_city(city, out, ledger=tmp_path / "ledger", overwrite=True)
    assert api.load_city(city).name == "made9"


def test_a_leak_is_noticed_and_nothing_is_written(tmp_path, monkeypatch):
    """The scan does not trust the treatments: here one lets a road's name through."""
    monkeypatch.setattr(treat.Masker, "_column", leaking(treat.Masker._column))
    with pytest.raises(ProofError, match=r"water/links\.road"):
        masked(random_city(2), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.jsonl.lock"]


def leaking(column_of):
    def column(self, layer, table, column):
        return table["road"].copy() if column.name == "road" else column_of(self, layer, table, column)

    return column


@pytest.mark.parametrize(
    ("column", "spoil", "claim"),
    [
        ("end", lambda made: made[::-1].copy(), "direction of every link"),
        ("diameter_mm", lambda made: np.round(made, -3) + 100, "diameters and sections"),
        ("start_invert_m", lambda made: -made, "rise or fall of every link"),
        ("elevation_m", lambda made: made * 1.2, "flows and pressures"),
    ],
)
def test_a_result_that_does_not_keep_what_it_must_is_not_written(tmp_path, monkeypatch, column, spoil, claim):
    true_column = treat.Masker._column

    def spoilt(self, layer, table, which):
        result = true_column(self, layer, table, which)
        return spoil(result) if which.name == column else result

    monkeypatch.setattr(treat.Masker, "_column", spoilt)
    with pytest.raises(ProofError, match=claim):
        masked(random_city(2), tmp_path)
    assert not (tmp_path / "open").exists()


def test_a_place_that_is_already_taken_is_left_alone(made, tmp_path):
    city, _folder = made
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DatasetError, match="not empty"):
        masked(city, tmp_path)
    assert (tmp_path / "open" / "thesis.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.core
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("field: {strane: 0.01}", "field.strane is no key"),
        ("fields: {strain: 0.01}", "fields is no section"),
        ("field: {strain: 2}", "field.strain is 2, not within"),
        ("field: {control_points: 2.5}", "field.control_points is 2.5"),
        ("attributes: {owner: sell}", "is sell, not one of keep, class, hash, drop"),
        ("filters: {owners: [1]}", "must be a list of texts"),
        ("field: 3", "field must be a mapping"),
        ("- a", "is no mapping"),
        ("format: 9", "has format 9"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused(tmp_path, text, problem):
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=problem):
        read_policy(path)


def test_a_long_straight_line_is_cut_where_its_crossing_would_change(tmp_path):
    """A line of two kilometres and short ones that end 5 cm on either side of it."""
    city = random_city(3, size=60)
    low = columns.coordinates(city).min(axis=0)
    policy = changed(POLICY, "field", sagitta_m=5.0)
    with_line = beside(city, low)
    before = crossing_pairs(with_line)
    masked(with_line, tmp_path, changed(policy, "filters", owner_classes=()))
    after = api.load_city(tmp_path / "open")
    assert crossing_pairs(after) == before
    assert len(after.networks["water"].tables["vertices"]) > len(
        with_line.networks["water"].tables["vertices"]
    )


def beside(city: City, low: np.ndarray) -> City:
    """The city with a long water pipe and twenty short ones that just reach over it, or just not."""
    network = city.networks["water"]
    tables = dict(network.tables)
    west, south = low
    places = {"L-0": (west, south + 700), "L-1": (west + 2000, south + 700.5)}
    links = [("L", "L-0", "L-1")]
    for number in range(20):
        x = west + 100 * number + 40
        y = south + 700 + (x - west) / 4000
        places |= {f"A-{number}": (x, y - 30), f"B-{number}": (x, y + (0.05 if number % 2 else -0.05))}
        links.append((f"S-{number}", f"A-{number}", f"B-{number}"))
    more_nodes = {
        "id": list(places),
        "kind": ["junction"] * len(places),
        "x": [float(place[0]) for place in places.values()],
        "y": [float(place[1]) for place in places.values()],
    }
    more_links = {
        "id": [name for name, _a, _b in links],
        "kind": ["pipe"] * len(links),
        "start": [a for _name, a, _b in links],
        "end": [b for _name, _a, b in links],
        "length_m": [30.0] * len(links),
        "diameter_mm": [100.0] * len(links),
        "roughness": [120.0] * len(links),
    }
    for key, more in (("nodes", more_nodes), ("links", more_links)):
        old = tables[key]
        extra, findings = Table.build(old.schema, more)
        assert not findings
        joined = {name: np.concatenate((old[name], extra[name])) for name in old.schema.names}
        tables[key] = Table.build(old.schema, joined)[0]
    return replace(city, networks={**city.networks, "water": replace(network, tables=tables)})


def test_the_command_line_masks_and_refuses(tmp_path, capsys):
    from twin.cli import main

    where = ["-o", str(tmp_path / "open"), "--ledger", str(tmp_path / "ledger")]
    assert main(["census", "mask", "quarter", *where]) == 0
    printed = capsys.readouterr().out
    assert "isolation zones of random breaks" in printed and "不替代审批" in printed
    assert main(["census", "mask", "quarter", *where]) == 2
    assert main(["check", str(tmp_path / "open"), "--strict"]) == 0
    policy = tmp_path / "small.yaml"
    policy.write_text("guard: {area_km2: 0.1}\n", encoding="utf-8")
    where[1] = str(tmp_path / "second")
    assert main(["census", "mask", "quarter", *where, "--policy", str(policy)]) == 2
    assert "km2" in capsys.readouterr().err
    assert not (tmp_path / "second").exists()


def test_lanjing_is_masked_with_all_that_it_must_keep(tmp_path):
    done = api.mask_city("lanjing", tmp_path / "open", ledger=tmp_path / "ledger")
    assert all(claim.holds for claim in done.claims)
    assert done.record["strain"] <= 0.01 and done.record["floor"]["piecewise_affine"] >= 1e-3
    after = api.load_city(tmp_path / "open")
    assert {name: network.size() for name, network in after.networks.items()} == {
        name: network.size() for name, network in api.load_city("lanjing").networks.items()
    }
    with (tmp_path / "open" / "names.csv").open(encoding="utf-8") as file:
        assert all(row["component"] in after.refs for row in csv.DictReader(file))
