"""Repairs of rows that stand twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from twin.census.repair.asked import Asked, Ints, Mask
from twin.census.repair.patch import ROW, Patch

_OWN = frozenset({"row", "file", "line_no", "repaired"})
_SWAPPED = {
    "start": "end",
    "start_depth_m": "end_depth_m",
    "start_z_m": "end_z_m",
    "start_mileage_m": "end_mileage_m",
}
_TURNED = {"+": "-", "-": "+"}


def same_points(asked: Asked) -> Iterator[Patch]:
    """P02: the row repeats the first of its id in every field."""
    view = asked.view
    at = asked.at("P02", "points")
    at = at[~asked.unread("points")[at] & (view.number[at] >= 0)]
    first = view.first[view.number[at]]
    same = (first != at) & _same(view.points, view.points, at, first, ())
    yield _removal("points", view.points, at[same], first[same], "P02")


def same_lines(asked: Asked) -> Iterator[Patch]:
    """L03: the row repeats the first of its ends in every field but its number, in either direction."""
    view = asked.view
    lines = view.lines
    at = asked.at("L03", "lines")
    at = at[~asked.unread("lines")[at]]
    start, end = view.ends
    ends = pd.DataFrame(
        {"low": np.minimum(start, end), "high": np.maximum(start, end), "class": view.line_class}
    )
    first = ends.index.to_series().groupby([ends[name] for name in ends.columns]).transform("first")
    earlier = first.to_numpy(dtype=np.int64)[at]
    turned = lines.rename(columns=_SWAPPED | {other: name for name, other in _SWAPPED.items()})
    turned = turned.assign(flow_dir=lines["flow_dir"].map(lambda text: _TURNED.get(text, text)))
    same = _same(lines, lines, at, earlier, ("id",)) | _same(turned, lines, at, earlier, ("id",))
    same &= earlier != at
    yield _removal("lines", lines, at[same], earlier[same], "L03")


def _same(here: pd.DataFrame, there: pd.DataFrame, at: Ints, other: Ints, but: tuple[str, ...]) -> Mask:
    """Whether rows `at` of one table agree with rows `other` of another in every surveyed field."""
    same = np.ones(len(at), dtype=np.bool_)
    for name in there.columns:
        if name not in _OWN and name not in but:
            one, two = here[name].to_numpy()[at], there[name].to_numpy()[other]
            same &= np.asarray((one == two) | (pd.isna(one) & pd.isna(two)), dtype=np.bool_)
    return same


def _removal(table: str, data: pd.DataFrame, at: Ints, first: Ints, rule: str) -> Patch:
    rows = data["row"].to_numpy()[first]
    return Patch(table, at, ROW, (), rule, [f"= row {row}" for row in rows])


REPAIRS = {"same-points": same_points, "same-lines": same_lines}
