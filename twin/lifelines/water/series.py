"""Patterns and curves of a network: long tables grouped by id, and what pump curves mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.model.network import Network

Floats = NDArray[np.float64]
SINGLE_POINT_SHUTOFF = 1.33334
"""Shutoff head over design head of a one-point pump curve (EPANET)."""
LARGEST_EXPONENT = 20.0


@dataclass(frozen=True)
class Curve:
    """Points of one curve, x rising: `use`, x and y as in the table curves."""

    use: str
    x: Floats
    y: Floats


@dataclass(frozen=True)
class PowerCurve:
    """A pump's head gain `shutoff - resistance q^exponent` (m, m3/s), up to `q_max`."""

    shutoff_m: float
    resistance: float
    exponent: float
    q_max: float


def patterns(network: Network) -> Mapping[str, Floats]:
    """Factors of each pattern by id."""
    table = network.tables["patterns"]
    return {name: table["factor"][rows] for name, rows in _groups(table["pattern"]).items()}


def curves(network: Network) -> Mapping[str, Curve]:
    """Curves by id."""
    table = network.tables["curves"]
    return {
        name: Curve(str(table["use"][rows[0]]), table["x"][rows], table["y"][rows])
        for name, rows in _groups(table["curve"]).items()
    }


def _groups(names: NDArray[np.object_]) -> dict[str, NDArray[np.intp]]:
    if not len(names):
        return {}
    keys, inverse = np.unique(names.astype(str), return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(inverse))[:-1])
    return {str(key): part for key, part in zip(keys, parts, strict=True)}


def power_curve(curve: Curve) -> PowerCurve | None:
    """The power law through one point, or through three that begin at zero flow; None for other curves.

    One point stands for shutoff at 4/3 of its head and no head at twice its flow (EPANET 2 users manual,
    pump curves).

    Raises
    ------
    ValueError
        Where no falling power law goes through the points.
    """
    if len(curve.x) == 1:
        q1, h1 = float(curve.x[0]), float(curve.y[0])
        h0, q2, h2 = SINGLE_POINT_SHUTOFF * h1, 2 * q1, 0.0
    elif len(curve.x) == 3 and curve.x[0] == 0:
        h0, h1, h2 = (float(value) for value in curve.y)
        q1, q2 = float(curve.x[1]), float(curve.x[2])
    else:
        return None
    if min(h0, h0 - h1, h1 - h2) <= 0 or not 0 < q1 < q2:
        raise ValueError("heads must fall with rising flow")
    exponent = float(np.log((h0 - h2) / (h0 - h1)) / np.log(q2 / q1))
    if not 0 < exponent <= LARGEST_EXPONENT:
        raise ValueError("no power law goes through the points")
    if q1**exponent == 0:
        raise ValueError("flows are too small for a power law")
    resistance = (h0 - h1) / q1**exponent
    return PowerCurve(h0, resistance, exponent, (h0 / resistance) ** (1 / exponent))
