"""What is wrong with a scenario by itself, before any city is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from twin.drills.refusal import instead_of
from twin.drills.schema import Scenario
from twin.drills.terms import Action, And, Compare, Condition, Instant, Lasting, Or
from twin.drills.tree import Mark, Path, defect
from twin.drills.vocabulary import quantities
from twin.model.finding import Finding, Severity
from twin.text import Message, _


def check(scenario: Scenario) -> tuple[Finding, ...]:
    """Every finding that needs no city, in the order of the file."""
    checks = (_ids, _missed, _loops, _times, _clocks, _truths, _names)
    found = [finding for each in checks for finding in each(scenario)]
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.column)))


def conditions(scenario: Scenario) -> Iterator[tuple[Path, Condition]]:
    """Every condition of the script with its path, in the order of the file."""
    for number, row in enumerate(scenario.script):
        if row.when is not None:
            yield ("script", number, "when"), row.when
        for place, expectation in enumerate(row.expect):
            for key in ("gets", "keeps"):
                if (condition := getattr(expectation, key)) is not None:
                    yield ("script", number, "expect", place, key), condition


def actions(scenario: Scenario) -> Iterator[tuple[Path, Action]]:
    """Every action of the script with its path, in the order of the file."""
    for number, row in enumerate(scenario.script):
        if row.do is not None:
            yield ("script", number, "do"), row.do
        if row.else_ is not None:
            yield ("script", number, "else", "do"), row.else_.do
        for place, expectation in enumerate(row.expect):
            if expectation.does is not None:
                yield ("script", number, "expect", place, "does"), expectation.does


def wording(scenario: Scenario, language: str) -> dict[str, str]:
    """Conditions and actions of the script in `language`, by the English spelling that the journal has."""
    terms = [term for __, term in (*conditions(scenario), *actions(scenario))]
    return {str(term): term.text(language) for term in terms}


def _warn(mark: Mark, rule: str, problem: Message, remedy: Message, field: str) -> Finding:
    return replace(defect(mark, rule, problem, remedy, field), severity=Severity.WARNING)


def _ids(scenario: Scenario) -> Iterator[Finding]:
    """Each id names one expectation."""
    first: dict[str, Mark] = {}
    for row, number, expectation in scenario.expectations():
        if expectation.id is None:
            continue
        mark = scenario.place("script", row, "expect", number, "id")
        if expectation.id in first:
            line = first[expectation.id].line
            problem = _("{name} stands twice: first in line {line}", name=expectation.id, line=line)
            yield defect(mark, "duplicate-id", problem, _("give each its own id"), "id")
        first.setdefault(expectation.id, mark)


def _missed(scenario: Scenario) -> Iterator[Finding]:
    """An `if_missed` names an expectation that there is."""
    known = [expectation.id for *__, expectation in scenario.expectations() if expectation.id]
    for number, row in enumerate(scenario.script):
        if row.if_missed is not None and row.if_missed not in known:
            mark = scenario.place("script", number, "if_missed")
            problem = _("{name} is the id of no expectation", name=row.if_missed)
            yield defect(mark, "unknown-id", problem, instead_of(row.if_missed, known), "if_missed")


def _loops(scenario: Scenario) -> Iterator[Finding]:
    """No row waits, by way of `if_missed`, for an expectation of its own."""
    rows = {each.id: row for row, __, each in scenario.expectations() if each.id}
    for number, row in enumerate(scenario.script):
        seen: list[int] = []
        at: int | None = rows.get(row.if_missed or "")
        while at is not None and at != number and at not in seen:
            seen.append(at)
            at = rows.get(scenario.script[at].if_missed or "")
        if at == number:
            mark = scenario.place("script", number, "if_missed")
            problem = _("waits for an expectation that only this row sets going")
            yield defect(mark, "never", problem, _("name an expectation of an earlier row"), "if_missed")


def _instants(scenario: Scenario) -> Iterator[tuple[Path, Instant]]:
    for number, row in enumerate(scenario.script):
        if row.at is not None:
            yield ("script", number, "at"), row.at
        if row.else_ is not None:
            yield ("script", number, "else", "at"), row.else_.at


def _times(scenario: Scenario) -> Iterator[Finding]:
    """What happens at a time happens within the run."""
    for path, instant in _instants(scenario):
        seconds = scenario.seconds(instant)
        if seconds < 0:
            problem = _("{time} is before the start ({start})", time=str(instant), start=str(scenario.start))
            remedy = _("give a later time, or start earlier")
        elif seconds >= scenario.horizon_s:
            problem = _("{time} is after the end of the run", time=str(instant))
            remedy = _(
                "the run lasts {hours} h: give an earlier time", hours=f"{scenario.horizon_s / 3600:g}"
            )
            if scenario.duration is None:
                remedy = _("without duration a run lasts 24 h: give an earlier time or a duration")
        else:
            continue
        yield defect(scenario.place(*path), "outside-run", problem, remedy, "at")


def _clocks(scenario: Scenario) -> Iterator[Finding]:
    """The clocks of a row at a known time run out before the run ends."""
    for row, number, expectation in scenario.expectations():
        at = scenario.script[row].at
        if at is None or not 0 <= scenario.seconds(at) < scenario.horizon_s:
            continue
        if scenario.seconds(at) + expectation.clock_s > scenario.horizon_s:
            mark = scenario.place("script", row, "expect", number, "within")
            problem = _("runs out after the end of the run")
            yield _warn(mark, "outside-run", problem, _("lengthen duration or shorten it"), "within")


def _truths(scenario: Scenario) -> Iterator[Finding]:
    """No condition is impossible by the range of its quantity or by the length of the run."""
    for path, condition in conditions(scenario):
        for part in _impossible(condition, scenario.horizon_s):
            at = next(part.measures()).at
            problem = _("{condition} can never be true", condition=str(part))
            key = str(path[-1])
            yield defect(scenario.place(*path, at=at), "never", problem, _reach(part), key)


def _reach(condition: Condition) -> Message:
    """What values the quantity of an impossible comparison can have."""
    if isinstance(condition, Lasting):
        return _("it has to last longer than the run")
    quantity = quantities()[next(condition.measures()).quantity]
    low, high = (f"{value:g}" if abs(value) < 1e300 else "" for value in (quantity.low, quantity.high))
    if low and high:
        return _("{quantity} stays between {low} and {high}", quantity=quantity.name, low=low, high=high)
    return _("{quantity} is never below {low}", quantity=quantity.name, low=low)


def _impossible(condition: Condition, longest: float) -> Iterator[Condition]:
    """The parts of a condition that can never be true and make the whole impossible."""
    if isinstance(condition, Compare) and _out_of_range(condition):
        yield condition
    elif isinstance(condition, Lasting):
        if condition.duration.si > longest:
            yield condition
        yield from _impossible(condition.condition, longest)
    elif isinstance(condition, And):
        for part in condition.conditions:
            yield from _impossible(part, longest)
    elif isinstance(condition, Or):
        parts = [list(_impossible(part, longest)) for part in condition.conditions]
        if all(parts):
            yield parts[0][0]


def _out_of_range(compare: Compare) -> bool:
    quantity, limit = quantities()[compare.measure.quantity], compare.value
    never = {
        ">": limit >= quantity.high,
        ">=": limit > quantity.high,
        "<": limit <= quantity.low,
        "<=": limit < quantity.low,
        "=": not quantity.low <= limit <= quantity.high,
    }
    return never.get(compare.op, False)


def _names(scenario: Scenario) -> Iterator[Finding]:
    """Names lead straight to the census, and are used."""
    used = {
        name for __, condition in conditions(scenario) for each in condition.measures() for name in each.names
    }
    used |= {name for __, action in actions(scenario) for name in (action.object, action.place)}
    elsewhere = str(scenario.variants)
    for name, meant in scenario.names.items():
        mark = scenario.place("names", name)
        if meant in scenario.names:
            problem = _("leads to another name, {name}", name=meant)
            yield defect(mark, "name", problem, _("write what the census says"), name)
        elif name not in used and name not in elsewhere:
            yield _warn(mark, "name", _("is used nowhere"), _("remove it, or use it"), name)
