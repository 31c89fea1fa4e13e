"""The sections of an EPANET file that describe nodes and links."""

from __future__ import annotations

from math import pi

from twin.lifelines.water.epanet.draft import Draft, Row, short
from twin.lifelines.water.epanet.lines import Line, number
from twin.lifelines.water.units import setting_size
from twin.text import _

VALVES = ("PRV", "PSV", "PBV", "FCV", "TCV", "GPV", "PCV")
DEFAULT_ROUGHNESS = {"HW": 130.0, "DW": 0.0005, "CM": 0.01}
"""Roughness of a pipe row that gives none (EPANET 2.3), in file units."""


def read_junctions(draft: Draft) -> None:
    """`id elevation (demand) (pattern)`."""
    for line in draft.section("JUNCTIONS"):
        name = draft.new(line, "nodes", line.tokens[0])
        if name is None:
            continue
        draft.nodes[name] = {
            "kind": "junction",
            "elevation_m": draft.value(line, 1, 0.0) * draft.units.length,
            "demand_ls": draft.value(line, 2, 0.0) * draft.units.flow * 1000.0,
            "pattern": pattern_at(draft, line, 3),
            "note": line.comment,
        }


def read_reservoirs_and_tanks(draft: Draft) -> None:
    """`id head (pattern)` or `id elevation level min max diameter (volume) (curve) (overflow)`.

    As in EPANET a row is a reservoir when it has at most three entries or its diameter is zero.
    """
    for line in (*draft.section("RESERVOIRS"), *draft.section("TANKS")):
        if short(draft, line, 2):
            continue
        name = draft.new(line, "nodes", line.tokens[0])
        if name is None:
            continue
        row: Row = {"elevation_m": draft.value(line, 1, 0.0) * draft.units.length, "note": line.comment}
        if len(line.tokens) <= 3:
            row |= {"kind": "reservoir", "pattern": pattern_at(draft, line, 2)}
        elif not short(draft, line, 6):
            row |= _tank(draft, line)
            if row["kind"] == "reservoir":
                row["elevation_m"] += row.pop("level_m")
        draft.nodes[name] = {"kind": "reservoir"} | row


def _tank(draft: Draft, line: Line) -> Row:
    length = draft.units.length
    level, low, high, diameter = (draft.value(line, place, 0.0, least=0.0) * length for place in range(2, 6))
    if diameter == 0:
        return {"kind": "reservoir", "level_m": level}
    curve = line.tokens[7] if len(line.tokens) > 7 and not line.tokens[7].startswith("*") else ""
    volume = draft.value(line, 6, 0.0, least=0.0) * draft.units.volume
    return {
        "kind": "tank",
        "level_m": level,
        "level_min_m": low,
        "level_max_m": high,
        "diameter_m": diameter,
        "volume_min_m3": 0.0 if volume == pi * diameter**2 / 4 * low else volume,
        "curve": curve_for(draft, line, curve, "volume"),
        "overflow": line.has(8, "YES"),
    }


def read_pipes(draft: Draft) -> None:
    """`id start end length diameter roughness (minor loss) (status)`."""
    american = draft.units.length != 1.0
    for line in draft.section("PIPES"):
        row = _link(draft, line, "pipe")
        if row is None:
            continue
        status = _pipe_status(draft, line)
        roughness = draft.positive(line, 5, DEFAULT_ROUGHNESS[draft.options["headloss"]])
        if draft.options["headloss"] == "DW":
            roughness *= draft.units.roughness
        minor = number(line.tokens[6]) if len(line.tokens) > 6 else None
        if minor is not None and minor < 0:
            minor = draft.value(line, 6, 0.0, least=0.0)
        row |= {
            "length_m": draft.positive(line, 3, 330.0 if american else 100.0) * draft.units.length,
            "diameter_mm": draft.positive(line, 4, 10.0 if american else 254.0) * draft.units.diameter,
            "roughness": roughness,
            "minor_loss": minor or 0.0,
            "check_valve": status == "CV",
            "open": status != "CLOSED",
        }


def _pipe_status(draft: Draft, line: Line) -> str:
    """OPEN, CLOSED or CV, from the seventh (where that is no loss coefficient) or eighth entry."""
    place = 6 if len(line.tokens) == 7 and number(line.tokens[6]) is None else 7
    if place >= len(line.tokens):
        return "OPEN"
    for word in ("OPEN", "CLOSED", "CV"):
        if line.has(place, word):
            return word
    problem = _("{given} is neither Open, Closed nor CV", given=line.tokens[place])
    draft.error(line, "bad-status", problem, _("correct the status"), line.tokens[0])
    return "OPEN"


def read_pumps(draft: Draft) -> None:
    """`id start end {POWER p | HEAD curve | PATTERN pattern | SPEED s}`, or numbers as in EPANET 1."""
    for line in draft.section("PUMPS"):
        row = _link(draft, line, "pump")
        if row is None:
            continue
        row |= {"open": True, "setting": 1.0}
        if len(line.tokens) > 3 and number(line.tokens[3]) is not None:
            _old_pump(draft, line, row)
            continue
        for place in range(3, len(line.tokens) - 1, 2):
            _pump_entry(draft, line, place, row)
        row["open"] = row["setting"] > 0


def _pump_entry(draft: Draft, line: Line, place: int, row: Row) -> None:
    if line.has(place, "POWER"):
        row["power_kw"] = draft.positive(line, place + 1, 1.0) * draft.units.power
    elif line.has(place, "HEAD"):
        row["curve"] = curve_for(draft, line, line.tokens[place + 1], "pump")
    elif line.has(place, "PATT"):
        row["pattern"] = pattern_at(draft, line, place + 1)
    elif line.has(place, "SPEE"):
        row["setting"] = draft.value(line, place + 1, 1.0, least=0.0)
    else:
        problem = _("{given} is no property of a pump", given=line.tokens[place])
        draft.error(line, "bad-keyword", problem, _("write POWER, HEAD, PATTERN or SPEED"), line.tokens[0])


def _old_pump(draft: Draft, line: Line, row: Row) -> None:
    """EPANET 1: `power`, `head flow`, or `shutoff-head head flow head flow`."""
    values = [draft.value(line, place, 0.0) for place in range(3, len(line.tokens))]
    if len(values) == 1:
        row["power_kw"] = draft.positive(line, 3, 1.0) * draft.units.power
        return
    if len(values) == 2:
        points = [(values[1], values[0])]
    elif len(values) >= 5:
        points = [(0.0, values[0]), (values[2], values[1]), (values[4], values[3])]
    else:
        problem = _("has {found} numbers instead of 1, 2 or 5", found=len(values))
        draft.error(line, "bad-pump", problem, _("give the pump a curve"), line.tokens[0])
        return
    curve = f"pump-{line.tokens[0]}"
    while curve in draft.curves:
        curve += "'"
    draft.curves[curve] = points
    draft.curve_use[curve] = "pump"
    row["curve"] = curve


def read_valves(draft: Draft) -> None:
    """`id start end diameter type setting (minor loss) (curve)`."""
    for line in draft.section("VALVES"):
        if short(draft, line, 5):
            continue
        kind = next((word for word in VALVES if line.has(4, word)), None)
        if kind is None:
            problem = _("{given} is no type of valve", given=line.tokens[4])
            draft.error(line, "bad-valve", problem, _("write one of PRV PSV PBV FCV TCV GPV PCV"))
            continue
        row = _link(draft, line, "valve")
        if row is None:
            continue
        row |= {
            "valve_type": kind,
            "diameter_mm": draft.positive(line, 3, 1.0) * draft.units.diameter,
            "minor_loss": draft.value(line, 6, 0.0, least=0.0),
            "open": True,
        }
        if kind == "GPV":
            text = line.tokens[5] if len(line.tokens) > 5 else ""
            row["curve"] = curve_for(draft, line, text, "headloss")
        else:
            row["setting"] = draft.value(line, 5, 0.0) * setting_unit(draft, row)
        if kind == "PCV" and len(line.tokens) > 7:
            row["curve"] = curve_for(draft, line, line.tokens[7], "valve")


def setting_unit(draft: Draft, link: Row) -> float:
    """The SI size of one unit of a pump's or valve's setting in the file."""
    return setting_size(draft.units, link["kind"], link.get("valve_type", ""))


def _link(draft: Draft, line: Line, kind: str) -> Row | None:
    """A new link between two known nodes; None and findings where it can't be one."""
    if short(draft, line, 3):
        return None
    name = draft.new(line, "links", line.tokens[0])
    ends = [draft.id(text) for text in line.tokens[1:3]]
    missing = [end for end in ends if end not in draft.nodes]
    for end in missing:
        problem = _("ends at {node}, which is no node", node=end)
        draft.error(line, "dangling", problem, _("correct the id or add the node"), line.tokens[0])
    if ends[0] == ends[1]:
        problem = _("begins and ends at {node}", node=ends[0])
        draft.error(line, "loop", problem, _("correct one of the ends"), line.tokens[0])
    if name is None or missing or ends[0] == ends[1]:
        return None
    draft.links[name] = {"kind": kind, "start": ends[0], "end": ends[1], "note": line.comment}
    return draft.links[name]


def pattern_at(draft: Draft, line: Line, place: int) -> str:
    """The pattern named at a place of a line, "" where there is none; a finding where it is unknown."""
    if place >= len(line.tokens) or line.tokens[place] == "*":
        return ""
    name = line.tokens[place]
    if name not in draft.patterns:
        problem = _("names the pattern {name}, which is not in [PATTERNS]", name=name)
        draft.error(line, "unknown-pattern", problem, _("add or correct the pattern"), line.tokens[0])
    return name


def curve_for(draft: Draft, line: Line, name: str, use: str) -> str:
    """A curve that is used as `use` from now on; a finding where it is unknown or means something else."""
    if not name:
        return ""
    if name not in draft.curves:
        problem = _("names the curve {name}, which is not in [CURVES]", name=name)
        draft.error(line, "unknown-curve", problem, _("add or correct the curve"), line.tokens[0])
    elif draft.curve_use.setdefault(name, use) != use:
        problem = _("uses the curve {name} in a second meaning", name=name)
        draft.error(line, "curve-use", problem, _("give it a curve of its own"), line.tokens[0])
    return name
