"""The sections of an EPANET file that add to nodes and links: demands, emitters, status, tags, places."""

from __future__ import annotations

from collections.abc import Iterator

from twin.lifelines.water.epanet.components import pattern_at, setting_unit
from twin.lifelines.water.epanet.draft import Draft, Row, short
from twin.lifelines.water.epanet.lines import Line, number
from twin.text import _


def read_demands(draft: Draft) -> None:
    """`junction demand (pattern) ;category`: the rows of a junction replace its own demand."""
    for line in draft.section("DEMANDS"):
        if short(draft, line, 2):
            continue
        name = draft.id(line.tokens[0])
        if name not in draft.nodes:
            _unknown(draft, line, name)
        elif draft.nodes[name]["kind"] == "junction":
            row = {
                "demand_ls": draft.value(line, 1, 0.0) * draft.units.flow * 1000.0,
                "pattern": pattern_at(draft, line, 2),
                "category": line.comment,
            }
            draft.demands.setdefault(name, []).append(row)


def read_emitters(draft: Draft) -> None:
    """`junction coefficient`: flow at a pressure of one unit (psi or m)."""
    exponent = draft.options.get("emitter_exponent", 0.5)
    unit = draft.units.flow * 1000.0 / draft.units.emitter_pressure**exponent
    for line in draft.section("EMITTERS"):
        if short(draft, line, 2):
            continue
        name = draft.id(line.tokens[0])
        if name not in draft.nodes:
            _unknown(draft, line, name)
        elif draft.nodes[name]["kind"] == "junction":
            draft.nodes[name]["emitter_coefficient"] = draft.value(line, 1, 0.0, least=0.0) * unit


def read_status(draft: Draft) -> None:
    """`link status` or `first last status`: open, closed, or a pump's speed or valve's setting."""
    for line in draft.section("STATUS"):
        if short(draft, line, 2):
            continue
        targets = list(_range(draft, line))
        if not targets:
            problem = _("sets the status of {name}, which is no link: left out", name=line.tokens[0])
            draft.warn(line, "unknown-link", problem, _("remove the line"), line.tokens[0])
        for name in targets:
            _set_status(draft, line, draft.links[name])


def _range(draft: Draft, line: Line) -> Iterator[str]:
    """Links named by a status line; with two ids all in between, by number where both are numbers."""
    names = [draft.id(text) for text in line.tokens[:-1]]
    if len(names) == 1:
        if names[0] in draft.links:
            yield names[0]
        return
    low, high = (_leading_number(name) for name in names[:2])
    for name in draft.links:
        if low > 0 and high > 0:
            if low <= _leading_number(name) <= high:
                yield name
        elif names[0] <= name <= names[1]:
            yield name


def _leading_number(text: str) -> int:
    digits = ""
    for letter in text:
        if not (letter.isascii() and letter.isdigit()):
            break
        digits += letter
    return int(digits or 0)


def _set_status(draft: Draft, line: Line, link: Row) -> None:
    last = len(line.tokens) - 1
    word = "OPEN" if line.has(last, "OPEN") else "CLOSED" if line.has(last, "CLOSED") else ""
    if link.get("check_valve"):
        problem = _("sets the status of a check valve: left out")
        draft.warn(line, "check-valve", problem, _("remove the line"), line.tokens[0])
    elif word:
        link["open"] = word == "OPEN"
        if link["kind"] == "valve":
            link["fixed"] = True
        elif link["kind"] == "pump" and word == "OPEN":
            link["setting"] = 1.0
    elif number(line.tokens[last]) is None:
        problem = _("{given} is neither Open, Closed nor a number", given=line.tokens[last])
        draft.error(line, "bad-status", problem, _("correct the status"), line.tokens[0])
    elif link["kind"] == "pump" or (link["kind"] == "valve" and link["valve_type"] != "GPV"):
        value = draft.value(line, last, 0.0, least=0.0) * setting_unit(draft, link)
        link["setting"], link["fixed"] = value, False
        link["open"] = link["kind"] == "valve" or value > 0


def read_places(draft: Draft) -> None:
    """`[COORDINATES]` and `[VERTICES]`: `id x y`; rows of unknown ids are left out."""
    for line in draft.section("COORDINATES"):
        if (place := _place(draft, line)) and (node := draft.nodes.get(draft.id(line.tokens[0]))):
            node["x"], node["y"] = place
    for line in draft.section("VERTICES"):
        name = draft.id(line.tokens[0])
        if (place := _place(draft, line)) and name in draft.links:
            draft.vertices.setdefault(name, []).append(place)


def _place(draft: Draft, line: Line) -> tuple[float, float] | None:
    values = [number(text) for text in line.tokens[1:3]]
    if len(values) == 2 and values[0] is not None and values[1] is not None:
        return values[0], values[1]
    problem = _("gives no place for {name}: left out", name=line.tokens[0])
    draft.warn(line, "bad-place", problem, _("write id, x and y"), line.tokens[0])
    return None


def read_tags(draft: Draft) -> None:
    """`NODE id tag` or `LINK id tag`."""
    for line in draft.section("TAGS"):
        table = draft.nodes if line.has(0, "NODE") else draft.links
        name = draft.id(line.tokens[1]) if len(line.tokens) > 2 else ""
        if name in table:
            table[name]["tag"] = " ".join(line.tokens[2:])
        else:
            problem = _("tags {name}, which is unknown: left out", name=name)
            draft.warn(line, "unknown-tag", problem, _("remove the line"), name)


def _unknown(draft: Draft, line: Line, name: str) -> None:
    problem = _("names {name}, which is no node", name=name)
    draft.error(line, "unknown-node", problem, _("correct the id or remove the line"), name)
