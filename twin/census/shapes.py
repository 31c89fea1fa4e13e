"""Points and lines that are drawn: places out of geometry, ends of lines at the points they touch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from twin.census.formats.source import SourceTable, shapes_of, warning
from twin.census.read_table import Part
from twin.model.finding import Finding
from twin.text import _

DECIMALS = 3
"""Ends meet a point where they agree to the millimetre."""
_DRAWN = "drawn"


def place_points(part: Part) -> None:
    """Give points the place of their geometry where no columns have it, and ids where they have none."""
    if part.source.geometry is None or {"x_m", "y_m"} <= set(part.columns):
        return
    shapes = _shapes(part.source)
    shapes = np.where(shapely.is_empty(shapes), None, shapely.point_on_surface(shapes))
    part.columns["x_m"], part.columns["y_m"] = shapely.get_x(shapes), shapely.get_y(shapes)
    z = shapely.get_z(shapes)
    if "ground_m" not in part.columns and bool(np.any(z[np.isfinite(z)] != 0)):
        part.columns["ground_m"] = z
    if "id" not in part.columns:
        _number(part)


def _number(part: Part) -> None:
    """Ids made from the name of the table and the number of the row."""
    name = part.source.name or "point"
    part.columns["id"] = pa.array([f"{name}-{number}" for number in part.source.line_no], pa.string())
    problem, remedy = (
        _("the points have no numbers; they were numbered by their rows"),
        _("deliver the point numbers"),
    )
    part.findings.append(warning("census.numbered", part.source.file, problem, remedy))


def join_lines(points: list[Part], lines: Sequence[Part]) -> tuple[list[Part], list[Part], list[Finding]]:
    """Lines without stated ends cut at their vertices, each vertex a point: a known one there, or a new one.

    Returns
    -------
    tuple
        Tables of points with the new ones, tables of lines, findings.
    """
    drawn = [
        part
        for part in lines
        if part.source.geometry is not None and not {"start", "end"} <= set(part.columns)
    ]
    if not drawn:
        return points, list(lines), []
    known = _known(points)
    findings: list[Finding] = []
    result: list[Part] = []
    for part in lines:
        if part not in drawn:
            result.append(part)
            continue
        cut, new = _cut(part, known)
        result.append(cut)
        if len(new):
            points = [*points, new]
        problem = _(
            "the lines state no ends; cut at their vertices they are {lines} lines, with {points} new points",
            lines=len(cut), points=len(new),
        )  # fmt: skip
        findings.append(
            warning("census.drawn-lines", part.source.file, problem, _("deliver point and line tables"))
        )
    return points, result, findings


def _known(points: Sequence[Part]) -> dict[tuple[float, float], str]:
    """Id of the first point at each place."""
    known: dict[tuple[float, float], str] = {}
    for part in points:
        if {"x_m", "y_m", "id"} <= set(part.columns):
            places = np.round(np.column_stack([part.columns["x_m"], part.columns["y_m"]]), DECIMALS)
            for place, name in zip(map(tuple, places.tolist()), part.columns["id"].to_pylist(), strict=True):
                known.setdefault(place, name)
    return known


def _cut(part: Part, known: dict[tuple[float, float], str]) -> tuple[Part, Part]:
    """The lines of a table cut at their vertices, and the points that were not known."""
    pieces, piece_of = shapely.get_parts(_shapes(part.source), return_index=True)
    vertices, vertex_of = shapely.get_coordinates(pieces, include_z=True, return_index=True)
    first = np.flatnonzero(vertex_of[:-1] == vertex_of[1:]) if len(vertex_of) else np.zeros(0, dtype=np.int64)
    rows = piece_of[vertex_of]
    names, new = _names(part, vertices, known)
    lost = np.setdiff1d(np.arange(len(part)), rows[first])
    cut = _taken(part, np.concatenate([rows[first], lost]))
    blank = pa.array([""] * len(lost), pa.string())
    for name, ends in (("start", first), ("end", first + 1)):
        cut.columns[name] = pa.concat_arrays([names.take(pa.array(ends)), blank])
    z = vertices[:, 2]
    if bool(np.any(z[np.isfinite(z)] != 0)) and "start_z_m" not in cut.columns:
        unknown = np.full(len(lost), np.nan)
        cut.columns["start_z_m"] = np.concatenate([z[first], unknown])
        cut.columns["end_z_m"] = np.concatenate([z[first + 1], unknown])
    if len(lost):
        problem = _("lines without a geometry of two points: {count}", count=len(lost))
        remedy, line = _("draw them again; they were kept without ends"), int(part.source.line_no[lost[0]])
        cut.findings.append(warning("census.no-geometry", part.source.file, problem, remedy, line=line))
    added = Part("points", _rows_of(part.source, rows[new]), part.mapping)
    added.columns = {
        "id": names.take(pa.array(new)),
        "x_m": vertices[new, 0],
        "y_m": vertices[new, 1],
        **{name: part.texts(name).take(pa.array(rows[new])) for name in ("category", "extra")},
    }
    return cut, added


def _names(
    part: Part, vertices: NDArray[np.float64], known: dict[tuple[float, float], str]
) -> tuple[Any, NDArray[np.int64]]:
    """Ids of the points at all vertices, and which vertices made a new one."""
    places = pd.MultiIndex.from_arrays(list(np.round(vertices[:, :2], DECIMALS).T))
    numbers, different = pd.factorize(places)
    first = pd.Series(np.arange(len(numbers))).groupby(numbers).first().to_numpy(dtype=np.int64)
    stem = part.source.name or _DRAWN
    ids, new = [], []
    for place, vertex in zip(different, first, strict=True):
        if place not in known:
            known[place] = f"{stem}-{_DRAWN}-{len(known) + 1}"
            new.append(int(vertex))
        ids.append(known[place])
    return pa.array(ids, pa.string()).take(pa.array(numbers)), np.array(new, dtype=np.int64)


def _taken(part: Part, rows: NDArray[np.int64]) -> Part:
    """Rows of a table in a new order, some of them several times."""
    taken = Part(part.table, _rows_of(part.source, rows), part.mapping)
    taken.headers, taken.findings, taken.units = part.headers, part.findings, part.units
    for name, values in part.columns.items():
        taken.columns[name] = values[rows] if isinstance(values, np.ndarray) else values.take(pa.array(rows))
    for name, bad, texts, problem in part.unread:
        at = {int(row): number for number, row in enumerate(bad)}
        new = np.flatnonzero(np.isin(rows, bad))
        chosen = texts.take(pa.array([at[int(rows[row])] for row in new], pa.int64()))
        taken.unread.append((name, new, chosen, problem))
    return taken


def _rows_of(source: SourceTable, rows: NDArray[np.int64]) -> SourceTable:
    return SourceTable(source.file, source.name, source.headers, (), source.line_no[rows], crs=source.crs)


def _shapes(source: SourceTable) -> Any:
    return shapes_of(source.geometry)
