"""`twin schema`: the JSON Schema of scenario files, or the columns of a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from twin.cli import screen
from twin.cli.settings import settings
from twin.errors import InputError
from twin.model.schema import Schema
from twin.text import N_, Message, _

HELP = N_("Print the JSON Schema of scenario files, or the columns of a table of a city.")


def schema(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help=N_("'scenario', or a table such as water/nodes."))
    ] = "scenario",
    output: Annotated[Path | None, typer.Option("--output", "-o", help=N_("Write it to this file."))] = None,
) -> None:
    """Print or write a schema."""
    if what == "scenario":
        from twin.drills.published import json_schema

        text = json.dumps(json_schema(), ensure_ascii=False, indent=1)
    else:
        found = _tables().get(what)
        if found is None:
            raise InputError(
                _("there is no table {name}; use one of {known}", name=what, known=", ".join(_tables()))
            )
        text = json.dumps([asdict(column) for column in found.columns], ensure_ascii=False, indent=1)
        if output is None and not settings().json:
            _print(found)
            return
    if output is None:
        typer.echo(text)
        return
    from twin.io.files import write_text

    write_text(output, text + "\n")
    screen.say(_("Schema: {path}", path=output))


def _tables() -> Mapping[str, Schema]:
    from twin.lifelines.registry import declarations
    from twin.model.city import CITY_SCHEMAS, LAYER_SCHEMAS

    layers = {name: declared.schemas for name, declared in declarations().items()} | dict(LAYER_SCHEMAS)
    inside = {f"{layer}/{name}": table for layer, tables in layers.items() for name, table in tables.items()}
    return {**CITY_SCHEMAS, **inside}


def _print(found: Schema) -> None:
    headings = (_("column"), _("type"), _("unit"), _("kinds"), _("default"), _("bounds"), _("description"))
    screen.table(
        [
            (
                column.name,
                column.type,
                column.unit,
                " ".join(column.kinds),
                _("must be given") if column.default is None else column.default,
                column.bounds,
                Message(column.description),
            )
            for column in found.columns
        ],
        headings,
    )
