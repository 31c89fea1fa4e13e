"""A survey as the rules look at it: codes for texts, ends as rows, what may be trusted."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
import shapely

from twin.census.rules.columns import SIDES, Columns
from twin.census.rules.data import rows_of
from twin.census.rules.hits import Floats, Ints, Mask
from twin.census.vocabulary import vocabulary

__all__ = ["SIDES", "View", "series"]


class View(Columns):
    """The columns of a survey with places, elevations and sections, as far as they may be trusted."""

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
