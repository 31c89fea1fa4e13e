"""Exact elimination of leaves and chains, between the assembly and the factorisation.

Most nodes of a surveyed network have one or two neighbours. Taken out one after the other they leave the
matrix of a core in which every node has three or more: a leaf changes one diagonal entry, a node of a chain
two and the entry that joins its neighbours (Simpson, Elhay and Alexander 2014; Deuerlein, Elhay and Simpson
2016).
Whatever a node draws by pressure stands in its own diagonal, so the pattern holds for every state of the
network. Nodes are taken by the number of *different* neighbours, which reduces parallel paths and rings too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.physics.compiled import compiled
from twin.physics.potential.network import Flags, Floats, Ints

Indices = NDArray[np.uint32]


class Elimination(NamedTuple):
    """Steps in order, by node and edge numbers of the graph; -1 where there is no such neighbour or edge.

    `node` is taken out between `first` and `second`, along edges `to_first` and `to_second`; what is left
    joins them by edge `joint`, which may be new. `rest` are the edges of the core, `low`, `high` their ends.
    """

    node: Ints
    first: Ints
    second: Ints
    to_first: Ints
    to_second: Ints
    joint: Ints
    rest: Ints
    low: Ints
    high: Ints


class Steps(NamedTuple):
    """The elimination by rows and slots of the matrix, step t taking out row `core + t`."""

    first: Indices
    second: Indices
    to_first: Indices
    to_second: Indices
    joint: Indices


@compiled
def take_from(list_start: Ints, length: Ints, neighbour: Ints, edge: Ints, v: int, w: int) -> None:
    """Remove w from the list of v."""
    last = list_start[v] + length[v] - 1
    for t in range(list_start[v], last + 1):
        if neighbour[t] == w:
            neighbour[t], edge[t] = neighbour[last], edge[last]
            length[v] -= 1
            return


@compiled
def put_for(
    list_start: Ints, length: Ints, neighbour: Ints, edge: Ints, v: int, w: int, new: int, new_edge: int
) -> None:
    """Replace w by `new` in the list of v."""
    for t in range(list_start[v], list_start[v] + length[v]):
        if neighbour[t] == w:
            neighbour[t], edge[t] = new, new_edge
            return


@compiled
def bridge(
    list_start: Ints, length: Ints, neighbour: Ints, edge: Ints, v: int, a: int, b: int, fresh: int
) -> int:
    """Take v out from between a and b; the edge that then joins them, `fresh` unless there was one."""
    near, far = (a, b) if length[a] <= length[b] else (b, a)
    for t in range(list_start[near], list_start[near] + length[near]):
        if neighbour[t] == far:
            joint = edge[t]
            take_from(list_start, length, neighbour, edge, a, v)
            take_from(list_start, length, neighbour, edge, b, v)
            return int(joint)
    put_for(list_start, length, neighbour, edge, a, v, b, fresh)
    put_for(list_start, length, neighbour, edge, b, v, a, fresh)
    return fresh


@compiled
def core_edges(list_start: Ints, length: Ints, neighbour: Ints, edge: Ints, taken: Flags) -> Ints:
    """Edge and ends of what is left between the nodes not taken; int32[3, edges]."""
    found = np.empty((3, neighbour.size), dtype=np.int32)
    count = 0
    for v in range(taken.size):
        if taken[v]:
            continue
        for t in range(list_start[v], list_start[v] + length[v]):
            if neighbour[t] > v:
                found[0, count], found[1, count], found[2, count] = edge[t], v, neighbour[t]
                count += 1
    return found[:, :count].copy()


@compiled
def eliminate(list_start: Ints, neighbour: Ints, edge: Ints, n_edges: int) -> Elimination:
    """Take out nodes with two neighbours or fewer until none is left; the lists are used up.

    `neighbour[list_start[v]:list_start[v+1]]` are the different neighbours of v, `edge` the edges to them,
    numbered below `n_edges`.
    """
    n = list_start.size - 1
    length = list_start[1:] - list_start[:-1]
    steps = np.full((6, n), -1, dtype=np.int32)
    listed = length <= 2
    few = np.flatnonzero(listed)
    steps[0, : few.size] = few
    done, waiting, edges = 0, few.size, n_edges
    while done < waiting:
        v = steps[0, done]
        for side in range(length[v]):
            steps[1 + side, done] = neighbour[list_start[v] + side]
            steps[3 + side, done] = edge[list_start[v] + side]
        a, b = steps[1, done], steps[2, done]
        if b >= 0:
            steps[5, done] = bridge(list_start, length, neighbour, edge, v, a, b, edges)
            edges += steps[5, done] == edges
        elif a >= 0:
            take_from(list_start, length, neighbour, edge, a, v)
        done += 1
        for w in (a, b):
            if w >= 0 and length[w] <= 2 and not listed[w]:
                steps[0, waiting] = w
                listed[w] = True
                waiting += 1
    rest = core_edges(list_start, length, neighbour, edge, listed)
    return Elimination(
        steps[0, :done].copy(), steps[1, :done].copy(), steps[2, :done].copy(), steps[3, :done].copy(),
        steps[4, :done].copy(), steps[5, :done].copy(), rest[0].copy(), rest[1].copy(), rest[2].copy(),
    )  # fmt: skip


@compiled
def reduce_system(
    steps: Steps, core: int, off: Floats, diagonal: Floats, right: Floats, inverse: Floats, shares: Floats
) -> int:
    """Take the steps' rows out of matrix and right side; -1, or the row without a pivot."""
    for t in range(steps.first.size):
        row = core + t
        pivot = diagonal[row]
        if not pivot > 0.0:
            return int(row)
        a, b = steps.first[t], steps.second[t]
        to_a, to_b = off[steps.to_first[t]], off[steps.to_second[t]]
        share_a, share_b = to_a / pivot, to_b / pivot
        diagonal[a] -= share_a * to_a
        diagonal[b] -= share_b * to_b
        off[steps.joint[t]] -= share_a * to_b
        right[a] -= share_a * right[row]
        right[b] -= share_b * right[row]
        inverse[row] = 1.0 / pivot
        shares[t, 0], shares[t, 1] = share_a, share_b
    return -1


@compiled
def expand_solution(steps: Steps, core: int, x: Floats, inverse: Floats, shares: Floats) -> None:
    """Fill in the rows taken out; the dummy entry of x must be 0."""
    for t in range(steps.first.size - 1, -1, -1):
        row = core + t
        x[row] = x[row] * inverse[row] - shares[t, 0] * x[steps.first[t]] - shares[t, 1] * x[steps.second[t]]
