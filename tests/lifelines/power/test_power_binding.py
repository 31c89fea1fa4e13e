"""What a power network answers: service, switching, generators, protection, solution tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.lifelines.power.grids import Play, bus, device, line, network, ring, switch
from twin.lifelines import registry
from twin.lifelines.power.binding import PowerModel
from twin.lifelines.power.declaration import DECLARATION
from twin.model.city import Manifest
from twin.physics.solution import Outcome

pytestmark = pytest.mark.core


def test_everything_is_served_in_the_undisturbed_network():
    play = Play(ring())
    solution = play.solve()
    assert solution.outcome is Outcome.CONVERGED
    assert solution.supplied.sum() == solution.required.sum() == pytest.approx(4e6)
    assert solution.share["devices"].tolist() == [1, 1, 1]
    assert play.value(solution, "external_grid/G", "p_w") > 4e6
    assert play.value(solution, "load/D1", "p_w") == pytest.approx(2e6)


def test_a_failed_line_takes_its_load_out_and_the_tie_switch_brings_it_back():
    play = Play(ring())
    play.write("line/L1", "failed")
    dark = play.solve()
    assert dark.supplied[play.row("load/D1")] == 0
    assert dark.share["devices"][play.row("load/D1")] == 0
    assert dark.required[play.row("load/D1")] == pytest.approx(2e6)
    assert play.value(dark, "bus/B", "voltage_pu") == 0
    play.write("switch/S", "closed", True)
    tied = play.solve()
    assert tied.supplied.sum() == pytest.approx(4e6)
    assert play.value(tied, "switch/S", "p_from_w") < -2e6
    play.write("line/L1", "failed", False)
    play.write("switch/S", "closed", False)
    assert play.solve().tables["nodes"]["voltage_pu"] == pytest.approx(
        Play(ring()).solve().tables["nodes"]["voltage_pu"], rel=1e-9
    )


@pytest.mark.parametrize("column", ["failed", "isolated", "tripped"])
def test_whatever_makes_a_component_unavailable_takes_it_out(column):
    play = Play(ring())
    play.write("line/L1", column)
    assert play.solve().share["links"][play.row("line/L1")] == 0


def test_a_load_that_is_not_supplied_itself_is_unserved():
    play = Play(ring())
    play.write("load/D1", "failed")
    solution = play.solve()
    assert solution.supplied[play.row("load/D1")] == 0
    assert play.value(solution, "load/D1", "p_w") == 0


def test_a_load_switched_off_demands_nothing():
    play = Play(ring())
    play.write("load/D1", "on", False)
    assert play.solve().required.sum() == pytest.approx(2e6)


def test_a_factor_scales_a_load():
    play = Play(ring())
    play.write("load/D1", "factor", 1.5)
    solution = play.solve()
    assert solution.required[play.row("load/D1")] == pytest.approx(3e6)
    assert play.value(solution, "load/D1", "p_w") == pytest.approx(3e6)


def test_a_failed_bus_leaves_its_lines_charged_and_its_transformers_off():
    transformer = {
        "id": "T1",
        "kind": "transformer",
        "start": "B",
        "end": "M",
        "sn_mva": 5,
        "vn_hv_kv": 10,
        "vn_lv_kv": 0.4,
        "vk_percent": 6,
        "i0_percent": 1,
    }
    given = network(
        [bus("A"), bus("B"), bus("C"), bus("M", 0.4)],
        [line("L1", "A", "B"), line("L2", "B", "C", c_nf_per_km=300), transformer],
        [device("G", "external_grid", "A")],
    )
    play = Play(given)
    play.write("bus/C", "failed")
    play.write("bus/M", "failed")
    solution = play.solve()
    charging = 2 * math.pi * 50 * 300e-9 * 10e3**2 * play.value(solution, "bus/B", "voltage_pu") ** 2
    assert play.value(solution, "line/L2", "q_from_var") == pytest.approx(-charging, rel=1e-3)
    assert solution.share["links"][play.row("line/L2")] == 1
    assert play.value(solution, "transformer/T1", "q_from_var") == 0
    assert solution.share["links"][play.row("transformer/T1")] == 0


def test_a_motor_draws_its_mechanical_power_over_efficiency_and_power_factor():
    motor = device("M", "motor", "A", pn_mech_mw=0.2, loading_percent=50, cos_phi=0.8, efficiency_percent=80)
    play = Play(network([bus("A")], [], [device("G", "external_grid", "A"), motor]))
    solution = play.solve()
    assert play.value(solution, "motor/M", "p_w") == pytest.approx(125e3)
    assert play.value(solution, "motor/M", "q_var") == pytest.approx(125e3 * 0.75)
    assert solution.required[play.row("motor/M")] == pytest.approx(125e3)


def test_generators_feed_in_and_shunts_go_with_the_square_of_the_voltage():
    given = network(
        [bus("A")],
        [],
        [
            device("G", "external_grid", "A", vm_pu=0.9),
            device("P", "static_generator", "A", p_mw=3, q_mvar=1),
            device("V", "generator", "A", p_mw=1),
            device("C", "shunt", "A", p_mw=0, q_mvar=-2, vn_kv=20, step=2),
        ],
    )
    play = Play(given)
    solution = play.solve()
    assert play.value(solution, "static_generator/P", "p_w") == pytest.approx(3e6)
    assert play.value(solution, "generator/V", "p_w") == pytest.approx(1e6)
    assert play.value(solution, "shunt/C", "q_var") == pytest.approx(-2e6 * 2 / 4 * 0.81)
    assert play.value(solution, "external_grid/G", "p_w") == pytest.approx(-4e6)
    assert play.value(solution, "external_grid/G", "q_var") == pytest.approx(-1e6 - 0.81e6)
    assert solution.required.sum() == 0


def diesel(slack: bool) -> Play:
    given = network(
        [bus("A"), bus("B")],
        [line("L1", "A", "B")],
        [
            device("G", "external_grid", "A"),
            device("E", "generator", "B", p_mw=1, vm_pu=0.98, slack=slack),
            device("D", "load", "B", p_mw=0.4),
        ],
    )
    return Play(given)


def test_a_generator_that_feeds_alone_takes_over_when_the_grid_is_gone():
    play = diesel(slack=True)
    assert play.value(play.solve(), "generator/E", "p_w") == pytest.approx(1e6)
    play.write("external_grid/G", "failed")
    alone = play.solve()
    assert alone.supplied.sum() == pytest.approx(0.4e6)
    assert play.value(alone, "bus/B", "voltage_pu") == pytest.approx(0.98)
    losses = play.value(alone, "line/L1", "p_from_w") + play.value(alone, "line/L1", "p_to_w")
    assert play.value(alone, "generator/E", "p_w") == pytest.approx(0.4e6 + losses)


def test_other_generators_cannot_feed_alone():
    play = diesel(slack=False)
    play.write("external_grid/G", "failed")
    solution = play.solve()
    assert solution.supplied.sum() == 0
    assert solution.outcome is Outcome.CONVERGED


def test_a_tap_changer_can_be_moved():
    transformer = {
        "id": "T",
        "kind": "transformer",
        "start": "A",
        "end": "B",
        "sn_mva": 5,
        "vn_hv_kv": 110,
        "vn_lv_kv": 10,
        "vk_percent": 10,
        "tap_step_percent": 2,
    }
    play = Play(network([bus("A", 110), bus("B")], [transformer], [device("G", "external_grid", "A")]))
    assert play.value(play.solve(), "bus/B", "voltage_pu") == pytest.approx(1)
    play.write("transformer/T", "tap", -5)
    assert play.value(play.solve(), "bus/B", "voltage_pu") == pytest.approx(1 / 0.9)


def test_loading_compares_the_current_with_the_rating():
    play = Play(ring(parallel=2, derating=0.5))
    solution = play.solve()
    current = play.value(solution, "line/L1", "current_a")
    power = complex(play.value(solution, "line/L1", "p_to_w"), play.value(solution, "line/L1", "q_to_var"))
    volts = 10e3 * play.value(solution, "bus/B", "voltage_pu")
    assert current == pytest.approx(abs(power) / math.sqrt(3) / volts)
    assert play.value(solution, "line/L1", "loading") == pytest.approx(current / 200)
    assert play.value(solution, "switch/S", "loading") == 0


def test_an_overload_trips_what_it_loads_and_nothing_else():
    play = Play(ring(max_i_ka=0.15))
    assert play.model.react(play.state, play.solve()) == ()
    play.write("line/L1", "failed")
    play.write("switch/S", "closed", True)
    writes = play.model.react(play.state, play.solve())
    assert [play.network.name(write.ref) for write in writes] == ["power/line/L2"]
    assert writes[0][1:] == ("tripped", True, "trip_loading 1.2", "trips")


def test_what_is_overloaded_in_the_undisturbed_network_never_trips():
    play = Play(ring(max_i_ka=0.1))
    assert play.model.exempt[[play.row("line/L1"), play.row("line/L2")]].all()
    play.write("line/L1", "failed")
    play.write("switch/S", "closed", True)
    tripped = [play.network.name(write.ref) for write in play.model.react(play.state, play.solve())]
    assert tripped == ["power/line/L3"]


def test_protection_can_be_off():
    play = Play(ring(max_i_ka=0.15), protection=False)
    play.write("line/L1", "failed")
    play.write("switch/S", "closed", True)
    assert play.model.react(play.state, play.solve()) == ()


def test_a_collapse_serves_by_connectivity_and_trips_nothing():
    play = Play(ring(load_mw=500))
    solution = play.solve()
    assert solution.outcome is Outcome.FALLBACK
    assert solution.reason
    assert solution.supplied.sum() == solution.required.sum() == pytest.approx(1e9)
    assert play.model.react(play.state, solution) == ()


def test_nothing_changes_by_itself():
    play = Play(ring())
    solution = play.solve()
    assert play.model.horizon(play.state, solution, 0.0).seconds == math.inf
    assert play.model.advance(play.state, solution, 0.0, 60.0) == ()


def test_declared_quantities_and_verbs_exist():
    play = Play(ring())
    solution = play.solve()
    for quantity in DECLARATION.quantities:
        assert quantity.column in solution.tables[quantity.table]
    for table, columns in solution.tables.items():
        assert {len(values) for values in columns.values()} == {len(play.network.tables[table])}
    written = {column for effects in DECLARATION.verbs.values() for column, _ in effects}
    known = {"failed", "isolated", "tripped", *(column.name for column in DECLARATION.state)}
    assert written <= known
    for table, schema in DECLARATION.schemas.items():
        kinds = {name for name, kind in DECLARATION.kinds.items() if kind.table == table}
        assert kinds == set(schema.by_name["kind"].choices if "kind" in schema.by_name else ())


def test_power_is_registered_and_bound_by_its_declaration():
    assert registry.declarations()["power"] is DECLARATION
    assert isinstance(registry.bind(ring(), Manifest("any")), PowerModel)


def test_a_network_of_one_bus_and_nothing_else_solves():
    solution = Play(network([bus("A")], [], [])).solve()
    assert solution.outcome is Outcome.CONVERGED
    assert not np.any(solution.tables["nodes"]["energised"])


def test_a_switch_with_contact_impedance_is_a_branch():
    given = network(
        [bus("A"), bus("B")],
        [switch("S", "A", "B", z_ohm=5)],
        [device("G", "external_grid", "A"), device("D", "load", "B", p_mw=1)],
    )
    play = Play(given)
    solution = play.solve()
    current = play.value(solution, "switch/S", "current_a")
    lost = play.value(solution, "switch/S", "p_from_w") + play.value(solution, "switch/S", "p_to_w")
    assert lost == pytest.approx(3 * current**2 * 5 * 2 / math.sqrt(5), rel=1e-6)
