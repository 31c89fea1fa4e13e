"""EPANET files: units, dialects, encodings, and everything that can be wrong with them."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lifelines.water.made import NETWORKS, TOWN, network, read
from twin.errors import DatasetError
from twin.lifelines.water.epanet import read_inp
from twin.lifelines.water.epanet.lines import hours, lines

pytestmark = pytest.mark.core


def errors(text: str) -> list[str]:
    with pytest.raises(DatasetError) as caught:
        read(text)
    return [str(finding) for finding in caught.value.findings]


def row(text: str, table: str, name: str) -> dict[str, object]:
    rows = network(text).tables[table]
    return {key: column[rows.rows[name]] for key, column in rows.columns.items()}


@pytest.mark.parametrize(
    ("units", "litres_per_second"),
    [
        ("CFS", 28.317),
        ("GPM", 28.317 / 448.831),
        ("MGD", 28.317 / 0.64632),
        ("IMGD", 28.317 / 0.5382),
        ("AFD", 28.317 / 1.9837),
        ("LPS", 1.0),
        ("LPM", 28.317 / 1699),
        ("MLD", 28.317 / 2.4466),
        ("CMH", 28.317 / 101.94),
        ("CMD", 28.317 / 2446.6),
        ("CMS", 1000.0),
        ("SI", 1.0),
    ],
)
def test_demands_are_read_in_every_flow_unit(units, litres_per_second):
    junction = row(TOWN.replace("LPS", units), "nodes", "B")
    assert junction["demand_ls"] == pytest.approx(10 * litres_per_second, rel=1e-12)


def test_us_lengths_diameters_and_powers_become_metric():
    text = TOWN.replace("LPS", "GPM") + "[PUMPS]\n P R A POWER 10\n"
    pipe, pump, tank = row(text, "links", "AB"), row(text, "links", "P"), row(text, "nodes", "T")
    assert pipe["length_m"] == pytest.approx(400 * 0.3048)
    assert pipe["diameter_mm"] == pytest.approx(250 * 25.4)
    assert pump["power_kw"] == pytest.approx(7.457)
    assert tank["diameter_m"] == pytest.approx(12 * 0.3048)


def test_darcy_weisbach_roughness_is_in_mm_or_millifeet():
    metric = TOWN + " HEADLOSS D-W\n"
    assert row(metric, "links", "AB")["roughness"] == 110
    assert row(metric.replace("LPS", "CFS"), "links", "AB")["roughness"] == pytest.approx(110 * 0.3048)


def test_pressures_of_options_become_metres():
    text = TOWN.replace("LPS", "GPM") + " DEMAND MODEL PDA\n REQUIRED PRESSURE 40\n MINIMUM PRESSURE 5\n"
    options = network(text).tables["options"]
    assert options["demand_model"][0] == "pda"
    assert options["p_required_m"][0] == pytest.approx(40 / 0.4333 * 0.3048)
    assert options["p_min_m"][0] == pytest.approx(5 / 0.4333 * 0.3048)


def test_rows_of_demands_replace_the_junction_s_own():
    table = network(TOWN + "[DEMANDS]\n B 3 ; homes\n B 4 \n").tables["demands"]
    assert table["junction"].tolist() == ["B", "B"]
    assert table["demand_ls"].tolist() == [3, 4]
    assert table["category"].tolist() == ["homes", ""]


def test_status_takes_ranges_speeds_and_settings():
    text = TOWN + (
        "[PUMPS]\n 7 R A POWER 1\n 9 R A POWER 1\n"
        "[VALVES]\n V A C 100 TCV 3\n[STATUS]\n 7 9 Closed\n V Open\n 9 0.7\n"
    )
    assert not row(text, "links", "7")["open"]
    assert row(text, "links", "9")["open"]
    assert row(text, "links", "9")["setting"] == 0.7
    assert row(text, "links", "V")["fixed"]


def test_epanet_1_pumps_and_short_section_names_are_understood():
    text = TOWN.replace("[JUNCTIONS]", "[JUNC]").replace("[PIPES]", "[pipe]") + (
        "[PUMP]\n a R A 4.5\n b R A 30 20\n c R A 40 30 20 10 35\n"
    )
    assert row(text, "links", "a")["power_kw"] == 4.5
    curves = network(text).tables["curves"]
    of_c = curves["curve"] == "pump-c"
    assert curves["x"][of_c].tolist() == pytest.approx([0, 0.020, 0.035])
    assert curves["y"][of_c].tolist() == [40, 30, 10]


def test_a_tank_row_with_three_entries_is_a_reservoir():
    assert row(TOWN + "[TANKS]\n Q 71\n", "nodes", "Q")["kind"] == "reservoir"


def test_latin_1_null_bytes_and_gzip_are_read(tmp_path):
    text = TOWN.replace(" B 12 10", " B 12 10 ; Straße") + "\n"
    path = tmp_path / "town.inp.gz"
    path.write_bytes(gzip.compress(text.encode("latin-1") + b"\0" * 100))
    nodes = read_inp(path).network.tables["nodes"]
    assert nodes["note"][nodes.rows["B"]] == "Straße"


def test_the_clock_and_the_steps_follow_epanet():
    reading = read(
        TOWN + "[TIMES]\n START CLOCKTIME 6 AM\n HYDRAULIC TIMESTEP 2:00\n PATTERN TIMESTEP 0:30\n"
    )
    options = reading.network.tables["options"]
    assert reading.clock_s == 6 * 3600
    assert options["hydraulic_step_s"][0] == 1800
    assert options["rule_step_s"][0] == 180


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("5", "", 5),
        ("1:30", "", 1.5),
        ("90", "MIN", 1.5),
        ("12", "AM", 0),
        ("12:30", "PM", 12.5),
        ("1:50", "PM", 13 + 5 / 6),
    ],
)
def test_times_are_read_in_every_form(text, unit, expected):
    assert hours(text, unit) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["x", "13:99:a", "1:2:3:4", "nan", ""])
def test_what_is_no_time_is_none(text):
    assert hours(text) is None


def test_quoted_tokens_stay_together():
    assert next(lines('[TAGS]\nNODE "a b" c;d')).tokens == ("NODE", "a b", "c")


def test_what_is_not_simulated_is_kept_and_reported():
    reading = read(TOWN + "[LEAKAGE]\n AB 1 0\n[QUALITY]\n A 0.5\n[MIXING]\n T MIXED\n")
    kept = reading.network.tables["passthrough"]
    assert kept["line"].tolist() == ["AB 1 0", "T MIXED", "A 0.5"]
    assert [finding.rule for finding in reading.findings] == ["epanet.not-simulated"] * 3


def test_a_status_of_an_unknown_link_does_not_keep_a_network_from_loading():
    reading = read(TOWN + "[STATUS]\n 10 Closed\n")
    assert str(reading.findings[0]) == (
        "town.inp:21: [STATUS] sets the status of 10, which is no link: left out (10): remove the line"
    )


def test_regulating_valves_are_reported():
    reading = read(TOWN + "[VALVES]\n V A C 100 PRV 30\n")
    assert [finding.rule for finding in reading.findings] == ["water.active-valve"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            " AB A B 400",
            " AB A X 400",
            "town.inp:13: [PIPES] ends at X, which is no node (AB): correct the id or add the node",
        ),
        (
            " AB A B",
            " RA A B",
            "town.inp:13: [PIPES] is defined a second time (first in line 12) (RA): rename or remove one",
        ),
        (
            " AB A B 400",
            " AB A B -400",
            "town.inp:13: [PIPES] -400 is not above zero (AB): correct the value",
        ),
        (" AB A B 400", " AB A B nan", "town.inp:13: [PIPES] nan is not a number (AB): write a plain number"),
        (" AB A B 400", " AB A B 4_0", "town.inp:13: [PIPES] 4_0 is not a number (AB): write a plain number"),
        (
            " AB A B 400",
            " AB B B 400",
            "town.inp:13: [PIPES] begins and ends at B (AB): correct one of the ends",
        ),
        (" B 12 10", " B high 10", "town.inp:4: [JUNCTIONS] high is not a number (B): write a plain number"),
        (
            " B 12 10",
            " B 12 10 P",
            "town.inp:4: [JUNCTIONS] names the pattern P, which is not in [PATTERNS] (B)",
        ),
        (
            " T 50 3 0 6 12",
            " T 50 3 0 6",
            "town.inp:10: [TANKS] has 5 entries instead of 6 (T): complete or remove the line",
        ),
        (
            " T 50 3 0 6 12",
            " T 50 7 0 6 12",
            "town.inp:10: level_m must lie between level_min_m and level_max_m (T): correct the levels",
        ),
        (
            " UNITS LPS",
            " UNITS LPX",
            "town.inp:19: [OPTIONS] LPX is none of CFS, GPM, MGD",
        ),
    ],
)
def test_defects_are_named_with_line_section_and_id(old, new, message):
    assert any(found.startswith(message) for found in errors(TOWN.replace(old, new, 1)))


def test_all_defects_are_reported_together():
    assert len(errors(TOWN.replace(" RA R A 300", " RA R X -1").replace(" B 12", " B twelve"))) == 2


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("[PUMPS]\n P R A\n", "curve is missing, and so is power_kw (P): give the pump one of them"),
        ("[PUMPS]\n P R A HEAD c\n[CURVES]\n c 0 10\n c 5 12\n c 9 3\n", "is no pump curve"),
        ("[CURVES]\n c 5 10\n c 5 2\n", "must rise from point to point"),
        (
            "[RULES]\nRULE 1\nIF TANK T LEVEL > 3\nTHEN PIPE X STATUS IS OPEN\n",
            "names X, which is unknown (1)",
        ),
        ("[RULES]\nRULE 1\nTHEN PIPE AB STATUS IS OPEN\n", "THEN stands in a wrong place (1)"),
        ("[CONTROLS]\n LINK AB OPEN AT TIME never\n", "never is no time"),
        (
            "[TANKS]\n U 50 3 0 6 12 0 c\n[CURVES]\n c 0 1\n c 4 9\n",
            "curve does not reach from level_min_m to level_max_m (U)",
        ),
    ],
)
def test_defects_of_operation_are_found(added, message):
    text = TOWN + added
    assert any(message in found for found in errors(text))


def test_ids_with_a_slash_are_renamed_everywhere():
    reading = read(TOWN.replace(" B", " B/1").replace("AB A", "A/B A"))
    tables = reading.network.tables
    assert "B_1" in tables["nodes"].rows
    assert "A_B" in tables["links"].rows
    assert {finding.rule for finding in reading.findings} == {"epanet.renamed"}


def test_every_number_of_the_operated_town_is_in_si():
    net = read_inp(NETWORKS / "operated.inp").network
    rules, curves = net.tables["rules"], net.tables["curves"]
    assert np.isfinite(net.tables["controls"]["value"]).all()
    flow = (rules["variable"] == "flow").nonzero()[0]
    assert rules["value"][flow].tolist() == [pytest.approx(0.002)]
    assert curves["x"][curves["curve"] == "one"].tolist() == [pytest.approx(0.025)]
    assert len(set(rules["rule"])) == 6


PIECES = st.sampled_from(
    ["", "-1", "nan", "1e400", "OPEN", "IF", "T1", "u1", "*", '"', ";", "[", "阀", "AT TIME"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 165), st.integers(0, 8), PIECES), min_size=1, max_size=6))
def test_a_spoilt_file_is_read_or_refused_with_findings(changes):
    spoilt = (NETWORKS / "operated.inp").read_text(encoding="utf-8").splitlines()
    for line, place, piece in changes:
        tokens = spoilt[line % len(spoilt)].split()
        tokens[place : place + 1] = [piece]
        spoilt[line % len(spoilt)] = " ".join(tokens)
    try:
        read("\n".join(spoilt))
    except DatasetError as error:
        assert error.findings
