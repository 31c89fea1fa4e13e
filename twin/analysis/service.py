"""Service over time: what each lifeline and zone was given of its demand, and who was out since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.model.journal import NO_CAUSE, Journal

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """A step function of service: each row holds from its time to the next, the last one until `end_s`.

    Attributes
    ----------
    lifeline, zone
        Whose service; zone "" is the whole network.
    t_s, served, demand
        Times (strictly increasing) and what was delivered of what was wanted, each of shape (steps,);
        m3/s, kg/s or W.
    end_s
        End of the last step.
    """

    lifeline: str
    zone: str
    t_s: Floats
    served: Floats
    demand: Floats
    end_s: float

    @cached_property
    def share(self) -> Floats:
        """Share of demand met, 0 to 1, shape (steps,); 1 where nothing is wanted."""
        wanted = self.demand > 0
        share = np.ones(len(self.t_s))
        np.divide(self.served, self.demand, out=share, where=wanted)
        return np.clip(share, 0.0, 1.0)

    @cached_property
    def lasts_s(self) -> Floats:
        """Length of each step in seconds, shape (steps,)."""
        return np.diff(np.append(self.t_s, max(self.end_s, self.t_s[-1] if len(self.t_s) else 0.0)))

    def share_at(self, t_s: Floats) -> Floats:
        """Share of demand met at given times (before the first step: that of the first step)."""
        row = np.clip(np.searchsorted(self.t_s, t_s, side="right") - 1, 0, None)
        return np.asarray(self.share[row], dtype=np.float64)


@dataclass(frozen=True)
class Outage:
    """A time during which a consumer went without service.

    `event` is the journal's event that began it. `lasts` tells that it had not ended when the run did
    (`end_s` is then the run's end); `caused` is false for who was out before anything happened.
    """

    component: str
    lifeline: str
    start_s: float
    end_s: float
    event: int
    lasts: bool
    caused: bool

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end_s - self.start_s


def curves(columns: Mapping[str, NDArray[Any]], end_s: float) -> tuple[Curve, ...]:
    """Step functions from the columns of the service table (`t_s, lifeline, zone, served, demand`).

    Of several rows of one instant the last holds. Curves are in order of lifeline and zone.
    """
    lifeline, zone = columns["lifeline"].astype(str), columns["zone"].astype(str)
    found = []
    for name, place in sorted(set(zip(lifeline.tolist(), zone.tolist(), strict=True))):
        rows = np.flatnonzero((lifeline == name) & (zone == place))
        t_s = columns["t_s"][rows].astype(np.float64)
        last = np.append(np.diff(t_s) > 0, True)
        served, demand = (columns[key][rows][last].astype(np.float64) for key in ("served", "demand"))
        found.append(Curve(name, place, t_s[last], served, demand, end_s))
    return tuple(found)


def outages(journal: Journal, end_s: float) -> tuple[Outage, ...]:
    """All outages of consumers and facilities, in order of their beginning."""
    begun: dict[str, int] = {}
    found: list[Outage] = []
    for event in journal:
        if event.kind == "unserved":
            begun.setdefault(event.component, event.event)
        elif event.kind == "served" and event.component in begun:
            found.append(_outage(journal, begun.pop(event.component), event.t_s, lasts=False))
    found += [
        _outage(journal, number, max(end_s, journal[number].t_s), lasts=True) for number in begun.values()
    ]
    return tuple(sorted((one for one in found if one.seconds > 0 or one.lasts), key=lambda one: one.event))


def _outage(journal: Journal, number: int, end_s: float, *, lasts: bool) -> Outage:
    event = journal[number]
    caused = event.cause != NO_CAUSE or event.t_s > 0
    return Outage(event.component, event.lifeline, event.t_s, end_s, number, lasts, caused)


def out_at(found: Iterable[Outage], t_s: float) -> tuple[Outage, ...]:
    """Who is out at a time: outages that have begun and not ended."""
    return tuple(one for one in found if one.start_s <= t_s and (t_s < one.end_s or one.lasts))


def worst_instant(found: Iterable[Outage]) -> float:
    """The first time at which most consumers are out at once (0 where nobody ever is)."""
    steps = sorted([(one.start_s, 1) for one in found] + [(one.end_s, -1) for one in found if not one.lasts])
    out, most, when = 0, 0, 0.0
    for number, (t_s, step) in enumerate(steps):
        out += step
        settled = number + 1 == len(steps) or steps[number + 1][0] > t_s
        if settled and out > most:
            most, when = out, t_s
    return when
