"""Rules of single lines: their ends, their depths, and whether lines that meet agree."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from twin.census.rules.columns import SIDES
from twin.census.rules.data import rows_of
from twin.census.rules.hits import Floats, Hits, Ints, hits, texts
from twin.census.rules.incidence import group_starts
from twin.census.rules.view import View


def missing_ends(view: View) -> Iterator[Hits]:
    """L01: start or end is empty."""
    for side, numbers in zip(SIDES, view.ends, strict=True):
        found = numbers < 0
        yield hits("lines", found, side, [""] * int(found.sum()), "")


def closed_lines(view: View) -> Iterator[Hits]:
    """L02: start and end are the same id."""
    found = (view.ends[0] >= 0) & (view.ends[0] == view.ends[1])
    yield hits("lines", found, "end", view.names[view.ends[1][found]], "")


def repeated_lines(view: View) -> Iterator[Hits]:
    """L03: an earlier line of the class has the same ends, in either order."""
    start, end = view.ends
    ends = pd.DataFrame(
        {"low": np.minimum(start, end), "high": np.maximum(start, end), "class": view.line_class}
    )
    ends = ends[(ends["low"] >= 0) & (ends["low"] != ends["high"])]
    first = ends.index.to_series().groupby([ends[name] for name in ends.columns]).transform("first")
    again = first[first != ends.index]
    at, earlier = again.index.to_numpy(), again.to_numpy()
    yield hits("lines", at, "id", [f"= {row}" for row in view.lines["row"].to_numpy()[earlier]], "")


def deep_lines(view: View) -> Iterator[Hits]:
    """L04: a depth is beyond the maximum of the class (`classes.csv`) plus the noise of a depth."""
    most = {row["class"]: row["max_depth_m"] for row in rows_of("classes")}
    for side, found, depth in zip(SIDES, view.too_deep, view.depth, strict=True):
        allowed = [f"<= {most[view.classes[number]]}" for number in view.line_class[found]]
        yield hits("lines", found, f"{side}_depth_m", depth[found], allowed)


def uneven_points(view: View) -> Iterator[Hits]:
    """L05: trusted elevations of a class differ at a point by more than errors and drops explain."""
    joints = view.joints
    there = view.end_at >= 0
    numbers, rows, sides = joints.meetings(view.sure & there & ~view.laid("JN"))
    starts = group_starts(numbers, view.line_class[rows])
    if not len(starts):
        return
    z, error = view.z[sides, rows], view.limit_z[sides, rows]
    thick = np.nan_to_num(view.height[rows]) / 1000
    spread = np.maximum.reduceat(z, starts) - np.minimum.reduceat(z, starts)
    slack = _two_largest(error, starts)
    slack += np.maximum.reduceat(thick, starts) - np.minimum.reduceat(thick, starts)
    at = view.first[numbers[starts]]
    drop = view.marked("drop")[at]
    manhole = view.trait("gravity")[rows[starts]] & ~view.plain[at]
    slack += np.where(manhole, view.limit("manhole_drop_m"), 0.0)
    slack = np.where(drop, view.limit("drop_well_m"), slack)
    bad = (spread > slack + 1e-9) & ~(view.marked("riser") | view.marked("pump") | view.poles)[at]
    pairs = zip(texts(spread[bad]), texts(slack[bad]), strict=True)
    said, allowed = zip(*pairs, strict=True) if bad.any() else ((), ())
    severity = ["warning" if legal else "error" for legal in drop[bad]]
    yield hits("points", at[bad], "z_m", said, [f"<= {one}" for one in allowed], severity)


def _two_largest(values: Floats, starts: Ints) -> Floats:
    """Sum of the two largest values of each group."""
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))
    ordered = values[np.lexsort((values, group))]
    last = np.append(starts[1:], len(values)) - 1
    return np.asarray(ordered[last] + np.where(last > starts, ordered[np.maximum(last - 1, 0)], 0.0))


RULES = {
    "L01": missing_ends,
    "L02": closed_lines,
    "L03": repeated_lines,
    "L04": deep_lines,
    "L05": uneven_points,
}
