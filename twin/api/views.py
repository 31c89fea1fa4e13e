"""Cities as one sees them: the scene in a window or as a picture, sections through the ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from twin.api.cities import load_city
from twin.errors import InputError
from twin.model import city as model
from twin.model.city import FACILITY, OTHER
from twin.text import _

if TYPE_CHECKING:
    from twin.views.scene.picture import Drawn
    from twin.views.scene.wish import Wish

STEEPER = 3.0
"""Exaggeration of heights where lines are drawn as lines and none is asked for."""


def wish(
    city: model.City,
    *,
    plan: bool = False,
    layers: Sequence[str] = (),
    clip: str | None = None,
    exaggerate: float | None = None,
    size: str = "1600x1000",
    lines: bool = False,
    labels: bool = True,
) -> Wish:
    """What to draw of a city.

    Raises
    ------
    InputError
        Where a layer or region does not exist, or a number is out of bounds.
    """
    from twin.views.scene.clip import clip_of
    from twin.views.scene.wish import Wish, size_of

    known = (*city.networks, OTHER, FACILITY)
    if strangers := [layer for layer in layers if layer not in known]:
        raise InputError(
            _(
                "{city} has no layer {name}; it has {known}",
                city=city.name,
                name=strangers[0],
                known=", ".join(known),
            )
        )
    if exaggerate is not None and not 0 < exaggerate <= 100:
        raise InputError(_("heights can be exaggerated 0 to 100 times, not {times}", times=exaggerate))
    part = clip_of(city, clip) if clip else None
    wished = Wish(plan, tuple(layers), part, 1.0, size_of(size), lines, labels)
    return replace(wished, exaggerate=exaggerate or (1.0 if wished.solid else STEEPER))


def draw(city: str | Path | model.City, wished: Wish, picture: Path) -> Drawn:
    """Draw a city into a file, without a display; RenderingError where that is not possible here."""
    from twin.views.scene.picture import write_picture

    return write_picture(load_city(city), wished, picture)


def show(city: str | Path | model.City, wished: Wish) -> None:
    """Open a window on a city; RenderingError where there is no display."""
    from twin.views.scene.window import show as open_window

    open_window(load_city(city), wished)


def section(
    city: str | Path | model.City, drawing: Path, *, line: str | None = None, along: str | None = None
) -> dict[str, object]:
    """Draw a cross-section (`line`: x0,y0,x1,y1) or a profile (`along`: A..B) as SVG; what it shows.

    Raises
    ------
    InputError
        Where neither or both are given, or they lead nowhere.
    """
    from twin.views import section_drawings, sections
    from twin.views.scene.clip import box_of

    if (line is None) == (along is None):
        raise InputError(_("a section goes through a line (--line) or along links (--along)"))
    if drawing.suffix.lower() != ".svg":
        raise InputError(_("{path}: sections are drawn as .svg", path=drawing))
    loaded = load_city(city)
    if line is not None:
        x0, y0, x1, y1 = box_of(line, area=False)
        across = sections.cross_section(loaded, (x0, y0), (x1, y1))
        section_drawings.write_drawing(drawing, section_drawings.draw_cross_section(loaded, across))
        return {"drawing": str(drawing), "length_m": float(across.along_m[-1]), "lines": len(across.pipes)}
    found = sections.profile(loaded, along or "")
    section_drawings.write_drawing(drawing, section_drawings.draw_profile(loaded, found))
    return {"drawing": str(drawing), "length_m": float(found.along_m[-1]), "lines": len(found.reaches)}
