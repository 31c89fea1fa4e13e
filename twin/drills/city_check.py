"""Whether a scenario fits a city: names, agencies, quantities, verbs and hazards.

The city is met through the `Resolver` protocol alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from twin.drills.check import actions, conditions
from twin.drills.refusal import instead_of
from twin.drills.schema import Scenario
from twin.drills.terms import Action, Measure
from twin.drills.tree import Path, defect
from twin.drills.vocabulary import Quantity, quantities, verbs
from twin.model.finding import Finding, Severity
from twin.text import Message, _


class Resolver(Protocol):
    """What a city answers about itself."""

    def components(self, selector: str) -> Sequence[str]:
        """The ids that an id or selector (`hospital/*`) names, () where there are none."""
        ...

    def agencies(self) -> Collection[str]:
        """The names of its agencies."""
        ...

    def provides(self, quantity: str, component: str) -> bool:
        """Whether the quantity can be asked of the component."""
        ...

    def accepts(self, verb: str, component: str) -> bool:
        """Whether the verb has an effect on the component."""
        ...

    def simulates(self, hazard: str) -> bool:
        """Whether hazards of this kind (`rain`, `storm`) act on it."""
        ...

    def suggest(self, name: str) -> Sequence[str]:
        """Ids like `name`, the nearest first."""
        ...


def check_against(scenario: Scenario, resolver: Resolver) -> tuple[Finding, ...]:
    """Every finding about `scenario` in the city behind `resolver`, in the order of the file."""
    match = _Match(scenario, resolver)
    found = [
        *match.names(),
        *match.agencies(),
        *match.hazards(),
        *(
            finding
            for path, condition in conditions(scenario)
            for finding in match.condition(path, condition.measures())
        ),
        *(finding for path, action in actions(scenario) for finding in match.action(path, action)),
    ]
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.column)))


class _Match:
    """The checks of one scenario in one city."""

    def __init__(self, scenario: Scenario, resolver: Resolver) -> None:
        self.scenario, self.resolver = scenario, resolver
        self.known_agencies = tuple(sorted(resolver.agencies()))
        self._reported: set[str] = set()

    def _defect(
        self, path: Path, rule: str, problem: Message, remedy: Message, at: int = 0, ids: tuple[str, ...] = ()
    ) -> Finding:
        field = str(path[0] if path[0] in ("agencies", "hazards") else path[-1])
        return replace(defect(self.scenario.place(*path, at=at), rule, problem, remedy, field), ids=ids)

    def names(self) -> Iterator[Finding]:
        """What `names` lead to is in the city."""
        for name, meant in self.scenario.names.items():
            if not self.resolver.components(meant) and meant not in self.known_agencies:
                yield self._unknown(("names", name), meant, 0)

    def agencies(self) -> Iterator[Finding]:
        """Every agency that is changed, told or expected to act is one of the city."""
        paths: list[tuple[Path, str]] = [(("agencies", name), name) for name in self.scenario.agencies]
        for number, row in enumerate(self.scenario.script):
            if row.tell is not None:
                paths.append((("script", number, "tell", "to"), row.tell.to))
            paths += [
                (("script", number, "expect", place, "who"), each.who)
                for place, each in enumerate(row.expect)
            ]
        for path, name in paths:
            yield from self._agency(path, name, 0)

    def hazards(self) -> Iterator[Finding]:
        """Every hazard acts on something."""
        for number, hazard in enumerate(self.scenario.hazards):
            if not self.resolver.simulates(hazard.kind):
                yield self._not_simulated(("hazards", number, hazard.kind), hazard.kind, 0)

    def condition(self, path: Path, measures: Iterator[Measure]) -> Iterator[Finding]:
        """Every measure can be asked of what it names."""
        for measure in measures:
            quantity = quantities()[measure.quantity]
            if len(measure.names) > 1:
                yield from self._agency(path, measure.names[0], measure.at)
            if not quantity.provider:
                yield self._not_simulated(path, quantity.name, measure.at)
            yield from self._measure(path, measure, quantity)

    def _measure(self, path: Path, measure: Measure, quantity: Quantity) -> Iterator[Finding]:
        ids = self.resolver.components(self.scenario.resolve(measure.selector))
        if not ids:
            yield from self._missing(path, measure.selector, measure.at)
            return
        group = quantity.arguments == ("group",)
        if len(ids) > 1 and not measure.aggregate and not group:
            any_all, figures = _("any() or all()"), _("min(), max(), mean(), any() or all()")
            form = any_all if quantity.is_truth else figures
            problem = _("{selector} names {count} components", selector=measure.selector, count=len(ids))
            yield self._defect(path, "aggregate", problem, _("put {form} around it", form=form), measure.at)
        if quantity.provider == "response":
            return
        without = tuple(each for each in ids if not self.resolver.provides(quantity.name, each))
        if quantity.provider and without:
            problem = _("{quantity} cannot be asked here", quantity=quantity.name)
            remedy = _("ask another quantity or another component")
            yield self._defect(path, "quantity", problem, remedy, measure.at, without)

    def action(self, path: Path, action: Action) -> Iterator[Finding]:
        """The verb is simulated and has an effect on what the action names."""
        verb = verbs()[action.verb]
        people = path[-1] == "does"
        if not verb.provider and not people:
            yield self._not_simulated(path, verb.name, 0)
        elif not verb.provider and not self._is_played(path):
            remedy = _("let its agency be played, or expect something else")
            finding = self._defect(
                path, "not-simulated", _("{verb} is done by players only", verb=verb.name), remedy
            )
            yield replace(finding, severity=Severity.WARNING)
        ids: tuple[str, ...] = ()
        slots = (
            (verb.object.kind, action.object, action.object_at),
            (verb.place.kind, action.place, action.place_at),
        )
        for kind, name, at in slots:
            if name and kind == "agency":
                yield from self._agency(path, name, at)
            elif name and (kind == "component" or (kind == "any" and "/" in self.scenario.resolve(name))):
                found = tuple(self.resolver.components(self.scenario.resolve(name)))
                ids = ids or found
                if not found:
                    yield from self._missing(path, name, at)
        if ids and verb.provider == "engine":
            yield from self._effect(path, action, ids)

    def _effect(self, path: Path, action: Action, ids: tuple[str, ...]) -> Iterator[Finding]:
        without = tuple(each for each in ids if not self.resolver.accepts(action.verb, each))
        if without:
            problem = _("{verb} has no effect here", verb=action.verb)
            yield self._defect(
                path, "verb", problem, _("use another verb or another component"), action.object_at, without
            )

    def _is_played(self, path: Path) -> bool:
        row, number = path[1], path[3]
        assert isinstance(row, int)
        assert isinstance(number, int)
        agency = self.scenario.agencies.get(self.scenario.script[row].expect[number].who)
        return agency is not None and agency.played

    def _agency(self, path: Path, name: str, at: int) -> Iterator[Finding]:
        """The finding for a name that is no agency, at the first place it stands."""
        if self.scenario.resolve(name) not in self.known_agencies and name not in self._reported:
            self._reported.add(name)
            problem = _("{name} is no agency of the city", name=name)
            yield self._defect(path, "unknown-agency", problem, instead_of(name, self.known_agencies), at)

    def _missing(self, path: Path, name: str, at: int) -> Iterator[Finding]:
        """The finding for a name that is nothing in the city; a defect in `names` is reported there."""
        if name not in self.scenario.names:
            yield self._unknown(path, name, at)

    def _unknown(self, path: Path, name: str, at: int) -> Finding:
        near = (*self.resolver.suggest(name), *(() if path[0] == "names" else self.scenario.names))
        remedy = instead_of(name, near) if near else _("write an id of the city, or add it under names")
        problem = _("{name} is nothing in the city", name=name)
        return self._defect(path, "unknown-component", problem, remedy, at)

    def _not_simulated(self, path: Path, what: str, at: int) -> Finding:
        problem = _("{what} is not simulated by this city's networks", what=what)
        return self._defect(path, "not-simulated", problem, _("leave it out, or choose another city"), at)
