"""Which lines come too near each other: C01 (crossing) and C02 (side by side)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.synthesis.defects import words
from twin.synthesis.defects.view import BARE_MM, EPSILON, View, among, combined
from twin.synthesis.survey_tables import Floats, Mask, Rows

APART = ("JK", "SJ", "DM", "ZH", "XTD", "RF", "JN")
FROM_BOTTOM = ("GG", "ZH")
TRENCH = "GG"
WIDEST_GAP_M = 2.0
PARALLEL = np.cos(np.deg2rad(15))
BESIDE_M = 2.0
BATCH = 40_000


@dataclass(frozen=True)
class Solids:
    """Lines as solids: which can meet others, where they run and what they must keep apart from."""

    view: View

    @cached_property
    def use(self) -> Mask:
        """Lines in the common ground whose place and elevations are known."""
        view = self.view
        return np.asarray(
            view.usable
            & view.trusted.all(axis=0)
            & (view.plan_length > 0)
            & (view.line_class != "")
            & ~among(view.lines["embed"], APART)
        )

    @cached_property
    def size(self) -> Floats:
        """Width and height, m."""
        return np.nan_to_num(self.view.sections, nan=BARE_MM) / 1000

    @cached_property
    def ends(self) -> Floats:
        """Both ends of the centre lines; shape (2, lines, 3)."""
        view = self.view
        bottom = (view.line_class == "PS") | among(view.lines["embed"], FROM_BOTTOM)
        centre = view.z + np.where(bottom, 0.5, -0.5) * self.size[1]
        return np.stack([view.x, view.y, centre], axis=-1)

    @cached_property
    def limits(self) -> Floats:
        """Limits of the errors in plan and in elevation, each the larger of both ends."""
        return np.stack([self.view.limit_xy.max(axis=0), self.view.limit_z.max(axis=0)])

    @cached_property
    def keys(self) -> npt.NDArray[np.object_]:
        """What the clearances of a line depend on, as one text."""
        view = self.view
        numbers, known = combined([view.line_class, view.lines["pressure"], view.lines["embed"]])
        texts = np.array(["|".join(row) for row in known], dtype=object)[numbers]
        large = view.sections[0] > 200
        return np.asarray(texts + np.where(large, "|large", "|"), dtype=object)

    @cached_property
    def clearance(self) -> tuple[Rows, Floats]:
        """Number of each line's key, and the least distances of any two keys."""
        numbers, known = pd.factorize(self.keys)
        return numbers, clearances([str(key) for key in known])

    def signature(self) -> list[npt.NDArray[np.generic]]:
        """Arrays that are equal where a line meets others in the same way."""
        numbers = [self.ends, self.limits.T[None], self.size.T[None]]
        lines = self.view.lines
        return [self.use, self.keys, lines["start"], lines["end"], *(row for part in numbers for row in part)]


def clearances(keys: list[str]) -> Floats:
    """Least distances of lines with these keys, horizontal and vertical; NaN where none is set; (2, n, n)."""
    found = np.full((2, len(keys), len(keys)), np.nan)
    for i, one in enumerate(keys):
        for j, two in enumerate(keys):
            for row in words.rows("clearances"):
                if _applies(row, one, two) or _applies(row, two, one):
                    found[:, i, j] = float(row["horizontal_m"]), float(row["vertical_m"])
                    break
    return found


def _applies(row: dict[str, str], first: str, second: str) -> bool:
    own, pressure, _, large = first.split("|")
    other, _, embed, _ = second.split("|")
    return (
        own == row["first"]
        and other == row["second"]
        and (not row["pressure"] or pressure in row["pressure"].split())
        and (not row["up_to_mm"] or not large)
        and (not row["embed"] or embed == row["embed"])
    )


def conflicts(solids: Solids, touched: Mask | None = None) -> pd.DataFrame:
    """Pairs of lines (`rule`, `one`, `two`) too near each other; where given, only with a touched line."""
    parts = [_judged(solids, one, two) for one, two in _near(solids, touched)]
    empty = pd.DataFrame({"rule": [], "one": [], "two": []})
    return pd.concat(parts, ignore_index=True) if parts else empty


def _near(solids: Solids, touched: Mask | None) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of lines whose boxes come within the widest gap, in batches; each pair once."""
    rows = np.flatnonzero(solids.use)
    if not len(rows):
        return
    ends = solids.ends[:, rows, :2]
    margin = (WIDEST_GAP_M + solids.size[:, rows].max(axis=0))[:, None] / 2 + 0.01
    low, high = ends.min(axis=0) - margin, ends.max(axis=0) + margin
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    tree = shapely.STRtree(boxes)
    asked = np.arange(len(rows)) if touched is None else np.flatnonzero(touched[rows])
    is_asked = np.ones(len(rows), dtype=np.bool_) if touched is None else touched[rows]
    for first in range(0, len(asked), BATCH):
        one, two = tree.query(boxes[asked[first : first + BATCH]])
        one = asked[first : first + BATCH][one]
        keep = (one < two) | ~is_asked[two]
        yield rows[one[keep]], rows[two[keep]]


def _judged(solids: Solids, one: Rows, two: Rows) -> pd.DataFrame:
    no = solids.view.end_no
    shares = (no[0, one] == no[0, two]) | (no[0, one] == no[1, two])
    shares |= (no[1, one] == no[0, two]) | (no[1, one] == no[1, two])
    one, two = one[~shares], two[~shares]
    numbers, least = solids.clearance
    flat, upright = least[:, numbers[one], numbers[two]]
    crosses, gap = crossing(solids, one, two)
    limits = solids.limits[:, one] + solids.limits[:, two]
    hit = crosses & (gap < np.nan_to_num(upright) - limits[1] - EPSILON)
    aside = np.flatnonzero(~crosses & np.isfinite(flat))
    near = np.zeros(len(one), dtype=np.bool_)
    near[aside] = beside(solids, one[aside], two[aside], (flat - limits[0])[aside])
    rules = np.where(hit, "C01", "C02")[hit | near]
    return pd.DataFrame({"rule": rules, "one": one[hit | near], "two": two[hit | near]})


def crossing(solids: Solids, one: Rows, two: Rows) -> tuple[Mask, Floats]:
    """Whether the lines cross in plan, and the vertical clear distance there."""
    a, b = solids.ends[:, one]
    c, d = solids.ends[:, two]
    along, other, between = b - a, d - c, c - a
    turn = along[:, 0] * other[:, 1] - along[:, 1] * other[:, 0]
    safe = np.where(np.abs(turn) > EPSILON, turn, np.nan)
    s = (between[:, 0] * other[:, 1] - between[:, 1] * other[:, 0]) / safe
    t = (between[:, 0] * along[:, 1] - between[:, 1] * along[:, 0]) / safe
    crosses = (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    apart = np.abs(a[:, 2] + s * along[:, 2] - c[:, 2] - t * other[:, 2])
    gap = apart - (solids.size[1, one] + solids.size[1, two]) / 2
    return crosses, np.where(crosses, gap, np.inf)


def beside(solids: Solids, one: Rows, two: Rows, least: Floats) -> Mask:
    """Whether lines that do not cross run beside each other with less than `least` between them."""
    a, b = solids.ends[:, one]
    c, d = solids.ends[:, two]
    along, other = b - a, d - c
    length, reach = np.hypot(along[:, 0], along[:, 1]), np.hypot(other[:, 0], other[:, 1])
    safe = np.maximum(length, EPSILON)
    cosine = np.abs((along[:, :2] * other[:, :2]).sum(axis=1)) / (safe * np.maximum(reach, EPSILON))
    trench = solids.view.lines["embed"] == TRENCH
    ends = np.sort(np.stack([((p - a)[:, :2] * along[:, :2]).sum(axis=1) / safe for p in (c, d)]), axis=0)
    overlap = np.minimum(ends[1], length) - np.maximum(ends[0], 0)
    use = (cosine >= PARALLEL) & (overlap >= BESIDE_M) & ~(trench[one] & trench[two])
    result = np.zeros(len(one), dtype=np.bool_)
    chosen = np.flatnonzero(use)
    distance = distances(a[chosen], b[chosen], c[chosen], d[chosen])
    clear = distance - (solids.size[0, one[chosen]] + solids.size[0, two[chosen]]) / 2
    result[chosen] = clear < least[chosen] - EPSILON
    return result


def distances(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
    """Distances of the segments a-b and c-d in space; arrays of shape (n, 3)."""
    u, v, w = b - a, d - c, a - c
    uu, uv, vv = (u * u).sum(axis=1), (u * v).sum(axis=1), (v * v).sum(axis=1)
    uw, vw = (u * w).sum(axis=1), (v * w).sum(axis=1)
    turn = uu * vv - uv**2
    safe = np.where(turn > EPSILON, turn, np.nan)
    s, t = (uv * vw - vv * uw) / safe, (uu * vw - uv * uw) / safe
    inner = (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    gap = np.linalg.norm(w + s[:, None] * u - t[:, None] * v, axis=1)
    best = np.where(inner, gap, np.inf)
    for point, start, way, square in ((a, c, v, vv), (b, c, v, vv), (c, a, u, uu), (d, a, u, uu)):
        share = np.clip(((point - start) * way).sum(axis=1) / np.maximum(square, EPSILON), 0, 1)
        best = np.minimum(best, np.linalg.norm(point - start - share[:, None] * way, axis=1))
    return np.asarray(best)
