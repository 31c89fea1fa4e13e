"""What depends on the topology alone: unknowns, their order, the pattern of the matrix and of its factor.

The order is QDLDL's approximate minimum degree. Unknown `i` stands in row `i` of the permuted matrix; dummy
slots (unknown number `size`, off-diagonal number `n_off`) take what belongs to fixed nodes, so that the
assembly needs no branches. Links from a node to itself leave the matrix alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import qdldl
import scipy.sparse as sp
from numpy.typing import NDArray

from twin.physics.compiled import compiled
from twin.physics.potential.network import Ints, Topology

Indices = NDArray[np.uint32]


class Pattern(NamedTuple):
    """Index arrays of one analysed topology.

    Attributes
    ----------
    unknown
        Row of each node, `size` for fixed nodes; [n].
    node
        Node of each row; [size].
    row_a, row_b
        Rows of the ends of each link, dummy where fixed; [m].
    slot
        Off-diagonal entry of each link, dummy `n_off` where there is none; [m].
    a_start, a_row
        Upper triangle by columns without diagonal: rows above column j are `a_row[a_start[j]:a_start[j+1]]`.
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
    a_start: Indices
    a_row: Indices
    l_start: Indices
    l_row: Indices
    r_start: Indices
    r_col: Indices
    r_place: Indices
    link_start: Ints
    link_of: Ints


def analyse(topology: Topology) -> Pattern:
    """Order the unknowns and lay out matrix and factor."""
    free = np.flatnonzero(~topology.fixed)
    size = free.size
    number = np.full(topology.n_nodes, size, dtype=np.int64)
    number[free] = np.arange(size)
    a, b = number[topology.start], number[topology.end]
    order = _order(size, a, b)
    unknown = np.full(topology.n_nodes, size, dtype=np.int64)
    unknown[free[order]] = np.arange(size)
    row_a, row_b = unknown[topology.start], unknown[topology.end]
    a_start, a_row, slot = _upper(size, row_a, row_b)
    parent, count = elimination_tree(size, a_start, a_row)
    l_start = np.concatenate(([0], np.cumsum(count))).astype(np.uint32)
    l_row, r_start, r_col, r_place = factor_pattern(size, a_start, a_row, parent, l_start)
    link_start, link_of = _links_at_nodes(topology)
    numbers = (part.astype(np.uint32) for part in (unknown, free[order], row_a, row_b, slot))
    first = (*numbers, a_start, a_row, l_start, l_row)
    return Pattern._make((*first, r_start, r_col, r_place, link_start, link_of))


def _order(size: int, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Approximate minimum degree order of the graph with edges a-b among `size` unknowns."""
    if size < 3:
        return np.arange(size)
    inner = (a < size) & (b < size) & (a != b)
    low, high = np.minimum(a, b)[inner], np.maximum(a, b)[inner]
    edges = sp.coo_matrix((np.full(low.size, -1.0), (low, high)), shape=(size, size)).tocsc()
    edges.data[:] = -1.0
    degree = np.bincount(low, minlength=size) + np.bincount(high, minlength=size) + 1.0
    solver = qdldl.Solver(sp.csc_matrix(edges + sp.diags(degree)), upper=True)
    return np.asarray(solver.factors()[2], dtype=np.int64)


def _upper(
    size: int, row_a: NDArray[np.int64], row_b: NDArray[np.int64]
) -> tuple[Indices, Indices, NDArray[np.int64]]:
    """Columns of the strict upper triangle, parallel links merged, and the entry of each link."""
    low, high = np.minimum(row_a, row_b), np.maximum(row_a, row_b)
    inner = (high < size) & (low != high)
    keys, entry = np.unique(high[inner] * size + low[inner], return_inverse=True)
    slot = np.full(row_a.size, keys.size, dtype=np.int64)
    slot[inner] = entry
    columns, rows = np.divmod(keys, max(size, 1))
    a_start = np.searchsorted(columns, np.arange(size + 1))
    return a_start.astype(np.uint32), rows.astype(np.uint32), slot


def _links_at_nodes(topology: Topology) -> tuple[Ints, Ints]:
    """Links grouped by the nodes at their ends."""
    ends = np.concatenate((topology.start, topology.end))
    links = np.tile(np.arange(topology.n_links, dtype=np.int32), 2)
    order = np.argsort(ends, kind="stable")
    start = np.searchsorted(ends[order], np.arange(topology.n_nodes + 1))
    return start.astype(np.int32), links[order]


@compiled
def elimination_tree(size: int, a_start: Indices, a_row: Indices) -> tuple[Ints, NDArray[np.int64]]:
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
