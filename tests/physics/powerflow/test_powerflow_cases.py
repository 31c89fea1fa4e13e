"""Cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.physics.powerflow.grids import RATED_V, Grid
from twin.errors import SolveError
from twin.physics.powerflow import Branches, Kernel, Operation, Ratings, Tap, Topology, transformer
from twin.physics.solution import Outcome

LOAD = 1e6 + 0.4e6j
Z = 2.0 + 3.0j

pytestmark = pytest.mark.core


def drop_by_hand(source_v: float, z: complex, load: complex) -> float:
    """The higher root of U2^4 + U2^2 (2 (PR + QX) - U1^2) + |S|^2 |Z|^2 = 0."""
    b = 2 * (load.real * z.real + load.imag * z.imag) - source_v**2
    return float(np.sqrt((-b + np.sqrt(b**2 - 4 * abs(load) ** 2 * abs(z) ** 2)) / 2))


def test_one_line_drops_the_voltage_that_its_equation_says():
    grid = Grid(2, [(0, 1, Z)])
    flow = grid.solve({1: LOAD})
    u2 = drop_by_hand(RATED_V, Z, LOAD)
    assert flow.outcome is Outcome.CONVERGED
    assert abs(flow.voltage_v[1]) == pytest.approx(u2, rel=1e-10)
    assert flow.start_va[0] - LOAD == pytest.approx(Z * (abs(LOAD) / u2) ** 2, rel=1e-9)
    assert flow.end_va[0] == pytest.approx(-LOAD, rel=1e-10)
    assert flow.source_va[0] == pytest.approx(flow.start_va[0])


def test_the_source_is_ideal():
    grid = Grid(2, [(0, 1, Z)])
    flow = grid.solve({1: LOAD}, {0: 1.05 * np.exp(0.3j)})
    assert flow.residuals.source_pu < 1e-12
    assert np.angle(flow.voltage_v[0]) == pytest.approx(0.3)


def test_two_parallel_lines_act_as_one_of_half_the_impedance():
    double, single = Grid(2, [(0, 1, Z), (0, 1, Z)]), Grid(2, [(0, 1, Z / 2)])
    one, other = double.solve({1: LOAD}), single.solve({1: LOAD})
    assert one.voltage_v == pytest.approx(other.voltage_v, rel=1e-11)
    assert one.start_va == pytest.approx(np.full(2, other.start_va[0] / 2), rel=1e-9)


def test_an_open_ended_line_draws_its_charging_power():
    shunt, z = 2e-5j, 1 + 2j
    grid = Grid(2, [(0, 1, z)], shunt_s=shunt)
    flow = grid.solve({}, buses_off=[1])
    admittance = shunt / 2 + 1 / (z + 2 / shunt)
    assert flow.start_va[0] == pytest.approx(RATED_V**2 * np.conj(admittance), rel=1e-9)
    assert flow.end_va[0] == 0
    assert flow.voltage_v[1] == 0
    assert flow.energised.tolist() == [True, False]
    assert flow.source_va[0] == pytest.approx(flow.start_va[0])


@pytest.mark.parametrize(("law", "exponent"), [("power_va", 0), ("current_va", 1), ("impedance_va", 2)])
def test_demand_follows_the_voltage_by_its_law(law, exponent):
    flow = Grid(1, []).solve({0: LOAD}, {0: 0.9}, law=law)
    assert flow.demand_va[0] == pytest.approx(LOAD * 0.9**exponent)


def test_a_transformer_without_load_draws_its_no_load_power():
    k = np.ones(1)
    iron, i0, s = 20e3, 0.005, 20e6
    ratings = Ratings(
        110e3 * k, 10e3 * k, s * k, 0.1 * k, 0.004 * k, i0 * k, iron * k, 2.6 * k, 0.5 * k, 0.5 * k, k
    )
    ports = transformer(ratings, Tap(0 * k, 0 * k, 0 * k, k > 0, k < 0))
    topology = Topology(2, np.zeros(1, np.int32), np.ones(1, np.int32), np.zeros(1, bool))
    kernel = Kernel(topology, np.array([110e3, 10e3]))
    zero = np.zeros(2, complex)
    on = np.ones(2, bool)
    flow = kernel.solve(ports, Operation(on, on[:1], zero, zero, zero, np.array([1, 0], complex)))
    magnetising = (iron - 1j * np.sqrt((i0 * s) ** 2 - iron**2)) / (10e3) ** 2
    half = (0.004 + 1j * np.sqrt(0.1**2 - 0.004**2)) * 10e3**2 / s / 2
    drawn = (10e3) ** 2 * np.conj(1 / (half + 1 / magnetising))
    assert flow.start_va[0] == pytest.approx(drawn, rel=1e-9)
    inside = 10e3 * np.exp(-2.6j) / (1 + half * magnetising)
    assert flow.voltage_v[1] == pytest.approx(inside, rel=1e-11)


@pytest.mark.parametrize(("at_start", "expected"), [(True, 1 / 1.05), (False, 1.05)])
def test_a_tap_changer_moves_the_no_load_voltage(at_start, expected):
    k = np.ones(1)
    ratings = Ratings(110e3 * k, 10e3 * k, 1e6 * k, 0.1 * k, 0 * k, 0 * k, 0 * k, 0 * k, 0.5 * k, 0.5 * k, k)
    ports = transformer(ratings, Tap(2 * k, 0.025 * k, 0 * k, np.array([at_start]), k < 0))
    assert 11 / ports.ratio[0] == pytest.approx(expected)
    assert ports.z_ohm[0].imag == pytest.approx(10.0 * (1 if at_start else 1.05**2))


def test_an_ideal_phase_shifter_turns_the_angle_alone():
    k = np.ones(1)
    ratings = Ratings(10e3 * k, 10e3 * k, 1e6 * k, 0.1 * k, 0 * k, 0 * k, 0 * k, 0 * k, 0.5 * k, 0.5 * k, k)
    ports = transformer(ratings, Tap(3 * k, 0 * k, np.radians(2) * k, k > 0, k > 0))
    assert ports.ratio[0] == pytest.approx(np.exp(1j * np.radians(6)))


def test_islands_without_a_source_are_dark_and_do_no_harm():
    grid = Grid(4, [(0, 1, Z), (2, 3, Z)])
    flow = grid.solve({1: LOAD, 3: LOAD})
    assert flow.energised.tolist() == [True, True, False, False]
    assert flow.voltage_v[2:].tolist() == [0, 0]
    assert flow.demand_va[3] == 0
    assert flow.start_va[1] == 0
    assert flow.outcome is Outcome.CONVERGED


def test_a_grid_without_any_source_is_dark_without_a_solve():
    flow = Grid(2, [(0, 1, Z)]).solve({1: LOAD}, {})
    assert not flow.energised.any()
    assert flow.work.solves == 0
    assert flow.outcome is Outcome.CONVERGED


def test_two_islands_with_a_source_each_are_solved_together():
    flow = Grid(4, [(0, 1, Z), (2, 3, Z)]).solve({1: LOAD, 3: LOAD}, {0: 1.0, 2: 1.0})
    assert flow.voltage_v[1] == pytest.approx(flow.voltage_v[3])


def test_closed_joints_make_one_node_and_carry_what_passes():
    grid = Grid(4, [(0, 1, Z), (1, 2, 0), (2, 3, 0)])
    flow = grid.solve({1: 1e5, 2: LOAD, 3: 2 * LOAD})
    assert flow.voltage_v[1] == flow.voltage_v[2] == flow.voltage_v[3]
    assert flow.start_va[1] == pytest.approx(3 * LOAD)
    assert flow.end_va[1] == pytest.approx(-3 * LOAD)
    assert flow.start_va[2] == pytest.approx(2 * LOAD)


def test_a_ring_of_joints_shares_what_passes():
    grid = Grid(3, [(0, 1, Z), (1, 2, 0), (1, 2, 0)])
    flow = grid.solve({2: LOAD})
    assert flow.start_va[1:] == pytest.approx(np.full(2, LOAD / 2))


def test_an_open_joint_leaves_its_far_side_dark():
    grid = Grid(3, [(0, 1, Z), (1, 2, 0)])
    flow = grid.solve({2: LOAD}, links_off=[1])
    assert flow.energised.tolist() == [True, True, False]
    assert flow.start_va.tolist() == pytest.approx([0, 0])


def test_sources_at_one_node_share_its_power():
    grid = Grid(3, [(0, 1, 0), (1, 2, Z)])
    flow = grid.solve({2: LOAD}, {0: 1.0, 1: 1.0})
    assert flow.source_va[0] == pytest.approx(flow.source_va[1])
    assert flow.source_va.sum() == pytest.approx(flow.start_va[1])


def test_too_much_demand_falls_back_to_connectivity():
    grid = Grid(3, [(0, 1, Z), (0, 2, Z)])
    flow = grid.solve({1: 1e9})
    assert flow.outcome is Outcome.FALLBACK
    assert "no voltages" in flow.reason
    assert flow.energised.all()
    assert np.isfinite(flow.voltage_v).all()
    again = grid.solve({1: LOAD})
    assert again.outcome is Outcome.CONVERGED


def test_an_uneven_shunt_stands_at_its_own_end():
    topology = Topology(2, np.zeros(1, np.int32), np.ones(1, np.int32), np.zeros(1, bool))
    y = np.array([1e-3 + 0j])
    kernel = Kernel(topology, np.full(2, RATED_V))
    zero, on = np.zeros(2, complex), np.ones(2, bool)
    operation = Operation(on, on[:1], zero, zero, zero, np.array([1, 0], complex))
    at_end = kernel.solve(Branches(np.array([Z]), 0 * y, y, np.ones(1, complex)), operation)
    u = RATED_V * (1 / y[0]) / (1 / y[0] + Z)
    assert at_end.voltage_v[1] == pytest.approx(u, rel=1e-10)


def test_only_switching_asks_for_another_analysis():
    grid = Grid(3, [(0, 1, Z), (1, 2, Z), (0, 2, Z)])
    assert grid.solve({1: LOAD}).work.analyses == 1
    assert grid.solve({1: 2 * LOAD}).work.analyses == 0
    assert grid.solve({1: LOAD}, links_off=[2]).work.analyses == 1
    assert grid.solve({1: LOAD}, links_off=[2]).work.analyses == 0


def test_arrays_that_describe_no_grid_are_refused():
    with pytest.raises(SolveError, match=r"outside 0\.\.1"):
        Topology(2, np.array([0], np.int32), np.array([2], np.int32), np.array([False]))
    grid = Grid(2, [(0, 1, Z)])
    with pytest.raises(SolveError, match="bus_on must have 2 entries"):
        grid.kernel.solve(grid.branches, Grid(3, [(0, 1, Z)]).operation())
    topology = Topology(2, np.zeros(1, np.int32), np.ones(1, np.int32), np.zeros(1, bool))
    nothing = Branches(*(np.zeros(1, complex) for _ in range(4)))
    with pytest.raises(SolveError, match="must be a joint"):
        Kernel(topology, np.full(2, RATED_V)).solve(nothing, grid.operation())
    with pytest.raises(SolveError, match="positive voltages"):
        Kernel(topology, np.array([1.0, 0.0]))
