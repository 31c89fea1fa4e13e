"""The kernel: one analysis per topology, any number of solves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from twin.errors import SolveError
from twin.physics.potential.analysis import Pattern, analyse
from twin.physics.potential.flow import Flow, Residuals, Status
from twin.physics.potential.laws import Laws, is_pump, laws_of
from twin.physics.potential.network import Codes, Flags, Floats, Law, Links, Nodes, Options, Topology
from twin.physics.potential.newton import (
    FLOWING,
    GRIP,
    OFF,
    SHUT,
    State,
    assemble,
    bound_of,
    evaluate,
    head_errors,
    imbalance,
    move_flows,
    move_outlets,
    solve_heads,
    switch,
    use_secants,
)
from twin.physics.potential.outlets import DEMAND, EMITTER, LEAK, Outlets, outlet_flow, outlets_of
from twin.physics.potential.reach import draining, moor, stranded, supplied
from twin.physics.solution import Outcome, Work

N_ = str

UNSETTLED = N_("The flow did not settle in {iterations} iterations; it is least settled at link {link}")
CYCLING = N_("Links {links} open and shut in turn without coming to rest")
SINGULAR = N_("The equations have no single solution at node {node}")
ABSURD = N_("The demand cannot be carried: the head at node {node} would be {head_m:.0f} m")

SPILLING = N_("The flows do not balance at node {node}")

SWITCH_TOLERANCE_M = 1e-6
NEGLIGIBLE_M3S = 1e-10
SPILL_M3S = 1e-6
ABSURD_M = 1e6


@dataclass(frozen=True)
class _Problem:
    """One solve's data, prepared."""

    links: Links
    nodes: Nodes
    demand: Floats
    options: Options
    laws: Laws
    outlets: Outlets
    way: Codes
    running: Flags
    live: Flags


@dataclass(frozen=True)
class _End:
    """How an iteration ended."""

    iterations: int
    residuals: Residuals
    reason: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


class Kernel:
    """Heads and flows of one topology; keeps the analysis and nothing of a solve."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._pattern: Pattern = analyse(topology)
        self._analyses = 1

    def solve(
        self, links: Links, nodes: Nodes, options: Options | None = None, warm: Flow | None = None
    ) -> Flow:
        """The steady state for these columns.

        Parameters
        ----------
        links, nodes, options
            Columns over the topology's links and nodes; constants and tolerances.
        warm
            An earlier answer of this kernel to start from. If that start does not lead to an answer, a cold
            start is tried.

        Raises
        ------
        SolveError
            If columns do not fit the topology or hold numbers no law can work with.
        """
        problem = self._prepare(links, nodes, options or Options())
        analyses, self._analyses = self._analyses, 0
        state = self._start(problem, warm)
        end = self._iterate(problem, state, secants=warm is None)
        iterations = end.iterations
        if end.reason and warm is not None:
            state = self._start(problem, None)
            end = self._iterate(problem, state, secants=True)
            iterations += end.iterations
        return self._answer(problem, state, end, Work(1, analyses, iterations, iterations))

    def _prepare(self, links: Links, nodes: Nodes, options: Options) -> _Problem:
        """Check columns, bring laws and outlets to coefficients, cut what nothing supplies."""
        top = self.topology
        if links.law.size != top.n_links or nodes.head_m.size != top.n_nodes:
            raise SolveError(
                f"{top.n_links} links and {top.n_nodes} nodes expected, "
                f"not {links.law.size} and {nodes.head_m.size}"
            )
        for name in ("head_m", "elevation_m", "demand_m3s"):
            if not np.all(np.isfinite(getattr(nodes, name))):
                raise SolveError(f"{name} must be finite at every node")
        pump = is_pump(links.law)
        way = np.where(pump, 1, links.direction).astype(np.int8)
        idle = pump & ((links.speed <= 0) | ((links.law == Law.PUMP_POWER) & (links.power_w <= 0)))
        running = links.open & ~idle
        live, demand = self._reach(nodes, way, running)
        running &= live[top.start] & live[top.end]
        outlets = outlets_of(nodes, live & ~top.fixed, options)
        demand[outlets.node[outlets.kind == DEMAND]] = 0.0
        return _Problem(links, nodes, demand, options, laws_of(links, options), outlets, way, running, live)

    def _reach(self, nodes: Nodes, way: Codes, running: Flags) -> tuple[Flags, Floats]:
        """Nodes that can be supplied, and the demands there without inflows that have no way out."""
        top, ends = self.topology, (self.topology.start, self.topology.end)
        graph = (self._pattern.link_start, self._pattern.link_of)
        demand = np.where(top.fixed, 0.0, nodes.demand_m3s)
        live = supplied(*ends, top.fixed, *graph, way, running)
        if np.any(demand < 0):
            drained = supplied(*ends, top.fixed, *graph, -way, running)
            open_end = (nodes.emitter_coefficient > 0) | (nodes.leak_area_m2 > 0)
            demand[stranded(*ends, running, drained, demand, open_end)] = 0.0
            live |= draining(*ends, way, running, live, demand)
        return live, np.where(live, demand, 0.0)

    def _start(self, problem: _Problem, warm: Flow | None) -> State:
        """Working arrays with the flows and modes to begin with."""
        top, pattern, nodes = self.topology, self._pattern, problem.nodes
        m, size, count = top.n_links, pattern.node.size, problem.outlets.node.size
        toward = np.where(problem.way < 0, -1.0, 1.0)
        state = State(
            head=np.where(top.fixed, nodes.head_m, nodes.elevation_m),
            demand=problem.demand,
            flow=np.where(problem.running, problem.laws.start * toward, 0.0),
            loss=np.zeros(m),
            slope=np.ones(m),
            hold=np.zeros(m),
            mode=np.where(problem.running, FLOWING, OFF).astype(np.int8),
            outflow=problem.outlets.start.copy(),
            outlet_loss=np.zeros(count),
            outlet_slope=np.ones(count),
            bound=np.zeros(count, dtype=np.int8),
            off=np.zeros(pattern.a_row.size + 1),
            diagonal=np.zeros(size + 1),
            right=np.zeros(size + 1),
            l_value=np.zeros(pattern.l_row.size),
            d_inverse=np.zeros(size),
        )
        if warm is not None:
            self._warm(problem, state, warm)
        return state

    def _warm(self, problem: _Problem, state: State, warm: Flow) -> None:
        """Take flows, modes and outlets from an earlier answer where it has any."""
        ran = (warm.status == Status.OPEN) | (warm.status == Status.BEYOND_FLOW)
        kept = problem.running & ran & (warm.flow_m3s * problem.way >= 0)
        state.flow[kept] = warm.flow_m3s[kept]
        shut = problem.running & (problem.way != 0)
        shut &= (warm.status == Status.SHUT) | (warm.status == Status.BEYOND_HEAD)
        state.mode[shut] = SHUT
        state.flow[shut] = 0.0
        free = problem.live & ~self.topology.fixed & warm.connected
        state.head[free] = warm.head_m[free]
        pressure = warm.head_m[problem.outlets.node] - problem.outlets.datum
        for k in np.flatnonzero(warm.connected[problem.outlets.node]):
            state.outflow[k] = outlet_flow(problem.outlets, int(k), pressure[k])
            state.bound[k] = bound_of(problem.outlets, int(k), state.outflow[k], pressure[k])

    def _iterate(self, problem: _Problem, state: State, *, secants: bool) -> _End:
        """Newton steps with status changes until the criteria hold or the ways to go on are exhausted."""
        top, pattern, options = self.topology, self._pattern, problem.options
        ends = (top.start, top.end)
        one_way = bool(np.any(problem.way[problem.running] != 0))
        seen: Counter[bytes] = Counter({state.mode.tobytes(): 1})
        careful, settled = False, False
        residuals, largest = Residuals(), 0.0
        for iteration in range(options.max_iterations + 1):
            evaluate(problem.laws, problem.outlets, state)
            if iteration:
                residuals = self._measure(problem, state, residuals)
                settled = _settled(residuals, options, largest)
                changed = 0
                if one_way and (settled or not careful):
                    changed = switch(*ends, problem.way, problem.laws, state, SWITCH_TOLERANCE_M, careful)
                if settled and not changed:
                    return _End(iteration, residuals)
                if changed:
                    key = state.mode.tobytes()
                    seen[key] += 1
                    if careful and seen[key] > 5:
                        return _End(iteration, residuals, CYCLING, {"links": _in_turn(seen)})
                    careful = careful or seen[key] >= 3
                    evaluate(problem.laws, problem.outlets, state)
            if iteration == options.max_iterations:
                break
            if not iteration and secants:
                use_secants(problem.laws, state)
            if one_way:
                moor(*ends, top.fixed, state.mode, state.hold, GRIP)
            assemble(*ends, problem.live, pattern, problem.outlets, state)
            row = solve_heads(pattern, state)
            if row >= 0:
                return _End(iteration + 1, residuals, SINGULAR, {"node": int(pattern.node[row])})
            change, total, worst, largest = move_flows(*ends, problem.laws, state)
            more = move_outlets(problem.outlets, state)
            change, total, worst = change + more[0], total + more[1], max(worst, more[2])
            residuals = Residuals(change / max(total, NEGLIGIBLE_M3S), worst)
        link = int(np.argmax(np.abs(self._errors(state))))
        return _End(options.max_iterations, residuals, UNSETTLED, {"iterations": iteration, "link": link})

    def _errors(self, state: State) -> Floats:
        """Energy error of each flowing link, m."""
        drop = state.head[self.topology.start] - state.head[self.topology.end]
        return np.where(state.mode == FLOWING, drop - state.loss, 0.0)

    def _measure(self, problem: _Problem, state: State, residuals: Residuals) -> Residuals:
        """Add the head errors of the present state to the step's residuals."""
        links, outlets = head_errors(self.topology.start, self.topology.end, problem.outlets, state)
        return replace(residuals, head_error_m=max(links, outlets))

    def _answer(self, problem: _Problem, state: State, end: _End, work: Work) -> Flow:
        """Results by node and link, with the balance checked."""
        top, outlets, n = self.topology, problem.outlets, self.topology.n_nodes
        rest = imbalance(top.start, top.end, problem.live, top.fixed, outlets, state)
        given = {
            kind: np.bincount(outlets.node[k], weights=state.outflow[k], minlength=n).astype(np.float64)
            for kind in (DEMAND, EMITTER, LEAK)
            for k in [outlets.kind == kind]
        }
        free = ~top.fixed
        balance = float(np.max(np.abs(rest[free]), initial=0.0))
        reason, params = end.reason, end.params
        extreme = int(np.argmax(np.abs(state.head))) if free.any() else 0
        if free.any() and abs(state.head[extreme]) > ABSURD_M:
            reason, params = ABSURD, {"node": extreme, "head_m": float(state.head[extreme])}
        elif not reason and balance > SPILL_M3S + problem.options.accuracy * np.max(
            np.abs(state.flow), initial=0.0
        ):
            reason, params = SPILLING, {"node": int(np.argmax(np.abs(np.where(free, rest, 0.0))))}
        return Flow(
            head_m=state.head,
            flow_m3s=np.where((state.mode == FLOWING) & (state.flow * problem.way >= 0), state.flow, 0.0),
            demand_m3s=state.demand + given[DEMAND],
            emitter_m3s=given[EMITTER],
            leak_m3s=given[LEAK],
            supply_m3s=np.where(top.fixed, -rest, 0.0),
            status=_status(problem, state),
            connected=problem.live,
            outcome=Outcome.FAILED if reason else Outcome.CONVERGED,
            work=work,
            residuals=replace(end.residuals, balance_m3s=balance),
            reason=reason,
            params=params,
        )


def _settled(residuals: Residuals, options: Options, largest: float) -> bool:
    """Whether the relative and the local criteria hold."""
    small = residuals.flow_change_m3s <= NEGLIGIBLE_M3S
    return residuals.head_error_m <= options.head_error_m and (
        small
        or (
            residuals.relative_change <= options.accuracy
            and residuals.flow_change_m3s <= options.flow_change_m3s + options.accuracy * largest
        )
    )


def _in_turn(seen: Counter[bytes]) -> list[int]:
    """Links whose mode differs among the mode vectors seen again and again."""
    often = [np.frombuffer(key, dtype=np.int8) for key, times in seen.items() if times > 1]
    return [int(k) for k in np.flatnonzero(np.ptp(np.stack(often), axis=0))]


def _status(problem: _Problem, state: State) -> Codes:
    """What each link does, as `Status` codes."""
    status = np.full(state.mode.size, Status.OPEN, dtype=np.int8)
    pump = is_pump(problem.links.law)
    status[pump & (state.flow > problem.links.q_max_m3s)] = Status.BEYOND_FLOW
    status[state.mode == SHUT] = Status.SHUT
    status[(state.mode == SHUT) & pump] = Status.BEYOND_HEAD
    status[state.mode == OFF] = Status.UNREACHED
    closed = ~problem.links.open | (pump & (problem.links.speed <= 0))
    status[closed] = Status.CLOSED
    return status
