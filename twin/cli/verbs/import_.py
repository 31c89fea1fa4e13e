"""`twin import`: a city data set from a foreign file or folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.errors import DatasetError, InputError
from twin.model.finding import blocking
from twin.text import N_, _

HELP = N_("Make a city data set from a foreign file or folder: EPANET, pandapower, InfraRisk.")


def _formats(incomplete: str) -> list[str]:
    from twin.importers.formats import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def import_(
    form: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT", help=N_("epanet, infrarisk or pandapower."), autocompletion=_formats
        ),
    ],
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help=N_("The file or folder."))],
    output: Annotated[Path, typer.Option("--output", "-o", help=N_("The folder of the city data set."))],
    variant: Annotated[
        str | None,
        typer.Option(
            "--variant", metavar="PART=NAME,...", help=N_("Which variant of each part of the source.")
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help=N_("What the city is called."))] = None,
    overwrite: names.Overwrite = False,
) -> None:
    """Read, report what was left out or assumed, and write the sealed data set."""
    from twin import api
    from twin.importers.formats import import_city, import_scenarios
    from twin.io.files import write_text

    with wait.working(_("Importing {name}", name=source)):
        city, found = import_city(form, source, _parts(variant))
        if bad := blocking(found, strict=settings().strict):
            raise DatasetError(_("{place} cannot be used", place=source), bad)
        if name:
            city = replace(city, manifest=replace(city.manifest, name=name))
        manifest = api.save_city(city, output, overwrite=overwrite)
        scenarios = import_scenarios(form, source, city, output.as_posix())
        for key, text in scenarios.items():
            write_text(output / "scenarios" / f"{key}.yaml", text)
    if settings().json:
        screen.data(
            {"city": str(output), "tables": dict(manifest.rows), "findings": [f.record() for f in found]}
        )
        return
    if not settings().quiet:
        screen.findings(found)
    for key in scenarios:
        screen.say(_("Scenario: {file}", file=output / "scenarios" / f"{key}.yaml"))
    count = sum(len(table) for layer in city.networks.values() for table in layer.components.values())
    screen.say(
        _(
            "{folder}: {count} components of {lifelines}",
            folder=output,
            count=count,
            lifelines=", ".join(city.networks),
        )
    )


def _parts(text: str | None) -> dict[str, str]:
    parts = {}
    for part in (text or "").split(","):
        key, equals, value = (word.strip() for word in part.partition("="))
        if part.strip() and not (key and equals and value):
            raise InputError(_("--variant {given}: write PART=NAME,PART=NAME", given=text))
        if key:
            parts[key] = value
    return parts
