"""Lines as solids in space: centre lines, sections, distances, and the pairs that come near each other."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import shapely

from twin.census.rules.data import rows_of
from twin.census.rules.hits import Floats, Ints, Mask
from twin.census.rules.view import View

_APART = "JK SJ DM ZH XTD RF JN"
"""Ways of laying that take a line out of the common ground."""
_FROM_BELOW = "GG ZH"
"""Ways of laying whose elevation is that of the bottom."""


class Solids:
    """The lines that stand in the common ground, as straight pieces with a section.

    Attributes
    ----------
    rows
        Positions of those lines.
    start, end
        Their centre line, each shape (n, 3).
    wide, high
        Half of width and height in m.
    limit_z, limit_xy
        The larger limit error of both ends.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        judged = view.sound & view.sure.all(axis=0) & (view.line_class >= 0) & ~view.laid(_APART)
        self.rows = np.flatnonzero(judged & (view.plan > 0))
        rows = self.rows
        bare = view.limit("bare_cable_mm")
        width, height = (
            np.nan_to_num(view.numbers("lines", name)[rows]) for name in ("width_mm", "height_mm")
        )
        width = np.where(width > 0, width, bare)
        self.wide = width / 2000
        self.high = np.where(height > 0, height, width) / 2000
        below = view.trait("gravity")[rows] | view.laid(_FROM_BELOW)[rows]
        centre = view.z[:, rows] + np.where(below, self.high, -self.high)
        places = np.stack([view.x[:, rows], view.y[:, rows], centre], axis=2)
        self.start, self.end = places
        self.limit_z = view.limit_z[:, rows].max(axis=0)
        self.limit_xy = view.limit_xy[:, rows].max(axis=0)

    @cached_property
    def shapes(self) -> shapely.Geometry:
        """The pieces in plan."""
        return shapely.linestrings(np.stack([self.start[:, :2], self.end[:, :2]], axis=1))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    @cached_property
    def crossings(self) -> tuple[Ints, Ints, Floats, Floats]:
        """Pairs that cross in plan and share no id; how far along each of the two (0 to 1)."""
        one, other = self._tree.query(self.shapes)
        kept = one < other
        one, other = one[kept], other[kept]
        a, b = (self.end[pair, :2] - self.start[pair, :2] for pair in (one, other))
        gap = self.start[other, :2] - self.start[one, :2]
        area = _cross(a, b)
        with np.errstate(divide="ignore", invalid="ignore"):
            t, u = _cross(gap, b) / area, _cross(gap, a) / area
        meet = (area != 0) & (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
        meet[meet] = ~self._share(one[meet], other[meet])
        return one[meet], other[meet], t[meet], u[meet]

    def _share(self, one: Ints, other: Ints) -> Mask:
        a, b = (self._view.ends[:, self.rows[pair]] for pair in (one, other))
        return np.asarray((a[0] == b[0]) | (a[0] == b[1]) | (a[1] == b[0]) | (a[1] == b[1]))

    def clear_height(self) -> Floats:
        """Vertical clear distance of each crossing; negative where the sections overlap."""
        one, other, t, u = self.crossings
        z = [self.start[i, 2] + w * (self.end[i, 2] - self.start[i, 2]) for i, w in ((one, t), (other, u))]
        return np.asarray(np.abs(z[0] - z[1]) - self.high[one] - self.high[other])

    @cached_property
    def _sides(self) -> list[tuple[Mask, Mask, float, float]]:
        """First and second pieces, horizontal and vertical minimum of each row of `clearances.csv`."""
        view, rows = self._view, self.rows
        classes = view.line_class[rows]
        made = []
        for row in rows_of("clearances"):
            first = classes == view.classes.index(row["first"])
            second = classes == view.classes.index(row["second"])
            for column, words in (("pressure", row["pressure"]), ("embed", row["embed"])):
                first &= view.has("lines", column, words)[rows] if words else True
            first &= (self.wide * 2000 > float(row["over_mm"] or "-inf")) & (
                self.wide * 2000 <= float(row["up_to_mm"] or "inf")
            )
            second &= view.laid(row["second_embed"])[rows] if row["second_embed"] else True
            made.append((first, second, float(row["horizontal_m"]), float(row["vertical_m"])))
        return made

    def minimum(self, one: Ints, other: Ints) -> tuple[Floats, Floats]:
        """Horizontal and vertical minimum of pairs by the first row that fits; NaN where none does."""
        level, upright = np.full((2, len(one)), np.nan)
        for first, second, horizontal, vertical in self._sides:
            fits = np.isnan(level) & ((first[one] & second[other]) | (first[other] & second[one]))
            level[fits], upright[fits] = horizontal, vertical
        return level, upright

    def neighbours(self) -> tuple[Ints, Ints]:
        """Pairs of the clearance table that come nearer in plan than any minimum of theirs, without order."""
        found = []
        pairs = dict.fromkeys((row["first"], row["second"]) for row in rows_of("clearances"))
        classes = self._view.line_class[self.rows]
        for first, second in pairs:
            mine = np.flatnonzero(classes == self._view.classes.index(first))
            theirs = np.flatnonzero(classes == self._view.classes.index(second))
            if not len(mine) or not len(theirs):
                continue
            reach = np.zeros(len(self.rows))
            for row, (own, _other, horizontal, _vertical) in zip(
                rows_of("clearances"), self._sides, strict=True
            ):
                if (row["first"], row["second"]) == (first, second):
                    reach[own & (reach == 0)] = horizontal
            near = reach[mine] + self.wide[mine] + self.wide[theirs].max() - self.limit_xy[mine]
            tree = shapely.STRtree(self.shapes[theirs])
            a, b = tree.query(self.shapes[mine], predicate="dwithin", distance=np.maximum(near, 0))
            found.append(np.vstack([mine[a], theirs[b]]))
        one, other = np.hstack(found) if found else np.zeros((2, 0), dtype=np.int64)
        apart = ~self._share(one, other)
        return one[apart], other[apart]

    def side_by_side(self, one: Ints, other: Ints, most_deg: float) -> Floats:
        """Length over which two pieces run beside each other; 0 where their directions differ too much."""
        a, b = (self.end[pair, :2] - self.start[pair, :2] for pair in (one, other))
        long = np.hypot(*a.T)
        along = a / long[:, None]
        turn = np.abs((along * b).sum(axis=1)) / np.hypot(*b.T)
        spots = [
            ((place[other, :2] - self.start[one, :2]) * along).sum(axis=1) for place in (self.start, self.end)
        ]
        shared = np.minimum(np.maximum(*spots), long) - np.maximum(np.minimum(*spots), 0)
        return np.where(turn >= np.cos(np.radians(most_deg)), np.maximum(shared, 0), 0.0)

    def distance(self, one: Ints, other: Ints) -> Floats:
        """Least distance of two centre lines in space (closest points: Ericson 2005, 5.1.9)."""
        p, d = self.start[one], self.end[one] - self.start[one]
        q, e = self.start[other], self.end[other] - self.start[other]
        r = p - q
        a, f, b = (d * d).sum(axis=1), (e * e).sum(axis=1), (d * e).sum(axis=1)
        c, g = (d * r).sum(axis=1), (e * r).sum(axis=1)
        area = a * f - b * b
        with np.errstate(divide="ignore", invalid="ignore"):
            s = np.where(area > 1e-9 * a * f, np.clip((b * g - c * f) / area, 0, 1), 0.0)
        t = np.clip((b * s + g) / f, 0, 1)
        s = np.clip((b * t - c) / a, 0, 1)
        return np.asarray(np.linalg.norm(r + s[:, None] * d - t[:, None] * e, axis=1))


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
