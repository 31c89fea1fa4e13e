"""InfraRisk's test-beds as cities: a made-up one by hand, the real ones by their published facts."""

from __future__ import annotations

import math

import pytest

from tests.importers.infrarisk_folder import write_folder
from twin.drills.reader import parse_scenario
from twin.errors import DatasetError
from twin.importers.infrarisk import read_infrarisk, scenario_text
from twin.importers.infrarisk.files import disruption_files, read_disruptions
from twin.importers.infrarisk.repairs import repair_hours
from twin.io.city import read_city, write_city
from twin.lifelines import registry
from twin.model.finding import errors


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "made_up")


def rules(findings):
    return [finding.rule for finding in findings]


def records(table):
    return list(table.records())


@pytest.mark.core
def test_a_folder_becomes_a_city_of_three_layers(folder):
    city, findings = read_infrarisk(folder)
    assert city.name == "made_up"
    assert errors(findings) == ()
    assert {"water/pipe/W_PMA2", "water/pump/W_WP1", "power/motor/P_MP1", "road/street/T_L2"} <= set(
        city.refs
    )
    assert not city.manifest.protection
    assert len(city.roads.tables["trips"]) == 1


@pytest.mark.core
def test_pumps_need_their_motors_and_unknown_pairs_are_named(folder):
    city, findings = read_infrarisk(folder)
    assert [(row["supplier"], row["consumer"], row["kind"]) for row in records(city.dependencies)] == [
        ("power/motor/P_MP1", "water/pump/W_WP1", "power")
    ]
    assert "W_R1 - P_G3" in str(findings[rules(findings).index("infrarisk.dependency")])


@pytest.mark.core
def test_each_network_has_crews_that_start_at_the_depot(folder):
    city, _findings = read_infrarisk(folder, {"crews": "3"})
    assert {row["layers"]: row["crews"] for row in records(city.agencies)} == {
        "water": 3,
        "power": 3,
        "road": 3,
    }
    depot = records(city.depots)[0]
    assert (depot["road_node"], depot["x"], depot["y"]) == ("T_J8", 50.0, 90.0)
    assert {city.owner(layer) for layer in ("water", "power", "road")} == set(city.agencies["id"])


@pytest.mark.core
def test_a_damaged_pipe_is_cut_in_its_middle_and_nothing_else_changes(folder):
    city, _findings = read_infrarisk(folder)
    nodes, links = (city.networks["water"].tables[name] for name in ("nodes", "links"))
    middle = records(nodes)[nodes.rows["W_P1_leak_node"]]
    assert (middle["x"], middle["y"], middle["elevation_m"], middle["demand_ls"]) == (50.0, 0.0, 15.0, 0.0)
    first, second = (records(links)[links.rows[name]] for name in ("W_P1", "W_P1_B"))
    assert (first["start"], first["end"]) == ("W_J1", "W_P1_leak_node")
    assert (second["start"], second["end"]) == ("W_P1_leak_node", "W_J2")
    for half in (first, second):
        assert (half["length_m"], half["diameter_mm"], half["roughness"]) == (500.0, 200.0, 100.0)
    assert len(links) == 4


@pytest.mark.core
def test_water_is_driven_by_pressure_in_minute_steps(folder):
    city, _findings = read_infrarisk(folder)
    options = records(city.networks["water"].tables["options"])[0]
    assert options["demand_model"] == "pda"
    assert (options["p_required_m"], options["p_min_m"], options["hydraulic_step_s"]) == (30.0, 0.0, 60.0)


@pytest.mark.core
def test_rules_and_traffic_can_be_left_out(folder):
    kept, _findings = read_infrarisk(folder)
    bare, _findings = read_infrarisk(folder, {"rules": "ignored", "traffic": "free"})
    assert len(kept.networks["water"].tables["rules"]) == 2
    assert len(bare.networks["water"].tables["rules"]) == 0
    assert len(bare.roads.tables["trips"]) == 0
    assert kept.manifest.assumed != bare.manifest.assumed


@pytest.mark.core
def test_jobs_hold_hours_by_kind_times_damage_and_the_largest_flow_first(folder):
    city, _findings = read_infrarisk(folder)
    jobs = {row["component"]: row for row in records(city.jobs)}
    assert {name: row["repair_min"] for name, row in jobs.items()} == {
        "water/junction/W_P1_leak_node": 360.0,
        "water/pump/W_WP1": 72.0,
        "road/street/T_L2": 360.0,
        "power/line/P_L1": 150.0,
    }
    assert {row["mobilise_min"] for row in jobs.values()} == {10.0}
    water = [name for name in sorted(jobs, key=lambda name: jobs[name]["order"]) if name.startswith("water")]
    assert water == ["water/pump/W_WP1", "water/junction/W_P1_leak_node"]


@pytest.mark.core
@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("W_P21", 12),
        ("W_PMA802", 12),
        ("W_PSC7", 2),
        ("W_JTN1", 5),
        ("P_BLO3", 5),
        ("P_TFEG1", 10),
        ("T_L2", 12),
    ],
)
def test_repair_hours_go_by_the_longest_known_prefix(name, hours):
    assert repair_hours(name) == hours


@pytest.mark.core
def test_valve_maps_become_the_isolation_table_without_repeats(folder):
    city, findings = read_infrarisk(folder)
    assert [(row["component"], row["device"]) for row in records(city.isolation)] == [
        ("water/pipe/W_P1", "water/pipe/W_PMA2")
    ]
    assert "W_PV9" in str(findings[rules(findings).index("infrarisk.isolation")])


@pytest.mark.core
def test_a_disruption_file_becomes_a_scenario_that_can_be_read(folder):
    city, _findings = read_infrarisk(folder)
    rows = read_disruptions(disruption_files(folder)["test1"])
    text = scenario_text("made up", rows, city)
    bore = math.pi / 4 * 0.2**2
    assert f"{{at: T+100 min, do: leak {0.5 * bore * 1e4:.4f} cm2 at water/junction/W_P1_leak_node}}" in text
    assert "{at: T+100 min, do: fail 10 % water/pump/W_WP1}" in text
    assert len(parse_scenario(text).script) == 4
    assert scenario_text("made up", rows, city, at_s=180.0).count("T+3 min") == 4


@pytest.mark.core
def test_the_city_can_be_written_read_and_bound(folder, tmp_path):
    city, _findings = read_infrarisk(folder)
    write_city(city, tmp_path / "city")
    again, findings = read_city(tmp_path / "city", {k: d.schemas for k, d in registry.declarations().items()})
    assert findings == []
    assert set(again.refs) == set(city.refs)
    assert records(again.isolation) == records(city.isolation)
    assert again.manifest.assumed == city.manifest.assumed
    model = registry.bind(again.networks["water"], again.manifest)
    assert model.solve(registry.initial_state(again), 0.0).outcome == "converged"


@pytest.mark.core
@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ({"watr": "med"}, "did you mean water"),
        ({"rules": "keep"}, "did you mean kept"),
        ({"water": "med"}, '"med" is not known'),
        ({"crews": "-1"}, "no number of crews"),
        ({"depot": "T_J9"}, "T_J9 is no road node"),
    ],
)
def test_wrong_choices_are_refused_with_the_remedy(folder, variant, message):
    with pytest.raises(DatasetError, match=message):
        read_infrarisk(folder, variant)


@pytest.mark.core
@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("scenarios/test1/disruption_file.csv", "time_stamp,components\n1,2\n", "no column fail_perc"),
        ("scenarios/test1/disruption_file.csv", "time_stamp,components,fail_perc\n1,W_P1,140\n", "row 2"),
        ("scenarios/test1/disruption_file.csv", "time_stamp,components,fail_perc\nsoon,W_P1,40\n", "row 2"),
        ("dependecies.csv", "water_id\nW_WP1\n", "no column power_id"),
        ("water/water.inp", None, "does not exist"),
        ("power/power.json", None, "does not exist"),
        ("transportation/transpo_trips.tntp", None, "does not exist"),
    ],
)
def test_broken_folders_are_refused(folder, file, content, message):
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content, encoding="utf-8")
    with pytest.raises(DatasetError, match=message):
        read_infrarisk(folder)


@pytest.mark.core
def test_damage_to_unknown_components_is_a_warning(folder):
    path = folder / "scenarios/test1/disruption_file.csv"
    path.write_text("time_stamp,components,fail_perc\n1,W_P77,50\n", encoding="utf-8")
    city, findings = read_infrarisk(folder)
    assert "W_P77" in str(findings[rules(findings).index("infrarisk.disruption")])
    assert len(city.jobs) == 0
    assert "W_P77" not in scenario_text("x", read_disruptions(path), city)


@pytest.mark.core
def test_no_folder_at_all_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="is no folder"):
        read_infrarisk(tmp_path / "nothing")


def test_variants_must_be_chosen_where_there_are_several(data):
    with pytest.raises(DatasetError, match="high, low, med"):
        read_infrarisk(data / "interdependent/infrarisk/micropolis", {"water": "med", "power": "low"})


def test_in2_becomes_a_city(data):
    city, findings = read_infrarisk(data / "interdependent/infrarisk/in2")
    assert errors(findings) == ()
    assert {
        "water/junction/W_P21_leak_node",
        "water/pump/W_WP9",
        "power/line/P_L5",
        "road/street/T_L2",
    } == set(city.jobs["component"])
    assert [(row["supplier"], row["consumer"]) for row in records(city.dependencies)] == [
        ("power/motor/P_MP1", "water/pump/W_WP9")
    ]


def test_micropolis_becomes_a_city_with_the_published_repair_order(data):
    variant = {"water": "med", "power": "low", "roads": "high"}
    city, findings = read_infrarisk(data / "interdependent/infrarisk/micropolis", variant)
    assert errors(findings) == ()
    assert len(city.dependencies) == 8
    assert len(city.isolation) > 150
    rank = dict(zip(city.jobs["component"], city.jobs["order"], strict=True))
    published = {
        "road/street/{}": ("T_L72", "T_L80", "T_L86", "T_L79"),
        "power/line/{}": ("P_L56", "P_L325", "P_L340", "P_L310", "P_L333"),
        "water/junction/{}_leak_node": ("W_PMA802", "W_PMA647", "W_PMA524", "W_PMA549", "W_PMA732"),
    }
    for pattern, names in published.items():
        order = [rank[pattern.format(name)] for name in names]
        assert order == sorted(order)
