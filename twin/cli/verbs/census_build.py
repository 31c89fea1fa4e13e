"""`twin census build`: a city from a survey."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.text import N_, _, plural

HELP = N_("Build a city that the twin runs: graphs, dependencies, terrain, relations.")


def build(
    census: Annotated[
        Path, typer.Argument(metavar="CENSUS", help=N_("A survey in canonical tables (census.gpkg)."))
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help=N_("The folder of the city."))],
    name: Annotated[str, typer.Option("--name", help=N_("The city's name, if not that of its folder."))] = "",
    overwrite: names.Overwrite = False,
) -> None:
    """Build, write the sealed data set, and say what the rows of the survey became."""
    from twin import api

    with wait.progress(_("Building {name}", name=output)) as bar:
        built = api.build_census(
            census, output, name=name, overwrite=overwrite, strict=settings().strict, report=bar
        )
    if settings().json:
        screen.data(
            {
                "written": str(output),
                "elements": built.elements.to_dict("records"),
                "provenance": built.provenance.to_dict("records"),
                "findings": [finding.record() for finding in built.findings],
            }
        )
        return
    rows = built.elements[["table", "category", "layer", "became", "reason", "count"]]
    heads = (_("table"), _("category"), _("layer"), _("became"), _("reason"), _("rows"))
    screen.table(list(rows.itertuples(index=False, name=None)), heads, numbers=(5,))
    if not settings().quiet:
        screen.findings(built.findings)
    for sentence in built.city.manifest.assumed:
        screen.say(_("assumed: {sentence}", sentence=sentence))
    screen.say(plural("{count} finding", "{count} findings", len(built.findings)))
    screen.say(_("Written: {path}", path=output))
