"""`twin list`: bundled cities and scenarios, registered lifelines, runs made here."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen
from twin.cli.settings import settings
from twin.text import N_, Message, _

HELP = N_("List the bundled cities and scenarios, the lifelines, and the runs under 'runs'.")


class What(StrEnum):
    """What can be listed."""

    CITIES = "cities"
    SCENARIOS = "scenarios"
    LIFELINES = "lifelines"
    RUNS = "runs"


HEADINGS = {
    What.CITIES: N_("Cities"),
    What.SCENARIOS: N_("Scenarios"),
    What.LIFELINES: N_("Lifelines"),
    What.RUNS: N_("Runs"),
}


def list_(
    what: Annotated[
        What | None, typer.Argument(help=N_("What to list; everything where it is left out."))
    ] = None,
) -> None:
    """List names, each with what it is called."""
    chosen = list(What) if what is None else [what]
    found = {kind: _entries(kind) for kind in chosen}
    if settings().json:
        screen.data(
            {kind.value: [{"name": name, "title": title} for name, title in found[kind]] for kind in chosen}
        )
        return
    for kind in chosen:
        if len(chosen) > 1:
            screen.say(_("{heading}:", heading=Message(HEADINGS[kind])))
        screen.table([(f"  {name}", title) for name, title in found[kind]], ())


def _entries(kind: What) -> list[tuple[str, str]]:
    from twin import api

    if kind is What.CITIES:
        from twin.io.manifest import read_manifest

        return [
            (name, str(Message(read_manifest(api.city_folder(name)).title))) for name in api.list_cities()
        ]
    if kind is What.SCENARIOS:
        return [(name, _title(name)) for name in api.list_scenarios()]
    if kind is What.LIFELINES:
        from twin.lifelines.registry import declarations

        return [(name, str(Message(known.label))) for name, known in declarations().items()]
    return [(folder, _run_title(Path(folder))) for folder in names.runs("runs/") if not folder.endswith("/")]


def _title(name: str) -> str:
    from twin import api

    return str(api.read_scenario(name).title)


def _run_title(folder: Path) -> str:
    import json

    return str(json.loads((folder / "run.json").read_text(encoding="utf-8")).get("title", ""))
