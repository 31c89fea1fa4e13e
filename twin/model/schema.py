"""Schemas: what columns a table has, read from the CSV files that the manual prints."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

TYPES = ("id", "text", "float", "int", "bool", "choice", "ref", "component")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, unit
        The name carries the unit of the file (`diameter_mm`); `unit` is for the manual.
    type
        `id` (bare id, unique in the table), `text`, `float`, `int`, `bool`, `choice` (one of `choices`),
        `ref` (bare id of a row of table `target`), `component` (full id `<lifeline>/<kind>/<id>`).
    kinds
        The kinds it applies to; empty means all.
    default
        None: required; "": may be missing (NaN, empty text); otherwise the text of the default value.
    bounds
        "", ">0", ">=0", "0..1": the admissible values.
    key
        Rank among the columns that the rows are sorted by; 0 for none.
    """

    name: str
    type: str
    unit: str = ""
    kinds: tuple[str, ...] = ()
    default: str | None = ""
    bounds: str = ""
    key: int = 0
    description: str = ""
    choices: tuple[str, ...] = ()
    target: str = ""

    def applies(self, kind: str) -> bool:
        """Whether rows of `kind` have this column."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True)
class Schema:
    """The columns of one table, in file order."""

    name: str
    columns: tuple[Column, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in file order."""
        return tuple(column.name for column in self.columns)

    @property
    def sort_key(self) -> tuple[str, ...]:
        """The columns that rows are sorted by."""
        keyed = [column for column in self.columns if column.key]
        return tuple(column.name for column in sorted(keyed, key=lambda column: column.key))


def read_schema(path: Path) -> Schema:
    """The schema in the CSV file `path`; the file's stem is the table's name.

    The CSV has the columns `column,type,unit,kinds,default,bounds,key,description`; a type is written
    `choice:a|b` or `ref:nodes`; an empty default means required, `-` means optional.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return Schema(path.stem, tuple(_column(row) for row in csv.DictReader(file)))


def read_schemas(folder: Path, names: Iterable[str] | None = None) -> dict[str, Schema]:
    """All schemas of a folder by table name; `names` gives a choice and an order."""
    chosen = list(names) if names is not None else sorted(path.stem for path in folder.glob("*.csv"))
    return {name: read_schema(folder / f"{name}.csv") for name in chosen}


def _column(row: Mapping[str, str]) -> Column:
    type_, _, detail = row["type"].partition(":")
    if type_ not in TYPES:
        raise ValueError(f"column {row['column']}: type {type_!r} is not one of {', '.join(TYPES)}")
    default = {"": None, "-": ""}.get(row["default"], row["default"])
    return Column(
        name=row["column"],
        type=type_,
        unit=row["unit"],
        kinds=tuple(row["kinds"].split()),
        default=default,
        bounds=row["bounds"],
        key=int(row["key"] or 0),
        description=row["description"],
        choices=tuple(detail.split("|")) if type_ == "choice" else (),
        target=detail if type_ == "ref" else "",
    )
