"""Joined tables of a synthetic city: what a survey does not carry."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import twin
from twin.synthesis.town import Built, Spot, Town

_SCHEMAS = Path(twin.__file__).parent / "census" / "schema" / "joined"


@cache
def columns(table: str) -> dict[str, str]:
    """Columns of a joined table and their types."""
    with (_SCHEMAS / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row["column"]: row["type"] for row in csv.DictReader(file)}


def tables(town: Town, built: list[Built], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Every joined table with all its columns."""
    ids = {work.laid.lane.name: work.ids for work in built}
    names = sorted(path.stem for path in _SCHEMAS.glob("*.csv"))
    return {name: _table(name, town.rows.get(name, []), ids) for name in names}


def _table(name: str, rows: list[dict[str, object]], ids: dict[str, object]) -> pd.DataFrame:
    """Rows as a frame: survey points by their ids, missing text empty, missing numbers NaN."""
    made = {}
    for column, kind in columns(name).items():
        values = [_told(row.get(column), ids) for row in rows]
        if kind in ("float", "int"):
            numbers = np.array([np.nan if value is None else float(str(value)) for value in values])
            made[column] = (
                numbers.astype(np.int64) if kind == "int" and not np.isnan(numbers).any() else numbers
            )
        else:
            made[column] = np.array(["" if value is None else str(value) for value in values], dtype=object)
    return pd.DataFrame(made)


def _told(value: object, ids: dict[str, object]) -> object:
    if isinstance(value, Spot):
        return ids[value.lane][value.point]  # type: ignore[index]
    return value
