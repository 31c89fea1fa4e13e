"""Pieces joined to a network: curves that meet share points, curves that are met are split there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from twin.census.citygml.pieces import Piece

Array = NDArray[np.float64]
Index = NDArray[np.int64]
SNAP_M = 0.01
"""Ends, chambers and vertices that are nearer in plan are one point."""


@dataclass(frozen=True)
class Network:
    """Points and straight lines of one system.

    Attributes
    ----------
    places
        (points, 3) east, north, up.
    owner
        (points,) position of the piece a point is named after.
    vertex
        (points,) number of the vertex within that piece, from 1; 0 for a chamber.
    lines
        (lines, 2) points of each line; `piece` (lines,) position of its piece, `part` its number in it.
    ups
        (lines, 2) elevation of the line itself at its ends, NaN where unknown.
    components
        (points,) number of the connected component.
    """

    places: Array
    owner: Index
    vertex: Index
    lines: Index
    piece: Index
    part: Index
    ups: Array
    components: Index


def network_of(pieces: Sequence[Piece], positions: Sequence[int]) -> Network:
    """The network of the pieces at `positions`, all of one system."""
    chambers = [n for n in positions if pieces[n].place is not None]
    middles = np.array([pieces[n].place[:3] for n in chambers]).reshape(-1, 3)  # type: ignore[index]
    curves = [(n, curve) for n in positions for curve in pieces[n].curves]
    ends = np.array([curve[end, :2] for _n, curve in curves for end in (0, -1)]).reshape(-1, 2)
    split = _split([curve for _n, curve in curves], np.vstack([middles[:, :2], ends]))
    counts = np.array([len(curve) for curve in split], dtype=np.int64)
    starts = np.append(0, np.cumsum(counts))
    vertices = np.vstack([middles, *split]) if curves or chambers else np.zeros((0, 3))
    first = len(middles)
    anchor = np.zeros(len(vertices), dtype=np.bool_)
    anchor[:first] = True
    anchor[first + starts[:-1]] = anchor[first + starts[1:] - 1] = True
    owner = np.array(
        chambers + [n for (n, _c), count in zip(curves, counts, strict=True) for _ in range(count)]
    )
    number = _numbers(owner.astype(np.int64), first)
    group = _merged(vertices[:, :2], anchor, first)
    chosen, point = np.unique(group, return_inverse=True)
    tails = np.setdiff1d(np.arange(first, len(vertices)), first + starts[1:] - 1)
    pairs = np.column_stack([point[tails], point[tails + 1]])
    kept = pairs[:, 0] != pairs[:, 1]
    tails, pairs = tails[kept], pairs[kept].astype(np.int64)
    graph = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(chosen),) * 2)
    piece = owner[tails].astype(np.int64)
    return Network(
        vertices[chosen],
        owner[chosen].astype(np.int64),
        number[chosen],
        pairs,
        piece,
        _numbers(piece, 0),
        np.column_stack([vertices[tails, 2], vertices[tails + 1, 2]]),
        connected_components(graph, directed=False)[1].astype(np.int64),
    )


def _split(curves: Sequence[Array], anchors: Array) -> list[Array]:
    """The curves with a vertex wherever an anchor (n, 2) lies on them between two vertices."""
    if not curves:
        return []
    counts = np.array([len(curve) for curve in curves])
    every = np.vstack(curves)
    tails = np.setdiff1d(np.arange(len(every)), np.cumsum(counts) - 1)
    ends = np.stack([every[tails], every[tails + 1]], axis=1)
    tree = shapely.STRtree(shapely.linestrings(ends[:, :, :2]))
    which, segment = tree.query(shapely.points(anchors), predicate="dwithin", distance=SNAP_M)
    begin, along = ends[segment, 0, :2], ends[segment, 1, :2] - ends[segment, 0, :2]
    length = np.hypot(along[:, 0], along[:, 1])
    share = ((anchors[which] - begin) * along).sum(axis=1) / np.maximum(length, 1e-12) ** 2
    inner = (share * length > SNAP_M) & ((1 - share) * length > SNAP_M)
    which, segment, share = which[inner], segment[inner], share[inner]
    up = ends[segment, 0, 2] + share * (ends[segment, 1, 2] - ends[segment, 0, 2])
    added = np.column_stack([anchors[which], up])
    order = np.lexsort((share, segment))
    after = tails[segment[order]] + 1
    whole = np.insert(every, after, added[order], axis=0)
    extra = np.bincount(
        np.searchsorted(np.cumsum(counts), tails[segment], side="right"), minlength=len(curves)
    )
    return np.split(whole, np.cumsum(counts + extra)[:-1])


def _merged(places: Array, anchor: NDArray[np.bool_], chambers: int) -> Index:
    """For each vertex the end or chamber it is one with, else itself.

    Two inner vertices alone are never one, and neither are two chambers, which come first.
    """
    group = np.arange(len(places), dtype=np.int64)
    anchors = np.flatnonzero(anchor)
    if not len(anchors):
        return group
    tree = cKDTree(places[anchors])
    near: Any = tree.query_ball_point(places[chambers:], SNAP_M, return_sorted=True)
    for vertex, found in enumerate(near, start=chambers):
        if found:
            group[vertex] = anchors[found[0]]
    while np.any(group[group] != group):
        group = group[group]
    return group


def _numbers(owner: Index, zeros: int) -> Index:
    """A running number from 1 within each owner, in order; the first `zeros` are 0."""
    numbers = np.zeros(len(owner), dtype=np.int64)
    if len(owner) > zeros:
        rest = owner[zeros:]
        order = np.argsort(rest, kind="stable")
        begins = np.append(True, np.diff(rest[order]) != 0)
        begin = np.maximum.accumulate(np.where(begins, np.arange(len(rest)), 0))
        numbers[zeros + order] = np.arange(len(rest)) - begin + 1
    return numbers
