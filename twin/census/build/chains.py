"""Chains: lines that meet two by two become one link, and come back from it exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Chains:
    """Links made of lines.

    Attributes
    ----------
    order
        Lines, link by link, in each link from its start to its end; shape (lines,).
    offsets
        Where each link begins in `order`; shape (links + 1,).
    turned
        Whether the line at this place of `order` runs against its link; shape (lines,).
    start, end
        Node of each link's start and end; shape (links,).
    inner
        Nodes between the lines of a link, link by link from start to end; shape (lines - links,).
    """

    order: Ints
    offsets: Ints
    turned: Flags
    start: Ints
    end: Ints
    inner: Ints

    @property
    def link(self) -> Ints:
        """The link at each place of `order`, shape (lines,)."""
        return np.repeat(np.arange(len(self.start)), np.diff(self.offsets))

    @property
    def number(self) -> Ints:
        """The place of each line in its link, from 0, in `order`."""
        return np.arange(len(self.order)) - np.repeat(self.offsets[:-1], np.diff(self.offsets))


def collapse(start: Ints, end: Ints, kept: Flags, sense: Ints) -> Chains:
    """Chains of lines between kept nodes.

    Parameters
    ----------
    start, end
        Nodes of each line, shape (lines,).
    kept
        Whether a node stays a node, shape (nodes,). A node at which other than two ends of two lines meet is
        kept anyhow, and so is the first node of a ring that would have none.
    sense
        1 where something flows from a line's start to its end, -1 against it, 0 unknown. A link runs the way
        most of its lines flow, and where that does not decide, the way of its first line.

    Notes
    -----
    Every line is two darts, one for each direction. At an inner node each dart has one successor, so that the
    darts make lists; pointer jumping finds the last dart of each and the distance to it in as many passes as
    the longest chain has binary digits (Wyllie 1979).
    """
    lines = len(start)
    if not lines:
        none = np.zeros(0, dtype=np.int64)
        return Chains(none, np.zeros(1, dtype=np.int64), np.zeros(0, dtype=bool), none, none, none)
    tail = np.column_stack([start, end]).ravel().astype(np.int64)
    kept = _kept(tail, kept)
    part = _parts(tail, kept)
    kept = _cut_rings(tail, kept, part)
    last, after = _ranked(_successors(tail, kept))
    first = _first_of(part)
    with_first = last[0::2] == last[0::2][first[part]]
    flow = np.bincount(part, weights=np.where(with_first, sense, -sense), minlength=len(first))
    turned = np.where(flow[part] < 0, with_first, ~with_first)
    dart = 2 * np.arange(lines) + turned
    rank = np.argsort(first, kind="stable")
    place = np.empty(len(first), dtype=np.int64)
    place[rank] = np.arange(len(first))
    order = np.lexsort((after[dart ^ 1], place[part]))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(place[part], minlength=len(first)))])
    heads = tail[dart[order] ^ 1]
    closing = np.zeros(lines, dtype=bool)
    closing[offsets[1:] - 1] = True
    return Chains(
        order, offsets, turned[order], tail[dart[order]][offsets[:-1]], heads[closing], heads[~closing]
    )


def expand(chains: Chains) -> tuple[Ints, Ints]:
    """The nodes at the start and the end of every line, as they were before `collapse`; shapes (lines,)."""
    lines = len(chains.order)
    closing = np.zeros(lines, dtype=bool)
    closing[chains.offsets[1:] - 1] = True
    opening = np.zeros(lines, dtype=bool)
    opening[chains.offsets[:-1]] = True
    heads, tails = np.empty(lines, dtype=np.int64), np.empty(lines, dtype=np.int64)
    heads[closing], heads[~closing] = chains.end, chains.inner
    tails[opening], tails[~opening] = chains.start, chains.inner
    start, end = np.empty(lines, dtype=np.int64), np.empty(lines, dtype=np.int64)
    start[chains.order] = np.where(chains.turned, heads, tails)
    end[chains.order] = np.where(chains.turned, tails, heads)
    return start, end


def _kept(tail: Ints, kept: Flags) -> Flags:
    """The kept nodes, with those where chains cannot pass."""
    loops = tail[0::2][tail[0::2] == tail[1::2]]
    kept = kept | (np.bincount(tail, minlength=len(kept)) != 2)
    kept[loops] = True
    return kept


def _inner_darts(tail: Ints, kept: Flags) -> tuple[Ints, Ints]:
    """The two darts that leave each inner node."""
    darts = np.argsort(tail, kind="stable")
    darts = darts[~kept[tail[darts]]]
    return darts[0::2], darts[1::2]


def _parts(tail: Ints, kept: Flags) -> Ints:
    """A number for the chain of each line."""
    one, two = _inner_darts(tail, kept)
    lines = len(tail) // 2
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one >> 1, two >> 1)), shape=(lines, lines))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _cut_rings(tail: Ints, kept: Flags, part: Ints) -> Flags:
    """Keep the first node of every chain that has no end."""
    closed = np.ones(part.max() + 1, dtype=bool)
    closed[np.repeat(part, 2)[kept[tail]]] = False
    of_ring = closed[np.repeat(part, 2)]
    first = np.full(len(closed), np.iinfo(np.int64).max)
    np.minimum.at(first, np.repeat(part, 2)[of_ring], tail[of_ring])
    kept = kept.copy()
    kept[first[closed]] = True
    return kept


def _successors(tail: Ints, kept: Flags) -> Ints:
    """The dart that follows each dart across an inner node; -1 where its chain ends."""
    one, two = _inner_darts(tail, kept)
    following = np.full(len(tail), -1, dtype=np.int64)
    following[one ^ 1] = two
    following[two ^ 1] = one
    return following


def _ranked(following: Ints) -> tuple[Ints, Ints]:
    """The last dart of each dart's list, and how many darts follow it."""
    last = np.arange(len(following))
    after = (following >= 0).astype(np.int64)
    jump = following.copy()
    live = np.flatnonzero(jump >= 0)
    last[live] = jump[live]
    while len(live):
        ahead = jump[live]
        # read everything before writing anything: the passes are synchronous
        more, onward, final = after[ahead], jump[ahead], last[ahead]
        after[live] += more
        last[live] = final
        jump[live] = onward
        live = live[onward >= 0]
    return last, after


def _first_of(part: Ints) -> Ints:
    """The first line of each chain."""
    return np.unique(part, return_index=True)[1]
