"""Equivalent outage hours: how long a complete outage would do the harm that a partial one did.

Two ways to see service at an instant, as InfraRisk defines them (Balakrishnan and Cassottana, Sustainable
Cities and Society 83 (2022) 103963): each consumer counts alike (ECS), or each counts as much as it
normally takes (PCS). The base is what each consumer takes in the undisturbed run at the same time of day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HOUR_S = 3600.0
DAY_S = 86_400.0


@dataclass(frozen=True)
class OutageHours:
    """Equivalent outage hours of one network: `ecs_h` counts consumers, `pcs_h` counts what they take."""

    ecs_h: float
    pcs_h: float


def consumers_served(supplied: Floats, base: Floats) -> Floats:
    """Equitable consumer serviceability: the mean of min(1, supplied / base), shape (instants,).

    Parameters
    ----------
    supplied, base
        Per instant and consumer, shapes (instants, consumers), in any one unit. `base` may be of shape
        (consumers,). Consumers without base demand at an instant do not count; without any, all is served.
    """
    wants = np.broadcast_to(base > 0, supplied.shape)
    share = np.divide(supplied, base, out=np.ones(supplied.shape), where=wants)
    total = np.where(wants, np.clip(share, 0.0, 1.0), 0.0).sum(axis=1)
    return _over(total, wants.sum(axis=1).astype(np.float64))


def demand_served(supplied: Floats, base: Floats) -> Floats:
    """Prioritised consumer serviceability: sum of min(supplied, base) over sum of base, shape (instants,).

    Arguments as for `consumers_served`.
    """
    wanted = np.broadcast_to(np.maximum(base, 0.0), supplied.shape)
    given = np.clip(supplied, 0.0, wanted)
    return _over(given.sum(axis=1), wanted.sum(axis=1))


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.ones(part.shape), where=whole > 0)


def outage_hours(t_s: Floats, served: Floats) -> float:
    """Trapezoid of (1 - served) over the recorded instants, in hours.

    Parameters
    ----------
    t_s
        Recorded instants (s), ascending, shape (instants,).
    served
        Share served at each, 0 to 1.
    """
    return float(np.trapezoid(1.0 - served, t_s / HOUR_S))


def outage(t_s: Floats, supplied: Floats, base: Floats) -> OutageHours:
    """Both equivalent outage hours of one network; arguments as above."""
    return OutageHours(
        outage_hours(t_s, consumers_served(supplied, base)), outage_hours(t_s, demand_served(supplied, base))
    )


def weighted(outages: Mapping[str, OutageHours], weights: Mapping[str, float]) -> OutageHours:
    """The weighted sum over networks (InfraRisk weighs water and power with one half each)."""
    return OutageHours(
        sum(weights[name] * outages[name].ecs_h for name in weights),
        sum(weights[name] * outages[name].pcs_h for name in weights),
    )


def same_time_of_day(base_t_s: Floats, base: Floats, t_s: Floats, day_s: float = DAY_S) -> Floats:
    """The undisturbed day's values at the time of day of each instant, shape (instants, consumers).

    Parameters
    ----------
    base_t_s, base
        Instants of the undisturbed day (s from its start, ascending) and values, shape (instants, consumers);
        each value holds until the next.
    t_s
        Instants asked for, on any day.
    """
    rows = np.searchsorted(base_t_s, np.mod(t_s, day_s), side="right") - 1
    return np.asarray(base[np.maximum(rows, 0)], dtype=np.float64)
