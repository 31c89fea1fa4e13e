"""Lines outside the six lifelines: a hydrogen main and a utility tunnel."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from twin.synthesis.ground import Floats, Ints
from twin.synthesis.lanes import lanes
from twin.synthesis.laying import Route, lay, name_joints
from twin.synthesis.streets import Streets
from twin.synthesis.town import Built, Town


def industrial_route(town: Town, rng: np.random.Generator) -> Route:
    """A hydrogen main along arterials between two works in the outskirts."""
    streets = town.streets
    main = np.flatnonzero(streets.main & ~streets.bridge)
    section = _way(streets, main, town)
    number = len(section)
    no = np.zeros(number, dtype=np.bool_)
    values = {
        "width_mm": np.full(number, 159.0),
        "height_mm": np.full(number, 159.0),
        "size": np.full(number, "159", dtype=object),
        "material": np.full(number, "G", dtype=object),
        "coating": np.full(number, "3PE", dtype=object),
        "embed": np.full(number, "ZM", dtype=object),
        "built": np.full(number, 2012.0),
    }
    return Route(lanes()["industrial"], section, np.full(number, 0.165), no, no, values)


def _way(streets: Streets, section: Ints, town: Town) -> Ints:
    """Sections of the shortest way between two arterial junctions on the side away from the centre."""
    number = len(streets.x)
    start, end = streets.start[section], streets.end[section]
    graph = coo_array((streets.length_m[section], (start, end)), shape=(number, number)).tocsr()
    on = np.unique(np.concatenate([start, end]))
    extent = town.ground.extent_m
    corner = on[np.argmin(np.hypot(streets.x[on] - 0.1 * extent, streets.y[on] - 0.9 * extent))]
    distance, before = dijkstra(graph, directed=False, indices=np.array([corner]), return_predecessors=True)
    distance, before = distance[0], before[0]
    near = on[np.isfinite(distance[on]) & (distance[on] < 0.6 * extent)]
    at = int(near[np.argmax(distance[near])])
    made = []
    while before[at] >= 0:
        pair = ((start == at) & (end == before[at])) | ((end == at) & (start == before[at]))
        made.append(int(section[np.flatnonzero(pair)[0]]))
        at = int(before[at])
    return np.array(sorted(made), dtype=np.int64)


def build_industrial(town: Town, route: Route, top_m: Floats) -> Built:
    """The main with valves at its ends."""
    laid = lay(route, town.streets, town.ground, top_m)
    name_joints(laid, {1: "起点", 2: "弯头", 3: "三通", 4: "四通"})
    valves = (laid.zone >= 0) & (laid.row >= 0) & (laid.depth > 0) & (laid.row % 3 == 0)
    laid.attachment[valves] = "阀门"
    laid.feature[valves] = ""
    return Built(route, laid)


def tunnel_route(town: Town) -> Route:
    """The longest run of sections of one arterial in the centre, five at most."""
    streets = town.streets
    x = (streets.x[streets.start] + streets.x[streets.end]) / 2 - town.land.x.mean()
    y = (streets.y[streets.start] + streets.y[streets.end]) / 2 - town.land.y.mean()
    away = np.where(streets.main & ~streets.bridge, np.hypot(x, y), np.inf)
    seed = int(np.argmin(away))
    run = [seed]
    for ends, others in ((streets.start, streets.end), (streets.end, streets.start)):
        at = seed
        for _ in range(2):
            same = (streets.street == streets.street[seed]) & ~streets.bridge
            following = np.flatnonzero(same & (ends == others[at]))
            if not len(following) or len(run) == 5:
                break
            at = int(following[0])
            run.append(at)
    section = np.array(sorted(run), dtype=np.int64)
    number = len(section)
    no = np.zeros(number, dtype=np.bool_)
    values = {
        "width_mm": np.full(number, 3600.0),
        "height_mm": np.full(number, 2800.0),
        "size": np.full(number, "3600*2800", dtype=object),
        "material": np.full(number, "T", dtype=object),
        "embed": np.full(number, "GG", dtype=object),
        "built": np.full(number, 2019.0),
    }
    return Route(lanes()["tunnel"], section, np.full(number, 2.8), no, no, values)


def build_tunnel(town: Town, route: Route, drains: list[Built], top_m: Floats) -> Built:
    """The tunnel, below the drains where it crosses them; depths are those of its floor."""
    lowest = np.full(len(town.streets.x), np.inf)
    for built in drains:
        laid = built.laid
        near = laid.zone >= 0
        wall = 0.1 * laid.values["height_mm"].astype(np.float64).max() / 1000.0
        np.minimum.at(lowest, laid.zone[near], (laid.ground - laid.depth)[near] - wall)
    under = np.where(np.isfinite(lowest), town.level - lowest + route.lane.clear_m, 0.0)
    laid = lay(route, town.streets, town.ground, np.maximum(np.maximum(top_m, under), 2.0))
    laid.depth = laid.depth + 2.8
    name_joints(laid, {1: "起点", 2: "转折点", 3: "三通", 4: "四通"})
    between = np.flatnonzero((laid.row >= 0) & (laid.zone < 0))
    for step, term in ((0, "通风口"), (2, "投料口")):
        laid.attachment[between[step::4]] = term
        laid.feature[between[step::4]] = ""
    if len(between):
        laid.attachment[between[0]] = "人员出入口"
    return Built(route, laid)
