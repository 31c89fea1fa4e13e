"""`twin export`: a run or a city for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.errors import InputError
from twin.text import N_, _

if TYPE_CHECKING:
    import pandas as pd

    from twin.model.city import City

HELP = N_("Export a run or a city: .xlsx, .csv (opens right in Excel), .gpkg, or an engine's own format.")


def export(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN|CITY", help=N_("A run folder, or a city."), autocompletion=names.cities_and_runs
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help=N_("The file; its ending says which format."))
    ],
    table: Annotated[
        str | None,
        typer.Option(
            "--table", help=N_("Which table goes into a CSV or Parquet file (default: events of a run).")
        ),
    ] = None,
    overwrite: names.Overwrite = False,
) -> None:
    """Write one file in the format that its ending says."""
    if output.exists() and not overwrite:
        raise InputError(_("{path} exists; give another file or --overwrite", path=output))
    with wait.working(_("Exporting {name}", name=what)):
        if (Path(what) / "run.json").is_file():
            _run(what, output, table)
        else:
            _city(what, output, table)
    if settings().json:
        screen.data({"exported": str(output)})
    screen.say(_("Exported: {path}", path=output))


def _run(what: str, output: Path, table: str | None) -> None:
    from twin import api
    from twin.analysis.tables import component_table, run_tables
    from twin.io.export import write_geopackage

    run = api.open_run(what)
    if output.suffix == ".gpkg":
        write_geopackage(run.city, output, run_tables(run.stored), component_table(run.stored))
    else:
        _tables(run_tables(run.stored, run.city), output, table or "events")


def _city(what: str, output: Path, table: str | None) -> None:
    from twin import api
    from twin.importers.formats import EXPORTS, export_city
    from twin.io.city import table_files
    from twin.io.export import write_geopackage

    city: City = api.load_city(what)
    if output.suffix == ".gpkg":
        write_geopackage(city, output)
    elif output.suffix in EXPORTS:
        export_city(city, output)
    else:
        _tables({place: found.frame() for place, found in table_files(city)}, output, table)


def _tables(frames: dict[str, pd.DataFrame], output: Path, table: str | None) -> None:
    from twin.importers.formats import EXPORTS
    from twin.io.export import write_csv, write_parquet, write_workbook

    if output.suffix == ".xlsx":
        write_workbook(frames, output)
    elif output.suffix not in (".csv", ".parquet"):
        known = ", ".join((".xlsx", ".csv", ".parquet", ".gpkg", *EXPORTS))
        raise InputError(
            _("{ending} is no format to export to; use one of {known}", ending=output.suffix, known=known)
        )
    elif table not in frames:
        raise InputError(_("choose one table with --table: {known}", known=", ".join(frames)))
    else:
        write = write_csv if output.suffix == ".csv" else write_parquet
        write(frames[table], output)
