"""What sort of thing each kind of event is: the one grouping that causes, timelines and views share."""

from __future__ import annotations

from enum import StrEnum


class Sort(StrEnum):
    """Sorts of events."""

    INCIDENT = "incident"
    LOSS = "loss"
    BACKUP = "backup"
    RETURN = "return"
    CONTROL = "control"
    PEOPLE = "people"
    SCRIPT = "script"
    VERDICT = "verdict"
    RUN = "run"
    OTHER = "other"


_KINDS = {
    Sort.INCIDENT: ("incident", "forced", "fails"),
    Sort.LOSS: ("lost", "backup_empty", "empty", "trips", "unserved"),
    Sort.BACKUP: ("backup", "backup_ends", "restarting"),
    Sort.RETURN: ("returns", "served", "refilled", "restored", "repaired"),
    Sort.CONTROL: ("control",),
    Sort.PEOPLE: (
        "detected",
        "reported",
        "dispatched",
        "delayed",
        "arrived",
        "isolated",
        "repairing",
        "switched",
        "action",
    ),
    Sort.SCRIPT: ("fires", "told"),
    Sort.VERDICT: ("met", "missed", "person_judges"),
    Sort.RUN: ("fallback", "failed", "interrupted"),
}
_SORTS = {kind: sort for sort, kinds in _KINDS.items() for kind in kinds}

PASSING = frozenset((*_KINDS[Sort.SCRIPT], *(kind for kind in _KINDS[Sort.PEOPLE] if kind != "switched")))
"""Kinds that change nothing themselves: they only lead from one thing to the next."""

HARM = frozenset({Sort.INCIDENT, Sort.LOSS})
"""What a cascade is made of."""


def sort_of(kind: str) -> Sort:
    """The sort of a kind of event; OTHER for one that is not known here."""
    return _SORTS.get(kind, Sort.OTHER)
