"""The section `[RULES]` of an EPANET file: premises and actions with their values in SI."""

from __future__ import annotations

from twin.lifelines.water.epanet.components import setting_unit
from twin.lifelines.water.epanet.draft import Draft, Row
from twin.lifelines.water.epanet.lines import Line, hours, number
from twin.text import Message, _

NODES = ("NODE", "JUNC", "RESER", "TANK")
LINKS = ("LINK", "PIPE", "PUMP", "VALVE")
VARIABLES = {
    "node": {
        "DEMAND": "demand",
        "HEAD": "head",
        "GRADE": "head",
        "LEVEL": "level",
        "PRESSURE": "pressure",
        "FILLTIME": "filltime",
        "DRAINTIME": "draintime",
    },
    "link": {"FLOW": "flow", "STATUS": "status", "SETTING": "setting"},
    "system": {"DEMAND": "demand", "CLOCKTIME": "clocktime", "TIME": "time"},
}
RELATIONS = {
    "<>": "<>",
    "<=": "<=",
    ">=": ">=",
    "=": "=",
    "<": "<",
    ">": ">",
    "IS": "=",
    "NOT": "<>",
    "BELOW": "<",
    "ABOVE": ">",
}


class _ClauseError(Exception):
    """A clause that can't be read; the message says why."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem)
        self.problem = problem


def read_rules(draft: Draft) -> None:
    """All rules; one with a clause that can't be read is left out with a finding."""
    rule: list[Row] = []
    wrong = False
    for line in draft.section("RULES"):
        if line.has(0, "RULE"):
            _finish(draft, rule, wrong)
            name = line.tokens[1] if len(line.tokens) > 1 else str(line.number)
            rule, wrong = [{"rule": name, "priority": 0.0, "enabled": True}], False
        elif rule and not wrong:
            try:
                _clause(draft, line, rule)
            except _ClauseError as reason:
                wrong = True
                remedy = _("correct the rule; it is left out")
                draft.error(line, "bad-rule", reason.problem, remedy, rule[0]["rule"])
    _finish(draft, rule, wrong)


def _finish(draft: Draft, rule: list[Row], wrong: bool) -> None:
    if not rule or wrong:
        return
    if rule[-1].get("clause") not in ("then", "else"):
        line = draft.section("RULES")[0]
        remedy = _("complete or remove it")
        draft.warn(line, "empty-rule", _("has a rule without actions: left out"), remedy, rule[0]["rule"])
        return
    head, *clauses = rule
    place = draft.rules[-1]["number"] + 1 if draft.rules else 0
    draft.rules += [head | {"number": place, "row": row} | clause for row, clause in enumerate(clauses)]


def _clause(draft: Draft, line: Line, rule: list[Row]) -> None:
    """Add one clause to a rule, or set its priority."""
    last = rule[-1].get("clause", "")
    acting = last in ("then", "else")
    if line.has(0, "PRIO") and acting:
        rule[0]["priority"] = draft.value(line, 1, 0.0)
    elif line.has(0, "DISABLED") and acting:
        rule[0]["enabled"] = False
    elif line.has(0, "IF") and not last:
        rule.append({"clause": "if"} | _premise(draft, line))
    elif line.has(0, "AND") and acting:
        rule.append({"clause": last} | _action(draft, line))
    elif (line.has(0, "AND") or line.has(0, "OR")) and last in ("if", "and", "or"):
        rule.append({"clause": "and" if line.has(0, "AND") else "or"} | _premise(draft, line))
    elif line.has(0, "THEN") and last in ("if", "and", "or"):
        rule.append({"clause": "then"} | _action(draft, line))
    elif line.has(0, "ELSE") and last == "then":
        rule.append({"clause": "else"} | _action(draft, line))
    else:
        raise _ClauseError(_("{given} stands in a wrong place", given=line.tokens[0]))


def _premise(draft: Draft, line: Line) -> Row:
    """`IF object (id) variable relation value (unit)`."""
    if len(line.tokens) < 5:
        raise _ClauseError(_("a premise is incomplete"))
    thing = _thing(line)
    at = 2 if thing == "system" else 3
    variables = VARIABLES[thing]
    variable = next((name for word, name in variables.items() if line.has(at, word)), "")
    relation = next((sign for word, sign in RELATIONS.items() if line.has(at + 1, word)), "")
    if not variable or not relation or len(line.tokens) < at + 3:
        raise _ClauseError(_("the premise {given} can't be read", given=" ".join(line.tokens[1:])))
    name = "" if thing == "system" else _known(draft, line, thing)
    row: Row = {"object": thing, "id": name, "variable": variable, "relation": relation}
    if variable in ("time", "clocktime"):
        unit = line.tokens[at + 3] if len(line.tokens) > at + 3 else ""
        value = hours(line.tokens[at + 2], unit)
        if value is None or value < 0:
            raise _ClauseError(_("{given} is no time", given=" ".join(line.tokens[at + 2 :])))
        return row | {"value": float(int(value * 3600.0))}
    word = _status(line, len(line.tokens) - 1)
    if bool(word) != (variable == "status"):
        raise _ClauseError(_("the premise {given} can't be read", given=" ".join(line.tokens[1:])))
    if word:
        return row | {"status": word}
    return row | {"value": _value(line, len(line.tokens) - 1) * _unit(draft, row)}


def _action(draft: Draft, line: Line) -> Row:
    """`THEN LINK id variable IS value`."""
    if len(line.tokens) != 6:
        raise _ClauseError(_("an action is incomplete"))
    name = _known(draft, line, "link")
    link = draft.links[name]
    if link.get("check_valve"):
        raise _ClauseError(_("{name} is a check valve, which can't be controlled", name=name))
    row: Row = {"object": "link", "id": name, "variable": "status", "relation": "="}
    if word := _status(line, 5):
        return row | {"status": word}
    value = _value(line, 5)
    if value < 0 or link.get("valve_type") == "GPV":
        raise _ClauseError(_("{given} is no setting of this link", given=line.tokens[5]))
    if link["kind"] == "pipe":
        return row | {"status": "open" if value > 0 else "closed"}
    return row | {"variable": "setting", "value": value * setting_unit(draft, link)}


def _thing(line: Line) -> str:
    if line.has(1, "SYSTEM"):
        return "system"
    if any(line.has(1, word) for word in NODES):
        return "node"
    if any(line.has(1, word) for word in LINKS):
        return "link"
    raise _ClauseError(_("{given} is neither a node, a link nor SYSTEM", given=line.tokens[1]))


def _known(draft: Draft, line: Line, thing: str) -> str:
    name = draft.id(line.tokens[2])
    if name not in (draft.nodes if thing == "node" else draft.links):
        raise _ClauseError(_("names {name}, which is unknown", name=name))
    return name


def _status(line: Line, place: int) -> str:
    return next((word.lower() for word in ("OPEN", "CLOSED", "ACTIVE") if line.has(place, word)), "")


def _value(line: Line, place: int) -> float:
    value = number(line.tokens[place])
    if value is None:
        raise _ClauseError(_("{given} is not a number", given=line.tokens[place]))
    return value


def _unit(draft: Draft, row: Row) -> float:
    """The SI size of one unit of a premise's number."""
    units, variable = draft.units, row["variable"]
    if variable == "setting":
        return setting_unit(draft, draft.links[row["id"]])
    if variable in ("filltime", "draintime"):
        return 3600.0
    if variable == "pressure":
        return units.pressure
    return units.flow if variable in ("demand", "flow") else units.length
