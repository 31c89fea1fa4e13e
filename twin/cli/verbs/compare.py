"""`twin compare`: two runs side by side."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import names, screen, story
from twin.cli.boundary import DIFFERS
from twin.cli.settings import settings
from twin.text import N_, _

if TYPE_CHECKING:
    from twin.analysis.comparison import Comparison
    from twin.model.journal import Event

HELP = N_("Compare two runs; exit code 1 where their results drift apart.")


def compare(
    first: names.RunFolder,
    second: names.RunFolder,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0.0, help=N_("Largest relative difference that is let pass."))
    ] = 0.0,
) -> int:
    """Compare and say what differs; 1 where anything does."""
    from twin import api
    from twin.analysis.comparison import compare as side_by_side

    found = side_by_side(api.open_run(first).stored, api.open_run(second).stored, tolerance)
    if settings().json:
        screen.data({"differs": found.differs, **asdict(found)})
    else:
        _show(found)
    return DIFFERS if found.differs else 0


def _show(found: Comparison) -> None:
    if not found.differs:
        screen.say(_("The results are the same."))
    if found.parting is not None:
        screen.say(_("The stories part here:"))
        screen.say(_("  first:  {event}", event=_told(found.parting.first)))
        screen.say(_("  second: {event}", event=_told(found.parting.second)))
    drifts = [
        (
            drift.what,
            f"{drift.first:.4g}",
            f"{drift.second:.4g}",
            f"{drift.most:.3g}",
            story.elapsed(drift.t_s),
        )
        for drift in found.service
    ]
    if drifts:
        screen.table(
            drifts,
            (_("service"), _("first"), _("second"), _("largest difference"), _("at")),
            numbers=(1, 2, 3, 4),
        )
    if found.verdicts:
        judged = [(name, story.verdict(one), story.verdict(other)) for name, one, other in found.verdicts]
        screen.table(judged, (_("expectation"), _("first"), _("second")))
    if found.counters:
        work = [(drift.what, f"{drift.first:g}", f"{drift.second:g}") for drift in found.counters]
        screen.table(work, (_("work"), _("first"), _("second")), numbers=(1, 2))


def _told(event: Event | None) -> object:
    from twin.text.events import sentence
    from twin.views.names import spoken, tight

    if event is None:
        return _("(nothing more happens)")
    return f"{story.elapsed(event.t_s)} {tight(sentence(event, spoken()))}"
