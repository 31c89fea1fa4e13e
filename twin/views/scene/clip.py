"""A part of a city: a box, or a region by its name, and lines cut at its border."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.model.city import City
from twin.text import _
from twin.views.scene.geometry import Bools, Floats, Lines

Box = tuple[float, float, float, float]
"""West, south, east, north, m."""


@dataclass(frozen=True)
class Clip:
    """What of a city is shown: `box`, and in it `outline` (a shapely polygon; None for all of the box)."""

    box: Box
    outline: Any = None
    name: str = ""

    @property
    def side_m(self) -> float:
        """Its longer side."""
        west, south, east, north = self.box
        return max(east - west, north - south)

    def holds(self, x: Floats, y: Floats) -> Bools:
        """Which places lie inside, shape (n,)."""
        west, south, east, north = self.box
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        if self.outline is not None:
            import shapely

            inside &= shapely.contains_xy(self.outline, x, y)
        return np.asarray(inside, dtype=bool)


def clip_of(city: City, wish: str) -> Clip:
    """The clip that a user means: `x0,y0,x1,y1`, or the id or name of a region of the city.

    Raises
    ------
    InputError
        Where it is neither.
    """
    parts = wish.split(",")
    if len(parts) == 4:
        return Clip(box_of(wish))
    regions = city.regions
    for ident, name, wkt in zip(regions["id"], regions["name"], regions["wkt"], strict=True):
        if wish in (ident, name) and wkt:
            import shapely

            outline = shapely.from_wkt(str(wkt))
            return Clip(outline.bounds, outline, str(name or ident))
    known = ", ".join(str(name) for name, wkt in zip(regions["id"], regions["wkt"], strict=True) if wkt)
    remedy = _("give x0,y0,x1,y1 in metres, or one of {known}", known=known or "–")
    raise InputError(_("{city} has no region {wish}: {remedy}", city=city.name, wish=wish, remedy=remedy))


def box_of(wish: str, *, area: bool = True) -> Box:
    """Four coordinates as west, south, east, north; with `area` False as they stand (two places)."""
    try:
        x0, y0, x1, y1 = (float(part) for part in wish.split(","))
    except ValueError:
        raise InputError(_("'{wish}' is not x0,y0,x1,y1 in metres", wish=wish)) from None
    if not np.isfinite([x0, y0, x1, y1]).all():
        raise InputError(_("'{wish}' is not x0,y0,x1,y1 in metres", wish=wish))
    if not area:
        return x0, y0, x1, y1
    if x0 == x1 or y0 == y1:
        raise InputError(_("the box {wish} has no area", wish=wish))
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def cut(lines: Lines, clip: Clip) -> Lines:
    """The parts of the lines inside the clip, cut exactly at its box, by pieces at its outline.

    A line that leaves and comes back becomes several polylines with the same row.
    """
    if not len(lines):
        return lines
    owner = lines.owner()
    first = np.flatnonzero(owner[:-1] == owner[1:])
    a, b = lines.xyz[first], lines.xyz[first + 1]
    enter, leave = _spans(a, b, clip.box)
    kept = leave > enter
    if clip.outline is not None:
        middle = a + (b - a) * ((enter + leave) / 2)[:, None]
        kept &= clip.holds(middle[:, 0], middle[:, 1])
    a, b, first = a[kept], b[kept], first[kept]
    enter, leave = enter[kept], leave[kept]
    return _joined(lines, owner[first], first, (a + (b - a) * enter[:, None], a + (b - a) * leave[:, None]),
                   (enter > 0, leave < 1))  # fmt: skip


def _spans(a: Floats, b: Floats, box: Box) -> tuple[Floats, Floats]:
    """Shares of each segment at which it enters and leaves a box (Liang and Barsky 1984), each (n,)."""
    enter, leave = np.zeros(len(a)), np.ones(len(a))
    for axis, (low, high) in enumerate(((box[0], box[2]), (box[1], box[3]))):
        start, step = a[:, axis], b[:, axis] - a[:, axis]
        still = step == 0
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            one, other = (low - start) / step, (high - start) / step
        outside = still & ((start < low) | (start > high))
        enter = np.maximum(enter, np.where(still, 0.0, np.minimum(one, other)))
        leave = np.minimum(leave, np.where(outside, -1.0, np.where(still, 1.0, np.maximum(one, other))))
    return enter, leave


def _joined(
    lines: Lines,
    owner: NDArray[np.int64],
    first: NDArray[np.int64],
    ends: tuple[Floats, Floats],
    cuts: tuple[Bools, Bools],
) -> Lines:
    """Polylines from pieces of segments: a new one begins where pieces do not follow each other."""
    if not len(owner):
        return lines.take(np.empty(0, dtype=np.int64))
    begins = np.ones(len(owner), dtype=bool)
    begins[1:] = (np.diff(owner) != 0) | (np.diff(first) != 1) | cuts[0][1:] | cuts[1][:-1]
    starts = np.flatnonzero(begins)
    counts = np.diff(np.append(starts, len(owner))) + 1
    offsets = np.concatenate([[0], np.cumsum(counts)])
    xyz = np.empty((offsets[-1], 3))
    heads = np.zeros(len(xyz), dtype=bool)
    heads[offsets[:-1]] = True
    xyz[heads], xyz[~heads] = ends[0][starts], ends[1]
    source = owner[starts]
    return replace(
        lines,
        xyz=xyz,
        offsets=offsets,
        rows=lines.rows[source],
        width_m=lines.width_m[source],
        height_m=lines.height_m[source],
    )


def common(one: Box, other: Box) -> Box:
    """What two boxes share."""
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
