"""`twin synth`: a synthetic census of any size, with known defects."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.text import N_, _, plural

HELP = N_("Make the census of a synthetic city, with known defects where wished.")


def synth(
    output: Annotated[Path, typer.Option("--output", "-o", help=N_("The folder to write."))],
    area: Annotated[float, typer.Option("--area", help=N_("Area of the city in km2."))] = 12.0,
    seed: Annotated[int, typer.Option("--seed", help=N_("What the city grows from."))] = 1,
    defects: Annotated[
        float, typer.Option("--defects", help=N_("Share of the rows that get a defect, 0 to 0.05."))
    ] = 0.0,
    overwrite: names.Overwrite = False,
) -> None:
    """Write the tables of a surveyor; `defects.csv` says what is wrong in them."""
    from twin import api

    with wait.progress(_("Making {area} km2", area=area)) as report:
        made = api.synth(area, seed, defects, output, overwrite=overwrite, report=report)
    if settings().json:
        screen.data(made)
        return
    points = plural("{count} point", "{count} points", made["points"])
    lines = plural("{count} line", "{count} lines", made["lines"])
    wrong = plural("{count} violation", "{count} violations", sum(made["violations"].values()))
    screen.say(
        _("{folder}: {points}, {lines}, {wrong}", folder=output, points=points, lines=lines, wrong=wrong)
    )
