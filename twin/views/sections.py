"""Sections through the ground: across a street (横断面) and along a chain of links (纵断面).

Data only; `section_drawings` puts them on paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.errors import InputError
from twin.model.city import OTHER, City
from twin.model.network import Network, Ref
from twin.text import _
from twin.views.scene.geometry import Floats, Ground, Ints, Lines, lines_of

SAMPLES = 121
"""Places at which the ground is taken along a section."""


@dataclass(frozen=True)
class Pipe:
    """One line where a section cuts it: `along_m` from the section's start, axis at `z_m`, true size in m.

    `width_m` and `height_m` are NaN where they are not known; `ground_m` is the ground above it.
    """

    layer: str
    row: int
    along_m: float
    z_m: float
    ground_m: float
    width_m: float
    height_m: float
    label: str


@dataclass(frozen=True)
class CrossSection:
    """What a vertical plane cuts: the ground (offsets and elevations, each (n,), m) and lines in order."""

    start: tuple[float, float]
    end: tuple[float, float]
    along_m: Floats
    ground_m: Floats
    pipes: tuple[Pipe, ...]


def cross_section(city: City, start: tuple[float, float], end: tuple[float, float]) -> CrossSection:
    """The section between two places.

    Raises
    ------
    InputError
        Where the places coincide or nothing lies between them.
    """
    a, b = np.array(start), np.array(end)
    length = float(np.linalg.norm(b - a))
    if length == 0:
        raise InputError(_("a section needs two different places"))
    ground = Ground.of(city)
    pipes = []
    for network in (*city.networks.values(), city.other):
        pipes += list(_cut(network, lines_of(network, ground), ground, a, b))
    if not pipes:
        raise InputError(_("no line lies between {start} and {end}", start=_place(start), end=_place(end)))
    pipes.sort(key=lambda pipe: (pipe.along_m, pipe.z_m, pipe.layer, pipe.row))
    share = np.linspace(0.0, 1.0, SAMPLES)
    places = a + share[:, None] * (b - a)
    surface = ground.at(places[:, 0], places[:, 1])
    if city.terrain is None:
        surface = np.interp(
            share * length, [pipe.along_m for pipe in pipes], [pipe.ground_m for pipe in pipes]
        )
    return CrossSection(start, end, share * length, surface, tuple(pipes))


def _place(xy: tuple[float, float]) -> str:
    return f"({xy[0]:g}, {xy[1]:g})"


def _cut(network: Network, lines: Lines, ground: Ground, a: Floats, b: Floats) -> Iterator[Pipe]:
    """Where the lines of a network pass through the plane over a-b."""
    if not len(lines):
        return
    owner = lines.owner()
    first = np.flatnonzero(owner[:-1] == owner[1:])
    start, step = lines.xyz[first], lines.xyz[first + 1] - lines.xyz[first]
    along, across = b - a, start[:, :2] - a
    turn = along[0] * step[:, 1] - along[1] * step[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (across[:, 0] * step[:, 1] - across[:, 1] * step[:, 0]) / turn
        part = (across[:, 0] * along[1] - across[:, 1] * along[0]) / turn
    hit = np.flatnonzero((turn != 0) & (share >= 0) & (share <= 1) & (part >= 0) & (part < 1))
    length = float(np.hypot(*along))
    surface = _ground_above(
        network, lines, ground, owner[first[hit]], start[hit] + part[hit, None] * step[hit]
    )
    for place, each in enumerate(hit.tolist()):
        line = int(owner[first[each]])
        row = int(lines.rows[line])
        yield Pipe(
            network.lifeline,
            row,
            float(share[each] * length),
            float(start[each, 2] + part[each] * step[each, 2]),
            float(surface[place]),
            float(lines.width_m[line]),
            float(lines.height_m[line]),
            told(network, row, float(lines.width_m[line]), float(lines.height_m[line])),
        )


def _ground_above(network: Network, lines: Lines, ground: Ground, line: Ints, xyz: Floats) -> Floats:
    """Ground above points of lines: of the terrain, else between the surveyed ends of the line."""
    if ground.city.terrain is not None:
        return ground.at(xyz[:, 0], xyz[:, 1])
    level = ground.of_nodes(network.tables["nodes"])
    start, end = network.ends
    row = lines.rows[line]
    return np.asarray((level[start[row]] + level[end[row]]) / 2, dtype=np.float64)


def told(network: Network, row: int, width_m: float, height_m: float) -> str:
    """Size and material of a link: `DN300 PE`, `900×600`."""
    links = network.tables["links"]
    material = str(links["material"][row]) if "material" in links else ""
    if not np.isfinite(width_m):
        size = ""
    elif abs(width_m - height_m) > 0.001:
        size = f"{width_m * 1000:.0f}×{height_m * 1000:.0f}"
    else:
        size = f"DN{width_m * 1000:.0f}"
    return " ".join(part for part in (size, material) if part)


@dataclass(frozen=True)
class Reach:
    """One link of a profile, from `start_m` to `end_m` of its length."""

    row: int
    start_m: float
    end_m: float
    height_m: float
    label: str
    fall: float


@dataclass(frozen=True)
class Stop:
    """A node of a profile: its place along it, ground elevation, and the name it is shown by."""

    row: int
    along_m: float
    ground_m: float
    name: str


@dataclass(frozen=True)
class Profile:
    """A chain of links unrolled: the axis and the ground above it (each (n,), m), links and nodes."""

    layer: str
    along_m: Floats
    axis_m: Floats
    ground_m: Floats
    reaches: tuple[Reach, ...]
    stops: tuple[Stop, ...]


def profile(city: City, wish: str) -> Profile:
    """The profile along the shortest chain of links that `A..B` means, ids of nodes or links of a lifeline.

    Raises
    ------
    InputError
        Where an end is not found, the ends lie in different networks, or no chain joins them.
    """
    one, other = _ends(city, wish)
    network = city.other if one.layer == OTHER else city.layers[one.layer]
    ground = Ground.of(city)
    lines = lines_of(network, ground)
    path = _path(network, lines, _node(network, one, 0), _node(network, other, 1))
    if not path:
        raise InputError(_("no chain of links joins the ends of {wish}", wish=wish))
    return _unrolled(network, lines, ground, path)


def _ends(city: City, wish: str) -> tuple[Ref, Ref]:
    first, dots, last = wish.partition("..")
    if not dots or not first or not last:
        raise InputError(_("'{wish}' is no chain; give two ids as A..B", wish=wish))
    one = _named(city, first, "")
    other = _named(city, last, first.rpartition("/")[0])
    if one.layer != other.layer:
        raise InputError(_("{first} and {last} lie in different networks", first=first, last=last))
    return one, other


def _named(city: City, ident: str, folder: str) -> Ref:
    """A component by its full id, or by its bare id beside one whose id begins with `folder`."""
    for candidate in (ident, f"{folder}/{ident}"):
        if candidate in city.refs:
            return city.refs[candidate]
    layer = city.layers.get(folder.partition("/")[0])
    for table in ("nodes", "links"):
        if layer is not None and table in layer.tables and ident in layer.tables[table].rows:
            return Ref(layer.lifeline, table, layer.tables[table].rows[ident])
    raise InputError(_("{city} has no component {name}", city=city.name, name=ident))


def _node(network: Network, ref: Ref, side: int) -> int:
    if ref.table == "nodes":
        return ref.row
    if ref.table == "links":
        return int(network.ends[side][ref.row])
    return int(network.device_nodes[ref.row])


def _path(network: Network, lines: Lines, start: int, end: int) -> list[tuple[int, int]]:
    """Polylines from node to node by the shortest way, each with its direction (1 or -1)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    one, other = (side[lines.rows] for side in network.ends)
    length = np.maximum(lines.lengths(), 0.01)
    order = np.lexsort((length, other, one))
    count = len(network.tables["nodes"])
    pair = one.astype(np.int64) * count + other
    kept = order[np.unique(pair[order], return_index=True)[1]]
    graph = coo_array((length[kept], (one[kept], other[kept])), shape=(count, count)).tocsr()
    search: Any = dijkstra
    before = search(graph, directed=False, indices=start, return_predecessors=True)[1]
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for line in order[::-1].tolist():
        best[int(one[line]), int(other[line])] = (line, 1)
        reverse = int(other[line]), int(one[line])
        if reverse not in best or length[line] <= length[best[reverse][0]]:
            best[reverse] = (line, -1)
    found: list[tuple[int, int]] = []
    node = end
    while node != start:
        previous = int(before[node])
        if previous < 0:
            return []
        found.append(best[previous, node])
        node = previous
    return found[::-1]


def _unrolled(network: Network, lines: Lines, ground: Ground, path: list[tuple[int, int]]) -> Profile:
    nodes = network.tables["nodes"]
    level = ground.of_nodes(nodes)
    along, axis, surface, reaches, stops = [], [], [], [], []
    start, end = network.ends
    at = 0.0
    for line, direction in path:
        row = int(lines.rows[line])
        xyz = lines.xyz[lines.offsets[line] : lines.offsets[line + 1]][::direction]
        here = at + np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xyz[:, :2], axis=0).T))])
        ends = (start[row], end[row])[::direction]
        above = (
            ground.at(xyz[:, 0], xyz[:, 1])
            if ground.city.terrain is not None
            else np.interp(here, here[[0, -1]], level[list(ends)])
        )
        stops.append(Stop(int(ends[0]), at, float(level[ends[0]]), _shown(network, int(ends[0]))))
        length = max(float(here[-1] - at), 0.01)
        size = float(lines.width_m[line]), float(lines.height_m[line])
        fall = float(xyz[0, 2] - xyz[-1, 2]) / length
        reaches.append(Reach(row, at, float(here[-1]), size[1], told(network, row, *size), fall))
        along.append(here)
        axis.append(xyz[:, 2])
        surface.append(above)
        at = float(here[-1])
        last = Stop(int(ends[1]), at, float(level[ends[1]]), _shown(network, int(ends[1])))
    stops.append(last)
    return Profile(
        network.lifeline,
        np.concatenate(along),
        np.concatenate(axis),
        np.concatenate(surface),
        tuple(reaches),
        tuple(stops),
    )


def _shown(network: Network, node: int) -> str:
    return str(network.tables["nodes"]["id"][node])
