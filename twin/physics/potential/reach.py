"""Which parts of the network a fixed head can supply, found before each solve."""

from __future__ import annotations

import numpy as np

from twin.physics.compiled import compiled
from twin.physics.potential.network import Codes, Flags, Floats, Ints


@compiled
def supplied(
    start: Ints, end: Ints, fixed: Flags, link_start: Ints, link_of: Ints, way: Codes, running: Flags
) -> Flags:
    """Nodes that flow can reach from a fixed one over running links in their direction; bool[n]."""
    reached = fixed.copy()
    stack = np.empty(fixed.size, dtype=np.int32)
    depth = 0
    for v in range(fixed.size):
        if fixed[v]:
            stack[depth] = v
            depth += 1
    while depth > 0:
        depth -= 1
        v = stack[depth]
        for t in range(link_start[v], link_start[v + 1]):
            k = link_of[t]
            if not running[k]:
                continue
            outward = start[k] == v
            if (outward and way[k] < 0) or (not outward and way[k] > 0):
                continue
            w = end[k] if outward else start[k]
            if not reached[w]:
                reached[w] = True
                stack[depth] = w
                depth += 1
    return reached


@compiled
def root(parent: Ints, v: int) -> int:
    """Representative of v's set, halving the path on the way."""
    while parent[v] != v:
        parent[v] = parent[parent[v]]
        v = parent[v]
    return v


@compiled
def draining(start: Ints, end: Ints, way: Codes, running: Flags, reached: Flags, demand: Floats) -> Flags:
    """Nodes outside `reached` that live on their own inflow: parts with net inflow and a way out; bool[n].

    A part is joined by running links between nodes not reached.
    """
    n = reached.size
    parent = np.arange(n).astype(np.int32)
    balance = np.zeros(n)
    outlet = np.zeros(n, dtype=np.bool_)
    for k in range(start.size):
        if running[k] and not reached[start[k]] and not reached[end[k]]:
            parent[root(parent, start[k])] = root(parent, end[k])
    for v in range(n):
        if not reached[v]:
            balance[root(parent, v)] += demand[v]
    for k in range(start.size):
        if not running[k]:
            continue
        if reached[end[k]] and not reached[start[k]] and way[k] >= 0:
            outlet[root(parent, start[k])] = True
        if reached[start[k]] and not reached[end[k]] and way[k] <= 0:
            outlet[root(parent, end[k])] = True
    kept = np.zeros(n, dtype=np.bool_)
    for v in range(n):
        if not reached[v]:
            r = root(parent, v)
            kept[v] = outlet[r] and balance[r] < 0.0
    return kept


@compiled
def moor(start: Ints, end: Ints, fixed: Flags, state: Codes, hold: Floats, grip: float) -> None:
    """Give shut links (state 2) that hold a floating part the conductance `grip`, all other shut links none.

    A part floats while no flowing link (state 1) joins it to a fixed head: its level is then found through
    the links that might open.
    """
    n = fixed.size
    parent = np.arange(n + 1).astype(np.int32)
    for v in range(n):
        if fixed[v]:
            parent[v] = n
    for k in range(start.size):
        if state[k] == 1:
            a, b = root(parent, start[k]), root(parent, end[k])
            if a != n:
                parent[a] = b
            else:
                parent[b] = a
    for k in range(start.size):
        hold[k] = 0.0
        if state[k] == 2 and (root(parent, start[k]) != n or root(parent, end[k]) != n):
            hold[k] = grip
