"""Surfaces of a city object: whether they are what they say, and the axis or middle that stands for them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from twin.census.citygml.geometry import EXPECTED, Surfaces

Array = NDArray[np.float64]
FLAT_M = 0.03
"""How far a vertex may lie off the plane of its polygon (quality requirements of PLATEAU: 0.03 m)."""
SAME_M = 0.001
"""Vertices that are nearer are one."""
SLENDER = 1.5
"""Least length over width of something that has an axis."""


def faults(surface: Surfaces) -> list[str]:
    """Names of what is wrong with a surface geometry, each once."""
    found: list[str] = []
    if surface.kind not in EXPECTED.get(surface.lod, (surface.kind,)):
        found.append(f"{surface.kind} at level of detail {surface.lod}")
    rings = [_open(ring) for ring in surface.rings]
    if any(ring is None for ring in rings):
        found.append("ring not closed or of fewer than three corners")
    whole = [ring for ring in rings if ring is not None]
    if any(_off_plane(ring) > FLAT_M for ring in whole):
        found.append("polygon not plane")
    if any(_crosses(ring) for ring in whole):
        found.append("polygon crosses itself")
    if not whole:
        return found
    edges = _edges(whole)
    if surface.kind == "Solid":
        uses = Counter(tuple(sorted(edge)) for edge in edges)
        if any(count != 2 for count in uses.values()):
            found.append("solid not closed")
        elif any(count != 1 for count in Counter(edges).values()):
            found.append("face of a solid turned inwards")
    if surface.kind == "CompositeSurface" and _pieces(whole) > 1:
        found.append("composite surface in several pieces")
    return found


def middle(surface: Surfaces) -> Array:
    """The centroid of the footprint with the lowest and highest elevation: east, north, low, high.

    Expects rings as east, north, up.
    """
    corners = np.vstack(surface.rings)
    centre = shapely.MultiPoint(corners[:, :2]).convex_hull.centroid
    return np.array([centre.x, centre.y, corners[:, 2].min(), corners[:, 2].max()])


def axis(surface: Surfaces) -> tuple[Array, float] | None:
    """The axis of a pipe given as surfaces: positions (n, 4) east, north, low, high; and its width in metres.

    Distances along the edges of the mesh from one end group its corners into cross-sections, each half
    a girth long; the middles of these, in order, are the axis. None where the surfaces do not hang together
    or have no long side.
    """
    corners, numbers = _corners(surface.rings)
    edges = np.array(_edges_of(numbers), dtype=np.int64)
    if len(corners) < 4 or not len(edges):
        return None
    lengths = np.linalg.norm(corners[edges[:, 0]] - corners[edges[:, 1]], axis=1) + 1e-9
    graph = csr_array((lengths, (edges[:, 0], edges[:, 1])), shape=(len(corners),) * 2)
    first: Array = dijkstra(graph, directed=False, indices=[0])[0]
    if not np.isfinite(first).all():
        return None
    along: Array = dijkstra(graph, directed=False, indices=[int(first.argmax())])[0]
    width = _width(surface.rings)
    if along.max() < SLENDER * width:
        return None
    section = _sections(along, _girth(surface.rings, width))
    count = int(section.max()) + 1
    if count < 2:
        return None
    made = np.empty((count, 4))
    for number in range(count):
        part = corners[section == number]
        made[number, :2] = (part[:, :2].min(axis=0) + part[:, :2].max(axis=0)) / 2
        made[number, 2:] = part[:, 2].min(), part[:, 2].max()
    steps = np.hypot(*np.diff(made[:, :2], axis=0).T)
    return (made[np.append(True, steps > SAME_M)], width) if steps.sum() > SLENDER * width else None


def _open(ring: Array) -> Array | None:
    """A ring without its repeated first corner; None where it is not closed or has too few corners."""
    closed = len(ring) >= 4 and bool(np.abs(ring[0] - ring[-1]).max() <= SAME_M)
    return ring[:-1] if closed else None


def _normal(ring: Array) -> Array:
    """Newell's normal of a polygon."""
    following = np.roll(ring, -1, axis=0)
    difference, total = ring - following, ring + following
    turned = np.column_stack(
        [
            difference[:, 1] * total[:, 2],
            difference[:, 2] * total[:, 0],
            difference[:, 0] * total[:, 1],
        ]
    )
    summed: Array = turned.sum(axis=0)
    return summed


def _off_plane(ring: Array) -> float:
    centred = ring - ring.mean(axis=0)
    normal = _normal(centred)
    length = float(np.linalg.norm(normal))
    return float(np.abs(centred @ normal / length).max()) if length > 1e-12 else 0.0


def _crosses(ring: Array) -> bool:
    """Whether the outline of a polygon meets itself, seen along the axis it is most square to."""
    centred = ring - ring.mean(axis=0)
    _u, _s, axes = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ axes[:2].T
    return len(flat) > 3 and not shapely.LinearRing(flat).is_simple


def _corners(rings: list[Array]) -> tuple[Array, list[NDArray[np.int64]]]:
    """The different corners of all rings, and each ring as their numbers."""
    stacked = np.vstack(rings)
    keys = np.round(stacked / SAME_M).astype(np.int64)
    _u, index, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    splits = np.cumsum([len(ring) for ring in rings])[:-1]
    return stacked[index], np.split(inverse.reshape(-1), splits)


def _edges_of(numbers: list[NDArray[np.int64]]) -> list[tuple[int, int]]:
    """Directed edges of the rings without those of no length."""
    return [
        (int(a), int(b)) for ring in numbers for a, b in zip(ring, np.roll(ring, -1), strict=True) if a != b
    ]


def _edges(rings: list[Array]) -> list[tuple[int, int]]:
    return _edges_of(_corners(rings)[1])


def _pieces(rings: list[Array]) -> int:
    """Number of groups of polygons that share edges."""
    numbers = _corners(rings)[1]
    edges: dict[tuple[int, int], int] = {}
    pairs: list[tuple[int, int]] = []
    for number, ring in enumerate(numbers):
        for edge in _edges_of([ring]):
            key = (min(edge), max(edge))
            pairs.append((edges.setdefault(key, number), number))
    both = np.array(pairs, dtype=np.int64)
    graph = csr_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(len(rings),) * 2)
    return int(connected_components(graph, directed=False)[0])


def _sections(along: Array, span: float) -> NDArray[np.int64]:
    """Number of the cross-section of each corner; a new one begins `span` beyond the begin of the last."""
    order = np.argsort(along, kind="stable")
    numbers = np.zeros(len(order), dtype=np.int64)
    number, begin = 0, float(along[order[0]])
    for place in order:
        if along[place] > begin + span:
            number, begin = number + 1, float(along[place])
        numbers[place] = number
    if number and np.count_nonzero(numbers == number) < 3:
        numbers[numbers == number] = number - 1
    return numbers


def _footprint(rings: list[Array]) -> shapely.Geometry:
    hulls = [shapely.MultiPoint(ring[:, :2]).convex_hull for ring in rings]
    return shapely.unary_union([hull for hull in hulls if hull.area > 0])


def _width(rings: list[Array]) -> float:
    """Width in plan of a slender thing: the short side of the rectangle of equal area and outline."""
    plan = _footprint(rings)
    around, area = plan.length, plan.area
    return float((around - np.sqrt(max(around**2 - 16 * area, 0.0))) / 4)


def _girth(rings: list[Array], width: float) -> float:
    """Half the girth of a slender thing: surface over twice the length, which is footprint over width."""
    area = _footprint(rings).area
    surface = sum(float(np.linalg.norm(_normal(ring - ring[0]))) / 2 for ring in rings)
    return max(1.05 * surface * width / (2 * area), width) if area > 0 else width
