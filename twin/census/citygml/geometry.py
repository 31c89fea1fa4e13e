"""The geometry of one city object: curves, points and surfaces of each level of detail, and its faults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.census.citygml.axes import epsg_of
from twin.census.citygml.stream import Node

Array = NDArray[np.float64]
_HOLDER = re.compile(r"lod(\d)(?:Geometry|MultiCurve|MultiSurface|Solid|Network|Point|TerrainIntersection)?$")
_SURFACES = ("Solid", "CompositeSurface", "MultiSurface", "Polygon")
EXPECTED = {2: ("Solid",), 3: ("MultiSurface", "CompositeSurface"), 4: ("MultiSurface", "CompositeSurface")}
"""What surfaces must be at a level of detail (product specification of PLATEAU, underground objects)."""


@dataclass(slots=True)
class Surfaces:
    """The polygons (n, 3) of one surface geometry and what it calls itself (Solid, MultiSurface ...)."""

    lod: int
    kind: str
    rings: list[Array]


@dataclass(slots=True)
class Geometry:
    """What a city object looks like.

    Attributes
    ----------
    curves, points
        Positions (n, 3) in the order of the file's axes, with their level of detail.
    surfaces
        Surface geometries, lowest level of detail first.
    problems
        Names of what could not be used, in order.
    """

    curves: list[tuple[int, Array]] = field(default_factory=list)
    points: list[tuple[int, Array]] = field(default_factory=list)
    surfaces: list[Surfaces] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing at all."""
        return not (self.curves or self.points or self.surfaces)


def geometry_of(member: Node, epsg: int | None) -> Geometry:
    """All geometry of a city object; `epsg` is the system of its file."""
    made = Geometry()
    for holder in member.walk():
        found = _HOLDER.match(holder.name)
        if not found:
            continue
        lod = int(found.group(1))
        foreign = next((n for n in holder.walk() if _elsewhere(n, epsg)), None)
        if foreign is not None:
            made.problems.append("other coordinate system")
            continue
        before = (len(made.curves), len(made.points), len(made.surfaces), len(made.problems))
        for geometry in holder.children:
            _take(made, lod, geometry)
        if before == (len(made.curves), len(made.points), len(made.surfaces), len(made.problems)):
            made.problems.append("nothing in the geometry that is known")
    made.surfaces.sort(key=lambda surface: surface.lod)
    return made


def _elsewhere(node: Node, epsg: int | None) -> bool:
    name = node.attributes.get("srsName", "")
    return bool(name) and epsg_of(name) != epsg


def _take(made: Geometry, lod: int, geometry: Node) -> None:
    """Add one geometry element; what cannot be read becomes a problem."""
    if geometry.name in _SURFACES:
        rings: list[Array] = []
        for ring in (node for node in geometry.walk() if node.name == "exterior" and _is_ring(node)):
            positions = _positions(ring)
            if isinstance(positions, str):
                made.problems.append(positions)
            else:
                rings.append(positions)
        if rings:
            made.surfaces.append(Surfaces(lod, geometry.name, rings))
        return
    for node in geometry.walk():
        if node.name in ("LineString", "LineStringSegment", "Point"):
            positions = _positions(node)
            if isinstance(positions, str):
                made.problems.append(positions)
            elif node.name == "Point":
                made.points.append((lod, positions))
            elif len(positions) < 2:
                made.problems.append("curve of fewer than two positions")
            else:
                made.curves.append((lod, positions))


def _is_ring(node: Node) -> bool:
    return node.child("LinearRing") is not None


def _positions(node: Node) -> Array | str:
    """The positions (n, 3) below `node`, or the name of the problem."""
    size = 3
    texts: list[str] = []
    for part in node.walk():
        if part.name in ("posList", "pos", "coordinates"):
            given = part.attributes.get("srsDimension", "") or str(size)
            if given not in ("2", "3"):
                return "positions of another dimension"
            size = int(given)
            texts.append(part.text.replace(",", " ") if part.name == "coordinates" else part.text)
    numbers = " ".join(texts).split()
    if not numbers:
        return "no positions"
    try:
        values = np.array(numbers, dtype=np.float64)
    except ValueError:
        return "positions that are no numbers"
    if len(values) % size:
        return "positions that are not whole"
    if not np.isfinite(values).all() or np.abs(values).max() > 1e9:
        return "positions that are no numbers"
    found = values.reshape(-1, size)
    return found if size == 3 else np.column_stack([found, np.zeros(len(found))])
