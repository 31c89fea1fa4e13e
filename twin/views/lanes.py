"""The run on one page: lanes for script, crews, facilities and lifelines over one clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from twin.analysis.kinds import Sort, sort_of
from twin.analysis.service import Curve, Outage
from twin.model.city import FACILITY
from twin.model.journal import Event, Journal
from twin.text import _
from twin.text.clock import elapsed
from twin.text.events import sentence, share
from twin.views import palette, svg
from twin.views.axis import Axis, time_axis
from twin.views.names import Names, sentence_case

WIDTH, LEFT, RIGHT = 1080.0, 208.0, 16.0
LANE, TOP = 27.0, 8.0
MOST_LANES = 12
"""Lanes of one sort."""
_STAGES = ("dispatched", "arrived", "repaired")

Lane = tuple[object, list[str]]


class _Sheet:
    """The page under construction: lanes from top to bottom over one time axis."""

    def __init__(self, end_s: float, name: Names) -> None:
        self.x = Axis(0.0, max(end_s, 1.0), LEFT, WIDTH - RIGHT)
        self.name = name
        self.lanes: list[tuple[object, str, list[str]]] = []

    def lane(self, label: object, marks: Iterable[str], class_: str = "") -> None:
        """Add a lane; marks are drawn around y = 0."""
        self.lanes.append((label, class_, list(marks)))

    def bar(self, start_s: float, end_s: float, class_: str, told: object, style: str = "") -> str:
        """A bar in a lane."""
        x = self.x(start_s)
        wide = max(self.x(end_s) - x, 2.0)
        return svg.tag(
            "rect",
            svg.title(told),
            x=x,
            y=-6.0,
            width=wide,
            height=12.0,
            rx=1.5,
            class_=class_,
            style=style or None,
        )

    def sign(self, t_s: float, sign: str, class_: str, told: object) -> str:
        """A sign in a lane."""
        return svg.tag(
            "text", svg.title(told), sign, x=self.x(t_s), y=4.5, class_=f"sign {class_}", text_anchor="middle"
        )

    def drawing(self) -> str:
        """The whole page."""
        bottom = TOP + LANE * len(self.lanes)
        parts = [time_axis(self.x, TOP, bottom)]
        for number, (label, class_, marks) in enumerate(self.lanes):
            y = TOP + LANE * (number + 0.5)
            parts.append(svg.tag("line", x1=0.0, x2=WIDTH, y1=y + LANE / 2, y2=y + LANE / 2, class_="rule"))
            parts.append(svg.text(2.0, y + 4.5, svg.cut(label, LEFT - 18), f"lane {class_}"))
            parts.append(svg.tag("g", *marks, transform=f"translate(0 {y:.1f})"))
        label = _("The run over time, one lane each for script, people, facilities and lifelines")
        return svg.figure(WIDTH, bottom + 24, label, *parts, class_="lanes")


def overview(
    journal: Journal,
    summary: Mapping[str, Any],
    found: Sequence[Outage],
    curves: Sequence[Curve],
    end_s: float,
    name: Names,
) -> str:
    """The drawing of the whole run."""
    sheet = _Sheet(end_s, name)
    sheet.lane(_("Script and incidents"), _script(sheet, journal))
    for expected in list(summary.get("expectations") or ())[:MOST_LANES]:
        sheet.lane(name(expected["text"]), _expected(sheet, expected, end_s), "minor")
    for crew, events in list(_crews(journal).items())[:MOST_LANES]:
        sheet.lane(crew_name(events[0], crew, name), _jobs(sheet, events, end_s))
    for component in list(_facilities(journal, found))[:MOST_LANES]:
        sheet.lane(sentence_case(name(component)), _facility(sheet, journal, component, found, end_s))
    for curve in curves:
        if not curve.zone:
            sheet.lane(name.layer(curve.lifeline), _band(sheet, curve))
    return sheet.drawing()


def _script(sheet: _Sheet, journal: Journal) -> Iterator[str]:
    """One sign for what stands together on paper: an incident before a row of the script."""
    together: dict[int, list[Event]] = {}
    for event in journal:
        if sort_of(event.kind) in (Sort.SCRIPT, Sort.INCIDENT):
            together.setdefault(round(sheet.x(event.t_s) / 9), []).append(event)
    for events in together.values():
        chief = next((event for event in events if sort_of(event.kind) is Sort.INCIDENT), events[0])
        sort = sort_of(chief.kind)
        told = (f"{elapsed(event.t_s)} {sentence_case(sentence(event, sheet.name))}" for event in events[:8])
        yield sheet.sign(chief.t_s, palette.SORTS[sort][0], f"s-{sort}", "\n".join(told))


def _expected(sheet: _Sheet, expected: Mapping[str, Any], end_s: float) -> Iterator[str]:
    """From when it was asked for to its deadline, with a sign where it was decided."""
    fired, verdict = expected.get("fired_s"), str(expected["verdict"])
    if fired is None:
        yield svg.text(LEFT + 2, 4.5, _("not exercised"), "lane minor quiet")
        return
    deadline = expected.get("deadline_s")
    last = min(end_s, deadline if deadline is not None else end_s)
    x1, x2 = sheet.x(fired), sheet.x(last)
    yield svg.tag("line", x1=x1, x2=x2, y1=0.0, y2=0.0, class_=f"span v-{verdict}")
    yield svg.tag("line", x1=x2, x2=x2, y1=-6.0, y2=6.0, class_=f"span v-{verdict}")
    yield svg.tag("circle", cx=x1, cy=0.0, r=2.5, class_=f"dot v-{verdict}")
    done = expected.get("done_s")
    at = done if done is not None else last
    told = f"{sheet.name(expected['text'])}: {elapsed(at)}"
    yield svg.tag("circle", svg.title(told), cx=sheet.x(at), cy=0.0, r=8.0, class_="ground")
    yield sheet.sign(at, palette.VERDICTS.get(verdict, ("·",))[0], f"v-{verdict}", told)


def _crews(journal: Journal) -> dict[str, list[Event]]:
    """The stages of each crew's work: dispatched, arrived, repaired."""
    found: dict[str, list[Event]] = {}
    at_work: dict[str, str] = {}
    for event in journal:
        if event.kind in ("dispatched", "arrived"):
            crew = event.value or event.rule
            at_work[event.component] = crew
            found.setdefault(crew, []).append(event)
        elif event.kind in ("repaired", "action") and event.component in at_work:
            found[at_work[event.component]].append(event)
    return found


def crew_name(event: Event, crew: str, name: Names) -> object:
    """An agency and its crew."""
    shown = name(crew)
    return _("{agency}, {crew}", agency=name(event.rule), crew=shown) if crew != event.rule else shown


def _jobs(sheet: _Sheet, events: Sequence[Event], end_s: float) -> Iterator[str]:
    """Bars of driving (light) and working (full); a job that is left open lasts to the end."""
    for number, event in enumerate(events):
        if event.kind not in ("dispatched", "arrived"):
            continue
        later = [other for other in events[number + 1 :] if other.component == event.component]
        if event.kind == "arrived":
            later = [other for other in later if other.kind == "repaired"] or later[-1:]
        until = later[0].t_s if later else end_s
        class_ = "drive" if event.kind == "dispatched" else "work"
        yield sheet.bar(event.t_s, until, class_, sentence_case(sentence(event, sheet.name)))


def _facilities(journal: Journal, found: Sequence[Outage]) -> list[str]:
    """Facilities that something happened to, in order of happening."""
    names = [event.component for event in journal if event.lifeline == FACILITY]
    names += [outage.component for outage in found if outage.lifeline == FACILITY]
    return list(dict.fromkeys(names))


def _facility(
    sheet: _Sheet, journal: Journal, component: str, found: Sequence[Outage], end_s: float
) -> Iterator[str]:
    """Bars of running on a backup and of being out."""
    since: float | None = None
    for event in journal:
        if event.component != component:
            continue
        if event.kind == "backup":
            since = event.t_s
        elif event.kind in ("backup_empty", "backup_ends") and since is not None:
            yield sheet.bar(since, event.t_s, "backup", _("runs on its backup"))
            since = None
    if since is not None:
        yield sheet.bar(since, end_s, "backup", _("runs on its backup"))
    for outage in found:
        if outage.component == component:
            yield sheet.bar(outage.start_s, outage.end_s, "outage", _("goes without service"))


def _band(sheet: _Sheet, curve: Curve) -> Iterator[str]:
    """Service of a lifeline as a filled band: its height is the share of demand met."""
    low, high = 8.0, -8.0
    steps = [*zip(curve.t_s.tolist(), curve.share.tolist(), strict=True)]
    path = f"M{sheet.x(steps[0][0]):.1f},{low}"
    column = -1
    for t_s, part in steps:
        x = sheet.x(t_s)
        if int(x * 2) == column and part >= 1.0:
            continue
        column = int(x * 2)
        path += f"H{x:.1f}V{low + (high - low) * part:.1f}"
    path += f"H{sheet.x(curve.end_s):.1f}V{low}Z"
    told = _("lowest {share} of demand", share=share(float(curve.share.min())))
    x1, x2 = sheet.x(curve.t_s[0]), sheet.x(curve.end_s)
    yield svg.tag("rect", x=x1, y=high, width=x2 - x1, height=low - high, class_="gap")
    yield svg.tag("path", svg.title(told), d=path, style=f"fill:var(--l-{curve.lifeline})", class_="band")
