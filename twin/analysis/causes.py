"""Why something happened: chains of causes back to the incident, and the cascade as a tree of causes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from twin.analysis.kinds import HARM, PASSING, sort_of
from twin.model.city import FACILITY
from twin.model.journal import NO_CAUSE, Event, Journal


@dataclass(frozen=True)
class Cause:
    """Events that happened for the same reason, and what followed from them.

    Events with effects of their own stand alone; those without are gathered when they share cause, kind
    and lifeline. `events` are in order of happening, `effects` in order of their first event.
    """

    events: tuple[Event, ...]
    effects: tuple[Cause, ...] = ()

    @property
    def first(self) -> Event:
        """The earliest of its events."""
        return self.events[0]

    def walk(self) -> Iterator[tuple[int, Cause]]:
        """Itself and everything below it, depth first, each with its depth."""
        stack = [(0, self)]
        while stack:
            depth, cause = stack.pop()
            yield depth, cause
            stack.extend((depth + 1, effect) for effect in reversed(cause.effects))


def why(journal: Journal, component: str, t_s: float | None = None) -> tuple[Event, ...]:
    """The chain of causes of a component's condition: what happened to it first, the root last.

    With `t_s` the chain starts at the component's latest event up to that time; without, at the latest
    one that did harm (else the latest). Empty where nothing happened to it. A facility may be named
    without `facility/`.
    """
    names = (component, f"{FACILITY}/{component}")
    own = [event for event in journal if event.component in names and (t_s is None or event.t_s <= t_s)]
    if t_s is None:
        own = [event for event in own if sort_of(event.kind) in HARM] or own
    return journal.chain(own[-1].event) if own else ()


def roots(journal: Journal, events: Iterable[Event]) -> tuple[Event, ...]:
    """The first causes of `events`, each once, in order of happening."""
    origin: dict[int, int] = {}
    for event in journal:
        origin[event.event] = origin[event.cause] if event.cause != NO_CAUSE else event.event
    return tuple(journal[number] for number in sorted({origin[event.event] for event in events}))


def cascade(journal: Journal) -> tuple[Cause, ...]:
    """The cascade of a run: every harmful event under its cause, one tree per root.

    Events that did no harm themselves (a repair, a switching action) are part of it only where harm
    followed from them; those that change nothing (a row that fires, a crew that arrives) are passed over.
    """
    kept = _harm_and_its_causes(journal)
    parents = {_reason(journal, journal[number]) for number in kept}
    groups: dict[tuple[object, ...], list[Event]] = {}
    key_of: dict[int, tuple[object, ...]] = {}
    below: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
    for number in sorted(kept):
        event = journal[number]
        above = key_of.get(_reason(journal, event), ())
        alone = number in parents
        key = (number,) if alone else (*above, event.kind, event.lifeline)
        if key not in groups:
            below.setdefault(above, []).append(key)
        groups.setdefault(key, []).append(event)
        key_of[number] = key
    built: dict[tuple[object, ...], Cause] = {}
    for key in reversed(groups):
        built[key] = Cause(tuple(groups[key]), tuple(built[child] for child in below.get(key, ())))
    return tuple(built[key] for key in below.get((), ()))


def _reason(journal: Journal, event: Event) -> int:
    """The nearest cause that changed something, or -1."""
    number = event.cause
    while number != NO_CAUSE and journal[number].kind in PASSING:
        number = journal[number].cause
    return number


def _harm_and_its_causes(journal: Journal) -> set[int]:
    kept: set[int] = set()
    for event in journal:
        number = event.event if sort_of(event.kind) in HARM else NO_CAUSE
        while number != NO_CAUSE and number not in kept:
            kept.add(number)
            number = _reason(journal, journal[number])
    return kept
