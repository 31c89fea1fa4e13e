"""How a water network moves by itself: steps, patterns, tanks, controls and rules, with EPANET's timing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.lifelines.base import Horizon, Write
from twin.lifelines.water.command import Positions
from twin.lifelines.water.controls import SAME_S, Controls
from twin.lifelines.water.hydraulics import Hydraulics
from twin.lifelines.water.rules import Moment, Rules
from twin.lifelines.water.tanks import Floats
from twin.model.network import Ref
from twin.model.state import State
from twin.physics.potential import Flow, Status


@dataclass(frozen=True)
class Memory:
    """What a solution keeps for its own future.

    Attributes
    ----------
    flow
        The kernel's answer, for a warm start.
    t_s
        When it was made.
    checked_s
        When the rules were last evaluated.
    end
        When and why the network changes by itself, seen from `t_s`.
    inflow_m3s
        Net inflow of tanks and reservoirs and outflow of junctions, per node (EPANET's node demand).
    system_demand_m3s
        Sum of the positive full demands.
    flips
        Per link how often its position changed within the instant `t_s`.
    open
        The positions it was solved with.
    """

    flow: Flow
    t_s: float
    checked_s: float
    end: Horizon
    inflow_m3s: Floats
    system_demand_m3s: float
    flips: dict[int, int]
    open: np.ndarray


class Operation:
    """The self-acting part of a network."""

    def __init__(self, hydraulics: Hydraulics, clock_s: float) -> None:
        self.hydraulics = hydraulics
        self.controls = Controls(hydraulics, clock_s)
        self.rules = Rules(hydraulics, clock_s)

    def end(self, state: State, memory: Memory) -> Horizon:
        """How long a solution lasts: to the next step, pattern, tank bound, control or rule that acts."""
        options, t_s = self.hydraulics.options, memory.t_s
        ends = [
            (options.hydraulic_step_s, "step"),
            (_to_multiple(t_s + options.pattern_start_s, options.pattern_step_s), "pattern"),
            (_to_multiple(t_s, options.report_step_s), "report"),
        ]
        level = self._levels(state)
        for tank in self.hydraulics.tanks:
            seconds = tank.seconds_to_bound(level[tank.row], memory.inflow_m3s[tank.row])
            if seconds > 0:
                ends.append((seconds, "tank"))
        positions = Positions.of(self.hydraulics.network, state)
        ends.append(self.controls.seconds_to_next(positions, t_s, level, memory.inflow_m3s))
        step = min(ends)
        return Horizon(*self._first_rule(state, memory, step) if self.rules.all else step)

    def _first_rule(self, state: State, memory: Memory, step: tuple[float, str]) -> tuple[float, str]:
        """The step, or the time to the first evaluation of the rules in it at which one acts."""
        seconds, reason = step
        since, rule_step = memory.checked_s, self.hydraulics.options.rule_step_s
        passed = min(_to_multiple(memory.t_s, rule_step), seconds)
        while True:
            positions = Positions.of(self.hydraulics.network, state)
            if self.rules.act(self._moment(state, memory, passed, since, positions)):
                return passed, "rule"
            if passed >= seconds - SAME_S:
                return seconds, reason
            since = memory.t_s + passed
            passed = min(passed + rule_step, seconds)

    def advance(self, state: State, memory: Memory | None, t_s: float, dt_s: float) -> tuple[Write, ...]:
        """Levels after `dt_s`, then what rules, pump patterns and simple controls do at that instant."""
        network = self.hydraulics.network
        now_s = t_s + dt_s
        level, writes = self._levels(state), []
        inflow = np.zeros(len(level)) if memory is None else memory.inflow_m3s
        for tank in self.hydraulics.tanks:
            moved = tank.moved(float(level[tank.row]), float(inflow[tank.row]), dt_s)
            if moved != level[tank.row]:
                writes.append(Write(Ref(network.lifeline, "nodes", tank.row), "level_m", moved, kind="level"))
        positions = Positions.of(network, state)
        if memory is not None and self.rules.all and self._is_evaluated(memory, now_s):
            since = self.checked(memory, now_s - SAME_S)
            self.rules.act(self._moment(state, memory, now_s - memory.t_s, since, positions))
        for write in writes:
            level[write.ref.row] = write.value
        self.controls.follow_patterns(positions, now_s)
        self.controls.act(positions, now_s, level, inflow if dt_s > 0 else np.zeros(len(level)))
        return (*writes, *positions.writes(state))

    def react(self, state: State, memory: Memory) -> tuple[Write, ...]:
        """What controls on junction pressures do about a solution; a link that flips too often stays."""
        positions = Positions.of(self.hydraulics.network, state)
        frozen = frozenset(link for link, count in memory.flips.items() if count >= MOST_FLIPS)
        self.controls.by_pressure(positions, memory.flow.head_m, frozen)
        return tuple(positions.writes(state))

    def checked(self, memory: Memory, t_s: float) -> float:
        """The last evaluation of the rules up to `t_s`, which lies in the step of `memory`."""
        rule_step = self.hydraulics.options.rule_step_s
        grid = (t_s + SAME_S / 2) // rule_step * rule_step
        return max(memory.checked_s, grid) if grid > memory.t_s + SAME_S else memory.checked_s

    def _is_evaluated(self, memory: Memory, t_s: float) -> bool:
        """Whether rules are evaluated at `t_s`: at multiples of their step and where a step just ends."""
        if t_s - memory.t_s < SAME_S:
            return False
        on_grid = abs(_to_multiple(t_s - SAME_S, self.hydraulics.options.rule_step_s) - SAME_S) < SAME_S
        return on_grid or t_s >= memory.t_s + memory.end.seconds - SAME_S

    def _levels(self, state: State) -> Floats:
        return state.column(self.hydraulics.network.lifeline, "nodes", "level_m").copy()

    def _moment(
        self, state: State, memory: Memory, passed_s: float, since_s: float, positions: Positions
    ) -> Moment:
        """What the rules see `passed_s` after a solution."""
        head, level = memory.flow.head_m.copy(), self._levels(state)
        for tank in self.hydraulics.tanks:
            row = tank.row
            level[row] = tank.moved(float(level[row]), float(memory.inflow_m3s[row]), passed_s)
            head[row] = tank.bottom_m + level[row]
        layer, status = self.hydraulics.network.lifeline, memory.flow.status
        stuck = (status == Status.SHUT) | (status == Status.BEYOND_HEAD)
        moving = positions.open & state.available(layer, "links") & ~stuck
        off = self.hydraulics.pump & (positions.setting <= 0)
        return Moment(
            t_s=memory.t_s + passed_s,
            since_s=since_s,
            head_m=head,
            demand_m3s=memory.inflow_m3s,
            level_m=level,
            flow_m3s=memory.flow.flow_m3s,
            closed=~moving | off,
            system_demand_m3s=memory.system_demand_m3s,
            positions=positions,
        )


MOST_FLIPS = 4
"""Changes of one link within one instant after which controls on pressure leave it alone."""


def _to_multiple(t_s: float, step_s: float) -> float:
    """Time from `t_s` to the next multiple of `step_s`, never zero."""
    over = (t_s + SAME_S) // step_s
    return float((over + 1) * step_s - t_s)
