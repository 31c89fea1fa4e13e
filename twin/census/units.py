"""Units as people write them behind numbers and in headers."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path


@cache
def _factors() -> dict[tuple[str, str], float]:
    with Path(__file__).with_name("units.csv").open(encoding="utf-8", newline="") as file:
        return {(row["column_unit"], row["written"]): float(row["factor"]) for row in csv.DictReader(file)}


def factor_of(column_unit: str, written: str) -> float | None:
    """What a number in the unit `written` is multiplied by to stand in `column_unit`; None if it can't be."""
    return _factors().get((column_unit, written.casefold()))


@cache
def written_units(column_unit: str) -> tuple[str, ...]:
    """All units that mean something in a column of this unit."""
    return tuple(written for unit, written in _factors() if unit == column_unit)
