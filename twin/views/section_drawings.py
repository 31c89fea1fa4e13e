"""Sections on paper: one SVG each, with scales, the ground and every line at its true place and size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.io.files import write_text
from twin.model.city import City
from twin.text import Message, _
from twin.views import svg
from twin.views.names import Names, declared, sentence_case
from twin.views.scene.geometry import Floats
from twin.views.scene.overlay import INK, SOFT, SYNTHETIC, made_up, round_length
from twin.views.sections import CrossSection, Pipe, Profile

WIDTH, LEFT, RIGHT, TOP, ROW = 1080.0, 64.0, 24.0, 64.0, 17.0
LEAST_TALL, MOST_TALL = 90.0, 420.0
"""Height of the drawn ground, user units."""
GREY = "#8a8f94"
SLIM_M = 0.1
"""Size drawn where none is known, m."""
STYLE = (
    "text{font-family:'Noto Sans SC','Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;"
    f"font-size:12px;fill:{INK}}}"
    f".head{{font-size:17px}}.small{{font-size:11px;fill:{SOFT}}}.grid{{stroke:#e3dfd6;stroke-width:1}}"
    ".soil{fill:#efe9dc}.ground{fill:none;stroke:#8b7a57;stroke-width:1.8}"
    f".leader{{stroke:{SOFT};stroke-width:.7}}.made{{fill:#b3261e;font-size:13px}}"
)


@dataclass(frozen=True)
class Scale:
    """Metres to paper: offsets along, elevations up; `times` is how much taller than wide a metre is."""

    along_m: float
    low_m: float
    high_m: float

    @property
    def across(self) -> float:
        """User units of a metre along."""
        return (WIDTH - LEFT - RIGHT) / self.along_m

    @property
    def times(self) -> float:
        """Exaggeration of heights: 1 where the section is short enough, else 2, 5, 10 ..."""
        span = (self.high_m - self.low_m) * self.across
        return 1.0 if span >= LEAST_TALL else max(round_length(MOST_TALL / span), 1.0)

    @property
    def tall(self) -> float:
        """Height of the drawn ground."""
        return (self.high_m - self.low_m) * self.across * self.times

    def x(self, along: float) -> float:
        """Paper coordinate of an offset."""
        return LEFT + along * self.across

    def y(self, z: float) -> float:
        """Paper coordinate of an elevation."""
        return TOP + (self.high_m - z) * self.across * self.times


def draw_cross_section(city: City, section: CrossSection) -> str:
    """A cross-section as a whole SVG file."""
    half = max((_size(pipe.height_m) / 2 for pipe in section.pipes), default=0.0)
    z = [pipe.z_m for pipe in section.pipes]
    low = min(*z, float(section.ground_m.min())) - half - 0.5
    high = max(*z, float(section.ground_m.max())) + 0.8
    scale = Scale(float(section.along_m[-1]), low, high)
    names = Names(city)
    labels, bottom = _labels(scale, section.pipes, names)
    parts = [
        *_paper(scale),
        _soil(scale, section.along_m, section.ground_m),
        *labels,
        *(_pipe(scale, pipe) for pipe in section.pipes),
        *_scales(scale, bottom),
    ]
    title = _("Cross-section, {length} m", length=f"{section.along_m[-1]:.0f}")
    start, end = (f"E {x:.0f} N {y:.0f}" for x, y in (section.start, section.end))
    return _sheet(city, scale, title, f"{start} → {end}", parts, bottom + 34)


def _size(metres: float) -> float:
    return metres if math.isfinite(metres) else SLIM_M


def colour_of(layer: str) -> str:
    """The colour a layer's lines have."""
    found = declared(layer)
    return found.colour if found is not None else GREY


def _pipe(scale: Scale, pipe: Pipe) -> str:
    """A circle or a box in the true proportions of the drawing."""
    wide = max(_size(pipe.width_m) * scale.across, 4.0)
    tall = max(_size(pipe.height_m) * scale.across * scale.times, 4.0)
    x, y = scale.x(pipe.along_m), scale.y(pipe.z_m)
    look = {"fill": colour_of(pipe.layer), "stroke": INK, "stroke_width": 0.9}
    told = svg.title(pipe.label)
    if abs(pipe.width_m - pipe.height_m) > 0.001:
        return svg.tag("rect", told, x=x - wide / 2, y=y - tall / 2, width=wide, height=tall, **look)
    return svg.tag("ellipse", told, cx=x, cy=y, rx=wide / 2, ry=tall / 2, **look)


def _labels(scale: Scale, pipes: Sequence[Pipe], names: Names) -> tuple[list[str], float]:
    """A label below each pipe, on as many rows as they need, and where the last row ends."""
    top = TOP + scale.tall + 18
    ends: list[float] = []
    drawn = []
    for pipe in pipes:
        x = scale.x(pipe.along_m)
        name = sentence_case(names.layer(pipe.layer)) if declared(pipe.layer) else str(_("Other lines"))
        depth = _("{depth} m deep", depth=f"{pipe.ground_m - pipe.z_m:.1f}")
        lines = [name, pipe.label, str(depth)]
        wide = max(svg.width_of(line, 12) for line in lines) + 12
        left = min(max(x - wide / 2, LEFT - 30), WIDTH - RIGHT + 14 - wide)
        row = next((number for number, end in enumerate(ends) if left >= end), len(ends))
        ends[row : row + 1] = [left + wide]
        y = top + row * (3 * ROW + 8)
        foot = scale.y(pipe.z_m - _size(pipe.height_m) / 2)
        drawn.append(svg.tag("line", x1=x, x2=x, y1=foot, y2=y - 2, class_="leader"))
        drawn.append(svg.tag("rect", x=left, y=y, width=wide - 4, height=3 * ROW + 2, fill="#ffffff"))
        drawn.append(svg.tag("rect", x=left, y=y, width=wide - 4, height=3.0, fill=colour_of(pipe.layer)))
        for number, line in enumerate(lines):
            place = (left + wide / 2 - 2, y + 16 + number * 15)
            drawn.append(svg.text(*place, line, "small" if number else "", text_anchor="middle"))
    return drawn, top + len(ends) * (3 * ROW + 8)


def _paper(scale: Scale) -> list[str]:
    """Lines at round elevations, with their labels."""
    step = round_length(max((scale.high_m - scale.low_m) / 3, 0.1))
    first = math.ceil(scale.low_m / step)
    drawn = []
    for number in range(first, math.floor(scale.high_m / step) + 1):
        y = scale.y(number * step)
        drawn.append(svg.tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        drawn.append(svg.text(LEFT - 8, y + 4, f"{number * step:g} m", "small", text_anchor="end"))
    return drawn


def _soil(scale: Scale, along: Floats, ground: Floats) -> str:
    points = [(scale.x(float(s)), scale.y(float(z))) for s, z in zip(along, ground, strict=True)]
    line = "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    base = TOP + scale.tall
    body = f"M{points[0][0]:.1f},{base:.1f}L{line}L{points[-1][0]:.1f},{base:.1f}Z"
    return svg.tag("path", d=body, class_="soil") + svg.tag("path", d=f"M{line}", class_="ground")


def _scales(scale: Scale, bottom: float) -> list[str]:
    """Offsets along the lower edge."""
    step = round_length(scale.along_m / 6)
    drawn = [svg.tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=bottom + 6, y2=bottom + 6, stroke=INK)]
    for number in range(math.floor(scale.along_m / step + 1e-9) + 1):
        x = scale.x(number * step)
        drawn.append(svg.tag("line", x1=x, x2=x, y1=bottom + 6, y2=bottom + 11, stroke=INK))
        drawn.append(svg.text(x, bottom + 24, f"{number * step:g} m", "small", text_anchor="middle"))
    return drawn


def draw_profile(city: City, found: Profile) -> str:
    """A longitudinal section as a whole SVG file."""
    half = np.array([_size(reach.height_m) / 2 for reach in found.reaches])
    low = float(found.axis_m.min() - half.max()) - 0.5
    high = float(max(found.ground_m.max(), found.axis_m.max())) + 0.8
    scale = Scale(max(float(found.along_m[-1]), 1.0), low, high)
    base = TOP + scale.tall
    colour = colour_of(found.layer)
    parts = [*_paper(scale), _soil(scale, found.along_m, found.ground_m)]
    for reach in found.reaches:
        parts += _reach(scale, found, reach, colour)
    parts += _stops(scale, found, base)
    names = Names(city)
    layer = sentence_case(names.layer(found.layer)) if declared(found.layer) else str(_("Other lines"))
    title = _("{layer}: profile of {length} m", layer=layer, length=f"{scale.along_m:.0f}")
    under = f"{found.stops[0].name} → {found.stops[-1].name}"
    return _sheet(city, scale, title, under, [*parts, *_scales(scale, base + 66)], base + 100)


def _reach(scale: Scale, found: Profile, reach: object, colour: str) -> list[str]:
    from twin.views.sections import Reach

    assert isinstance(reach, Reach)
    inside = (found.along_m >= reach.start_m - 1e-6) & (found.along_m <= reach.end_m + 1e-6)
    s, z = found.along_m[inside], found.axis_m[inside]
    half = _size(reach.height_m) / 2
    upper = [(scale.x(float(a)), scale.y(float(b) + half)) for a, b in zip(s, z, strict=True)]
    lower = [(scale.x(float(a)), scale.y(float(b) - half)) for a, b in zip(s, z, strict=True)]
    outline = "L".join(f"{x:.1f},{y:.1f}" for x, y in [*upper, *lower[::-1]])
    told = _("{label}, fall {fall}", label=reach.label, fall=f"{reach.fall * 1000:.1f} ‰")
    drawn = [
        svg.tag(
            "path",
            svg.title(told),
            d=f"M{outline}Z",
            fill=colour,
            fill_opacity="0.75",
            stroke=INK,
            stroke_width=0.7,
        )
    ]
    room = (reach.end_m - reach.start_m) * scale.across
    x, y = scale.x((reach.start_m + reach.end_m) / 2), TOP + scale.tall + 44
    if svg.width_of(reach.label, 11) < room:
        drawn.append(svg.text(x, y, reach.label, "small", text_anchor="middle"))
        if svg.width_of("00.0 ‰", 11) < room:
            drawn.append(svg.text(x, y + 14, f"{reach.fall * 1000:.1f} ‰", "small", text_anchor="middle"))
    return drawn


def _stops(scale: Scale, found: Profile, base: float) -> list[str]:
    """A line down at each node; its name where there is room."""
    drawn, free = [], -math.inf
    for stop in found.stops:
        x = scale.x(stop.along_m)
        drawn.append(svg.tag("line", x1=x, x2=x, y1=scale.y(stop.ground_m), y2=base + 14, class_="leader"))
        wide = svg.width_of(stop.name, 11)
        if x - wide / 2 > free:
            drawn.append(svg.text(x, base + 27, stop.name, "small", text_anchor="middle"))
            free = x + wide / 2 + 6
    return drawn


def _sheet(city: City, scale: Scale, title: object, under: str, parts: Sequence[str], height: float) -> str:
    named = city.manifest.title or city.name
    times = _("heights ×{times}", times=f"{scale.times:g}")
    head = [
        svg.tag("style", STYLE),
        svg.tag("rect", width=WIDTH, height=height, fill="#ffffff"),
        svg.text(LEFT - 40, 28, title, "head"),
        svg.text(LEFT - 40, 47, f"{Message(named)} · {under} · {times}", "small"),
    ]
    if made_up(city.manifest):
        head.append(svg.text(WIDTH - RIGHT, 28, SYNTHETIC, "made", text_anchor="end"))
    return svg.figure(WIDTH, height, title, *head, *parts) + "\n"


def write_drawing(path: Path, drawing: str) -> None:
    """Save a drawing, whole or not at all."""
    write_text(path, drawing)
