"""`twin seal`: renew the checksums of a city data set after an edit by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen
from twin.cli.settings import settings
from twin.text import N_, _

HELP = N_("Renew the checksums and row counts in the manifest of a city, after an edit by hand.")


def seal(
    city: Annotated[
        Path,
        typer.Argument(
            metavar="CITY", help=N_("The folder of a city data set."), autocompletion=names.cities
        ),
    ],
) -> None:
    """Seal a city data set."""
    from twin.io.city import seal as renew

    manifest = renew(city)
    if settings().json:
        screen.data({"sealed": str(city), "tables": dict(manifest.rows)})
    screen.say(_("{city}: {count} tables sealed", city=city, count=len(manifest.checksums)))
