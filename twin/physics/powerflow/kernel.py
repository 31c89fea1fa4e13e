"""The kernel: fuse joints, cut what no source reaches, solve, and give power back to every link."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.errors import SolveError
from twin.physics.powerflow.engine import Engine, Loading, Structure
from twin.physics.powerflow.fusion import Fusion, components
from twin.physics.powerflow.grid import (
    Branches,
    Complexes,
    Flags,
    Floats,
    Flow,
    Operation,
    Residuals,
    Topology,
    check_columns,
)
from twin.physics.solution import Outcome, Work
from twin.text import N_

NO_SOLUTION = N_(
    "The power flow found no voltages: demand is beyond what the grid can carry. Service is by connectivity."
)


@dataclass(frozen=True)
class _TwoPorts:
    """Admittances of the links at a moment, complex[m]; where one end is open it is eliminated.

    Current into the link at its start is `ss U_start + se U_end`, at its end `es U_start + ee U_end`.
    `both` (bool[m]) marks the branches that are closed at both ends.
    """

    both: Flags
    ss: Complexes
    se: Complexes
    es: Complexes
    ee: Complexes


class Kernel:
    """Voltages and powers of one topology; what can be kept from solve to solve is kept."""

    def __init__(self, topology: Topology, rated_v: Floats) -> None:
        if rated_v.shape != (topology.n_buses,) or not (rated_v > 0).all():
            raise SolveError(f"rated_v must be {topology.n_buses} positive voltages")
        self.topology = topology
        self.rated_v = rated_v
        self._rows = np.flatnonzero(~topology.joint)
        self._fusion: Fusion | None = None
        self._engine: Engine | None = None
        self._built_of: tuple[Fusion, Branches] | None = None

    def solve(self, branches: Branches, operation: Operation) -> Flow:
        """The steady state; giving the same `branches` object from solve to solve saves work."""
        n, m = self.topology.n_buses, self.topology.n_links
        check_columns(branches, {"": m})
        check_columns(operation, {"": n, "link_on": m})
        if (branches.z_ohm[self._rows] == 0).any():
            raise SolveError("a branch without impedance must be a joint")
        fusion = self._fuse(operation)
        ports = self._two_ports(branches, operation)
        energised = self._reached(fusion, ports.both, operation)
        nodes, outcome, work = np.zeros(fusion.n_nodes, dtype=np.complex128), Outcome.CONVERGED, Work()
        loading = self._loading(fusion, branches, ports, operation, energised)
        if energised.any():
            nodes, outcome, work = self._voltages(fusion, branches, loading)
        voltage = np.where(energised, (nodes * self.rated_v[fusion.first])[fusion.label], 0)
        flow = self._expand(fusion, ports, operation, voltage, energised)
        residuals = self._residuals(fusion, flow, operation)
        reason = "" if outcome is Outcome.CONVERGED else NO_SOLUTION
        return replace(flow, outcome=outcome, work=work, reason=reason, residuals=residuals)

    def _fuse(self, operation: Operation) -> Fusion:
        ends_on = operation.bus_on[self.topology.start] & operation.bus_on[self.topology.end]
        closed = self.topology.joint & operation.link_on & ends_on
        if self._fusion is None or not np.array_equal(self._fusion.closed, closed):
            self._fusion = Fusion(self.topology, closed)
        return self._fusion

    def _two_ports(self, branches: Branches, operation: Operation) -> _TwoPorts:
        live = operation.link_on & ~self.topology.joint
        start_on = live & operation.bus_on[self.topology.start]
        end_on = live & operation.bus_on[self.topology.end]
        both = start_on & end_on
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.where(self.topology.joint, 0, 1 / branches.z_ohm)
            ss = (y + branches.y_start_s) / np.abs(branches.ratio) ** 2
            se, es = -y / np.conj(branches.ratio), -y / branches.ratio
            ee = y + branches.y_end_s
            start_alone, end_alone = ss - se * es / ee, ee - es * se / ss
        return _TwoPorts(
            both,
            np.where(both, ss, np.where(start_on, start_alone, 0)),
            np.where(both, se, 0),
            np.where(both, es, 0),
            np.where(both, ee, np.where(end_on, end_alone, 0)),
        )

    def reached(self, operation: Operation) -> Flags:
        """Which buses the sources reach, bool[n], without a solve."""
        on = operation.bus_on
        closed = operation.link_on & ~self.topology.joint
        both = closed & on[self.topology.start] & on[self.topology.end]
        return self._reached(self._fuse(operation), both, operation)

    def _reached(self, fusion: Fusion, both: Flags, operation: Operation) -> Flags:
        start, end = fusion.label[self.topology.start[both]], fusion.label[self.topology.end[both]]
        count, island = components(fusion.n_nodes, start, end)
        sourced = np.zeros(count, dtype=bool)
        sourced[island[fusion.label[operation.bus_on & (operation.source_pu != 0)]]] = True
        return np.asarray(sourced[island][fusion.label] & operation.bus_on, dtype=np.bool_)

    def _loading(
        self, fusion: Fusion, branches: Branches, ports: _TwoPorts, operation: Operation, energised: Flags
    ) -> Loading:
        """Demands summed up over the fused nodes, with what the engine's branches leave out.

        The engine has branches with equal shunts at both ends, closed or open: open-ended ones and the
        uneven part of shunts join the demands of constant impedance.
        """
        uneven = (branches.y_start_s - branches.y_end_s) / 2
        shunt = np.zeros(self.topology.n_buses, dtype=np.complex128)
        at_start = np.where(ports.both, uneven / np.abs(branches.ratio) ** 2, ports.ss)
        np.add.at(shunt, self.topology.start, at_start)
        np.add.at(shunt, self.topology.end, np.where(ports.both, -uneven, ports.ee))
        scale = self.rated_v / self.rated_v[fusion.first][fusion.label]
        source = np.zeros(fusion.n_nodes, dtype=np.complex128)
        held = np.flatnonzero(energised & (operation.source_pu != 0))[::-1]
        source[fusion.label[held]] = (operation.source_pu * scale)[held]
        impedance = operation.impedance_va + np.conj(shunt) * self.rated_v**2
        return Loading(
            (ports.both & energised[self.topology.start])[self._rows],
            fusion.sums(np.where(energised, operation.power_va, 0)),
            fusion.sums(np.where(energised, operation.current_va / scale, 0)),
            fusion.sums(np.where(energised, impedance / scale**2, 0)),
            source,
        )

    def _voltages(
        self, fusion: Fusion, branches: Branches, loading: Loading
    ) -> tuple[Complexes, Outcome, Work]:
        engine = self._engine_for(fusion, branches, loading)
        before = engine.analyses
        voltages, outcome = engine.voltages(loading), Outcome.CONVERGED
        solves = 1
        if voltages is None:
            voltages, outcome = engine.voltages(loading, linear=True), Outcome.FALLBACK
            solves = 2
        if voltages is None:
            voltages = np.full(fusion.n_nodes, np.nan, dtype=np.complex128)
        return voltages, outcome, Work(solves, engine.analyses - before, solves)

    def _engine_for(self, fusion: Fusion, branches: Branches, loading: Loading) -> Engine:
        """The engine in use, or another one where buses were fused or branches changed otherwise."""
        current, impedance, source = (
            np.flatnonzero(values).astype(np.int32)
            for values in (loading.current_va, loading.impedance_va, loading.source_pu)
        )
        if self._engine is not None and self._built_of is not None:
            built = self._engine.structure
            same = self._built_of[0] is fusion and self._built_of[1] is branches
            wanted = ((current, built.current), (impedance, built.impedance), (source, built.source))
            if same and all(np.isin(some, known).all() for some, known in wanted):
                return self._engine
        structure = Structure(
            self.rated_v[fusion.first],
            fusion.label[self.topology.start[self._rows]],
            fusion.label[self.topology.end[self._rows]],
            branches.z_ohm[self._rows],
            (branches.y_start_s + branches.y_end_s)[self._rows],
            branches.ratio[self._rows],
            current,
            impedance,
            source,
        )
        self._engine, self._built_of = Engine(structure), (fusion, branches)
        return self._engine

    def _expand(
        self, fusion: Fusion, ports: _TwoPorts, operation: Operation, voltage: Complexes, energised: Flags
    ) -> Flow:
        """Powers of links, demands and sources from the voltages, by Kirchhoff's current law."""
        start, end = self.topology.start, self.topology.end
        u_start, u_end = voltage[start], voltage[end]
        start_va = u_start * np.conj(ports.ss * u_start + ports.se * u_end)
        end_va = u_end * np.conj(ports.es * u_start + ports.ee * u_end)
        per_unit = np.abs(voltage) / self.rated_v
        demand = operation.power_va + per_unit * operation.current_va + per_unit**2 * operation.impedance_va
        demand = np.where(energised, demand, 0)
        drawn = demand.copy()
        np.add.at(drawn, start, start_va)
        np.add.at(drawn, end, end_va)
        sources = energised & (operation.source_pu != 0)
        count = fusion.sums(sources.astype(np.complex128))
        given = np.where(sources, (fusion.sums(drawn) / np.maximum(count.real, 1))[fusion.label], 0)
        joints = fusion.through_joints(self._balanced(fusion, given - drawn))
        return Flow(
            voltage,
            energised,
            start_va + joints,
            end_va - joints,
            demand,
            given,
            Outcome.CONVERGED,
            Work(),
            Residuals(),
        )

    def _balanced(self, fusion: Fusion, surplus: Complexes) -> Complexes:
        """A surplus that sums up to zero over each node: what is left over is shared by its buses."""
        size = np.bincount(fusion.label, minlength=fusion.n_nodes)
        return surplus - (fusion.sums(surplus) / size)[fusion.label]

    def _residuals(self, fusion: Fusion, flow: Flow, operation: Operation) -> Residuals:
        drawn = flow.demand_va - flow.source_va
        np.add.at(drawn, self.topology.start, flow.start_va)
        np.add.at(drawn, self.topology.end, flow.end_va)
        sources = flow.energised & (operation.source_pu != 0)
        apart = np.abs(flow.voltage_v / self.rated_v - operation.source_pu)[sources]
        imbalance = np.abs(fusion.sums(drawn))
        return Residuals(float(imbalance.max(initial=0.0)), float(apart.max(initial=0.0)))
