"""A census becomes a city: chains, devices, lifelines, and every row accounted for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.census.small_town import town
from twin.census.build import build
from twin.census.build.chains import collapse, expand
from twin.census.build.elements import REJECTED
from twin.census.build.polylines import source_lines
from twin.io.city import read_city, write_city
from twin.io.references import check_references
from twin.lifelines import instant, registry
from twin.model.finding import errors


@pytest.fixture(scope="module")
def built():
    return build(town().survey(), "town")


@some.composite
def graphs(draw):
    nodes = draw(some.integers(1, 12))
    lines = draw(some.integers(0, 20))
    ends = some.lists(some.integers(0, nodes - 1), min_size=lines, max_size=lines)
    start, end = (np.array(draw(ends), dtype=np.int64) for _ in range(2))
    kept = np.array(draw(some.lists(some.booleans(), min_size=nodes, max_size=nodes)))
    sense = np.array(draw(some.lists(some.integers(-1, 1), min_size=lines, max_size=lines)), dtype=np.int64)
    return start, end, kept, sense


@pytest.mark.core
@settings(max_examples=200, deadline=None)
@given(graphs())
def test_lines_come_back_from_their_chains(graph):
    start, end, kept, sense = graph
    chains = collapse(start, end, kept, sense)
    back = expand(chains)
    assert np.array_equal(back[0], start)
    assert np.array_equal(back[1], end)
    assert sorted(chains.order) == list(range(len(start)))


@pytest.mark.core
@settings(max_examples=200, deadline=None)
@given(graphs())
def test_chains_end_at_kept_nodes_and_nowhere_else(graph):
    start, end, kept, sense = graph
    chains = collapse(start, end, kept, sense)
    degree = np.bincount(np.concatenate([start, end]), minlength=len(kept))
    assert not kept[chains.inner].any()
    assert (degree[chains.inner] == 2).all()
    assert len(np.unique(chains.inner)) == len(chains.inner)
    outer = np.union1d(chains.start, chains.end)
    inside = (degree == 2) & ~kept
    rings = [s for s, e in zip(chains.start, chains.end, strict=True) if s == e]
    assert set(np.flatnonzero(inside)[np.isin(np.flatnonzero(inside), outer)]) <= {
        *rings,
        *start[start == end],
    }


def test_a_link_runs_the_way_most_of_its_lines_flow():
    start, end = np.array([0, 2, 2]), np.array([1, 1, 3])
    chains = collapse(start, end, np.zeros(4, dtype=bool), np.array([-1, 0, -1]))
    assert (chains.start[0], chains.end[0]) == (3, 0)


@settings(max_examples=5, deadline=None)
@given(some.randoms(use_true_random=False))
def test_a_city_remembers_every_line_of_its_survey(random):
    survey = town().survey()
    rows = list(range(len(survey.lines)))
    random.shuffle(rows)
    turned = np.array([random.random() < 0.5 for _ in rows])
    lines = survey.lines.iloc[rows].reset_index(drop=True).assign(row=range(len(rows)))
    start, end = lines["start"].copy(), lines["end"].copy()
    lines["start"], lines["end"] = start.where(~turned, end), end.where(~turned, start)
    survey = dataclasses.replace(survey, lines=lines)
    city = build(survey, "town").city
    known = pd.concat([source_lines(network) for network in (*city.networks.values(), city.other)])
    known = known.sort_values("row").reset_index(drop=True)
    place = survey.points.set_index("id")[["x_m", "y_m"]]
    assert known["row"].tolist() == lines["row"].tolist()
    assert known["id"].tolist() == lines["id"].tolist()
    for number, side in enumerate(("start", "end")):
        assert known[side].tolist() == lines[side].tolist()
        at = place.loc[lines[side]].to_numpy()
        assert np.array_equal(known[[f"x{number}", f"y{number}"]].to_numpy(dtype=float), at)


def test_every_row_of_the_survey_is_accounted_for(built):
    survey = town().survey()
    counts = built.elements.groupby("table")["count"].sum()
    assert counts["points"] == len(survey.points)
    assert counts["lines"] == len(survey.lines)
    members = sum(len(net.tables["members"]) for net in (*built.city.networks.values(), built.city.other))
    became = built.elements[
        (built.elements["table"] == "lines") & (built.elements["became"] == "link member")
    ]
    assert members == became["count"].sum()


def test_the_city_is_valid_and_reads_back(built, tmp_path):
    assert not errors(built.findings)
    assert not check_references(built.city)
    write_city(built.city, tmp_path / "town")
    schemas = {name: known.schemas for name, known in registry.declarations().items()}
    city, found = read_city(tmp_path / "town", schemas)
    assert not errors(found)
    assert city.terrain is not None
    for name, network in built.city.networks.items():
        for key, table in network.tables.items():
            pd.testing.assert_frame_equal(table.frame(), city.networks[name].tables[key].frame())


def test_equal_surveys_give_equal_bytes(tmp_path):
    for name in ("one", "two"):
        write_city(build(town().survey(), "town").city, tmp_path / name)
    files = sorted(
        path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()
    )
    assert files
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes(), file


def links(built, layer):
    return built.city.networks[layer].tables["links"].frame().set_index("id")


def test_bends_vanish_and_valves_stand_between_two_nodes(built):
    water = links(built, "water")
    assert (water.loc["JS4", "start"], water.loc["JS4", "end"]) == ("JS4", "JS4~2")
    assert water.loc["JS1-JS2", "end"] == "JS4"
    assert water.loc["JS4-JS5", "start"] == "JS4~2"
    assert water.loc["JS5-JS8", "length_m"] == pytest.approx(600.0, abs=1.0)


def test_pumps_lift_from_the_source(built):
    water = links(built, "water")
    assert set(water.loc[["PU-1", "PU-2"], "start"]) == {"JS1"}
    assert set(water.loc[["PU-1", "PU-2"], "end"]) == {"JS1~2"}


def test_regulators_stand_between_their_pressures(built):
    gas = links(built, "gas")
    assert gas.loc["RQ4", "start"] == gas.loc["RQ3-RQ4", "end"]
    assert gas.loc["RQ4", "end"] == gas.loc["RQ4-RQ5", "start"]
    assert gas.loc["RQ4", "setting_mpa"] == 0.01


def test_transformers_join_the_voltages_of_their_point(built):
    nodes = built.city.networks["power"].tables["nodes"].frame().set_index("id")
    line = links(built, "power")
    for name in ("DL1", "XB-1", "DL6"):
        high, low = line.loc[name, ["start", "end"]]
        assert nodes.loc[high, "vn_kv"] == line.loc[name, "vn_hv_kv"] > nodes.loc[low, "vn_kv"]


def test_drains_run_the_way_they_flow(built):
    drains = links(built, "drainage")
    assert drains.loc["YS3-YS2", ["start", "end"]].tolist() == ["YS2", "YS4"]


def test_power_and_water_solve_plausibly(built):
    _, power = instant.instant(built.city, "power", 0.0)
    assert str(power.outcome) == "converged"
    voltage = power.tables["nodes"]["voltage_pu"]
    assert ((voltage > 0.95) & (voltage < 1.05)).all()
    _, water = instant.instant(built.city, "water", 0.0)
    assert str(water.outcome) == "converged"
    nodes = built.city.networks["water"].tables["nodes"]
    pressure = water.tables["nodes"]["pressure_pa"][nodes.of_kind("junction")]
    assert ((pressure > 2e5) & (pressure < 8e5)).all()


def test_pumps_need_their_motors_and_others_the_nearest_supplier(built):
    needs = built.city.dependencies.frame()
    pairs = set(zip(needs["supplier"], needs["consumer"], strict=True))
    assert ("power/motor/M-PU-1", "water/pump/PU-1") in pairs
    assert ("power/bus/DL4~2", "telecom/exchange/TX1") in pairs
    assert ("power/bus/DL6~2", "facility/hospital/no3") in pairs


def test_names_lead_to_components(built):
    names = built.city.names.frame().set_index("name")["component"]
    assert names["waterworks"] == "water/reservoir/JS1"
    assert [finding.ids for finding in built.findings if finding.rule == "build.name"] == [("nothing",)]


def test_what_has_no_lifeline_or_no_use_is_carried_as_other(built):
    other = built.city.other.tables["links"].frame()
    assert set(other["source_id"]) == {"GY1-GY2", "JS10-JS9", "JS9-GY1"}


def test_manholes_are_in_the_ledger_with_their_defects(built):
    ledger = built.city.manholes.frame().set_index("id")
    assert ledger.loc["YS1", ["component", "defect"]].tolist() == ["drainage/manhole/YS1", "破损 异响"]


def test_attributes_say_where_they_come_from(built):
    water = built.city.networks["water"].tables["links"].frame().set_index("id")
    assert water.loc["JS1-JS2", "provenance"] == "roughness:assumed"
    assert water.loc["PU-1", "provenance"] == "open:joined setting:assumed curve:joined"
    assert 0 < water.loc["JS5-JS8", "confidence"] < water.loc["JS1-JS2", "confidence"] < 1


@pytest.mark.core
def test_without_joined_tables_nothing_counts_as_joined(built):
    alone = build(dataclasses.replace(town().survey(), tables={}), "alone")
    assert alone.provenance["joined"].sum() == 0
    assert set(alone.provenance["layer"]) > set(registry.declarations())
    assert built.provenance.groupby("layer")["joined"].sum()[list(registry.declarations())].min() > 0


@pytest.mark.filterwarnings("error::FutureWarning", "error::DeprecationWarning")
@pytest.mark.parametrize("joined", [True, False])
def test_a_build_uses_nothing_that_pandas_gives_up(joined):
    survey = town().survey()
    build(survey if joined else dataclasses.replace(survey, tables={}), "town")


@pytest.mark.parametrize(
    ("remarks", "side"),
    [
        (["供水", "供水", "供水"], "supply"),
        (["回水管", "回水管", "回水管"], "return"),
        (["供水", "回水", "供水"], "none"),
        (["修补", "修补", "修补"], "none"),
    ],
)
def test_heat_pipes_have_the_side_that_all_their_remarks_say(remarks, side):
    survey = town().survey()
    said = dict(zip(["RL1-RL2", "RL2-RL3", "RL3-RL4"], remarks, strict=True))
    survey.lines["note"] = survey.lines["id"].map(said).fillna("供水")
    city = build(survey, "town").city
    links, nodes = (city.networks["heat"].tables[name].frame() for name in ("links", "nodes"))
    pipe = links["kind"] == "pipe"
    assert set(links["side"][pipe]) == {side}
    ends = set(links["start"][pipe]) | set(links["end"][pipe])
    assert set(nodes["side"][nodes["id"].isin(ends)]) == {side}
    assert any("remark" in one for one in city.manifest.assumed) == (side == "none")


def test_heat_pipes_without_a_remark_have_no_side(built):
    heat = built.city.networks["heat"]
    assert set(heat.tables["links"]["side"]) <= {"none", ""}
    assert set(heat.tables["nodes"]["side"]) == {"none"}
    assert any("remark" in one for one in built.city.manifest.assumed)


def test_elevations_are_known_no_better_than_the_ground():
    survey = town().survey()
    survey.points.loc[survey.points["id"].isin(["JS5", "RQ1"]), "ground_m"] = np.nan
    city = build(survey, "town").city
    for layer, own, other in (("water", "JS5", "JS7"), ("gas", "RQ1", "RQ6")):
        told = city.networks[layer].tables["nodes"].frame().set_index("id")["provenance"]
        assert "elevation_m:assumed" in told[own]
        assert "elevation_m" not in told[other]


def test_repaired_fields_lower_the_confidence():
    survey = town().survey()
    survey.lines["repaired"] = survey.lines["repaired"].where(
        survey.lines["id"] != "JS1-JS2", "size material"
    )
    water = build(survey, "town").city.networks["water"].tables["links"].frame().set_index("id")
    assert water.loc["JS1-JS2", "provenance"] == "roughness:assumed size:repaired material:repaired"
    plain = build(town().survey(), "town").city.networks["water"].tables["links"].frame().set_index("id")
    assert water.loc["JS1-JS2", "confidence"] < plain.loc["JS1-JS2", "confidence"]


def test_every_component_lies_in_its_region(built):
    for network in built.city.networks.values():
        assert set(network.tables["nodes"]["region"]) == {"east"}


def dirty():
    """The town with a defect of every kind that a build has to live with."""
    hand = town()
    hand.point("", 10, 10, "JP")
    hand.point("JS2", 11, 10, "JP")
    hand.point("JS90", float("nan"), 10, "JP")
    hand.point("JS91", 12, 10, "JP")
    hand.line("JS3", "JS99", "JP")
    hand.line("JS3", "", "JP")
    hand.line("JS3", "JS3", "JP")
    hand.line("JS3", "JS90", "JP")
    hand.line("JS2", "JS1", "JP", size="300", material="QM")
    hand.point("JS92", 900, 900, "JP", attachment="神秘物")
    hand.point("JS93", 950, 900, "JP")
    hand.line("JS92", "JS93", "JP", width_mm=float("nan"), size="", material="", start_depth_m=float("nan"))
    hand.join("plants", point="JS98", **{"class": "JS"}, kind="tank")
    hand.join("customers", id="C9", x_m=5000.0, y_m=5000.0, water_m3d=1.0)
    return hand.survey()


@pytest.mark.core
def test_a_dirty_survey_builds_and_nothing_vanishes():
    survey = dirty()
    built = build(survey, "dirty")
    counts = built.elements.groupby("table")["count"].sum()
    assert counts["points"] == len(survey.points)
    assert counts["lines"] == len(survey.lines)
    rules = {finding.rule for finding in built.findings}
    assert rules >= {
        "build.point.no-id", "build.point.no-place", "build.point.double", "build.point.isolated",
        "build.line.no-end", "build.line.missing-point", "build.line.loop", "build.line.double",
        "build.no-source", "build.nowhere", "build.unserved",
    }  # fmt: skip
    lost = built.fates[built.fates["became"] == REJECTED]
    assert (lost["reason"] != "").all()
    assert not errors(built.findings)
    assert not check_references(built.city)


def test_a_survey_of_points_alone_makes_no_network():
    survey = town().survey()
    survey = dataclasses.replace(survey, lines=survey.lines[:0], tables={})
    built = build(survey, "bare")
    assert built.elements.groupby("table")["count"].sum()["points"] == len(survey.points)


@pytest.mark.core
def test_a_survey_without_anything_usable_is_refused_in_words():
    survey = town().survey()
    nothing = dataclasses.replace(survey, points=survey.points[:0], lines=survey.lines[:0], tables={})
    built = build(nothing, "nothing")
    assert [finding.rule for finding in errors(built.findings)] == ["build.nothing"]
