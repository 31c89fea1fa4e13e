"""Where the coordinates of a city model lie: their system, its axes, the plane they are brought to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError

from twin.io.files import refuse
from twin.text import _

_EPSG = re.compile(r"EPSG(?:/[\d.]*/|:[\d.]*:|:)(\d{4,6})$", re.IGNORECASE)


@dataclass(frozen=True)
class Frame:
    """The coordinates of a file and how they become metres east and north.

    Attributes
    ----------
    source, plane
        `EPSG:n` of the file and of the plane system the survey is in.
    vertical
        What elevations refer to; "" where it is not said.
    north_first
        Whether the first number of a position is the northing or latitude.
    swapped
        Whether that is against what the system declares: only so do they lie in its area of use.
    inside
        Whether the coordinates lie in the area of use at all.
    """

    source: str
    plane: str
    vertical: str
    north_first: bool
    swapped: bool
    inside: bool


def epsg_of(name: str) -> int | None:
    """The EPSG code of a `srsName`; None where it names none."""
    found = _EPSG.search(name.strip())
    return int(found.group(1)) if found else None


def frame_of(path: Path, name: str, corners: NDArray[np.float64]) -> Frame:
    """The frame of a file from its `srsName` and the corners (2, 3) of its envelope.

    The order of the axes is that of the coordinate system (north first in Japan's plane systems and in
    JGD2011 latitude and longitude); it is turned round only where the envelope then, and only then, lies in
    the area of use of the system.
    """
    code = epsg_of(name)
    if code is None:
        problem = _("names no coordinate system that is known (srsName {name})", name=name[:80] or "-")
        raise refuse("citygml.crs", path, problem, _("name it by its EPSG code"))
    try:
        whole = CRS.from_epsg(code)
    except CRSError:
        problem = _("names EPSG:{code}, which is unknown", code=code)
        raise refuse("citygml.crs", path, problem, _("name it by its EPSG code")) from None
    flat = whole.sub_crs_list[0] if whole.is_compound else (whole.to_2d() if whole.is_geographic else whole)
    vertical = whole.sub_crs_list[1].name if whole.is_compound else ""
    if not (flat.is_geographic or flat.is_projected):
        problem = _("has coordinates of another kind (EPSG:{code})", code=code)
        raise refuse("citygml.crs", path, problem, _("give plane or geographic coordinates"))
    declared = flat.axis_info[0].direction == "north"
    middle = np.nanmean(corners[:, :2], axis=0)
    fits, turned = (_inside(flat, middle, order) for order in (declared, not declared))
    swapped = turned and not fits
    north_first = declared != swapped
    plane = flat if flat.is_projected else _plane(flat, middle if not north_first else middle[::-1])
    if plane is None or plane.to_epsg() is None:
        problem = _("lies where no plane coordinate system is known")
        raise refuse("citygml.crs", path, problem, _("give plane coordinates"))
    return Frame(f"EPSG:{code}", f"EPSG:{plane.to_epsg()}", vertical, north_first, swapped, fits or turned)


def to_plane(frame: Frame, positions: NDArray[np.float64], target: str | None = None) -> NDArray[np.float64]:
    """Positions (n, 3) as east, north, up in the plane of `frame`, or of `target`."""
    order = [1, 0, 2] if frame.north_first else [0, 1, 2]
    found = positions[:, order].astype(np.float64)
    change = _change(frame.source, target or frame.plane)
    if change is not None and len(found):
        found[:, 0], found[:, 1] = change.transform(found[:, 0], found[:, 1])
    return found


@cache
def _change(source: str, wanted: str) -> Transformer | None:
    """What brings coordinates of a system into a plane; None where they are in it."""
    flat = _flat(source)
    same = f"EPSG:{flat.to_epsg()}" == wanted
    return None if same else Transformer.from_crs(flat, wanted, always_xy=True)


def _flat(source: str) -> CRS:
    whole = CRS.from_user_input(source)
    return whole.sub_crs_list[0] if whole.is_compound else (whole.to_2d() if whole.is_geographic else whole)


def _inside(flat: CRS, middle: NDArray[np.float64], north_first: bool) -> bool:
    """Whether a place lies in the area of use (in degrees, with half a degree of margin)."""
    area = flat.area_of_use
    if area is None or not np.isfinite(middle).all():
        return True
    east, north = middle[::-1] if north_first else middle
    geodetic = flat.geodetic_crs
    if geodetic is None:
        return True
    lon, lat = Transformer.from_crs(flat, geodetic, always_xy=True).transform(east, north)
    margin = 0.5
    return bool(
        area.west - margin <= lon <= area.east + margin and area.south - margin <= lat <= area.north + margin
    )


def _plane(flat: CRS, place: NDArray[np.float64]) -> CRS | None:
    """The plane system of the same datum whose central meridian is nearest; national zones before UTM."""
    lon, lat = float(place[0]), float(place[1])
    found = query_crs_info("EPSG", PJType.PROJECTED_CRS, AreaOfInterest(lon, lat, lon, lat), contains=True)
    datum = flat.name.split(" ")[0]
    best: tuple[bool, float, int] | None = None
    for entry in found:
        if not entry.name.startswith(f"{datum} / "):
            continue
        crs = CRS.from_epsg(int(entry.code))
        operation = crs.coordinate_operation
        centre = (
            [part.value for part in operation.params if "ongitude of natural" in part.name]
            if operation
            else []
        )
        if centre and crs.axis_info[0].unit_name == "metre":
            key = ("UTM" in entry.name, abs(float(centre[0]) - lon), int(entry.code))
            best = key if best is None or key < best else best
    return None if best is None else CRS.from_epsg(best[2])
