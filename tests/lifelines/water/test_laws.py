"""Laws that every solution and every run of a water network obeys."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lifelines.water.made import NETWORKS, TOWN, at, model, network, ref, run, write
from twin.lifelines.water.epanet import read_inp
from twin.lifelines.water.present import initial_state, present
from twin.physics.potential import Status
from twin.physics.solution import Outcome

pytestmark = pytest.mark.core


def imbalance(net, solution):
    """Largest difference of inflow and outflow at a junction."""
    start, end = net.ends
    flow, nodes = solution.tables["links"]["flow_m3s"], solution.tables["nodes"]
    net_in = np.bincount(end, flow, len(nodes["head_m"])) - np.bincount(start, flow, len(nodes["head_m"]))
    junction = net.tables["nodes"]["kind"] == "junction"
    return np.abs(net_in - nodes["demand_m3s"] - nodes["leak_m3s"])[junction].max()


@pytest.mark.parametrize("demand_model", ["dda", "pda"])
def test_water_is_neither_made_nor_lost_at_junctions(demand_model):
    net = read_inp(NETWORKS / "operated.inp").network
    solution = model(net, demand_model=demand_model).solve(initial_state(net), 0.0)
    assert solution.outcome is Outcome.CONVERGED
    assert imbalance(net, solution) < 1e-8


def test_tanks_hold_what_flowed_into_them():
    net = read_inp(NETWORKS / "operated.inp").network
    bound = model(net)
    instants = list(run(bound, 24 * 3600))
    for tank in bound.hydraulics.tanks:
        inflow = [one.solution.memory.inflow_m3s[tank.row] for one in instants[:-1]]
        stored = float(np.dot(inflow, np.diff([one.t_s for one in instants])))
        moved = tank.volume(instants[-1].level_m[tank.row]) - tank.volume(instants[0].level_m[tank.row])
        if tank.overflow:
            assert moved < stored
        else:
            assert moved == pytest.approx(stored, abs=np.abs(inflow).max()), "met within a second's flow"


def test_levels_never_leave_their_bounds():
    net = read_inp(NETWORKS / "operated.inp").network
    bound = model(net, demand_multiplier=2.9)
    seen = np.array([one.level_m for one in run(bound, 48 * 3600)])
    for tank in bound.hydraulics.tanks:
        assert seen[:, tank.row].min() >= tank.level_min_m
        assert seen[:, tank.row].max() <= tank.level_max_m


def test_pressure_driven_deliveries_lie_between_nothing_and_the_demand():
    net = network()
    solution = model(net, demand_model="pda", p_required_m=60.0).solve(initial_state(net), 0.0)
    assert (solution.supplied <= solution.required + 1e-12).all()
    assert (solution.supplied >= 0).all()
    assert 0 < solution.supplied.sum() < solution.required.sum()


def test_a_part_without_a_source_is_unserved_and_has_no_nan():
    net = network()
    state = initial_state(net)
    for pipe in ("BC", "CD"):
        write(state, net, "links", pipe, "isolated", True)
    solution = model(net).solve(state, 0.0)
    assert at(solution, net, "nodes", "C", "demand_m3s") == 0
    assert at(solution, net, "nodes", "C", "reached") == 0
    assert solution.share["nodes"][ref(net, "nodes", "C").row] == 0
    assert solution.share["links"][ref(net, "links", "BC").row] == 0
    for results in solution.tables.values():
        assert all(np.isfinite(values).all() for values in results.values())


def test_a_network_without_any_source_is_dark_and_converged():
    net = network()
    state = initial_state(net)
    for node in ("R", "T"):
        write(state, net, "nodes", node, "failed", True)
    solution = model(net).solve(state, 0.0)
    assert solution.outcome is Outcome.CONVERGED
    assert solution.supplied.sum() == 0
    assert (solution.share["nodes"] == 0).all()


def test_a_reservoir_that_is_out_gives_nothing():
    net = network()
    state = initial_state(net)
    write(state, net, "nodes", "R", "supplied", False)
    solution = model(net).solve(state, 0.0)
    assert at(solution, net, "links", "RA", "flow_m3s") == 0
    assert at(solution, net, "links", "BT", "flow_m3s") < 0


def test_a_repaired_network_equals_the_intact_one():
    net = network()
    state, bound = initial_state(net), model(net)
    intact = bound.solve(state, 0.0)
    write(state, net, "links", "BC", "failed", True)
    broken = bound.solve(state, 0.0, intact)
    write(state, net, "links", "BC", "failed", False)
    repaired = bound.solve(state, 0.0, broken)
    assert at(broken, net, "links", "BC", "flow_m3s") == 0
    np.testing.assert_allclose(
        repaired.tables["nodes"]["head_m"], intact.tables["nodes"]["head_m"], atol=1e-6
    )


def test_a_leak_spills_as_an_orifice():
    net = network()
    state, bound = initial_state(net), model(net)
    write(state, net, "nodes", "C", "leak_area_m2", 2e-4)
    solution = bound.solve(state, 0.0)
    depth = at(solution, net, "nodes", "C", "head_m") - 14
    assert at(solution, net, "nodes", "C", "leak_m3s") == pytest.approx(
        0.75 * 2e-4 * np.sqrt(2 * 9.81456 * depth), rel=1e-4
    )


def test_a_hole_in_a_pipe_counts_half_at_each_junction_and_ends_when_it_is_isolated():
    net = network()
    state, bound = initial_state(net), model(net)
    write(state, net, "links", "BC", "leak_area_m2", 2e-4)
    write(state, net, "links", "RA", "leak_area_m2", 1e-4)
    area = bound.hydraulics.nodes(*present_and_demand(bound, state)).leak_area_m2
    assert {name: area[ref(net, "nodes", name).row] for name in "ABCR"} == {
        "A": 1e-4,
        "B": 1e-4,
        "C": 1e-4,
        "R": 0,
    }
    write(state, net, "links", "BC", "failed", True)
    assert at(bound.solve(state, 0.0), net, "nodes", "C", "leak_m3s") > 0
    write(state, net, "links", "BC", "isolated", True)
    assert at(bound.solve(state, 0.0), net, "nodes", "C", "leak_m3s") == 0


def present_and_demand(bound, state):
    now = present(bound.network, state)
    return now, bound.hydraulics.demand_m3s(now, 0.0), 0.0


def test_a_failed_junction_passes_and_takes_nothing():
    net = network()
    state = initial_state(net)
    write(state, net, "nodes", "B", "failed", True)
    solution = model(net).solve(state, 0.0)
    for pipe in ("AB", "BC", "BT"):
        assert at(solution, net, "links", pipe, "flow_m3s") == 0
    assert solution.share["nodes"][ref(net, "nodes", "B").row] == 0
    assert at(solution, net, "nodes", "C", "demand_m3s") == pytest.approx(0.008)


def test_a_pump_without_power_stands_still_whatever_its_control_says():
    net = network(TOWN + "[PUMPS]\n P R B POWER 5\n[CONTROLS]\n LINK P OPEN AT TIME 0\n")
    state, bound = initial_state(net), model(net)
    write(state, net, "links", "P", "supplied", False)
    one = next(run(bound, 0.0, state))
    assert at(one.solution, net, "links", "P", "flow_m3s") == 0
    assert at(one.solution, net, "links", "P", "status") == Status.CLOSED


def test_a_full_tank_takes_nothing_and_an_empty_one_gives_nothing():
    net = network()
    state, bound = initial_state(net), model(net)
    write(state, net, "nodes", "T", "level_m", 6.0)
    assert at(bound.solve(state, 0.0), net, "links", "BT", "flow_m3s") <= 0
    write(state, net, "nodes", "R", "failed", True)
    write(state, net, "nodes", "T", "level_m", 0.0)
    empty = bound.solve(state, 0.0)
    assert empty.supplied.sum() == 0
    assert empty.share["nodes"][ref(net, "nodes", "T").row] == 0


def test_demand_that_cannot_be_carried_falls_back_to_connection():
    net = network(
        TOWN.replace(" BC B C 500 200", " BC B C 500 0.01").replace(" CD C D 500 150", " CD C D 500 0.01")
    )
    solution = model(net).solve(initial_state(net), 0.0)
    assert solution.outcome is Outcome.FALLBACK
    assert "water/junction/C" in str(solution.params.values())
    assert solution.supplied.sum() == pytest.approx(0.027)
    assert np.isfinite(solution.tables["nodes"]["head_m"]).all()


def test_pressure_is_that_of_the_water_above_the_ground():
    net = network()
    solution = model(net).solve(initial_state(net), 0.0)
    depth = at(solution, net, "nodes", "B", "head_m") - 12
    assert at(solution, net, "nodes", "B", "pressure_pa") == pytest.approx(9806.65 * depth)


def test_solving_twice_and_reading_answers_changes_nothing():
    net = network()
    state, bound = initial_state(net), model(net)
    first = bound.solve(state, 0.0)
    second = bound.solve(state, 0.0)
    np.testing.assert_array_equal(first.tables["nodes"]["head_m"], second.tables["nodes"]["head_m"])
    assert state.writes == 0
