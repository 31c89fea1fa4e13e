"""City objects as pieces of a survey: class, attributes, extent; what became of each is said on the piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.census.citygml import words
from twin.census.citygml.axes import Frame, epsg_of, to_plane
from twin.census.citygml.geometry import Geometry, geometry_of
from twin.census.citygml.stream import Node
from twin.census.citygml.surfaces import axis, faults, middle

Array = NDArray[np.float64]
UNKNOWN_YEAR = "0001"
"""What the specification has for a year that nobody knows."""
_GEOMETRY = ("Geometry", "MultiSurface", "MultiCurve", "Solid")


@dataclass(slots=True)
class Piece:
    """One city object.

    Attributes
    ----------
    file, line, element, gml_id, name
        Where it stands and what it is called.
    role
        `line`, `point`, or "" for an element of no utility network.
    category, system
        Class or subclass code; what may be joined with it.
    columns
        Values of census columns.
    extra
        All that has no column, as texts.
    cells
        (column, value, problem) of what could not be read.
    curves
        Polylines (n, 3): east, north, up (NaN where unknown).
    place
        East, north, ground, depth of a point.
    outcome, reason
        `line`, `point` or `rejected`, and why.
    faults
        What is wrong with its geometry, used or not.
    """

    file: str
    line: int
    element: str
    gml_id: str
    name: str
    role: str
    category: str = ""
    system: str = ""
    columns: dict[str, float | str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    cells: list[tuple[str, str, str]] = field(default_factory=list)
    curves: list[Array] = field(default_factory=list)
    place: Array | None = None
    outcome: str = "rejected"
    reason: str = ""
    faults: list[str] = field(default_factory=list)


def piece_of(member: Node, file: str, frame: Frame, target: str) -> Piece:
    """A city object as a piece, in the plane system `target`."""
    name = next((node.text for node in member.children if node.name == "name"), "")
    role = words.roles().get(member.name, "")
    piece = Piece(file, member.line, member.name, member.attributes.get("id", ""), name, role)
    if not role:
        piece.reason = "no element of a utility network"
        return piece
    _attributes(piece, member)
    occupier = piece.extra.get("occupierType", "")
    piece.category, piece.system = words.service(piece.element, name, occupier)
    geometry = geometry_of(member, epsg_of(frame.source))
    for _lod, positions in (*geometry.curves, *geometry.points):
        positions[:] = to_plane(frame, positions, target)
    for surface in geometry.surfaces:
        surface.rings = [to_plane(frame, ring, target) for ring in surface.rings]
    piece.faults = list(dict.fromkeys(geometry.problems))
    for surface in geometry.surfaces:
        piece.faults += [fault for fault in faults(surface) if fault not in piece.faults]
    if role == "line":
        _as_line(piece, geometry)
    else:
        _as_point(piece, geometry)
    return piece


def _attributes(piece: Piece, member: Node) -> None:
    """Sort the attributes into columns, extras and cells that could not be read."""
    known = words.attributes(piece.role)
    piece.extra = {"gml_id": piece.gml_id, "element": piece.element}
    for path, node in _leaves(member):
        piece.extra[path] = f"{piece.extra[path]} | {node.text}" if path in piece.extra else node.text
        attribute = known.get(path)
        if attribute is not None:
            _column(piece, path, attribute, node)


def _column(piece: Piece, path: str, attribute: words.Attribute, node: Node) -> None:
    """Read one attribute that has a column."""
    if attribute.column == "material":
        code = words.material(node.text)
        if code is None:
            piece.cells.append(("material", node.text, "unknown code"))
        elif code:
            piece.columns["material"] = code
        return
    if path == "year" and node.text == UNKNOWN_YEAR:
        return
    factor = words.factor(node.attributes.get("uom", ""), attribute.unit)
    try:
        value = float(node.text)
    except ValueError:
        value = np.nan
    if factor is None or not np.isfinite(value):
        piece.cells.append((attribute.column, node.text, "not a number"))
    else:
        piece.columns[attribute.column] = value * factor


def _leaves(member: Node) -> Iterator[tuple[str, Node]]:
    """Attributes with a text; those of the object itself by name, of parts by the name of their part too."""
    for child in member.children:
        if child.name.startswith("lod") and child.name.endswith(_GEOMETRY):
            continue
        if not child.children and child.text:
            yield child.name, child
        for part in child.children:
            for leaf in part.children:
                if not leaf.children and leaf.text:
                    yield f"{part.name}.{leaf.name}", leaf


def _as_line(piece: Piece, geometry: Geometry) -> None:
    """The curve of the lowest level of detail, else the axis of surfaces."""
    if geometry.curves:
        lowest = min(lod for lod, _curve in geometry.curves)
        for lod, curve in geometry.curves:
            if lod == lowest:
                whole = _moving(curve)
                flat = not np.any(whole[:, 2])
                whole[:, 2] = np.nan if flat else whole[:, 2]
                if len(whole) > 1:
                    piece.curves.append(whole)
        piece.reason = "" if piece.curves else "curve of no length"
    elif geometry.surfaces:
        found = next((f for f in map(axis, geometry.surfaces) if f is not None), None)
        if found is not None:
            low = piece.category and words.gravity(piece.category)
            piece.curves.append(found[0][:, [0, 1, 2 if low else 3]])
            piece.extra["axis"] = "from surfaces"
        piece.reason = "" if found is not None else "surfaces without an axis"
    else:
        piece.reason = piece.faults[0] if piece.faults else "no geometry"
    piece.outcome = "line" if piece.curves else "rejected"


def _as_point(piece: Piece, geometry: Geometry) -> None:
    """The point of the lowest level of detail, else the middle of surfaces with their top as the ground."""
    if geometry.points:
        east, north, up = geometry.points[0][1][0]
        piece.place = np.array([east, north, up if up else np.nan, np.nan])
    elif geometry.surfaces:
        east, north, low, high = middle(geometry.surfaces[0])
        ground = high if low or high else np.nan
        piece.place = np.array([east, north, ground, high - low if high > low else np.nan])
        piece.extra["place"] = "middle of surfaces"
    elif geometry.curves:
        whole = np.vstack([curve for _lod, curve in geometry.curves])
        piece.place = np.append((whole[:, :2].min(axis=0) + whole[:, :2].max(axis=0)) / 2, [np.nan, np.nan])
        piece.extra["place"] = "middle of curves"
    else:
        piece.reason = piece.faults[0] if piece.faults else "no geometry"
    piece.outcome = "rejected" if piece.place is None else "point"


def _moving(curve: Array) -> Array:
    """A curve without positions that repeat the one before."""
    steps = np.abs(np.diff(curve[:, :2], axis=0)).max(axis=1) > 0
    moving: Array = curve[np.append(True, steps)]
    return moving
