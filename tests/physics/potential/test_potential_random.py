"""Laws that every answer obeys, over random networks with everything in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import qdldl
import scipy.sparse as sp

from twin.physics.potential import Kernel, Law, Options, Status, Topology, reference
from twin.physics.potential.analysis import analyse
from twin.physics.potential.laws import is_pump, laws_of
from twin.physics.potential.ldl import factorise, substitute
from twin.physics.potential.newton import (
    FLOWING,
    OFF,
    SHUT,
    assemble,
    evaluate,
    move_flows,
    move_outlets,
    solve_heads,
)
from twin.physics.potential.problem import LawBook, cold_state, prepare
from twin.physics.potential.reach import moor, parts, supplied
from twin.physics.solution import Outcome

SEEDS = range(40)


def columns_of(table, order):
    """The same table with its rows in another order."""
    size = len(order)
    moved = {
        name: value[order]
        for name, value in vars(table).items()
        if isinstance(value, np.ndarray) and value.shape == (size,) and not name.startswith("curve_")
    }
    return replace(table, **moved)


@pytest.mark.parametrize("pressure_dependent", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_balances_mass_energy_and_outlets(random_case, seed, pressure_dependent):
    case = random_case(seed, pressure_dependent=pressure_dependent)
    top, links, nodes = case.topology, case.links, case.nodes
    flow = Kernel(top).solve(links, nodes)
    assert flow.outcome is Outcome.CONVERGED, (flow.reason, flow.params)
    assert np.all(np.isfinite(flow.head_m))

    net = -flow.demand_m3s - flow.emitter_m3s - flow.leak_m3s + flow.supply_m3s
    np.add.at(net, top.start, -flow.flow_m3s)
    np.add.at(net, top.end, flow.flow_m3s)
    assert np.abs(net).max() < 1e-6

    flowing = (flow.status == Status.OPEN) | (flow.status == Status.BEYOND_FLOW)
    drop = flow.head_m[top.start] - flow.head_m[top.end]
    loss, slope = reference.losses(laws_of(links, Options()), flow.flow_m3s)
    assert np.all(np.abs(loss - drop)[flowing] < 1e-5 + 1e-11 * slope[flowing])
    assert np.all(flow.flow_m3s[~flowing] == 0.0)

    way = np.where(is_pump(links.law), 1, links.direction)
    assert np.all(flow.flow_m3s * way >= 0.0)
    held = (flow.status == Status.SHUT) | (flow.status == Status.BEYOND_HEAD)
    rest = reference.losses(laws_of(links, Options()), np.zeros(top.n_links))[0]
    held &= (links.law != Law.PUMP_POWER) & ~(is_pump(links.law) & (links.direction < 0))
    assert np.all(((drop - rest) * way)[held] < 1e-5)

    pressure = flow.head_m - nodes.elevation_m
    taking = flow.connected & ~top.fixed & (nodes.demand_m3s > 0)
    if pressure_dependent:
        share = np.clip(pressure / nodes.p_required_m, 0, 1) ** nodes.p_exponent
        wagner = nodes.demand_m3s * share
        np.testing.assert_allclose(flow.demand_m3s[taking], wagner[taking], atol=1e-5)
    else:
        assert np.all(flow.demand_m3s[taking] == nodes.demand_m3s[taking])
    leaking = flow.connected & ~top.fixed
    orifice = 0.75 * nodes.leak_area_m2 * np.sqrt(2 * 9.81456 * np.maximum(pressure, 0))
    np.testing.assert_allclose(flow.leak_m3s[leaking], orifice[leaking], atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_unserved_parts_get_nothing_and_stand_at_zero_pressure(random_case, seed):
    case = random_case(seed)
    flow = Kernel(case.topology).solve(case.links, case.nodes)
    cut = ~flow.connected
    assert np.all(flow.head_m[cut] == case.nodes.elevation_m[cut])
    assert np.all((flow.demand_m3s + flow.emitter_m3s + flow.leak_m3s)[cut] == 0.0)
    at_cut = cut[case.topology.start] | cut[case.topology.end]
    assert np.all(flow.flow_m3s[at_cut] == 0.0)


@pytest.mark.parametrize("pressure_dependent", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_warm_start_ends_where_a_cold_one_does(random_case, seed, pressure_dependent):
    case = random_case(seed, pressure_dependent=pressure_dependent)
    kernel = Kernel(case.topology)
    base = kernel.solve(case.links, case.nodes)
    rng = np.random.default_rng(seed)
    links = replace(case.links, open=case.links.open & (rng.random(case.topology.n_links) > 0.05))
    nodes = replace(case.nodes, demand_m3s=case.nodes.demand_m3s * rng.uniform(0.8, 1.2))
    cold, warm = kernel.solve(links, nodes), kernel.solve(links, nodes, warm=base)
    assert cold.outcome == warm.outcome
    if cold.outcome is Outcome.CONVERGED:
        assert np.array_equal(cold.connected, warm.connected)
        np.testing.assert_allclose(cold.flow_m3s, warm.flow_m3s, atol=2e-5)
    same = kernel.solve(case.links, case.nodes, warm=base)
    assert same.work.iterations <= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_renaming_nodes_and_links_changes_nothing(random_case, seed):
    case = random_case(seed, pressure_dependent=True)
    top = case.topology
    flow = Kernel(top).solve(case.links, case.nodes)
    rng = np.random.default_rng(seed)
    node_order, link_order = rng.permutation(top.n_nodes), rng.permutation(top.n_links)
    new_number = np.argsort(node_order)
    renamed = Topology(
        top.n_nodes,
        new_number[top.start[link_order]],
        new_number[top.end[link_order]],
        top.fixed[node_order],
    )
    other = Kernel(renamed).solve(columns_of(case.links, link_order), columns_of(case.nodes, node_order))
    assert np.array_equal(other.connected, flow.connected[node_order])
    np.testing.assert_allclose(other.flow_m3s, flow.flow_m3s[link_order], atol=1e-5)
    np.testing.assert_allclose(other.demand_m3s, flow.demand_m3s[node_order], atol=1e-6)


@pytest.mark.core
@pytest.mark.parametrize("seed", SEEDS)
def test_leaves_and_chains_taken_out_change_nothing(random_case, seed):
    for devices, within in ((False, 1e-9), (True, 1e-6)):
        case = random_case(seed, devices=devices, outlets=devices, pressure_dependent=seed % 2 == 1)
        exact = Options(accuracy=1e-10, head_error_m=1e-10, flow_change_m3s=1e-12)
        reduced = Kernel(case.topology).solve(case.links, case.nodes, exact)
        whole = Kernel(case.topology, reduce=False).solve(case.links, case.nodes, exact)
        assert reduced.outcome == whole.outcome
        np.testing.assert_allclose(reduced.flow_m3s, whole.flow_m3s, rtol=within, atol=within)
        np.testing.assert_allclose(reduced.head_m, whole.head_m, rtol=within, atol=within)


def test_only_nodes_with_three_neighbours_are_left_in_the_core(random_case):
    for seed in SEEDS:
        top = random_case(seed).topology
        pattern = analyse(top)
        core = pattern.l_start.size - 1
        above = np.repeat(np.arange(core), np.diff(pattern.a_start.astype(int)))
        degree = np.bincount(above, minlength=core) + np.bincount(pattern.a_row, minlength=core)
        assert np.all(degree[:core] >= 3)
        assert core + pattern.steps.first.size == np.sum(~top.fixed)


def test_the_same_solve_twice_gives_the_same_bytes(random_case):
    case = random_case(3, pressure_dependent=True)
    one, two = (Kernel(case.topology).solve(case.links, case.nodes) for _ in range(2))
    assert one.head_m.tobytes() == two.head_m.tobytes()
    assert one.flow_m3s.tobytes() == two.flow_m3s.tobytes()


@pytest.mark.parametrize("seed", range(15))
def test_one_compiled_step_equals_the_plain_one(random_case, seed):
    case = random_case(seed, pressure_dependent=True)
    top = case.topology
    pattern, rng = analyse(top), np.random.default_rng(seed)
    problem = prepare(top, pattern, LawBook(), case.links, case.nodes, Options())
    state = cold_state(problem, pattern)
    state.hold[:] = 1e-6
    turn = (problem.graph.way != 0) & (state.mode == FLOWING) & (rng.random(top.n_links) < 0.5)
    state.mode[turn] = SHUT
    for _ in range(4):
        evaluate(problem.laws, problem.outlets, state)
        for ours, plain in (
            ((state.loss, state.slope), reference.losses(problem.laws, state.flow)),
            (
                (state.outlet_loss, state.outlet_slope),
                reference.outlet_losses(problem.outlets, state.outflow),
            ),
        ):
            np.testing.assert_allclose(ours[0], plain[0], rtol=1e-11, atol=1e-12)
            np.testing.assert_allclose(ours[1], plain[1], rtol=1e-11)
        expected = reference.heads(top, problem.graph.live, problem.outlets, state)
        assemble(problem.graph, pattern, problem.outlets, state)
        assert solve_heads(pattern, state) == -1
        np.testing.assert_allclose(state.head, expected, rtol=1e-5, atol=1e-5)
        move_flows(problem.graph, problem.laws, state)
        move_outlets(problem.outlets, state)


@pytest.mark.core
@pytest.mark.parametrize("seed", range(8))
def test_the_own_factor_solves_as_qdldl_and_scipy_do(random_case, seed):
    top = random_case(seed).topology
    pattern = analyse(top, reduce=False)
    size, rng = pattern.node.size, np.random.default_rng(seed)
    off = -rng.uniform(0.1, 10.0, pattern.a_row.size + 1)
    columns = np.repeat(np.arange(size), np.diff(pattern.a_start.astype(int)))
    upper = sp.coo_matrix((off[:-1], (pattern.a_row.astype(int), columns)), shape=(size, size))
    matrix = upper + upper.T
    diagonal = np.append(rng.uniform(0.01, 1.0, size) - np.asarray(matrix.sum(axis=0)).ravel(), 0.0)
    matrix = sp.csc_matrix(matrix + sp.diags(diagonal[:-1]))
    b = rng.normal(size=size + 1)
    x, l_value, d_inverse = b.copy(), np.zeros(pattern.l_row.size), np.zeros(size)
    assert factorise(pattern, off, diagonal, l_value, d_inverse) == -1
    substitute(pattern, l_value, d_inverse, x)
    np.testing.assert_allclose(x[:-1], sp.linalg.spsolve(matrix, b[:-1]), rtol=1e-9)
    np.testing.assert_allclose(x[:-1], qdldl.Solver(matrix).solve(b[:-1]), rtol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_reach_equals_its_plain_version(random_case, seed):
    case = random_case(seed)
    top, links = case.topology, case.links
    pattern = analyse(top)
    way = np.where(is_pump(links.law), 1, links.direction).astype(np.int8)
    at_node = (pattern.link_start, pattern.link_of)
    ours = supplied(top.start, top.end, top.fixed, *at_node, way, links.open)
    assert np.array_equal(ours, reference.supplied(top, way, links.open))

    mode = np.where(links.open, FLOWING, OFF).astype(np.int8)
    mode[links.open & (way != 0)] = SHUT
    hold = np.full(top.n_links, 7.0)
    moor(top.start, top.end, top.fixed, mode, hold, 1e-9)
    afloat = reference.floating(top, mode == FLOWING)
    held = (mode == SHUT) & (afloat[top.start] | afloat[top.end])
    assert np.array_equal(hold, np.where(held, 1e-9, 0.0))

    label = parts(top.start, top.end, links.open, np.ones(top.n_nodes, dtype=bool))
    assert np.all(label[top.start[links.open]] == label[top.end[links.open]])
