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
def parts(start: Ints, end: Ints, running: Flags, among: Flags) -> Ints:
    """Part each node of `among` belongs to, joined by running links between such nodes; int32[n]."""
    parent = np.arange(among.size).astype(np.int32)
    for k in range(start.size):
        if running[k] and among[start[k]] and among[end[k]]:
            parent[root(parent, start[k])] = root(parent, end[k])
    for v in range(among.size):
        parent[v] = root(parent, v)
    return parent


@compiled
def stranded(
    start: Ints, end: Ints, running: Flags, drained: Flags, demand: Floats, open_end: Flags
) -> Flags:
    """Inflows (demand < 0) of parts outside `drained` that take in more than they use; bool[n].

    Such a part has no way to a fixed head, so the surplus could go nowhere, unless it has an `open_end`
    (an emitter or a leak).
    """
    n = drained.size
    part = parts(start, end, running, ~drained)
    balance = np.zeros(n)
    for v in range(n):
        if not drained[v]:
            balance[part[v]] += np.inf if open_end[v] else demand[v]
    found = np.zeros(n, dtype=np.bool_)
    for v in range(n):
        found[v] = not drained[v] and demand[v] < 0.0 and balance[part[v]] < 0.0
    return found


@compiled
def draining(start: Ints, end: Ints, way: Codes, running: Flags, reached: Flags, demand: Floats) -> Flags:
    """Nodes outside `reached` that live on their own inflow: parts with net inflow and a way out; bool[n]."""
    n = reached.size
    part = parts(start, end, running, ~reached)
    balance = np.zeros(n)
    outlet = np.zeros(n, dtype=np.bool_)
    for v in range(n):
        if not reached[v]:
            balance[part[v]] += demand[v]
    for k in range(start.size):
        a, b = start[k], end[k]
        if not running[k] or reached[a] == reached[b]:
            continue
        if way[k] >= 0 and reached[b]:
            outlet[part[a]] = True
        if way[k] <= 0 and reached[a]:
            outlet[part[b]] = True
    kept = np.zeros(n, dtype=np.bool_)
    for v in range(n):
        kept[v] = not reached[v] and outlet[part[v]] and balance[part[v]] < 0.0
    return kept


@compiled
def moor(start: Ints, end: Ints, fixed: Flags, mode: Codes, hold: Floats, grip: float) -> None:
    """Give shut links (mode 2 or more) that hold a floating part the conductance `grip`, all others none.

    A part floats while no flowing link (mode 1) joins it to a fixed head: its level is then found through
    the links that might open.
    """
    n = fixed.size
    parent = np.arange(n + 1).astype(np.int32)
    for v in range(n):
        if fixed[v]:
            parent[v] = n
    for k in range(start.size):
        if mode[k] == 1:
            a, b = root(parent, start[k]), root(parent, end[k])
            if a != n:
                parent[a] = b
            else:
                parent[b] = a
    for k in range(start.size):
        hold[k] = 0.0
        if mode[k] >= 2 and (root(parent, start[k]) != n or root(parent, end[k]) != n):
            hold[k] = grip
