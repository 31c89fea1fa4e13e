"""What depends on the topology alone: unknowns, their order, the pattern of the matrix and of its factor.

Leaves and chains are eliminated first (`reduction`), the core is ordered by QDLDL's approximate minimum
degree. Rows `0 .. core-1` of the matrix are the core, those after it the eliminated nodes in their order. A
dummy row and slot take what belongs to fixed nodes, so that the assembly needs no branches. Links from a node
to itself leave the matrix alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import qdldl
import scipy.sparse as sp
from numpy.typing import NDArray

from twin.physics.compiled import compiled
from twin.physics.potential.network import Ints, Topology
from twin.physics.potential.reduction import Elimination, Indices, Steps, eliminate

Numbers = NDArray[np.int64]


class Pattern(NamedTuple):
    """Index arrays of one analysed topology.

    Attributes
    ----------
    unknown
        Row of each node, the dummy row for fixed nodes; [n].
    node
        Node of each row; its size is the dummy row.
    row_a, row_b
        Rows of the ends of each link; [m].
    slot
        Off-diagonal entry of each link, a dummy where there is none; [m]. There are `slots`, of which the
        last two are the one that is always 0 and the dummy.
    steps
        The elimination before the factorisation.
    a_start, a_row
        Upper triangle of the core by columns without diagonal: rows above column j are
        `a_row[a_start[j]:a_start[j+1]]`; their values are the first slots in this order.
    l_start, l_row
        Factor L by columns, rows ascending.
    r_start, r_col, r_place
        Factor by rows: columns ascending and the place of the entry in the column storage.
    link_start, link_of
        Links at each node, by node: `link_of[link_start[v]:link_start[v+1]]`.
    """

    unknown: Indices
    node: Indices
    row_a: Indices
    row_b: Indices
    slot: Indices
    slots: int
    steps: Steps
    a_start: Indices
    a_row: Indices
    l_start: Indices
    l_row: Indices
    r_start: Indices
    r_col: Indices
    r_place: Indices
    link_start: Ints
    link_of: Ints


def analyse(topology: Topology, *, reduce: bool = True) -> Pattern:
    """Order the unknowns and lay out matrix and factor; without `reduce` all unknowns are core."""
    free = np.flatnonzero(~topology.fixed)
    size = free.size
    number = np.full(topology.n_nodes, size, dtype=np.int64)
    number[free] = np.arange(size)
    low, high, edge = _edges(size, number[topology.start], number[topology.end])
    taken = _elimination(size, low, high, reduce)
    core = size - taken.node.size
    row = _rows(size, taken)
    a_start, a_row, place = _upper(core, row[taken.low], row[taken.high])
    slot_of, slots = _slots(low.size, taken, place)
    l_start, l_row, r_start, r_col, r_place = _factor(core, a_start, a_row)
    node = np.empty(size, dtype=np.int64)
    node[row[:size]] = free
    unknown = row[number]
    link_start, link_of = _links_at_nodes(topology)
    return Pattern(
        unknown=_indices(unknown), node=_indices(node),
        row_a=_indices(unknown[topology.start]), row_b=_indices(unknown[topology.end]),
        slot=_indices(slot_of[edge]), slots=slots, steps=_steps(taken, row, slot_of, slots),
        a_start=a_start, a_row=a_row, l_start=l_start, l_row=l_row,
        r_start=r_start, r_col=r_col, r_place=r_place, link_start=link_start, link_of=link_of,
    )  # fmt: skip


def _indices(numbers: Numbers) -> Indices:
    return numbers.astype(np.uint32)


def _edges(size: int, a: Numbers, b: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Ends of the different edges between unknowns and the edge of each link, -1 where it has none."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    inner = (high < size) & (low != high)
    keys, entry = np.unique(low[inner] * size + high[inner], return_inverse=True)
    edge = np.full(a.size, -1, dtype=np.int64)
    edge[inner] = entry
    first, second = np.divmod(keys, max(size, 1))
    return first, second, edge


def _elimination(size: int, low: Numbers, high: Numbers, reduce: bool) -> Elimination:
    """Leaves and chains taken out one by one, or nothing."""
    if not reduce:
        none = np.empty(0, dtype=np.int32)
        rest = np.arange(low.size, dtype=np.int32)
        return Elimination(*(none,) * 6, rest, low.astype(np.int32), high.astype(np.int32))
    ends, others = np.concatenate((low, high)), np.concatenate((high, low))
    start, order = grouped(ends, size)
    edge = np.tile(np.arange(low.size, dtype=np.int32), 2)[order]
    return eliminate(start, others[order].astype(np.int32), edge, low.size)


def _rows(size: int, taken: Elimination) -> Numbers:
    """Row of each unknown: the core in its order, then the nodes taken out; one more for the dummy."""
    core = size - taken.node.size
    row = np.full(size + 1, size, dtype=np.int64)
    row[taken.node] = np.arange(core, size)
    members = np.flatnonzero(row[:size] == size)
    local = np.zeros(size, dtype=np.int64)
    local[members] = np.arange(core)
    row[members[_order(core, local[taken.low], local[taken.high])]] = np.arange(core)
    return row


def _order(size: int, a: Numbers, b: Numbers) -> Numbers:
    """Approximate minimum degree order of the graph with edges a-b among `size` nodes."""
    if size < 3:
        return np.arange(size)
    low, high = np.minimum(a, b), np.maximum(a, b)
    edges = sp.coo_matrix((np.full(low.size, -1.0), (low, high)), shape=(size, size))
    degree = np.bincount(low, minlength=size) + np.bincount(high, minlength=size) + 1.0
    solver = qdldl.Solver(sp.csc_matrix(edges.tocsc() + sp.diags(degree)), upper=True)
    return np.asarray(solver.factors()[2], dtype=np.int64)


def _upper(core: int, row_a: Numbers, row_b: Numbers) -> tuple[Indices, Indices, Numbers]:
    """Columns of the core's strict upper triangle and the place of each edge in them."""
    low, high = np.minimum(row_a, row_b), np.maximum(row_a, row_b)
    order = np.lexsort((low, high))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    a_start = np.searchsorted(high[order], np.arange(core + 1))
    return _indices(a_start), _indices(low[order]), place


def _slots(n_edges: int, taken: Elimination, place: Numbers) -> tuple[Numbers, int]:
    """Slot of each edge, those of the core first, and their number; the last two are the zero and the dummy.

    The result is also indexed by -1, which gives the dummy.
    """
    total = int(max(n_edges, taken.joint.max(initial=-1) + 1))
    slot = np.full(total + 1, -1, dtype=np.int64)
    slot[taken.rest] = place
    others = np.flatnonzero(slot[:total] < 0)
    slot[others] = np.arange(taken.rest.size, total)
    slot[total] = total + 1
    return slot, total + 2


def _steps(taken: Elimination, row: Numbers, slot: Numbers, slots: int) -> Steps:
    """The elimination by rows and slots; a neighbour that is not there is the dummy row behind a zero."""
    to_first, to_second = (np.where(e < 0, slots - 2, slot[e]) for e in (taken.to_first, taken.to_second))
    return Steps(
        _indices(row[taken.first]), _indices(row[taken.second]),
        _indices(to_first), _indices(to_second), _indices(slot[taken.joint]),
    )  # fmt: skip


def _factor(
    core: int, a_start: Indices, a_row: Indices
) -> tuple[Indices, Indices, Indices, Indices, Indices]:
    """Pattern of the core's factor: l_start, l_row, r_start, r_col, r_place."""
    parent, count = elimination_tree(core, a_start, a_row)
    l_start = _indices(np.concatenate(([0], np.cumsum(count))))
    return l_start, *factor_pattern(core, a_start, a_row, parent, l_start)


def _links_at_nodes(topology: Topology) -> tuple[Ints, Ints]:
    """Links grouped by the nodes at their ends."""
    ends = np.concatenate((topology.start, topology.end)).astype(np.int64)
    start, order = grouped(ends, topology.n_nodes)
    return start, order % np.int32(max(topology.n_links, 1))


@compiled
def grouped(keys: Numbers, count: int) -> tuple[Ints, Ints]:
    """Positions sorted by their key in 0..count-1, equal ones in order, and where each key begins."""
    start = np.zeros(count + 1, dtype=np.int32)
    for key in keys:
        start[key + 1] += 1
    start = np.cumsum(start).astype(np.int32)
    place = start.copy()
    order = np.empty(keys.size, dtype=np.int32)
    for i in range(keys.size):
        order[place[keys[i]]] = i
        place[keys[i]] += 1
    return start, order


@compiled
def elimination_tree(size: int, a_start: Indices, a_row: Indices) -> tuple[Ints, Numbers]:
    """Parent of each row in the elimination tree and the number of entries in each column of L (Liu 1990)."""
    parent = np.full(size, -1, dtype=np.int32)
    seen = np.full(size, -1, dtype=np.int32)
    count = np.zeros(size, dtype=np.int64)
    for j in range(size):
        seen[j] = j
        for t in range(a_start[j], a_start[j + 1]):
            i = np.int32(a_row[t])
            while seen[i] != j:
                if parent[i] < 0:
                    parent[i] = j
                count[i] += 1
                seen[i] = j
                i = parent[i]
    return parent, count


@compiled
def factor_pattern(
    size: int, a_start: Indices, a_row: Indices, parent: Ints, l_start: Indices
) -> tuple[Indices, Indices, Indices, Indices]:
    """Pattern of L by columns and by rows: l_row, r_start, r_col, r_place."""
    total = np.int64(l_start[size])
    l_row = np.empty(total, dtype=np.uint32)
    r_start = np.zeros(size + 1, dtype=np.uint32)
    r_col = np.empty(total, dtype=np.uint32)
    r_place = np.empty(total, dtype=np.uint32)
    seen = np.full(size, -1, dtype=np.int32)
    filled = np.zeros(size, dtype=np.int64)
    done = 0
    for j in range(size):
        seen[j] = j
        first = done
        for t in range(a_start[j], a_start[j + 1]):
            i = np.int32(a_row[t])
            while seen[i] != j:
                r_col[done] = i
                done += 1
                seen[i] = j
                i = parent[i]
        r_col[first:done] = np.sort(r_col[first:done])
        for t in range(first, done):
            i = np.int32(r_col[t])
            place = np.int64(l_start[i]) + filled[i]
            filled[i] += 1
            l_row[place] = j
            r_place[t] = place
        r_start[j + 1] = done
    return l_row, r_start, r_col, r_place
