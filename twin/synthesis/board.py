"""The drawing board of a city: arterials on a grid of 600 to 1000 m, local streets within, blocks between."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twin.synthesis.ground import Bools, Floats, Ints

_STEP = 65.0
"""How far local streets of neighbouring quarters are off where they do not meet."""


@dataclass(frozen=True)
class Line:
    """A street on the board: its junctions in order, north or east."""

    column: bool
    main: bool
    junctions: Ints


@dataclass(frozen=True)
class Board:
    """Junctions in board coordinates, streets through them, and blocks between the streets.

    `arterial[:, 0]` tells whether the column of a junction is an arterial, `[:, 1]` whether its row is.
    `blocks` has rows of u0, v0, u1, v1.
    """

    u: Floats
    v: Floats
    arterial: Bools
    lines: tuple[Line, ...]
    blocks: Floats


@dataclass(frozen=True)
class _Quarter:
    """What lies between four arterials: positions of its inner columns and rows."""

    column: int
    row: int
    us: Floats
    vs: Floats


def board(area_km2: float, extent_m: float, rng: np.random.Generator) -> Board:
    """Arterials over the whole extent; the quarters nearest to the middle, until their area is `area_km2`."""
    us, vs = _arterials(extent_m, rng), _arterials(extent_m, rng)
    chosen = _chosen(area_km2, extent_m, us, vs, rng)
    columns = [_inner(us[i], us[i + 1], rng) for i in range(len(us) - 1)]
    rows = [_inner(vs[j], vs[j + 1], rng) for j in range(len(vs) - 1)]
    quarters = [
        _Quarter(i, j, _shifted(columns[i], us[i], us[i + 1], rng), _shifted(rows[j], vs[j], vs[j + 1], rng))
        for i in range(len(us) - 1)
        for j in range(len(vs) - 1)
        if chosen[i, j]
    ]
    return _joined(us, vs, quarters)


def _arterials(extent_m: float, rng: np.random.Generator) -> Floats:
    number = max(2, round(extent_m / 800.0))
    step = rng.uniform(0.8, 1.2, number)
    place = np.concatenate([[0.0], np.cumsum(step)]) / step.sum() * extent_m
    return np.asarray(np.round(place, 2), dtype=np.float64)


def _chosen(area_km2: float, extent_m: float, us: Floats, vs: Floats, rng: np.random.Generator) -> Bools:
    """Quarters of an outline that is neither square nor round."""
    u, v = np.meshgrid((us[:-1] + us[1:]) / 2, (vs[:-1] + vs[1:]) / 2, indexing="ij")
    east, north = (u - extent_m / 2) / extent_m, (v - extent_m / 2) / extent_m
    angle = np.arctan2(north, east)
    phase = rng.uniform(0, 6.28, 2)
    bulge = 1 + 0.10 * np.sin(2 * angle + phase[0]) + 0.08 * np.sin(3 * angle + phase[1])
    radius = (np.abs(east) ** 2.6 + np.abs(north) ** 2.6) ** (1 / 2.6) / bulge
    size = np.outer(np.diff(us), np.diff(vs))
    order = np.argsort(radius, axis=None, kind="stable")
    inside = np.cumsum(size.ravel()[order]) - size.ravel()[order] / 2 <= area_km2 * 1e6
    made = np.zeros(size.size, dtype=np.bool_)
    made[order[inside]] = True
    return made.reshape(size.shape)


def _inner(low: float, high: float, rng: np.random.Generator) -> Floats:
    """Positions of local streets between two arterials, 150 to 250 m apart."""
    number = max(2, round((high - low) / rng.uniform(175.0, 215.0)))
    step = rng.uniform(0.88, 1.12, number)
    place = low + np.cumsum(step)[:-1] / step.sum() * (high - low)
    return np.asarray(np.round(place, 2), dtype=np.float64)


def _shifted(positions: Floats, low: float, high: float, rng: np.random.Generator) -> Floats:
    """The positions of one quarter: most go on from their neighbours, some are a step off."""
    step = rng.choice([0.0, 0.0, 0.0, 0.0, -_STEP, _STEP], len(positions))
    made = positions + step
    close = np.diff(np.concatenate([[low], made, [high]])) < 105.0
    return positions if close.any() else np.round(made, 2)


class _Book:
    """Junctions by their place on the board, numbered as they are met."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[float, float], int] = {}
        self.arterial: list[list[bool]] = []

    def number(self, u: float, v: float, column_main: bool, row_main: bool) -> int:
        """The number of the junction at (u, v)."""
        key = (float(u), float(v))
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers)
            self.arterial.append([column_main, row_main])
        return self.numbers[key]


def _joined(us: Floats, vs: Floats, quarters: list[_Quarter]) -> Board:
    """Junctions, streets and blocks of all quarters."""
    book = _Book()
    on_column: dict[int, set[float]] = {}
    on_row: dict[int, set[float]] = {}
    inner: list[Line] = []
    blocks: list[tuple[float, float, float, float]] = []
    for quarter in quarters:
        i, j = quarter.column, quarter.row
        edge_u, edge_v = (us[i], us[i + 1]), (vs[j], vs[j + 1])
        for side in (i, i + 1):
            on_column.setdefault(side, set()).update([*edge_v, *quarter.vs])
        for side in (j, j + 1):
            on_row.setdefault(side, set()).update([*edge_u, *quarter.us])
        inner += _local(book, quarter, edge_u, edge_v)
        all_u = [edge_u[0], *quarter.us, edge_u[1]]
        all_v = [edge_v[0], *quarter.vs, edge_v[1]]
        blocks += [(a, c, b, d) for a, b in pairwise(all_u) for c, d in pairwise(all_v)]
    main = _main(book, us, vs, on_column, on_row)
    place = np.array(list(book.numbers), dtype=np.float64)
    return Board(
        place[:, 0], place[:, 1], np.array(book.arterial, dtype=np.bool_), (*main, *inner), np.array(blocks)
    )


def _local(
    book: _Book, quarter: _Quarter, edge_u: tuple[float, float], edge_v: tuple[float, float]
) -> list[Line]:
    made = []
    for u in quarter.us:
        stops = [(v, v in edge_v) for v in (edge_v[0], *quarter.vs, edge_v[1])]
        made.append(Line(True, False, np.array([book.number(u, v, False, main) for v, main in stops])))
    for v in quarter.vs:
        stops = [(u, u in edge_u) for u in (edge_u[0], *quarter.us, edge_u[1])]
        made.append(Line(False, False, np.array([book.number(u, v, main, False) for u, main in stops])))
    return made


def _main(
    book: _Book, us: Floats, vs: Floats, on_column: dict[int, set[float]], on_row: dict[int, set[float]]
) -> list[Line]:
    """Arterials through all the junctions that the quarters put on them."""
    rows, columns = set(vs.tolist()), set(us.tolist())
    made = []
    for i in sorted(on_column):
        stops = sorted(on_column[i])
        made.append(Line(True, True, np.array([book.number(us[i], v, True, v in rows) for v in stops])))
    for j in sorted(on_row):
        stops = sorted(on_row[j])
        made.append(Line(False, True, np.array([book.number(u, vs[j], u in columns, True) for u in stops])))
    return made
