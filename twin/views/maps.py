"""Maps of who is out and since when: one panel per layer, on the ground or as a schematic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.analysis.kinds import Sort, sort_of
from twin.analysis.service import Outage
from twin.model.city import FACILITY, ROAD, City
from twin.model.journal import Journal
from twin.model.network import Network, Ref
from twin.text import _
from twin.text.clock import duration, elapsed
from twin.views import palette, svg
from twin.views.layout import Places, places
from twin.views.names import Names, declared, sentence_case

Floats = NDArray[np.float64]
WIDTH, MARGIN = 520.0, 22.0
LOW, HIGH = 250.0, 430.0
"""Least and greatest height of a panel."""
MOST_LINKS, MOST_MARKS, MOST_LABELS = 12_000, 3_000, 14
CROWD = 150
"""Marks above which they are drawn small."""


@dataclass(frozen=True)
class Panel:
    """One drawn map and what to say beside it."""

    layer: str
    drawing: str
    schematic: bool
    out: int
    struck: int
    left_out: int


@dataclass
class _Canvas:
    """Paper under construction: turns places into paper coordinates."""

    box: tuple[float, float, float, float]
    end_s: float
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        west, south, east, north = self.box
        wide, tall = max(east - west, 1e-9), max(north - south, 1e-9)
        room = WIDTH - 2 * MARGIN
        self.height = min(max(room * tall / wide, LOW - 2 * MARGIN), HIGH - 2 * MARGIN) + 2 * MARGIN
        self.scale = min(room / wide, (self.height - 2 * MARGIN) / tall)
        self.left = (WIDTH - wide * self.scale) / 2
        self.bottom = (self.height + tall * self.scale) / 2

    def at(self, xy: Floats) -> tuple[float, float]:
        """Paper coordinates of one place."""
        x, y = float(xy[0]), float(xy[1])
        return self.left + (x - self.box[0]) * self.scale, self.bottom - (y - self.box[1]) * self.scale


def panels(
    city: City, journal: Journal, found: Sequence[Outage], end_s: float, name: Names
) -> tuple[Panel, ...]:
    """A panel for every layer that has consumers and places, in order of the city's layers."""
    placed = {
        layer: where for layer, network in city.layers.items() if (where := places(network)) is not None
    }
    common = _common_box([where for where in placed.values() if not where.schematic])
    shown = []
    for layer in (*city.networks, ROAD, FACILITY):
        if layer in placed:
            where = placed[layer]
            near = not where.schematic and common is not None
            canvas = _Canvas(common if near and common else where.box, end_s)
            if near and layer != ROAD and ROAD in placed and not placed[ROAD].schematic:
                _links(canvas, city.layers[ROAD], placed[ROAD], "road")
            shown.append(_panel(canvas, city, layer, where, journal, found, name))
    return tuple(shown)


def _common_box(found: Sequence[Places]) -> tuple[float, float, float, float] | None:
    """The box around all layers, None where they lie too far apart to share one map."""
    boxes = np.array([where.box for where in found if len(where.xy) > 1])
    if not len(boxes):
        return None
    (west, south), (east, north) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    spans = np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    if spans.max() < 0.25 * np.hypot(east - west, north - south):
        return None
    return west, south, east, north


def _panel(
    canvas: _Canvas,
    city: City,
    layer: str,
    where: Places,
    journal: Journal,
    found: Sequence[Outage],
    name: Names,
) -> Panel:
    network = city.layers[layer]
    own = [outage for outage in found if outage.lifeline == layer and outage.component in network.refs]
    if "links" in network.tables:
        _links(canvas, network, where, "net", layer)
    spots = _Spots(canvas, network, where)
    _sources(spots, layer, name)
    _idle_consumers(spots, layer, {outage.component for outage in own})
    drawn = _outages(spots, own, name)
    if layer == FACILITY:
        _labels(spots, own, name)
    struck = _damage(spots, journal, layer, {one.component for one in own}, name)
    label = _("{layer}: who is out and since when", layer=name.layer(layer))
    drawing = svg.figure(WIDTH, canvas.height, label, *canvas.parts, class_="map")
    out = len({one.component for one in own})
    return Panel(layer, drawing, where.schematic, out, struck, len(own) - drawn)


def _links(canvas: _Canvas, network: Network, where: Places, class_: str, layer: str = "") -> None:
    """All links of a layer as one path (of very large networks every n-th)."""
    start, end = network.ends
    step = -(-len(start) // MOST_LINKS) or 1
    path = []
    for one, other in zip(start[::step], end[::step], strict=True):
        (x1, y1), (x2, y2) = canvas.at(where.xy[one]), canvas.at(where.xy[other])
        path.append(f"M{x1:.0f},{y1:.0f}L{x2:.0f},{y2:.0f}")
    style = f"stroke:var(--l-{layer})" if layer else None
    canvas.parts.append(svg.tag("path", d="".join(path), class_=class_, style=style))


class _Spots:
    """Where the components of one layer stand on paper; devices of one node stand around it."""

    def __init__(self, canvas: _Canvas, network: Network, where: Places) -> None:
        self.canvas, self.network, self.where = canvas, network, where
        self._turn: dict[int, int] = {}
        if "devices" in network.tables:
            seen: dict[int, int] = {}
            for row, node in enumerate(network.device_nodes.tolist()):
                self._turn[row] = seen.get(node, 0)
                seen[node] = self._turn[row] + 1

    def __call__(self, ref: Ref) -> tuple[float, float]:
        """Paper coordinates of a component."""
        xy = self.where.xy
        if ref.table == "nodes":
            return self.canvas.at(xy[ref.row])
        if ref.table == "links":
            start, end = self.network.ends
            return self.canvas.at((xy[start[ref.row]] + xy[end[ref.row]]) / 2)
        x, y = self.canvas.at(xy[self.network.device_nodes[ref.row]])
        turn = self._turn[ref.row]
        angle = 2.4 * turn
        return x + 9.0 * np.cos(angle) * (turn > 0), y + 9.0 * np.sin(angle) * (turn > 0)


def _sources(spots: _Spots, layer: str, name: Names) -> None:
    """Sources and stores, as squares."""
    found = declared(layer)
    kinds = [] if found is None else [(kind, one) for kind, one in found.kinds.items()]
    for kind, one in kinds:
        if one.role not in ("source", "store") or one.table not in spots.network.tables:
            continue
        for row in spots.network.tables[one.table].of_kind(kind)[:MOST_MARKS].tolist():
            x, y = spots(Ref(layer, one.table, row))
            told = svg.title(sentence_case(name(str(spots.network.ids(one.table)[row]))))
            mark = {"x": x - 4.5, "y": y - 4.5, "width": 9.0, "height": 9.0, "class_": "source"}
            spots.canvas.parts.append(svg.tag("rect", told, **mark, style=f"stroke:var(--l-{layer})"))


def _idle_consumers(spots: _Spots, layer: str, out: set[str]) -> None:
    """Consumers that were never out, as small dots."""
    for component in _consumers(spots.network, layer):
        if component not in out:
            x, y = spots(spots.network.refs[component])
            style = f"fill:var(--l-{layer})"
            spots.canvas.parts.append(svg.tag("circle", cx=x, cy=y, r=2.2, class_="idle", style=style))


def _consumers(network: Network, layer: str) -> list[str]:
    found = declared(layer)
    if found is None:
        return [str(ident) for ident in network.ids("nodes")] if layer == FACILITY else []
    kinds = [kind for kind, one in found.kinds.items() if one.role == "consumer"]
    rows = network.tables[found.consumers].of_kind(*kinds)
    return [str(ident) for ident in network.ids(found.consumers)[rows][:MOST_MARKS]]


def _outages(spots: _Spots, own: Sequence[Outage], name: Names) -> int:
    """Marks of who was out: colour tells since when, size for how long. Returns how many are shown."""
    by_component: dict[str, list[Outage]] = {}
    for outage in own:
        by_component.setdefault(outage.component, []).append(outage)
    shown = list(by_component.items())[:MOST_MARKS]
    many = len(shown) > CROWD
    least, more = (2.0, 2.5) if many else (4.5, 5.0)
    end_s = max(spots.canvas.end_s, 1.0)
    for component, outages in shown:
        x, y = spots(spots.network.refs[component])
        spans = ";".join(f"{one.start_s:.0f}-{one.end_s:.0f}" for one in outages)
        mark = svg.tag(
            "circle",
            svg.title(f"{sentence_case(name(component))}: {_spans(outages)}"),
            cx=x,
            cy=y,
            r=least + more * min(1.0, sum(one.seconds for one in outages) / end_s) ** 0.5,
            class_="out many" if many else "out",
            data_out=spans,
            style=f"fill:var(--r-{palette.step(outages[0].start_s / end_s)})",
        )
        spots.canvas.parts.append(mark)
    return sum(len(outages) for __, outages in shown)


def _spans(outages: Iterable[Outage]) -> str:
    def told(one: Outage) -> str:
        until = _("the end") if one.lasts else elapsed(one.end_s)
        return f"{elapsed(one.start_s)} – {until} ({duration(one.seconds)})"

    return ", ".join(map(told, outages))


def _labels(spots: _Spots, own: Sequence[Outage], name: Names) -> None:
    """Names beside facilities, those that were out first."""
    out = {outage.component for outage in own}
    order = sorted(spots.network.refs, key=lambda component: (component not in out, component))
    for component in order[:MOST_LABELS]:
        x, y = spots(spots.network.refs[component])
        left = x > WIDTH * 0.62
        anchor, step = ("end", -13) if left else ("start", 13)
        label = svg.cut(sentence_case(name(component)), 190)
        spots.canvas.parts.append(svg.text(x + step, y + 4, label, "label", text_anchor=anchor))


def _damage(spots: _Spots, journal: Journal, layer: str, out: set[str], name: Names) -> int:
    """Where the incidents struck, and what stopped or tripped without being shown as out; how many places."""
    struck: dict[str, Sort] = {}
    for event in journal:
        if event.lifeline != layer or event.component not in spots.network.refs:
            continue
        if sort_of(event.kind) is Sort.INCIDENT:
            struck[event.component] = Sort.INCIDENT
        elif event.kind in ("lost", "trips", "empty") and event.component not in out:
            struck.setdefault(event.component, Sort.LOSS)
    for component, sort in list(struck.items())[:MOST_MARKS]:
        x, y = spots(spots.network.refs[component])
        told = svg.title(sentence_case(name(component)))
        if sort is Sort.INCIDENT:
            mark = f"M{x - 8:.1f},{y - 15:.1f}h16l-8,14z"
            spots.canvas.parts.append(svg.tag("path", told, d=mark, class_="struck"))
        else:
            mark = f"M{x - 5:.1f},{y - 5:.1f}l10,10m0,-10l-10,10"
            spots.canvas.parts.append(svg.tag("path", told, d=mark, class_="stopped"))
    return len(struck)
