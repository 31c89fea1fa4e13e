"""The kernel: one analysis per topology, any number of solves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.physics.potential.analysis import analyse
from twin.physics.potential.flow import Flow, Residuals, Status
from twin.physics.potential.iteration import CYCLING, SETTLED, SINGULAR, Ending, Limits, iterate
from twin.physics.potential.laws import is_pump
from twin.physics.potential.network import Codes, Floats, Links, Nodes, Options, Topology
from twin.physics.potential.newton import FLOWING, OFF, SHUT, State, imbalance
from twin.physics.potential.outlets import DEMAND, EMITTER, LEAK, Outlets
from twin.physics.potential.problem import LawBook, Problem, cold_state, prepare, warm_state
from twin.physics.solution import Outcome, Work

N_ = str

NO_REST = N_("The flow did not settle in {iterations} iterations; it is least settled at link {link}")
IN_TURN = N_("Links {links} open and shut in turn without coming to rest")
NO_PIVOT = N_("The equations have no single solution at node {node}")
ABSURD = N_("The demand cannot be carried: the head at node {node} would be {head_m:.0f} m")
SPILLING = N_("The flows do not balance at node {node}")

ABSURD_M = 1e6
SPILL_M3S = 1e-6


class Kernel:
    """Heads and flows of one topology; keeps the analysis, the last laws, and nothing of a solution.

    `reduce` False leaves leaves and chains in the factorisation: the same answer, slower.
    """

    def __init__(self, topology: Topology, *, reduce: bool = True) -> None:
        self.topology = topology
        self._pattern = analyse(topology, reduce=reduce)
        self._analyses = 1
        self._book = LawBook()

    def solve(
        self, links: Links, nodes: Nodes, options: Options | None = None, warm: Flow | None = None
    ) -> Flow:
        """The steady state for these columns.

        Parameters
        ----------
        links, nodes, options
            Columns over the topology's links and nodes; constants and tolerances.
        warm
            An earlier answer of this kernel to start from. If it had failed or does not lead to an answer, a
            cold start is tried.

        Raises
        ------
        SolveError
            If columns do not fit the topology or hold numbers no law can work with.
        """
        options = options or Options()
        problem = prepare(self.topology, self._pattern, self._book, links, nodes, options)
        analyses, self._analyses = self._analyses, 0
        limits = Limits(
            options.accuracy, options.head_error_m, options.flow_change_m3s, options.max_iterations
        )
        given = (problem.graph, self._pattern, problem.laws, problem.outlets)
        spent = 0
        if warm is not None and warm.outcome is Outcome.FAILED:
            warm = None
        if warm is not None:
            state = warm_state(problem, self._pattern, warm)
            ending = iterate(*given, state, limits, False)
            spent = ending.iterations
        if warm is None or ending.code != SETTLED:
            state = cold_state(problem, self._pattern)
            ending = iterate(*given, state, limits, True)
            spent += ending.iterations
        return self._answer(problem, state, ending, Work(1, analyses, spent, spent))

    def _answer(self, problem: Problem, state: State, ending: Ending, work: Work) -> Flow:
        """Results by node and link, checked once more."""
        graph, outlets = problem.graph, problem.outlets
        rest = imbalance(graph, outlets, state)
        spill = np.where(graph.fixed, 0.0, rest)
        reason, params = self._verdict(problem, state, ending, spill)
        forth = (state.mode == FLOWING) & (state.flow * graph.way >= 0)
        return Flow(
            head_m=state.head,
            flow_m3s=np.where(forth, state.flow, 0.0),
            demand_m3s=state.demand + _given(outlets, DEMAND, state),
            emitter_m3s=_given(outlets, EMITTER, state),
            leak_m3s=_given(outlets, LEAK, state),
            supply_m3s=np.where(graph.fixed, -rest, 0.0),
            status=_status(problem, state),
            connected=graph.live,
            outcome=Outcome.FAILED if reason else Outcome.CONVERGED,
            work=work,
            residuals=Residuals(
                ending.relative_change,
                ending.flow_change,
                ending.head_error,
                float(np.max(np.abs(spill), initial=0.0)),
            ),
            reason=reason,
            params=params,
        )

    def _verdict(
        self, problem: Problem, state: State, ending: Ending, spill: Floats
    ) -> tuple[str, Mapping[str, object]]:
        """Why the answer does not count, with the indices the sentence names; an empty reason if it does."""
        graph = problem.graph
        height = np.where(graph.fixed, 0.0, np.abs(state.head))
        if np.any(height > ABSURD_M):
            node = int(np.argmax(height))
            return ABSURD, {"node": node, "head_m": float(state.head[node])}
        if ending.code == SINGULAR:
            return NO_PIVOT, {"node": int(self._pattern.node[ending.row])}
        if ending.code == CYCLING:
            return IN_TURN, {"links": [int(k) for k in np.flatnonzero(state.turns > 1)]}
        if ending.code != SETTLED:
            drop = state.head[graph.start] - state.head[graph.end]
            error = np.where(state.mode == FLOWING, np.abs(drop - state.loss), 0.0)
            return NO_REST, {"iterations": ending.iterations, "link": int(np.argmax(error))}
        largest = np.max(np.abs(state.flow), initial=0.0)
        if np.max(np.abs(spill), initial=0.0) > SPILL_M3S + problem.options.accuracy * largest:
            return SPILLING, {"node": int(np.argmax(np.abs(spill)))}
        return "", {}


def _given(outlets: Outlets, kind: int, state: State) -> Floats:
    """Flow of the outlets of one kind, by node."""
    k = outlets.kind == kind
    flow = np.bincount(outlets.node[k], weights=state.outflow[k], minlength=state.head.size)
    return np.asarray(flow, dtype=np.float64)


def _status(problem: Problem, state: State) -> Codes:
    """What each link does, as `Status` codes."""
    links = problem.links
    pump = is_pump(links.law)
    status = np.full(state.mode.size, Status.OPEN, dtype=np.int8)
    status[pump & (state.flow > links.q_max_m3s)] = Status.BEYOND_FLOW
    status[state.mode >= SHUT] = Status.SHUT
    status[(state.mode == SHUT) & pump] = Status.BEYOND_HEAD
    status[state.mode == OFF] = Status.UNREACHED
    status[pump & (links.direction < 0)] = Status.SHUT
    status[~links.open | (pump & (links.speed <= 0))] = Status.CLOSED
    return status
