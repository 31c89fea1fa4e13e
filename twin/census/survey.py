"""A survey in canonical tables: points, lines, what could not be read, and where everything came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from twin.model.schema import Schema, read_schemas

_SCHEMAS = Path(__file__).parent / "schema"
SCHEMAS: Mapping[str, Schema] = read_schemas(_SCHEMAS)
"""Schemas of `points`, `lines`, `cells`, `headers` and `repairs`."""
JOINED: Mapping[str, Schema] = read_schemas(_SCHEMAS / "joined")
"""Schemas of the tables that a survey does not carry and that are joined to it."""
TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
"""Text columns; missing text is the empty string, never NA."""


@dataclass(frozen=True)
class Survey:
    """A census in canonical form.

    Attributes
    ----------
    points, lines
        All columns of their schema in its order; `row` counts from 0 and is the identity of a row.
    cells
        Cells that could not be read as what their column holds.
    headers
        Columns of the source tables, and what each was read as.
    repairs
        What was repaired, in order.
    meta
        `name`, `crs` (EPSG:n), `vertical_datum`, `mapping`, `census_date`, `standard` and what else is known.
    tables
        Joined tables by name (columns of `JOINED`).
    """

    points: pd.DataFrame
    lines: pd.DataFrame
    cells: pd.DataFrame
    headers: pd.DataFrame
    repairs: pd.DataFrame
    meta: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def frame(schema: Schema, columns: Mapping[str, object] | None = None, rows: int = 0) -> pd.DataFrame:
    """A frame with the columns of `schema` in its order and their types; what is not given is missing."""
    given = dict(columns or {})
    made: dict[str, object] = {}
    for column in schema.columns:
        values = given.get(column.name)
        if column.type in ("float", "int"):
            blank = np.full(rows, np.nan) if column.type == "float" else np.zeros(rows, dtype=np.int64)
            kind = np.float64 if column.type == "float" else np.int64
            made[column.name] = blank if values is None else np.asarray(values, dtype=kind)
        elif column.type == "bool":
            made[column.name] = (
                np.zeros(rows, dtype=np.bool_) if values is None else np.asarray(values, np.bool_)
            )
        else:
            text = pd.Series([""] * rows if values is None else values, dtype=TEXT)
            made[column.name] = text.fillna("").array
    return pd.DataFrame(made)


def empty(name: str) -> pd.DataFrame:
    """An empty canonical table by name."""
    return frame(SCHEMAS[name])
