"""`twin check`: every finding about a city or a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen, survey, wait
from twin.cli.boundary import BAD_INPUT
from twin.cli.settings import settings
from twin.errors import InputError
from twin.model.finding import Finding, blocking, errors
from twin.text import N_, _, plural

HELP = N_("Check a city data set, a scenario or a census and list every finding.")
CENSUS = ".gpkg"
"""What the name of a census ends in."""


def check(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CITY|SCENARIO|CENSUS",
            help=N_("A city folder, a scenario file, a bundled name, or a census (.gpkg)."),
            autocompletion=names.cities_and_scenarios,
        ),
    ],
    city: Annotated[
        str | None,
        typer.Option("--city", help=N_("Check the scenario against this city."), autocompletion=names.cities),
    ] = None,
    variant: Annotated[str | None, typer.Option("--variant", help=N_("A variant of the scenario."))] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=N_("Folder for the findings of a census."))
    ] = None,
    overwrite: names.Overwrite = False,
    rules: Annotated[
        list[str] | None,
        typer.Option("--rules", metavar="RULE", help=N_("Only this rule of a census (P04) or family (P).")),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="RULE", help=N_("Not this rule of a census, or family.")),
    ] = None,
) -> int:
    """Check and list the findings; 2 where one of them blocks."""
    if Path(what).suffix.lower() == CENSUS:
        return survey.check(Path(what), output, overwrite, (*(rules or ()),), (*(without or ()),))
    with wait.working(_("Checking {name}", name=what)):
        found = _scenario(what, city, variant) if is_scenario(what) else _city(what)
    blocked = bool(blocking(found, strict=settings().strict))
    if settings().json:
        screen.data({"checked": what, "usable": not blocked, "findings": [item.record() for item in found]})
        return BAD_INPUT if blocked else 0
    screen.findings(found)
    worst = len(errors(found))
    bad = plural("{count} error", "{count} errors", worst)
    doubtful = plural("{count} warning", "{count} warnings", len(found) - worst)
    screen.say(_("{name}: {errors}, {warnings}", name=what, errors=bad, warnings=doubtful))
    return BAD_INPUT if blocked else 0


def is_scenario(what: str) -> bool:
    """Whether a name means a scenario: a file, or a bundled scenario that no city shares its name with."""
    from twin import api

    path = Path(what)
    if path.exists():
        return path.is_file()
    return path.suffix in (".yaml", ".yml", ".xlsx") or (
        what in api.list_scenarios() and what not in api.list_cities()
    )


def _city(what: str) -> Sequence[Finding]:
    from twin import api
    from twin.api.cities import near

    bundled = [*api.list_cities(), *api.list_scenarios()]
    return (what not in bundled and near(what, bundled)) or api.check(what)[1]


def _scenario(what: str, city: str | None, variant: str | None) -> Sequence[Finding]:
    from twin import api

    try:
        scenario = api.read_scenario(what, variant)
    except InputError as error:
        return error.findings
    loaded, found = api.check(city or scenario.city)
    if loaded is None:
        return errors(found)
    return api.check_scenario(scenario, loaded)
