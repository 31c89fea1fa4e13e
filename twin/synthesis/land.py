"""Blocks between the streets: what they are used for, who lives there and what they need."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from twin.synthesis.board import Board
from twin.synthesis.ground import Floats, Ground, Ints, Texts
from twin.synthesis.streets import Streets


@dataclass(frozen=True)
class Use:
    """A kind of land use and what one of its people needs; `share` by ring of the city, from the centre."""

    name: str
    share: Floats
    people_ha: float
    needs: Floats


NEEDS = ("water_m3d", "gas_m3d", "heat_kw", "power_kw", "lines")


@cache
def uses() -> tuple[Use, ...]:
    """Kinds of land use."""
    with Path(__file__).with_name("land_use.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Use(
                row["use"],
                np.array([float(row[f"share{ring}"]) for ring in range(3)]),
                float(row["people_ha"]),
                np.array([float(row[name]) for name in NEEDS]),
            )
            for row in csv.DictReader(file)
        )


@dataclass(frozen=True)
class Land:
    """Blocks of the city.

    Attributes
    ----------
    corners
        Ground coordinates [block, corner, 2] of their corners.
    x, y, area_ha
        Middle and area.
    use
        Number of the use in `uses()`.
    people
        People who live or work there.
    needs
        [block, need] in the units of `NEEDS`.
    centre
        0 in the middle of the city, 1 at its edge.
    junction
        Nearest junction.
    """

    corners: Floats
    x: Floats
    y: Floats
    area_ha: Floats
    use: Ints
    people: Floats
    needs: Floats
    centre: Floats
    junction: Ints

    def load(self, need: str, junctions: int) -> Floats:
        """Need of all blocks by their nearest junction."""
        own = self.needs[:, NEEDS.index(need)]
        return np.asarray(np.bincount(self.junction, own, junctions), dtype=np.float64)

    def names(self) -> Texts:
        """Use of each block."""
        return np.array([use.name for use in uses()], dtype=object)[self.use]


def land(streets: Streets, drawn: Board, ground: Ground, rng: np.random.Generator) -> Land:
    """The blocks of a board with drawn uses; blocks in water are left out."""
    corners = _corners(streets, drawn)
    middle = corners.mean(axis=1)
    probe = np.concatenate([corners, middle[:, None]], axis=1)
    dry = ~ground.wet(probe[:, :, 0], probe[:, :, 1], 5.0).any(axis=1)
    corners, middle = corners[dry], middle[dry]
    x, y = middle.T
    area = _areas(corners) / 1e4
    span = np.hypot(x - x.mean(), y - y.mean())
    centre = np.clip(span / np.quantile(span, 0.98), 0.0, 1.0)
    use = _drawn_use(centre, rng)
    density = np.array([kind.people_ha for kind in uses()])[use]
    people = np.round(area * density * np.exp(-1.1 * centre**1.5) * rng.lognormal(0.0, 0.3, len(x)), 0)
    needs = people[:, None] * np.array([kind.needs for kind in uses()])[use]
    junction = cKDTree(np.column_stack([streets.x, streets.y])).query(middle)[1]
    nearest = np.asarray(junction, dtype=np.int64)
    return Land(corners, x, y, area, use, people, needs, centre, nearest)


def _corners(streets: Streets, drawn: Board) -> Floats:
    inset = 14.0
    u0, v0, u1, v1 = drawn.blocks.T
    u = np.column_stack([u0 + inset, u1 - inset, u1 - inset, u0 + inset])
    v = np.column_stack([v0 + inset, v0 + inset, v1 - inset, v1 - inset])
    return np.stack(streets.warp.place(u, v), axis=2)


def _areas(corners: Floats) -> Floats:
    x, y = corners[:, :, 0], corners[:, :, 1]
    following = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    twice = np.abs((x * following[1] - y * following[0]).sum(axis=1))
    return np.asarray(twice / 2, dtype=np.float64)


def _drawn_use(centre: Floats, rng: np.random.Generator) -> Ints:
    ring = np.minimum((centre * 3).astype(np.int64), 2)
    share = np.array([kind.share for kind in uses()])[:, ring].T
    chance = rng.random(len(centre))[:, None]
    passed = chance > np.cumsum(share, axis=1) / share.sum(axis=1, keepdims=True)
    return np.asarray(passed.sum(axis=1), dtype=np.int64)
