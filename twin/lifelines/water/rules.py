"""Rule-based controls: premises joined by AND and OR, actions, priorities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.water.command import Command, Positions
from twin.lifelines.water.hydraulics import Hydraulics
from twin.lifelines.water.units import CUBIC_FOOT_M3, FileUnits

Floats = NDArray[np.float64]
DAY_S = 86_400.0
TOLERANCE = 1e-3
"""Slack of a comparison, in the units of the file (EPANET)."""
TINY_M3S = 1e-6 * CUBIC_FOOT_M3


@dataclass(frozen=True)
class Moment:
    """What rules look at: an instant of a step with constant flows, and how long ago they looked before.

    Attributes
    ----------
    t_s, since_s
        The instant, and the last evaluation before it.
    head_m, demand_m3s, level_m
        Per node: heads (of tanks at this instant), outflow of junctions or net inflow of tanks and
        reservoirs, and depths.
    flow_m3s, closed
        Per link: flow, and whether it lets nothing through for whatever reason.
    system_demand_m3s
        Sum of all positive demands.
    positions
        Settings before the actions.
    """

    t_s: float
    since_s: float
    head_m: Floats
    demand_m3s: Floats
    level_m: Floats
    flow_m3s: Floats
    closed: NDArray[np.bool_]
    system_demand_m3s: float
    positions: Positions


@dataclass(frozen=True)
class Premise:
    """One condition; `size` is the SI size of the file unit it is compared in."""

    joint: str
    thing: str
    row: int
    variable: str
    relation: str
    status: str
    value: float
    size: float


@dataclass(frozen=True)
class Rule:
    """A rule with its premises and actions."""

    name: str
    priority: float
    premises: tuple[Premise, ...]
    then: tuple[Command, ...]
    otherwise: tuple[Command, ...]


class Rules:
    """The enabled rules of a network in their order."""

    def __init__(self, hydraulics: Hydraulics, clock_s: float) -> None:
        self.hydraulics = hydraulics
        self.clock_s = clock_s
        self.all = _rules(hydraulics)
        self._tanks = {tank.row: tank for tank in hydraulics.tanks}

    def act(self, moment: Moment) -> bool:
        """Carry out on `moment.positions` what the rules ask for; whether anything changed.

        Of several actions on one link that with the highest priority counts, then the first.
        """
        chosen: dict[int, tuple[Rule, Command]] = {}
        for rule in self.all:
            for command in rule.then if self.holds(rule, moment) else rule.otherwise:
                before = chosen.get(command.link)
                if before is None or rule.priority > before[0].priority:
                    chosen[command.link] = (rule, command)
        changed = False
        for rule, command in chosen.values():
            changed |= moment.positions.follow(command, f"rule/{rule.name}")
        return changed

    def holds(self, rule: Rule, moment: Moment) -> bool:
        """Whether the premises hold, read from left to right: a false one ends it unless an OR follows."""
        result = True
        for premise in rule.premises:
            if premise.joint == "or":
                result = result or self._check(premise, moment)
            elif not result:
                return False
            else:
                result = self._check(premise, moment)
        return result

    def _check(self, premise: Premise, moment: Moment) -> bool:
        if premise.variable in ("time", "clocktime"):
            return self._check_time(premise, moment)
        if premise.status:
            return self._check_status(premise, moment)
        value = self._value(premise, moment)
        return value is not None and compare(
            value / premise.size, premise.relation, premise.value / premise.size
        )

    def _check_time(self, premise: Premise, moment: Moment) -> bool:
        """Inequalities look at the instant, equalities at all whole seconds since the last evaluation."""
        first, last, wanted = int(moment.since_s + 1e-6) + 1, int(moment.t_s + 1e-6), int(premise.value)
        if premise.variable == "clocktime":
            first, last = (int((second + self.clock_s) % DAY_S) for second in (first, last))
        if premise.relation in ("=", "<>"):
            inside = first <= wanted <= last if first <= last else wanted >= first or wanted <= last
            return inside == (premise.relation == "=")
        return {
            "<": last < wanted,
            "<=": last <= wanted,
            ">": last > wanted,
            ">=": last >= wanted,
        }[premise.relation]

    @staticmethod
    def _check_status(premise: Premise, moment: Moment) -> bool:
        if moment.closed[premise.row]:
            status = "closed"
        else:
            valve = moment.positions.kind(premise.row) == "valve" and not moment.positions.fixed[premise.row]
            status = "active" if valve else "open"
        return (status == premise.status) == (premise.relation == "=")

    def _value(self, premise: Premise, moment: Moment) -> float | None:
        """The quantity of a premise in SI, None where it has none (which makes the premise false)."""
        row, variable = premise.row, premise.variable
        if premise.thing == "system":
            return moment.system_demand_m3s
        if premise.thing == "link":
            if variable == "flow":
                return float(abs(moment.flow_m3s[row]))
            positions = moment.positions
            value = positions.speed(row) if positions.kind(row) == "pump" else float(positions.setting[row])
            return None if np.isnan(value) else value
        if variable in ("filltime", "draintime"):
            return self._bound_time(row, variable, moment)
        if variable == "demand":
            return float(moment.demand_m3s[row])
        head = float(moment.head_m[row])
        return head if variable == "head" else head - float(self.hydraulics.elevation_m[row])

    def _bound_time(self, row: int, variable: str, moment: Moment) -> float | None:
        tank, flow = self._tanks.get(row), float(moment.demand_m3s[row])
        if tank is None or (flow <= TINY_M3S if variable == "filltime" else flow >= -TINY_M3S):
            return None
        bound = tank.volume_max_m3 if variable == "filltime" else tank.volume_min_m3
        return (bound - tank.volume(float(moment.level_m[row]))) / flow


def compare(left: float, relation: str, right: float) -> bool:
    """EPANET's comparison in file units: `<` and `>` forgive a thousandth, `<=` and `>=` ask for it."""
    return {
        "=": abs(left - right) <= TOLERANCE,
        "<>": abs(left - right) >= TOLERANCE,
        "<": left <= right + TOLERANCE,
        "<=": left <= right - TOLERANCE,
        ">": left >= right - TOLERANCE,
        ">=": left >= right + TOLERANCE,
    }[relation]


def _rules(hydraulics: Hydraulics) -> tuple[Rule, ...]:
    network, units = hydraulics.network, hydraulics.options.file_units
    rows = {"node": network.tables["nodes"].rows, "link": network.tables["links"].rows}
    grouped: dict[int, list[dict[str, Any]]] = {}
    for clause in network.tables["rules"].records():
        if clause["enabled"]:
            grouped.setdefault(int(clause["number"]), []).append(clause)
    return tuple(
        _rule(clauses, rows, network.tables["links"]["valve_type"], units) for clauses in grouped.values()
    )


def _rule(
    clauses: list[dict[str, Any]],
    rows: Mapping[str, Mapping[str, int]],
    valve_types: NDArray[np.object_],
    units: FileUnits,
) -> Rule:
    premises, actions = [], {"then": [], "else": []}  # type: ignore[var-annotated]
    for clause in clauses:
        row = rows[clause["object"]][clause["id"]] if clause["object"] in rows else -1
        if clause["clause"] in actions:
            actions[clause["clause"]].append(
                Command(row, clause["status"] or "active", float(clause["value"]))
            )
            continue
        valve = valve_types[row] if clause["object"] == "link" else ""
        premises.append(
            Premise(
                joint=clause["clause"],
                thing=clause["object"],
                row=row,
                variable=clause["variable"],
                relation=clause["relation"],
                status=clause["status"],
                value=float(clause["value"]),
                size=_size(clause["variable"], str(valve), units),
            )
        )
    first = clauses[0]
    return Rule(
        first["rule"], first["priority"], tuple(premises), tuple(actions["then"]), tuple(actions["else"])
    )


def _size(variable: str, valve: str, units: FileUnits) -> float:
    if variable in ("demand", "flow") or (variable == "setting" and valve == "FCV"):
        return units.flow
    if variable == "pressure" or (variable == "setting" and valve in ("PRV", "PSV", "PBV")):
        return units.pressure
    return units.length if variable in ("head", "level") else 1.0
