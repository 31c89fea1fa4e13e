"""Simple controls: one link, one condition; and pumps whose speed follows a pattern."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.lifelines.water.command import Command, Positions
from twin.lifelines.water.hydraulics import Hydraulics
from twin.lifelines.water.tanks import NO_FLOW_M3S, Floats, Tank, whole

DAY_S = 86_400.0
SAME_S = 1e-3
"""Instants closer than this are the same."""
PRESSURE_TOLERANCE_M = 0.0005 * 0.3048
"""Slack of a control on a junction's pressure (EPANET's Htol)."""


@dataclass(frozen=True)
class Control:
    """A row of the table controls; `node` is -1 and `tank` None where they do not matter."""

    name: str
    command: Command
    trigger: str
    value: float
    node: int = -1
    tank: Tank | None = None


class Controls:
    """The simple controls of a network in their order."""

    def __init__(self, hydraulics: Hydraulics, clock_s: float) -> None:
        self.hydraulics = hydraulics
        self.clock_s = clock_s
        self.all = tuple(_controls(hydraulics))
        links = hydraulics.network.tables["links"]
        pumps = (int(row) for row in links.of_kind("pump"))
        self.patterns = {row: str(links["pattern"][row]) for row in pumps if links["pattern"][row]}

    def follow_patterns(self, positions: Positions, t_s: float) -> None:
        """Give pumps with a pattern their speed at `t_s`; it overrules whatever a rule decided."""
        for pump, pattern in self.patterns.items():
            speed = self.hydraulics.factor(pattern, t_s)
            positions.obey(Command(pump, "active", speed), f"pattern/{pattern}")

    def act(self, positions: Positions, t_s: float, level_m: Floats, inflow_m3s: Floats) -> None:
        """Carry out what is due at `t_s`, in order; controls on pressure are left to `react`.

        `level_m` and `inflow_m3s` are per node; a tank within a second's flow of a level has reached it.
        """
        for control in self.all:
            if self._is_due(control, t_s, level_m, inflow_m3s):
                positions.obey(control.command, control.name)

    def _is_due(self, control: Control, t_s: float, level_m: Floats, inflow_m3s: Floats) -> bool:
        if control.trigger == "time":
            return abs(t_s - control.value) < SAME_S
        if control.trigger == "clocktime":
            apart = abs((t_s + self.clock_s) % DAY_S - control.value)
            return min(apart, DAY_S - apart) < SAME_S
        if control.tank is None:
            return False
        slack = abs(inflow_m3s[control.node])
        held, wanted = control.tank.volume(level_m[control.node]), control.tank.volume(control.value)
        return bool(held <= wanted + slack if control.trigger == "below" else held >= wanted - slack)

    def seconds_to_next(
        self, positions: Positions, t_s: float, level_m: Floats, inflow_m3s: Floats
    ) -> tuple[float, str]:
        """Time to the next control that changes anything, and its name; infinite where there is none."""
        best = (np.inf, "")
        for control in self.all:
            if not positions.changes(control.command):
                continue
            seconds = self._seconds(control, t_s, level_m, inflow_m3s)
            if 0 < seconds < best[0]:
                best = (seconds, control.name)
        return best

    def _seconds(self, control: Control, t_s: float, level_m: Floats, inflow_m3s: Floats) -> float:
        if control.trigger == "time":
            return control.value - t_s if control.value > t_s + SAME_S else np.inf
        if control.trigger == "clocktime":
            wait = (control.value - (t_s + self.clock_s)) % DAY_S
            return wait if SAME_S < wait < DAY_S - SAME_S else DAY_S
        if control.tank is None:
            return np.inf
        level, flow = level_m[control.node], float(inflow_m3s[control.node])
        rises = control.trigger == "above" and level < control.value and flow > NO_FLOW_M3S
        falls = control.trigger == "below" and level > control.value and flow < -NO_FLOW_M3S
        if not (rises or falls):
            return np.inf
        return whole((control.tank.volume(control.value) - control.tank.volume(level)) / flow)

    def by_pressure(self, positions: Positions, head_m: Floats, frozen: frozenset[int]) -> None:
        """Carry out controls on the pressure at a junction; links in `frozen` are left alone."""
        elevation = self.hydraulics.elevation_m
        for control in self.all:
            if control.tank is not None or control.node < 0 or control.command.link in frozen:
                continue
            excess = head_m[control.node] - elevation[control.node] - control.value
            due = (
                excess <= PRESSURE_TOLERANCE_M
                if control.trigger == "below"
                else excess >= -PRESSURE_TOLERANCE_M
            )
            if due:
                positions.obey(control.command, control.name)


def _controls(hydraulics: Hydraulics) -> list[Control]:
    network = hydraulics.network
    nodes, links = network.tables["nodes"].rows, network.tables["links"].rows
    by_row = {tank.row: tank for tank in hydraulics.tanks}
    found = []
    for row in network.tables["controls"].records():
        if not row["enabled"]:
            continue
        name = f"control/{row['number'] + 1}"
        command = Command(links[row["link"]], row["status"], float(row["setting"]))
        node = nodes[row["node"]] if row["trigger"] in ("above", "below") else -1
        found.append(Control(name, command, row["trigger"], float(row["value"]), node, by_row.get(node)))
    return found
