"""Which of several simultaneous changes explains what happened: found by undoing them one at a time."""

from __future__ import annotations

from twin.engine.world import World, latest_disturbance
from twin.model.journal import NO_CAUSE


def cause_in(world: World, layer: str, touched: dict[str, list[int]]) -> int:
    """The event that explains a change of service in `layer` at this instant.

    `touched` holds, by layer, the events that touched it at this instant. Without any, what lasts of
    earlier disturbances explains it (a tank that runs empty hours after its pump stopped).
    """
    events = touched.get(layer, [])
    if events:
        return events[-1] if len(events) == 1 else _weightiest(world, events)
    return latest_disturbance(world, layer)


def _weightiest(world: World, events: list[int]) -> int:
    """Losses before returns, then the earliest."""
    ranked = sorted(
        events, key=lambda number: (world.journal[number].kind in ("returns", "repaired"), number)
    )
    return ranked[0] if ranked else NO_CAUSE
