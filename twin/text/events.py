"""The sentence of every kind of event: one template per `text_id` of the journal.

What an event's columns mean depends on its kind:

=====================  ==========================  ================================  ======================
kind                   component                   value                             rule
=====================  ==========================  ================================  ======================
incident, forced,      what changes                `column=value` of the state       row or verb, control,
control, trips                                                                       protection
switched, restored     what changes                `column=value` of the state       the agency
lost, returns          who needs a supply          `supplied=...`                    `kind: supplier | ...`
backup, backup_ends    who has the backup          seconds left                      `kind: supplier | ...`
backup_empty           who has the backup          -                                 `kind: supplier | ...`
restarting             who restarts                seconds it takes                  `kind: supplier | ...`
unserved, served       the consumer                share of its demand that is met   -
empty, refilled        the store                   -                                 -
fallback, failed       - (lifeline)                -                                 reason (message id)
fires                  -                           what the row waits for            `row N`
told                   -                           the text                          the agency
detected, reported,    where                       the crew, or empty                the agency
dispatched, delayed,
arrived, isolated,
repairing, repaired
action                 where                       the verb                          the agency
met, missed,           -                           what is expected                  the expectation
person_judges
interrupted            -                           -                                 -
=====================  ==========================  ================================  ======================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from twin.text.clock import duration
from twin.text.message import N_, Message, _

_PERCENT = "\N{NO-BREAK SPACE}%"
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class Line(Protocol):
    """What a sentence is made from: the text columns of a journal event."""

    @property
    def lifeline(self) -> str:
        """Layer, may be empty."""
        ...

    @property
    def component(self) -> str:
        """Full id (or agency), may be empty."""
        ...

    @property
    def value(self) -> str:
        """Value, as text."""
        ...

    @property
    def rule(self) -> str:
        """Rule that made it so."""
        ...

    @property
    def text_id(self) -> str:
        """Key of the template."""
        ...


TEMPLATES: Mapping[str, str] = {
    "incident": N_("Incident: {change}"),
    "lost": N_("{component} stops: it lost {supply}"),
    "returns": N_("{component} works again: it has {supply} back"),
    "backup": N_("{component} lost {supply} and runs on its backup for up to {span}"),
    "backup_empty": N_("{component} has used up its backup for {supply}"),
    "empty": N_("{component} has run empty"),
    "refilled": N_("{component} gives again"),
    "backup_ends": N_("{component} has {supply} back and leaves its backup, good for another {span}"),
    "restarting": N_("{component} has {supply} back and restarts within {span}"),
    "control": N_("Automatic control: {change} ({rule})"),
    "trips": N_("{component} is tripped by its protection ({rule})"),
    "fallback": N_("{lifeline} was judged by reachability alone: {reason}"),
    "failed": N_("{lifeline} could not be solved: {reason}"),
    "unserved": N_("{component} goes without service ({share} of its demand is met)"),
    "unserved 0.0": N_("{component} goes without service"),
    "served": N_("{component} is served again ({share} of its demand is met)"),
    "served 1.0": N_("{component} is served again"),
    "fires": N_("Row {row} of the script fires: {value}"),
    "told": N_("{agency} is told: {value}"),
    "forced": N_("Forced by the exercise control: {change}"),
    "detected": N_("{agency} notices what happened at {component}"),
    "reported": N_("{component} is reported to {agency}"),
    "dispatched": N_("{agency} sends {crew} to {component}"),
    "delayed": N_("{agency}: {crew} finds no open road to {component}"),
    "arrived": N_("{agency}: {crew} arrives at {component}"),
    "isolated": N_("{agency} has isolated {component}"),
    "repairing": N_("{agency} begins to repair {component}"),
    "repaired": N_("{agency} has repaired {component}"),
    "switched": N_("{agency} acts: {change}"),
    "restored": N_("{agency} restores: {change}"),
    "action": N_("{agency} carries out: {value} {component}"),
    "met": N_("Met: {value}"),
    "missed": N_("Missed: {value}"),
    "person_judges": N_("For a person to judge: {value}"),
    "interrupted": N_("The run was interrupted"),
}
"""Sentence by `text_id`, or by `text_id value` where that value has one of its own."""

CHANGES: Mapping[str, str] = {
    "failed=true": N_("{component} is damaged"),
    "failed=false": N_("{component} is whole again"),
    "isolated=true": N_("{component} is taken out of service"),
    "isolated=false": N_("{component} is put back into service"),
    "tripped=true": N_("{component} is switched off by its protection"),
    "tripped=false": N_("{component} is switched on again"),
    "supplied=true": N_("{component} has its supply back"),
    "supplied=false": N_("{component} loses its supply"),
    "closed=true": N_("{component} is closed"),
    "closed=false": N_("{component} is opened"),
    "open=true": N_("{component} is opened"),
    "open=false": N_("{component} is closed"),
    "leak_area_m2=0.0": N_("{component} leaks no more"),
    "leak_area_m2": N_("{component} leaks through a hole of {setting} m²"),
    "damage=0.0": N_("{component} has its full strength back"),
    "damage": N_("{component} is damaged to the degree {setting}"),
}
"""What a state change means, by `column=value` or by the column alone."""


def sentence(event: Line, name: Callable[[str], object] = str) -> Message:
    """What happened, in words; `name` turns ids, agencies and lifelines into what they are called.

    An event whose `text_id` has no template is told by its columns.
    """
    unknown = N_("{component}: {kind} {value}")
    template = TEMPLATES.get(f"{event.text_id} {event.value}") or TEMPLATES.get(event.text_id, unknown)
    number = float(event.value) if _NUMBER.fullmatch(event.value) else 0.0
    return Message(
        template,
        {
            "component": name(event.component),
            "lifeline": name(event.lifeline),
            "kind": event.text_id,
            "value": name(event.value),
            "rule": name(event.rule),
            "row": event.rule.removeprefix("row "),
            "agency": name(event.rule),
            "crew": name(event.value) if event.value else _("a crew"),
            "reason": Message(event.rule),
            "change": change(event.component, event.value, name),
            "supply": _supply(event.rule, name),
            "share": share(number),
            "span": duration(number),
        },
    )


def change(component: str, value: str, name: Callable[[str], object] = str) -> Message:
    """What `column=value` means for a component."""
    column, equals, setting = value.partition("=")
    if not component:
        return Message("{value}", {"value": name(value)})
    if not equals:
        return _("{component}: {value}", component=name(component), value=value)
    template = CHANGES.get(value) or CHANGES.get(column) or N_("{component} is set: {column} = {setting}")
    rounded = f"{float(setting):.3g}" if _NUMBER.fullmatch(setting) else setting
    return Message(template, {"component": name(component), "column": column, "setting": rounded})


def share(part: float) -> str:
    """A share as a percentage; never 100 % where something is missing nor 0 % where something is left."""
    percent = round(100 * part)
    if percent == 100 and part < 1:
        return f"{min(99.9, 100 * part):.1f}{_PERCENT}"
    if percent == 0 and part > 0:
        return f"{max(0.1, 100 * part):.1f}{_PERCENT}"
    return f"{percent}{_PERCENT}"


def _supply(rule: str, name: Callable[[str], object]) -> Message:
    """A need's rule `kind: supplier | supplier` in words."""
    kind, colon, suppliers = rule.partition(": ")
    if not colon:
        return _("its supply")
    named = [name(supplier) for supplier in suppliers.split(" | ")]
    return _("{kind} from {suppliers}", kind=name(kind), suppliers=_either(named))


def _either(names: list[object]) -> object:
    """Alternatives joined by "or"."""
    joined = names[0]
    for other in names[1:]:
        joined = _("{first} or {second}", first=joined, second=other)
    return joined
