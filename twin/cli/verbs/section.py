"""`twin section`: a cross-section of a street, or a profile along links."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.text import N_, _

HELP = N_("Draw a section through the ground: across a street, or along a chain of links.")


def section(
    city: names.CityName,
    output: Annotated[Path, typer.Option("--output", "-o", help=N_("The drawing to write (.svg)."))],
    line: Annotated[
        str | None,
        typer.Option("--line", metavar="X0,Y0,X1,Y1", help=N_("Across: from one place to the other, m.")),
    ] = None,
    along: Annotated[
        str | None,
        typer.Option("--along", metavar="A..B", help=N_("Along: from one component to the other.")),
    ] = None,
) -> None:
    """Write the drawing."""
    from twin.api import views

    with wait.working(_("Drawing {name}", name=city)):
        drawn = views.section(city, output, line=line, along=along)
    if settings().json:
        screen.data(drawn)
        return
    screen.say(
        _(
            "Section: {path} ({length} m, {count} lines)",
            path=output,
            length=f"{drawn['length_m']:.0f}",
            count=drawn["lines"],
        )
    )
