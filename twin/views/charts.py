"""Service curves as step charts: what was wanted, what was given, and the gap between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.analysis.resilience import RECOVERED
from twin.analysis.service import Curve
from twin.text import _
from twin.text.events import share
from twin.views import measures, svg
from twin.views.axis import Axis, ticks, time_axis

Floats = NDArray[np.float64]
WIDTH, HEIGHT = 520.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 30.0, 26.0
MOST_STEPS = 1200
"""Steps drawn of one curve; of more, the lowest and highest of each column of pixels."""


@dataclass(frozen=True)
class _Frame:
    """The axes of a chart."""

    x: Axis
    y: Axis


def service_chart(curve: Curve, label: object) -> str:
    """The chart of one lifeline or zone."""
    size, unit = measures.scale(measures.service_dimension(curve.lifeline), float(curve.demand.max()))
    highs = ticks(float(max(curve.demand.max(), curve.served.max())) / size)
    x = Axis(0.0, curve.end_s, LEFT, WIDTH - RIGHT)
    frame = _Frame(x, Axis(0.0, highs[-1], HEIGHT - BOTTOM, TOP))
    demand, served = (
        _steps(curve.t_s, values / size, curve.end_s) for values in (curve.demand, curve.served)
    )
    described = _(
        "Service of {name}: lowest {share} of demand", name=label, share=share(float(curve.share.min()))
    )
    return svg.figure(
        WIDTH,
        HEIGHT,
        described,
        svg.title(described),
        _grid(frame, highs, unit),
        svg.tag("path", d=_area(frame, demand, served), class_="gap"),
        svg.tag("path", d=_line(frame, served) + _down(frame), class_="given", style=_fill(curve.lifeline)),
        svg.tag("path", d=_line(frame, served), class_="curve", style=_stroke(curve.lifeline)),
        svg.tag("path", d=_line(frame, demand), class_="demand"),
        class_="chart",
    )


def spark(curve: Curve) -> str:
    """A small chart of the share of demand met, for a line of a table."""
    frame = _Frame(Axis(0.0, curve.end_s, 1.0, 159.0), Axis(0.0, 1.0, 25.0, 3.0))
    steps = _steps(curve.t_s, curve.share, curve.end_s)
    level = frame.y(RECOVERED)
    return svg.figure(
        160,
        28,
        _("Share of demand met, lowest {share}", share=share(float(curve.share.min()))),
        svg.tag("line", x1=1.0, x2=159.0, y1=level, y2=level, class_="grid"),
        svg.tag("path", d=_line(frame, steps), class_="curve thin", style=_stroke(curve.lifeline)),
        class_="spark",
    )


def _stroke(layer: str) -> str:
    return f"stroke:var(--l-{layer})"


def _fill(layer: str) -> str:
    return f"fill:var(--l-{layer})"


def _grid(frame: _Frame, highs: list[float], unit: str) -> str:
    marks = [time_axis(frame.x, TOP, HEIGHT - BOTTOM)]
    for high in highs:
        y = frame.y(high)
        marks.append(svg.tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        marks.append(svg.text(LEFT - 7, y + 4, measures.rounded(high), "tick", text_anchor="end"))
    marks.append(svg.text(LEFT - 7, TOP - 13, unit or _("share"), "tick unit", text_anchor="end"))
    return "".join(marks)


def _steps(t_s: Floats, values: Floats, end_s: float) -> list[tuple[float, float]]:
    """The steps to draw, thinned, with the end of the last one."""
    keep = np.arange(len(t_s))
    if len(t_s) > MOST_STEPS:
        bins = (t_s / max(end_s, 1.0) * (MOST_STEPS // 2)).astype(int)
        order = np.lexsort((values, bins))
        first = np.flatnonzero(np.diff(bins[order], prepend=-1))
        last = np.append(first[1:] - 1, len(order) - 1)
        keep = np.unique(np.concatenate([order[first], order[last]]))
    pairs = list(zip(t_s[keep].tolist(), values[keep].tolist(), strict=True))
    return [*pairs, (end_s, pairs[-1][1])]


def _line(frame: _Frame, steps: list[tuple[float, float]]) -> str:
    points = [(frame.x(t_s), frame.y(value)) for t_s, value in steps]
    moves = "".join(f"H{svg.number(x)}V{svg.number(y)}" for x, y in points[1:])
    return f"M{svg.number(points[0][0])},{svg.number(points[0][1])}{moves}"


def _down(frame: _Frame) -> str:
    """Closes a step line along the bottom."""
    return f"V{svg.number(frame.y.start)}H{svg.number(frame.x.start)}Z"


def _area(frame: _Frame, upper: list[tuple[float, float]], lower: list[tuple[float, float]]) -> str:
    """The area between two step lines."""
    back = [(frame.x(t_s), frame.y(value)) for t_s, value in lower][::-1]
    path = _line(frame, upper) + f"V{svg.number(back[0][1])}"
    for (x, __), (___, y) in zip(back[1:], back[1:], strict=True):
        path += f"V{svg.number(y)}H{svg.number(x)}"
    return path + "Z"
