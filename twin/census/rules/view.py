"""A survey as the rules look at it: codes for texts, ends as rows, what may be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.census.rules.data import rows_of, thresholds
from twin.census.rules.hits import Floats, Ints, Mask
from twin.census.rules.incidence import Incidence
from twin.census.survey import Survey
from twin.census.vocabulary import vocabulary
from twin.errors import InputError
from twin.text import _

SIDES = ("start", "end")


class View:
    """Columns that rules share; arrays over points or over lines, ends as shape (2, lines): start, end.

    Attributes
    ----------
    points, lines
        The canonical tables.
    classes
        Class codes; class arrays hold positions in it, -1 where the class is unknown.
    """

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.points = survey.points.reset_index(drop=True)
        self.lines = survey.lines.reset_index(drop=True)
        self.classes: tuple[str, ...] = tuple(vocabulary().classes)
        self._masks: dict[str, Mask] = {}
        self._texts: dict[tuple[str, str], tuple[NDArray[np.int32], list[str]]] = {}

    def limit(self, name: str) -> float:
        """A threshold; what the survey states about its accuracy goes first.

        Raises
        ------
        InputError
            Where the survey states an accuracy that is no positive number.
        """
        stated = self.survey.meta.get(name, "") if name.startswith("accuracy_") else ""
        if not stated:
            return thresholds()[name]
        try:
            value = float(stated)
        except ValueError:
            value = np.nan
        if not 0 < value < np.inf:
            raise InputError(
                _("the survey states {name}: {value}; give a positive number", name=name, value=stated)
            )
        return value

    # ---------------------------------------------------------------- ids and ends

    @cached_property
    def _ids(self) -> tuple[Ints, NDArray[np.object_]]:
        """Numbers of all ids (points, then starts, then ends; -1 for an empty one), and the ids."""
        every = pd.concat([self.points["id"], self.lines["start"], self.lines["end"]], ignore_index=True)
        numbers, unique = pd.factorize(every)
        known = np.asarray(unique, dtype=object)
        blank = np.flatnonzero(known == "")
        numbers = np.where(np.isin(numbers, blank), -1, numbers) if len(blank) else numbers
        return numbers.astype(np.int64), known

    @property
    def names(self) -> NDArray[np.object_]:
        """Every id that a point or a line names, by its number."""
        return self._ids[1]

    @cached_property
    def number(self) -> Ints:
        """Number of each point's id; -1 for an empty id."""
        return self._ids[0][: len(self.points)]

    @cached_property
    def ends(self) -> Ints:
        """Numbers of the ids at both ends of each line; -1 for an empty one."""
        return self._ids[0][len(self.points) :].reshape(2, -1)

    @cached_property
    def first(self) -> Ints:
        """Position of the first point of each id; -1 where no point has it."""
        result = np.full(len(self.names) + 1, -1, dtype=np.int64)
        own = self.number[::-1]
        result[own] = np.arange(len(self.points) - 1, -1, -1)
        result[-1] = -1
        return result

    @cached_property
    def later(self) -> Mask:
        """Points whose id stands in an earlier row."""
        return np.asarray((self.number >= 0) & (self.first[self.number] != np.arange(len(self.points))))

    @cached_property
    def end_at(self) -> Ints:
        """Positions of the points at both ends; -1 where there is none."""
        return self.first[self.ends]

    def at_ends(self, values: Floats) -> Floats:
        """Numbers of points at both ends of each line, shape (2, lines); NaN where there is no point."""
        return np.asarray(np.append(values, np.nan)[self.end_at])

    @cached_property
    def joints(self) -> Incidence:
        """Which lines meet where."""
        return Incidence(self)

    # ---------------------------------------------------------------- words

    def coded(self, table: str, column: str, meaning: Callable[[str], int]) -> Ints:
        """The meaning of each text of a column, asked once per different text."""
        if (table, column) not in self._texts:
            numbers, unique = pd.factorize(getattr(self, table)[column])
            self._texts[table, column] = numbers.astype(np.int32), [str(text) for text in unique]
        numbers, texts = self._texts[table, column]
        meanings = np.array([meaning(text) for text in texts], dtype=np.int64)
        return meanings[numbers] if len(meanings) else np.zeros(len(numbers), dtype=np.int64)

    def text(self, table: str, column: str) -> NDArray[np.object_]:
        """A text column as an array."""
        return np.asarray(getattr(self, table)[column], dtype=object)

    def filled(self, table: str, column: str) -> Mask:
        """Where a text is not blank, or a number is there."""
        values = getattr(self, table)[column]
        if values.dtype.kind == "f":
            return np.asarray(values.notna(), dtype=np.bool_)
        return np.asarray(values.str.strip() != "", dtype=np.bool_)

    def has(self, table: str, column: str, words: str | Sequence[str]) -> Mask:
        """Where a text is one of `words` (separated by blanks)."""
        wanted = frozenset(words.split() if isinstance(words, str) else words)
        return self.coded(table, column, lambda text: int(text in wanted)).astype(np.bool_)

    def laid(self, codes: str) -> Mask:
        """Lines laid in one of the ways `codes`."""
        return self.has("lines", "embed", codes)

    def numbers(self, table: str, column: str) -> Floats:
        """A number column as an array; NaN where missing."""
        return np.asarray(getattr(self, table)[column], dtype=np.float64)

    def _class_of(self, category: str) -> int:
        code = vocabulary().class_of(category)
        return self.classes.index(code) if code else -1

    @cached_property
    def point_class(self) -> Ints:
        """Class of each point."""
        return self.coded("points", "category", self._class_of)

    @cached_property
    def line_class(self) -> Ints:
        """Class of each line."""
        return self.coded("lines", "category", self._class_of)

    def trait(self, name: str) -> Mask:
        """Lines whose class has a trait of `classes.csv`: gravity, pipe, cable, series, pressure."""
        having = {row["class"] for row in rows_of("classes") if row[name] == "true"}
        table = np.array([code in having for code in self.classes] + [False])
        return np.asarray(table[self.line_class])

    def marked(self, use: str) -> Mask:
        """Points whose feature or attachment has a use of `check_terms.csv`."""
        if use not in self._masks:
            made = np.zeros(len(self.points), dtype=np.bool_)
            for role in ("feature", "attachment"):
                made |= self._marked_by(use, role)
            self._masks[use] = made
        return self._masks[use]

    def _marked_by(self, use: str, role: str) -> Mask:
        wanted = [row for row in rows_of("check_terms") if (row["use"], row["role"]) == (use, role)]
        made = np.zeros(len(self.points), dtype=np.bool_)
        for code in sorted({row["class"] for row in wanted}):
            terms = [row["term"] for row in wanted if row["class"] == code]
            own = self.point_class == self.classes.index(code) if code else True
            made |= self.has("points", role, terms) & own
        return made

    @cached_property
    def poles(self) -> Mask:
        """Points with an attachment that has a height."""
        terms = [t for known in vocabulary().classes.values() for t in known.terms if t.well == "height"]
        return self.has("points", "attachment", [term.term for term in terms])

    @cached_property
    def plain(self) -> Mask:
        """Points without an attachment."""
        return ~self.filled("points", "attachment")

    def marked_ends(self, points: Mask) -> Mask:
        """Ends of lines at such points, shape (2, lines)."""
        return np.asarray(np.append(points, False)[self.end_at])

    # ---------------------------------------------------------------- places

    @cached_property
    def outside(self) -> Mask:
        """Points outside the survey area (rule P06)."""
        x, y = self.numbers("points", "x_m"), self.numbers("points", "y_m")
        here = np.isfinite(x) & np.isfinite(y)
        area = self._area()
        if area is not None:
            shapely.prepare(area)
            return np.asarray(here & ~shapely.contains_xy(area, x, y))
        if not here.any():
            return here
        away = np.zeros_like(here)
        for values in (x, y):
            low, high = np.quantile(values[here], (0.05, 0.95))
            reach = max(high - low, self.limit("far_least_m"))
            away |= here & ((values < low - reach) | (values > high + reach))
        return away

    def _area(self) -> shapely.Geometry | None:
        areas = self.survey.tables.get("areas")
        if areas is None:
            return None
        shapes = shapely.from_wkt(areas.loc[areas["kind"] == "region", "wkt"].to_numpy(object), "ignore")
        regions = [shape for shape in shapes if shape is not None and shape.area > 0]
        margin = self.limit("area_margin_m")
        return shapely.union_all(regions).buffer(margin) if regions else None

    @cached_property
    def x(self) -> Floats:
        """East coordinate of both ends; NaN where it is missing or outside the area."""
        return self._placed("x_m")

    @cached_property
    def y(self) -> Floats:
        """North coordinate of both ends; NaN where it is missing or outside the area."""
        return self._placed("y_m")

    def _placed(self, column: str) -> Floats:
        return self.at_ends(np.where(self.outside, np.nan, self.numbers("points", column)))

    @cached_property
    def plan(self) -> Floats:
        """Length of each line in plan; NaN where an end has no place."""
        return np.asarray(np.hypot(self.x[1] - self.x[0], self.y[1] - self.y[0]))

    @cached_property
    def length(self) -> Floats:
        """Length in space, in plan where an elevation is not trusted."""
        rise = np.where(self.sure.all(axis=0), self.z[1] - self.z[0], 0.0)
        return np.asarray(np.hypot(self.plan, rise))

    @cached_property
    def too_long(self) -> Mask:
        """Lines longer than J04 allows."""
        longest = np.full(len(self.lines), self.limit("longest_m"))
        longest[self.laid("JK")] = self.limit("longest_overhead_m")
        longest[self.laid("DG SX")] = self.limit("longest_drilled_m")
        return np.asarray(self.length > longest + self.limit("length_margin_m") + 1e-9)

    @cached_property
    def too_short(self) -> Mask:
        """Lines shorter than J04 allows."""
        judged = self.sure.all(axis=0) & ~self.laid("JN")
        return np.asarray(judged & (self.length < self.limit("shortest_m") - 1e-9))

    @cached_property
    def sound(self) -> Mask:
        """Lines with both ends in place and a length that can be."""
        return np.asarray(np.isfinite(self.plan) & ~self.too_long & ~self.too_short)

    # ---------------------------------------------------------------- elevations

    @cached_property
    def depth(self) -> Floats:
        """Depth at both ends."""
        return np.vstack([self.numbers("lines", f"{side}_depth_m") for side in SIDES])

    @cached_property
    def z(self) -> Floats:
        """Elevation at both ends, as surveyed."""
        return np.vstack([self.numbers("lines", f"{side}_z_m") for side in SIDES])

    @cached_property
    def ground(self) -> Floats:
        """Ground elevation of the points at both ends."""
        return self.at_ends(self.numbers("points", "ground_m"))

    @cached_property
    def gap(self) -> Floats:
        """What ground elevation differs from depth plus elevation (rule J03); NaN where it can't be told."""
        gap = np.abs(self.ground - self.depth - self.z)
        other = np.abs(self.ground + self.depth - self.z)
        gap = np.where(self.laid("JK SJ"), np.minimum(gap, other), gap)
        return np.where(self.laid("DM"), np.nan, gap)

    @cached_property
    def too_deep(self) -> Mask:
        """Ends deeper than L04 allows, shape (2, lines)."""
        most = {row["class"]: float(row["max_depth_m"]) for row in rows_of("classes")}
        allowed = np.array([most[code] for code in self.classes] + [np.nan])[self.line_class]
        allowed = np.where(self.laid("DG SX"), self.limit("deep_laid_m"), allowed)
        return np.asarray(self.depth > allowed * (1 + self.limit("depth_share")) + 1e-9)

    @cached_property
    def sure(self) -> Mask:
        """Ends whose elevation may be trusted, shape (2, lines)."""
        level = self.laid("DM") & np.isfinite(self.z)
        return np.asarray((level | (self.gap <= self.limit("joint_m") + 1e-9)) & ~self.too_deep)

    @cached_property
    def _hidden(self) -> Mask:
        return ~self.marked_ends(~self.plain)

    @cached_property
    def _reach(self) -> Floats:
        return np.fmax(np.abs(self.depth), self.limit("hidden_least_m"))

    @cached_property
    def limit_z(self) -> Floats:
        """Limit error of the elevation at both ends (CJJ 61-2017; twice the mean square error)."""
        depth = np.nan_to_num(np.abs(self.depth))
        seen = np.where(
            depth <= self.limit("visible_deep_m"),
            self.limit("accuracy_visible_depth_m"),
            self.limit("accuracy_deep_visible_depth") * depth,
        )
        error = np.where(self._hidden, self.limit("accuracy_hidden_depth") * self._reach, seen)
        return np.asarray(self.limit("limit") * np.hypot(self.limit("accuracy_elevation_m"), error))

    @cached_property
    def limit_xy(self) -> Floats:
        """Limit error of the place in plan at both ends."""
        error = np.where(self._hidden, self.limit("accuracy_hidden_plan") * self._reach, 0.0)
        return np.asarray(self.limit("limit") * np.hypot(self.limit("accuracy_plan_m"), error))

    # ---------------------------------------------------------------- sections, materials, flow

    @cached_property
    def width(self) -> Floats:
        """Width or diameter in mm; NaN where it is missing or A03 finds it odd."""
        return np.where(self.odd_diameter, np.nan, self.numbers("lines", "width_mm"))

    @cached_property
    def height(self) -> Floats:
        """Height in mm, the width where it is missing."""
        height = self.numbers("lines", "height_mm")
        return np.where(np.isnan(height), self.width, np.where(self.odd_diameter, np.nan, height))

    @cached_property
    def odd_diameter(self) -> Mask:
        """Lines of steel or plastic whose diameter is in no series (rule A03)."""
        width, height = self.numbers("lines", "width_mm"), self.numbers("lines", "height_mm")
        judged = self.trait("series") & np.isfinite(width) & ~(np.isfinite(height) & (height != width))
        found = np.zeros(len(self.lines), dtype=np.bool_)
        for material in sorted({row["material"] for row in rows_of("diameters")}):
            known = series(material, "width")
            found |= judged & self.has("lines", "material", material) & ~np.isin(width, known)
        return found

    @cached_property
    def material(self) -> Ints:
        """Number of each line's material in the dictionary; -1 where it is unknown or not for the class."""
        known = tuple(vocabulary().materials)
        number = self.coded("lines", "material", lambda text: known.index(text) if text in known else -1)
        return np.where(self.wrong_material, -1, number)

    @cached_property
    def wrong_material(self) -> Mask:
        """Lines of a known material that their class does not use (rule A06)."""
        known = vocabulary().materials
        pairs = [*known.values()]
        allowed = np.array(
            [[code in row["classes"].split() for code in self.classes] + [True] for row in pairs]
            + [[True] * (len(self.classes) + 1)]
        )
        order = list(known)
        number = self.coded("lines", "material", lambda text: order.index(text) if text in known else -1)
        return ~allowed[number, self.line_class]

    @cached_property
    def flow(self) -> Ints:
        """1 from start to end, -1 from end to start, 0 unknown."""
        return self.coded("lines", "flow_dir", lambda text: {"+": 1, "-": -1}.get(text, 0))

    @cached_property
    def pressed(self) -> Mask:
        """Lines under pressure: with a pressure class or a pressure."""
        said = self.filled("lines", "pressure") | self.filled("lines", "operating")
        return np.asarray(said | self.filled("lines", "design_mpa"))

    @cached_property
    def disused(self) -> Mask:
        """Lines that are abandoned."""
        return self.has("lines", "status", "1")


@cache
def series(material: str, measure: str) -> Floats:
    """The usual diameters or walls of a material in mm."""
    rows = rows_of("diameters")
    values = [
        float(row["value_mm"]) for row in rows if (row["material"], row["measure"]) == (material, measure)
    ]
    return np.array(sorted(set(values)))
