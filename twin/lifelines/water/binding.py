"""A water network bound to the potential-flow kernel: the three questions of a lifeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from twin.lifelines.base import Horizon, Write
from twin.lifelines.water.hydraulics import Hydraulics
from twin.lifelines.water.operation import Memory, Operation
from twin.lifelines.water.options import WaterOptions, read_options
from twin.lifelines.water.present import Flags, Floats, Present, present
from twin.model.city import Manifest
from twin.model.network import Network
from twin.model.state import State
from twin.physics.potential import Flow, Kernel, Status
from twin.physics.solution import Outcome, Solution

WATER_DENSITY_KGM3 = 1000.0
STANDARD_GRAVITY_MS2 = 9.80665
"""Turns pressure heads into pascals (standard gravity); the hydraulics use EPANET's own 32.2 ft/s2."""
LIVE = (Status.OPEN, Status.BEYOND_FLOW)


def bind(network: Network, manifest: Manifest, options: WaterOptions | None = None) -> WaterModel:
    """The model of a water network; `options` instead of its own (another demand model, for instance)."""
    return WaterModel(network, manifest.clock_s, options or read_options(network))


class WaterModel:
    """A water network that can be solved and moved on in time; it keeps nothing between calls."""

    def __init__(self, network: Network, clock_s: float, options: WaterOptions) -> None:
        self._network = network
        self.options = options
        self.hydraulics = Hydraulics(network, options)
        self.operation = Operation(self.hydraulics, clock_s)
        self._kernel: Kernel | None = None

    @property
    def network(self) -> Network:
        """The network it is bound to."""
        return self._network

    @property
    def kernel(self) -> Kernel:
        """The kernel, analysed when it is first needed."""
        if self._kernel is None:
            self._kernel = Kernel(self.hydraulics.topology)
        return self._kernel

    def solve(self, state: State, t_s: float, previous: Solution | None = None) -> Solution:
        """Heads, flows and deliveries at `t_s`.

        Result columns of nodes: `head_m`, `pressure_pa`, `level_m` (tanks, else 0), `demand_m3s` (delivered),
        `required_m3s`, `leak_m3s` (leaks and emitters), `reached` (1 where a source supplies it); of links:
        `flow_m3s`, `velocity_ms`, `headloss_m`, `status` (`twin.physics.potential.Status`). Where no source
        reaches, the head is the elevation and nothing is delivered. Where the flow finds no equilibrium the
        outcome is `FALLBACK`: who is connected is served, heads are elevations and nothing flows.
        """
        before = previous.memory if previous is not None else None
        memory = before if isinstance(before, Memory) else None
        now = present(self._network, state)
        demand = self.hydraulics.demand_m3s(now, t_s)
        links, shut = self.hydraulics.links(now)
        nodes = self.hydraulics.nodes(now, demand, t_s)
        warm = memory.flow if memory is not None and memory.flow.outcome is Outcome.CONVERGED else None
        flow = self.kernel.solve(links, nodes, self.hydraulics.kernel_options, warm)
        if shut.any():
            flow = replace(flow, status=np.where(shut, Status.SHUT, flow.status).astype(np.int8))
        if flow.outcome is not Outcome.CONVERGED:
            flow = self._connectivity(flow, nodes.head_m, nodes.demand_m3s)
        return self._solution(state, now, flow, demand, self._remember(state, now, flow, demand, t_s, memory))

    def horizon(self, state: State, solution: Solution, t_s: float) -> Horizon:
        """How long from `t_s` the solution lasts; a step, pattern, tank, control or rule ends it."""
        memory = solution.memory
        if not isinstance(memory, Memory):
            return Horizon(0.0, "step")
        return Horizon(max(memory.t_s + memory.end.seconds - t_s, 0.0), memory.end.reason)

    def advance(self, state: State, solution: Solution, t_s: float, dt_s: float) -> tuple[Write, ...]:
        """Levels after `dt_s` and the commands due then.

        With `dt_s` 0 and a solution without memory it gives what controls and pump patterns do at the very
        beginning, before the first solve.
        """
        memory = solution.memory
        return self.operation.advance(state, memory if isinstance(memory, Memory) else None, t_s, dt_s)

    def react(self, state: State, solution: Solution) -> tuple[Write, ...]:
        """What controls on the pressure at junctions do about a solution."""
        memory = solution.memory
        return self.operation.react(state, memory) if isinstance(memory, Memory) else ()

    def _remember(
        self, state: State, now: Present, flow: Flow, demand: Floats, t_s: float, before: Memory | None
    ) -> Memory:
        inflow = np.where(
            self.hydraulics.junction, flow.demand_m3s + flow.emitter_m3s + flow.leak_m3s, -flow.supply_m3s
        )
        checked, flips = t_s, {}
        if before is not None and t_s - before.t_s < 1e-3:
            changed = np.flatnonzero(before.open != now.open)
            flips = before.flips | {int(link): before.flips.get(int(link), 0) + 1 for link in changed}
            checked = before.checked_s
        elif before is not None and t_s < before.t_s + before.end.seconds - 1e-3:
            checked = self.operation.checked(before, t_s)
        memory = Memory(
            flow=flow,
            t_s=t_s,
            checked_s=checked,
            end=Horizon(np.inf),
            inflow_m3s=inflow,
            system_demand_m3s=float(demand[demand > 0].sum()),
            flips=flips,
            open=now.open,
        )
        return replace(memory, end=self.operation.end(state, memory))

    def _connectivity(self, flow: Flow, head_m: Floats, demand_m3s: Floats) -> Flow:
        """Service by connection alone, where the flow found no equilibrium."""
        nothing, still = np.zeros(len(head_m)), np.zeros(len(flow.flow_m3s))
        junction = self.hydraulics.junction
        return replace(
            flow,
            head_m=np.where(junction, self.hydraulics.elevation_m, head_m),
            flow_m3s=still,
            demand_m3s=np.where(flow.connected & junction, demand_m3s, 0.0),
            emitter_m3s=nothing,
            leak_m3s=nothing,
            supply_m3s=nothing,
            outcome=Outcome.FALLBACK,
        )

    def _named(self, params: Mapping[str, object]) -> dict[str, object]:
        """The kernel's parameters with ids instead of rows."""
        tables = {"link": "links", "links": "links", "node": "nodes", "nodes": "nodes"}
        named: dict[str, object] = {}
        for name, value in params.items():
            if name not in tables:
                named[name] = value
                continue
            ids = self._network.ids(tables[name])
            named[name] = ", ".join(str(ids[row]) for row in np.atleast_1d(np.asarray(value)).astype(int))
        return named

    def _solution(self, state: State, now: Present, flow: Flow, demand: Floats, memory: Memory) -> Solution:
        junction = self.hydraulics.junction
        required = np.where(junction, np.maximum(demand, 0.0), 0.0)
        supplied = np.where(junction, np.clip(flow.demand_m3s, 0.0, required), 0.0)
        return Solution(
            outcome=flow.outcome,
            tables={
                "nodes": self._node_results(flow, required, now),
                "links": self._link_results(flow),
            },
            share={
                "nodes": self._node_share(flow, now, required, supplied),
                "links": self._link_share(state, flow, now),
            },
            required=required,
            supplied=supplied,
            work=flow.work,
            reason=flow.reason,
            params=self._named(flow.params),
            memory=memory,
        )

    def _node_results(self, flow: Flow, required: Floats, now: Present) -> dict[str, Floats]:
        depth = flow.head_m - self.hydraulics.elevation_m
        weight = WATER_DENSITY_KGM3 * self.options.specific_gravity * STANDARD_GRAVITY_MS2
        return {
            "head_m": flow.head_m,
            "pressure_pa": weight * depth,
            "level_m": np.nan_to_num(now.level_m),
            "demand_m3s": flow.demand_m3s,
            "required_m3s": required,
            "leak_m3s": flow.leak_m3s + flow.emitter_m3s,
            "reached": flow.connected.astype(np.float64),
        }

    def _link_results(self, flow: Flow) -> dict[str, np.ndarray]:
        links = self._network.tables["links"]
        area = np.pi * (np.nan_to_num(links["diameter_mm"]) / 1000.0) ** 2 / 4
        both = flow.connected[self.hydraulics.start] & flow.connected[self.hydraulics.end]
        loss = flow.head_m[self.hydraulics.start] - flow.head_m[self.hydraulics.end]
        velocity = np.divide(np.abs(flow.flow_m3s), area, out=np.zeros(len(links)), where=area > 0)
        return {
            "flow_m3s": flow.flow_m3s,
            "velocity_ms": velocity,
            "headloss_m": np.where(both, loss, 0.0),
            "status": flow.status,
        }

    def _node_share(self, flow: Flow, now: Present, required: Floats, supplied: Floats) -> Floats:
        """Junctions: supplied over required, or if a source reaches them; tanks: if they hold water."""
        share = (now.works & flow.connected).astype(np.float64)
        np.divide(supplied, required, out=share, where=required > 0)
        for tank in self.hydraulics.tanks:
            share[tank.row] = float(now.works[tank.row] and not tank.is_empty(float(now.level_m[tank.row])))
        return share

    def _link_share(self, state: State, flow: Flow, now: Present) -> Floats:
        """1 where a link and its ends are available and a source reaches it, whatever its position."""
        start, end = self.hydraulics.start, self.hydraulics.end
        works: Flags = state.available(self._network.lifeline, "links") & now.works[start] & now.works[end]
        return (works & (flow.connected[start] | flow.connected[end])).astype(np.float64)
