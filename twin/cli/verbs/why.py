"""`twin why`: the chain of causes of what happened to a component."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from twin.cli import names, screen, story, times
from twin.cli.settings import settings
from twin.errors import DatasetError, InputError
from twin.text import N_, _

HELP = N_("Say why something happened to a component, back to the incident.")


def why(
    run: names.RunFolder,
    component: Annotated[
        str, typer.Argument(metavar="COMPONENT", help=N_("Its id, such as water/pump/P-1."))
    ],
    at: names.At = None,
) -> None:
    """Show the chain of causes of a component's condition."""
    from twin import api

    opened = api.open_run(run)
    chain = opened.why(component, None if at is None else times.seconds(at))
    if settings().json:
        screen.data([event._asdict() for event in chain])
    elif chain:
        story.causes(chain, opened.summary)
    if not chain:
        _check_known(opened, component)
        screen.say(_("Nothing happened to {component}.", component=component))


def _check_known(run: Any, component: str) -> None:
    """Refuse a component that the city does not have, where the city is still there to ask."""
    import difflib

    try:
        city = run.city
    except DatasetError:
        return
    if city.select(component):
        return
    near = difflib.get_close_matches(component, city.refs, 1)
    if near:
        raise InputError(
            _(
                "{city} has no component {name}; did you mean {near}?",
                city=city.name,
                name=component,
                near=near[0],
            )
        )
    raise InputError(_("{city} has no component {name}", city=city.name, name=component))
