"""What a report says: everything that can be told of one run, worked out when it is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from twin.analysis import basis, causes, resilience, service
from twin.analysis.timeline import Entry, timeline, without_routine
from twin.io.runs import StoredRun
from twin.model.city import FACILITY, City
from twin.model.journal import NO_CAUSE
from twin.text import N_, Message, _, plural
from twin.text.clock import duration, elapsed
from twin.text.events import sentence
from twin.views import charts, lanes, maps, measures, palette
from twin.views.answer import answer, count_of
from twin.views.cascade import cascade_chart, together
from twin.views.names import Names, declared, sentence_case

FOLD_AFTER, MOST_ENTRIES = 60, 1_500
"""Entries of the timeline after which the rest is folded, and after which it is left out."""
MOST_OUTAGES = 24
"""Lines of the table of who was out."""
MOST_ATTRIBUTES = 4
"""Assumed attributes that are named."""

VERDICTS = {
    "met": N_("met"),
    "missed": N_("missed"),
    "not_exercised": N_("not exercised"),
    "person_judges": N_("a person judges"),
}
WHATS = {"does": N_("does"), "gets": N_("gets"), "keeps": N_("keeps"), "shows": N_("shows")}
STATUS = {
    "done": N_("ran to its end"),
    "interrupted": N_("interrupted"),
    "killed": N_("killed"),
    "failed": N_("failed"),
}


@dataclass(frozen=True)
class Line:
    """One line of the printed timeline."""

    number: int
    t_s: float
    clock: str
    goes_on: bool
    sort: str
    sign: str
    layer: str
    sentence: str
    members: tuple[str, ...]
    cause: int | None


@dataclass(frozen=True)
class OutLine:
    """One line of the table of who was out."""

    who: str
    count: int
    layer: str
    start_s: float
    end_s: float
    lasts: bool
    why: str
    event: int


class Story:
    """Everything that the report of one run says, worked out when it is asked for."""

    fold_after, most_outages = FOLD_AFTER, MOST_OUTAGES

    def __init__(self, run: StoredRun, city: City) -> None:
        self.run, self.city = run, city
        self.summary: Mapping[str, Any] = run.summary
        self.name = Names(city, self.summary.get("wording"))
        last = max((event.t_s for event in run.journal), default=0.0)
        self.end_s = max(float(self.summary.get("end_s") or 0.0), last)

    # what was asked

    @property
    def title(self) -> str:
        """The title of the scenario."""
        scenario = self.summary.get("scenario") or {}
        return str(scenario.get("title") or self.run.request.get("scenario") or self.run.folder.name)

    @cached_property
    def asked(self) -> list[tuple[object, object]]:
        """What the run was asked for: label and value."""
        scenario, request = self.summary.get("scenario") or {}, self.run.request
        title = Message(self.city.manifest.title)
        lines: list[tuple[object, object]] = [
            (_("Scenario"), scenario.get("file") or scenario.get("name") or request.get("scenario") or ""),
            (_("Variant"), request.get("variant") or ""),
            (_("Changed"), ", ".join(map(str, request.get("overrides") or ()))),
            (_("City"), f"{title} ({self.city.name})" if title.text else self.city.name),
            (_("Start"), self.summary.get("start") or ""),
            (_("Simulated"), duration(self.end_s)),
            (_("Seed"), self.summary.get("seed", "")),
            (_("Census"), self.city.manifest.census_date),
            (_("The run"), Message(STATUS[self.status]) if self.status in STATUS else self.status),
        ]
        return [(label, value) for label, value in lines if str(value)]

    @property
    def status(self) -> str:
        """How the run ended."""
        return str(self.summary.get("status", ""))

    # figures

    @cached_property
    def curves(self) -> tuple[service.Curve, ...]:
        """Service curves of all lifelines and zones."""
        return service.curves(self.run.service(), self.end_s)

    @cached_property
    def outages(self) -> tuple[service.Outage, ...]:
        """Outages that something caused."""
        return tuple(one for one in service.outages(self.run.journal, self.end_s) if one.caused)

    @cached_property
    def out_from_start(self) -> int:
        """Consumers that were out before anything happened."""
        return sum(not one.caused for one in service.outages(self.run.journal, self.end_s))

    @cached_property
    def figures(self) -> tuple[resilience.Resilience, ...]:
        """Resilience figures of all curves."""
        return tuple(resilience.resilience(curve) for curve in self.curves)

    @cached_property
    def interruptions(self) -> tuple[resilience.Interruptions, ...]:
        """Interruption figures by layer."""
        return resilience.interruptions(self.outages, measures.consumers(self.run, self.city))

    def unmet(self, one: resilience.Resilience) -> str:
        """What was not delivered, with its unit."""
        dimension = measures.service_dimension(one.lifeline)
        if not dimension:
            return "–"
        value, unit = resilience.in_amount(one.unmet, dimension)
        return f"{measures.rounded(value)} {measures.shown(unit)}"

    # drawings and lines

    @cached_property
    def answer(self) -> list[str]:
        """The answer, sentence by sentence."""
        return answer(self.run.journal, self.summary, self.outages, self.figures, self.name)

    @cached_property
    def expectations(self) -> list[Mapping[str, Any]]:
        """The expectations as the summary has them."""
        return list(self.summary.get("expectations") or ())

    def count(self, verdict: str) -> int:
        """How many expectations ended in a verdict."""
        return count_of(self.summary, verdict)

    def verdict(self, verdict: str) -> tuple[str, object]:
        """Sign and word of a verdict."""
        word = Message(VERDICTS[verdict]) if verdict in VERDICTS else verdict
        return palette.VERDICTS.get(verdict, ("·",))[0], word

    def reason(self, reason: str) -> object:
        """Why an expectation was judged as it was."""
        return Message(reason)

    @property
    def judged(self) -> bool:
        """Whether the answer begins with a verdict."""
        return bool(self.count("met") + self.count("missed")) or self.status not in ("done", "")

    @property
    def score(self) -> float | None:
        """Weight met over weight judged, None where nothing was judged."""
        found = (self.summary.get("score") or {}).get("score")
        return None if found is None else float(found)

    def what(self, what: str) -> object:
        """The word of an expectation's kind."""
        return Message(WHATS[what]) if what in WHATS else what

    @cached_property
    def overview(self) -> str:
        """The run on one page."""
        return lanes.overview(
            self.run.journal, self.summary, self.outages, self.curves, self.end_s, self.name
        )

    @cached_property
    def cascade(self) -> tuple[str, int]:
        """The drawing of the cascade and how many boxes it leaves out."""
        return cascade_chart(causes.cascade(self.run.journal), self.name)

    @cached_property
    def charts(self) -> list[tuple[str, str, resilience.Resilience]]:
        """Layer, drawing and figures of each lifeline's service."""
        pairs = zip(self.curves, self.figures, strict=True)
        return [
            (curve.lifeline, charts.service_chart(curve, self.name.layer(curve.lifeline)), figures)
            for curve, figures in pairs
            if not curve.zone
        ]

    @cached_property
    def zones(self) -> list[tuple[str, Message, str, resilience.Resilience]]:
        """Layer, zone, small drawing and figures of each zone."""
        pairs = zip(self.curves, self.figures, strict=True)
        return [
            (curve.lifeline, Message(curve.zone), charts.spark(curve), one)
            for curve, one in pairs
            if curve.zone
        ]

    @cached_property
    def maps(self) -> tuple[maps.Panel, ...]:
        """Maps of who is out."""
        return maps.panels(self.city, self.run.journal, self.outages, self.end_s, self.name)

    @cached_property
    def out_lines(self) -> list[OutLine]:
        """Who was out, alike ones together, facilities first and then the longest."""
        groups: dict[tuple[object, ...], list[service.Outage]] = {}
        for one in self.outages:
            cause = self.run.journal[one.event].cause
            alone = one.component if one.lifeline == FACILITY else ""
            groups.setdefault((one.lifeline, alone, one.start_s, one.end_s, cause), []).append(one)
        order = sorted(
            groups.values(), key=lambda own: (own[0].lifeline != FACILITY, -own[0].seconds * len(own))
        )
        return [self._out_line(own) for own in order]

    def _out_line(self, own: Sequence[service.Outage]) -> OutLine:
        first = own[0]
        who = self.name.several([one.component for one in own])
        cause = self.run.journal[first.event].cause
        why = sentence_case(sentence(self.run.journal[cause], self.name)) if cause != NO_CAUSE else ""
        return OutLine(
            who, len(own), first.lifeline, first.start_s, first.end_s, first.lasts, why, max(cause, 0)
        )

    @cached_property
    def lines(self) -> list[Line]:
        """The timeline."""
        entries = without_routine(timeline(self.run.journal))[:MOST_ENTRIES]
        before = [None, *(entry.first.t_s for entry in entries)]
        return [
            self._line(entry, entry.first.t_s == t_s) for entry, t_s in zip(entries, before, strict=False)
        ]

    @cached_property
    def lines_left_out(self) -> int:
        """Entries of the timeline that are not printed."""
        return max(0, len(without_routine(timeline(self.run.journal))) - MOST_ENTRIES)

    def _line(self, entry: Entry, goes_on: bool) -> Line:
        first = entry.first
        told: object = sentence(first, self.name)
        members: tuple[str, ...] = ()
        if len(entry.events) > 1:
            told = together(causes.Cause(entry.events), self.name)
            members = tuple(str(self.name(event.component)) for event in entry.events[:200])
        return Line(
            first.event,
            first.t_s,
            self.clock(first.t_s),
            goes_on,
            f"v-{first.kind}" if first.kind in palette.VERDICTS else f"s-{entry.sort}",
            palette.VERDICTS.get(first.kind, palette.SORTS[entry.sort])[0],
            first.lifeline,
            sentence_case(told),
            members,
            first.cause if first.cause != NO_CAUSE else None,
        )

    def anchors(self, line: Line) -> list[int]:
        """Numbers of the events that a line stands for beyond its first."""
        return [event.event for event in self._grouped.get(line.number, ())[1:]]

    @cached_property
    def _grouped(self) -> dict[int, tuple[Any, ...]]:
        return {entry.first.event: entry.events for entry in timeline(self.run.journal)}

    def clock(self, t_s: float) -> str:
        """The time of day at `t_s`, "" where the run has no start."""
        try:
            start = dt.datetime.fromisoformat(f"2000-01-01 {self.summary.get('start') or ''}"[-16:])
        except ValueError:
            return ""
        return (start + dt.timedelta(seconds=int(t_s))).strftime("%H:%M:%S")

    # basis

    @cached_property
    def assumed(self) -> list[Message]:
        """What was assumed: by the city's census and by the run."""
        told = (*self.city.manifest.assumed, *(self.summary.get("assumed") or ()))
        return [Message(one) for one in dict.fromkeys(map(str, told))]

    @cached_property
    def rests_on(self) -> list[Message]:
        """How much of the harm rests on attributes that were assumed or repaired, a sentence a network."""
        return [
            _(
                "{name}: {resting} of {harmed} harmed components rest on assumed or repaired attributes"
                " ({attributes}); mean confidence {confidence} %.",
                name=self.name.layer(one.layer),
                resting=one.resting,
                harmed=one.harmed,
                attributes=", ".join(name for name, _count in one.attributes[:MOST_ATTRIBUTES]) or "-",
                confidence=round(100 * one.confidence),
            )
            for one in basis.basis(self.run.journal, self.city)
        ]

    @cached_property
    def unverified(self) -> list[Mapping[str, Any]]:
        """Constants of doubtful source that the run used."""
        used = self.summary.get("unverified") or ()
        return [{**one, "source": Message(str(one.get("source", "")))} for one in used]

    @cached_property
    def solver(self) -> list[str]:
        """Solves that did not converge: what they fell back on, each sentence once."""
        events = [event for event in self.run.journal if event.kind in ("fallback", "failed")]
        return list(dict.fromkeys(sentence_case(sentence(event, self.name)) for event in events))

    def table(self, name: str) -> Mapping[str, Any]:
        """A table of the summary, empty where a run broke off before it was written."""
        return dict(self.summary.get(name) or {})

    @property
    def fallbacks(self) -> int:
        """How many solves fell back or failed."""
        return sum(event.kind in ("fallback", "failed") for event in self.run.journal)

    def layer(self, layer: str) -> object:
        """What a layer is called."""
        return self.name.layer(layer)

    def who(self, agency: str) -> object:
        """What an agency is called."""
        return self.name(agency)

    def people(self, count: int) -> object:
        """A number of consumers in words."""
        return plural("{count} consumer", "{count} consumers", count)

    def struck(self, count: int) -> object:
        """A number of struck components in words."""
        return plural("{count} component struck", "{count} components struck", count)

    @cached_property
    def inks(self) -> list[tuple[str, palette.Ink]]:
        """Style variable and colours of every layer and sign."""
        found = [(f"l-{name}", _ink(name)) for name in self.city.layers]
        found += [(f"s-{sort}", ink) for sort, (__, ink) in palette.SORTS.items()]
        found += [(f"r-{number}", ink) for number, ink in enumerate(palette.steps())]
        return found + [(f"v-{verdict}", ink) for verdict, (__, ink) in palette.VERDICTS.items()]

    @property
    def ramp(self) -> list[tuple[str, str]]:
        """Colours of the map and the times they stand for, early to late."""
        parts = [0.0, 0.25, 0.5, 0.75, 1.0]
        return [(f"var(--r-{palette.step(part)})", elapsed(part * self.end_s)) for part in parts]


def _ink(layer: str) -> palette.Ink:
    found = declared(layer)
    if found is not None:
        return palette.ink(found.colour)
    return palette.FACILITY if layer == FACILITY else palette.ROAD
