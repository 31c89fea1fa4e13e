"""`twin census update`: the next version of a city from a later survey."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import screen, wait
from twin.cli.settings import settings
from twin.text import N_, _, plural

if TYPE_CHECKING:
    from twin.api.updating import Updated

HELP = N_("Lay a later survey over the one that built a city: what changed, findings, a new version.")


def update(
    city: Annotated[Path, typer.Argument(metavar="CITY", help=N_("The folder of a city built of a census."))],
    later: Annotated[
        Path, typer.Argument(metavar="SURVEY", help=N_("The later survey: a delivery, or a census.gpkg."))
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help=N_("The folder of the new version, if not that of the city.")),
    ] = None,
    survey: Annotated[
        Path | None,
        typer.Option("--survey", metavar="CENSUS", help=N_("The survey that built the city.")),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help=N_("The later survey is one of everything: the rest is gone."))
    ] = False,
    mapping: Annotated[
        str, typer.Option("--mapping", metavar="NAME|FILE", help=N_("Whose words the later survey uses."))
    ] = "auto",
    crs: Annotated[
        str,
        typer.Option("--crs", metavar="EPSG:N", help=N_("The coordinate system, over what the files say.")),
    ] = "",
) -> None:
    """Diff, check, build the next version, and say what changed."""
    from twin import api

    with wait.progress(_("Updating {name}", name=city)) as bar:
        made = api.update_city(
            city,
            later,
            output,
            survey=survey,
            whole=whole,
            mapping=mapping,
            crs=crs,
            strict=settings().strict,
            report=bar,
        )
    if settings().json:
        screen.data({"written": str(output or city), **_record(made)})
        return
    _show(made)
    screen.say(_("Written: {path}", path=output or city))


def _counts(made: Updated) -> list[tuple[str, int, int, int, int]]:
    from twin.census.update import ADDED, CHANGED, REMOVED

    count = made.update.count
    return [
        (table, count(table, ADDED), count(table, CHANGED), count(table, REMOVED), same)
        for table, same in made.update.same.items()
    ]


def _record(made: Updated) -> dict[str, object]:
    names = ("table", "added", "changed", "removed", "same")
    return {
        "version": made.version,
        "history": list(made.built.city.manifest.history),
        "rows": [dict(zip(names, row, strict=True)) for row in _counts(made)],
        "findings": [one.record() for one in (*made.said, *made.built.findings)],
        "new_findings": made.fresh.groupby("rule").size().to_dict(),
        "settled_findings": made.settled.groupby("rule").size().to_dict(),
    }


def _show(made: Updated) -> None:
    heads = (_("table"), _("added"), _("changed"), _("removed"), _("as before"))
    screen.table(_counts(made), heads, numbers=(1, 2, 3, 4))
    new, gone = (found.groupby("rule").size() for found in (made.fresh, made.settled))
    rules = sorted({*new.index, *gone.index})
    if rules:
        rows = [(rule, int(new.get(rule, 0)), int(gone.get(rule, 0))) for rule in rules]
        screen.table(rows, (_("rule"), _("new findings"), _("settled")), numbers=(1, 2))
    if not settings().quiet:
        screen.findings((*made.said, *made.built.findings))
    said = plural("{count} new finding", "{count} new findings", len(made.fresh))
    screen.say(_("Version {version}: {findings}", version=made.version, findings=said))
