"""`twin census`: from what a surveyor delivers to canonical tables, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.cli.verbs.census_build import HELP as BUILD_HELP
from twin.cli.verbs.census_build import build
from twin.cli.verbs.census_mask import HELP as MASK_HELP
from twin.cli.verbs.census_mask import mask
from twin.cli.verbs.census_repair import HELP as REPAIR_HELP
from twin.cli.verbs.census_repair import repair
from twin.cli.verbs.census_update import HELP as UPDATE_HELP
from twin.cli.verbs.census_update import update
from twin.text import N_, _, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.census.survey import Survey
    from twin.model.finding import Finding

HELP = N_("The pipeline census: read survey tables, repair them, build a city, give them back.")
Source = Annotated[
    Path,
    typer.Argument(metavar="RAW", help=N_("A folder of tables, a workbook, a GIS file, or a ZIP of them.")),
]
Census = Annotated[
    Path, typer.Argument(metavar="CENSUS", help=N_("A survey in canonical tables (census.gpkg)."))
]
Output = Annotated[Path, typer.Option("--output", "-o", help=N_("The file or folder to write."))]


def _mappings(incomplete: str) -> list[str]:
    from twin.census import mappings

    return [name for name in ("auto", *mappings.names()) if name.startswith(incomplete)]


MappingName = Annotated[
    str,
    typer.Option(
        "--mapping",
        metavar="NAME|FILE",
        help=N_("Whose words the tables use: auto, a bundled vocabulary, or a mapping file."),
        autocompletion=_mappings,
    ),
]


def read(
    raw: Source,
    output: Output,
    mapping: MappingName = "auto",
    crs: Annotated[
        str,
        typer.Option("--crs", metavar="EPSG:N", help=N_("The coordinate system, over what the files say.")),
    ] = "",
    overwrite: names.Overwrite = False,
) -> None:
    """Read a delivery and write it as one GeoPackage of canonical tables."""
    from twin import api

    with wait.progress(_("Reading {name}", name=raw)) as bar:
        survey, found = api.read_census(
            raw, output, mapping=mapping, crs=crs, overwrite=overwrite, report=bar, strict=settings().strict
        )
    if settings().json:
        screen.data({"written": str(output), **_record(survey), "findings": [one.record() for one in found]})
        return
    _show(survey, found)
    screen.say(_("Written: {path}", path=output))


def export(
    census: Census,
    output: Output,
    mapping: MappingName = "canonical",
    form: Annotated[
        str, typer.Option("--format", metavar="csv|xlsx", help=N_("CSV files, or one workbook."))
    ] = "csv",
    overwrite: names.Overwrite = False,
) -> None:
    """Write a survey back in a surveyor's own headers and codes."""
    from twin import api

    with wait.progress(_("Exporting {name}", name=census)) as bar:
        made = api.export_census(census, output, mapping=mapping, form=form, overwrite=overwrite, report=bar)
    if settings().json:
        screen.data({"written": str(output), **made.record()})
        return
    screen.table(list(made.rows.items()), (_("table"), _("rows")), numbers=(1,))
    screen.say(_("Written: {path}", path=output))


def _record(survey: Survey) -> dict[str, object]:
    headers = survey.headers[["file", "header", "table", "column", "problem"]].to_dict("records")
    return {
        "points": len(survey.points),
        "lines": len(survey.lines),
        "cells": len(survey.cells),
        "tables": {name: len(table) for name, table in survey.tables.items()},
        "elements": survey.tables["elements"].to_dict("records") if "elements" in survey.tables else [],
        "meta": dict(survey.meta),
        "headers": headers,
    }


def _show(survey: Survey, found: Sequence[Finding]) -> None:
    """Tables with their rows, what each header became, what is known of the survey, findings."""
    rows: list[tuple[object, ...]] = []
    for table, data in ((_("points"), survey.points), (_("lines"), survey.lines)):
        counts = data["file"].value_counts(sort=False)
        rows += [(file, table, count) for file, count in sorted(counts.items())]
    rows += [(f"joined/{name}", _("joined"), len(data)) for name, data in survey.tables.items()]
    screen.table(rows, (_("file"), _("table"), _("rows")), numbers=(2,))
    _show_headers(survey)
    _show_elements(survey)
    screen.table([(key, value) for key, value in survey.meta.items()], ())
    if not settings().quiet:
        screen.findings(found)
    told = plural("{count} finding", "{count} findings", len(found))
    unread = plural("{count} cell could not be read", "{count} cells could not be read", len(survey.cells))
    points, lines = len(survey.points), len(survey.lines)
    screen.say(
        _("{points} points, {lines} lines; {cells}; {findings}",
          points=points, lines=lines, cells=unread, findings=told)
    )  # fmt: skip


def _show_headers(survey: Survey) -> None:
    """What each different header became."""
    for kind, title in (("points", _("header of points")), ("lines", _("header of lines"))):
        own = survey.headers[survey.headers["table"] == kind]
        pairs = dict.fromkeys(zip(own["header"], own["column"], strict=True))
        screen.table(
            [(header or _("(empty)"), column or _("(kept as extra)")) for header, column in pairs],
            (title, _("read as")),
        )


def _show_elements(survey: Survey) -> None:
    """What became of the elements of a city model."""
    elements = survey.tables.get("elements")
    if elements is None or not len(elements):
        return
    columns = ["element", "name", "category", "outcome", "reason"]
    became = elements.groupby(columns, sort=False)[["count", "points", "lines"]].sum().reset_index()
    kinds = (_("element"), _("name"), _("category"), _("became"), _("reason"))
    heads = (*kinds, _("count"), _("points"), _("lines"))
    screen.table(list(became.itertuples(index=False, name=None)), heads, numbers=(5, 6, 7))


VERBS = {
    read: N_("Read a delivery in any vocabulary into canonical tables."),
    repair: REPAIR_HELP,
    build: BUILD_HELP,
    update: UPDATE_HELP,
    mask: MASK_HELP,
    export: N_("Give a survey back in a surveyor's own headers and codes."),
}
