"""Where the lines and points of a layer run: columns and polylines, no drawing."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.lifelines import registry
from twin.model.city import City
from twin.model.network import Network
from twin.model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
ELEVATIONS = ("ground_m", "elevation_m")
"""Columns of nodes that say how high the ground is, the best first."""


@dataclass(frozen=True)
class Ground:
    """How high the ground is anywhere: the city's terrain, else the level of its known points.

    Attributes
    ----------
    city
        The city.
    level_m
        Elevation where nothing better is known, m.
    """

    city: City
    level_m: float

    @classmethod
    def of(cls, city: City) -> Ground:
        """The ground of a city."""
        known = [_known_ground(network.tables["nodes"]) for network in _surveyed(city)]
        found = np.concatenate([each[np.isfinite(each)] for each in known] or [np.empty(0)])
        return cls(city, float(np.median(found)) if len(found) else 0.0)

    def at(self, x: Floats, y: Floats) -> Floats:
        """Elevations at places of shape (n,), m."""
        if self.city.terrain is None:
            return np.full(len(x), self.level_m)
        return self.city.terrain.at(x, y)

    def of_nodes(self, nodes: Table) -> Floats:
        """Ground elevation at each node, m: as surveyed where it is, else from the terrain."""
        z = _known_ground(nodes)
        bare = ~np.isfinite(z)
        z[bare] = self.at(nodes["x"][bare], nodes["y"][bare])
        return z


def _surveyed(city: City) -> list[Network]:
    return [network for network in (*city.networks.values(), city.other) if "x" in network.tables["nodes"]]


def _known_ground(nodes: Table) -> Floats:
    z = np.full(len(nodes), np.nan)
    for column in ELEVATIONS:
        if column in nodes:
            z = np.where(np.isfinite(z), z, nodes[column])
    return z


@cache
def usual_covers() -> Mapping[str, float]:
    """Depth of the axis below ground by class code, m, for lines whose depth is not known."""
    with files("twin.views.scene").joinpath("covers.csv").open(encoding="utf-8") as table:
        return {row["class"]: float(row["depth_m"]) for row in csv.DictReader(table)}


def usual_depth(layer: str) -> float:
    """Depth of the axis below ground that a layer's lines usually have, m."""
    declared = registry.declarations().get(layer)
    code = declared.census.class_code if declared is not None and declared.census is not None else ""
    return usual_covers().get(code, usual_covers()["*"])


@dataclass(frozen=True)
class Lines:
    """Polylines of a layer.

    Attributes
    ----------
    layer
        Layer they belong to.
    xyz
        Points, shape (points, 3), m; those of a polyline follow each other.
    offsets
        Where each polyline begins in `xyz`, shape (lines + 1,).
    rows
        Row of the table `links` that each polyline shows, shape (lines,).
    width_m, height_m
        Section of each, m; equal for pipes. NaN where it is not known.
    left_out
        Links that have no place.
    """

    layer: str
    xyz: Floats
    offsets: Ints
    rows: Ints
    width_m: Floats
    height_m: Floats
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def boxed(self) -> Bools:
        """Which are boxes rather than pipes."""
        return np.abs(self.width_m - self.height_m) > 0.001

    def owner(self) -> Ints:
        """Number of the polyline that each point belongs to, shape (points,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def lengths(self) -> Floats:
        """Length in plan of each polyline, m."""
        step = np.hypot(*np.diff(self.xyz[:, :2], axis=0).T) if len(self.xyz) > 1 else np.empty(0)
        sums = np.concatenate([[0.0], np.cumsum(step)])
        return np.asarray(sums[self.offsets[1:] - 1] - sums[self.offsets[:-1]], dtype=np.float64)

    def take(self, chosen: NDArray[np.int64] | Bools) -> Lines:
        """Some of the polylines, in the order given."""
        index = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        counts = np.diff(self.offsets)[index]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        first = np.repeat(self.offsets[:-1][index] - offsets[:-1], counts)
        points = self.xyz[first + np.arange(offsets[-1])]
        return Lines(
            self.layer,
            points,
            offsets,
            self.rows[index],
            self.width_m[index],
            self.height_m[index],
            self.left_out,
        )


def lines_of(network: Network, ground: Ground) -> Lines:
    """The links of a network as polylines at their true elevation; without one, at the usual depth."""
    if "links" not in network.tables or "x" not in network.tables["nodes"]:
        return _no_lines(network.lifeline)
    nodes, links = network.tables["nodes"], network.tables["links"]
    start, end = (np.asarray(side, dtype=np.int64) for side in network.ends)
    xy = np.column_stack([nodes["x"], nodes["y"]])
    placed = np.isfinite(xy[start]).all(axis=1) & np.isfinite(xy[end]).all(axis=1)
    level = ground.of_nodes(nodes) - usual_depth(network.lifeline)
    ends = [_end(links, name, level[side]) for name, side in (("start", start), ("end", end))]
    inner, of = _inner(network)
    kept = placed[of] if len(of) else np.empty(0, dtype=bool)
    inner, of = inner[kept], of[kept]
    rows = np.flatnonzero(placed)
    place = np.cumsum(placed) - 1
    counts = np.bincount(place[of], minlength=len(rows)) + 2
    offsets = np.concatenate([[0], np.cumsum(counts)])
    xyz = np.empty((offsets[-1], 3))
    xyz[offsets[:-1]] = np.column_stack([xy[start], ends[0]])[rows]
    xyz[offsets[1:] - 1] = np.column_stack([xy[end], ends[1]])[rows]
    between = np.ones(len(xyz), dtype=bool)
    between[offsets[:-1]] = between[offsets[1:] - 1] = False
    xyz[between] = inner
    _level_out(xyz)
    width, height = _section(links)
    return Lines(network.lifeline, xyz, offsets, rows, width[rows], height[rows], int(len(links) - len(rows)))


def _no_lines(layer: str) -> Lines:
    nothing = np.empty(0)
    return Lines(layer, np.empty((0, 3)), np.zeros(1, int), np.empty(0, int), nothing, nothing)


def _end(links: Table, name: str, usual: Floats) -> Floats:
    column = f"{name}_z_m"
    return np.where(np.isfinite(links[column]), links[column], usual) if column in links else usual


def _inner(network: Network) -> tuple[Floats, Ints]:
    """Inner points in order of link and number, shape (n, 3), and the row of the link of each."""
    table = network.tables.get("vertices")
    if table is None or not len(table):
        return np.empty((0, 3)), np.empty(0, dtype=np.int64)
    of = pd.Index(network.tables["links"]["id"]).get_indexer(pd.Index(table["link"]))
    number = table["point"] if "point" in table else np.arange(len(table))
    order = np.lexsort((number, of))
    z = table["z_m"] if "z_m" in table else np.full(len(table), np.nan)
    xyz = np.column_stack([table["x"], table["y"], z])[order]
    of = of[order].astype(np.int64)
    kept = (of >= 0) & np.isfinite(xyz[:, :2]).all(axis=1)
    return xyz[kept], of[kept]


def _level_out(xyz: Floats) -> None:
    """Fill missing elevations of inner points from their neighbours, by distance along the line."""
    z = xyz[:, 2]
    bare = np.flatnonzero(~np.isfinite(z))
    if len(bare):
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xyz[:, :2], axis=0).T) + 1e-9)])
        known = np.flatnonzero(np.isfinite(z))
        z[bare] = np.interp(along[bare], along[known], z[known])


def _section(links: Table) -> tuple[Floats, Floats]:
    """Width and height of each link, m."""
    empty = np.full(len(links), np.nan)
    width, height = (links.columns.get(name, empty) for name in ("width_mm", "height_mm"))
    if "diameter_mm" in links:
        width = np.where(np.isfinite(width), width, links["diameter_mm"])
    height = np.where(np.isfinite(height), height, width)
    return width / 1000.0, height / 1000.0
