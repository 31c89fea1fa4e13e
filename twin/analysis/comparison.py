"""Two runs side by side: where their stories part, and by how much their service differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from twin.analysis.service import Curve, curves
from twin.io.runs import StoredRun
from twin.model.journal import Event, Journal

TIME_TOLERANCE_S = 1e-6


@dataclass(frozen=True)
class Parting:
    """The first place where two journals differ; None stands for a journal that has ended."""

    first: Event | None
    second: Event | None


@dataclass(frozen=True)
class Drift:
    """How one figure differs between two runs; `most` is the largest difference, `t_s` when it is."""

    what: str
    first: float
    second: float
    most: float
    t_s: float = 0.0


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs beyond the tolerance.

    Attributes
    ----------
    parting
        First differing event, None where the journals tell the same story.
    service
        Drift of share of demand met, by lifeline and zone.
    verdicts
        Expectations judged differently: id, first verdict, second verdict.
    counters
        Work counters that differ (information; they do not make results differ).
    """

    parting: Parting | None
    service: tuple[Drift, ...]
    verdicts: tuple[tuple[str, str, str], ...]
    counters: tuple[Drift, ...]

    @property
    def differs(self) -> bool:
        """Whether the results have drifted."""
        return bool(self.parting or self.service or self.verdicts)


def compare(first: StoredRun, second: StoredRun, tolerance: float = 0.0) -> Comparison:
    """Compare two runs.

    Parameters
    ----------
    first, second
        The runs; for a drift check the first is the reference.
    tolerance
        Largest difference that is let pass: relative for times and values of events, in share of demand
        for service. Kinds, components, causes and rules must be equal.
    """
    return Comparison(
        parting(first.journal, second.journal, tolerance),
        _service(first, second, tolerance),
        _verdicts(first.summary, second.summary),
        _counters(first.summary, second.summary),
    )


def parting(first: Journal, second: Journal, tolerance: float = 0.0) -> Parting | None:
    """The first place where two journals differ."""
    for one, other in zip_longest(first, second):
        if one is None or other is None or not _same(one, other, tolerance):
            return Parting(one, other)
    return None


def _same(one: Event, other: Event, tolerance: float) -> bool:
    if one == other:
        return True
    words = ("lifeline", "component", "kind", "cause", "rule", "text_id")
    if any(getattr(one, word) != getattr(other, word) for word in words):
        return False
    if abs(one.t_s - other.t_s) > max(TIME_TOLERANCE_S, tolerance * max(one.t_s, other.t_s)):
        return False
    return one.value == other.value or _close(one.value, other.value, tolerance)


def _close(one: str, other: str, tolerance: float) -> bool:
    """Whether two values (`0.5` or `level_m=0.5`) have the same name and nearly the same number."""
    (name, __, text), (other_name, __, other_text) = one.rpartition("="), other.rpartition("=")
    try:
        number, other_number = float(text), float(other_text)
    except ValueError:
        return False
    return name == other_name and abs(number - other_number) <= tolerance * max(
        abs(number), abs(other_number)
    )


def _end(run: StoredRun) -> float:
    return float(run.summary.get("end_s") or 0.0)


def _service(first: StoredRun, second: StoredRun, tolerance: float) -> tuple[Drift, ...]:
    ones, others = (
        {(curve.lifeline, curve.zone): curve for curve in curves(run.service(), _end(run))}
        for run in (first, second)
    )
    drifts = []
    for key in sorted(ones.keys() | others.keys()):
        name = "/".join(part for part in key if part)
        if key not in ones or key not in others:
            drifts.append(Drift(name, float(key in ones), float(key in others), 1.0))
        elif (drift := _drift(name, ones[key], others[key])).most > tolerance:
            drifts.append(drift)
    return tuple(drifts)


def _drift(name: str, one: Curve, other: Curve) -> Drift:
    t_s = np.union1d(one.t_s, other.t_s)
    shares = one.share_at(t_s), other.share_at(t_s)
    difference = np.abs(shares[0] - shares[1])
    worst = int(np.argmax(difference))
    return Drift(
        name, float(shares[0][worst]), float(shares[1][worst]), float(difference[worst]), float(t_s[worst])
    )


def _verdicts(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    ones, others = (
        {str(one["id"]): str(one["verdict"]) for one in summary.get("expectations") or ()}
        for summary in (first, second)
    )
    names = [*ones, *(name for name in others if name not in ones)]
    pairs = ((name, ones.get(name, ""), others.get(name, "")) for name in names)
    return tuple((name, one, other) for name, one, other in pairs if one != other)


def _counters(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Drift, ...]:
    ones, others = (dict(_flat(summary.get("counters") or {})) for summary in (first, second))
    names = sorted(ones.keys() | others.keys())
    pairs = ((name, ones.get(name, 0.0), others.get(name, 0.0)) for name in names)
    return tuple(Drift(name, one, other, abs(one - other)) for name, one, other in pairs if one != other)


def _flat(data: Mapping[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    """Numbers of nested mappings by dotted name."""
    found: list[tuple[str, float]] = []
    for key, value in data.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, int | float):
            found.append((f"{prefix}{key}", float(value)))
    return found
