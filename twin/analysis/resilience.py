"""Resilience figures of a run: how deep service fell, how long it took, and what was not delivered."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from twin import units
from twin.analysis.service import Curve, Outage

HOUR_S = 3600.0
RECOVERED = 0.9
"""Share of demand at which service counts as back."""
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Resilience:
    """Figures of one service curve Q(t), Q = share of demand met.

    Attributes
    ----------
    loss_pct_h
        Loss of resilience, the integral of (100 - Q) dt in percent hours (Bruneau et al. 2003,
        Earthquake Spectra 19(4), eq. 1), taken over the run.
    robustness, worst_s
        Lowest Q, and when it was reached first (Bruneau's robustness is what is left at the lowest point).
    rapidity_pct_h
        Mean rate of recovery from the end of the lowest point to 90 %, in percent an hour; None where
        service never fell below 90 % or never came back, infinite where it came back at once.
    time_to_90_s
        From the first fall below 90 % to the time from which it stayed at or above 90 %; 0 where it
        never fell below, None where it was still below at the end.
    unmet
        Integral of demand minus service in SI (J, m3 or kg).
    """

    lifeline: str
    zone: str
    loss_pct_h: float
    robustness: float
    worst_s: float
    rapidity_pct_h: float | None
    time_to_90_s: float | None
    unmet: float


@dataclass(frozen=True)
class Interruptions:
    """Interruption figures of the consumers of one layer, after IEEE Std 1366 but for a single run.

    A consumer is a component, not a household; every outage counts, however short. With N consumers and
    outages i of duration d_i: SAIDI = sum d_i / N, SAIFI = number of outages / N, CAIDI = SAIDI / SAIFI.
    Outages that were there before anything happened do not count.
    """

    lifeline: str
    consumers: int
    affected: int
    outages: int
    hours: float
    saidi_h: float
    saifi: float
    caidi_h: float


@dataclass(frozen=True)
class Amount:
    """What the integral of a service over time is: its dimension and the unit it is shown in."""

    dimension: str
    unit: str


@cache
def amounts() -> Mapping[str, Amount]:
    """By the dimension of a service (`power`, `flow`, ...) what its integral over time is."""
    with files("twin.analysis").joinpath("amounts.csv").open(encoding="utf-8") as table:
        rows = csv.DictReader(table)
        return {row["dimension"]: Amount(row["amount"], row["unit"]) for row in rows}


def in_amount(unmet: float, dimension: str) -> tuple[float, str]:
    """An integral in SI and the unit to show it in; `dimension` is that of the service."""
    amount = amounts()[dimension]
    shown = units.unit(amount.unit)
    assert shown is not None, amount.unit
    return shown.from_si(unmet), amount.unit


def resilience(curve: Curve) -> Resilience:
    """The figures of one service curve."""
    share, lasts = curve.share, curve.lasts_s
    worst = int(np.argmin(share))
    below = share < RECOVERED - _TOLERANCE
    unmet = np.maximum(curve.demand - curve.served, 0.0)
    return Resilience(
        curve.lifeline,
        curve.zone,
        float(np.sum((1.0 - share) * 100.0 * lasts) / HOUR_S),
        float(share[worst]),
        float(curve.t_s[worst]),
        _rapidity(curve, below),
        _time_to_recover(curve, below),
        float(np.sum(unmet * lasts)),
    )


def _recovery(curve: Curve, below: np.ndarray[Any, np.dtype[np.bool_]]) -> float | None:
    """When service came back for good; None where it did not."""
    last = int(np.flatnonzero(below)[-1])
    return float(curve.t_s[last + 1]) if last + 1 < len(curve.t_s) else None


def _time_to_recover(curve: Curve, below: np.ndarray[Any, np.dtype[np.bool_]]) -> float | None:
    if not below.any():
        return 0.0
    back = _recovery(curve, below)
    return None if back is None else back - float(curve.t_s[np.argmax(below)])


def _rapidity(curve: Curve, below: np.ndarray[Any, np.dtype[np.bool_]]) -> float | None:
    back = _recovery(curve, below) if below.any() else None
    if back is None:
        return None
    lowest = curve.share.min()
    end_of_worst = float(curve.t_s[np.flatnonzero(curve.share <= lowest + _TOLERANCE)[-1] + 1])
    gained = float(curve.share[np.searchsorted(curve.t_s, back)] - lowest) * 100.0
    return gained / ((back - end_of_worst) / HOUR_S) if back > end_of_worst else float("inf")


def interruptions(found: Iterable[Outage], consumers: Mapping[str, int]) -> tuple[Interruptions, ...]:
    """Interruption figures by layer; `consumers` is the number of consumers of each."""
    by_layer: dict[str, list[Outage]] = {name: [] for name in sorted(consumers)}
    for outage in found:
        if outage.caused and outage.lifeline in by_layer:
            by_layer[outage.lifeline].append(outage)
    return tuple(
        _interruptions(name, own, consumers[name]) for name, own in by_layer.items() if consumers[name]
    )


def _interruptions(name: str, own: list[Outage], consumers: int) -> Interruptions:
    hours = sum(outage.seconds for outage in own) / HOUR_S
    affected = len({outage.component for outage in own})
    return Interruptions(
        name,
        consumers,
        affected,
        len(own),
        hours,
        hours / consumers,
        len(own) / consumers,
        hours / len(own) if own else 0.0,
    )


def record(figures: Iterable[Resilience], cut: Iterable[Interruptions]) -> dict[str, Any]:
    """The figures as plain data for a run's summary; infinite rates become None.

    By lifeline: the figures of the whole network, those of its zones under `zones`, and under
    `consumers` the interruptions.
    """
    result: dict[str, Any] = {}
    for one in figures:
        own = {key: value for key, value in asdict(one).items() if key not in ("lifeline", "zone")}
        own["rapidity_pct_h"] = own["rapidity_pct_h"] if own["rapidity_pct_h"] != float("inf") else None
        entry = result.setdefault(one.lifeline, {})
        if one.zone:
            entry.setdefault("zones", {})[one.zone] = own
        else:
            entry.update(own)
    for counts in cut:
        own = {key: value for key, value in asdict(counts).items() if key != "lifeline"}
        result.setdefault(counts.lifeline, {})["consumers"] = own
    return result
