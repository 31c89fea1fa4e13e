"""Random networks with everything in them, for the laws every answer must obey."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from twin.physics.potential import Law, Links, Nodes, Topology

PUMP_POINTS = ([0.0, 0.05, 0.1, 0.2], [60.0, 55.0, 40.0, 5.0])


@dataclass(frozen=True)
class Case:
    topology: Topology
    links: Links
    nodes: Nodes


def make_case(
    seed: int, *, devices: bool = True, pressure_dependent: bool = False, outlets: bool = True
) -> Case:
    """A random network: pipes of one formula, and with `devices` pumps, valves, closed and one-way links."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 40))
    extra = int(rng.integers(0, n))
    tree = np.array([[rng.integers(0, v), v] for v in range(1, n)])
    ends = np.concatenate((tree, rng.integers(0, n, size=(extra, 2)))).astype(np.int32)
    flip = rng.random(len(ends)) < 0.5
    ends[flip] = ends[flip][:, ::-1]
    m = len(ends)
    fixed = np.zeros(n, dtype=bool)
    fixed[rng.choice(n, size=int(rng.integers(1, 4)), replace=False)] = True
    formula = rng.choice([Law.HW, Law.DW, Law.CM])
    law = np.full(m, formula, dtype=np.int8)
    direction = np.zeros(m, dtype=np.int8)
    is_open = np.ones(m, dtype=bool)
    if devices:
        law = np.where(rng.random(m) < 0.25, rng.integers(Law.MINOR, Law.PUMP_POWER + 1, size=m), law)
        direction[rng.random(m) < 0.15] = 1
        direction[rng.random(m) < 0.05] = -1
        is_open = rng.random(m) > 0.08
    roughness = {Law.HW: 110.0, Law.DW: 2e-4, Law.CM: 0.012}[formula]
    links = Links(
        law=law,
        roughness=np.full(m, roughness),
        length_m=rng.uniform(10.0, 2000.0, m),
        diameter_m=rng.choice([0.1, 0.2, 0.3, 0.5], m),
        minor_loss=np.where(rng.random(m) < 0.3, rng.uniform(0.0, 500.0, m), 0.0),
        resistance=rng.uniform(500.0, 5000.0, m),
        exponent=rng.choice([1.0, 1.5, 2.0, 2.4], m),
        shutoff_head_m=rng.uniform(10.0, 80.0, m),
        speed=rng.choice([0.8, 1.0, 1.1], m),
        power_w=rng.uniform(1e3, 2e4, m),
        curve=np.zeros(m, dtype=np.int32),
        direction=direction,
        open=is_open,
        curve_start=np.array([0, 4]),
        curve_flow_m3s=np.array(PUMP_POINTS[0]),
        curve_head_m=np.array(PUMP_POINTS[1]),
    )
    demand = np.where(rng.random(n) < 0.7, rng.uniform(0.0, 0.01, n), 0.0)
    demand[rng.random(n) < 0.05] *= -1.0
    elevation = rng.uniform(0.0, 30.0, n)
    nodes = Nodes(
        head_m=np.where(fixed, elevation + rng.uniform(5.0, 60.0, n), 0.0),
        elevation_m=elevation,
        demand_m3s=demand,
        emitter_coefficient=np.where(outlets & (rng.random(n) < 0.2), 1e-3, 0.0),
        emitter_exponent=np.full(n, rng.choice([0.5, 0.8, 1.1])),
        emitter_backflow=np.full(n, rng.random() < 0.5),
        leak_area_m2=np.where(outlets & (rng.random(n) < 0.2), 1e-4, 0.0),
        pressure_dependent=pressure_dependent,
    )
    return Case(Topology(n, ends[:, 0], ends[:, 1], fixed), links, nodes)


@pytest.fixture(scope="session")
def random_case() -> Callable[..., Case]:
    return make_case
