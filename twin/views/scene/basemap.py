"""The ground as a quiet map: relief, water, parks and streets in one picture that lies on the terrain."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.model.city import City
from twin.views.scene.clip import Box
from twin.views.scene.geometry import Floats, Ground

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

LONGEST = 3600
"""Most pixels of the longer side."""
FINEST = 320
"""Cells of the longer side of the relief."""
LIGHT_FROM, LIGHT_HEIGHT = np.radians(315.0), np.radians(45.0)
"""Where the light of the relief comes from, as on printed maps: north-west, half high."""
STEEPEN = 4.0
"""How much steeper the relief is shaded than it is."""


@dataclass(frozen=True)
class Style:
    """How one kind of surface or street is painted; "" and 0 for not at all."""

    fill: str
    edge: str
    width_m: float
    order: int


@cache
def styles() -> Mapping[tuple[str, str], Style]:
    """Styles by layer and kind; kind `*` for any other."""
    with files("twin.views.scene").joinpath("styles.csv").open(encoding="utf-8") as table:
        return {
            (row["layer"], row["kind"]): Style(
                row["fill"], row["edge"], float(row["width_m"] or 0), int(row["order"])
            )
            for row in csv.DictReader(table)
        }


def style(layer: str, kind: str) -> Style:
    """The style of a kind."""
    return styles().get((layer, kind)) or styles()[layer, "*"]


@dataclass(frozen=True)
class Relief:
    """Elevations at the corners of a regular mesh over `box`, shape (rows, columns), row 0 in the south."""

    box: Box
    z: Floats

    @classmethod
    def of(cls, ground: Ground, box: Box) -> Relief:
        """The ground inside a box."""
        wide, tall = box[2] - box[0], box[3] - box[1]
        step = max(wide, tall) / FINEST
        flat = ground.city.terrain is None
        columns, rows = (2 if flat else max(int(side / step) + 1, 2) for side in (wide, tall))
        x, y = np.meshgrid(np.linspace(box[0], box[2], columns), np.linspace(box[1], box[3], rows))
        return cls(box, ground.at(x.ravel(), y.ravel()).reshape(rows, columns))

    def shade(self) -> Floats:
        """Brightness of the relief around 1, as of `z`: level ground has 1 (Horn 1981)."""
        rows, columns = self.z.shape
        dy = (self.box[3] - self.box[1]) / (rows - 1)
        dx = (self.box[2] - self.box[0]) / (columns - 1)
        south_north, west_east = np.gradient(self.z * STEEPEN, dy, dx)
        towards = -west_east * np.sin(LIGHT_FROM) - south_north * np.cos(LIGHT_FROM)
        light = np.sin(LIGHT_HEIGHT) + np.cos(LIGHT_HEIGHT) * towards
        light /= np.sqrt(1.0 + south_north**2 + west_east**2)
        shade = 1.0 + 0.45 * (light - np.sin(LIGHT_HEIGHT))
        return np.asarray(np.clip(shade, 0.72, 1.08), dtype=np.float64)


def painted(city: City, relief: Relief, longest: int = LONGEST) -> NDArray[np.uint8]:
    """The map over the relief's box: shape (height, width, 3), row 0 in the north."""
    from PIL import Image, ImageDraw

    paper = _Paper(relief.box, longest)
    image = Image.new("RGB", paper.size, styles()["ground", ""].fill)
    draw = ImageDraw.Draw(image)
    _surfaces(draw, paper, city)
    _streets(draw, paper, city)
    shade = Image.fromarray(np.asarray(relief.shade()[::-1] * 200.0, dtype=np.uint8))
    light = np.asarray(shade.resize(paper.size, Image.Resampling.BICUBIC)).astype(np.uint16)
    bright = np.asarray(image) * light[..., None] // 200
    return np.minimum(bright, 255).astype(np.uint8)


class _Paper:
    """Turns places into pixels."""

    def __init__(self, box: Box, longest: int) -> None:
        self.box = box
        self.scale = longest / max(box[2] - box[0], box[3] - box[1])
        wide, tall = (max(round(side * self.scale), 1) for side in (box[2] - box[0], box[3] - box[1]))
        self.size = (wide, tall)

    def __call__(self, xy: Floats) -> list[tuple[float, float]]:
        """Pixel coordinates of places (n, 2)."""
        x = (xy[:, 0] - self.box[0]) * self.scale
        y = (self.box[3] - xy[:, 1]) * self.scale
        return list(zip(x.tolist(), y.tolist(), strict=True))


def _surfaces(draw: ImageDraw, paper: _Paper, city: City) -> None:
    regions = city.regions
    known = [(style("region", str(kind)), row) for row, kind in enumerate(regions["kind"])]
    for look, row in sorted(known, key=lambda each: (each[0].order, each[1])):
        if not (look.fill or look.edge):
            continue
        for shape in _parts(str(regions["wkt"][row])):
            _surface(draw, paper, shape, look)


def _parts(wkt: str) -> Iterator[Any]:
    """The single polygons and lines of an outline."""
    import shapely

    shape = shapely.from_wkt(wkt, on_invalid="ignore") if wkt else None
    return iter(() if shape is None else shapely.get_parts(shape).tolist())


def _surface(draw: ImageDraw, paper: _Paper, shape: Any, look: Style) -> None:
    if shape.geom_type != "Polygon":
        shape = shape.buffer(look.width_m / 2 or 1.0)
    outer = paper(np.array(shape.exterior.coords)[:, :2])
    edge = max(round(paper.scale * 1.5), 2)
    if look.fill:
        draw.polygon(outer, fill=look.fill)
    draw.line(outer, fill=look.edge, width=edge)
    for hole in shape.interiors if look.fill else ():
        draw.polygon(paper(np.array(hole.coords)[:, :2]), fill=styles()["ground", ""].fill)


def _streets(draw: ImageDraw, paper: _Paper, city: City) -> None:
    """Streets with their kerbs, the wide ones last; ends are round so that corners close."""
    nodes, links = city.roads.tables["nodes"], city.roads.tables["links"]
    if not len(links):
        return
    start, end = city.roads.ends
    xy = np.column_stack([nodes["x"], nodes["y"]])
    places = paper(np.nan_to_num(xy, nan=-1e12))
    looks = [style("road", str(kind)) for kind in links["kind"]]
    order = sorted(range(len(links)), key=lambda row: (looks[row].order, row))
    kerb = max(paper.scale * 1.2, 1.5)
    for rim in (True, False):
        for row in order:
            look = looks[row]
            width = max(look.width_m * paper.scale, 2.0) + 2 * kerb * rim
            _stroke(draw, places[start[row]], places[end[row]], width, look.edge if rim else look.fill)


def _stroke(
    draw: ImageDraw, a: tuple[float, float], b: tuple[float, float], width: float, colour: str
) -> None:
    if min(*a, *b) < -1e9:
        return
    draw.line([a, b], fill=colour, width=max(round(width), 1))
    radius = width / 2
    for x, y in (a, b) if radius > 1 else ():
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
