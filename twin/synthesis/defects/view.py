"""A survey seen as geometry and graph: what the bookkeeping of defects is computed from.

The words of `docs/reference/census-rules.md` (trusted elevation, degree, limit) mean the same here; the code
was written apart from the rules of the census, so that both can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from twin.synthesis.defects import words
from twin.synthesis.survey import accuracy
from twin.synthesis.survey_tables import Columns, Draft, Floats, Mask, Rows

SIDES = ("start", "end")
EPSILON = 1e-9
JOINT_M = 0.05
DEPTH_NOISE = 0.15
LONGEST_M, LONGEST_OVERHEAD_M, LONGEST_DRILLED_M, SHORTEST_M = 75.0, 500.0, 1000.0, 0.05
LENGTH_NOISE_M = 0.2
DRILLED = ("DG", "SX")
DRILLED_DEEPEST_M = 30.0
BARE_MM = 50.0


def translated(values: npt.NDArray[Any], table: Mapping[str, Any], missing: Any) -> npt.NDArray[Any]:
    """What each text stands for in `table`; `missing` where it stands for nothing."""
    numbers, known = pd.factorize(values)
    return np.array([table.get(str(name), missing) for name in known])[numbers]


def among(values: npt.NDArray[Any], chosen: Any) -> Mask:
    """Which texts are among the chosen ones."""
    numbers, known = pd.factorize(values)
    return np.array([name in chosen for name in known], dtype=np.bool_)[numbers]


def combined(columns: Sequence[npt.NDArray[Any]]) -> tuple[Rows, list[tuple[str, ...]]]:
    """Number of each row's combination of texts, and the combinations."""
    total: Rows = np.zeros(len(columns[0]), dtype=np.intp)
    for column in columns:
        numbers, known = pd.factorize(column)
        total = total * max(len(known), 1) + numbers
    _, first, back = np.unique(total, return_index=True, return_inverse=True)
    texts = [tuple(str(column[row]) for column in columns) for row in first]
    return back.astype(np.intp), texts


def section(size: str) -> tuple[float, float]:
    """Width and height in mm of `DN100`, `100`, `1200*800`; NaN where it is none of these."""
    parts = size.strip().upper().removeprefix("DN").replace("X", "*").split("*")
    try:
        sides = [float(part) for part in parts]
    except ValueError:
        return np.nan, np.nan
    return (sides[0], sides[-1]) if len(sides) <= 2 and min(sides) > 0 else (np.nan, np.nan)


def far(values: Floats) -> Mask:
    """Values farther outside the middle nine tenths than those are wide, and by more than a kilometre."""
    if not np.isfinite(values).any():
        return np.zeros(len(values), dtype=np.bool_)
    low, high = np.nanpercentile(values, [5, 95])
    margin = max(high - low, 1000.0)
    return np.asarray((values < low - margin) | (values > high + margin))


class View:
    """Arrays that follow from a draft; `(2, lines)` arrays hold the start and the end of each line."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.points: Columns = draft.points
        self.lines: Columns = draft.lines
        names = np.concatenate([self.points["id"], self.lines["start"], self.lines["end"]])
        numbers, known = pd.factorize(names)
        rows = len(self.points["id"])
        self.point_no: Rows = numbers[:rows]
        """Number of each point's id."""
        self.end_no: Rows = numbers[rows:].reshape(2, -1)
        """Numbers of the ids that a line names."""
        self.names = known
        self.named: Mask = np.stack([self.lines[side] != "" for side in SIDES]).astype(np.bool_)
        first = np.full(len(known), -1, dtype=np.intp)
        first[self.point_no[::-1]] = np.arange(rows)[::-1]
        first[known == ""] = -1
        self.row_of: Rows = first
        """First row of each id; -1 where no point has it."""
        self.end_row: Rows = first[self.end_no]
        """Row of the point at each end."""

    @cached_property
    def first_of_id(self) -> Mask:
        """Points that are the first of their id."""
        return np.asarray(self.row_of[self.point_no] == np.arange(len(self.point_no)))

    @cached_property
    def point_class(self) -> npt.NDArray[Any]:
        """Class of each point; empty where its category is unknown."""
        return translated(self.points["category"], self._classes, "")

    @cached_property
    def line_class(self) -> npt.NDArray[Any]:
        """Class of each line; empty where its category is unknown."""
        return translated(self.lines["category"], self._classes, "")

    @property
    def _classes(self) -> dict[str, str]:
        return {code: category.class_code for code, category in words.categories().items()}

    @cached_property
    def proper(self) -> Mask:
        """Lines that name two different ids."""
        return np.asarray(self.named.all(axis=0) & (self.end_no[0] != self.end_no[1]))

    @cached_property
    def neighbours(self) -> Rows:
        """Pairs of ids joined by a line, each once in either order, sorted; shape (2, pairs)."""
        pairs = self.end_no[:, self.proper]
        both = np.concatenate([pairs, pairs[::-1]], axis=1)
        keys = np.unique(both[0] * len(self.names) + both[1])
        return np.stack([keys // len(self.names), keys % len(self.names)])

    @cached_property
    def degree(self) -> Rows:
        """Number of neighbours of each point row."""
        return np.bincount(self.neighbours[0], minlength=len(self.names))[self.point_no]

    @cached_property
    def bare(self) -> Mask:
        """Points without an attachment."""
        return np.asarray(self.points["attachment"] == "", dtype=np.bool_)

    @cached_property
    def outside(self) -> Mask:
        """Points outside the regions that are surveyed; without regions, far from most other points."""
        x, y = self.points["x_m"], self.points["y_m"]
        areas = self.draft.tables.get("areas")
        if areas is None or not (areas["kind"] == "region").any():
            return np.asarray(far(x) | far(y))
        texts = areas["wkt"][areas["kind"] == "region"].astype(object).to_numpy()
        region = shapely.union_all(shapely.from_wkt(texts)).buffer(1.0)
        shapely.prepare(region)
        return np.asarray(~shapely.intersects_xy(region, x, y) & np.isfinite(x) & np.isfinite(y))

    def at_ends(self, column: npt.NDArray[Any], missing: Any) -> npt.NDArray[Any]:
        """A column of the points at both ends of each line; `missing` where there is no point."""
        return np.where(self.end_row >= 0, column[self.end_row], missing)

    @cached_property
    def depth(self) -> Floats:
        """Depth at both ends."""
        return np.stack([self.lines[f"{side}_depth_m"] for side in SIDES])

    @cached_property
    def z(self) -> Floats:
        """Elevation at both ends."""
        return np.stack([self.lines[f"{side}_z_m"] for side in SIDES])

    @cached_property
    def ground(self) -> Floats:
        """Ground elevation of the points at both ends."""
        return np.asarray(self.at_ends(self.points["ground_m"], np.nan), dtype=np.float64)

    @cached_property
    def visible(self) -> Mask:
        """Ends at a point with an attachment."""
        return np.asarray(self.at_ends(~self.bare, False), dtype=np.bool_)

    @cached_property
    def reach(self) -> Floats:
        """Depth that errors of hidden points are a share of."""
        return np.asarray(np.maximum(np.nan_to_num(np.abs(self.depth)), accuracy()["shallow_m"]))

    @cached_property
    def limit_z(self) -> Floats:
        """Limit of the error of the elevation at each end."""
        known = accuracy()
        deep = self.reach > known["deep_m"]
        seen = np.where(deep, known["deep_share"] * self.reach, known["depth_m"])
        error = np.where(self.visible, seen, known["hidden_depth_share"] * self.reach)
        return np.asarray(known["limit"] * np.hypot(known["elevation_m"], error))

    @cached_property
    def limit_xy(self) -> Floats:
        """Limit of the error of the position at each end."""
        known = accuracy()
        error = np.where(self.visible, 0.0, known["hidden_plan_share"] * self.reach)
        return np.asarray(known["limit"] * np.hypot(known["plan_m"], error))

    @cached_property
    def deepest(self) -> Floats:
        """Greatest depth each line may have."""
        most = np.asarray(translated(self.line_class, words.deepest(), np.inf), dtype=np.float64)
        return np.where(among(self.lines["embed"], DRILLED), DRILLED_DEEPEST_M, most)

    @cached_property
    def too_deep(self) -> Mask:
        """Ends that are deeper than a line of the class can be, beyond doubt."""
        return np.asarray(self.depth > self.deepest * (1 + DEPTH_NOISE))

    @cached_property
    def unequal(self) -> Mask:
        """Ends where ground elevation, depth and elevation do not agree."""
        above = among(self.lines["embed"], words.overhead())
        down = np.abs(self.ground - self.depth - self.z)
        up = np.where(above, np.abs(self.ground + self.depth - self.z), np.inf)
        return np.asarray((np.minimum(down, up) > JOINT_M + EPSILON) & (self.lines["embed"] != "DM"))

    @cached_property
    def trusted(self) -> Mask:
        """Ends whose elevation can be used."""
        given = np.isfinite(self.depth) & np.isfinite(self.z) & np.isfinite(self.ground)
        return np.asarray(given & ~self.unequal & ~self.too_deep)

    @cached_property
    def sections(self) -> Floats:
        """Width and height of each line in mm, NaN where unknown; shape (2, lines)."""
        numbers, known = pd.factorize(self.lines["size"])
        return np.array([section(str(size)) for size in known], dtype=np.float64).reshape(-1, 2)[numbers].T

    @cached_property
    def round_pipe(self) -> Mask:
        """Lines whose section is not a box."""
        return np.array(["*" not in size for size in self.lines["size"]], dtype=np.bool_)

    @cached_property
    def x(self) -> Floats:
        """East coordinate of both ends."""
        return np.asarray(self.at_ends(self.points["x_m"], np.nan), dtype=np.float64)

    @cached_property
    def y(self) -> Floats:
        """North coordinate of both ends."""
        return np.asarray(self.at_ends(self.points["y_m"], np.nan), dtype=np.float64)

    @cached_property
    def located(self) -> Mask:
        """Lines between two points at known places inside the survey area."""
        inside = self.at_ends(~self.outside, False).astype(np.bool_).all(axis=0)
        known = np.isfinite(self.x).all(axis=0) & np.isfinite(self.y).all(axis=0)
        return np.asarray(self.named.all(axis=0) & inside & known)

    @cached_property
    def plan_length(self) -> Floats:
        """Length in plan."""
        return np.asarray(np.hypot(self.x[1] - self.x[0], self.y[1] - self.y[0]))

    @cached_property
    def odd_length(self) -> Mask:
        """Lines that are longer or shorter than a line may be."""
        both = self.trusted.all(axis=0)
        rise = np.where(both, self.z[1] - self.z[0], 0.0)
        length = np.hypot(self.plan_length, rise)
        embed = self.lines["embed"]
        most = np.where(embed == "JK", LONGEST_OVERHEAD_M, LONGEST_M)
        most = np.where(among(embed, DRILLED), LONGEST_DRILLED_M, most)
        short = (length < SHORTEST_M) & both & (embed != "JN")
        return np.asarray(self.located & ((length > most + LENGTH_NOISE_M) | short))

    @cached_property
    def usable(self) -> Mask:
        """Lines whose geometry can be used."""
        return np.asarray(self.located & ~self.odd_length)
