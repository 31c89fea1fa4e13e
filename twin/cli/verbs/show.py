"""`twin show`: a city, a scenario, a run or a component in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import names, screen, story
from twin.cli.settings import settings
from twin.cli.verbs.check import is_scenario
from twin.errors import InputError
from twin.text import N_, Message, _, language

if TYPE_CHECKING:
    from twin.api import City
    from twin.model.network import Ref

HELP = N_("Show a city, a scenario, a run, or one component of a city.")


def show(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CITY|SCENARIO|RUN",
            help=N_("A folder, a file or a bundled name."),
            autocompletion=names.everything,
        ),
    ],
    component: Annotated[
        str | None,
        typer.Argument(metavar="COMPONENT", help=N_("A component of the city, such as water/pump/P-1.")),
    ] = None,
) -> None:
    """Show what a name means."""
    from twin import api

    if (Path(what) / "run.json").is_file():
        _run(api.open_run(what))
    elif is_scenario(what):
        _scenario(what)
    elif component is None:
        _city(api.load_city(what))
    else:
        _components(api.load_city(what), component)


def _city(city: City) -> None:
    counts = [
        (layer, str(kind), int((table["kind"] == kind).sum()))
        for layer, network in city.layers.items()
        for table in network.components.values()
        for kind in sorted(set(table["kind"]))
    ]
    if settings().json:
        screen.data(
            {
                "name": city.name,
                "title": city.manifest.title,
                "assumed": city.manifest.assumed,
                "components": [{"lifeline": a, "kind": b, "count": c} for a, b, c in counts],
                "dependencies": len(city.dependencies),
                "agencies": list(city.agencies["id"]),
            }
        )
        return
    screen.say(f"{city.name}  {Message(city.manifest.title)}")
    screen.table(counts, (_("network"), _("kind"), _("count")), numbers=(2,))
    screen.say(_("dependencies: {count}", count=len(city.dependencies)))
    screen.say(_("agencies: {names}", names=", ".join(str(Message(ident)) for ident in city.agencies["id"])))
    for sentence in city.manifest.assumed:
        screen.say(_("assumed: {sentence}", sentence=Message(sentence)))


def _components(city: City, pattern: str) -> None:
    found = city.select(pattern)
    if not found:
        raise InputError(_("{city} has no component {name}", city=city.name, name=pattern))
    if settings().json:
        screen.data([_record(city, name) for name in found])
        return
    for name in found:
        screen.say(name)
        screen.table([(f"  {key}", value) for key, value in _record(city, name).items() if key != "id"], ())


def _record(city: City, name: str) -> dict[str, Any]:
    ref: Ref = city.refs[name]
    table = city.layers[ref.layer].tables[ref.table]
    values = {column: table[column][ref.row] for column in table.columns}
    record = {key: value for key, value in values.items() if key != "id" and value == value and value != ""}  # noqa: PLR0124 (NaN)
    needs = [row["supplier"] for row in city.dependencies.records() if row["consumer"] == name]
    feeds = [row["consumer"] for row in city.dependencies.records() if row["supplier"] == name]
    joined = {"needs": needs, "needed by": feeds}
    return {"id": name, **record, **{key: ", ".join(value) for key, value in joined.items() if value}}


def _scenario(what: str) -> None:
    from twin import api

    scenario = api.read_scenario(what)
    if settings().json:
        screen.data(scenario.model_dump(mode="json", by_alias=True, exclude_none=True))
        return
    screen.say(f"{scenario.title}  ({scenario.city}, {scenario.start})")
    screen.table(
        [(number, *_row(row)) for number, row in enumerate(scenario.script, start=1)],
        (_("row"), _("when"), _("what"), _("expected")),
        numbers=(0,),
    )


def _row(row: Any) -> tuple[object, object, object]:
    trigger = row.at or (row.when and row.when.text(language())) or _("missed: {name}", name=row.if_missed)
    said = row.do.text(language()) if row.do else "", str(Message(row.tell.text)) if row.tell else ""
    does = "; ".join(part for part in said if part)
    return trigger, does, "; ".join(_expected(row))


def _expected(row: Any) -> Iterator[str]:
    for asked in row.expect:
        what = Message(asked.what) if isinstance(asked.what, str) else asked.what.text(language())
        yield str(_("{who}: {what}", who=Message(asked.who), what=what))


def _run(run: Any) -> None:
    if settings().json:
        screen.data(run.summary)
        return
    summary = run.summary
    title = summary.get("scenario", {}).get("title", run.stored.request.get("title", ""))
    screen.say(f"{run.folder}: {title} ({_status(run.status)})")
    story.timeline(run.journal, summary)
    story.expectations(summary)


def _status(name: str) -> object:
    words = {
        "done": N_("done"),
        "interrupted": N_("interrupted"),
        "failed": N_("failed"),
        "killed": N_("killed"),
    }
    return Message(words.get(name, name))
