"""`twin view`: a city in two and three dimensions, in a window or as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli import names, screen, wait
from twin.cli.settings import settings
from twin.text import N_, _, plural

HELP = N_("See a city in two and three dimensions, in a window or as a picture.")


def view(
    city: names.CityName,
    plan: Annotated[bool, typer.Option("--plan", help=N_("From above, without perspective."))] = False,
    lifeline: Annotated[
        list[str] | None,
        typer.Option(
            "--lifeline", help=N_("Draw only this layer (repeatable)."), autocompletion=names.lifelines
        ),
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option("--clip", metavar="REGION|X0,Y0,X1,Y1", help=N_("Draw only this part, true to size.")),
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help=N_("Draw a part by lines too."))] = False,
    exaggerate: Annotated[
        float | None,
        typer.Option(
            "--exaggerate", help=N_("Multiply heights; 3 where lines are drawn, 1 where bodies are.")
        ),
    ] = None,
    size: Annotated[str, typer.Option("--size", help=N_("Width and height in pixels."))] = "1600x1000",
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help=N_("Name facilities and plants."))
    ] = True,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", help=N_("Write this picture instead of opening a window."))
    ] = None,
) -> None:
    """Open a window, or write a picture (which needs no display)."""
    from twin.api import load_city, views

    loaded = load_city(city)
    wished = views.wish(
        loaded, plan=plan, layers=lifeline or (), clip=clip, exaggerate=exaggerate, size=size, lines=lines,
        labels=labels,
    )  # fmt: skip
    if screenshot is None:
        views.show(loaded, wished)
        return
    with wait.working(_("Drawing {name}", name=city)):
        drawn = views.draw(loaded, wished, screenshot)
    if settings().json:
        screen.data(
            {
                "picture": str(screenshot),
                "lines": drawn.lines,
                "left_out": drawn.left_out,
                "renderer": drawn.renderer,
            }
        )
        return
    if drawn.left_out:
        screen.note(
            plural(
                "{count} link has no place and is not drawn",
                "{count} links have no place and are not drawn",
                drawn.left_out,
            )
        )
    screen.say(_("Picture: {path}", path=screenshot))
