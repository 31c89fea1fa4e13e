"""A run on the terminal: the timeline and chains of causes as Rich renderables, coloured by what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from twin.analysis.kinds import Sort, sort_of
from twin.analysis.timeline import Entry
from twin.model.journal import Event
from twin.text import _
from twin.text.clock import elapsed
from twin.text.events import sentence
from twin.views.names import tight

if TYPE_CHECKING:
    from rich.table import Table

Name = Callable[[str], object]

STYLES: Mapping[Sort, str] = {
    Sort.INCIDENT: "bold red",
    Sort.LOSS: "red",
    Sort.BACKUP: "yellow",
    Sort.RETURN: "blue",
    Sort.CONTROL: "dim",
    Sort.PEOPLE: "cyan",
    Sort.SCRIPT: "bold",
    Sort.VERDICT: "magenta",
    Sort.RUN: "yellow",
    Sort.OTHER: "",
}
"""Terminal style of each sort of event; the words alone say the same."""
_VERDICTS = {"met": "bold blue", "missed": "bold red", "person_judges": "bold yellow"}


def style(event: Event) -> str:
    """The style of an event's sentence."""
    return _VERDICTS.get(event.kind, STYLES[sort_of(event.kind)])


def timeline_table(entries: Sequence[Entry], name: Name = str) -> Table:
    """Entries of a timeline as a table: the time once per instant, then what happened."""
    table = _table()
    before: float | None = None
    for entry in entries:
        first = entry.first
        told: object = sentence(first, name)
        if others := len(entry.events) - 1:
            told = _("{sentence} (and {count} more like it)", sentence=told, count=others)
        _add(table, "" if first.t_s == before else elapsed(first.t_s), str(told), style(first))
        before = first.t_s
    return table


def chain_table(chain: Sequence[Event], name: Name = str) -> Table:
    """A chain of causes as a table: what happened on top, each cause indented below what it caused."""
    table = _table()
    for depth, event in enumerate(chain):
        told: object = sentence(event, name)
        if depth:
            told = _("because: {sentence}", sentence=told)
        _add(table, elapsed(event.t_s), f"{'  ' * depth}{told}", style(event))
    return table


def _table() -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    return table


def _add(table: Table, time: str, told: str, shown: str) -> None:
    from rich.text import Text

    table.add_row(Text(time), Text(tight(told), style=shown))
