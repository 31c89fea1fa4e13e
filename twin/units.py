"""Units: the one table of unit symbols, column suffixes and SI factors (`units.csv`).

Inside everything is SI; a value with a unit is converted once, where it enters or leaves.
A column name carries its unit as a suffix: `diameter_mm`, `p_kw`, `r_ohm_per_km`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Unit:
    """One unit: a value in it is `value * factor + offset` in the SI unit of its dimension."""

    symbol: str
    chinese: str
    dimension: str
    factor: float
    offset: float
    suffix: str
    description: str

    @overload
    def to_si(self, value: float) -> float: ...
    @overload
    def to_si(self, value: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def to_si(self, value: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        """`value` (a number or an array of any shape, in this unit) in SI."""
        return value * self.factor + self.offset

    @overload
    def from_si(self, value: float) -> float: ...
    @overload
    def from_si(self, value: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def from_si(self, value: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
        """`value` (a number or an array of any shape, in SI) in this unit."""
        return (value - self.offset) / self.factor


@cache
def units() -> tuple[Unit, ...]:
    """Every unit, in the order of the table."""
    lines = files("twin").joinpath("units.csv").read_text(encoding="utf-8").splitlines()
    return tuple(
        Unit(symbol, chinese, dimension, float(factor), float(offset), suffix, description)
        for symbol, chinese, dimension, factor, offset, suffix, description in list(csv.reader(lines))[1:]
    )


@cache
def spellings() -> dict[str, Unit]:
    """Every way to write a unit (symbol, m² for m2, °C, ％, Chinese word) and the unit it means."""
    found: dict[str, Unit] = {}
    for unit in units():
        raised = unit.symbol.replace("m2", "m²").replace("m3", "m³")
        found |= {unit.symbol: unit, unit.chinese: unit, raised: unit}
    return found | {"℃": found["degC"], "°C": found["degC"], "％": found["%"]}


def unit(text: str) -> Unit | None:
    """The unit written as `text` ("mm", "m³/h", "毫米"), None where there is no such unit."""
    return spellings().get(text)


@cache
def column_unit(name: str) -> Unit | None:
    """The unit that a column name ends with ("diameter_mm" -> mm), None where it has none.

    The longest suffix wins: `r_ohm_per_km` is in ohm/km, not in km.
    """
    fitting = [unit for unit in units() if name.endswith(f"_{unit.suffix}")]
    return max(fitting, key=lambda unit: len(unit.suffix), default=None)


def of_dimension(*dimensions: str) -> tuple[Unit, ...]:
    """The units that measure any of `dimensions` ("length", "share"), in the order of the table."""
    return tuple(unit for unit in units() if unit.dimension in dimensions)
