"""What is true now: the quantities that conditions read, for any component at the present instant."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from twin.engine.needs import Cascade
from twin.engine.world import World
from twin.lifelines import registry
from twin.model.network import Ref


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

    def provides(self, quantity: str, ref: Ref) -> bool:
        """Whether `value` can answer `quantity` for a component."""
        if quantity == "supplied":
            return ref.table == self._consumers(ref.layer)
        if quantity in self._common:
            return quantity != "backup" or ref in self.cascade.of
        return bool(self._column(quantity, ref))

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
        table, column = self._column(quantity, ref) or ("", "")
        if not table:
            raise KeyError(quantity)
        if (stored := self._stored(ref, column, self.world.now if at is None else at)) is not None:
            return stored
        solution = self.world.solutions[ref.layer]
        return float(solution.tables[table][column][ref.row])

    def _column(self, quantity: str, ref: Ref) -> tuple[str, str] | None:
        if ref.layer not in self.world.models:
            return None
        for declared in registry.declaration(ref.layer).quantities:
            if declared.name == quantity and declared.table == ref.table:
                return declared.table, declared.column
        return None

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

    def _consumers(self, layer: str) -> str:
        return registry.declaration(layer).consumers if layer in self.world.models else ""

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
