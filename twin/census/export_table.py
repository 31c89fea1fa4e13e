"""One table of a survey in the words of a mapping."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from twin.census.axes import EAST
from twin.census.cells import texts_of
from twin.census.crs import ZONE
from twin.census.mappings import AXES, CANONICAL, CODED, FieldMapping, plain
from twin.census.survey import SCHEMAS, Survey
from twin.census.units import factor_of
from twin.model.schema import Column

_DECIMALS = 9
"""Decimals that a change of unit keeps."""


def written_table(survey: Survey, mapping: FieldMapping, table: str, rows: NDArray[np.int64]) -> pa.Table:
    """The rows of a canonical table under the headers and in the codes of `mapping`; empty texts are null."""
    data: pd.DataFrame = getattr(survey, table).iloc[rows]
    unread = _unread(survey, table, data)
    extra = _extra(data)
    columns: dict[str, Any] = {}
    for column in SCHEMAS[table].columns:
        header = _header(survey, mapping, table, column.name)
        if not header:
            continue
        made = _column(survey, mapping, data, column)
        made = _with_unread(made, data, column.name, unread.get(column.name, {}))
        if header in extra and column.name in mapping.lossy:
            made = _with_lossy(made, data[column.name], extra.pop(header), mapping.meanings(column.name))
        if (
            mapping.name == CANONICAL
            or column.name in mapping.headers.get(table, {})
            or made.null_count < len(made)
        ):
            columns[header] = made
    taken = {plain(header) for header in columns} | set(mapping.columns(table))
    for key, values in extra.items():
        columns[key if plain(key) not in taken else f"{key}#"] = pa.array(values, pa.string())
    return pa.table(list(columns.values()), names=list(columns))


def _header(survey: Survey, mapping: FieldMapping, table: str, column: str) -> str:
    """The header of a column; X and Y as the survey had them, where it was written in this mapping."""
    came = survey.meta.get("axis") == AXES[1] and mapping.name in survey.meta.get("mapping", "").split()
    other = {"x_m": "y_m", "y_m": "x_m"} if came else {}
    return mapping.header(table, other.get(column, column))


def _column(survey: Survey, mapping: FieldMapping, data: pd.DataFrame, column: Column) -> Any:
    """The values of a column as they are written: numbers, or texts with null for empty ones."""
    values = data[column.name]
    if column.type == "float":
        numbers = values.to_numpy(dtype=np.float64)
        if column.name == "x_m" and survey.meta.get("zone"):
            bare = (numbers >= EAST[0]) & (numbers <= EAST[1])
            numbers = np.where(bare, numbers + int(survey.meta["zone"]) * ZONE, numbers)
        if unit := mapping.units.get(column.name):
            numbers = np.round(numbers / (factor_of(column.unit, unit) or 1.0), _DECIMALS)
        return pa.array(numbers, pa.float64(), from_pandas=True)
    texts = pa.array(values, pa.large_string()).cast(pa.string())
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    if column.name in CODED:
        encoded = texts.dictionary_encode()
        words = mapping.written(column.name)
        written = [words.get(code, code) for code in encoded.dictionary.to_pylist()]
        texts = pa.array(written, pa.string()).take(encoded.indices)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _unread(survey: Survey, table: str, data: pd.DataFrame) -> dict[str, dict[int, str]]:
    """Texts of the cells that could not be read, by column and position in `data`."""
    cells = survey.cells[survey.cells["table"] == table]
    if not len(cells):
        return {}
    place = pd.Series(np.arange(len(data)), index=data["row"].to_numpy())
    cells = cells[cells["row"].isin(place.index)]
    result: dict[str, dict[int, str]] = {}
    for row, column, value in zip(cells["row"], cells["column"], cells["value"], strict=True):
        result.setdefault(str(column), {})[int(place[row])] = str(value)
    return result


def _with_unread(made: Any, data: pd.DataFrame, column: str, cells: Mapping[int, str]) -> Any:
    """The column with the cells that could not be read, where they were not repaired since."""
    repaired = data["repaired"].to_numpy(dtype=object)
    missing = np.asarray(made.is_null())
    put = {
        place: text
        for place, text in cells.items()
        if column not in str(repaired[place]).split() and (missing[place] or column == "category")
    }
    if not put:
        return made
    texts = texts_of(made).to_pylist()
    for place, text in put.items():
        texts[place] = text
    return pa.array([text or None for text in texts], pa.string())


def _extra(data: pd.DataFrame) -> dict[str, list[str | None]]:
    """Columns of the cells without a canonical column, in the order in which they first occur."""
    texts = data["extra"].to_numpy(dtype=object)
    columns: dict[str, list[str | None]] = {}
    for place in np.flatnonzero(texts != ""):
        for key, value in json.loads(texts[place]).items():
            columns.setdefault(key, [None] * len(texts))[place] = str(value)
    return columns


def _with_lossy(made: Any, values: pd.Series, kept: list[str | None], meanings: Mapping[str, str]) -> Any:
    """The column with the codes that say more than their canonical one, where that has not changed."""
    now = values.to_numpy(dtype=object)
    written = made.to_pylist()
    for place, text in enumerate(kept):
        if text is not None and meanings.get(text) == now[place]:
            written[place] = text
    return pa.array(written, pa.string())
