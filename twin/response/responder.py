"""The model's own responders: they notice what fails, send a crew, isolate, repair, and follow orders."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from twin.engine.coordinator import Coordinator
from twin.engine.door import note
from twin.engine.incidents import act, damaged, effects
from twin.engine.world import World
from twin.response.crews import Agency, Crew, read_agencies
from twin.response.roads import Travel
from twin.response.times import Times

Steps = Generator[simpy.Event, Any, Any]

DAMAGE_KINDS = frozenset({"incident", "forced"})
OFFICE_VERBS = frozenset({"warn", "notify", "request aid", "escort", "evacuate", "dispatch", "send"})
"""Orders that are carried out from the desk; every other order needs a crew on site."""
RETRY_S = 600.0
"""How long a crew waits before it tries again when no open road leads to the place."""


@dataclass
class Job:
    """One failed component on its way back; `reached` holds the event of each stage passed."""

    component: str
    agency: Agency
    cause: int
    reached: dict[str, int] = field(default_factory=dict)


def _after_lower_ranks(env: simpy.Environment, rank: float) -> simpy.Event:
    """An event of this instant, after those of lower ranks: what is reported together is served by rank."""
    event = simpy.Event(env)
    event._ok, event._value = True, None
    later = 1.0 if math.isinf(rank) else max(rank, 0.0) / (max(rank, 0.0) + 1.0)
    env.schedule(event, priority=simpy.events.NORMAL + 1 + later)  # type: ignore[arg-type]
    return event


class Responders:
    """All agencies of a city at work. Watches the journal for damage and starts a job for each."""

    def __init__(
        self,
        world: World,
        coordinator: Coordinator,
        crews: dict[str, int] | None = None,
        played: frozenset[str] = frozenset(),
    ) -> None:
        self.world = world
        self.travel = Travel(world)
        self.agencies = read_agencies(world, self.travel, crews or {}, played)
        self.times = Times(world.city, world.stream)
        self.jobs: dict[str, Job] = {}
        self._seen = 0
        coordinator.watchers.append(self.watch)

    def watch(self) -> None:
        """Start a job for every component that was damaged since the last look."""
        journal = self.world.journal
        while self._seen < len(journal):
            event = journal[self._seen]
            self._seen += 1
            if event.kind in DAMAGE_KINDS and event.component and event.component not in self.jobs:
                self._consider(event.component, event.event)

    def _consider(self, component: str, cause: int) -> None:
        ref = self.world.city.refs[component]
        agency = self.agencies.get(self.world.city.owner(ref.layer))
        if agency is None or not damaged(self.world.state, ref):
            return
        job = Job(component, agency, cause)
        self.jobs[component] = job
        self.world.env.process(self._work(job))

    def _note(self, kind: str, agency: Agency, component: str, cause: int, value: str = "") -> int:
        return note(self.world, kind, component, value=value, cause=cause, rule=agency.name)

    def _reach(self, job: Job, kind: str, cause: int, value: str = "") -> int:
        job.reached[kind] = self._note(kind, job.agency, job.component, cause, value)
        return job.reached[kind]

    def _work(self, job: Job) -> Steps:
        env, times = self.world.env, self.times
        yield env.timeout(times.seconds("detect", job.component))
        event = self._reach(job, "reported", job.cause)
        if job.agency.crews is None or job.agency.played:
            return
        rank = times.order(job.component)
        yield _after_lower_ranks(env, rank)
        with job.agency.crews.request(priority=rank) as turn:  # type: ignore[arg-type]
            yield turn
            yield env.timeout(times.seconds("mobilise", job.component))
            crew = job.agency.take(self.travel, self.travel.node_of(job.component))
            event = self._reach(job, "dispatched", event, crew.name)
            yield from self._drive(job.agency, crew, job.component, event)
            event = self._reach(job, "arrived", event, crew.name)
            yield env.timeout(times.seconds("isolate", job.component))
            event = self._isolate(job, event)
            yield env.timeout(times.seconds("repair", job.component))
            self._repair(job, event)
            job.agency.idle.append(crew)

    def _drive(self, agency: Agency, crew: Crew, component: str, cause: int) -> Steps:
        """Drive there; where no open road leads there, wait and try again."""
        given = self.times.given("travel", component)
        node = self.travel.node_of(component)
        if given is not None or min(node, crew.node) < 0:
            yield self.world.env.timeout(self.times.seconds("travel", component))
        else:
            while math.isinf(way := self.travel.seconds(crew.node, node)):
                self._note("delayed", agency, component, cause, crew.name)
                yield self.world.env.timeout(RETRY_S)
            yield self.world.env.timeout(round(way))
        crew.node = node if node >= 0 else crew.node

    def _isolate(self, job: Job, cause: int) -> int:
        ref = self.world.city.refs[job.component]
        if effects(self.world.state, "isolate", ref):
            rule = job.agency.name
            cause = act(self.world, "isolate", job.component, kind="switched", cause=cause, rule=rule)
        return self._reach(job, "isolated", cause)

    def _repair(self, job: Job, cause: int) -> None:
        event = act(self.world, "repair", job.component, kind="restored", cause=cause, rule=job.agency.name)
        self._reach(job, "repaired", event)
        del self.jobs[job.component]

    def order(self, agency: str, verb: str, component: str, cause: int) -> None:
        """Give an agency an order: it acts after its reaction time, on site where the verb needs it."""
        self.watch()
        told = self.agencies.get(agency)
        if told is None or told.played or component in self.jobs:
            return
        self.world.env.process(self._obey(told, verb, component, cause))

    def _obey(self, agency: Agency, verb: str, component: str, cause: int) -> Steps:
        env = self.world.env
        yield env.timeout(self.times.seconds("mobilise", component))
        if verb in OFFICE_VERBS or agency.crews is None:
            self._done(agency, verb, component, cause)
            return
        with agency.crews.request(priority=math.inf) as turn:  # type: ignore[arg-type]
            yield turn
            crew = agency.take(self.travel, self.travel.node_of(component))
            event = self._note("dispatched", agency, component, cause, crew.name)
            yield from self._drive(agency, crew, component, event)
            event = self._note("arrived", agency, component, event, crew.name)
            if verb != "arrive":
                yield env.timeout(self.times.seconds("isolate", component))
                self._done(agency, verb, component, event)
            agency.idle.append(crew)

    def _done(self, agency: Agency, verb: str, component: str, cause: int) -> None:
        ref = self.world.city.refs.get(component)
        if ref is not None and effects(self.world.state, verb, ref):
            cause = act(self.world, verb, component, kind="switched", cause=cause, rule=agency.name)
        self._note("action", agency, component, cause, verb)

    def eta(self, agency: str, component: str) -> float:
        """Seconds until the agency's nearest idle crew could be at a component, or infinity."""
        node = self.travel.node_of(component)
        ways = (
            self.travel.seconds(crew.node, node) if min(crew.node, node) >= 0 else math.inf
            for crew in self.agencies[agency].idle
        )
        return min(ways, default=math.inf)
