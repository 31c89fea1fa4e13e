"""What is true now: the quantities that conditions read, for any component at the present instant."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from twin.engine.needs import Cascade
from twin.engine.world import World
from twin.lifelines import registry
from twin.model.city import City
from twin.model.network import Ref

PLAIN = frozenset({"served", "out", "available", "failed", "opened"})
"""Quantities that every component has."""


def provides(city: City, quantity: str, name: str) -> bool:
    """Whether `Observer.value` can answer `quantity` for a component of the city."""
    ref = city.refs[name]
    if quantity == "backup":
        return name in set(city.dependencies["consumer"])
    if quantity == "supplied":
        return ref.layer in city.networks and ref.table == registry.declaration(ref.layer).consumers
    return quantity in PLAIN or declared(quantity, ref) is not None


def declared(quantity: str, ref: Ref) -> tuple[str, str] | None:
    """Table and column of a quantity that the component's lifeline declares, else None."""
    if ref.layer not in registry.declarations():
        return None
    for known in registry.declaration(ref.layer).quantities:
        if known.name == quantity and known.table == ref.table:
            return known.table, known.column
    return None


class Observer:
    """Reads quantities of components; stored quantities are carried forward from the last solve."""

    def __init__(self, world: World, cascade: Cascade) -> None:
        self.world = world
        self.cascade = cascade
        self._common: Mapping[str, Callable[[Ref], float]] = {
            "served": self._share,
            "out": lambda ref: float(self._out(ref)),
            "available": lambda ref: float(world.state.is_available(ref)),
            "failed": lambda ref: float(world.state.get(ref, "failed")),
            "opened": lambda ref: float(self._opened(ref)),
            "backup": self._backup,
            "supplied": self._supplied,
        }

    def value(self, quantity: str, name: str, at: float | None = None) -> float:
        """The quantity of a component in SI units, now or (stored quantities) at a later run time `at`.

        Raises
        ------
        KeyError
            Where the quantity cannot be asked of this component.
        """
        ref = self.world.city.refs[name]
        if quantity in self._common:
            return self._common[quantity](ref)
        table, column = declared(quantity, ref) or ("", "")
        if not table:
            raise KeyError(quantity)
        if (stored := self._stored(ref, column, self.world.now if at is None else at)) is not None:
            return stored
        solution = self.world.solutions[ref.layer]
        return float(solution.tables[table][column][ref.row])

    def _stored(self, ref: Ref, column: str, at: float) -> float | None:
        """A stored quantity at run time `at`, under the flows of the last solve; None where not stored."""
        world = self.world
        passed = at - world.solved_at.get(ref.layer, at)
        if passed <= 0 or not world.state.has(ref.layer, ref.table, column):
            return None
        start = world.solved_at[ref.layer] + world.offset_s
        writes = world.models[ref.layer].advance(world.state, world.solutions[ref.layer], start, passed)
        for write in writes:
            if write.ref == ref and write.column == column and not write.rule:
                return float(write.value)
        return None

    def _share(self, ref: Ref) -> float:
        return float(self.world.share[ref.layer, ref.table][ref.row])

    def _out(self, ref: Ref) -> bool:
        return not self.world.state.is_available(ref) or self._share(ref) <= 0.0

    def _opened(self, ref: Ref) -> bool:
        for column, open_value in (("open", True), ("closed", False)):
            if self.world.state.has(ref.layer, ref.table, column):
                return bool(self.world.state.get(ref, column)) == open_value
        return self.world.state.is_available(ref)

    def _backup(self, ref: Ref) -> float:
        needs = self.cascade.of.get(ref, [])
        return min((need.charge(self.world.now) for need in needs), default=math.inf)

    def _supplied(self, ref: Ref) -> float:
        return float(self.world.solutions[ref.layer].supplied[ref.row])
