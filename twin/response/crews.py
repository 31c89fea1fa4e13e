"""Agencies and their crews: who is free, where they stand, who goes next."""

from __future__ import annotations

from dataclasses import dataclass, field

import simpy

from twin.engine.world import World
from twin.response.roads import Travel


@dataclass
class Crew:
    """One crew; `node` is the road node it stands at (-1: unknown)."""

    name: str
    node: int


@dataclass
class Agency:
    """An agency on duty: its crews are a SimPy resource, the lowest rank in its order is served first."""

    name: str
    layers: tuple[str, ...]
    played: bool
    crews: simpy.PriorityResource | None
    idle: list[Crew] = field(default_factory=list)

    def take(self, travel: Travel, node: int) -> Crew:
        """The idle crew that is nearest to a road node (the first by name where it makes no difference)."""
        crew = min(self.idle, key=lambda crew: (_distance(travel, crew, node), crew.name))
        self.idle.remove(crew)
        return crew


def _distance(travel: Travel, crew: Crew, node: int) -> float:
    return travel.seconds(crew.node, node) if min(crew.node, node) >= 0 else 0.0


def read_agencies(
    world: World, travel: Travel, crews: dict[str, int], played: frozenset[str]
) -> dict[str, Agency]:
    """The city's agencies by id, with today's number of crews and who is played by people."""
    table = world.city.agencies
    agencies = {}
    for row in table.records():
        name = str(row["id"])
        count = crews.get(name, int(row["crews"]))
        node = travel.depot(str(row["depot"]))
        agencies[name] = Agency(
            name,
            tuple(str(row["layers"]).split()),
            name in played,
            simpy.PriorityResource(world.env, count) if count else None,
            [Crew(f"{name} {number + 1}", node) for number in range(count)],
        )
    return agencies


def agency_names(world: World) -> dict[str, str]:
    """Agency id by every name a scenario may use for it."""
    table = world.city.agencies
    names = {str(name): str(ident) for ident, name in zip(table["id"], table["name"], strict=True) if name}
    return names | {str(ident): str(ident) for ident in table["id"]}
