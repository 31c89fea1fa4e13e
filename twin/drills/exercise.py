"""A scenario played on a city: rows fire, people are told, expectations are judged, the report is honest."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.drills.check import wording
from twin.drills.conditions import Eyes, Watch
from twin.drills.judge import MISSED, Judge, Judgement, latest_about, place_of, score, watch_of
from twin.drills.schema import Row, Scenario
from twin.drills.terms import Action
from twin.engine.coordinator import Coordinator
from twin.engine.door import note
from twin.engine.incidents import act
from twin.engine.observe import Observer
from twin.engine.world import Sink, make_world
from twin.model.city import City
from twin.model.journal import NO_CAUSE
from twin.response.responder import Responders

Progress = Callable[[float, float], None]
ROUTINE = "routine"
"""Kind under which the time of events is booked that write nothing down."""


@dataclass
class Line:
    """One row of the script in play."""

    number: int
    row: Row
    watch: Watch | None
    fired: bool = False
    forced: bool = False


class Exercise:
    """One run of one scenario on one city.

    Parameters
    ----------
    scenario, city
        Checked against each other beforehand (`twin.drills.check`).
    sink
        Where the run writes itself down.
    seed
        Overrides the scenario's.
    """

    def __init__(
        self, scenario: Scenario, city: City, *, sink: Sink | None = None, seed: int | None = None
    ) -> None:
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        start = float(scenario.start.second_of_day)
        self.world = make_world(city, seed=self.seed, start_s=start, sink=sink)
        self.coordinator = Coordinator(self.world)
        agencies = self._agencies()
        crews = {name: today.crews for name, today in agencies.items() if today.crews is not None}
        self.played = frozenset(name for name, today in agencies.items() if today.played)
        self.responders = Responders(self.world, self.coordinator, crews, self.played)
        self.eyes = Eyes(
            scenario, self.world, Observer(self.world, self.coordinator.cascade), self.responders
        )
        self.judge = Judge(self.world, self.eyes)
        self.lines = [
            Line(number, row, Watch(row.when, self.eyes) if row.when is not None else None)
            for number, row in enumerate(scenario.script)
        ]
        self._judgements()
        self._started = time.perf_counter()
        self._spent_s: dict[str, float] = {}

    def _agencies(self) -> Mapping[str, Any]:
        from twin.response.crews import agency_names

        known = agency_names(self.world)
        return {known.get(name, name): today for name, today in self.scenario.agencies.items()}

    def _judgements(self) -> None:
        for row, number, expectation in self.scenario.expectations():
            agency = self.eyes.agency(expectation.who)
            line = self.scenario.place("script", row, "expect", number).line
            watch = watch_of(expectation, self.eyes)
            played = agency in self.played
            self.judge.all.append(Judgement(number, row, line, expectation, agency, played, watch))

    def run(self, progress: Progress | None = None) -> str:
        """Play to the end and return the status: `done` or `interrupted`.

        Raises
        ------
        RunError
            Where the run cannot go on; the sink has everything up to then.
        """
        self.coordinator.watchers.append(self._look)
        self.coordinator.start()
        for line in self.lines:
            self._arm(line)
        try:
            self._play(progress)
        except KeyboardInterrupt:
            note(self.world, "interrupted")
            self.judge.finish()
            return "interrupted"
        self.judge.finish()
        return "done"

    def _arm(self, line: Line) -> None:
        if line.row.at is not None:
            self._at(self.scenario.seconds(line.row.at), lambda: self._fire(line, NO_CAUSE))
        if line.row.else_ is not None:
            self._at(self.scenario.seconds(line.row.else_.at), lambda: self._force(line))

    def _at(self, t_s: float, act_then: Callable[[], None]) -> None:
        event = self.world.env.timeout(t_s - self.world.now)
        event.callbacks.append(lambda _event: act_then())

    def _play(self, progress: Progress | None) -> None:
        env, end = self.world.env, self.scenario.horizon_s
        stops_early = self.scenario.duration is None and bool(self.judge.all)
        while env.peek() <= end:
            self._step()
            if progress is not None:
                progress(self.world.now, end)
            if stops_early and self._over():
                self._drain()
                break

    def _over(self) -> bool:
        """Whether every row has fired or never can, and the clocks of all that fired have run out."""
        if not all(line.fired or self._spared(line) for line in self.lines):
            return False
        fired = frozenset(line.number for line in self.lines if line.fired)
        return not self.judge.waiting(fired)

    def _spared(self, line: Line) -> bool:
        """Whether a contingency cannot fire any more, because what it waits for was not missed."""
        awaited = self.judge.named(line.row.if_missed) if line.row.if_missed is not None else None
        return awaited is not None and not awaited.open and awaited.verdict != MISSED

    def _drain(self) -> None:
        """Finish the present instant, so that what happened in it is settled and recorded."""
        env = self.world.env
        while env.peek() <= env.now:
            self._step()

    def _step(self) -> None:
        """Take the clock's next event and book its time under the kind of what it wrote down first."""
        begun, journal = time.perf_counter(), self.world.journal
        written = len(journal)
        self.world.env.step()
        kind = journal[written].kind if len(journal) > written else ROUTINE
        self._spent_s[kind] = self._spent_s.get(kind, 0.0) + time.perf_counter() - begun

    def _look(self) -> None:
        """After every settling: which rows fire now, what is judged, when to look again."""
        for line in self.lines:
            if line.watch is not None and not line.fired and line.watch.true():
                self._fire(line, latest_about(self.world, set(line.watch.components()), NO_CAUSE))
        self.judge.look()
        self._missed()
        self._look_again()

    def _missed(self) -> None:
        for line in self.lines:
            if line.row.if_missed is None or line.fired:
                continue
            awaited = self.judge.named(line.row.if_missed)
            if awaited is not None and awaited.verdict == MISSED:
                self._fire(line, awaited.evidence[-1])

    def _look_again(self) -> None:
        """Wake up when a lasting condition has lasted long enough or a stored quantity crosses its limit."""
        now = self.world.now
        horizon = min(now + self._horizon(), self.scenario.horizon_s)
        watches = [line.watch for line in self.lines if line.watch is not None and not line.fired]
        watches += [
            j.watch for j in self.judge.all if j.watch is not None and j.open and j.fired_s is not None
        ]
        look = min((watch.next_look(horizon) for watch in watches), default=math.inf)
        if now < look < math.inf:
            self._at(look, self.world.wake)

    def _horizon(self) -> float:
        world = self.world
        return min(
            (
                model.horizon(world.state, world.solutions[name], world.now + world.offset_s).seconds
                for name, model in world.models.items()
                if name in world.solutions
            ),
            default=math.inf,
        )

    def _force(self, line: Line) -> None:
        if line.fired or line.row.else_ is None:
            return
        line.forced = True
        rule = f"row {line.number + 1}: else"
        event = self._do(line.row.else_.do, "forced", NO_CAUSE, rule)
        self._fire(line, event)

    def _fire(self, line: Line, cause: int) -> None:
        line.fired = True
        row, rule = line.row, f"row {line.number + 1}"
        event = note(
            self.world, "fires", value=str(row.at or row.when or row.if_missed), cause=cause, rule=rule
        )
        if row.do is not None:
            event = self._do(row.do, "incident", event, rule)
        if row.tell is not None:
            to = self.eyes.agency(row.tell.to) or row.tell.to
            event = note(self.world, "told", value=row.tell.text, cause=event, rule=to)
        for judgement in self.judge.all:
            if judgement.row == line.number:
                self.judge.begin(judgement, event)
                self._order(judgement, event)

    def _order(self, judgement: Judgement, event: int) -> None:
        action = judgement.expectation.does
        if action is None or not judgement.open:
            return
        for component in self.eyes.components(place_of(action)):
            self.responders.order(judgement.agency, action.verb, component, event)

    def _do(self, action: Action, kind: str, cause: int, rule: str) -> int:
        """Carry out an incident; its last event explains what follows."""
        world, amount = self.world, action.amount
        last = cause
        name = action.object or action.place
        if action.verb in ("connect", "disconnect", "switch"):
            return self._rewire(action, kind, cause, rule)
        for component in self.eyes.components(name):
            last = act(
                world,
                action.verb,
                component,
                1.0 if amount is None else amount.si,
                diameter=amount is not None and amount.dimension == "length",
                kind=kind,
                cause=cause,
                rule=f"{rule}: {action}",
            )
        return last

    def _rewire(self, action: Action, kind: str, cause: int, rule: str) -> int:
        event = note(self.world, kind, value=str(action), cause=cause, rule=rule)
        for consumer in self.eyes.components(action.object):
            for supplier in self.eyes.components(action.place):
                self.coordinator.cascade.rewire(consumer, supplier, action.verb)
        return event

    def summary(self, status: str) -> dict[str, Any]:
        """What the run folder's `summary.json` says, apart from digests."""
        records = [judgement.record() for judgement in self.judge.all]
        world = self.world
        return {
            "status": status,
            "scenario": {
                "title": self.scenario.title,
                "kind": "drill" if self.scenario.drill else "scenario",
            },
            "city": world.city.name,
            "seed": self.seed,
            "start": str(self.scenario.start),
            "end_s": world.now,
            "duration_s": self.scenario.horizon_s,
            "wording": {"zh": wording(self.scenario, "zh")},
            "expectations": records,
            "score": score(records),
            "forced": [line.number + 1 for line in self.lines if line.forced],
            "never_fired": [line.number + 1 for line in self.lines if not line.fired],
            "counters": self._counters(),
            "timing": self._timing(),
            "fallbacks": world.counters.fallbacks,
            "failures": world.counters.failures,
            "assumed": list(world.city.manifest.assumed),
            "unverified": self._unverified(),
        }

    def _counters(self) -> dict[str, Any]:
        world = self.world
        counters = world.counters
        return {
            "events": len(world.journal),
            "instants": counters.instants,
            "rounds": counters.rounds,
            "state_writes": world.state.writes,
            **{name: vars(work) for name, work in sorted(counters.work.items())},
        }

    def _timing(self) -> dict[str, Any]:
        solving = {name: round(seconds, 4) for name, seconds in sorted(self.coordinator.profile.items())}
        spent = {kind: round(seconds, 4) for kind, seconds in sorted(self._spent_s.items())}
        wall_s = round(time.perf_counter() - self._started, 3)
        return {"wall_s": wall_s, "solving_s": solving, "event_kind_s": spent}

    def _unverified(self) -> list[dict[str, object]]:
        used = [self.responders.times.used[name] for name in sorted(self.responders.times.used)]
        targets = {
            record.expectation.target
            for record in self.judge.all
            if record.expectation.target is not None and not record.expectation.target.verified
        }
        rows: list[dict[str, object]] = [
            {"name": f"targets/{target.of}", "value": target.within, "source": target.source}
            for target in sorted(targets, key=lambda target: target.of)
        ]
        return used + rows
