"""`twin census repair`: what may be repaired without a person, and its undoing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.text import N_, _, plural

if TYPE_CHECKING:
    from twin.census.repair.repairing import Repaired

HELP = N_("Repair what may be repaired without a person, each with a record, or undo it.")


def _repairs(incomplete: str) -> list[str]:
    from twin.census.repair.register import register

    return [name for name in register() if name.startswith(incomplete)]


Switches = list[str] | None


def repair(
    census: Annotated[
        Path, typer.Argument(metavar="CENSUS", help=N_("A survey in canonical tables (census.gpkg)."))
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help=N_("The GeoPackage to write."))],
    findings: Annotated[
        Path | None,
        typer.Option("--findings", metavar="FOLDER", help=N_("Answer the findings of this check alone.")),
    ] = None,
    only: Annotated[
        Switches,
        typer.Option(
            "--only",
            metavar="REPAIR|RULE",
            help=N_("Only this repair, or those of this rule."),
            autocompletion=_repairs,
        ),
    ] = None,
    without: Annotated[
        Switches,
        typer.Option(
            "--without",
            metavar="REPAIR|RULE",
            help=N_("Not this repair, nor those of this rule."),
            autocompletion=_repairs,
        ),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help=N_("Undo all repairs of the survey."))] = False,
    overwrite: names.Overwrite = False,
) -> None:
    """Repair, write the survey with its log, and say what changed and what is left."""
    from twin import api

    if undo:
        with wait.working(_("Undoing the repairs of {name}", name=census)):
            survey = api.undo_repairs(census, output, overwrite=overwrite)
        if settings().json:
            screen.data({"written": str(output), "points": len(survey.points), "lines": len(survey.lines)})
            return
        screen.say(_("Written: {path}", path=output))
        return
    with wait.progress(_("Repairing {name}", name=census)) as bar:
        made = api.repair_census(
            census,
            output,
            findings=findings,
            only=only or (),
            without=without or (),
            overwrite=overwrite,
            report=bar,
        )
    if settings().json:
        screen.data({"written": str(output), **_record(made)})
        return
    _show(made)
    screen.say(_("Written: {path}", path=output))


def _record(made: Repaired) -> dict[str, object]:
    return {
        "repairs": made.log.to_dict("records"),
        "withdrawn": [{"table": table, "row": row} for table, row in sorted(made.withdrawn)],
        "findings": {"before": len(made.before), "after": len(made.after)},
    }


def _show(made: Repaired) -> None:
    """Repairs by rule and field, findings of those rules before and after, and what was withdrawn."""
    counts = made.log.groupby(["rule", "table", "field"], sort=True).size()
    rows = [(*key, count) for key, count in counts.items() if isinstance(key, tuple)]
    if rows:
        screen.table(rows, (_("rule"), _("table"), _("field"), _("repaired")), numbers=(3,))
    before, after = (len(found) for found in (made.before, made.after))
    if made.withdrawn:
        many = len(made.withdrawn)
        screen.say(
            plural(
                "{count} row was left as it is: its repair would make a new error",
                "{count} rows were left as they are: their repair would make new errors",
                many,
            )
        )
    repairs = plural("{count} repair", "{count} repairs", len(made.log))
    screen.say(
        _("{repairs}; {before} findings before, {after} after", repairs=repairs, before=before, after=after)
    )
