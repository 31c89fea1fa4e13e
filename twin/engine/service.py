"""Who is served: consumers that lose or regain their service, stores that run empty, and why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.engine.explain import Explainer
from twin.engine.needs import Cascade
from twin.engine.world import Touch, World
from twin.lifelines import registry
from twin.lifelines.base import Role
from twin.model.city import FACILITY
from twin.model.network import Ref

UNSERVED_BELOW = 0.5
"""A consumer counts as unserved in the journal when less than half of its demand is met."""

Flags = NDArray[np.bool_]


class ServiceWatch:
    """Notes in the journal whose service ended or came back since the last look."""

    def __init__(self, world: World, cascade: Cascade) -> None:
        self.world = world
        self.cascade = cascade
        roles: tuple[Role, ...] = ("consumer", "store")
        self._is = {(name, role): _in_role(world, name, role) for name in world.city.layers for role in roles}
        self._demanded: dict[str, Flags] = {}
        self._empty: dict[str, Flags] = {}
        self._unserved: dict[str, Flags] = {}

    def look(self, layer: str, explainer: Explainer) -> None:
        """Note what changed for the consumers and stores of a layer that was just solved."""
        world = self.world
        table = consumers(layer)
        if not table:
            return
        below = world.share[layer, table] < UNSERVED_BELOW
        self._note_stores(layer, table, below, explainer)
        unserved = self._demanding(layer) & below
        before = self._unserved.get(layer, np.zeros(len(unserved), dtype=bool))
        self._unserved[layer] = unserved
        ids = world.city.layers[layer].ids(table)
        for row in np.flatnonzero(unserved != before):
            world.service_events[str(ids[row])] = world.journal.append(
                world.now,
                "unserved" if unserved[row] else "served",
                lifeline=layer,
                component=str(ids[row]),
                value=repr(float(world.share[layer, table][row])),
                cause=self._cause(layer, table, int(row), explainer),
            )

    def _demanding(self, layer: str) -> Flags:
        """Which rows of the consumer table have demanded anything so far; only these can be unserved."""
        demanding = self._is[layer, "consumer"]
        solution = self.world.solutions.get(layer)
        if solution is None:
            return demanding
        self._demanded[layer] = self._demanded.get(layer, np.zeros(len(demanding), dtype=bool)) | (
            solution.required > 0
        )
        return demanding & self._demanded[layer]

    def _note_stores(self, layer: str, table: str, below: Flags, explainer: Explainer) -> None:
        """Stores that ran empty or give again: they explain what follows at this instant."""
        world = self.world
        empty = self._is[layer, "store"] & below
        before = self._empty.get(layer, np.zeros(len(empty), dtype=bool))
        self._empty[layer] = empty
        ids = world.city.layers[layer].ids(table)
        for row in np.flatnonzero(empty != before):
            ref = Ref(layer, table, int(row))
            event = world.journal.append(
                world.now,
                "empty" if empty[row] else "refilled",
                lifeline=layer,
                component=str(ids[row]),
                cause=explainer.cause(layer, table, int(row), UNSERVED_BELOW),
            )
            explainer.stores.setdefault(layer, []).append(Touch(event, ref, "", False))

    def _cause(self, layer: str, table: str, row: int, explainer: Explainer) -> int:
        """A consumer that is out itself is unserved because of that; else what happened in its network."""
        world = self.world
        name = str(world.city.layers[layer].ids(table)[row])
        if (own := world.disturbed[layer].get(name)) is not None:
            return own
        if (need := self.cascade.worst(Ref(layer, table, row))) is not None:
            return need.event
        return explainer.cause(layer, table, row, UNSERVED_BELOW)


def consumers(layer: str) -> str:
    """The component table of a layer whose rows demand service; "" where nothing does."""
    if layer == FACILITY:
        return "nodes"
    known = registry.declarations()
    return known[layer].consumers if layer in known else ""


def _in_role(world: World, layer: str, role: Role) -> Flags:
    """Which rows of a layer's consumer table have this role."""
    if layer == FACILITY:
        return np.full(len(world.city.facilities.tables["nodes"]), role == "consumer")
    if not (table := consumers(layer)):
        return np.zeros(0, dtype=bool)
    kinds = registry.declaration(layer).kinds
    own = world.city.networks[layer].tables[table]["kind"]
    return np.array([kinds[kind].role == role for kind in own], dtype=bool)
