"""The map of elevations: raised, gently stretched, known to a step only, and in the same order as before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.census.mask.policy import ElevationPolicy

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Elevations:
    """A strictly rising map of elevations.

    `known` are the elevations of the city, rising, and `mapped` theirs; between them the map is linear,
    beyond them it shifts.
    """

    known: Floats
    mapped: Floats

    def apply(self, values: Floats) -> Floats:
        """Elevations of any shape, m; what is missing stays missing."""
        if not len(self.known):
            return values
        inside = np.interp(values, self.known, self.mapped)
        below = self.mapped[0] + (values - self.known[0])
        above = self.mapped[-1] + (values - self.known[-1])
        result = np.where(values < self.known[0], below, np.where(values > self.known[-1], above, inside))
        return np.asarray(np.where(np.isnan(values), np.nan, result))


def elevation_map(
    values: Floats, policy: ElevationPolicy, rng: np.random.Generator, low_m: float, range_m: float
) -> Elevations:
    """The map for a city's elevations.

    m(z) = z + c + s P / (2 pi) sin(2 pi (z - low) / P + f), which rises with a slope of 1 - s to 1 + s; then
    each value goes to its step of the quantum, and within a step values are spread evenly in their order, so
    that equal ones stay equal, and no slope changes its sign or vanishes.

    Parameters
    ----------
    values
        All elevations of the city, in any order, m.
    low_m, range_m
        Lowest elevation and range that the stretch is laid out for.
    """
    known = np.unique(values[np.isfinite(values)])
    shift = policy.shift_m * float(rng.uniform(0.5, 1.0))
    period = max(range_m, 1.0) * float(rng.uniform(0.7, 1.3))
    phase = float(rng.uniform(0, 2 * np.pi))
    wave = np.sin(2 * np.pi * (known - low_m) / period + phase) * period / (2 * np.pi)
    smooth = known + shift + policy.stretch * wave
    return Elevations(known, _stepped(smooth, policy.quantum_m))


def _stepped(rising: Floats, quantum: float) -> Floats:
    """Rising values spread evenly over the steps they lie in: order is all that stays below the quantum."""
    if quantum <= 0 or not len(rising):
        return rising
    step = np.floor(rising / quantum)
    first = np.searchsorted(step, step, side="left")
    count = np.searchsorted(step, step, side="right") - first
    rank = np.arange(len(rising)) - first
    return np.asarray(quantum * (step + (rank + 1) / (count + 1)))
