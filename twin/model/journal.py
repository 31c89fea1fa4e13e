"""The journal: every event of a run, in order, each with the event that caused it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

NO_CAUSE = -1


class Event(NamedTuple):
    """One line of the journal.

    Attributes
    ----------
    event
        Number of the event, from 0, in order of happening.
    t_s
        Simulated seconds since the start of the run.
    lifeline, component
        Where it happened (component is a full id; both may be empty).
    kind
        What happened: `incident`, `fails`, `backup`, `lost`, `returns`, `trips`, `control`, `service`, ...
    value
        Text of the value that goes with it (numbers with `repr`, so that equal runs have equal bytes).
    cause
        Number of the event that caused this one, or -1.
    rule
        Which rule made it so: a dependency row, a control, a protection setting, a scenario row.
    text_id
        Key of the sentence in `twin.text.events`.
    """

    event: int
    t_s: float
    lifeline: str
    component: str
    kind: str
    value: str
    cause: int
    rule: str
    text_id: str


class Journal:
    """An append-only list of events; `sink` gets each one as it is written."""

    def __init__(self, sink: Callable[[Event], None] | None = None) -> None:
        self._events: list[Event] = []
        self._sink = sink

    def __repr__(self) -> str:
        return f"<Journal: {len(self)} events>"

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __getitem__(self, number: int) -> Event:
        return self._events[number]

    def append(
        self,
        t_s: float,
        kind: str,
        *,
        lifeline: str = "",
        component: str = "",
        value: str = "",
        cause: int = NO_CAUSE,
        rule: str = "",
        text_id: str = "",
    ) -> int:
        """Write an event and return its number; `cause` must be an earlier event or -1."""
        number = len(self._events)
        if not -1 <= cause < number:
            raise ValueError(f"event {number} cannot be caused by event {cause}")
        event = Event(number, t_s, lifeline, component, kind, value, cause, rule, text_id or kind)
        self._events.append(event)
        if self._sink is not None:
            self._sink(event)
        return number

    def add(self, event: Event) -> None:
        """Take over an event read from a run folder; numbers must follow each other."""
        if event.event != len(self._events):
            raise ValueError(f"event {event.event} follows event {len(self._events) - 1}")
        self._events.append(event)

    def chain(self, number: int) -> tuple[Event, ...]:
        """The event and its causes, back to the one that has none (the root comes last)."""
        chain = []
        while number != NO_CAUSE:
            chain.append(self._events[number])
            number = self._events[number].cause
        return tuple(chain)

    def frame(self) -> pd.DataFrame:
        """All events as a pandas frame."""
        import pandas as pd

        return pd.DataFrame(self._events, columns=Event._fields)
