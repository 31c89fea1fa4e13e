"""The scene itself: ground, streets, lifelines and facilities of a city in one PyVista plotter.

At the scale of a city, lines are lines of constant width and the ground lies as a tray just below the
deepest of them, so that it hides nothing. Of a clipped part, lines are bodies of their true size. Elevations
of lines are true in both, times the exaggeration.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.errors import InputError
from twin.model.city import FACILITY, OTHER, ROAD, City
from twin.text import Message, _
from twin.views import palette, svg
from twin.views.fonts import FONT
from twin.views.names import Names, declared, sentence_case
from twin.views.scene import basemap, meshes, overlay, rendering
from twin.views.scene.camera import beside, look_down, look_over, turned
from twin.views.scene.clip import Box, Clip, common, cut
from twin.views.scene.geometry import Bools, Floats, Ground, Ints, Lines, lines_of
from twin.views.scene.rendering import pyvista
from twin.views.scene.solids import SLIMMEST_M, swept, upright
from twin.views.scene.wish import Wish

GREY = "#8a8f94"
MAJOR = 0.85
"""Share of the lines by width above which they are drawn thick."""
THIN, THICK = 1.3, 2.5
"""Widths of lines at city scale, in units of the picture."""
QUIET: Mapping[str, Any] = {"lighting": False, "reset_camera": False, "render": False}
SHRINK = ((2_000, 1.0), (20_000, 0.7), (100_000, 0.6), (math.inf, 0.5))
"""Factor of line widths by the number of lines drawn (below the first figure)."""
PLANTS = ("source", "tank")
"""Symbols of what is shown by a pin."""
MOST_LABELS = 40
SHAFT_M = 0.7
"""Width of a manhole's shaft."""


@dataclass
class Layer:
    """What is switched on and off together: its drawn parts, and what they show.

    `rows` holds for each pickable actor the table and the rows that its cells show.
    """

    name: str
    label: str
    colour: str
    length_m: float = 0.0
    visible: bool = True
    actors: list[Any] = field(default_factory=list)
    rows: dict[int, tuple[str, Ints]] = field(default_factory=dict)

    def show(self, visible: bool) -> None:
        """Switch it on or off."""
        self.visible = visible
        for actor in self.actors:
            actor.SetVisibility(visible)


class Stage:
    """A city set up for drawing.

    Raises
    ------
    RenderingError
        Where nothing draws here.
    InputError
        Where nothing that is wished for has a place.
    """

    def __init__(self, city: City, wish: Wish, *, off_screen: bool = True, sharp: float = 1.0) -> None:
        pyvista().set_error_output_file(os.devnull)
        self.city, self.wish, self.sharp = city, wish, sharp
        self.renderer = rendering.prepare().renderer
        self.names, self.ground = Names(city), Ground.of(city)
        lines = {name: self._lines(network) for name, network in self._networks().items()}
        self.counts = {name: len(found) for name, found in lines.items() if len(found)}
        self.left_out = sum(found.left_out for found in lines.values())
        if not self.counts and not len(self._standing()):
            raise InputError(
                _("nothing of {city} that was asked for has a place to be drawn at", city=city.name)
            )
        wide, tall = wish.size
        self.plotter: Any = pyvista().Plotter(
            off_screen=off_screen, window_size=[round(wide * sharp), round(tall * sharp)], lighting="none"
        )
        self.plotter.set_background("#fbfaf7", top="#e3e8ec")
        self.layers: dict[str, Layer] = {}
        self._labels: list[tuple[Layer, Floats, list[str]]] = []
        self._furniture: list[Any] = []
        self.ready, self.drop = False, 0.0
        self._build(lines)
        self.ready = True

    # ---- what is shown

    @property
    def clip(self) -> Clip | None:
        """The part that is shown; None for all."""
        return self.wish.clip

    def _build(self, lines: Mapping[str, Lines]) -> None:
        self.box = self._box(list(lines.values()))
        self._light()
        self.solid = self.wish.solid
        self.drop = self._drop(list(lines.values()))
        self._ground()
        for name, found in lines.items():
            self._lifeline(name, found)
        self._facilities()
        self._glass()
        self.plan(self.wish.plan)

    def _networks(self) -> dict[str, Any]:
        known = {**self.city.networks, OTHER: self.city.other}
        wished = self.wish.layers
        return {name: known[name] for name in known if not wished or name in wished}

    def _lines(self, network: Any) -> Lines:
        found = lines_of(network, self.ground)
        return cut(found, self.clip) if self.clip is not None else found

    def _box(self, found: Sequence[Lines]) -> Box:
        clip = self.clip
        if clip is not None and clip.outline is None:
            return clip.box
        parts = [lines.xyz[:, :2] for lines in found if len(lines)]
        for each in (self.city.roads.tables["nodes"], self.city.facilities.tables["nodes"]):
            parts.append(np.column_stack([each["x"], each["y"]])[self._inside(each["x"], each["y"])])
        xy = np.vstack(parts)
        xy = xy[np.isfinite(xy).all(axis=1)]
        if not len(xy):
            return (0.0, 0.0, 1000.0, 1000.0)
        (west, south), (east, north) = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
        rim = max(0.04 * max(east - west, north - south), 20.0)
        box = (west - rim, south - rim, east + rim, north + rim)
        return box if clip is None else common(box, clip.box)

    def _drop(self, found: Sequence[Lines]) -> float:
        """How far the ground is let down below the lines, m (before exaggeration)."""
        deepest = 0.5
        for lines in found:
            if len(lines):
                below = self.ground.at(lines.xyz[:, 0], lines.xyz[:, 1]) - lines.xyz[:, 2]
                size = np.nan_to_num(lines.height_m[lines.owner()]) / 2 if self.solid else 0.0
                deepest = max(deepest, float(np.percentile(below + size, 99.5)))
        return deepest + (0.5 if self.solid else 1.0)

    def _light(self) -> None:
        for place, strength in (((-1.0, 0.6, 2.2), 0.75), ((1.5, -1.0, 1.0), 0.32), ((0.0, 0.0, 1.0), 0.18)):
            light = pyvista().Light(position=place, focal_point=(0, 0, 0), intensity=strength)
            light.positional = False
            self.plotter.add_light(light)

    # ---- the ground

    def _ground(self) -> None:
        relief = basemap.Relief.of(self.ground, self.box)
        rows, columns = relief.z.shape
        x, y = np.meshgrid(
            np.linspace(self.box[0], self.box[2], columns), np.linspace(self.box[1], self.box[3], rows)
        )
        z = self._raised(relief.z - self.drop)
        picture = pyvista().Texture(
            basemap.painted(self.city, relief, min(basemap.LONGEST, 3 * max(self.wish.size)))
        )
        picture.SetInterpolate(True)
        picture.SetMipmap(True)
        self.floor = float(z.min()) - 0.04 * max(self.box[2] - self.box[0], self.box[3] - self.box[1])
        rim = meshes.skirt(x, y, z, self.floor)
        layer = self._layer(ROAD, str(_("Ground and streets")), palette.ROAD.light)
        quiet: dict[str, Any] = {**QUIET, "pickable": False}
        layer.actors += [
            self.plotter.add_mesh(meshes.sheet(x, y, z), texture=picture, **quiet),
            self.plotter.add_mesh(rim, color="#cbc3b3", **quiet),
        ]
        self.top = float(z.max()) + self.drop * self.wish.exaggerate

    def _raised(self, z: Floats) -> Floats:
        return np.asarray(z * self.wish.exaggerate, dtype=np.float64)

    # ---- lines

    def _layer(self, name: str, label: str, colour: str) -> Layer:
        return self.layers.setdefault(name, Layer(name, label, colour))

    def _lifeline(self, name: str, lines: Lines) -> None:
        found = declared(name)
        label = str(_("Other lines")) if name == OTHER else sentence_case(self.names.layer(name))
        layer = self._layer(name, label, found.colour if found is not None else GREY)
        layer.length_m = float(lines.lengths().sum()) if len(lines) else 0.0
        if not len(lines):
            if name == OTHER:
                del self.layers[name]
            return
        if self.solid:
            self._bodies(layer, lines)
        else:
            self._strokes(layer, lines)
        if name != OTHER:
            self._plants(layer, name)

    def _strokes(self, layer: Layer, lines: Lines) -> None:
        known = lines.width_m[np.isfinite(lines.width_m)]
        limit = np.quantile(known, MAJOR) if len(known) else np.inf
        major = np.nan_to_num(lines.width_m) >= limit
        if major.mean() > 2 * (1 - MAJOR):
            major = np.nan_to_num(lines.width_m) > limit
        total = sum(self.counts.values())
        shrink = next(factor for most, factor in SHRINK if total < most)
        for chosen, width in ((~major, THIN), (major, THICK)):
            part = lines.take(chosen)
            if len(part):
                mesh = meshes.polylines(part, self.wish.exaggerate)
                self._add(
                    layer, mesh, "links", part.rows, line_width=width * shrink * self.sharp, lighting=False
                )

    def _bodies(self, layer: Layer, lines: Lines) -> None:
        body = swept(lines, self.wish.exaggerate, self._slimmest())
        self._add(layer, meshes.surface(body), "links", lines.rows[body.owner],
                  ambient=0.32, diffuse=0.85, specular=0.25, specular_power=18)  # fmt: skip
        self._joints(layer, lines)
        self._shafts(layer)

    def _slimmest(self) -> float:
        """Width below which a body could not be seen, m."""
        return max(SLIMMEST_M, max(self.box[2] - self.box[0], self.box[3] - self.box[1]) / 2000)

    def _joints(self, layer: Layer, lines: Lines) -> None:
        """Balls where pipes meet or bend, so that bends close."""
        pipes = lines.take(~lines.boxed)
        if not len(pipes):
            return
        size = np.maximum(np.nan_to_num(pipes.width_m), self._slimmest())[pipes.owner()]
        xyz = pipes.xyz * np.array([1, 1, self.wish.exaggerate])
        balls, cells = meshes.balls(xyz, size)
        rows = np.repeat(pipes.rows[pipes.owner()], cells)
        self._add(layer, balls, "links", rows, ambient=0.32, diffuse=0.85, smooth_shading=True)

    def _shafts(self, layer: Layer) -> None:
        """Shafts from the ground down to the depth of wells and chambers."""
        network = self.city.networks.get(layer.name)
        if network is None or "depth_m" not in network.tables["nodes"]:
            return
        nodes = network.tables["nodes"]
        deep = np.isfinite(nodes["depth_m"]) & (nodes["depth_m"] > 0.3) & self._inside(nodes["x"], nodes["y"])
        deep &= self._is_well(layer.name, nodes)
        rows = np.flatnonzero(deep)
        if not len(rows):
            return
        xy = np.column_stack([nodes["x"], nodes["y"]])[rows]
        top = self.ground.of_nodes(nodes)[rows]
        width = np.full(len(rows), SHAFT_M)
        body = swept(upright(layer.name, xy, top, top - nodes["depth_m"][rows], width), self.wish.exaggerate)
        self._add(
            layer, meshes.surface(body), "nodes", rows[body.owner], ambient=0.45, diffuse=0.7, opacity=0.45
        )

    def _is_well(self, name: str, nodes: Any) -> Bools:
        """Points that the census says are wells; where it says nothing, those of gravity drains."""
        found = declared(name)
        census = found.census if found is not None else None
        if census is not None and "term" in nodes and any(nodes["term"]):
            wells = [term.term for term in census.terms if term.well]
            return np.isin(nodes["term"].astype(str), wells)
        return np.asarray(nodes["kind"].astype(str) == "manhole")

    def _inside(self, x: Floats, y: Floats) -> Bools:
        return self.clip.holds(x, y) if self.clip is not None else np.isfinite(x) & np.isfinite(y)

    def _add(self, layer: Layer, mesh: Any, table: str, rows: Ints, **look: Any) -> None:
        actor = self.plotter.add_mesh(mesh, color=layer.colour, reset_camera=False, render=False, **look)
        layer.actors.append(actor)
        layer.rows[id(actor)] = (table, rows)

    # ---- points

    def _plants(self, layer: Layer, name: str) -> None:
        """Sources and stores of a lifeline as pins; devices stand at their nodes."""
        found, network = declared(name), self.city.networks[name]
        for table in ("nodes", "devices"):
            if found is None or table not in network.tables:
                continue
            kinds = [kind for kind, one in found.kinds.items() if one.table == table and one.symbol in PLANTS]
            rows = network.tables[table].of_kind(*kinds)
            nodes = np.asarray(rows if table == "nodes" else network.device_nodes[rows], dtype=np.int64)
            x, y = (network.tables["nodes"][axis][nodes] for axis in ("x", "y"))
            inside = self._inside(x, y)
            if inside.any():
                called = network.tables[table]["name"][rows] if "name" in network.tables[table] else None
                names = [""] * len(rows) if called is None else called.tolist()
                self._pins(layer, network.tables["nodes"], nodes[inside], layer.colour,
                           [name for name, here in zip(names, inside, strict=True) if here])  # fmt: skip

    def _standing(self) -> Ints:
        """Rows of the facilities that are shown."""
        if self.wish.layers and FACILITY not in self.wish.layers:
            return np.empty(0, dtype=np.int64)
        nodes = self.city.facilities.tables["nodes"]
        return np.flatnonzero(self._inside(nodes["x"], nodes["y"]))

    def _facilities(self) -> None:
        nodes, inside = self.city.facilities.tables["nodes"], self._standing()
        if not len(inside):
            return
        layer = self._layer(FACILITY, sentence_case(self.names.layer(FACILITY)), palette.FACILITY.light)
        rows = inside[np.argsort(-nodes["people"][inside], kind="stable")]
        self._pins(layer, nodes, rows, palette.FACILITY.light, nodes["name"][rows].tolist())

    def _pins(self, layer: Layer, nodes: Any, rows: Ints, colour: str, names: Sequence[str]) -> None:
        xy = np.column_stack([nodes["x"], nodes["y"]])[rows]
        foot = self._raised(self.ground.of_nodes(nodes)[rows] - self.drop)
        reach = 0.012 * max(self.box[2] - self.box[0], self.box[3] - self.box[1])
        points = np.column_stack([xy, foot + reach + self._raised(np.full(len(rows), self.drop))])
        ends = np.empty((2 * len(rows), 3))
        ends[0::2], ends[1::2] = np.column_stack([xy, foot]), points
        stems = pyvista().line_segments_from_points(ends)
        layer.actors.append(
            self.plotter.add_mesh(stems, color=overlay.INK, line_width=self.sharp, pickable=False, **QUIET)
        )
        dots = self.plotter.add_points(
            points,
            color=colour,
            point_size=11 * self.sharp,
            style="points",
            render_points_as_spheres=True,
            **QUIET,
        )
        layer.actors.append(dots)
        layer.rows[id(dots)] = ("nodes", rows)
        if self.wish.labels:
            called = [str(Message(name)) if name else "" for name in names]
            named = [place for place, name in enumerate(called) if name][:MOST_LABELS]
            self._labels.append((layer, points[named], [called[place] for place in named]))

    def _lettering(self) -> None:
        """Names beside their pins, as the camera stands now."""
        for layer, points, labels in self._labels:
            if not labels:
                continue
            actor = self.plotter.add_point_labels(
                beside(self.plotter, points, 9 * self.sharp, -8 * self.sharp), labels, font_file=str(FONT),
                font_size=round(12 * self.sharp), text_color=overlay.INK, shape="rounded_rect",
                shape_color=overlay.PAPER, shape_opacity=0.78, margin=round(2 * self.sharp),
                show_points=False, always_visible=True, pickable=False, reset_camera=False, render=False,
                justification_horizontal="left", justification_vertical="bottom",
            )  # fmt: skip
            actor.SetVisibility(layer.visible)
            self._furniture.append(actor)

    # ---- the glass and the camera

    def _glass(self) -> None:
        self.glass = overlay.Glass(self.plotter, self.sharp)
        manifest = self.city.manifest
        shown = [layer for layer in self.layers.values() if layer.name != ROAD]
        entries = [overlay.Entry(each.label, each.colour, _length(each.length_m)) for each in shown]
        title = str(Message(manifest.title)) if manifest.title else manifest.name
        subtitle = self.clip.name if self.clip is not None and self.clip.name else ""
        if title != manifest.name:
            subtitle = " · ".join(each for each in (manifest.name, manifest.version, subtitle) if each)
        places = overlay.legend(self.glass, svg.cut(title, 330, 15), subtitle, entries)
        self.swatches = {layer.name: place for layer, place in zip(shown, places, strict=True)}
        if overlay.made_up(manifest):
            overlay.watermark(self.glass)

    def plan(self, flat: bool) -> None:
        """Look straight down without perspective, or over the city with it."""
        self.flat = flat
        corners = overlay.corners(self.box, (self.floor if not flat else self.top, self.top))
        (look_down if flat else look_over)(self.plotter, corners, self.wish.turn, self.wish.tilt)
        self.furnish()

    def switch(self, name: str, visible: bool) -> None:
        """Show or hide a layer."""
        self.layers[name].show(visible)
        self.furnish()

    def furnish(self) -> None:
        """Draw what depends on the camera: north arrow, scale bar (or the exaggeration), names."""
        for actor in self._furniture:
            self.plotter.remove_actor(actor, reset_camera=False, render=False)
        self._furniture = overlay.north_arrow(self.glass, turned(self.plotter))
        if self.flat:
            tall = self.plotter.window_size[1] / self.sharp
            metres = 2 * self.plotter.camera.parallel_scale / tall
            self._furniture += overlay.scale_bar(self.glass, metres)
        else:
            told = _("heights ×{times}", times=f"{self.wish.exaggerate:g}")
            self._furniture += overlay.note(self.glass, told)
        self._lettering()
        if self.ready:
            self.plotter.render()


def _length(metres: float) -> str:
    if not metres:
        return ""
    return f"{metres / 1000:,.0f} km" if metres >= 10_000 else f"{metres / 1000:.1f} km"
