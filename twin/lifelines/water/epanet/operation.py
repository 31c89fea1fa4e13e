"""The sections of an EPANET file that say how the network is operated: patterns, curves, controls, rules."""

from __future__ import annotations

from twin.lifelines.water.epanet.components import curve_for, setting_unit
from twin.lifelines.water.epanet.draft import Draft, Row, short
from twin.lifelines.water.epanet.lines import Line, hours, number
from twin.text import _

DAY_S = 86_400.0


def read_patterns(draft: Draft) -> None:
    """`id factor factor ...`, over any number of lines."""
    for line in draft.section("PATTERNS"):
        factors = [draft.value(line, place, 1.0) for place in range(1, len(line.tokens))]
        draft.patterns.setdefault(line.tokens[0], []).extend(factors)


def read_curves(draft: Draft) -> None:
    """`id x y`; what the numbers mean is known when the curve is used."""
    for line in draft.section("CURVES"):
        if not short(draft, line, 3):
            point = (draft.value(line, 1, 0.0), draft.value(line, 2, 0.0))
            draft.curves.setdefault(line.tokens[0], []).append(point)
    for line in draft.section("ENERGY"):
        efficiency = len(line.tokens) > 3 and line.has(0, "PUMP") and line.has(2, "EFFI")
        if efficiency and line.tokens[3] in draft.curves:
            curve_for(draft, line, line.tokens[3], "efficiency")


def read_controls(draft: Draft) -> None:
    """`LINK id status IF NODE id ABOVE|BELOW value` or `LINK id status AT TIME|CLOCKTIME value (unit)`."""
    for line in draft.section("CONTROLS"):
        if short(draft, line, 6):
            continue
        if row := _control(draft, line):
            draft.controls.append({"number": len(draft.controls)} | row)


def _control(draft: Draft, line: Line) -> Row | None:
    name = draft.id(line.tokens[1])
    if name not in draft.links:
        _left_out(draft, line, "unknown-link", name)
        return None
    if draft.links[name].get("check_valve"):
        problem = _("controls a check valve: left out")
        draft.warn(line, "check-valve", problem, _("remove the control"), name)
        return None
    enabled = not line.has(len(line.tokens) - 1, "DISABLED")
    action = _action(draft, line, 2, draft.links[name])
    trigger = _trigger(draft, line)
    return {"link": name, "enabled": enabled} | action | trigger if action and trigger else None


def _action(draft: Draft, line: Line, place: int, link: Row) -> Row | None:
    """Status and setting that a control or rule gives to a link."""
    word = _status_word(line, place)
    if word in ("open", "closed"):
        return {"status": word}
    value = number(line.tokens[place])
    if value is None or value < 0 or link.get("valve_type") == "GPV":
        problem = _("{given} is no status or setting of this link", given=line.tokens[place])
        draft.error(line, "bad-setting", problem, _("write OPEN, CLOSED or a number"))
        return None
    if link["kind"] == "pipe":
        return {"status": "open" if value > 0 else "closed"}
    if link["kind"] == "pump" and value == 0:
        return {"status": "closed"}
    return {"status": "active", "setting": value * setting_unit(draft, link)}


def _status_word(line: Line, place: int) -> str:
    for word in ("OPEN", "CLOSED", "ACTIVE"):
        if line.has(place, word):
            return word.lower()
    return ""


def _trigger(draft: Draft, line: Line) -> Row | None:
    for word in ("CLOCKTIME", "TIME"):
        if line.has(4, word):
            unit = line.tokens[6] if len(line.tokens) > 6 and not line.has(6, "DISABLED") else ""
            value = hours(line.tokens[5], unit)
            if value is None or value < 0:
                problem = _("{given} is no time", given=" ".join(line.tokens[5:]))
                draft.error(line, "bad-time", problem, _("write h:mm or hours"))
                return None
            seconds = float(int(3600.0 * value))
            return {"trigger": word.lower(), "value": seconds % DAY_S if word == "CLOCKTIME" else seconds}
    if short(draft, line, 8):
        return None
    name = draft.id(line.tokens[5])
    if name not in draft.nodes:
        _left_out(draft, line, "unknown-node", name)
        return None
    if not (line.has(6, "ABOVE") or line.has(6, "BELOW")):
        problem = _("{given} is neither ABOVE nor BELOW", given=line.tokens[6])
        draft.error(line, "bad-control", problem, _("correct the control"))
        return None
    pressure = draft.nodes[name]["kind"] == "junction"
    unit_m = draft.units.pressure if pressure else draft.units.length
    value_m = draft.value(line, 7, 0.0) * unit_m
    return {"trigger": "above" if line.has(6, "ABOVE") else "below", "node": name, "value": value_m}


def _left_out(draft: Draft, line: Line, rule: str, name: str) -> None:
    problem = _("names {name}, which is unknown: left out", name=name)
    draft.warn(line, rule, problem, _("correct the id or remove the line"), name)
