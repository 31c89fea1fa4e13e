"""The answer first: what a run came to, in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.analysis.kinds import Sort, sort_of
from twin.analysis.resilience import RECOVERED, Resilience
from twin.analysis.service import Outage, out_at, worst_instant
from twin.model.city import FACILITY
from twin.model.journal import Journal
from twin.text import Message, _, language, plural
from twin.text.clock import duration, elapsed
from twin.text.events import sentence, share
from twin.views.names import Names, sentence_case

MOST_NAMED = 4


def answer(
    journal: Journal,
    summary: Mapping[str, Any],
    found: Sequence[Outage],
    figures: Sequence[Resilience],
    name: Names,
) -> list[str]:
    """The answer in short paragraphs, the most important first."""
    paragraphs = (
        _broken_off(summary),
        _judged(summary, name),
        [*_began(journal, found, name), *_fell(figures, name)],
        _out(found, name),
    )
    gap = "" if language() == "zh" else " "
    return [gap.join(sentence_case(one) for one in told) for told in paragraphs if told]


def _broken_off(summary: Mapping[str, Any]) -> list[Message]:
    """What keeps a run from being complete."""
    told = {
        "interrupted": _(
            "The run was interrupted before its end; this report tells what happened until then."
        ),
        "killed": _("The run was killed; this report tells what it had written down until then."),
        "failed": _("The run could not go on; this report tells what happened until then."),
    }
    status = str(summary.get("status", ""))
    return [told[status]] if status in told else []


def count_of(summary: Mapping[str, Any], verdict: str) -> int:
    """How many expectations ended in a verdict."""
    return sum(one["verdict"] == verdict for one in summary.get("expectations") or ())


def _judged(summary: Mapping[str, Any], name: Names) -> list[Message]:
    met, missed = count_of(summary, "met"), count_of(summary, "missed")
    if not met + missed:
        return []
    told = [
        plural(
            "{met} of {count} judged expectation was met.",
            "{met} of {count} judged expectations were met.",
            met + missed,
            met=met,
        )
    ]
    fatal = [
        name(one["text"])
        for one in summary["expectations"]
        if one.get("fatal") and one["verdict"] == "missed"
    ]
    if fatal:
        told.append(_("A fatal one was missed: {what}.", what=fatal[0]))
    return told


def _began(journal: Journal, found: Sequence[Outage], name: Names) -> list[Message]:
    """The incident behind most of the outages."""
    incidents = [event for event in journal if sort_of(event.kind) is Sort.INCIDENT]
    if not incidents:
        return [_("Nothing was damaged.")]
    behind: dict[int, int] = {}
    for outage in found:
        chain = [event.event for event in journal.chain(outage.event) if sort_of(event.kind) is Sort.INCIDENT]
        for number in chain[-1:]:
            behind[number] = behind.get(number, 0) + 1
    first = journal[max(behind, key=lambda number: behind[number])] if behind else incidents[0]
    when, what = elapsed(first.t_s), sentence(first, name).params["change"]
    others = len({event.component for event in incidents}) - 1
    if others > 0:
        return [
            plural(
                "It began at {when}: {what}; {count} more component was struck.",
                "It began at {when}: {what}; {count} more components were struck.",
                others,
                when=when,
                what=what,
            )
        ]
    return [_("It began at {when}: {what}.", when=when, what=what)]


def _fell(figures: Sequence[Resilience], name: Names) -> list[Message]:
    told = []
    for one in figures:
        if one.zone or one.robustness >= RECOVERED:
            continue
        values = {
            "layer": name.layer(one.lifeline),
            "low": share(one.robustness),
            "when": elapsed(one.worst_s),
        }
        if one.time_to_90_s is None:
            told.append(
                _("{layer} fell to {low} of its demand ({when}) and was not back at the end.", **values)
            )
        else:
            back = duration(one.time_to_90_s)
            told.append(
                _(
                    "{layer} fell to {low} of its demand ({when}) and was below 90 % for {back}.",
                    **values,
                    back=back,
                )
            )
    return told


def _out(found: Sequence[Outage], name: Names) -> list[Message]:
    """Facilities by name, then how many consumers at the worst time."""
    caused = [one for one in found if one.caused]
    if not caused:
        return [_("Nobody went without service.")]
    told = []
    facilities = [one for one in caused if one.lifeline == FACILITY]
    for one in facilities[:MOST_NAMED]:
        values = {"name": name(one.component), "start": elapsed(one.start_s), "span": duration(one.seconds)}
        if one.lasts:
            told.append(_("{name} went without from {start} to the end ({span}).", **values))
        else:
            told.append(_("{name} went without from {start} for {span}.", **values))
    consumers = [one for one in caused if one.lifeline != FACILITY]
    if consumers:
        when = worst_instant(consumers)
        told.append(
            plural(
                "At the worst time ({when}) {count} consumer was out.",
                "At the worst time ({when}) {count} consumers were out.",
                len(out_at(consumers, when)),
                when=elapsed(when),
            )
        )
    return told
