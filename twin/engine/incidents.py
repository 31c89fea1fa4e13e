"""What a verb does to a component: damage, switching, restoring. The lifelines declare their own effects."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from twin.engine.door import change
from twin.engine.world import World
from twin.errors import RunError
from twin.lifelines import registry
from twin.model.city import City
from twin.model.journal import NO_CAUSE
from twin.model.network import Ref
from twin.model.state import State
from twin.text import _

Effect = tuple[str, float | bool | str]

COMMON: Mapping[str, Sequence[Effect]] = {
    "break": (("failed", True),),
    "fail": (("failed", True), ("damage", "amount")),
    "flood": (("failed", True),),
    "trip": (("tripped", True),),
    "isolate": (("isolated", True),),
    "close": (("isolated", True),),
    "open": (("isolated", False),),
    "stop": (("isolated", True),),
    "start": (("isolated", False), ("tripped", False)),
    "recover": (("failed", False), ("isolated", False), ("tripped", False), ("damage", 0.0)),
    "repair": (("failed", False), ("isolated", False), ("tripped", False), ("damage", 0.0)),
}
"""Effects that hold for every layer unless its declaration says otherwise."""
SWITCHED = frozenset({"isolated", "tripped"})
"""What a repair undoes besides damage."""


def effects(state: State, verb: str, ref: Ref) -> Sequence[Effect]:
    """What `verb` writes to a component: its lifeline's own effects, else the common ones, () for none."""
    own: Mapping[str, Sequence[Effect]] = {}
    if ref.layer in registry.declarations():
        own = registry.declaration(ref.layer).verbs
    found = own.get(verb, COMMON.get(verb, ()))
    return tuple(effect for effect in found if state.has(ref.layer, ref.table, effect[0]))


def damaged(state: State, ref: Ref) -> bool:
    """Whether there is something to repair about a component: it failed, leaks, ..."""
    undone = effects(state, "repair", ref)
    return any(state.get(ref, column) != to for column, to in undone if column not in SWITCHED)


def targets(city: City, state: State, verb: str, name: str) -> tuple[Ref, ...]:
    """The components that `verb` acts on when it names `name`: itself, or else what supplies it."""
    refs = city.refs
    if effects(state, verb, refs[name]):
        return (refs[name],)
    table = city.dependencies
    suppliers = [refs[str(s)] for s, c in zip(table["supplier"], table["consumer"], strict=True) if c == name]
    return tuple(ref for ref in suppliers if effects(state, verb, ref))


def act(
    world: World,
    verb: str,
    name: str,
    amount: float = 1.0,
    *,
    diameter: bool = False,
    kind: str = "incident",
    cause: int = NO_CAUSE,
    rule: str = "",
) -> int:
    """Carry out `verb` on a component and return the last event, or `cause` where nothing changed.

    Parameters
    ----------
    amount
        In SI; what effects called "amount" are set to.
    diameter
        Whether the amount is the diameter of a hole (m), to be turned into its area (m2).

    Raises
    ------
    RunError
        Where the verb has no effect on such a component.
    """
    found = targets(world.city, world.state, verb, name)
    if not found:
        raise RunError(_("{verb} has no effect on {name}", verb=verb, name=name))
    value = math.pi / 4 * amount**2 if diameter else amount
    event = cause
    for ref in found:
        values = {"amount": value, "bore": value * _bore_m2(world.city, ref)}
        for column, to in effects(world.state, verb, ref):
            written = values[to] if isinstance(to, str) else to
            number = change(world, ref, column, written, kind=kind, cause=cause, rule=rule or verb)
            event = number if number != NO_CAUSE else event
    return event


def _bore_m2(city: City, ref: Ref) -> float:
    """Cross-section of a component that has a diameter, else 0."""
    table = city.layers[ref.layer].tables[ref.table]
    diameter_m = float(table["diameter_mm"][ref.row]) / 1000 if "diameter_mm" in table else 0.0
    return 0.0 if math.isnan(diameter_m) else math.pi / 4 * diameter_m**2
