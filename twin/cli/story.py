"""How a run is told on the terminal: timeline, causes, expectations, where the time went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from twin.cli import screen
from twin.model.finding import Finding, Severity
from twin.model.journal import Event, Journal
from twin.text import N_, Message, _
from twin.text.clock import duration, elapsed

__all__ = ["causes", "duration", "elapsed", "expectations", "profile", "timeline", "verdict", "warnings"]

VERDICTS = {
    "met": N_("met"),
    "missed": N_("missed"),
    "not_exercised": N_("not exercised"),
    "person_judges": N_("a person judges"),
}
SHOWN = 60
"""Lines of a timeline on the terminal; the report has all."""


def timeline(journal: Journal, summary: Mapping[str, Any]) -> None:
    """The timeline as a table, without the routine of an ordinary day."""
    from twin.analysis.timeline import timeline as entries
    from twin.analysis.timeline import without_routine
    from twin.views.names import spoken
    from twin.views.terminal import timeline_table

    found = without_routine(entries(journal))
    screen.show(timeline_table(found[:SHOWN], spoken(summary.get("wording"))))
    if len(found) > SHOWN:
        screen.say(_("... and {count} more lines in the report", count=len(found) - SHOWN))


def causes(chain: Iterable[Event], summary: Mapping[str, Any]) -> None:
    """A chain of causes: what happened, and below it why."""
    from twin.views.names import spoken
    from twin.views.terminal import chain_table

    screen.show(chain_table(tuple(chain), spoken(summary.get("wording"))))


def expectations(summary: Mapping[str, Any]) -> None:
    """The expectations with their verdicts."""
    from twin.views.names import spoken

    name = spoken(summary.get("wording"))
    rows = [
        (
            record["id"],
            name(record["who"]),
            name(record["text"]),
            verdict(record["verdict"]),
            _margin(record),
        )
        for record in summary.get("expectations", ())
    ]
    if rows:
        screen.say("")
        screen.table(rows, (_("id"), _("who"), _("expected"), _("verdict"), _("margin")))


def verdict(name: str) -> Message:
    """A verdict in words; "" stays empty."""
    return Message(VERDICTS.get(name, name))


def _margin(record: Mapping[str, Any]) -> object:
    margin = record.get("margin_s")
    return "" if margin is None else _signed(float(margin))


def _signed(seconds: float) -> Message:
    if seconds < 0:
        return _("{span} late", span=duration(-seconds))
    return _("{span} to spare", span=duration(seconds))


def profile(summary: Mapping[str, Any]) -> None:
    """Where the seconds of a run went: by network and solve, by kind of event; and the work that was done."""
    timing, counters = summary.get("timing", {}), summary.get("counters", {})
    screen.say("")
    solving = [
        (name, f"{spent:.3f}", counters[name]["solves"], f"{1e3 * spent / counters[name]['solves']:.2f}")
        for name, spent in timing.get("solving_s", {}).items()
    ]
    screen.table(solving, (_("solving"), _("seconds"), _("solves"), _("ms a solve")), numbers=(1, 2, 3))
    screen.say("")
    kinds = sorted(timing.get("event_kind_s", {}).items(), key=lambda item: -item[1])
    spent_on = [(kind, f"{spent:.3f}") for kind, spent in kinds]
    screen.table([*spent_on, (_("all"), f"{timing['wall_s']:.3f}")], (_("event"), _("seconds")), numbers=(1,))
    screen.say("")
    work = [(name, f"{value:g}") for name, value in _flat(counters)]
    screen.table(work, (_("work"), _("count")), numbers=(1,))


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def warnings(summary: Mapping[str, Any]) -> Iterator[Finding]:
    """The findings of a finished run, as they were written down."""
    for record in summary.get("findings", ()):
        yield Finding(
            record["rule"],
            Severity(record["severity"]),
            record["file"],
            Message(record["problem"]),
            Message(record["remedy"]),
            field=record["field"],
            ids=tuple(record["ids"]),
            line=record["line"],
            column=record["column"],
        )
