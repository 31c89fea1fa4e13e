"""`twin run`: play a scenario on a city."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import kernels, names, screen, story, wait
from twin.cli.boundary import INTERRUPTED
from twin.cli.settings import settings
from twin.text import N_, _

if TYPE_CHECKING:
    from twin.api import Run

HELP = N_("Play a scenario on a city: print the timeline, write the run folder and the report.")


def run(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help=N_("A scenario file or the name of a bundled one."),
            autocompletion=names.scenarios,
        ),
    ],
    city: Annotated[
        str | None,
        typer.Option("--city", help=N_("Play it on this city instead."), autocompletion=names.cities),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help=N_("Seed of the run."))] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="TIME", help=N_("When it starts: '2026-07-18 17:30'."))
    ] = None,
    variant: Annotated[str | None, typer.Option("--variant", help=N_("A variant of the scenario."))] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help=N_("Change the scenario; may be given several times.")
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help=N_("The run folder (default: runs/<scenario>-<n>).")),
    ] = None,
    overwrite: names.Overwrite = False,
    report: Annotated[bool, typer.Option("--report/--no-report", help=N_("Write report.html."))] = True,
    profile: Annotated[bool, typer.Option("--profile", help=N_("Say where the time went."))] = False,
) -> int:
    """Play a scenario and show what happened."""
    from twin import api

    overrides = [*(change or ()), *([f"start={start}"] if start else [])]
    with wait.progress(_("Playing {name}", name=scenario)) as bar, kernels.watched():
        done = api.run(
            scenario,
            city,
            seed=seed,
            variant=variant,
            overrides=overrides,
            out=output,
            overwrite=overwrite,
            strict=settings().strict,
            progress=lambda now, end: bar(now / end if end else 1.0),
        )
    if report:
        with wait.working(_("Writing the report")):
            done.report()
    _show(done, report=report, profile=profile)
    return INTERRUPTED if done.status == "interrupted" else 0


def _show(done: Run, *, report: bool, profile: bool) -> None:
    if settings().json:
        screen.data({"folder": str(done.folder), **done.summary})
        return
    screen.findings(story.warnings(done.summary))
    story.timeline(done.journal, done.summary)
    story.expectations(done.summary)
    if profile:
        story.profile(done.summary)
    if done.status == "interrupted":
        screen.note(
            _(
                "Interrupted at {t}: the run is sealed and can be opened.",
                t=story.elapsed(done.summary["end_s"]),
            )
        )
    screen.say(_("Run: {folder}", folder=done.folder))
    if report:
        screen.say(_("Report: {path}", path=done.folder / "report.html"))
