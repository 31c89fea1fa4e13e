"""`twin report`: the report of a run, one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.text import N_, _

HELP = N_("Write the report of a run: one self-contained HTML file.")


def report(
    run: names.RunFolder,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=N_("The file (default: RUN/report.html)."))
    ] = None,
) -> None:
    """Write the report and say where it is."""
    from twin import api

    with wait.working(_("Writing the report")):
        path = api.open_run(run).report(output)
    if settings().json:
        screen.data({"report": str(path)})
    screen.say(_("Report: {path}", path=path))
