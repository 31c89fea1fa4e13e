"""What stands on the glass in front of a scene: title, legend, scale bar, north arrow, the word SYNTHETIC.

Everything is placed in pixels from a corner or edge of the window, so that it stays there when the window
changes. All text is in the bundled font.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.model.city import Manifest
from twin.views import svg
from twin.views.fonts import FONT
from twin.views.scene.geometry import Floats
from twin.views.scene.rendering import pyvista

INK, SOFT, PAPER = "#2b2f33", "#6b7076", "#fcfbf8"
_FONT_FILE = 4
"""VTK_FONT_FILE: the text property's font is a file."""
Corner = tuple[float, float]
"""Share of the window's width and height that offsets count from: (0, 0) is its lower left."""


@dataclass(frozen=True)
class Entry:
    """One line of a legend."""

    label: str
    colour: str
    value: str = ""


@dataclass
class Glass:
    """Draws on a plotter's window; `scale` is the number of pixels of a unit."""

    plotter: Any
    scale: float = 1.0

    def text(
        self,
        corner: Corner,
        x: float,
        y: float,
        content: object,
        size: float = 13.0,
        colour: str = INK,
        *,
        align: str = "left",
        turn: float = 0.0,
        opacity: float = 1.0,
    ) -> Any:
        """A line of text whose baseline begins (ends, is centred) at an offset from a corner."""
        actor = pyvista().Text()
        actor.input = str(content)
        actor.SetTextScaleModeToNone()
        style = actor.GetTextProperty()
        style.SetFontFamily(_FONT_FILE)
        style.SetFontFile(str(FONT))
        style.SetFontSize(round(size * self.scale))
        style.SetColor(pyvista().Color(colour).float_rgb)
        style.SetOpacity(opacity)
        style.SetOrientation(turn)
        getattr(style, {"left": "SetJustificationToLeft", "right": "SetJustificationToRight"}.get(
            align, "SetJustificationToCentered"))()  # fmt: skip
        style.SetVerticalJustificationToCentered() if turn else style.SetVerticalJustificationToBottom()
        self._place(actor, corner, x, y)
        return actor

    def _place(self, actor: Any, corner: Corner, x: float, y: float) -> None:
        from vtkmodules.vtkRenderingCore import vtkCoordinate

        base = vtkCoordinate()
        base.SetCoordinateSystemToNormalizedViewport()
        base.SetValue(*corner, 0.0)
        place = actor.GetPositionCoordinate()
        place.SetCoordinateSystemToViewport()
        place.SetReferenceCoordinate(base)
        place.SetValue(x * self.scale, y * self.scale, 0.0)
        self.plotter.add_actor(actor, reset_camera=False, pickable=False, render=False)

    def polygon(
        self, corner: Corner, places: Sequence[tuple[float, float]], colour: str, opacity: float = 1.0
    ) -> Any:
        """A filled convex shape."""
        from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D

        points = np.column_stack([np.array(places) * self.scale, np.zeros(len(places))])
        mapper, actor = vtkPolyDataMapper2D(), vtkActor2D()
        mapper.SetInputData(pyvista().PolyData(points, faces=[len(points), *range(len(points))]))
        actor.SetMapper(mapper)
        actor.GetProperty().SetColor(pyvista().Color(colour).float_rgb)
        actor.GetProperty().SetOpacity(opacity)
        self._place(actor, corner, 0.0, 0.0)
        return actor

    def box(
        self, corner: Corner, x: float, y: float, wide: float, tall: float, colour: str, opacity: float = 1.0
    ) -> Any:
        """A filled rectangle with its lower left corner at (x, y)."""
        return self.polygon(
            corner, [(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)], colour, opacity
        )


ROW, PAD = 21.0, 12.0


def legend(glass: Glass, title: str, subtitle: str, entries: Sequence[Entry]) -> list[tuple[float, float]]:
    """The panel at the lower left: what colours mean. Returns where the swatch of each entry is."""
    wide = 2 * PAD + max(
        svg.width_of(title, 15),
        svg.width_of(subtitle, 11),
        *(46 + svg.width_of(entry.label, 13) + svg.width_of(entry.value, 11) + 14 for entry in entries),
        150.0,
    )
    head = 46.0 if subtitle else 30.0
    tall = head + ROW * len(entries) + PAD
    corner = (0.0, 0.0)
    glass.box(corner, 16, 16, wide, tall, PAPER, 0.9)
    left, top = 16 + PAD, 16 + tall
    glass.text(corner, left, top - 26, title, 15)
    if subtitle:
        glass.text(corner, left, top - 42, subtitle, 11, SOFT)
    places = []
    for number, entry in enumerate(entries):
        y = top - head - ROW * (number + 1)
        glass.box(corner, left, y + 6, 24, 5, entry.colour)
        glass.text(corner, left + 34, y + 1, entry.label, 13)
        glass.text(corner, 16 + wide - PAD, y + 2, entry.value, 11, SOFT, align="right")
        places.append((left, y))
    return places


def north_arrow(glass: Glass, turn: float) -> list[Any]:
    """An arrow to the north at the upper right, turned by `turn` degrees clockwise."""
    corner, middle = (1.0, 1.0), np.array([-44.0, -52.0])
    angle = -np.radians(turn)
    rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    def place(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [tuple(middle + rotate @ np.array(point)) for point in points]

    letter = place((0.0, 31.0))[0]
    return [
        glass.polygon(corner, place((0, 22), (-9, -14), (0, -7)), INK),
        glass.polygon(corner, place((0, 22), (0, -7), (9, -14)), "#8d9297"),
        glass.text(corner, letter[0], letter[1] - 8, "N", 14, align="centre"),
    ]


def scale_bar(glass: Glass, metres_a_unit: float) -> list[Any]:
    """A bar of a round length at the lower right, for a plan."""
    length = round_length(metres_a_unit * 180.0)
    wide = length / metres_a_unit
    corner, right, y = (1.0, 0.0), -28.0, 28.0
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    return [
        glass.box(corner, right - wide - PAD, y - 10, wide + 2 * PAD, 36, PAPER, 0.9),
        glass.box(corner, right - wide, y, wide, 5, INK),
        glass.box(corner, right - wide / 2, y + 1, wide / 2 - 1, 3, PAPER),
        glass.text(corner, right - wide / 2, y + 7, label, 12, align="centre"),
    ]


def round_length(most: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(part for part in (1, 2, 5) if part * power <= most) * power)


def note(glass: Glass, content: object) -> list[Any]:
    """A remark at the lower right."""
    wide = svg.width_of(content, 12) + 2 * PAD
    return [
        glass.box((1.0, 0.0), -16 - wide, 16, wide, 28, PAPER, 0.9),
        glass.text((1.0, 0.0), -16 - PAD, 23, content, 12, SOFT, align="right"),
    ]


SYNTHETIC = "SYNTHETIC 合成数据"


def made_up(manifest: Manifest) -> bool:
    """Whether a city says that it is synthetic, by its manifest's flag or by its title."""
    return manifest.synthetic or "SYNTHETIC" in manifest.title.upper()


def watermark(glass: Glass) -> list[Any]:
    """What stands over every picture of a city that is made up."""
    wide = svg.width_of(SYNTHETIC, 13) + 2 * PAD
    return [
        glass.text((0.5, 0.5), 0, 0, SYNTHETIC, 64, INK, align="centre", turn=24, opacity=0.09),
        glass.box((0.5, 1.0), -wide / 2, -42, wide, 26, PAPER, 0.9),
        glass.text((0.5, 1.0), 0, -36, SYNTHETIC, 13, "#b3261e", align="centre"),
    ]


def corners(box: tuple[float, float, float, float], z: tuple[float, float]) -> Floats:
    """The eight corners of a block, shape (8, 3)."""
    x, y, height = np.meshgrid((box[0], box[2]), (box[1], box[3]), z, indexing="ij")
    return np.column_stack([x.ravel(), y.ravel(), height.ravel()])
