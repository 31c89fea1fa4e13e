"""A two-winding transformer as a two-port: T model, off-nominal ratio, tap changer, phase shift.

Source: pandapower documentation 3.3, "Transformer" (T model, `trafo_model="t"`) and "tap changer".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.physics.powerflow.grid import Branches, Flags, Floats


@dataclass(frozen=True)
class Ratings:
    """Name-plate columns of transformers, each [k], SI, of one unit of `parallel` equal ones.

    `uk` and `ur` are short-circuit voltage and its real part, `i0` the no-load current (shares of the
    rating), `iron_w` the iron losses, `shift_rad` the angle by which the start leads the end, `leak_r` and
    `leak_x` the shares of resistance and reactance on the start's side of the magnetising branch.
    """

    u_start_v: Floats
    u_end_v: Floats
    s_va: Floats
    uk: Floats
    ur: Floats
    i0: Floats
    iron_w: Floats
    shift_rad: Floats
    leak_r: Floats
    leak_x: Floats
    parallel: Floats


@dataclass(frozen=True)
class Tap:
    """Tap changers, each [k]: steps off neutral, voltage share and angle of a step, side, kind.

    An ideal one turns the angle by `step_rad` per step, or, where that is 0, by twice the arc sine of half
    the voltage share; the other kind adds a voltage of `step` times the rated one at the angle `step_rad`.
    """

    steps: Floats
    step: Floats
    step_rad: Floats
    at_start: Flags
    ideal: Flags


def transformer(ratings: Ratings, tap: Tap) -> Branches:
    """Two-ports of transformers; all admittances on the voltage level of the (tapped) end winding."""
    u_start, u_end, shift = _tapped(ratings, tap)
    base_ohm = u_end**2 / ratings.s_va
    reactance = np.copysign(np.sqrt(np.maximum(ratings.uk**2 - ratings.ur**2, 0.0)), ratings.uk)
    z = (ratings.ur + 1j * reactance) * base_ohm / ratings.parallel
    lag_va = np.sqrt(np.maximum((ratings.i0 * ratings.s_va) ** 2 - ratings.iron_w**2, 0.0))
    y = (ratings.iron_w - 1j * lag_va) / u_end**2 * ratings.parallel
    before = z.real * ratings.leak_r + 1j * z.imag * ratings.leak_x
    after = z - before
    series = z + before * after * y
    with np.errstate(invalid="ignore", divide="ignore"):
        y_start = np.where(series == 0, 0, after * y / series)
        y_end = np.where(series == 0, 0, before * y / series)
    return Branches(series, y_start, y_end, u_start / u_end * np.exp(1j * shift))


def _tapped(ratings: Ratings, tap: Tap) -> tuple[Floats, Floats, Floats]:
    """Winding voltages and phase shift with the tap changer in its position."""
    added = np.where(tap.ideal, 0.0, tap.steps * tap.step)
    angle = np.where(tap.ideal, 0.0, tap.step_rad)
    factor = 1 + added * np.exp(1j * angle)
    half = np.clip(tap.steps * tap.step / 2, -1.0, 1.0)
    turned = np.where(tap.step_rad != 0, tap.steps * tap.step_rad, 2 * np.arcsin(half))
    direction = np.where(tap.at_start, 1.0, -1.0)
    shift = ratings.shift_rad + direction * np.where(tap.ideal, turned, np.arctan(factor.imag / factor.real))
    u_start = ratings.u_start_v * np.where(tap.at_start, np.abs(factor), 1.0)
    u_end = ratings.u_end_v * np.where(tap.at_start, 1.0, np.abs(factor))
    return u_start, u_end, shift
