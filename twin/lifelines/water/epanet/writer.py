"""From a network, at a state and an instant, to an EPANET file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DatasetError
from twin.io.files import write_text
from twin.lifelines.water.epanet.lines import SECTIONS
from twin.lifelines.water.epanet.writing import control_rows, number, rule_lines
from twin.lifelines.water.options import WaterOptions, read_options
from twin.lifelines.water.present import LEAK_DISCHARGE, Present, initial_state, present
from twin.lifelines.water.units import CURVE_UNITS, setting_size
from twin.model.finding import Finding, Severity
from twin.model.network import Network
from twin.model.state import State
from twin.text import _

Array = NDArray[Any]
Row = tuple[object, ...]
LAWS = {"HW": "H-W", "DW": "D-W", "CM": "C-M"}
GRAVITY_MS2 = 32.2 * 0.3048
LONGEST_ID = 31
PRESSURE_RANGE = 0.1
"""Distance of minimum and required pressure that EPANET asks for, in psi or m."""
DAY_S = 86_400.0


@dataclass(frozen=True)
class Export:
    """An EPANET file and how its ids belong to the rows of the network.

    `nodes` and `links` are the ids in the file, in row order: those of the network where EPANET can take
    them (at most 31 bytes, no blank, quote, semicolon or bracket), else `N<row>` and `L<row>`.
    """

    text: str
    nodes: tuple[str, ...]
    links: tuple[str, ...]


def export_inp(
    network: Network,
    state: State | None = None,
    *,
    t_s: float = 0.0,
    clock_s: float = 0.0,
    options: WaterOptions | None = None,
    operated: bool = True,
    extras: bool = True,
) -> Export:
    """The network as EPANET sees it at `state`.

    Parameters
    ----------
    state
        Levels, statuses, settings, demand factors, leaks and what is out of service; None: undisturbed.
    t_s
        Seconds since the data set's time zero: patterns and times are moved so that the file starts there.
    clock_s
        Time of day at the data set's time zero (the manifest's `clock_s`).
    options
        Instead of the network's own, such as another demand model.
    operated
        With controls, rules and pump patterns; without them the file holds the state as it is.
    extras
        With everything that was kept from an imported file (quality, energy, report, solver options).

    Raises
    ------
    DatasetError
        Where EPANET has no way to say it: leaks beside emitters whose exponent is not 0.5.
    """
    options = options or read_options(network)
    now = present(network, state or initial_state(network))
    writer = _Writer(network, now, options, operated)
    if now.leak_area_m2.any():
        writer.options = options = _with_leaks(network, options)
    sections = writer.sections() | {
        "OPTIONS": writer.option_rows(),
        "TIMES": _time_rows(options, t_s, clock_s),
    }
    if operated:
        names = (writer.node_ids, writer.link_ids)
        sections |= {
            "CONTROLS": control_rows(network, options, names, t_s),
            "RULES": rule_lines(network, options, names, t_s),
        }
    return Export(_text(network, sections, extras=extras), writer.nodes, writer.links)


def write_inp(network: Network, path: Path | str, state: State | None = None, **wishes: Any) -> Export:
    """Write `export_inp(network, state, **wishes)` to a file, whole or not at all."""
    export = export_inp(network, state, **wishes)
    write_text(Path(path), export.text)
    return export


def _with_leaks(network: Network, options: WaterOptions) -> WaterOptions:
    """Options under which emitters can stand for leaks: exponent 0.5, no backflow without real emitters."""
    if not np.nansum(network.tables["nodes"]["emitter_coefficient"]):
        return replace(options, emitter_exponent=0.5, emitter_backflow=False)
    if options.emitter_exponent == 0.5:
        return options
    problem = _("has leaks beside emitters with the exponent {e}", e=options.emitter_exponent)
    remedy = _("EPANET has one exponent for both: repair the leaks or remove the emitters")
    finding = Finding("epanet.leak", Severity.ERROR, "water", problem, remedy)
    raise DatasetError(_("the network can't be written for EPANET"), (finding,))


class _Writer:
    """The rows of each section."""

    def __init__(self, network: Network, now: Present, options: WaterOptions, operated: bool) -> None:
        self.network = network
        self.now = now
        self.options = options
        self.units = options.file_units
        self.operated = operated
        self.nodes, self.links = fitting_ids(network)
        self.node_ids = dict(zip(network.tables["nodes"]["id"], self.nodes, strict=True))
        self.link_ids = dict(zip(network.tables["links"]["id"], self.links, strict=True))

    def sections(self) -> dict[str, Iterable[Row]]:
        """All sections but options, times and operation."""
        return {
            "JUNCTIONS": self._junctions(),
            "RESERVOIRS": self._reservoirs(),
            "TANKS": self._tanks(),
            "PIPES": self._pipes(),
            "PUMPS": self._pumps(),
            "VALVES": self._valves(),
            "DEMANDS": self._demands(),
            "EMITTERS": self._emitters(),
            "STATUS": self._status(),
            "PATTERNS": self._patterns(),
            "CURVES": self._curves(),
            "COORDINATES": self._coordinates(),
            "VERTICES": self._vertices(),
            "TAGS": self._tags(),
        }

    def _rows(self, table: str, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        rows = self.network.tables[table]
        for row in rows.of_kind(kind):
            yield int(row), {name: column[row] for name, column in rows.columns.items()}

    def _junctions(self) -> Iterator[Row]:
        for row, node in self._rows("nodes", "junction"):
            demand = node["demand_ls"] * self.now.demand_factor[row] * self.now.works[row]
            size = self.units.flow * 1000.0
            yield (
                self.nodes[row],
                node["elevation_m"] / self.units.length,
                demand / size,
                node["pattern"],
                _note(node),
            )

    def _reservoirs(self) -> Iterator[Row]:
        for row, node in self._rows("nodes", "reservoir"):
            yield self.nodes[row], node["elevation_m"] / self.units.length, node["pattern"], _note(node)

    def _tanks(self) -> Iterator[Row]:
        size = self.units.length
        for row, node in self._rows("nodes", "tank"):
            lengths = [node["elevation_m"], self.now.level_m[row]]
            lengths += [node[name] for name in ("level_min_m", "level_max_m", "diameter_m")]
            curve, overflow = node["curve"] or "*", "YES" if node["overflow"] else ""
            volume = node["volume_min_m3"] / self.units.volume
            yield (
                self.nodes[row],
                *(value / size for value in lengths),
                volume,
                curve,
                overflow,
                _note(node),
            )

    def _pipes(self) -> Iterator[Row]:
        rough = self.units.roughness if self.options.headloss == "DW" else 1.0
        for row, link in self._rows("links", "pipe"):
            closed = not self.now.open[row]
            yield (
                self.links[row],
                *self._ends(link),
                link["length_m"] / self.units.length,
                link["diameter_mm"] / self.units.diameter,
                link["roughness"] / rough,
                link["minor_loss"],
                "Closed" if closed else "CV" if link["check_valve"] else "Open",
                _note(link),
            )

    def _pumps(self) -> Iterator[Row]:
        for row, link in self._rows("links", "pump"):
            parts: list[object] = [self.links[row], *self._ends(link)]
            if link["curve"]:
                parts += ["HEAD", link["curve"]]
            else:
                parts += ["POWER", link["power_kw"] / self.units.power]
            if link["pattern"] and self.operated:
                parts += ["PATTERN", link["pattern"]]
            yield (*parts, "SPEED", self.now.setting[row], _note(link))

    def _valves(self) -> Iterator[Row]:
        for row, link in self._rows("links", "valve"):
            kind, setting = link["valve_type"], self.now.setting[row]
            size = setting_size(self.units, "valve", kind)
            value = link["curve"] if kind == "GPV" else 0.0 if np.isnan(setting) else setting / size
            curve = link["curve"] if kind == "PCV" else ""
            diameter = link["diameter_mm"] / self.units.diameter
            ends = self._ends(link)
            yield (self.links[row], *ends, diameter, kind, value, link["minor_loss"], curve, _note(link))

    def _ends(self, link: Mapping[str, Any]) -> tuple[str, str]:
        return self.node_ids[link["start"]], self.node_ids[link["end"]]

    def _demands(self) -> Iterator[Row]:
        rows = self.network.tables["nodes"].rows
        for demand in self.network.tables["demands"].records():
            row = rows[demand["junction"]]
            flow = demand["demand_ls"] * self.now.demand_factor[row] * self.now.works[row]
            note = f";{demand['category']}" if demand["category"] else ""
            yield self.nodes[row], flow / (self.units.flow * 1000.0), demand["pattern"], note

    def _emitters(self) -> Iterator[Row]:
        exponent = self.options.emitter_exponent
        size = self.units.flow / self.units.emitter_pressure**exponent
        for row, node in self._rows("nodes", "junction"):
            given = node["emitter_coefficient"] / 1000.0 * self.now.works[row]
            leak = LEAK_DISCHARGE * self.now.leak_area_m2[row] * np.sqrt(2 * GRAVITY_MS2)
            if given + leak > 0:
                yield self.nodes[row], (given + leak) / size

    def _status(self) -> Iterator[Row]:
        for kind in ("pump", "valve"):
            for row, _link in self._rows("links", kind):
                if not self.now.open[row]:
                    yield self.links[row], "Closed"
                elif self.now.fixed[row]:
                    yield self.links[row], "Open"

    def _patterns(self) -> Iterator[Row]:
        table = self.network.tables["patterns"]
        yield from zip(table["pattern"], table["factor"], strict=True)

    def _curves(self) -> Iterator[Row]:
        table = self.network.tables["curves"]
        for name, use, x, y in zip(*(table[key] for key in ("curve", "use", "x", "y")), strict=True):
            sizes = (getattr(self.units, unit, 1.0) for unit in CURVE_UNITS.get(use, ("", "")))
            yield name, *(value / size for value, size in zip((x, y), sizes, strict=True))

    def _coordinates(self) -> Iterator[Row]:
        nodes = self.network.tables["nodes"]
        for name, x, y in zip(self.nodes, nodes["x"], nodes["y"], strict=True):
            if not (np.isnan(x) or np.isnan(y)):
                yield name, x, y

    def _vertices(self) -> Iterator[Row]:
        for place in self.network.tables["vertices"].records():
            yield self.link_ids[place["link"]], place["x"], place["y"]

    def _tags(self) -> Iterator[Row]:
        for word, table, names in (("NODE", "nodes", self.nodes), ("LINK", "links", self.links)):
            for name, tag in zip(names, self.network.tables[table]["tag"], strict=True):
                if tag:
                    yield word, name, tag

    def option_rows(self) -> Iterator[Row]:
        """The lines of [OPTIONS]."""
        options = self.options
        yield "UNITS", options.flow_units
        yield "PRESSURE", options.pressure_units
        yield "HEADLOSS", LAWS[options.headloss]
        yield "DEMAND MODEL", options.demand_model.upper()
        least = options.p_min_m / self.units.pressure
        yield "MINIMUM PRESSURE", least
        yield (
            "REQUIRED PRESSURE",
            max(options.p_required_m / self.units.pressure, (least + PRESSURE_RANGE) * (1 + 1e-15)),
        )
        yield "PRESSURE EXPONENT", options.p_exponent
        yield "DEMAND MULTIPLIER", options.demand_multiplier
        yield "EMITTER EXPONENT", options.emitter_exponent
        yield "BACKFLOW ALLOWED", "YES" if options.emitter_backflow else "NO"
        yield "SPECIFIC GRAVITY", options.specific_gravity
        yield "VISCOSITY", options.viscosity_m2s / (1.1e-5 * 0.3048**2)
        if options.default_pattern:
            yield "PATTERN", options.default_pattern


def _time_rows(options: WaterOptions, t_s: float, clock_s: float) -> Iterator[Row]:
    yield "DURATION", options.duration_s / 3600
    yield "HYDRAULIC TIMESTEP", options.hydraulic_step_s / 3600
    yield "PATTERN TIMESTEP", options.pattern_step_s / 3600
    yield "PATTERN START", (options.pattern_start_s + t_s) / 3600
    yield "REPORT TIMESTEP", options.report_step_s / 3600
    yield "RULE TIMESTEP", options.rule_step_s / 3600
    yield "START CLOCKTIME", (clock_s + t_s) % DAY_S / 3600


def fitting_ids(network: Network) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of nodes and links that EPANET can take, in row order (see `Export`)."""
    return _fitting(network.tables["nodes"]["id"], "N"), _fitting(network.tables["links"]["id"], "L")


def _fitting(names: Array, letter: str) -> tuple[str, ...]:
    taken = set(names)
    found = []
    for row, name in enumerate(names):
        fits = len(name.encode()) <= LONGEST_ID and not set(name) & set(' \t";[')
        stand_in = f"{letter}{row}"
        while not fits and stand_in in taken:
            stand_in += "_"
        found.append(str(name) if fits else stand_in)
    return tuple(found)


def _note(row: Mapping[str, Any]) -> str:
    return f";{row['note']}" if row["note"] else ""


def _text(network: Network, sections: Mapping[str, Iterable[Row]], *, extras: bool) -> str:
    """The file, section by section; kept lines follow the written ones of their section."""
    kept = network.tables["passthrough"]
    parts = []
    for name in SECTIONS:
        rows = ["\t".join(map(number, row)).rstrip() for row in sections.get(name, ())]
        if extras:
            rows += [str(line) for line in kept["line"][kept["section"] == name]]
        if rows or name in ("JUNCTIONS", "PIPES", "END"):
            parts.append("\n".join([f"[{name}]", *rows]))
    return "\n\n".join(parts) + "\n"
