"""The whole iteration, compiled: Newton steps, changes of the active set, and when to stop.

The active set is updated after every linear solve. If the same set of modes is met for the third time, only
the first link in order that breaks its rule changes, and only once the flow has settled (after Bland 1977):
most circles end so; if one does not, the iteration gives up and `State.turns` tells which links are in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.physics.compiled import compiled
from twin.physics.potential.analysis import Pattern
from twin.physics.potential.laws import Laws
from twin.physics.potential.network import Codes
from twin.physics.potential.newton import (
    GRIP,
    OFF,
    Graph,
    State,
    assemble,
    evaluate,
    head_errors,
    move_flows,
    move_outlets,
    solve_heads,
    stall,
    switch,
    use_secants,
)
from twin.physics.potential.outlets import Outlets
from twin.physics.potential.reach import moor

SETTLED, UNSETTLED, CYCLING, SINGULAR = 0, 1, 2, 3
SWITCH_TOLERANCE_M = 1e-6
NEGLIGIBLE_M3S = 1e-10
FEW, MANY = 3, 6


class Limits(NamedTuple):
    """When to stop, see `network.Options`."""

    accuracy: float
    head_error: float
    flow_change: float
    max_iterations: int


class Ending(NamedTuple):
    """How an iteration ended; `row` is the one without a pivot, if that was the reason."""

    code: int
    iterations: int
    relative_change: float
    flow_change: float
    head_error: float
    row: int


@compiled
def mode_key(mode: Codes) -> int:
    """Hash of a vector of modes (FNV-1a)."""
    key = np.uint64(14695981039346656037)
    for k in range(mode.size):
        key = (key ^ np.uint64(mode[k])) * np.uint64(1099511628211)
    return key  # type: ignore[return-value]


@compiled
def iterate(
    graph: Graph, pattern: Pattern, laws: Laws, outlets: Outlets, state: State, limits: Limits, secants: bool
) -> Ending:
    """Step until the criteria hold or the ways to go on are exhausted; `state` holds the answer."""
    one_way = np.any((graph.way != 0) & (state.mode != OFF))
    seen = np.zeros(limits.max_iterations + 1, dtype=np.uint64)
    careful, sets, times = False, 0, 0
    relative = change = largest = error = 0.0
    for iteration in range(limits.max_iterations + 1):
        evaluate(laws, outlets, state)
        if iteration > 0:
            error = head_errors(graph, outlets, state)
            settled = error <= limits.head_error and (
                change <= NEGLIGIBLE_M3S
                or (relative <= limits.accuracy and change <= limits.flow_change + limits.accuracy * largest)
            )
            changed = 0
            if one_way and (settled or not careful):
                changed = switch(graph, laws, state, SWITCH_TOLERANCE_M, careful)
            if settled and changed == 0:
                changed = stall(laws, state)
            if settled and changed == 0:
                return Ending(SETTLED, iteration, relative, change, error, -1)
            if changed > 0:
                seen[sets] = mode_key(state.mode)
                sets += 1
                times = np.sum(seen[:sets] == seen[sets - 1])
                if careful and times >= MANY:
                    return Ending(CYCLING, iteration, relative, change, error, -1)
                if times >= FEW and not careful:
                    careful = True
                    state.turns[:] = 0
                evaluate(laws, outlets, state)
        if iteration == limits.max_iterations:
            break
        if iteration == 0 and secants:
            use_secants(laws, state)
        if one_way:
            moor(graph.start, graph.end, graph.fixed, state.mode, state.hold, GRIP)
        assemble(graph, pattern, outlets, state)
        row = solve_heads(pattern, state)
        if row >= 0:
            return Ending(SINGULAR, iteration + 1, relative, change, error, row)
        flows = move_flows(graph, laws, state)
        given = move_outlets(outlets, state)
        relative = (flows[0] + given[0]) / max(flows[1] + given[1], NEGLIGIBLE_M3S)
        change, largest = max(flows[2], given[2]), flows[3]
    return Ending(UNSETTLED, limits.max_iterations, relative, change, error, -1)
