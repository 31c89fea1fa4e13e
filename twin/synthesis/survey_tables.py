"""The tables of a survey while they are made: columns as arrays, rows that are picked, added, left out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import twin

Columns = dict[str, npt.NDArray[Any]]
Rows = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
SCHEMAS = Path(twin.__file__).parent / "census" / "schema"
"""Where the canonical tables are described (as data: nothing of the census is imported)."""
TABLES = ("points", "lines")
CELL_MM = 0.001
"""Tables give coordinates and elevations to the millimetre."""


@dataclass(frozen=True)
class Field:
    """A column of a canonical table: its name, type (`text`, `float`, `int`) and Chinese header."""

    name: str
    type: str
    chinese: str


@cache
def fields(table: str) -> tuple[Field, ...]:
    """The columns of `points` or `lines` that a surveyor delivers, in his order: X (north) before Y."""
    with (SCHEMAS / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = [Field(row["column"], row["type"], row["chinese"]) for row in csv.DictReader(file)]
    order = {"Y": "X", "X": "Y"}
    known = {row.chinese: row for row in rows if row.chinese}
    return tuple(known[order.get(header, header)] for header in known)


@dataclass
class Draft:
    """A survey in the making.

    Attributes
    ----------
    points, lines
        Column name to array; text as object arrays of `str` ("" = missing), numbers as float64 (NaN =
        missing). Besides the columns of the schema there is `file`, the table the row is delivered in.
    tables
        Joined tables by name.
    cells
        Cells that hold a text where a number belongs: (table, row) and column to text.
    headers
        Headers of one file that are not what they should be: file to (column, header) pairs; a column of ""
        adds an empty column with that header.
    """

    points: Columns
    lines: Columns
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    cells: dict[tuple[str, int, str], str] = field(default_factory=dict)
    headers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def table(self, name: str) -> Columns:
        """The columns of `points` or `lines`."""
        return self.points if name == "points" else self.lines

    def ends(self) -> tuple[Rows, Rows]:
        """Row of the point each line starts and ends at; -1 where there is none (of equal ids the first)."""
        rows = len(self.points["id"])
        numbers, known = pd.factorize(
            np.concatenate([self.points["id"], self.lines["start"], self.lines["end"]])
        )
        first = np.full(len(known), -1, dtype=np.intp)
        first[numbers[:rows][::-1]] = np.arange(rows)[::-1]
        first[known == ""] = -1
        starts, ends = first[numbers[rows:]].reshape(2, -1)
        return starts, ends

    def copy(self) -> Draft:
        """A draft whose columns can be changed without changing this one."""
        points = {name: column.copy() for name, column in self.points.items()}
        lines = {name: column.copy() for name, column in self.lines.items()}
        return Draft(points, lines, self.tables, dict(self.cells), dict(self.headers))

    def append(self, table: str, source: Rows, changes: Mapping[str, Iterable[Any]]) -> Rows:
        """Copies of the rows `source` behind the table, with `changes`; where the new rows stand."""
        columns = self.table(table)
        first = len(columns["id"])
        for name, column in columns.items():
            added = np.array(column[source])
            if name in changes:
                added[:] = list(changes[name])
            columns[name] = np.concatenate([column, added])
        return np.arange(first, first + len(source), dtype=np.intp)

    def keep(self, table: str, mask: Mask) -> None:
        """Leave out the rows of a table that are not in `mask`; texts in number cells move with their row."""
        number = np.cumsum(mask) - 1
        columns = self.table(table)
        for name in columns:
            columns[name] = columns[name][mask]
        self.cells = {
            (kind, int(number[row]) if kind == table else row, column): text
            for (kind, row, column), text in self.cells.items()
            if kind != table or mask[row]
        }


def columns_of(table: str, frame: pd.DataFrame) -> Columns:
    """The columns of a frame as arrays; the columns of the schema that it lacks are missing values."""
    rows = len(frame)
    columns: Columns = {}
    for own in fields(table):
        if own.type == "text":
            given = frame.get(own.name)
            columns[own.name] = _texts(given, rows)
        else:
            numbers = frame[own.name] if own.name in frame else np.full(rows, np.nan)
            columns[own.name] = np.array(numbers, dtype=np.float64)
    return columns


def _texts(values: Any, rows: int) -> npt.NDArray[Any]:
    if values is None:
        return np.full(rows, "", dtype=object)
    return np.asarray(pd.Series(values).astype(object).fillna("").to_numpy(), dtype=object)
