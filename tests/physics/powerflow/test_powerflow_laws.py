"""Laws that hold on any grid: balance, numbering, switching back, what an engine must not do."""

from __future__ import annotations

import numpy as np
import pytest

from tests.physics.powerflow.grids import Grid
from twin.physics.powerflow import Flow
from twin.physics.solution import Outcome

SEEDS = range(8)


def meshed(seed: int) -> tuple[Grid, dict[int, complex]]:
    """A random connected grid with rings, joints, a dark corner and loads."""
    draw = np.random.default_rng(seed)
    n = 30
    links = []
    for bus in range(1, n - 3):
        joint = draw.random() < 0.2
        z = 0 if joint else complex(draw.uniform(0.05, 0.5), draw.uniform(0.05, 0.5))
        links.append((int(draw.integers(bus)), bus, z))
    for _ in range(6):
        one, other = draw.choice(n - 3, 2, replace=False)
        links.append((int(one), int(other), complex(draw.uniform(0.1, 0.5), 0.2)))
    links += [(n - 3, n - 2, 0.1 + 0.1j), (n - 2, n - 1, 0)]
    demand = {int(bus): complex(draw.uniform(0, 2e5), draw.uniform(0, 1e5)) for bus in range(1, n)}
    return Grid(n, links, shunt_s=1e-5j), demand


def left_over(grid: Grid, flow: Flow) -> np.ndarray:
    """What flows into each bus and is not drawn there."""
    rest = flow.source_va - flow.demand_va
    np.subtract.at(rest, grid.topology.start, flow.start_va)
    np.subtract.at(rest, grid.topology.end, flow.end_va)
    return rest


@pytest.mark.core
@pytest.mark.parametrize("seed", SEEDS)
def test_power_balances_at_every_bus(seed):
    grid, demand = meshed(seed)
    flow = grid.solve(demand)
    assert flow.outcome is Outcome.CONVERGED
    total = abs(flow.demand_va).sum()
    assert np.abs(left_over(grid, flow)).max() < 1e-9 * total
    assert flow.residuals.balance_va < 1e-9 * total


@pytest.mark.parametrize("seed", SEEDS)
def test_numbering_does_not_matter(seed):
    grid, demand = meshed(seed)
    flow = grid.solve(demand)
    draw = np.random.default_rng(seed + 100)
    place, order = draw.permutation(grid.n), draw.permutation(grid.m)
    start, end, z = grid.topology.start, grid.topology.end, grid.branches.z_ohm
    links = [(int(place[start[row]]), int(place[end[row]]), complex(z[row])) for row in order]
    moved = Grid(grid.n, links, shunt_s=1e-5j)
    other = moved.solve({int(place[bus]): power for bus, power in demand.items()}, {int(place[0]): 1.0})
    assert other.voltage_v[place] == pytest.approx(flow.voltage_v, rel=1e-9)
    free = z[order] != 0
    assert other.start_va[free] == pytest.approx(flow.start_va[order][free], rel=1e-6, abs=1e-2)


@pytest.mark.parametrize("seed", SEEDS)
def test_cutting_a_load_lowers_no_voltage(seed):
    grid, demand = meshed(seed)
    radial = Grid(grid.n, [(int(s), int(e), complex(z)) for s, e, z in _tree(grid)])
    before = radial.voltage_pu(radial.solve(demand))
    for bus in list(demand)[::5]:
        after = radial.voltage_pu(radial.solve({key: power for key, power in demand.items() if key != bus}))
        assert (after >= before - 1e-10).all()


def _tree(grid: Grid):
    count = grid.n - 4
    return zip(
        grid.topology.start[:count], grid.topology.end[:count], grid.branches.z_ohm[:count], strict=True
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_switching_off_and_on_again_changes_nothing(seed):
    grid, demand = meshed(seed)
    intact = grid.solve(demand)
    for row in range(0, grid.m, 4):
        cut = grid.solve(demand, links_off=[row])
        assert cut.outcome is Outcome.CONVERGED
        assert not (cut.energised & ~intact.energised).any()
        assert np.abs(left_over(grid, cut)).max() < 1e-9 * abs(intact.demand_va).sum()
    back = grid.solve(demand)
    assert back.voltage_v == pytest.approx(intact.voltage_v, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_losses_are_never_negative(seed):
    grid, demand = meshed(seed)
    flow = grid.solve(demand)
    assert (flow.start_va + flow.end_va).real.min() > -1e-6


def test_a_feeder_of_a_hundred_thousand_buses_converges():
    n = 100_000
    draw = np.random.default_rng(1)
    links = [
        (max(0, bus - 1 - int(back)), bus, 2e-4 + 2e-4j) for bus, back in enumerate(draw.integers(0, 5, n))
    ][1:]
    grid = Grid(n, links)
    flow = grid.solve(dict.fromkeys(range(1, n), 20 + 5j))
    assert flow.outcome is Outcome.CONVERGED
    assert grid.voltage_pu(flow).min() < 0.95
    assert flow.residuals.balance_va < 1e-8 * flow.source_va[0].real
