"""Coordinate systems of surveys: zones of Gauss-Krueger, prefixes of eastings, degrees."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.io.files import refuse
from twin.text import _

DEFAULT_DATUM = "CGCS2000"
"""The datum that CJJ 61-2017 (clause 3.0.4) recommends; taken where only a zone is known, and said so."""
ZONE = 1_000_000.0
_SAME_DATUM = ("China Geodetic Coordinate System 2000", "World Geodetic System 1984", "China 2000")
_CONFIDENCE = 70


@dataclass(frozen=True)
class Series:
    """Gauss-Krueger zones of one datum and width: EPSG codes of the first, with and without zone prefix."""

    datum: str
    width_deg: int
    first_zone: int
    last_zone: int
    with_zone: int
    without_zone: int

    def meridian(self, zone: int) -> float:
        """Central meridian of a zone in degrees."""
        return float(zone * 3 if self.width_deg == 3 else zone * 6 - 3)


@cache
def series() -> tuple[Series, ...]:
    """The series that are known."""
    with Path(__file__).with_name("crs_series.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Series(row["datum"], *(int(row[name]) for name in list(row)[1:])) for row in csv.DictReader(file)
        )


def epsg(given: str, where: str) -> str:
    """A coordinate system as `EPSG:n` where it has a number, else as WKT; DatasetError where it is none."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        found = CRS.from_user_input(given)
        number = found.to_epsg(min_confidence=_CONFIDENCE)
    except CRSError:
        problem = _("{value!r} is no coordinate system", value=given[:80])
        raise refuse("crs.unknown", where, problem, _("give one like EPSG:4548")) from None
    return f"EPSG:{number}" if number else str(found.to_wkt())


def without_zone(crs: str) -> tuple[str, int]:
    """The same system without zone prefix, and its zone; unchanged and 0 where it has none."""
    number = int(crs[5:]) if crs.startswith("EPSG:") else 0
    for one in series():
        if 0 <= number - one.with_zone <= one.last_zone - one.first_zone:
            offset = number - one.with_zone
            return f"EPSG:{one.without_zone + offset}", one.first_zone + offset
    return crs, 0


def of_zone(zone: int, datum: str = DEFAULT_DATUM) -> str:
    """The system of a zone number without prefix; "" where there is no such zone."""
    for one in series():
        if one.datum == datum and one.first_zone <= zone <= one.last_zone:
            return f"EPSG:{one.without_zone + zone - one.first_zone}"
    return ""


def meridian(crs: str) -> float | None:
    """Central meridian of a transverse Mercator system; None of any other."""
    from pyproj import CRS

    operation = CRS.from_user_input(crs).coordinate_operation
    if operation is None:
        return None
    found = [one.value for one in operation.params if one.name == "Longitude of natural origin"]
    return float(found[0]) if found else None


def is_degrees(crs: str) -> bool:
    """Whether a system counts in degrees."""
    from pyproj import CRS

    return bool(CRS.from_user_input(crs).is_geographic)


def projected(
    lon: NDArray[np.float64], lat: NDArray[np.float64], crs: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """East, north and system of degrees: the three-degree zone of their middle on the same datum.

    Raises
    ------
    DatasetError
        Where the datum is not that of a known series.
    """
    from pyproj import CRS, Transformer

    name = str(CRS.from_user_input(crs).datum)
    datum = next((one.datum for one in series() if one.datum.split()[0] in name), "")
    datum = datum or (DEFAULT_DATUM if any(same in name for same in _SAME_DATUM) else "")
    target = of_zone(round(float(np.nanmedian(lon)) / 3), datum)
    if not target:
        problem = _("degrees on the datum {name} are not projected", name=name)
        raise refuse("crs.degrees", crs, problem, _("deliver projected coordinates"))
    made: Any = Transformer.from_crs(crs, target, always_xy=True).transform(lon, lat)
    east, north = (np.where(np.isfinite(part), np.round(part, 4), np.nan) for part in made)
    return east, north, target


def lies_outside(crs: str, east: float, north: float) -> bool:
    """Whether a place is more than a degree out of the area a system is made for."""
    from pyproj import CRS, Transformer

    area = CRS.from_user_input(crs).area_of_use
    if area is None:
        return False
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(east, north)
    inside = area.west - 1 <= lon <= area.east + 1 and area.south - 1 <= lat <= area.north + 1
    return not inside
