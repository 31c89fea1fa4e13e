"""Small city models for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

HEAD = (
    '<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:frn="http://www.opengis.net/citygml/cityfurniture/2.0" '
    'xmlns:uro="https://www.geospatial.jp/iur/uro/3.1">'
)
CRS = "http://www.opengis.net/def/crs/EPSG/0/10169"
NORTH, EAST = 157000.0, 21600.0
"""A place in Nagaoka, in EPSG:10169."""


def model(*members: str, crs: str = CRS, corners: str = "157000 21600 0 157100 21700 0") -> str:
    """A city model; everything stands on one line."""
    numbers = corners.split()
    low, high = " ".join(numbers[:3]), " ".join(numbers[3:])
    envelope = (
        f'<gml:boundedBy><gml:Envelope srsName="{crs}" srsDimension="3">'
        f"<gml:lowerCorner>{low}</gml:lowerCorner><gml:upperCorner>{high}</gml:upperCorner></gml:Envelope></gml:boundedBy>"
    )
    whole = "".join(f"<core:cityObjectMember>{member}</core:cityObjectMember>" for member in members)
    return f"{HEAD}{envelope}{whole}</core:CityModel>"


def curve(*places: Sequence[float]) -> str:
    """A curve through (north, east[, up]) from the corner of the envelope."""
    positions = " ".join(
        f"{NORTH + place[0]} {EAST + place[1]} {place[2] if len(place) > 2 else 0}" for place in places
    )
    return (
        "<uro:frnDmAttribute><uro:DmGeometricAttribute><uro:lod0Geometry><gml:MultiCurve><gml:curveMember>"
        f"<gml:LineString><gml:posList>{positions}</gml:posList></gml:LineString>"
        "</gml:curveMember></gml:MultiCurve></uro:lod0Geometry></uro:DmGeometricAttribute></uro:frnDmAttribute>"
    )


def spot(north: float, east: float, up: float = 0.0) -> str:
    """A point."""
    return (
        "<uro:frnDmAttribute><uro:DmGeometricAttribute><uro:lod0Geometry><gml:Point>"
        f"<gml:pos>{NORTH + north} {EAST + east} {up}</gml:pos>"
        "</gml:Point></uro:lod0Geometry></uro:DmGeometricAttribute></uro:frnDmAttribute>"
    )


def item(kind: str, name: str, *parts: str, gml_id: str = "") -> str:
    """A city object."""
    own = f' gml:id="{gml_id}"' if gml_id else ""
    called = f"<gml:name>{name}</gml:name>" if name else ""
    return f"<uro:{kind}{own}>{called}{''.join(parts)}</uro:{kind}>"


def write(folder: Path, text: str, name: str = "tile.gml") -> Path:
    """A file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
