"""Tables put together: all points in one frame, all lines in one, rows numbered, lines named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from twin.census.read_table import Part
from twin.census.survey import SCHEMAS, TEXT, Survey, empty, frame
from twin.text import _


def assembled(
    points: Sequence[Part], lines: Sequence[Part], meta: Mapping[str, str], tables: Mapping[str, pd.DataFrame]
) -> Survey:
    """The survey of all parts; double point numbers are said to the parts they stand in."""
    made = {name: _frame(name, parts) for name, parts in (("points", points), ("lines", lines))}
    made["lines"] = _named(made["lines"])
    _tell_double(made["points"], points)
    cells = _cells("points", points), _cells("lines", lines)
    return Survey(
        points=made["points"],
        lines=made["lines"],
        cells=frame(SCHEMAS["cells"], *_stacked(cells)),
        headers=_headers((*points, *lines)),
        repairs=empty("repairs"),
        meta=dict(meta),
        tables=dict(tables),
    )


def _frame(name: str, parts: Sequence[Part]) -> pd.DataFrame:
    """One canonical table of the parts in their order."""
    schema = SCHEMAS[name]
    rows = sum(len(part) for part in parts)
    columns: dict[str, Any] = {"row": np.arange(rows, dtype=np.int64)}
    if parts:
        counts = [len(part) for part in parts]
        files = pa.array([part.source.file for part in parts], pa.large_string())
        columns["file"] = _text(files.take(pa.array(np.repeat(np.arange(len(parts)), counts))))
        columns["line_no"] = np.concatenate([part.source.line_no for part in parts])
    for column in schema.columns:
        if column.name in columns or not any(column.name in part.columns for part in parts):
            continue
        if column.type == "float":
            columns[column.name] = np.concatenate([_floats(part, column.name) for part in parts])
        else:
            columns[column.name] = _text(
                pa.chunked_array([part.texts(column.name).cast(pa.large_string()) for part in parts])
            )
    return frame(schema, columns, rows)


def _floats(part: Part, name: str) -> NDArray[np.float64]:
    found = part.columns.get(name)
    return np.full(len(part), np.nan) if found is None else np.asarray(found, dtype=np.float64)


def _text(values: Any) -> pd.Series:
    return pd.Series(pd.array(values, dtype=TEXT))


def _named(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines with an id: where the survey gives none, `start-end`, the second of equal ones with `#2`."""
    missing = (lines["id"] == "").to_numpy(dtype=bool)
    if not missing.any():
        return lines
    made = lines.loc[missing, "start"] + "-" + lines.loc[missing, "end"]
    count = made.groupby(made, sort=False).cumcount().to_numpy() + 1
    made = made.where(count == 1, made + "#" + pd.Series(count, index=made.index).astype(str).astype(TEXT))
    ids = lines["id"].copy()
    ids[missing] = made
    return lines.assign(id=ids)


def _cells(table: str, parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Cells that could not be read, with the row of the canonical table."""
    made = []
    offset = 0
    for part in parts:
        for column, rows, texts, problem in part.unread:
            made.append(
                {
                    "table": table,
                    "row": rows + offset,
                    "column": column,
                    "value": texts.to_pylist(),
                    "problem": problem,
                }
            )
        offset += len(part)
    return made


def _stacked(groups: Sequence[list[dict[str, Any]]]) -> tuple[dict[str, Any], int]:
    """Columns of all groups of cells in the order of table, row and column."""
    made = [pd.DataFrame(one) for group in groups for one in group]
    if not made:
        return {}, 0
    whole = pd.concat(made, ignore_index=True)
    order = whole["table"].map({"points": 0, "lines": 1})
    whole = whole.assign(order=order).sort_values(["order", "row", "column"], kind="stable")
    return {name: whole[name].to_numpy() for name in SCHEMAS["cells"].names}, len(whole)


def _headers(parts: Sequence[Part]) -> pd.DataFrame:
    """What every source column was read as."""
    rows = [
        (part.source.file, place, header, part.table, column, problem)
        for part in parts
        for place, header, column, problem in part.headers
    ]
    names = ("file", "position", "header", "table", "column", "problem")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    return frame(SCHEMAS["headers"], {name: list(values) for name, values in columns.items()}, len(rows))


def _tell_double(points: pd.DataFrame, parts: Sequence[Part]) -> None:
    """Say which point numbers stand twice."""
    ids = points["id"]
    double = np.flatnonzero((ids.duplicated() & (ids != "")).to_numpy(dtype=bool))
    offset = 0
    for part in parts:
        rows = double[(double >= offset) & (double < offset + len(part))] - offset
        remedy = _("number one of the points anew, or remove the copy")
        part.tell("census.double-id", "id", rows, _("stands for an earlier point already"), remedy)
        offset += len(part)
