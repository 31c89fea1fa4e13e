"""The streets of a synthetic city: junctions, sections between them, and where on a section a place is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.synthesis.board import Board, board
from twin.synthesis.ground import Bools, Floats, Ground, Ints
from twin.synthesis.warp import Warp, warp

_CLOSED = 0.13
"""Share of local sections that were never built."""


@dataclass(frozen=True)
class Streets:
    """Junctions and sections; columns run north, rows run east, and they meet at junctions.

    Attributes
    ----------
    warp
        From the drawing board to the ground.
    u, v, x, y
        Board and ground coordinates of the junctions.
    arterial
        Whether the column [:, 0] and the row [:, 1] of a junction is an arterial.
    start, end
        Junctions of the sections; columns run north, rows east.
    column, main, bridge
        Whether a section belongs to a column, is an arterial, crosses a watercourse.
    street
        Number of the whole street a section is part of.
    length_m
        Length of the section.
    free
        Rows of junction, column (1) or row (0) and direction (+1 north or east): ways without a street.
    """

    warp: Warp
    u: Floats
    v: Floats
    x: Floats
    y: Floats
    arterial: Bools
    start: Ints
    end: Ints
    column: Bools
    main: Bools
    bridge: Bools
    street: Ints
    length_m: Floats
    free: Ints

    def along(self, section: Ints, distance: Floats, lateral: Floats) -> tuple[Floats, Floats]:
        """Ground coordinates `distance` m from a section's start, `lateral` m to its east or south.

        Distances below 0 or above the length lie on the street's continuation.
        """
        return self.beyond(self.start[section], self.column[section], *self._step(section, distance), lateral)

    def _step(self, section: Ints, distance: Floats) -> tuple[Floats, Floats]:
        share = distance / self.length_m[section]
        start, end = self.start[section], self.end[section]
        return share * (self.u[end] - self.u[start]), share * (self.v[end] - self.v[start])

    def beyond(
        self, junction: Ints, column: Bools, du: Floats, dv: Floats, lateral: Floats
    ) -> tuple[Floats, Floats]:
        """Ground coordinates at a board offset from a junction, `lateral` m beside the column or row."""
        u, v = self.u[junction] + du, self.v[junction] + dv
        x, y = self.warp.place(u, v)
        east = self.warp.normal(u, v, True)
        south = self.warp.normal(u, v, False)
        return (
            x + lateral * np.where(column, east[0], south[0]),
            y + lateral * np.where(column, east[1], south[1]),
        )

    def corner(self, junction: Ints, east: Floats, south: Floats) -> tuple[Floats, Floats]:
        """Where a line `east` m beside the column crosses one `south` m beside the row of a junction."""
        a = self.warp.normal(self.u[junction], self.v[junction], True)
        b = self.warp.normal(self.u[junction], self.v[junction], False)
        det = a[0] * b[1] - a[1] * b[0]
        x = (east * b[1] - south * a[1]) / det
        y = (a[0] * south - b[0] * east) / det
        return self.x[junction] + x, self.y[junction] + y


def streets(area_km2: float, ground: Ground, rng: np.random.Generator) -> tuple[Streets, Board]:
    """Streets over about `area_km2`, and the board of blocks they were drawn on."""
    bent = warp(ground.extent_m, rng)
    drawn = board(area_km2, ground.extent_m, rng)
    x, y = bent.place(drawn.u, drawn.v)
    dry = ~ground.wet(x, y, 40.0)
    sections = _sections(drawn, dry)
    kept, bridge = _passable(sections, drawn, bent, ground, rng)
    kept &= _linked(sections, kept, len(x))
    used = np.unique(sections[kept][:, :2])
    number = np.full(len(x), -1)
    number[used] = np.arange(len(used))
    rows = sections[kept]
    start, end = number[rows[:, 0]], number[rows[:, 1]]
    made = Streets(
        bent,
        drawn.u[used],
        drawn.v[used],
        x[used],
        y[used],
        drawn.arterial[used],
        start,
        end,
        rows[:, 3] == 1,
        rows[:, 4] == 1,
        bridge[kept],
        rows[:, 2],
        _lengths(bent, drawn, rows),
        _free(start, end, rows[:, 3] == 1, len(used)),
    )
    return made, drawn


def _sections(drawn: Board, dry: Bools) -> Ints:
    """Rows of start, end, street, column flag, arterial flag: neighbours among a street's dry junctions."""
    made = []
    for number, line in enumerate(drawn.lines):
        stops = line.junctions[dry[line.junctions]]
        gap = np.hypot(np.diff(drawn.u[stops]), np.diff(drawn.v[stops]))
        whole = gap < 420.0
        flags = np.array([number, line.column, line.main], dtype=np.int64)
        pairs = np.column_stack([stops[:-1], stops[1:]])[whole]
        made.append(np.column_stack([pairs, np.tile(flags, (len(pairs), 1))]))
    return np.concatenate(made).astype(np.int64)


def _sampled(bent: Warp, drawn: Board, rows: Ints, number: int) -> tuple[Floats, Floats]:
    """Ground coordinates [section, sample] at `number` equal steps of each section."""
    share = np.linspace(0.0, 1.0, number)
    a, b = rows[:, 0], rows[:, 1]
    u = drawn.u[a][:, None] + share * (drawn.u[b] - drawn.u[a])[:, None]
    v = drawn.v[a][:, None] + share * (drawn.v[b] - drawn.v[a])[:, None]
    return bent.place(u, v)


def _lengths(bent: Warp, drawn: Board, rows: Ints) -> Floats:
    x, y = _sampled(bent, drawn, rows, 17)
    return np.asarray(np.hypot(np.diff(x, axis=1), np.diff(y, axis=1)).sum(axis=1), dtype=np.float64)


def _passable(
    sections: Ints, drawn: Board, bent: Warp, ground: Ground, rng: np.random.Generator
) -> tuple[Bools, Bools]:
    """Which sections are built, and which of them are bridges."""
    x, y = _sampled(bent, drawn, sections, 33)
    near = ground.wet(x, y, 12.0)
    touched = near.any(axis=1)
    side = np.sign(ground.to_river(x, y))
    over_river = side[:, 0] != side[:, -1]
    one_reach = (np.abs(np.diff(near.astype(np.int8), axis=1)).sum(axis=1) == 2) & ~near[:, 0] & ~near[:, -1]
    short = near.sum(axis=1) < 0.8 * near.shape[1]
    main = sections[:, 4] == 1
    chance = rng.random(len(sections))
    crossing = one_reach & short & (main | (~over_river & (chance < 0.35)))
    built = np.where(touched, crossing, main | (chance >= _CLOSED))
    return np.asarray(built, dtype=np.bool_), np.asarray(touched & crossing, dtype=np.bool_)


def _linked(sections: Ints, kept: Bools, junctions: int) -> Bools:
    """Sections of the largest connected part."""
    a, b = sections[kept, 0], sections[kept, 1]
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(junctions, junctions))
    part = connected_components(graph, directed=False)[1]
    largest = np.bincount(part[a]).argmax()
    return np.asarray(part[sections[:, 0]] == largest, dtype=np.bool_)


def _free(start: Ints, end: Ints, column: Bools, junctions: int) -> Ints:
    """Directions without a section at junctions that have a section of the other kind: places for plants."""
    taken = np.zeros((junctions, 2, 2), dtype=np.bool_)
    taken[start, column.astype(np.int64), 1] = True
    taken[end, column.astype(np.int64), 0] = True
    degree = taken.sum(axis=(1, 2))
    junction, kind, ahead = np.nonzero(~taken & (degree >= 3)[:, None, None])
    return np.column_stack([junction, kind, 2 * ahead - 1]).astype(np.int64)
