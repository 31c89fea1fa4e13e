"""Which coordinate is north, and what stands in front of the easting: read off the values, and said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.census.crs import ZONE

Floats = NDArray[np.float64]
NORTH = (1.9e6, 6.0e6)
"""Northings of Gauss-Krueger between 17 and 54 degrees north, in m."""
EAST = (1.0e5, 9.0e5)
"""Eastings without zone prefix, in m."""
ZONES = (13, 45)
"""Numbers of the six-degree (13 to 23) and three-degree (25 to 45) zones of the country."""
MOST_DEGREES = 180.0
SMALLEST_METRES = 1000.0
CUT_DECIMALS = 6
UNITS: Mapping[str, tuple[float, float]] = {"cm": (20.0, 500.0), "mm": (500.0, 50_000.0)}
"""Medians of depths that are no metres: nobody digs 20 m on average."""
FEWEST = 20
"""Values from which a unit is told by their size alone."""


@dataclass(frozen=True)
class Axes:
    """What the coordinates of a table are.

    Attributes
    ----------
    kind
        `plain` (east and north where they belong), `exchanged`, `degrees`, `local` (can't be told) or `none`.
    zone
        Zone number in front of most eastings; 0 for none.
    odd
        Rows that are something else than most: degrees, exchanged, or another zone or none.
    """

    kind: str
    zone: int
    odd: NDArray[np.int64]


def axes_of(east: Floats, north: Floats) -> Axes:
    """What two columns, thought to be east and north in m, really are."""
    known = np.isfinite(east) & np.isfinite(north)
    kinds = np.select(
        [
            ~known,
            _is_east(east) & _is_north(north),
            _is_north(east) & _is_east(north),
            (np.abs(east) <= MOST_DEGREES) & (np.abs(north) <= MOST_DEGREES) & ((east != 0) | (north != 0)),
        ],
        [0, 1, 2, 3],
        default=4,
    )
    counts = np.bincount(kinds[known], minlength=5)
    if not counts.any():
        return Axes("none", 0, np.zeros(0, dtype=np.int64))
    most = int(np.argmax(counts))
    zones = zones_of(north if most == 2 else east)
    zone = int(np.bincount(zones[known & (kinds == most)]).argmax()) if most in (1, 2) else 0
    odd = known & (kinds != most) & (kinds != 4)
    if most in (1, 2):
        odd |= (kinds == most) & (zones != zone)
    return Axes(("none", "plain", "exchanged", "degrees", "local")[most], zone, np.flatnonzero(odd))


def zones_of(east: Floats) -> NDArray[np.int64]:
    """The zone number in front of each easting; 0 for none."""
    zones = np.where(np.isfinite(east), np.floor(np.nan_to_num(east) / ZONE), 0).astype(np.int64)
    return np.where((zones >= ZONES[0]) & (zones <= ZONES[1]), zones, 0)


def without_prefix(east: Floats, zone: int) -> Floats:
    """Eastings without the number of their zone."""
    cut = np.round(east - zone * ZONE, CUT_DECIMALS)
    return np.where(zones_of(east) == zone, cut, east) if zone else east


def unit_of_depths(depths: Floats) -> str:
    """The unit that the size of depths speaks for, "" for metres or where there are too few."""
    size = np.abs(depths[np.isfinite(depths) & (depths != 0)])
    if len(size) < FEWEST:
        return ""
    middle = float(np.median(size))
    return next((unit for unit, (low, high) in UNITS.items() if low <= middle < high), "")


def _is_north(values: Floats) -> NDArray[np.bool_]:
    return (values >= NORTH[0]) & (values <= NORTH[1])


def _is_east(values: Floats) -> NDArray[np.bool_]:
    bare = np.where(zones_of(values) > 0, np.mod(np.nan_to_num(values), ZONE), values)
    return (bare >= EAST[0]) & (bare <= EAST[1])
