"""Networks small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.errors import SolveError
from twin.physics.potential import Flow, Kernel, Law, Links, Nodes, Options, Status, Topology
from twin.physics.solution import Outcome


def solve(
    ends: list[tuple[int, int]],
    heads: dict[int, float],
    nodes: dict[str, object] | None = None,
    *,
    warm: Flow | None = None,
    options: Options | None = None,
    **columns: object,
) -> Flow:
    """Links `h = r q|q|` unless columns say otherwise; `heads` names the fixed nodes."""
    n = max(max(pair) for pair in ends) + 1
    fixed = np.zeros(n, dtype=bool)
    head = np.zeros(n)
    for node, value in heads.items():
        fixed[node], head[node] = True, value
    columns.setdefault("law", [Law.POWER] * len(ends))
    links = Links(**{name: np.asarray(value) for name, value in columns.items()})
    table = {
        name: value if isinstance(value, bool) else np.asarray(value) for name, value in (nodes or {}).items()
    }
    start, end = np.array(ends).T
    return Kernel(Topology(n, start, end, fixed)).solve(links, Nodes(head_m=head, **table), options, warm)


@pytest.mark.core
def test_between_two_reservoirs_the_flow_is_the_root_of_head_over_resistance():
    flow = solve([(0, 1), (1, 2)], {0: 50.0, 2: 20.0}, resistance=[1000.0, 2000.0])
    assert flow.outcome is Outcome.CONVERGED
    assert flow.flow_m3s == pytest.approx([0.1, 0.1], rel=1e-6)
    assert flow.head_m == pytest.approx([50.0, 40.0, 20.0], abs=1e-5)
    assert flow.supply_m3s == pytest.approx([0.1, 0.0, -0.1], rel=1e-6)


def test_a_link_between_two_fixed_heads_needs_no_equation():
    flow = solve([(0, 1)], {0: 50.0, 1: 40.0}, resistance=[1000.0])
    assert flow.flow_m3s == pytest.approx([0.1], rel=1e-6)
    assert flow.outcome is Outcome.CONVERGED


def test_parallel_links_share_the_flow_by_their_resistances():
    flow = solve([(0, 1), (1, 0)], {0: 30.0}, {"demand_m3s": [0.0, 0.3]}, resistance=[100.0, 400.0])
    assert flow.flow_m3s == pytest.approx([0.2, -0.1], rel=1e-6)
    assert flow.head_m[1] == pytest.approx(26.0, abs=1e-5)


@pytest.mark.core
def test_a_pump_lifts_against_a_reservoir_to_its_duty_point():
    flow = solve(
        [(0, 1), (1, 2)], {0: 0.0, 2: 30.0},
        law=[Law.PUMP, Law.POWER], shutoff_head_m=[50.0, 0.0], resistance=[1000.0, 1000.0],
    )  # fmt: skip
    assert flow.flow_m3s == pytest.approx([0.1, 0.1], rel=1e-6)
    assert flow.head_m[1] == pytest.approx(40.0, abs=1e-5)


def test_a_pump_that_cannot_deliver_the_head_stands_still():
    flow = solve(
        [(0, 1), (1, 2)], {0: 0.0, 2: 60.0},
        law=[Law.PUMP, Law.POWER], shutoff_head_m=[50.0, 0.0], resistance=[1000.0, 1000.0],
    )  # fmt: skip
    assert flow.flow_m3s == pytest.approx([0.0, 0.0], abs=1e-9)
    assert flow.status.tolist() == [Status.BEYOND_HEAD, Status.OPEN]
    assert flow.head_m[1] == pytest.approx(60.0, abs=1e-5)


def test_a_pump_beyond_its_largest_flow_is_reported_and_runs_on():
    flow = solve(
        [(0, 1)], {0: 0.0}, {"demand_m3s": [0.0, 0.2]},
        law=[Law.PUMP], shutoff_head_m=[50.0], resistance=[1000.0], q_max_m3s=[0.15],
    )  # fmt: skip
    assert flow.status.tolist() == [Status.BEYOND_FLOW]
    assert flow.head_m[1] == pytest.approx(10.0, abs=1e-4)


def test_a_constant_power_pump_gives_power_over_flow():
    flow = solve(
        [(0, 1)], {0: 5.0}, {"demand_m3s": [0.0, 0.02]},
        law=[Law.PUMP_POWER], power_w=[9802.32 * 0.6],
    )  # fmt: skip
    assert flow.head_m[1] == pytest.approx(35.0, abs=1e-3)


def test_a_constant_power_pump_against_a_closed_end_stalls():
    flow = solve(
        [(0, 1), (1, 2)], {0: 5.0},
        law=[Law.PUMP_POWER, Law.POWER], power_w=[1e4, 0.0], resistance=[0.0, 100.0],
    )  # fmt: skip
    assert flow.outcome is Outcome.CONVERGED
    assert flow.status.tolist() == [Status.SHUT, Status.OPEN]
    assert flow.flow_m3s == pytest.approx([0.0, 0.0], abs=1e-9)
    assert flow.head_m == pytest.approx([5.0, 5.0, 5.0], abs=1e-3)


def test_two_pumps_of_different_kind_into_a_closed_end_come_to_rest():
    flow = solve(
        [(0, 1), (2, 1)], {0: 45.0, 2: 7.0},
        law=[Law.PUMP_POWER, Law.PUMP], power_w=[1e4, 0.0],
        shutoff_head_m=[0.0, 17.0], resistance=[0.0, 1000.0],
    )  # fmt: skip
    assert flow.outcome is Outcome.CONVERGED
    assert flow.flow_m3s == pytest.approx([0.0, 0.0], abs=1e-7)


def test_a_pump_that_may_only_run_backwards_stands_still():
    flow = solve(
        [(0, 1)], {0: 5.0, 1: 20.0},
        law=[Law.PUMP], shutoff_head_m=[50.0], resistance=[1000.0], direction=[-1],
    )  # fmt: skip
    assert flow.status.tolist() == [Status.SHUT]
    assert flow.flow_m3s.tolist() == [0.0]


def test_a_pump_of_speed_zero_is_closed():
    flow = solve(
        [(0, 1)], {0: 5.0}, {"demand_m3s": [0.0, 0.02]},
        law=[Law.PUMP], shutoff_head_m=[50.0], resistance=[1000.0], speed=[0.0],
    )  # fmt: skip
    assert flow.status.tolist() == [Status.CLOSED]
    assert not flow.connected[1]


@pytest.mark.core
def test_a_check_valve_lets_flow_pass_one_way_only():
    ends, heads = [(0, 1), (1, 2)], {0: 20.0, 2: 50.0}
    against = solve(ends, heads, resistance=[1000.0, 2000.0], direction=[1, 0])
    assert against.flow_m3s == pytest.approx([0.0, 0.0], abs=1e-9)
    assert against.status.tolist() == [Status.SHUT, Status.OPEN]
    assert against.head_m[1] == pytest.approx(50.0, abs=1e-4)
    along = solve(ends, heads, resistance=[1000.0, 2000.0], direction=[-1, 0])
    assert along.flow_m3s == pytest.approx([-0.1, -0.1], rel=1e-6)
    assert along.status.tolist() == [Status.OPEN, Status.OPEN]


def test_demand_behind_a_check_valve_that_points_away_is_unserved():
    flow = solve([(1, 0)], {0: 50.0}, {"demand_m3s": [0.0, 0.1]}, resistance=[100.0], direction=[1])
    assert flow.connected.tolist() == [True, False]
    assert flow.demand_m3s.tolist() == [0.0, 0.0]
    assert flow.outcome is Outcome.CONVERGED


@pytest.mark.core
def test_a_part_without_a_source_gets_nothing_and_stands_at_zero_pressure():
    flow = solve(
        [(0, 1), (1, 2), (2, 3)], {0: 50.0},
        {"demand_m3s": [0.0, 0.1, 0.1, 0.1], "elevation_m": [0.0, 1.0, 2.0, 3.0]},
        resistance=[1000.0] * 3, open=[True, False, True],
    )  # fmt: skip
    assert flow.connected.tolist() == [True, True, False, False]
    assert flow.demand_m3s == pytest.approx([0.0, 0.1, 0.0, 0.0])
    assert flow.head_m == pytest.approx([50.0, 40.0, 2.0, 3.0], abs=1e-5)
    assert flow.status.tolist() == [Status.OPEN, Status.CLOSED, Status.UNREACHED]
    assert flow.flow_m3s == pytest.approx([0.1, 0.0, 0.0])


def test_a_network_without_any_fixed_head_is_unserved():
    flow = solve([(0, 1)], {}, {"demand_m3s": [0.1, 0.1]}, resistance=[10.0])
    assert flow.outcome is Outcome.CONVERGED
    assert not flow.connected.any()
    assert np.all(flow.head_m == 0.0)


def test_an_inflow_without_a_way_out_is_left_out():
    flow = solve(
        [(0, 1), (1, 2)], {0: 50.0}, {"demand_m3s": [0.0, 0.0, -0.1]},
        resistance=[10.0, 10.0], direction=[1, 0],
    )  # fmt: skip
    assert flow.outcome is Outcome.CONVERGED
    assert flow.demand_m3s.tolist() == [0.0, 0.0, 0.0]


def test_a_part_that_lives_on_its_own_inflow_drains_through_its_check_valve():
    flow = solve(
        [(1, 0), (1, 2)], {0: 50.0}, {"demand_m3s": [0.0, 0.1, -0.3]},
        resistance=[100.0, 100.0], direction=[1, 0],
    )  # fmt: skip
    assert flow.connected.all()
    assert flow.flow_m3s == pytest.approx([0.2, -0.3], rel=1e-6)


def test_a_ring_that_hangs_on_one_node_does_not_ground_it():
    flow = solve(
        [(0, 1), (1, 2), (2, 3), (3, 1), (1, 1)], {0: 50.0}, {"demand_m3s": [0.0, 0.1, 0.0, 0.0]},
        resistance=[1000.0] * 5,
    )  # fmt: skip
    assert flow.head_m == pytest.approx([50.0, 40.0, 40.0, 40.0], abs=1e-5)
    assert flow.flow_m3s[1:] == pytest.approx([0.0] * 4, abs=1e-7)


@pytest.mark.core
def test_without_demand_nothing_flows_and_every_head_is_the_reservoirs():
    flow = solve(
        [(0, 1), (1, 2), (2, 3), (3, 0)], {0: 50.0},
        law=[Law.HW] * 4, roughness=[100.0] * 4, length_m=[1000.0] * 4, diameter_m=[0.3] * 4,
    )  # fmt: skip
    assert flow.outcome is Outcome.CONVERGED
    assert flow.head_m == pytest.approx([50.0] * 4, abs=1e-9)
    assert flow.flow_m3s == pytest.approx([0.0] * 4, abs=1e-9)


@pytest.mark.core
def test_pressure_dependent_demand_meets_the_root_of_its_quadratic():
    head, resistance, demand, required = 10.0, 500.0, 0.1, 20.0
    flow = solve(
        [(0, 1)], {0: head},
        {"demand_m3s": [0.0, demand], "pressure_dependent": True, "p_required_m": [required] * 2},
        resistance=[resistance],
    )  # fmt: skip
    expected = np.sqrt(head / (resistance + required / demand**2))
    assert flow.demand_m3s[1] == pytest.approx(expected, rel=1e-6)
    assert flow.head_m[1] == pytest.approx(required * (expected / demand) ** 2, abs=1e-5)


@pytest.mark.parametrize(("head", "share"), [(60.0, 1.0), (-5.0, 0.0), (3.0, 0.0)])
def test_pressure_dependent_demand_is_full_above_and_nothing_below_its_range(head: float, share: float):
    flow = solve(
        [(0, 1)], {0: head},
        {"demand_m3s": [0.0, 0.1], "pressure_dependent": True, "p_min_m": [4.0, 4.0]},
        resistance=[1000.0],
    )  # fmt: skip
    assert flow.demand_m3s[1] == pytest.approx(share * 0.1, abs=1e-9)
    assert flow.outcome is Outcome.CONVERGED


def test_an_inflow_is_not_pressure_dependent():
    flow = solve(
        [(0, 1)], {0: 10.0}, {"demand_m3s": [0.0, -0.1], "pressure_dependent": True}, resistance=[1000.0]
    )
    assert flow.demand_m3s[1] == -0.1
    assert flow.head_m[1] == pytest.approx(20.0, abs=1e-5)


def test_an_emitter_follows_its_power_of_the_pressure():
    c, r, head, ground = 0.02, 1000.0, 40.0, 5.0
    flow = solve(
        [(0, 1)], {0: head},
        {"emitter_coefficient": [0.0, c], "elevation_m": [0.0, ground]}, resistance=[r],
    )  # fmt: skip
    expected = np.sqrt((head - ground) / (r + 1 / c**2))
    assert flow.emitter_m3s[1] == pytest.approx(expected, rel=1e-6)
    assert flow.flow_m3s[0] == pytest.approx(expected, rel=1e-6)
    assert flow.demand_m3s[1] == 0.0


@pytest.mark.parametrize("backflow", [True, False])
def test_an_emitter_below_zero_pressure_takes_in_only_when_it_may(backflow: bool):
    c, r, ground = 0.02, 1000.0, 15.0
    flow = solve(
        [(0, 1)], {0: 5.0},
        {
            "emitter_coefficient": [0.0, c],
            "elevation_m": [0.0, ground],
            "emitter_backflow": [backflow] * 2,
        },
        resistance=[r],
    )  # fmt: skip
    expected = -np.sqrt(10.0 / (r + 1 / c**2)) if backflow else 0.0
    assert flow.emitter_m3s[1] == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_a_leak_is_an_orifice_and_never_sucks():
    area, r = 1e-3, 2000.0
    c = 0.75 * area * np.sqrt(2 * 9.81456)
    flow = solve([(0, 1)], {0: 30.0}, {"leak_area_m2": [0.0, area]}, resistance=[r])
    assert flow.leak_m3s[1] == pytest.approx(np.sqrt(30.0 / (r + 1 / c**2)), rel=1e-6)
    dry = solve([(0, 1)], {0: -30.0}, {"leak_area_m2": [0.0, area]}, resistance=[r])
    assert dry.leak_m3s[1] == 0.0
    assert dry.head_m[1] == pytest.approx(-30.0, abs=1e-5)


def test_demand_emitter_and_leak_of_one_node_are_told_apart():
    flow = solve(
        [(0, 1)], {0: 40.0},
        {
            "demand_m3s": [0.0, 0.05],
            "emitter_coefficient": [0.0, 1e-3],
            "leak_area_m2": [0.0, 1e-3],
            "pressure_dependent": True,
        },
        resistance=[1000.0],
    )  # fmt: skip
    p = flow.head_m[1]
    assert flow.demand_m3s[1] == pytest.approx(0.05 * min(p / 20, 1) ** 0.5, rel=1e-6)
    assert flow.emitter_m3s[1] == pytest.approx(1e-3 * p**0.5, rel=1e-6)
    assert flow.leak_m3s[1] == pytest.approx(0.75e-3 * np.sqrt(2 * 9.81456 * p), rel=1e-6)
    total = flow.demand_m3s[1] + flow.emitter_m3s[1] + flow.leak_m3s[1]
    assert flow.flow_m3s[0] == pytest.approx(total, rel=1e-6)


def test_demand_that_no_pipe_can_carry_fails_with_its_reason():
    flow = solve(
        [(0, 1)], {0: 40.0}, {"demand_m3s": [0.0, 1.0]},
        law=[Law.HW], roughness=[100.0], length_m=[1000.0], diameter_m=[0.01],
    )  # fmt: skip
    assert flow.outcome is Outcome.FAILED
    assert flow.reason.startswith("The demand cannot be carried")
    assert flow.params["node"] == 1
    assert np.all(np.isfinite(flow.head_m))


def test_a_failed_answer_is_no_start():
    pipe = {"law": [Law.HW], "roughness": [100.0], "length_m": [1000.0]}
    ends, heads, demand = [(0, 1)], {0: 40.0}, {"demand_m3s": [0.0, 0.05]}
    failed = solve(ends, heads, {"demand_m3s": [0.0, 1.0]}, diameter_m=[0.01], **pipe)
    cold = solve(ends, heads, demand, diameter_m=[0.3], **pipe)
    warm = solve(ends, heads, demand, warm=failed, diameter_m=[0.3], **pipe)
    assert failed.outcome is Outcome.FAILED
    assert warm.head_m.tobytes() == cold.head_m.tobytes()


def test_running_out_of_iterations_fails_with_its_reason():
    flow = solve(
        [(0, 1), (1, 2), (2, 0)], {0: 40.0}, {"demand_m3s": [0.0, 1.0, 0.1]},
        law=[Law.HW] * 3, roughness=[100.0] * 3, length_m=[1000.0] * 3, diameter_m=[0.5, 0.2, 0.1],
        options=Options(max_iterations=2),
    )  # fmt: skip
    assert flow.outcome is Outcome.FAILED
    assert flow.reason.startswith("The flow did not settle")
    assert flow.work.iterations == 2


def test_a_solve_counts_its_work_and_the_analysis_once():
    kernel = Kernel(Topology(2, np.array([0]), np.array([1]), np.array([True, False])))
    links = Links(law=np.array([Law.POWER]), resistance=np.array([100.0]))
    nodes = Nodes(head_m=np.array([10.0, 0.0]), demand_m3s=np.array([0.0, 0.1]))
    first = kernel.solve(links, nodes)
    again = kernel.solve(links, nodes, warm=first)
    assert (first.work.solves, first.work.analyses) == (1, 1)
    assert (again.work.solves, again.work.analyses) == (1, 0)
    assert again.work.iterations <= first.work.iterations
    assert first.work.factorisations == first.work.iterations > 0


def test_a_column_changed_in_place_between_two_solves_is_noticed():
    kernel = Kernel(Topology(2, np.array([0]), np.array([1]), np.array([True, False])))
    resistance = np.array([100.0])
    links = Links(law=np.array([Law.POWER]), resistance=resistance)
    nodes = Nodes(head_m=np.array([10.0, 0.0]), demand_m3s=np.array([0.0, 0.1]))
    assert kernel.solve(links, nodes).head_m[1] == pytest.approx(9.0, abs=1e-6)
    resistance[0] = 200.0
    assert kernel.solve(links, nodes).head_m[1] == pytest.approx(8.0, abs=1e-6)


def test_arrays_that_describe_no_network_are_refused():
    with pytest.raises(SolveError, match="names a node outside"):
        Topology(2, np.array([0]), np.array([2]), np.array([True, False]))
    kernel = Kernel(Topology(2, np.array([0]), np.array([1]), np.array([True, False])))
    one = Links(law=np.array([Law.MINOR]))
    with pytest.raises(SolveError, match="1 links and 2 nodes expected, not 1 and 3"):
        kernel.solve(one, Nodes(head_m=np.zeros(3)))
    with pytest.raises(SolveError, match="demand_m3s must be finite"):
        kernel.solve(one, Nodes(head_m=np.zeros(2), demand_m3s=np.array([0.0, np.nan])))
    answer = kernel.solve(one, Nodes(head_m=np.zeros(2)))
    other = Kernel(Topology(3, np.array([0]), np.array([1]), np.array([True, False, True])))
    with pytest.raises(SolveError, match="belongs to another topology"):
        other.solve(one, Nodes(head_m=np.zeros(3)), warm=answer)
    with pytest.raises(SolveError, match="p_exponent must be > 0"):
        kernel.solve(one, Nodes(head_m=np.zeros(2), p_exponent=np.zeros(2)))
    with pytest.raises(SolveError, match="leak_area_m2 must be >= 0"):
        kernel.solve(one, Nodes(head_m=np.zeros(2), leak_area_m2=-np.ones(2)))
    with pytest.raises(SolveError, match="diameter_m must be finite"):
        kernel.solve(Links(law=np.array([0]), diameter_m=np.array([np.nan])), Nodes(head_m=np.zeros(2)))
    with pytest.raises(SolveError, match="column diameter_m must have 1 entries"):
        Links(law=np.array([Law.MINOR]), diameter_m=np.zeros(2))
