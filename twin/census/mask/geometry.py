"""Polylines of a city: cut where they would bend, and which of them cross."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.model.network import Network
from twin.model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_PARTS = 4096
"""Most parts that one straight segment is cut into."""


@dataclass(frozen=True)
class Polylines:
    """The links of a network as polylines, one row per point, in order of link.

    Attributes
    ----------
    link
        Row of the link, shape (n,).
    xy
        East and north, m, shape (n, 2).
    z
        Elevation, m, NaN where unknown, shape (n,).
    source
        Survey point of inner points, "" for ends and for points put in.
    """

    link: Ints
    xy: Floats
    z: Floats
    source: NDArray[np.object_]

    @property
    def segments(self) -> Ints:
        """Rows of the points that segments start at; each ends at the next row."""
        return np.asarray(np.flatnonzero(self.link[1:] == self.link[:-1]), dtype=np.int64)

    def parts(self, longest: float) -> Ints:
        """Into how many parts each segment must be cut to be no longer than `longest`."""
        rows = self.segments
        length = np.hypot(*(self.xy[rows + 1] - self.xy[rows]).T)
        return np.asarray(np.clip(np.ceil(length / longest), 1, MOST_PARTS), dtype=np.int64)

    def cut(self, parts: Ints) -> Polylines:
        """The same lines with each segment cut into that many equal parts."""
        repeat = np.ones(len(self.link), dtype=np.int64)
        repeat[self.segments] = parts
        row = np.repeat(np.arange(len(self.link)), repeat)
        number = np.arange(len(row)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        share = number / repeat[row]
        after = np.minimum(row + (share > 0), len(self.link) - 1)
        xy = self.xy[row] + (self.xy[after] - self.xy[row]) * share[:, None]
        z = np.where(share > 0, self.z[row] + (self.z[after] - self.z[row]) * share, self.z[row])
        source = np.where(share > 0, "", self.source[row]).astype(object)
        return Polylines(self.link[row], xy, z, source)


def polylines(network: Network) -> Polylines:
    """The links of a network, from their start over their inner points to their end.

    Links with an end or inner point without coordinates are left out.
    """
    nodes, links = network.tables["nodes"], network.tables["links"]
    start, end = network.ends
    inner = network.tables.get("vertices")
    rows = np.arange(len(links), dtype=np.int64)
    place = np.stack((nodes["x"], nodes["y"]), axis=1)
    missing = np.full(len(links), np.nan)
    ends_z = [links.columns.get(name, missing) for name in ("start_z_m", "end_z_m")]
    blank = np.full(len(links), "", dtype=object)
    parts = [(rows, np.full(len(rows), -1), place[start], ends_z[0], blank)]
    if inner is not None and len(inner):
        of = np.array([links.rows[str(name)] for name in inner["link"]], dtype=np.int64)
        xy = np.stack((inner["x"], inner["y"]), axis=1)
        z = inner["z_m"] if "z_m" in inner else np.full(len(inner), np.nan)
        source = inner["source_id"] if "source_id" in inner else np.full(len(inner), "", dtype=object)
        parts.append((of, inner["point"], xy, z, source))
    parts.append((rows, np.full(len(rows), np.iinfo(np.int64).max), place[end], ends_z[1], blank))
    link, point, xy, z, source = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((point, link))
    found = Polylines(link[order], xy[order], z[order], source[order])
    bad = np.unique(found.link[~np.isfinite(found.xy).all(axis=1)])
    keep = ~np.isin(found.link, bad)
    return Polylines(found.link[keep], found.xy[keep], found.z[keep], found.source[keep])


def with_vertices(network: Network, lines: Polylines) -> Network:
    """The network with the inner points of `lines` as its vertices; links not in `lines` keep theirs."""
    old = network.tables["vertices"]
    inside = np.zeros(len(lines.link), dtype=bool)
    inside[1:-1] = (lines.link[1:-1] == lines.link[:-2]) & (lines.link[1:-1] == lines.link[2:])
    rows = np.flatnonzero(inside)
    first = np.searchsorted(lines.link[rows], lines.link[rows], side="left")
    ids = network.tables["links"]["id"]
    made = {
        "link": ids[lines.link[rows]],
        "point": np.arange(len(rows)) - first,
        "x": lines.xy[rows, 0],
        "y": lines.xy[rows, 1],
        "z_m": lines.z[rows],
        "source_id": lines.source[rows],
    }
    kept = ~np.isin(old["link"].astype(str), ids[np.unique(lines.link)].astype(str))
    raw = {name: np.concatenate((made[name], old[name][kept])) for name in old.schema.names}
    table, _findings = Table.build(old.schema, raw)
    return replace(network, tables={**network.tables, "vertices": table})


@dataclass(frozen=True)
class Crossings:
    """Pairs of links (as `first * count + second`) that cross for sure, and those too close to say."""

    sure: Ints
    near: Ints

    def lost(self, after: Crossings) -> Ints:
        """Pairs that cross for sure before but not after, or after but not before."""
        gone = np.setdiff1d(self.sure, np.union1d(after.sure, after.near))
        new = np.setdiff1d(after.sure, np.union1d(self.sure, self.near))
        return np.asarray(np.union1d(gone, new))


def crossings(lines: Polylines, count: int, tolerance: float) -> Crossings:
    """Which polylines cross in plan.

    Two segments cross for sure where the ends of each lie on both sides of the other, further away from it
    than `tolerance`; where an end lies nearer they touch, and whether they cross is a matter of rounding.

    Parameters
    ----------
    lines
        Polylines of all networks, links numbered through.
    count
        Number of links.
    tolerance
        Distance that is too small to tell, m.
    """
    from shapely import STRtree, linestrings

    rows = lines.segments
    if not len(rows):
        return Crossings(np.zeros(0, np.int64), np.zeros(0, np.int64))
    a, b = lines.xy[rows], lines.xy[rows + 1]
    shapes = linestrings(np.stack((a, b), axis=1))
    first, second = STRtree(shapes).query(shapes)
    keep = lines.link[rows][first] < lines.link[rows][second]
    first, second = first[keep], second[keep]
    p, q = _sides(a, b, first, second, tolerance), _sides(a, b, second, first, tolerance)
    sure = (p == 1) & (q == 1)
    near = ~sure & (p >= 0) & (q >= 0)
    pair = lines.link[rows][first] * count + lines.link[rows][second]
    return Crossings(np.unique(pair[sure]), np.unique(pair[near]))


def _sides(a: Floats, b: Floats, line: Ints, other: Ints, tolerance: float) -> NDArray[np.int8]:
    """1 where the ends of `other` lie clearly on both sides of `line`, -1 on one side, 0 too close to say."""
    along = b[line] - a[line]
    length = np.maximum(np.hypot(*along.T), 1e-9)
    distance = [
        (along[:, 0] * (end[other, 1] - a[line, 1]) - along[:, 1] * (end[other, 0] - a[line, 0])) / length
        for end in (a, b)
    ]
    clear = np.minimum(np.abs(distance[0]), np.abs(distance[1])) > tolerance
    both = np.sign(distance[0]) != np.sign(distance[1])
    far = ~both & clear
    return np.where(both & clear, 1, np.where(far, -1, 0)).astype(np.int8)


def joined(parts: list[tuple[Polylines, int]]) -> tuple[Polylines, int]:
    """Polylines of several networks, given with their numbers of links, as one; and how many links in all."""
    offset, shifted = 0, []
    for lines, count in parts:
        shifted.append(replace(lines, link=lines.link + offset))
        offset += count
    if not shifted:
        nothing = np.zeros(0)
        return Polylines(np.zeros(0, np.int64), np.zeros((0, 2)), nothing, np.zeros(0, dtype=object)), 0
    columns = [
        np.concatenate([getattr(lines, name) for lines in shifted]) for name in ("link", "xy", "z", "source")
    ]
    return Polylines(*columns), offset
