"""Tables: named NumPy columns under a schema, checked once when they are built, never changed after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.model.columns import Checker
from twin.model.finding import Finding
from twin.model.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """An immutable table: one read-only array per column of its schema, all of equal length.

    Text and ids are object arrays of `str`, numbers float64 or int64 (a missing float is NaN), flags bool.
    """

    name: str
    schema: Schema
    columns: Mapping[str, Array]

    def __post_init__(self) -> None:
        for array in self.columns.values():
            array.flags.writeable = False

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self)} rows, {len(self.columns)} columns>"

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, column: str) -> Array:
        return self.columns[column]

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Row number by id (tables with an `id` column)."""
        return {str(name): row for row, name in enumerate(self.columns["id"])}

    def of_kind(self, *kinds: str) -> NDArray[np.intp]:
        """Rows whose kind is one of `kinds`."""
        return np.flatnonzero(np.isin(self.columns["kind"].astype(str), kinds))

    def records(self) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries, for small tables."""
        names = list(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))

    def frame(self) -> pd.DataFrame:
        """The table as a pandas frame (a copy)."""
        import pandas as pd

        return pd.DataFrame({name: array.copy() for name, array in self.columns.items()})

    @classmethod
    def build(
        cls, schema: Schema, raw: Mapping[str, Sequence[Any] | Array], file: str = ""
    ) -> tuple[Table, list[Finding]]:
        """A table from raw columns (texts or values), and all that is wrong with them.

        Missing optional columns are filled with defaults; unknown columns, unreadable values, values out
        of bounds and duplicate ids become findings under `file`. The table is usable only if no finding
        is an error.
        """
        checker = Checker(schema, file or schema.name)
        columns = checker.columns(raw)
        order = _sort_order(schema, columns)
        return cls(schema.name, schema, {k: v[order] for k, v in columns.items()}), checker.findings

    @classmethod
    def empty(cls, schema: Schema) -> Table:
        """A table without rows."""
        return cls.build(schema, {column.name: [] for column in schema.columns})[0]


def _sort_order(schema: Schema, columns: Mapping[str, Array]) -> NDArray[np.intp]:
    keys = [columns[name] for name in reversed(schema.sort_key) if name in columns]
    length = len(next(iter(columns.values()))) if columns else 0
    if not keys:
        return np.arange(length)
    return np.lexsort([key.astype(str) if key.dtype == object else key for key in keys])
