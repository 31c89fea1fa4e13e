"""Whether a condition of a scenario is true now, and when it should be looked at again."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from statistics import fmean

from twin.drills.schema import Scenario
from twin.drills.terms import And, Compare, Condition, Holds, Lasting, Measure, Not
from twin.engine.observe import Observer
from twin.engine.world import World
from twin.response.crews import agency_names
from twin.response.responder import Responders

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": math.isclose,
    "!=": lambda a, b: not math.isclose(a, b),
}
AGGREGATES: Mapping[str, Callable[[list[float]], float]] = {"min": min, "max": max, "mean": fmean}
LOCATED_S = 0.5
"""A crossing of a stored quantity is located this precisely."""


class Eyes:
    """Reads measures of one scenario in one world."""

    def __init__(self, scenario: Scenario, world: World, observer: Observer, responders: Responders) -> None:
        self.scenario = scenario
        self.world = world
        self.observer = observer
        self.responders = responders
        self._agencies = agency_names(world)
        self._ids: dict[str, tuple[str, ...]] = {}

    def components(self, name: str) -> tuple[str, ...]:
        """The full ids that a name or selector of the scenario stands for."""
        if name not in self._ids:
            self._ids[name] = self.world.city.select(self.scenario.resolve(name))
        return self._ids[name]

    def agency(self, name: str) -> str:
        """The agency id that a name stands for ("" where there is none)."""
        return self._agencies.get(self.scenario.resolve(name), "")

    def values(self, measure: Measure, at: float | None = None) -> list[float]:
        """The quantity of every component the measure names, in SI, now or at a later time."""
        ids = self.components(measure.selector)
        if measure.quantity == "eta":
            agency = self.agency(measure.names[0])
            return [self.responders.eta(agency, name) for name in ids]
        values = [self.observer.value(measure.quantity, name, at) for name in ids]
        return [sum(values)] if measure.quantity == "failed" else values


class Watch:
    """One condition with its memory: since when each of its lasting parts has been true."""

    def __init__(self, condition: Condition, eyes: Eyes) -> None:
        self.condition = condition
        self.eyes = eyes
        self._since: dict[int, float] = {}

    def components(self) -> Iterator[str]:
        """Every component the condition reads."""
        for measure in self.condition.measures():
            yield from self.eyes.components(measure.selector)

    def true(self) -> bool:
        """Whether the condition holds now."""
        return self._true(self.condition)

    def _true(self, condition: Condition, at: float | None = None) -> bool:
        if isinstance(condition, Compare | Holds):
            return self._compared(condition, at)
        if isinstance(condition, Not):
            return not self._true(condition.condition, at)
        if isinstance(condition, Lasting):
            return self._lasting(condition, at)
        parts = [self._true(part, at) for part in condition.parts()]
        return all(parts) if isinstance(condition, And) else any(parts)

    def _compared(self, condition: Compare | Holds, at: float | None) -> bool:
        measure = condition.measure
        values = self.eyes.values(measure, at)
        if measure.aggregate in AGGREGATES:
            values = [AGGREGATES[measure.aggregate](values)]
        if isinstance(condition, Holds):
            truths = [value > 0 for value in values]
        else:
            compare, limit = OPERATORS[condition.op], condition.value
            truths = [compare(value, limit) for value in values]
        return all(truths) if measure.aggregate == "all" else any(truths)

    def _lasting(self, condition: Lasting, at: float | None) -> bool:
        now = self.eyes.world.now if at is None else at
        if not self._true(condition.condition, at):
            if at is None:
                self._since.pop(id(condition), None)
            return False
        since = self._since.get(id(condition), now)
        if at is None:
            self._since[id(condition)] = since
        return now - since >= condition.duration.si

    def next_look(self, horizon: float) -> float:
        """When, before run time `horizon`, the condition may turn by itself: infinity where it can't.

        Lasting parts turn when their time has come; stored quantities (a tank's level) are followed under
        the present flows and their crossing is located by bisection.
        """
        now = self.eyes.world.now
        times = [
            self._since[id(p)] + p.duration.si for p in _lasting_parts(self.condition) if id(p) in self._since
        ]
        waits = [time for time in times if time > now]
        waits += [crossing for part in _plain(self.condition) if (crossing := self._crossing(part, horizon))]
        return min(waits, default=math.inf)

    def _crossing(self, part: Compare | Holds, horizon: float) -> float | None:
        now = self.eyes.world.now
        if not math.isfinite(horizon) or horizon - now <= LOCATED_S:
            return None
        before = self._compared(part, now)
        if self._compared(part, horizon) == before:
            return None
        low, high = now, horizon
        while high - low > LOCATED_S:
            middle = (low + high) / 2
            low, high = (middle, high) if self._compared(part, middle) == before else (low, middle)
        return math.ceil(high)


def _lasting_parts(condition: Condition) -> Iterator[Lasting]:
    if isinstance(condition, Lasting):
        yield condition
    for part in condition.parts():
        yield from _lasting_parts(part)


def _plain(condition: Condition) -> Iterator[Compare | Holds]:
    if isinstance(condition, Compare | Holds):
        yield condition
    for part in condition.parts():
        yield from _plain(part)
