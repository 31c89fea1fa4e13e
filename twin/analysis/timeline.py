"""The timeline of a run: its events in order, those that happened together told together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twin.analysis.kinds import Sort, sort_of
from twin.model.journal import Event


@dataclass(frozen=True)
class Entry:
    """One line of a timeline: events of one instant with the same kind, lifeline and cause."""

    events: tuple[Event, ...]

    @property
    def first(self) -> Event:
        """The event that stands for all of them."""
        return self.events[0]

    @property
    def sort(self) -> Sort:
        """What sort of thing happened."""
        return sort_of(self.first.kind)


def timeline(events: Iterable[Event], together: int = 4) -> tuple[Entry, ...]:
    """Entries in order of their first event; fewer than `together` events of a kind stay apart."""
    groups: dict[tuple[object, ...], list[Event]] = {}
    for event in events:
        key = (event.t_s, event.kind, event.lifeline, event.cause)
        groups.setdefault(key, []).append(event)
    entries: list[Entry] = []
    for group in groups.values():
        if len(group) < together:
            entries += [Entry((event,)) for event in group]
        else:
            entries.append(Entry(tuple(group)))
    return tuple(sorted(entries, key=lambda entry: entry.first.event))


def without_routine(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """A timeline without automatic controls that nothing caused: what happens on any ordinary day."""
    return tuple(entry for entry in entries if entry.sort is not Sort.CONTROL or entry.first.cause >= 0)
