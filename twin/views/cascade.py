"""The cascade as a drawing: causes on the left, what followed from them to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from twin.analysis.causes import Cause
from twin.analysis.kinds import Sort, sort_of
from twin.text import Message, _, plural
from twin.text.clock import elapsed
from twin.text.events import sentence
from twin.views import palette, svg
from twin.views.names import Names, sentence_case

WIDTH = 1080.0
GAP_X, GAP_Y, TEXT = 26.0, 10.0, 11.5
WIDEST, NARROWEST = 218.0, 134.0
LINES, LINE = 4, 14.5
MOST = 60
"""Boxes drawn; the rest is counted."""


@dataclass
class _Box:
    """One box of the drawing; `x` and `y` are its left top corner."""

    cause: Cause
    depth: int
    told: str
    lines: list[str]
    below: list[_Box] = field(default_factory=list)
    y: float = 0.0

    @property
    def height(self) -> float:
        """Height with its head line."""
        return 24.0 + LINE * len(self.lines)


def cascade_chart(causes: Sequence[Cause], name: Names) -> tuple[str, int]:
    """The drawing (empty where nothing happened) and how many boxes had to be left out."""
    kept, left_out = _kept(causes)
    if not kept:
        return "", left_out
    columns = 1 + max(depth for depth, __ in kept)
    step = min(WIDEST + GAP_X, (WIDTH + GAP_X) / columns)
    wide = max(step - GAP_X, NARROWEST)
    boxes = _boxes(kept, wide, name)
    bottom = 4.0
    for box in boxes:
        if box.depth == 0:
            bottom = _place(box, bottom) + GAP_Y
    parts = [*_edges(boxes, wide), *(_drawn(box, wide) for box in boxes)]
    width = columns * (wide + GAP_X) - GAP_X
    label = _("The cascade: causes on the left, effects to the right")
    return svg.figure(width + 4, bottom, label, *parts, class_="cascade", least=0.85), left_out


def _absorbed(root: Cause) -> Cause:
    """A tree whose effects on the same component at the same instant are taken into their cause."""
    built: dict[int, Cause] = {}
    for __, cause in reversed([*root.walk()]):
        effects: list[Cause] = []
        for effect in cause.effects:
            own = built[id(effect)]
            effects += own.effects if _one_blow(cause, effect) else (own,)
        built[id(cause)] = Cause(cause.events, tuple(effects))
    return built[id(root)]


def _one_blow(cause: Cause, effect: Cause) -> bool:
    one, other = cause.first, effect.first
    alone = len(cause.events) == 1 == len(effect.events)
    return alone and bool(one.component) and (one.component, one.t_s) == (other.component, other.t_s)


def _kept(causes: Sequence[Cause]) -> tuple[list[tuple[int, Cause]], int]:
    """The boxes to draw, depth first: those nearest to a root when there are too many."""
    every = [found for root in causes for found in _absorbed(root).walk()]
    if len(every) <= MOST:
        return every, 0
    ranks = sorted(range(len(every)), key=lambda at: (every[at][0], at))[:MOST]
    return [every[at] for at in sorted(ranks)], len(every) - MOST


def _boxes(kept: list[tuple[int, Cause]], wide: float, name: Names) -> list[_Box]:
    boxes: list[_Box] = []
    path: list[_Box] = []
    for depth, cause in kept:
        told = _told(cause, name)
        box = _Box(cause, depth, told, svg.wrapped(told, wide - 20, LINES, TEXT))
        del path[depth:]
        if path:
            path[-1].below.append(box)
        path.append(box)
        boxes.append(box)
    return boxes


def _told(cause: Cause, name: Names) -> str:
    """The sentence of a box: of its event, or of how many there are of its kind."""
    first = cause.first
    if len(cause.events) == 1:
        return sentence_case(sentence(first, name))
    return sentence_case(together(cause, name))


def together(cause: Cause, name: Names) -> Message:
    """Several events of a kind in one sentence."""
    first, count = cause.first, len({event.component for event in cause.events})
    if first.kind == "served":
        return plural(
            "{count} consumer is served again ({layer})",
            "{count} consumers are served again ({layer})",
            count,
            layer=name.layer(first.lifeline),
        )
    if first.kind == "unserved":
        return plural(
            "{count} consumer goes without service ({layer})",
            "{count} consumers go without service ({layer})",
            count,
            layer=name.layer(first.lifeline),
        )
    return _("{sentence} and {count} more alike", sentence=sentence(first, name), count=count - 1)


def _place(box: _Box, top: float) -> float:
    """Put a tree of boxes at `top`, each box level with its first effect; returns the bottom."""
    bottom = top
    ends: dict[int, float] = {}
    stack = [(box, top)]
    while stack:
        one, above = stack.pop()
        one.y = max([above, *(end for level, end in ends.items() if level >= one.depth)])
        ends[one.depth] = one.y + one.height + GAP_Y
        bottom = max(bottom, one.y + one.height)
        stack.extend((effect, one.y) for effect in reversed(one.below))
    return bottom


def _edges(boxes: list[_Box], wide: float) -> list[str]:
    edges = []
    for box in boxes:
        x = 2 + box.depth * (wide + GAP_X) + wide
        for other in box.below:
            y1, y2 = box.y + 17, other.y + 17
            middle = x + GAP_X / 2
            bend = f"C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} {x + GAP_X - 5:.1f},{y2:.1f}"
            head = f"M{x + GAP_X - 7:.1f},{y2 - 3.5:.1f}l6,3.5l-6,3.5"
            edges.append(svg.tag("path", d=f"M{x:.1f},{y1:.1f}{bend}", class_="edge"))
            edges.append(svg.tag("path", d=head, class_="edge"))
    return edges


def _drawn(box: _Box, wide: float) -> str:
    first, x = box.cause.first, 2 + box.depth * (wide + GAP_X)
    sort = sort_of(first.kind)
    sign, __ = palette.SORTS[sort]
    last = box.cause.events[-1]
    when = elapsed(first.t_s) + (f" – {elapsed(last.t_s)[2:]}" if last.t_s > first.t_s else "")
    layer = f"fill:var(--l-{first.lifeline})" if first.lifeline else "fill:var(--quiet)"
    parts = [
        svg.title("\n".join(line for line in (f"#{first.event}", first.component, box.told) if line)),
        svg.tag("rect", x=x, y=box.y, width=wide, height=box.height, rx=3, class_=f"box s-{sort}"),
        svg.tag("rect", x=x, y=box.y, width=4.0, height=box.height, rx=1.5, style=layer),
        svg.text(x + 12, box.y + 16, sign, f"sign s-{sort}"),
        svg.text(x + 27, box.y + 16, when, "when"),
        svg.text(x + wide - 7, box.y + 16, _count(box.cause), "when", text_anchor="end"),
    ]
    strong = " strong" if sort is Sort.INCIDENT else ""
    for number, line in enumerate(box.lines):
        parts.append(svg.text(x + 12, box.y + 32 + LINE * number, line, f"told{strong}"))
    return svg.tag("a", svg.tag("g", *parts), href=f"#e{first.event}")


def _count(cause: Cause) -> str:
    return f"#{cause.first.event}" if len(cause.events) == 1 else f"×{len(cause.events)}"
