"""Expectations and their verdicts: met, missed, not exercised, or for a person to judge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.drills.conditions import Eyes, Watch
from twin.drills.schema import Expectation
from twin.drills.terms import Action, Condition
from twin.engine.door import note
from twin.engine.world import World, latest_disturbance
from twin.model.journal import Event
from twin.text import N_

MET, MISSED, NOT_EXERCISED, PERSON = "met", "missed", "not_exercised", "person_judges"
STAGE_OF_VERB = {"dispatch": "dispatched", "arrive": "arrived", "isolate": "isolated", "repair": "repaired"}
"""Verbs that a job of the model's own responders carries out as one of its stages."""

REASON_NEVER = N_("its row never fired")
REASON_SHORT = N_("the run ended before its clock ran out")
REASON_PERSON = N_("a person judges this")
REASON_PLAYED = N_("people play this agency; a person judges what they did")
REASON_LATE = N_("not done in time")
REASON_FALSE = N_("not true in time")
REASON_BROKEN = N_("not kept")


@dataclass
class Judgement:
    """One expectation on its way to a verdict."""

    number: int
    row: int
    line: int
    expectation: Expectation
    agency: str
    played: bool
    watch: Watch | None
    verdict: str = NOT_EXERCISED
    reason: str = REASON_NEVER
    fired_s: float | None = None
    fired: int = -1
    done_s: float | None = None
    knew_s: float | None = None
    open: bool = True
    evidence: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its id, or a number that tells it apart."""
        return self.expectation.id or f"{self.row + 1}.{self.number + 1}"

    @property
    def deadline(self) -> float:
        """Run time at which its clock runs out; infinite before its row fires."""
        return math.inf if self.fired_s is None else self.fired_s + self.expectation.clock_s

    @property
    def begins(self) -> float:
        """Run time from which `keeps` is watched."""
        after = self.expectation.after
        return math.inf if self.fired_s is None else self.fired_s + (after.si if after else 0.0)

    def record(self) -> dict[str, Any]:
        """The expectation and its verdict as plain values for the summary."""
        asked = self.expectation
        margin = None
        if self.done_s is not None and self.fired_s is not None and asked.kind in ("does", "gets"):
            margin = self.deadline - self.done_s
        return {
            "id": self.name,
            "row": self.row + 1,
            "line": self.line,
            "who": asked.who,
            "what": asked.kind,
            "text": str(asked.what),
            "within_s": asked.clock_s,
            "default": asked.target is not None,
            "after_s": asked.after.si if asked.after else 0.0,
            "weight": asked.weight,
            "fatal": asked.fatal,
            "verdict": self.verdict,
            "reason": self.reason,
            "fired_s": self.fired_s,
            "knew_s": self.knew_s,
            "done_s": self.done_s,
            "deadline_s": None if self.fired_s is None else self.deadline,
            "margin_s": margin,
            "evidence": self.evidence,
        }


class Judge:
    """Watches all expectations whose row has fired."""

    def __init__(self, world: World, eyes: Eyes) -> None:
        self.world = world
        self.eyes = eyes
        self.all: list[Judgement] = []
        self._seen = 0

    def begin(self, judgement: Judgement, event: int) -> None:
        """Start the clock of an expectation: its row fired with `event`."""
        judgement.fired_s, judgement.fired = self.world.now, event
        judgement.evidence.append(event)
        kind = judgement.expectation.kind
        if kind == "shows" or (kind == "does" and judgement.played):
            self._close(judgement, PERSON, REASON_PERSON if kind == "shows" else REASON_PLAYED)
            return
        if kind == "does":
            self._look_back(judgement)
        for time in {judgement.begins, judgement.deadline}:
            self.world.env.timeout(time - self.world.now).callbacks.append(lambda _event: self.world.wake())

    def _look_back(self, judgement: Judgement) -> None:
        """What was already done when the row fires counts as done at once."""
        for event in self.world.journal:
            if self._does(judgement, event):
                self._succeed(judgement, event.event)
                return

    def look(self) -> None:
        """Judge every open expectation by what is true and what was done up to now."""
        new = self._new_events()
        for judgement in self.all:
            if judgement.fired_s is None or not judgement.open:
                continue
            self._note_knowledge(judgement, new)
            if judgement.expectation.kind == "does":
                self._look_at_deed(judgement, new)
            else:
                self._look_at_condition(judgement)

    def _new_events(self) -> Sequence[Event]:
        journal = self.world.journal
        new = [journal[number] for number in range(self._seen, len(journal))]
        self._seen = len(journal)
        return new

    def _note_knowledge(self, judgement: Judgement, new: Sequence[Event]) -> None:
        if judgement.knew_s is None and any(
            event.kind in ("reported", "told") and event.rule == judgement.agency for event in new
        ):
            judgement.knew_s = self.world.now

    def _look_at_deed(self, judgement: Judgement, new: Sequence[Event]) -> None:
        for event in new:
            if self._does(judgement, event):
                self._succeed(judgement, event.event)
                return
        if self.world.now >= judgement.deadline:
            self._close(judgement, MISSED, REASON_LATE)

    def _does(self, judgement: Judgement, event: Event) -> bool:
        action = judgement.expectation.does
        if action is None or event.rule != judgement.agency:
            return False
        if event.component not in self.eyes.components(place_of(action)):
            return False
        stage = STAGE_OF_VERB.get(action.verb)
        return event.kind == stage or (event.kind == "action" and event.value == action.verb)

    def _look_at_condition(self, judgement: Judgement) -> None:
        assert judgement.watch is not None
        now = self.world.now
        if judgement.expectation.kind == "gets":
            if judgement.watch.true():
                self._succeed(judgement, self._latest(judgement))
            elif now >= judgement.deadline:
                self._close(judgement, MISSED, REASON_FALSE)
        elif now >= judgement.begins:
            if not judgement.watch.true():
                judgement.evidence.append(self._latest(judgement))
                judgement.done_s = now
                self._close(judgement, MISSED, REASON_BROKEN)
            elif now >= judgement.deadline:
                self._close(judgement, MET, "")

    def _latest(self, judgement: Judgement) -> int:
        """The newest event about a component that the condition reads, else the event that fired the row."""
        assert judgement.watch is not None
        return latest_about(self.world, set(judgement.watch.components()), judgement.fired)

    def _succeed(self, judgement: Judgement, event: int) -> None:
        judgement.evidence.append(event)
        judgement.done_s = self.world.now
        self._close(judgement, MET, "")

    def _close(self, judgement: Judgement, verdict: str, reason: str) -> None:
        judgement.verdict, judgement.reason, judgement.open = verdict, reason, False
        cause = judgement.evidence[-1]
        number = note(
            self.world, verdict, value=str(judgement.expectation.what), cause=cause, rule=judgement.name
        )
        judgement.evidence.append(number)

    def finish(self) -> None:
        """The run is over: what is still open was not exercised to its end."""
        for judgement in self.all:
            if judgement.fired_s is not None and judgement.open:
                judgement.verdict, judgement.reason, judgement.open = NOT_EXERCISED, REASON_SHORT, False

    def named(self, name: str) -> Judgement | None:
        """The expectation of this id."""
        return next((judgement for judgement in self.all if judgement.name == name), None)

    def waiting(self, rows: frozenset[int]) -> bool:
        """Whether an expectation of one of `rows` is still open."""
        return any(judgement.open and judgement.row in rows for judgement in self.all)


def place_of(action: Action) -> str:
    """The name of the component an action is about."""
    return action.place or action.object


def latest_about(world: World, components: set[str], otherwise: int) -> int:
    """The newest event about one of `components`, else what disturbs their layers, else `otherwise`."""
    for number in range(len(world.journal) - 1, -1, -1):
        if world.journal[number].component in components:
            return number
    layers = {world.city.refs[name].layer for name in components}
    return max((latest_disturbance(world, layer) for layer in layers), default=otherwise)


def score(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Score and coverage of an exercise.

    The score is the weight met over the weight judged; rows that never fired lower the coverage, never the
    score. A missed fatal expectation makes the score zero.
    """
    judged = [record for record in records if record["verdict"] in (MET, MISSED)]
    weight = sum(record["weight"] for record in judged)
    met = sum(record["weight"] for record in judged if record["verdict"] == MET)
    fatal = [record["id"] for record in judged if record["fatal"] and record["verdict"] == MISSED]
    exercised = [record for record in records if record["verdict"] != NOT_EXERCISED]
    return {
        "met": sum(record["verdict"] == MET for record in records),
        "missed": sum(record["verdict"] == MISSED for record in records),
        "not_exercised": len(records) - len(exercised),
        "person_judges": sum(record["verdict"] == PERSON for record in records),
        "score": None if not weight else 0.0 if fatal else met / weight,
        "coverage": None if not records else len(exercised) / len(records),
        "fatal": fatal,
    }


def watch_of(expectation: Expectation, eyes: Eyes) -> Watch | None:
    """The watch of an expectation's condition, None where it has none."""
    what = expectation.what
    return Watch(what, eyes) if isinstance(what, Condition) else None
