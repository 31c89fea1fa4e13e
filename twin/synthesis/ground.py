"""The ground of a synthetic city: a river, creeks, land that falls to them, hills and hollows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.object_]

ORIGIN = (508_000.0, 3_702_000.0)
"""South-west corner of every synthetic city, in metres east and north (EPSG:4548)."""
CELL_M = 25.0
_BANK_M = 28.0
_RIVER_BED_M = 5.0
_CREEK_BED_M = 2.5


@dataclass(frozen=True)
class Course:
    """A watercourse: a gentle curve across the city, as offset from an axis.

    `across` is False for the river (north as a function of east), True for a creek (the reverse).
    `side` of a creek is +1 north of the river and -1 south of it.
    """

    base: float
    slope: float
    waves: Floats
    half_width: float
    across: bool
    side: float = 0.0

    def centre(self, along: Floats) -> Floats:
        """Position of the centre line at `along` (city metres)."""
        made = self.base + self.slope * along
        for amplitude, wave, phase in self.waves:
            made = made + amplitude * np.sin(along * wave + phase)
        return np.asarray(made, dtype=np.float64)

    def grade(self, along: Floats) -> Floats:
        """Derivative of `centre`."""
        made = np.full(along.shape, self.slope)
        for amplitude, wave, phase in self.waves:
            made = made + amplitude * wave * np.cos(along * wave + phase)
        return np.asarray(made, dtype=np.float64)

    def signed(self, x: Floats, y: Floats) -> Floats:
        """Signed distance from the centre line in m, positive on its north or east side."""
        along, other = (y, x) if self.across else (x, y)
        return np.asarray(
            (other - self.centre(along)) / np.sqrt(1 + self.grade(along) ** 2), dtype=np.float64
        )


@dataclass(frozen=True)
class Ground:
    """Elevation and water of a square of `extent_m`; all coordinates count from `ORIGIN`.

    `bumps` has rows of x, y, height and radius (hills positive, hollows negative);
    `ripples` rows of amplitude, wave number east, wave number north and phase.
    """

    extent_m: float
    river: Course
    creeks: tuple[Course, ...]
    bumps: Floats
    ripples: Floats

    def to_river(self, x: Floats, y: Floats) -> Floats:
        """Signed distance to the river's centre line, positive north of it."""
        return self.river.signed(x, y)

    def to_creek(self, x: Floats, y: Floats) -> Floats:
        """Distance to the nearest creek's centre line; infinite where there is none on this side."""
        nearest = np.full(np.shape(x), np.inf)
        north = np.sign(self.to_river(x, y))
        for creek in self.creeks:
            own = np.where(north == creek.side, np.abs(creek.signed(x, y)), np.inf)
            nearest = np.minimum(nearest, own)
        return nearest

    def bank(self, x: Floats) -> Floats:
        """Elevation of the river's banks; land and river fall to the east by 1.8 per mille."""
        return np.asarray(_BANK_M + 0.0018 * (self.extent_m - x), dtype=np.float64)

    def plain(self, x: Floats, y: Floats) -> Floats:
        """Elevation without the beds of river and creeks: the level of bridge decks."""
        river, creek = np.abs(self.to_river(x, y)), self.to_creek(x, y)
        nearest = np.minimum(river, creek)
        level = self.bank(x) + 0.0012 * np.minimum(river, 5000.0)
        level = level + 9.0 * (1 - np.exp(-nearest / 1800.0))
        far = 1 - np.exp(-((nearest / 250.0) ** 2))
        relief = _swells(self.bumps, np.asarray(x), np.asarray(y))
        for amplitude, wave_x, wave_y, phase in self.ripples:
            relief = relief + amplitude * np.sin(wave_x * x + wave_y * y + phase)
        return np.asarray(level + far * relief, dtype=np.float64)

    def elevation(self, x: Floats, y: Floats) -> Floats:
        """Ground elevation in m."""
        river = _channel(np.abs(self.to_river(x, y)), self.river.half_width) * _RIVER_BED_M
        width = self.creeks[0].half_width if self.creeks else 1.0
        creek = _channel(self.to_creek(x, y), width) * _CREEK_BED_M
        return np.asarray(self.plain(x, y) - np.maximum(river, creek), dtype=np.float64)

    def wet(self, x: Floats, y: Floats, margin: float = 0.0) -> Bools:
        """Whether a place lies in a watercourse or within `margin` of one."""
        river = np.abs(self.to_river(x, y)) < self.river.half_width + margin
        width = self.creeks[0].half_width if self.creeks else 0.0
        return np.asarray(river | (self.to_creek(x, y) < width + margin), dtype=np.bool_)


def dipped(made: Ground, x: Floats, y: Floats) -> Ground:
    """The ground with dips of 2.8 m where streets pass under a railway."""
    number = len(x)
    dips = np.column_stack([x, y, np.full(number, -2.8), np.full(number, 28.0)])
    return replace(made, bumps=np.concatenate([made.bumps, dips]))


@dataclass(frozen=True)
class Terrain:
    """Elevations on a grid: `z[row, column]`, row 0 in the south, `cell_m` apart."""

    x0: float
    y0: float
    cell_m: float
    z: Floats


def _swells(bumps: Floats, x: Floats, y: Floats) -> Floats:
    """Sum of round hills and hollows, each cut off at four and a half times its radius."""
    east, north = x.ravel(), y.ravel()
    ranked = np.argsort(east, kind="stable")
    ordered = east[ranked]
    made = np.zeros(len(east))
    for middle_x, middle_y, height, radius in bumps:
        reach = 4.5 * radius
        low, high = np.searchsorted(ordered, [middle_x - reach, middle_x + reach])
        near = ranked[low:high]
        near = near[np.abs(north[near] - middle_y) < reach]
        away = (east[near] - middle_x) ** 2 + (north[near] - middle_y) ** 2
        made[near] += height * np.exp(-away / (2 * radius**2))
    return made.reshape(x.shape)


def _channel(distance: Floats, half_width: float) -> Floats:
    """Share of the bed's depth: 1 in the channel, falling to 0 over ten metres of bank."""
    ramp = np.clip((half_width + 5.0 - distance) / 10.0, 0.0, 1.0)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), dtype=np.float64)


def ground(extent_m: float, rng: np.random.Generator) -> Ground:
    """A ground drawn for a square city of this extent."""
    river = Course(
        base=extent_m * rng.uniform(0.40, 0.50),
        slope=rng.uniform(-0.08, 0.12),
        waves=_waves(rng, (90.0, 45.0), (3600.0, 1700.0)),
        half_width=float(np.clip(22.0 + 0.0022 * extent_m, 28.0, 60.0)),
        across=False,
    )
    return Ground(extent_m, river, _creeks(extent_m, rng), _bumps(extent_m, rng), _ripples(rng))


def _waves(rng: np.random.Generator, amplitudes: tuple[float, ...], lengths: tuple[float, ...]) -> Floats:
    rows = [
        (
            rng.uniform(0.6, 1.0) * amplitude,
            2 * np.pi / (length * rng.uniform(0.85, 1.15)),
            rng.uniform(0, 6.28),
        )
        for amplitude, length in zip(amplitudes, lengths, strict=True)
    ]
    return np.array(rows)


def _creeks(extent_m: float, rng: np.random.Generator) -> tuple[Course, ...]:
    """Creeks on alternate sides of the river, about every 1.7 km."""
    number = max(1, round(extent_m / 1700.0) - 1)
    first = 1.0 if rng.random() < 0.5 else -1.0
    return tuple(
        Course(
            base=extent_m * (k + 1 + rng.uniform(-0.15, 0.15)) / (number + 1),
            slope=rng.uniform(-0.05, 0.05),
            waves=_waves(rng, (50.0, 25.0), (2600.0, 1200.0)),
            half_width=9.0,
            across=True,
            side=first * (-1) ** k,
        )
        for k in range(number)
    )


def _bumps(extent_m: float, rng: np.random.Generator) -> Floats:
    """Hills (3 to 7 m) and hollows (1 to 2.5 m), about one of each in four square kilometres."""
    number = max(3, round(extent_m**2 / 4e6))
    places = rng.uniform(0.05, 0.95, (2 * number, 2)) * extent_m
    height = np.concatenate([rng.uniform(3.0, 7.0, number), -rng.uniform(1.0, 2.5, number)])
    radius = np.concatenate([rng.uniform(450.0, 700.0, number), rng.uniform(220.0, 380.0, number)])
    return np.column_stack([places, height, radius])


def _ripples(rng: np.random.Generator) -> Floats:
    lengths = np.array([2900.0, 1300.0, 640.0])
    amplitude = np.array([0.7, 0.35, 0.15])
    angle = rng.uniform(0, 2 * np.pi, 3)
    wave = 2 * np.pi / lengths
    return np.column_stack([amplitude, wave * np.cos(angle), wave * np.sin(angle), rng.uniform(0, 6.28, 3)])


def terrain(made: Ground) -> Terrain:
    """The ground on a grid that reaches 200 m beyond the square."""
    axis = np.arange(-200.0, made.extent_m + 200.0 + CELL_M, CELL_M)
    x, y = np.meshgrid(axis, axis)
    return Terrain(ORIGIN[0] - 200.0, ORIGIN[1] - 200.0, CELL_M, np.round(made.elevation(x, y), 3))
