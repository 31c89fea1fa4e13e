"""What a city answers when a scenario is checked against it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from twin.drills.schema import Scenario
from twin.drills.vocabulary import verbs
from twin.engine.incidents import targets
from twin.engine.observe import provides
from twin.lifelines import registry
from twin.model.city import City

NEAR = 3


def in_city(scenario: Scenario, city: City) -> Scenario:
    """The scenario as it is meant in a city.

    A city says itself what people call its components. In the city that a scenario is written for its own
    `names` come first; anywhere else the city's do.
    """
    own = dict(zip(city.names["name"].tolist(), city.names["component"].tolist(), strict=True))
    if not own:
        return scenario
    at_home = scenario.city == city.name
    names = {**own, **scenario.names} if at_home else {**scenario.names, **own}
    return scenario.model_copy(update={"names": names})


class CityResolver:
    """A city as the scenario checker sees it."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._state = registry.initial_state(city)

    def components(self, selector: str) -> Sequence[str]:
        """The ids that an id or selector names."""
        return self.city.select(selector)

    def agencies(self) -> Collection[str]:
        """Ids and shown names of the agencies."""
        table = self.city.agencies
        return {str(name) for column in ("id", "name") for name in table[column] if name}

    def provides(self, quantity: str, component: str) -> bool:
        """Whether the quantity can be asked of the component."""
        return quantity == "eta" or provides(self.city, quantity, component)

    def accepts(self, verb: str, component: str) -> bool:
        """Whether the verb has an effect on the component; people can do anything to it."""
        if verbs()[verb].provider != "engine" or verb in ("connect", "disconnect", "switch"):
            return True
        return bool(targets(self.city, self._state, verb, component))

    def simulates(self, hazard: str) -> bool:
        """Whether a network of this city answers to the hazard."""
        return any(hazard in registry.declaration(name).hazards for name in self.city.networks)

    def suggest(self, name: str) -> Sequence[str]:
        """Ids like `name`: near in spelling, or the same bare id under another lifeline or kind."""
        bare = name.rsplit("/", 1)[-1]
        same = [known for known in self.city.refs if known.rsplit("/", 1)[-1] == bare]
        return (same + difflib.get_close_matches(name, self.city.refs, NEAR))[:NEAR]
