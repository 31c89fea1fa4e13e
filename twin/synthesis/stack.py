"""In what order lines cross at junctions: depths that keep them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.synthesis.ground import Bools, Floats
from twin.synthesis.laying import Route
from twin.synthesis.streets import Streets


def crossing_depths(routes: Sequence[Route], streets: Streets, spurred: Bools) -> dict[str, Floats]:
    """Depth of the top of each lane in the zone of each junction.

    Lanes lie in the order of `Lane.stack`, each below the lanes that it crosses there by its clear distance,
    and never above its least depth there.

    Parameters
    ----------
    routes
        What is laid.
    streets
        Where.
    spurred
        Junctions that lines leave by ways without a street: everything is taken to cross there.
    """
    ordered = sorted((route for route in routes if route.lane.stack), key=lambda route: route.lane.stack)
    arms = [arms_of(route, streets) | (spurred & _present(route, streets))[:, None] for route in ordered]
    heights = [_heights(route, streets) for route in ordered]
    tops: dict[str, Floats] = {}
    bottoms: list[Floats] = []
    for k, route in enumerate(ordered):
        lane = route.lane
        top = np.full(len(streets.x), lane.junction_m)
        for i, above in enumerate(ordered[:k]):
            clear = lane.clear_power_m if above.lane.name == "power" else lane.clear_m
            crossing = crosses((route, arms[k]), (above, arms[i]), streets) | spurred
            top = np.where(crossing & (heights[i] > 0), np.maximum(top, bottoms[i] + clear), top)
        tops[lane.name] = np.round(top, 3)
        bottoms.append(tops[lane.name] + heights[k])
    return tops


def crosses(one: tuple[Route, Bools], other: tuple[Route, Bools], streets: Streets) -> Bools:
    """Whether the arms of two lanes cross at each junction."""
    column, row = streets.arterial.T
    (a, arms_a), (b, arms_b) = one, other
    east = a.lane.offset(column) > b.lane.offset(column)
    south = a.lane.offset(row) > b.lane.offset(row)
    ours = np.where(south, arms_a[:, 0], arms_a[:, 2]) & np.where(east, arms_b[:, 1], arms_b[:, 3])
    theirs = np.where(south, arms_b[:, 2], arms_b[:, 0]) & np.where(east, arms_a[:, 3], arms_a[:, 1])
    return np.asarray(ours | theirs, dtype=np.bool_)


def arms_of(route: Route, streets: Streets) -> Bools:
    """Whether a lane leaves each junction to the north, east, south, west."""
    made = np.zeros((len(streets.x), 4), dtype=np.bool_)
    column = streets.column[route.section]
    made[streets.start[route.section], np.where(column, 0, 1)] |= ~route.open_start
    made[streets.end[route.section], np.where(column, 2, 3)] |= ~route.open_end
    return made


def _present(route: Route, streets: Streets) -> Bools:
    return np.asarray(arms_of(route, streets).any(axis=1), dtype=np.bool_)


def _heights(route: Route, streets: Streets) -> Floats:
    """Outer height of a lane's thickest line in each junction's zone; 0 where there is none."""
    height = np.zeros(len(streets.x))
    for ends in (streets.start, streets.end):
        np.maximum.at(height, ends[route.section], route.od_m)
    return height
