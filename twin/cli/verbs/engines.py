"""`twin engines`: the environment of the reference engines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli import screen, wait
from twin.cli.settings import settings
from twin.text import N_, _

HELP = N_("The reference engines that 'twin verify' asks; they live in an environment of their own.")

Engines = Annotated[
    Path | None, typer.Option("--engines", help=N_("The folder of the environment."), envvar="TWIN_ENGINES")
]


def install(engines: Engines = None) -> None:
    """Make the environment and install the pinned engines into it."""
    from twin.verify import environment

    place = environment.place(engines)
    with wait.working(_("Installing the reference engines into {folder}", folder=place)):
        found = environment.install(place)
    _show(place, found)


def where(engines: Engines = None) -> None:
    """Say where the environment is and what is in it."""
    from twin.verify import environment

    place = environment.place(engines)
    _show(place, environment.versions(place))


def _show(place: Path, found: dict[str, str]) -> None:
    if settings().json:
        screen.data({"engines": str(place), "versions": found})
        return
    screen.say(_("Engines: {folder}", folder=place))
    screen.table([(f"  {name}", number) for name, number in found.items()], ())


VERBS = {
    install: N_("Install the pinned reference engines (uv or pip)."),
    where: N_("Say where they are and which versions."),
}
