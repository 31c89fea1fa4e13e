"""How controls, rules and numbers are written for EPANET."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.lifelines.water.options import WaterOptions
from twin.lifelines.water.units import setting_size
from twin.model.network import Network

Row = tuple[object, ...]
Names = tuple[Mapping[str, str], Mapping[str, str]]
"""Ids in the file by id of node and of link."""


def number(value: object) -> str:
    """A value as EPANET reads it back: floats with all their digits."""
    return repr(float(value)) if isinstance(value, float) else str(value)


def _hours(seconds: float) -> float:
    """Whole seconds in hours, a little above, because EPANET cuts off what follows the whole second."""
    return (seconds + 0.5) / 3600.0


class _Sizes:
    """SI sizes of the settings, levels and pressures that operation is written with."""

    def __init__(self, network: Network, options: WaterOptions) -> None:
        self.units = options.file_units
        self.nodes, self.links = network.tables["nodes"], network.tables["links"]

    def setting(self, link: str) -> float:
        row = self.links.rows[link]
        return setting_size(self.units, str(self.links["kind"][row]), str(self.links["valve_type"][row]))

    def level(self, node: str) -> float:
        junction = self.nodes["kind"][self.nodes.rows[node]] == "junction"
        return self.units.pressure if junction else self.units.length

    def premise(self, clause: Mapping[str, Any]) -> float:
        variable = clause["variable"]
        if variable == "setting":
            return self.setting(clause["id"])
        if variable == "pressure":
            return self.units.pressure
        return self.units.flow if variable in ("demand", "flow") else self.units.length


def control_rows(network: Network, options: WaterOptions, names: Names, t_s: float) -> Iterator[Row]:
    """The rows of [CONTROLS]; times that lie before `t_s` are over."""
    sizes = _Sizes(network, options)
    nodes, links = names
    for control in network.tables["controls"].records():
        if control["trigger"] == "time" and control["value"] < t_s:
            continue
        link = control["link"]
        active = control["status"] == "active"
        wish = control["setting"] / sizes.setting(link) if active else control["status"].upper()
        row: list[object] = ["LINK", links[link], wish]
        if control["trigger"] in ("above", "below"):
            level = control["value"] / sizes.level(control["node"])
            row += ["IF", "NODE", nodes[control["node"]], control["trigger"].upper(), level]
        else:
            shift = t_s if control["trigger"] == "time" else 0.0
            row += ["AT", control["trigger"].upper(), _hours(control["value"] - shift)]
        yield (*row, *([] if control["enabled"] else ["DISABLED"]))


def rule_lines(network: Network, options: WaterOptions, names: Names, t_s: float) -> Iterator[Row]:
    """The lines of [RULES]."""
    sizes = _Sizes(network, options)
    clauses = list(network.tables["rules"].records())
    for place, clause in enumerate(clauses):
        first = place == 0 or clauses[place - 1]["number"] != clause["number"]
        if first:
            yield "RULE", clause["rule"].replace(" ", "_")
        word = clause["clause"].upper()
        if word in ("THEN", "ELSE"):
            begins = clauses[place - 1]["clause"].upper() != word
            yield (
                "THEN" if begins and word == "THEN" else "ELSE" if begins else "AND",
                *_action(clause, sizes, names),
            )
        else:
            yield word, *_premise(clause, sizes, names, t_s)
        if place + 1 == len(clauses) or clauses[place + 1]["number"] != clause["number"]:
            yield "PRIORITY", clause["priority"]
            yield ("" if clause["enabled"] else "DISABLED",)


def _action(clause: Mapping[str, Any], sizes: _Sizes, names: Names) -> Row:
    if clause["status"]:
        return "LINK", names[1][clause["id"]], "STATUS", "=", clause["status"].upper()
    value = clause["value"] / sizes.setting(clause["id"])
    return "LINK", names[1][clause["id"]], "SETTING", "=", value


def _premise(clause: Mapping[str, Any], sizes: _Sizes, names: Names, t_s: float) -> Row:
    variable, relation = clause["variable"], clause["relation"]
    if clause["object"] == "system":
        if variable == "time":
            return "SYSTEM", "TIME", *_moved(relation, clause["value"] - t_s)
        value = _hours(clause["value"]) if variable == "clocktime" else clause["value"] / sizes.units.flow
        return "SYSTEM", variable.upper(), relation, value
    name = names[0 if clause["object"] == "node" else 1][clause["id"]]
    head = (clause["object"].upper(), name, variable.upper(), relation)
    if clause["status"]:
        return *head, clause["status"].upper()
    if variable in ("filltime", "draintime"):
        return *head, clause["value"] / 3600.0
    return *head, clause["value"] / sizes.premise(clause)


def _moved(relation: str, seconds: float) -> Row:
    """A comparison with the time, moved; with a time that is over it always or never holds."""
    if seconds >= 0:
        return relation, _hours(seconds)
    return (">=" if relation in (">=", ">", "<>") else "<"), 0.0
