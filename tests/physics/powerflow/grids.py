"""Small grids for the power-flow kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from twin.physics.powerflow import Branches, Flow, Kernel, Operation, Topology

RATED_V = 10e3


class Grid:
    """A kernel with its columns; a link of impedance 0 is a joint."""

    def __init__(
        self,
        n: int,
        links: Sequence[tuple[int, int, complex]],
        *,
        shunt_s: complex = 0,
        ratio: Mapping[int, complex] | None = None,
        rated_v: Sequence[float] | None = None,
    ) -> None:
        z = np.array([link[2] for link in links], dtype=complex)
        start, end = (np.array([link[side] for link in links], dtype=np.int32) for side in (0, 1))
        self.n, self.m = n, len(links)
        self.topology = Topology(n, start, end, z == 0)
        half = np.where(z == 0, 0, shunt_s / 2).astype(complex)
        factor = np.array([(ratio or {}).get(row, 1.0) for row in range(self.m)], dtype=complex)
        self.branches = Branches(z, half, half, factor)
        self.rated_v = np.array(rated_v or [RATED_V] * n, dtype=float)
        self.kernel = Kernel(self.topology, self.rated_v)

    def operation(
        self,
        demand: Mapping[int, complex] | None = None,
        sources: Mapping[int, complex] | None = None,
        *,
        law: str = "power_va",
        links_off: Sequence[int] = (),
        buses_off: Sequence[int] = (),
    ) -> Operation:
        columns = {
            name: np.zeros(self.n, dtype=complex) for name in ("power_va", "current_va", "impedance_va")
        }
        for bus, power in (demand or {}).items():
            columns[law][bus] = power
        held = np.zeros(self.n, dtype=complex)
        for bus, voltage in ({0: 1.0} if sources is None else sources).items():
            held[bus] = voltage
        bus_on, link_on = np.ones(self.n, dtype=bool), np.ones(self.m, dtype=bool)
        bus_on[list(buses_off)] = False
        link_on[list(links_off)] = False
        return Operation(bus_on, link_on, **columns, source_pu=held)

    def solve(self, *given, **named) -> Flow:
        return self.kernel.solve(self.branches, self.operation(*given, **named))

    def voltage_pu(self, flow: Flow) -> np.ndarray:
        return np.abs(flow.voltage_v) / self.rated_v
