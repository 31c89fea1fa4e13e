"""Head loss of a link as a function of its flow: every law brought to one set of coefficients.

Pipes, valves and power-law pumps share `h = -gain + r |q|^(n-1) q + m q|q| + l q`. Below a small flow, the
knot, the power is replaced by `a q + b |q|^(c-1) q` with c = max(3, n + 1), which meets it with equal value
and slope: a gradient that jumps there makes Newton cycle, one that vanishes makes the matrix singular
(Elhay and Simpson 2011). Darcy-Weisbach is regular as it stands.
"""

from __future__ import annotations

from dataclasses import fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import SolveError
from twin.physics.compiled import compiled
from twin.physics.potential.network import (
    CUBIC_FOOT_M3,
    FOOT_M,
    Codes,
    Flags,
    Floats,
    Ints,
    Law,
    Links,
    Options,
)

POWER, DARCY, PIECES, HYPERBOLA = 0, 1, 2, 3

HW_EXPONENT = 1.852
START_VELOCITY_MS = FOOT_M
START_FLOW_M3S = 0.03
KNOT_VELOCITY_MS = 1e-4
SLOPE_FLOOR = 1e-7
VALVE_SLOPE_FLOOR = 1e-4
STEEPEST, FLATTEST = 1e8, 1e-3


class Laws(NamedTuple):
    """Coefficients of the laws, one row per link; what a kind does not use is 0."""

    kind: Codes
    resistance: Floats
    exponent: Floats
    minor: Floats
    linear: Floats
    gain: Floats
    knot: Floats
    low_linear: Floats
    low_power: Floats
    roughness: Floats
    viscosity: Floats
    first: Ints
    last: Ints
    piece_end: Floats
    piece_slope: Floats
    piece_gain: Floats
    start: Floats


def is_pump(law: Codes) -> Flags:
    """Which of the law codes are pumps."""
    return np.asarray(law >= Law.PUMP, dtype=np.bool_)


def smooth(resistance: Floats, exponent: Floats, knot: Floats) -> tuple[Floats, Floats]:
    """Factors a, b of the law below the knot: `a q + b |q|^(c-1) q`, c = max(3, n + 1)."""
    c = np.maximum(3.0, exponent + 1.0)
    a = resistance * knot ** (exponent - 1.0) * (c - exponent) / (c - 1.0)
    b = resistance * knot ** (exponent - c) * (exponent - 1.0) / (c - 1.0)
    return a, b


def laws_of(links: Links, options: Options) -> Laws:
    """Coefficients of all links, in SI, with EPANET's own constants for the three pipe formulas."""
    law, d = links.law, links.diameter_m
    _check(links)
    kind = np.zeros(law.size, dtype=np.int8)
    kind[law == Law.DW] = DARCY
    kind[law == Law.PUMP_CURVE] = PIECES
    kind[law == Law.PUMP_POWER] = HYPERBOLA
    exponent = np.where(law == Law.HW, HW_EXPONENT, 2.0)
    stated = (law == Law.POWER) | (law == Law.PUMP)
    exponent[stated] = links.exponent[stated]
    resistance = _resistance(links, options)
    first, last, end, slope, gain = _pieces(links)
    start = _start_flow(links, resistance, exponent)
    knot = start * KNOT_VELOCITY_MS / START_VELOCITY_MS
    low_linear, low_power = smooth(resistance, exponent, knot)
    knot[law == Law.PUMP_POWER] = np.sqrt(resistance[law == Law.PUMP_POWER] / STEEPEST)
    floor = np.where(law == Law.MINOR, VALVE_SLOPE_FLOOR, SLOPE_FLOOR)
    pipe = law <= Law.CM
    relative = np.divide(links.roughness, d, out=np.zeros_like(d), where=law == Law.DW)
    scale = CUBIC_FOOT_M3 / FOOT_M**3
    minor = np.where(pipe | (law == Law.POWER), links.minor_loss, 0.0)
    return Laws(
        kind, resistance, exponent, minor,
        np.where(kind == POWER, floor, 0.0),
        np.where(law == Law.PUMP, links.shutoff_head_m * links.speed**2, 0.0),
        knot, low_linear, low_power,
        relative, np.where(law == Law.DW, options.viscosity_m2s * d * scale, 0.0),
        first, last, end, slope, gain, start,
    )  # fmt: skip


def _check(links: Links) -> None:
    """Refuse numbers no law can work with."""
    law = links.law
    for item in fields(links):
        if item.name != "q_max_m3s" and not np.all(np.isfinite(getattr(links, item.name))):
            raise SolveError(f"{item.name} must be finite at every link")
    if law.size and (law.min() < 0 or law.max() > Law.PUMP_POWER):
        raise SolveError(f"law codes run from 0 to {int(Law.PUMP_POWER)}, not {law.min()}..{law.max()}")
    pipe = law <= Law.CM
    if np.any(links.diameter_m[pipe] <= 0) or np.any(links.length_m[pipe] < 0):
        raise SolveError("pipes need a diameter > 0 and a length >= 0")
    if np.any(links.roughness[pipe & (law != Law.DW)] <= 0):
        raise SolveError("Hazen-Williams and Chezy-Manning pipes need a roughness > 0")
    if np.any(links.exponent[(law == Law.POWER) | (law == Law.PUMP)] <= 0):
        raise SolveError("exponents must be > 0")
    if np.any(links.resistance < 0) or np.any(links.minor_loss < 0):
        raise SolveError("resistance and minor loss must be >= 0")


def _resistance(links: Links, options: Options) -> Floats:
    """Return r of each link: Hazen-Williams and Manning as EPANET's US formulas, Darcy-Weisbach without f."""
    law, d, length = links.law, links.diameter_m, links.length_m
    r = np.zeros(law.size)
    k = law == Law.HW
    feet, size = length[k] / FOOT_M, d[k] / FOOT_M
    r[k] = (
        4.727 * feet / links.roughness[k] ** HW_EXPONENT / size**4.871 * FOOT_M / CUBIC_FOOT_M3**HW_EXPONENT
    )
    k = law == Law.CM
    feet, size = length[k] / FOOT_M, d[k] / FOOT_M
    manning = (4.0 * links.roughness[k] / (1.49 * np.pi * size**2)) ** 2 * (size / 4.0) ** -1.333
    r[k] = manning * feet * FOOT_M / CUBIC_FOOT_M3**2
    k = law == Law.DW
    area = np.pi * d[k] ** 2 / 4.0
    r[k] = length[k] / (2.0 * options.gravity_ms2 * d[k] * area**2) * (FOOT_M**3 / CUBIC_FOOT_M3) ** 2
    k = law == Law.MINOR
    r[k] = links.minor_loss[k]
    k = law == Law.POWER
    r[k] = links.resistance[k]
    k = law == Law.PUMP
    r[k] = links.resistance[k] * _speed(links)[k] ** (2.0 - links.exponent[k])
    k = law == Law.PUMP_POWER
    r[k] = links.power_w[k] * links.speed[k] ** 3 / options.specific_weight_nm3
    return r


def _speed(links: Links) -> Floats:
    """Pump speeds, 1 for pumps that stand still (they are closed and their law is never used)."""
    return np.where(links.speed > 0, links.speed, 1.0)


def _start_flow(links: Links, resistance: Floats, exponent: Floats) -> Floats:
    """Flow a cold start begins with: 1 ft/s in pipes, half the largest flow of a pump."""
    law = links.law
    start = np.pi * links.diameter_m**2 / 4.0 * START_VELOCITY_MS
    start[start <= 0] = START_FLOW_M3S
    k = np.flatnonzero((law == Law.PUMP) & (resistance > 0) & (links.shutoff_head_m > 0))
    w = _speed(links)
    start[k] = 0.5 * (links.shutoff_head_m[k] * w[k] ** 2 / resistance[k]) ** (1.0 / exponent[k])
    k = np.flatnonzero(law == Law.PUMP_CURVE)
    c = links.curve[k]
    middle = 0.5 * (
        links.curve_flow_m3s[links.curve_start[c]] + links.curve_flow_m3s[links.curve_start[c + 1] - 1]
    )
    start[k] = w[k] * np.where(middle > 0, middle, START_FLOW_M3S)
    return start


def _pieces(links: Links) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """Straight pieces of the pump curves at their speeds: first and last by link; end, slope, gain."""
    first, last = np.zeros((2, links.law.size), dtype=np.int32)
    ends: list[Floats] = []
    slopes: list[Floats] = []
    gains: list[Floats] = []
    count = 0
    for k in np.flatnonzero(links.law == Law.PUMP_CURVE):
        x, y = _curve(links, int(links.curve[k]))
        w = links.speed[k] if links.speed[k] > 0 else 1.0
        x, y = x * w, y * w * w
        slope = np.diff(y) / np.diff(x)
        ends.append(x[1:])
        slopes.append(-slope)
        gains.append(y[:-1] - slope * x[:-1])
        first[k], last[k] = count, count + slope.size - 1
        count += slope.size
    joined = [np.concatenate(parts) if parts else np.empty(0) for parts in (ends, slopes, gains)]
    return first, last, joined[0], joined[1], joined[2]


def _curve(links: Links, c: int) -> tuple[Floats, Floats]:
    """Points of curve `c`, checked."""
    if not 0 <= c < links.curve_start.size - 1:
        raise SolveError(f"a pump names curve {c}, there are {max(links.curve_start.size - 1, 0)}")
    part = slice(links.curve_start[c], links.curve_start[c + 1])
    x, y = links.curve_flow_m3s[part], links.curve_head_m[part]
    if x.size < 2 or np.any(np.diff(x) <= 0) or np.any(np.diff(y) >= 0):
        raise SolveError(f"pump curve {c} needs two points or more, flow rising and head falling")
    return x, y


@compiled
def darcy(r: float, minor: float, e: float, s: float, q: float) -> tuple[float, float]:
    """Darcy-Weisbach loss and slope at flow q >= 0; `e` relative roughness, `s` viscosity times diameter.

    Hagen-Poiseuille to Re 2000, Dunlop's cubic (as in EPANET) to 4000, Swamee and Jain (1976) above.
    """
    w = q / s
    if w <= 500.0 * np.pi:
        laminar = 16.0 * np.pi * s * r
        return q * (laminar + minor * q), laminar + 2.0 * minor * q
    log_factor = -2.0 / np.log(10.0)
    if w >= 1000.0 * np.pi:
        y1 = 5.74 * (np.pi / 4.0) ** 0.9 / w**0.9
        y2 = e / 3.7 + y1
        y3 = log_factor * np.log(y2)
        f = 1.0 / (y3 * y3)
        df = 1.8 * f * y1 * log_factor / (y2 * y3 * q)
    else:
        y2 = e / 3.7 + 5.74 / 4000.0**0.9
        y3 = log_factor * np.log(y2)
        fa = 1.0 / (y3 * y3)
        fb = (2.0 + 0.9 * 2.0 * log_factor * 5.74 / 4000.0**0.9 / (y2 * y3)) * fa
        t = w / (500.0 * np.pi)
        x2 = 0.128 - 17.0 * fa + 2.5 * fb
        x3 = -0.128 + 13.0 * fa - 2.0 * fb
        x4 = 0.032 - 3.0 * fa + 0.5 * fb
        f = 7.0 * fa - fb + t * (x2 + t * (x3 + t * x4))
        df = (x2 + t * (2.0 * x3 + t * 3.0 * x4)) / (s * 500.0 * np.pi)
    factor = f * r + minor
    return factor * q * q, 2.0 * factor * q + df * r * q * q


@compiled
def power(r: float, n: float, knot: float, a: float, b: float, q: float) -> tuple[float, float]:
    """Smoothed power law and its slope at flow q >= 0."""
    if q >= knot:
        slope = n * r * (q if n == 2.0 else q ** (n - 1.0))
        return slope * q / n, slope
    if n <= 2.0:
        return q * (a + b * q * q), a + 3.0 * b * q * q
    top = b * q**n
    return q * (a + top), a + (n + 1.0) * top


@compiled
def hyperbola(c: float, low: float, q: float) -> tuple[float, float]:
    """Constant power: -c / q, continued by its tangents where the slope leaves FLATTEST..STEEPEST.

    `low` is the flow where the slope is STEEPEST, the knot.
    """
    at = min(max(q, low), np.sqrt(c / FLATTEST))
    slope = c / (at * at)
    return -c / at + slope * (q - at), slope


@compiled
def loss(laws: Laws, k: int, q: float) -> tuple[float, float]:
    """Head loss of link k and its slope at flow q."""
    kind = laws.kind[k]
    size = abs(q)
    if kind == POWER:
        h, g = power(
            laws.resistance[k], laws.exponent[k], laws.knot[k], laws.low_linear[k], laws.low_power[k], size
        )
        h += (laws.minor[k] * size + laws.linear[k]) * size
        g += 2.0 * laws.minor[k] * size + laws.linear[k]
        return (h if q >= 0.0 else -h) - laws.gain[k], g
    if kind == DARCY:
        h, g = darcy(laws.resistance[k], laws.minor[k], laws.roughness[k], laws.viscosity[k], size)
        return (h if q >= 0.0 else -h), g
    if kind == PIECES:
        i = laws.first[k]
        while i < laws.last[k] and laws.piece_end[i] < q:
            i += 1
        return laws.piece_slope[i] * q - laws.piece_gain[i], laws.piece_slope[i]
    return hyperbola(laws.resistance[k], laws.knot[k], q)


@compiled
def losses(laws: Laws, q: NDArray[np.float64], h: NDArray[np.float64], g: NDArray[np.float64]) -> None:
    """Head loss `h` and slope `g` of every link at flows `q`."""
    for k in range(q.size):
        h[k], g[k] = loss(laws, k, q[k])
