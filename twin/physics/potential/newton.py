"""One linear step of the global gradient method and the active set around it.

With `h(q)` the loss, `g` its slope, `p = 1/g` and `s = q - h/g`, conservation at the free nodes reads
`sum p (H_i - H_j) = -demand - sum (+-s)`; then `q <- s + p (H_i - H_j)` (Todini and Pilati 1987; Todini and
Rossman 2013). The matrix is symmetric positive definite whatever the links are, because every law rises.
One-way links obey `0 <= q  and  dH <= h(0), one of them equal`: they are either flowing or shut. A pump of
constant power that is left with no flow would lift without bound: it is stalled, and starts again only when
flow would pass it without lifting.
"""

from __future__ import annotations

from typing import NamedTuple

from twin.physics.compiled import compiled
from twin.physics.potential.analysis import Pattern
from twin.physics.potential.laws import DARCY, HYPERBOLA, POWER, Laws, loss, losses
from twin.physics.potential.ldl import factorise, substitute
from twin.physics.potential.network import Codes, Flags, Floats, Ints
from twin.physics.potential.outlets import BETWEEN, Outlets, bound_of, outlet_loss
from twin.physics.potential.reduction import expand_solution, reduce_system

OFF, FLOWING, SHUT, STALLED = 0, 1, 2, 3
GRIP = 1e-9
BACKFLOW_M3S = 1e-7
ROUNDING_M3S = 1e-12
EPSILON = 2e-15
TRIES = 4


class Graph(NamedTuple):
    """Ends of the links, nodes that are fixed, nodes that can be supplied (fixed ones too), allowed ways."""

    start: Ints
    end: Ints
    fixed: Flags
    live: Flags
    way: Codes


class State(NamedTuple):
    """The arrays a solve works on; all are changed in place.

    Attributes
    ----------
    head, demand
        Head and fixed demand of each node; [n].
    flow, loss, slope, hold
        Of each link; `hold` is the conductance of a shut link (see `reach.moor`); [m].
    mode, turns
        OFF, FLOWING, SHUT or STALLED, and how often that changed; [m].
    outflow, outlet_loss, outlet_slope, bound
        Of each outlet; `bound` is BETWEEN, AT_LOWER or AT_UPPER.
    off, diagonal, right, shares, l_value, d_inverse
        The linear system, its reduction and its factor.
    """

    head: Floats
    demand: Floats
    flow: Floats
    loss: Floats
    slope: Floats
    hold: Floats
    mode: Codes
    turns: Ints
    outflow: Floats
    outlet_loss: Floats
    outlet_slope: Floats
    bound: Codes
    off: Floats
    diagonal: Floats
    right: Floats
    shares: Floats
    l_value: Floats
    d_inverse: Floats


@compiled
def evaluate(laws: Laws, outlets: Outlets, state: State) -> None:
    """Losses and slopes of links and outlets at the present flows."""
    losses(laws, state.flow, state.loss, state.slope)
    for k in range(state.outflow.size):
        state.outlet_loss[k], state.outlet_slope[k] = outlet_loss(outlets, k, state.outflow[k])


@compiled
def use_secants(laws: Laws, state: State) -> None:
    """Replace tangents by secants where a law passes the origin: the first step then has no offset."""
    for k in range(state.flow.size):
        kind = laws.kind[k]
        if (kind == DARCY or (kind == POWER and laws.gain[k] == 0.0)) and state.flow[k] != 0.0:
            state.slope[k] = state.loss[k] / state.flow[k]


@compiled
def assemble(graph: Graph, pattern: Pattern, outlets: Outlets, state: State) -> None:
    """Matrix and right side from losses and slopes; cut-off nodes keep their head by a row of their own."""
    off, diagonal, right = state.off, state.diagonal, state.right
    off[:] = 0.0
    diagonal[:] = 0.0
    right[:] = 0.0
    for v in range(graph.live.size):
        u = pattern.unknown[v]
        right[u] -= state.demand[v]
        if not graph.live[v]:
            diagonal[u] = 1.0
            right[u] = state.head[v]
    fixed = pattern.node.size
    for k in range(state.flow.size):
        if state.mode[k] == OFF or graph.start[k] == graph.end[k]:
            continue
        p, s = state.hold[k], 0.0
        if state.mode[k] == FLOWING:
            p = 1.0 / state.slope[k]
            s = state.flow[k] - state.loss[k] * p
        a, b = pattern.row_a[k], pattern.row_b[k]
        off[pattern.slot[k]] -= p
        diagonal[a] += p
        diagonal[b] += p
        right[a] -= s
        right[b] += s
        if a == fixed:
            right[b] += p * state.head[graph.start[k]]
        if b == fixed:
            right[a] += p * state.head[graph.end[k]]
    for k in range(state.outflow.size):
        u = pattern.unknown[outlets.node[k]]
        if state.bound[k] != BETWEEN:
            right[u] -= state.outflow[k]
            continue
        p = 1.0 / state.outlet_slope[k]
        diagonal[u] += p
        right[u] -= state.outflow[k] - state.outlet_loss[k] * p - p * outlets.datum[k]


@compiled
def solve_heads(pattern: Pattern, state: State) -> int:
    """Reduce to the core, factorise, solve, expand into `state.head`; -1, or the row without a pivot."""
    core, size = pattern.l_start.size - 1, pattern.node.size
    system = (state.off, state.diagonal, state.right)
    row = reduce_system(pattern.steps, core, *system, state.d_inverse, state.shares)
    if row < 0:
        row = factorise(pattern, state.off, state.diagonal, state.l_value, state.d_inverse)
    if row >= 0:
        return row
    substitute(pattern, state.l_value, state.d_inverse, state.right)
    state.right[size] = 0.0
    expand_solution(pattern.steps, core, state.right, state.d_inverse, state.shares)
    for u in range(size):
        state.head[pattern.node[u]] = state.right[u]
    return -1


@compiled
def move_flows(graph: Graph, laws: Laws, state: State) -> tuple[float, float, float, float]:
    """New flows of the links: sum |dq|, sum |q|, max |dq|, max |q|.

    Of each |dq|, what the rounding of the heads makes on a flat law is taken off.
    """
    total_change = total = change = largest = 0.0
    for k in range(state.flow.size):
        if state.mode[k] != FLOWING:
            continue
        old = state.flow[k]
        drop = state.head[graph.start[k]] - state.head[graph.end[k]]
        new = old + (drop - state.loss[k]) / state.slope[k]
        if laws.kind[k] == HYPERBOLA and old > laws.knot[k]:
            new = max(new, 0.25 * old)
        state.flow[k] = new
        noise = EPSILON * (abs(state.head[graph.start[k]]) + abs(state.head[graph.end[k]]))
        moved = max(abs(new - old) - noise / state.slope[k], 0.0)
        total_change += moved
        total += abs(new)
        change = max(change, moved)
        largest = max(largest, abs(new))
    return total_change, total, change, largest


@compiled
def move_outlets(outlets: Outlets, state: State) -> tuple[float, float, float]:
    """New flows of the outlets and which stand at a bound: sum |dq|, sum |q|, max |dq|."""
    total_change = total = change = 0.0
    for k in range(state.outflow.size):
        old = new = state.outflow[k]
        p = state.head[outlets.node[k]] - outlets.datum[k]
        if state.bound[k] == BETWEEN:
            step = (p - state.outlet_loss[k]) / state.outlet_slope[k]
            new = old + min(max(step, -outlets.step[k]), outlets.step[k])
            new = min(max(new, outlets.lower[k]), outlets.upper[k])
        state.bound[k] = bound_of(outlets, k, new, p)
        state.outflow[k] = new
        total_change += abs(new - old)
        total += abs(new)
        change = max(change, abs(new - old))
    return total_change, total, change


@compiled
def head_errors(graph: Graph, outlets: Outlets, state: State) -> float:
    """Largest |loss - drop| over flowing links and over outlets off their bounds; needs `evaluate` first.

    Of each link's error, what the rounding of its flow makes on a steep law is taken off.
    """
    largest = 0.0
    for k in range(state.flow.size):
        if state.mode[k] == FLOWING:
            drop = state.head[graph.start[k]] - state.head[graph.end[k]]
            largest = max(largest, abs(drop - state.loss[k]) - ROUNDING_M3S * state.slope[k])
    for k in range(state.outflow.size):
        p = state.head[outlets.node[k]] - outlets.datum[k]
        if bound_of(outlets, k, state.outflow[k], p) == BETWEEN:
            largest = max(largest, abs(p - state.outlet_loss[k]))
    return largest


@compiled
def restarts(state: State, k: int, drop: float, tolerance: float) -> bool:
    """Whether a stalled pump starts again: flow would pass it unlifted, and it has not tried too often."""
    wanted = state.hold[k] * drop > BACKFLOW_M3S if state.hold[k] > 0.0 else drop > tolerance
    return wanted and state.turns[k] < TRIES


@compiled
def switch(graph: Graph, laws: Laws, state: State, tolerance: float, only_first: bool) -> int:
    """Shut one-way links that flow backwards, open those with a drop in their direction; how many changed."""
    changed = 0
    for k in range(graph.way.size):
        if graph.way[k] == 0 or state.mode[k] == OFF:
            continue
        if state.mode[k] == FLOWING:
            if state.flow[k] * graph.way[k] >= -BACKFLOW_M3S:
                continue
            state.mode[k] = SHUT
            state.flow[k] = 0.0
        else:
            drop = state.head[graph.start[k]] - state.head[graph.end[k]]
            if state.mode[k] == STALLED and not restarts(state, k, drop, tolerance):
                continue
            if state.mode[k] == SHUT and (drop - loss(laws, k, 0.0)[0]) * graph.way[k] <= tolerance:
                continue
            state.mode[k] = FLOWING
            state.flow[k] = laws.start[k] * graph.way[k]
        state.turns[k] += 1
        changed += 1
        if only_first:
            break
    return changed


@compiled
def stall(laws: Laws, state: State) -> int:
    """Stall the constant-power pumps that are left with no flow; how many."""
    stalled = 0
    for k in range(state.flow.size):
        idle = state.mode[k] == FLOWING and laws.kind[k] == HYPERBOLA and state.flow[k] <= BACKFLOW_M3S
        if idle:
            state.mode[k] = STALLED
            state.flow[k] = 0.0
            state.turns[k] += 1
            stalled += 1
    return stalled


@compiled
def imbalance(graph: Graph, outlets: Outlets, state: State) -> Floats:
    """Inflow minus outflow of every node; at a fixed node minus what it gives; [n]."""
    rest = -state.demand
    for k in range(state.flow.size):
        if state.mode[k] == FLOWING:
            rest[graph.start[k]] -= state.flow[k]
            rest[graph.end[k]] += state.flow[k]
    for k in range(state.outflow.size):
        rest[outlets.node[k]] -= state.outflow[k]
    return rest
