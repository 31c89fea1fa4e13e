"""The one door: every change of state goes through here and into the journal with its cause."""

from __future__ import annotations

from twin.engine.world import Touch, World
from twin.lifelines.base import Write
from twin.model.journal import NO_CAUSE
from twin.model.network import Ref


def change(
    world: World,
    ref: Ref,
    column: str,
    value: float | bool,
    *,
    kind: str,
    cause: int = NO_CAUSE,
    rule: str = "",
    text_id: str = "",
) -> int:
    """Set one value of the state and write the event; returns its number, or -1 where nothing changed."""
    before, was = world.state.is_available(ref), world.state.get(ref, column)
    effect = world.state.write(ref, column, value)
    if not effect:
        return NO_CAUSE
    name = world.city.component_id(ref)
    number = world.journal.append(
        world.now,
        kind,
        lifeline=ref.layer,
        component=name,
        value=f"{column}={_shown(value)}",
        cause=cause,
        rule=rule,
        text_id=text_id,
    )
    _note_disturbance(world, ref, name, before, number)
    touch(world, ref.layer, Touch(number, ref, column, was))
    return number


def _note_disturbance(world: World, ref: Ref, name: str, before: bool, number: int) -> None:
    after = world.state.is_available(ref)
    if before and not after:
        world.disturbed[ref.layer][name] = number
    elif after and not before:
        world.disturbed[ref.layer].pop(name, None)


def _shown(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(float(value))


def touch(world: World, layer: str, change: Touch | None = None) -> None:
    """Mark a layer for solving at this instant."""
    changes = world.dirty.setdefault(layer, [])
    if change is not None:
        changes.append(change)
    world.wake()


def note(
    world: World, kind: str, component: str = "", *, value: str = "", cause: int = NO_CAUSE, rule: str = ""
) -> int:
    """Write an event that changes no state (a report, a message, an arrival) and return its number."""
    layer = component.split("/", 1)[0] if component in world.city.refs else ""
    number = world.journal.append(
        world.now, kind, lifeline=layer, component=component, value=value, cause=cause, rule=rule
    )
    world.wake()
    return number


def apply(world: World, writes: tuple[Write, ...], cause: int) -> None:
    """Apply what a network does by itself: stored quantities silently, actions as events."""
    for write in writes:
        if write.rule:
            change(world, write.ref, write.column, write.value, kind=write.kind, cause=cause, rule=write.rule)
        else:
            world.state.write(write.ref, write.column, write.value)
