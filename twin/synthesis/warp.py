"""The plane that streets are drawn in: straight and square on the drawing board, bent on the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.synthesis.ground import Floats


@dataclass(frozen=True)
class Warp:
    """A smooth map from board (u, v) to ground (x, y): waves that bend columns and rows, and a turn.

    Attributes
    ----------
    columns, rows
        Rows of amplitude in m, wave number and phase: the shift of u along v, and of v along u.
    turn
        Angle in radians by which the board is turned about the middle of the city.
    middle
        Place that stays where it is.
    """

    columns: Floats
    rows: Floats
    turn: float
    middle: float

    def place(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """Ground coordinates of board coordinates."""
        east = u - self.middle + _shift(self.columns, v)
        north = v - self.middle + _shift(self.rows, u)
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return east * cos - north * sin + self.middle, east * sin + north * cos + self.middle

    def normal(self, u: Floats, v: Floats, column: bool) -> tuple[Floats, Floats]:
        """Unit normal of the street through a place: to the east of a column, to the south of a row."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        if column:
            bend = _grade(self.columns, v)
            tangent = bend * cos - sin, bend * sin + cos
        else:
            bend = _grade(self.rows, u)
            tangent = cos - bend * sin, sin + bend * cos
        length = np.hypot(*tangent)
        return tangent[1] / length, -tangent[0] / length


def _shift(waves: Floats, along: Floats) -> Floats:
    made = np.zeros(np.shape(along))
    for amplitude, wave, phase in waves:
        made = made + amplitude * np.sin(wave * along + phase)
    return made


def _grade(waves: Floats, along: Floats) -> Floats:
    made = np.zeros(np.shape(along))
    for amplitude, wave, phase in waves:
        made = made + amplitude * wave * np.cos(wave * along + phase)
    return made


def warp(extent_m: float, rng: np.random.Generator) -> Warp:
    """A drawn map whose streets meet at 75 to 105 degrees."""

    def waves() -> Floats:
        length = np.array([3400.0, 1500.0]) * rng.uniform(0.85, 1.2, 2)
        slope = np.array([0.085, 0.035]) * rng.uniform(0.7, 1.0, 2)
        return np.column_stack([slope * length / (2 * np.pi), 2 * np.pi / length, rng.uniform(0, 6.28, 2)])

    turn = float(rng.uniform(0.04, 0.12) * rng.choice([-1.0, 1.0]))
    return Warp(waves(), waves(), turn, extent_m / 2)
