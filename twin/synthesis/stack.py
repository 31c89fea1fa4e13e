"""In what order lines cross at junctions: depths that keep them apart whatever turns they take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.synthesis.ground import Floats
from twin.synthesis.laying import Route
from twin.synthesis.streets import Streets


def crossing_depths(routes: Sequence[Route], streets: Streets) -> dict[str, Floats]:
    """Depth of the top of each lane in the zone of each junction.

    Lanes lie under one another in the order of `Lane.stack`, each below whatever is above it by its clear
    distance and never above its usual cover; a lane that does not come to a junction takes no room there.
    """
    bottom = np.zeros(len(streets.x))
    tops: dict[str, Floats] = {}
    for route in sorted((route for route in routes if route.lane.stack), key=lambda route: route.lane.stack):
        height = _heights(route, streets)
        usual = _usual(route)
        top = np.where(bottom > 0, np.maximum(bottom + route.lane.clear_m, usual), usual)
        tops[route.lane.name] = np.round(top, 3)
        bottom = np.where(height > 0, tops[route.lane.name] + height, bottom)
    return tops


def _usual(route: Route) -> float:
    return min(route.lane.cover_m, 1.0)


def _heights(route: Route, streets: Streets) -> Floats:
    """Outer height of a lane's thickest line in each junction's zone; 0 where there is none."""
    height = np.zeros(len(streets.x))
    for ends in (streets.start, streets.end):
        np.maximum.at(height, ends[route.section], route.od_m)
    return height
