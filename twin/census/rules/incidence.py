"""Which lines meet at which points: neighbours, degrees, groups of line ends, components."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.census.rules.hits import Ints, Mask

if TYPE_CHECKING:
    from twin.census.rules.columns import Columns


class Incidence:
    """The graph of a survey over the numbers of its ids.

    Attributes
    ----------
    size
        How many ids there are, known points or not.
    lines
        Lines that join two different ids, the first of each pair of ids, in order of row.
    """

    def __init__(self, view: Columns) -> None:
        self._view = view
        self.size = len(view.names)
        start, end = view.ends
        whole = np.flatnonzero((start >= 0) & (end >= 0) & (start != end))
        low, high = np.minimum(start, end)[whole], np.maximum(start, end)[whole]
        self._pairs, first = np.unique(low * max(self.size, 1) + high, return_index=True)
        self.lines: Ints = np.sort(whole[first])

    def joined(self, one: Ints, other: Ints) -> Mask:
        """Whether a line joins the ids `one` and `other`."""
        return np.isin(np.minimum(one, other) * max(self.size, 1) + np.maximum(one, other), self._pairs)

    @cached_property
    def degree(self) -> Ints:
        """Neighbours of each id."""
        return np.bincount(self._view.ends[:, self.lines].ravel(), minlength=self.size)

    @cached_property
    def used(self) -> Mask:
        """Ids that a line names."""
        named = self._view.ends.ravel()
        result = np.zeros(self.size, dtype=np.bool_)
        result[named[named >= 0]] = True
        return result

    def meetings(self, chosen: Mask) -> tuple[Ints, Ints, Ints]:
        """Ends of the lines where `chosen` (shape (2, lines)) holds, ordered by id and class.

        Returns
        -------
        numbers, rows, sides
            Number of the id, position of the line and side (0 start, 1 end) of each end.
        """
        view = self._view
        rows = np.concatenate([self.lines, self.lines])
        sides = np.repeat(np.array([0, 1], dtype=np.int64), len(self.lines))
        kept = chosen[sides, rows] & (view.line_class[rows] >= 0)
        rows, sides = rows[kept], sides[kept]
        numbers = view.ends[sides, rows]
        order = np.lexsort((rows, view.line_class[rows], numbers))
        return numbers[order], rows[order], sides[order]

    def couples(self) -> tuple[Ints, Ints, Ints]:
        """Ids of degree two where two lines of one class meet, and the positions of those two lines."""
        view = self._view
        numbers, rows, _sides = self.meetings(np.ones(view.ends.shape, dtype=np.bool_))
        same = (numbers[1:] == numbers[:-1]) & (view.line_class[rows[1:]] == view.line_class[rows[:-1]])
        same &= self.degree[numbers[1:]] == 2
        return numbers[1:][same], rows[:-1][same], rows[1:][same]

    def components(self, lines: Ints) -> Ints:
        """The component that each id belongs to when only `lines` join them."""
        start, end = self._view.ends[:, lines]
        return _labels(start, end, self.size, "weak")

    def circles(self, tail: Ints, head: Ints) -> Mask:
        """Ids that lie on a directed cycle of the arcs from `tail` to `head`."""
        labels = _labels(tail, head, self.size, "strong")
        return np.asarray(np.bincount(labels)[labels] > 1) if self.size else np.zeros(0, dtype=np.bool_)


def _labels(tail: Ints, head: Ints, size: int, connection: Literal["weak", "strong"]) -> Ints:
    graph = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(size, size)).tocsr()
    labels = connected_components(graph, directed=connection == "strong", connection=connection)[1]
    return np.asarray(labels, dtype=np.int64)


def group_starts(*keys: Ints) -> Ints:
    """Where each group of equal neighbouring keys begins."""
    if not len(keys[0]):
        return np.zeros(0, dtype=np.int64)
    change = np.zeros(len(keys[0]), dtype=np.bool_)
    change[0] = True
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(change)
