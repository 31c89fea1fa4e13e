"""From the tables and the present state of a water network to the columns of the potential-flow kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.water.options import WaterOptions
from twin.lifelines.water.present import LEAK_DISCHARGE, Floats, Present
from twin.lifelines.water.series import Curve, curves, patterns, power_curve
from twin.lifelines.water.tanks import tanks
from twin.model.network import Network
from twin.physics.potential import Law, Links, Nodes, Options, Topology, minor_loss_s2_m5

Ints = NDArray[np.int64]
PIPE_LAWS = {"HW": Law.HW, "DW": Law.DW, "CM": Law.CM}
LARGEST_LOSS = 1e8
"""Loss coefficient of a positional valve that is all but shut (EPANET)."""
SLACK_S = 1e-6
"""Clock noise that does not keep a pattern from moving on."""


@dataclass(frozen=True)
class Demands:
    """Demands of junctions: node row, base flow in m3/s and pattern (row of `Hydraulics.factors`) of each."""

    row: Ints
    base_m3s: Floats
    pattern: Ints


class Hydraulics:
    """What of a network never changes, and how the rest follows from the state and the time."""

    def __init__(self, network: Network, options: WaterOptions) -> None:
        self.network = network
        self.options = options
        self.tanks = tanks(network)
        self.patterns = patterns(network)
        self.curves = curves(network)
        nodes = network.tables["nodes"]
        self.start, self.end = network.ends
        self.junction = nodes["kind"] == "junction"
        self.elevation_m: Floats = nodes["elevation_m"]
        self.topology = Topology(len(nodes), self.start, self.end, ~self.junction)
        self.demands = _demands(network, options, self._pattern_rows)

    @cached_property
    def _pattern_rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.patterns, start=1)}

    def period(self, t_s: float) -> int:
        """Number of pattern steps that are over at `t_s`."""
        options = self.options
        return int((t_s + options.pattern_start_s + SLACK_S) // options.pattern_step_s)

    def factor(self, pattern: str, t_s: float) -> float:
        """The factor of a pattern at `t_s`; 1 where there is no such pattern."""
        factors = self.patterns.get(pattern)
        return 1.0 if factors is None else float(factors[self.period(t_s) % len(factors)])

    def demand_m3s(self, now: Present, t_s: float) -> Floats:
        """Full demand of each node at `t_s`, shape (nodes,); inflows are negative."""
        factors = np.array([1.0, *(self.factor(name, t_s) for name in self.patterns)])
        parts = self.demands.base_m3s * factors[self.demands.pattern]
        total = np.bincount(self.demands.row, parts, minlength=self.topology.n_nodes)
        return np.asarray(total * now.demand_factor * self.options.demand_multiplier)

    def head_m(self, now: Present, t_s: float) -> Floats:
        """Given heads: of reservoirs their level times its pattern, of tanks bottom plus depth."""
        head = self.elevation_m.copy()
        nodes = self.network.tables["nodes"]
        for row in nodes.of_kind("reservoir"):
            if nodes["pattern"][row]:
                head[row] *= self.factor(str(nodes["pattern"][row]), t_s)
        for tank in self.tanks:
            head[tank.row] += now.level_m[tank.row]
        return head

    def nodes(self, now: Present, demand_m3s: Floats, t_s: float) -> Nodes:
        """The kernel's node columns."""
        options = self.options
        emitter = np.nan_to_num(self.network.tables["nodes"]["emitter_coefficient"]) / 1000.0
        size = np.ones(self.topology.n_nodes)
        return Nodes(
            head_m=self.head_m(now, t_s),
            elevation_m=self.elevation_m,
            demand_m3s=np.where(now.works, demand_m3s, 0.0),
            emitter_coefficient=np.where(now.works, emitter, 0.0),
            emitter_exponent=size * options.emitter_exponent,
            emitter_backflow=np.full(self.topology.n_nodes, options.emitter_backflow),
            leak_area_m2=now.leak_area_m2,
            leak_discharge=size * LEAK_DISCHARGE,
            pressure_dependent=options.demand_model == "pda",
            p_min_m=size * options.p_min_m,
            p_required_m=size * options.p_required_m,
            p_exponent=size * options.p_exponent,
        )

    def links(self, now: Present) -> tuple[Links, NDArray[np.bool_]]:
        """The kernel's link columns, and which open links are shut by full or empty tanks on both sides."""
        minor = self._fixed.minor_loss.copy()
        self._throttle(minor, now)
        way = self._direction(now)
        shut = now.open & (way == 2)
        still = self.pump & (now.setting <= 0)
        links = replace(
            self._fixed,
            minor_loss=minor,
            speed=np.where(self.pump, now.setting, 1.0),
            direction=np.where(way == 2, 0, way).astype(np.int8),
            open=now.open & ~shut & ~still,
        )
        return links, shut

    def _direction(self, now: Present) -> NDArray[np.int8]:
        """Ways open to water: 0 both, +1 or -1 one, 2 none."""
        forward = np.ones(self.topology.n_links, dtype=bool)
        backward = ~self._one_way
        for tank in self.tanks:
            level = float(now.level_m[tank.row])
            if tank.is_full(level) and not tank.overflow:
                forward[self.end == tank.row] = False
                backward[self.start == tank.row] = False
            elif tank.is_empty(level):
                forward[self.start == tank.row] = False
                backward[self.end == tank.row] = False
        way = np.where(forward, np.where(backward, 0, 1), np.where(backward, -1, 2))
        return way.astype(np.int8)

    def _throttle(self, minor: Floats, now: Present) -> None:
        """Loss of throttling (TCV) and positional (PCV) valves by their setting."""
        rows = self._throttles[~now.fixed[self._throttles] & ~np.isnan(now.setting[self._throttles])]
        links = self.network.tables["links"]
        loss = now.setting[rows]
        for place, row in enumerate(rows):
            if links["valve_type"][row] == "PCV":
                curve = self.curves.get(str(links["curve"][row]))
                loss[place] = positional_loss(float(links["minor_loss"][row]), float(loss[place]), curve)
        minor[rows] = minor_loss_s2_m5(np.maximum(loss, 0.0), links["diameter_mm"][rows] / 1000.0)

    @cached_property
    def pump(self) -> NDArray[np.bool_]:
        """Which links are pumps, bool[m]."""
        return np.asarray(self.network.tables["links"]["kind"] == "pump", dtype=np.bool_)

    @cached_property
    def _one_way(self) -> NDArray[np.bool_]:
        return self.pump | self.network.tables["links"]["check_valve"]

    @cached_property
    def _throttles(self) -> Ints:
        kinds = self.network.tables["links"]["valve_type"].astype(str)
        return np.flatnonzero(np.isin(kinds, ("TCV", "PCV")))

    @cached_property
    def _fixed(self) -> Links:
        """Link columns that no state changes."""
        links = self.network.tables["links"]
        size = len(links)
        law = np.full(size, Law.MINOR, dtype=np.int8)
        pipe = links["kind"] == "pipe"
        law[pipe] = PIPE_LAWS[self.options.headloss]
        diameter = np.nan_to_num(links["diameter_mm"]) / 1000.0
        known = (diameter > 0) & ~self.pump
        minor = np.zeros(size)
        minor[known] = minor_loss_s2_m5(links["minor_loss"][known], diameter[known])
        scale = 0.001 if self.options.headloss == "DW" else 1.0
        pumps = _Pumps(self)
        law[pumps.rows] = pumps.law
        return Links(
            law=law,
            roughness=np.nan_to_num(links["roughness"]) * scale,
            length_m=np.nan_to_num(links["length_m"]),
            diameter_m=diameter,
            minor_loss=minor,
            resistance=_spread(pumps.rows, pumps.resistance, 0.0, size),
            exponent=_spread(pumps.rows, pumps.exponent, 2.0, size),
            shutoff_head_m=_spread(pumps.rows, pumps.shutoff_head_m, 0.0, size),
            power_w=_spread(pumps.rows, pumps.power_w, 0.0, size),
            q_max_m3s=_spread(pumps.rows, pumps.q_max_m3s, np.inf, size),
            curve=_spread(pumps.rows, pumps.curve, -1, size).astype(np.int32),
            curve_start=pumps.curve_start,
            curve_flow_m3s=pumps.curve_flow_m3s,
            curve_head_m=pumps.curve_head_m,
        )

    @cached_property
    def kernel_options(self) -> Options:
        """Constants of the kernel."""
        return Options(viscosity_m2s=self.options.viscosity_m2s)


def _spread(rows: NDArray[np.intp], values: NDArray[Any], default: float, size: int) -> Floats:
    """A column over all links with `values` in `rows` and `default` elsewhere."""
    column = np.full(size, default)
    column[rows] = values
    return column


class _Pumps:
    """Laws of the pumps, one entry per pump, and the curves of those that need one."""

    def __init__(self, hydraulics: Hydraulics) -> None:
        links = hydraulics.network.tables["links"]
        self.rows = links.of_kind("pump")
        size = len(self.rows)
        self.law = np.full(size, Law.PUMP_POWER, dtype=np.int8)
        self.power_w = np.nan_to_num(links["power_kw"][self.rows]) * 1000.0
        self.shutoff_head_m, self.resistance = np.zeros(size), np.zeros(size)
        self.exponent, self.q_max_m3s = np.full(size, 2.0), np.full(size, np.inf)
        self.curve = np.full(size, -1, dtype=np.int32)
        points: list[Curve] = []
        for place, row in enumerate(self.rows):
            curve = hydraulics.curves.get(str(links["curve"][row]))
            if curve is None:
                continue
            law = power_curve(curve)
            if law is None:
                self.law[place] = Law.PUMP_CURVE
                self.q_max_m3s[place] = curve.x[-1]
                self.curve[place] = len(points)
                points.append(curve)
            else:
                self.law[place] = Law.PUMP
                self.shutoff_head_m[place], self.resistance[place] = law.shutoff_m, law.resistance
                self.exponent[place], self.q_max_m3s[place] = law.exponent, law.q_max
        self.curve_start = np.cumsum([0, *(len(curve.x) for curve in points)])
        self.curve_flow_m3s = np.concatenate([np.empty(0), *(curve.x for curve in points)])
        self.curve_head_m = np.concatenate([np.empty(0), *(curve.y for curve in points)])


def positional_loss(open_loss: float, opening: float, curve: Curve | None) -> float:
    """Loss coefficient of a positional valve opened to `opening` percent.

    The capacity (percent of the fully open valve's) comes from the curve, through (0, 0) and (100, 100),
    or is the opening itself; the loss goes with its inverse square (EPANET 2.3, PCV).
    """
    if opening >= 100:
        return open_loss
    capacity = opening
    if curve is not None:
        capacity = float(np.interp(opening, [0.0, *curve.x, 100.0], [0.0, *curve.y, 100.0]))
    share = min(max(capacity / 100.0, 1e-6), 1.0)
    return min(open_loss / share**2, LARGEST_LOSS)


def _demands(network: Network, options: WaterOptions, pattern_rows: dict[str, int]) -> Demands:
    """Demands of all junctions: the rows of the table demands, else the junction's own."""
    nodes, table = network.tables["nodes"], network.tables["demands"]
    listed = set(table["junction"])
    default = pattern_rows.get(options.default_pattern, 0)
    own = [row for row in nodes.of_kind("junction") if nodes["id"][row] not in listed]
    names = [*nodes["pattern"][own], *table["pattern"]]
    return Demands(
        row=np.array([*own, *(nodes.rows[str(name)] for name in table["junction"])], dtype=np.int64),
        base_m3s=np.concatenate([nodes["demand_ls"][own], table["demand_ls"]]) / 1000.0,
        pattern=np.array([pattern_rows.get(str(name), default) for name in names], dtype=np.int64),
    )
