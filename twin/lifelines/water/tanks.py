"""Tanks: volume over depth, how a level moves, and when a tank is full or empty."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.water.series import Curve, curves
from twin.lifelines.water.units import CUBIC_FOOT_M3
from twin.model.network import Network

Floats = NDArray[np.float64]
NO_FLOW_M3S = 1e-6 * CUBIC_FOOT_M3
"""Inflow below which a tank rests (EPANET's QZERO, 1e-6 ft3/s)."""
LEVEL_TOLERANCE_M = 1e-6


@dataclass(frozen=True)
class Tank:
    """One tank: its node row, levels in m above the bottom, volumes in m3."""

    row: int
    bottom_m: float
    level_min_m: float
    level_max_m: float
    area_m2: float
    volume_min_m3: float
    volume_max_m3: float
    overflow: bool
    curve: Curve | None

    def volume(self, level_m: float) -> float:
        """Water held at a level; with a curve never beyond its ends."""
        if self.curve is None:
            return self.volume_min_m3 + (level_m - self.level_min_m) * self.area_m2
        return float(np.interp(level_m, self.curve.x, self.curve.y))

    def level(self, volume_m3: float) -> float:
        """Level at which it holds a volume."""
        if self.curve is None:
            return self.level_min_m + (volume_m3 - self.volume_min_m3) / self.area_m2
        return float(np.interp(volume_m3, self.curve.y, self.curve.x))

    def moved(self, level_m: float, inflow_m3s: float, seconds: float) -> float:
        """The level after some time; full or empty as soon as less than a second is missing, as in EPANET."""
        if abs(inflow_m3s) <= NO_FLOW_M3S or seconds <= 0:
            return level_m
        volume = self.volume(level_m) + inflow_m3s * seconds
        if volume + inflow_m3s >= self.volume_max_m3:
            return self.level_max_m
        if volume + inflow_m3s <= self.volume_min_m3:
            return self.level_min_m
        return self.level(volume)

    def seconds_to_bound(self, level_m: float, inflow_m3s: float) -> float:
        """Time until it is full or empty at this inflow, in whole seconds; infinite where it never is."""
        if (
            abs(inflow_m3s) <= NO_FLOW_M3S
            or self.is_full(level_m, inflow_m3s)
            or self.is_empty(level_m, inflow_m3s)
        ):
            return np.inf
        bound = self.volume_max_m3 if inflow_m3s > 0 else self.volume_min_m3
        return whole((bound - self.volume(level_m)) / inflow_m3s)

    def is_full(self, level_m: float, inflow_m3s: float = 1.0) -> bool:
        """Whether it can take nothing more (and water would come)."""
        return inflow_m3s > 0 and level_m >= self.level_max_m - LEVEL_TOLERANCE_M

    def is_empty(self, level_m: float, inflow_m3s: float = -1.0) -> bool:
        """Whether it can give nothing more (and water would leave)."""
        return inflow_m3s < 0 and level_m <= self.level_min_m + LEVEL_TOLERANCE_M


def whole(seconds: float) -> float:
    """Seconds rounded to whole ones, halves upwards: EPANET's clock."""
    return float(np.floor(seconds + 0.5))


def tanks(network: Network) -> tuple[Tank, ...]:
    """The tanks of a network in row order."""
    nodes, known = network.tables["nodes"], curves(network)
    found = []
    for row in nodes.of_kind("tank"):
        low, high = float(nodes["level_min_m"][row]), float(nodes["level_max_m"][row])
        curve = known.get(str(nodes["curve"][row]))
        area = pi * float(nodes["diameter_m"][row]) ** 2 / 4
        if curve is None:
            least = float(nodes["volume_min_m3"][row]) or area * low
            most = least + area * (high - low)
        else:
            least, most = (float(np.interp(level, curve.x, curve.y)) for level in (low, high))
        bottom = float(nodes["elevation_m"][row])
        overflow = bool(nodes["overflow"][row])
        found.append(Tank(int(row), bottom, low, high, area, least, most, overflow, curve))
    return tuple(found)
