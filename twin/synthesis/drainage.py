"""Rain and sewage drains: which streets have one, which way they fall, how large they are, where they end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.synthesis.drains import (
    Order,
    fall,
    full_flow_mm,
    gathered,
    grown,
    least_slope,
    longest,
    order,
    rounded_up,
)
from twin.synthesis.ground import Bools, Floats, Ints
from twin.synthesis.lanes import Lane, lanes
from twin.synthesis.laying import Laid, Route, lay
from twin.synthesis.sites import edge_m, extend, required, way
from twin.synthesis.town import Feed, Spot, Town
from twin.synthesis.water import touched_by


@dataclass(frozen=True)
class Drains:
    """The drains of one kind in plan: what falls where, with which diameter.

    Attributes
    ----------
    route, laid
        Their sections, points and lines; every line starts at its upper end.
    forest
        Which point drains to which.
    size_mm, length_m
        Of the pipe below each point.
    ends
        Points of the outfalls or the works.
    """

    route: Route
    laid: Laid
    forest: Order
    size_mm: Floats
    length_m: Floats
    ends: Ints


def storm_intensity(minutes: Floats, years: float) -> Floats:
    """Rain intensity in L/(s ha): 1510.7 (1 + 0.514 lg P) / (t + 9)^0.64 (a handbook's; not verified)."""
    return np.asarray(1510.7 * (1 + 0.514 * np.log10(years)) / (minutes + 9.0) ** 0.64, dtype=np.float64)


def rain_route(town: Town, rng: np.random.Generator) -> tuple[Route, Bools]:
    """Sections with a rain drain, and which of them run from start to end."""
    town.outfalls = _outfall_sites(town)
    town.sites.taken[town.outfalls] = True
    roots = np.unique(town.sites.junction[town.outfalls])
    section = np.flatnonzero(~town.streets.bridge & (rng.random(len(town.streets.start)) < 0.94))
    return _drain_route(lanes()["rain"], section, roots, town, rng)


def _outfall_sites(town: Town) -> Ints:
    """Ways to the water that are short, one from each junction, and apart from each other."""
    sites, streets = town.sites, town.streets
    ways = np.flatnonzero(np.isfinite(sites.water_m) & (sites.water_m < 240.0))
    ways = ways[np.unique(sites.junction[ways], return_index=True)[1]]
    ends = [
        way(
            streets, sites.junction[ways], sites.column[ways], sites.sign[ways], distance, np.zeros(len(ways))
        )
        for distance in (np.zeros(1), np.full(1, 300.0))
    ]
    share = (np.maximum(sites.water_m[ways], 40.0) / 300.0)[:, None]
    first, last = (np.column_stack([x[:, 0], y[:, 0]]) for x, y in ends)
    lines = shapely.linestrings(np.stack([first, first + share * (last - first)], axis=1))
    kept: list[int] = []
    for number, line in enumerate(lines):
        near = shapely.dwithin(lines[kept], line, 45.0) if kept else np.zeros(0)
        if not near.any():
            kept.append(number)
    return ways[kept]


def sewage_route(town: Town, rng: np.random.Generator) -> tuple[Route, Bools, Ints]:
    """Sections with a sewer, which of them run from start to end, and the sites of the sewage works."""
    works = _works_sites(town)
    streets = town.streets
    x, y = streets.x, streets.y
    side = np.sign(town.ground.to_river(x, y))
    over_river = side[streets.start] != side[streets.end]
    dry = np.ones(len(streets.start), dtype=np.bool_)
    dry[town.underpasses] = False
    open_ = (~streets.bridge & dry) | (~over_river & streets.main)
    section = np.flatnonzero(open_ & (rng.random(len(streets.start)) < 0.93))
    roots = np.unique(town.sites.junction[works])
    route, up_start = _drain_route(lanes()["sewage"], section, roots, town, rng)
    works = works[touched_by(route.section, streets)[town.sites.junction[works]]]
    people = float(town.land.people.sum()) / max(len(works), 1)
    for number, site in enumerate(works.tolist()):
        name = f"SW-{number + 1}"
        town.feeds.append(Feed(site, 60.0 + people * 0.012, name, (f"drainage/plant/{name}",)))
    return route, up_start, works


def _works_sites(town: Town) -> Ints:
    """Sites downstream along the river, on both of its sides, one for about 60 km2."""
    extent = town.ground.extent_m
    number = max(1, round(town.area_km2 / 120.0))
    found = []
    for share in np.linspace(0.97, 0.45, number) if number > 1 else [0.97]:
        x = share * extent
        middle = float(town.ground.river.centre(np.array([x]))[0])
        for step in (220.0, -220.0):
            found.append(_site_on_side(town, x, middle + step))
    return required(found)


def _site_on_side(town: Town, x: float, y: float) -> int:
    streets, sites = town.streets, town.sites
    side = np.sign(town.ground.to_river(streets.x, streets.y))[sites.junction]
    wanted = float(np.sign(town.ground.to_river(np.array([x]), np.array([y])))[0])
    hidden = sites.taken.copy()
    sites.taken |= side != wanted
    found = sites.nearest(x, y, streets, 150.0)
    sites.taken = hidden
    if found >= 0:
        sites.taken[found] = True
    return found


def _drain_route(
    lane: Lane, section: Ints, roots: Ints, town: Town, rng: np.random.Generator
) -> tuple[Route, Bools]:
    which = fall(section, roots, town.level, town.streets)
    kept = which.reached
    section, up_start, tree = section[kept], which.up_start[kept], which.tree[kept]
    built = town.years(section, rng, 1970)
    route = Route(
        lane, section, np.full(len(section), 0.5), ~tree & up_start, ~tree & ~up_start, {"built": built}
    )
    return route, up_start


def rain_drains(town: Town, route: Route, up_start: Bools, top_m: Floats) -> Drains:
    """Rain drains down to their outfalls, for a storm of three years (rational method)."""
    laid = lay(route, town.streets, town.ground, top_m)
    outfalls = _outfalls(town, laid)
    forest, length = _forest(laid, up_start)
    width = town.land.area_ha.sum() * 1.15 / (town.streets.length_m.sum() / 100.0)
    hectares = gathered(forest, length / 100.0 * width)
    minutes = 10.0 + longest(forest, length) / 66.0
    flow = 0.58 * storm_intensity(minutes, 3.0) * hectares / 1000.0
    size = rounded_up("rain", np.maximum(_diameters(laid, forest.down, length, flow), 300.0))
    return Drains(route, laid, forest, grown(forest, size), length, outfalls)


def sewage_drains(town: Town, design: tuple[Route, Bools, Ints], top_m: Floats) -> Drains:
    """Sewers down to the sewage works, filled to about a half in the hour of highest flow."""
    route, up_start, works = design
    laid = lay(route, town.streets, town.ground, top_m)
    ends = _plants(town, laid, works)
    forest, length = _forest(laid, up_start)
    flow = gathered(forest, _sewage_flow(town, length)) * 1.9
    wanted = _diameters(laid, forest.down, length, flow / 0.55)
    size = rounded_up("sewage", np.maximum(wanted, 400.0))
    return Drains(route, laid, forest, grown(forest, size), length, ends)


def _forest(laid: Laid, up_start: Bools) -> tuple[Order, Floats]:
    """What drains where, and the length of the pipe below each point."""
    down = _downstream(laid, up_start)
    return order(down), _lengths(laid, down)


def _outfalls(town: Town, laid: Laid) -> Ints:
    """Lead the drains of the outfall junctions to the water's edge; the points there."""
    sites, streets = town.sites, town.streets
    made: list[int] = []
    for site in town.outfalls.tolist():
        junction = int(sites.junction[site])
        if laid.at_junction[junction] < 0:
            continue
        reach = max(float(sites.water_m[site]), 40.0)
        spot = (junction, bool(sites.column[site]), float(sites.sign[site]))
        edge = edge_m(streets, spot[0], spot[1])
        distance = np.linspace(edge, reach, int(np.ceil((reach - edge) / 34.0)) + 1)[1:]
        made.append(int(extend(laid, streets, town.ground, spot, distance, np.full(len(distance), 1.0))[-1]))
    return np.array(made, dtype=np.int64)


def _downstream(laid: Laid, up_start: Bools) -> Ints:
    """The next point down from each point; turns lines so that they start at their upper end."""
    swap = (laid.line_row >= 0) & ~up_start[laid.line_row]
    laid.start, laid.end = np.where(swap, laid.end, laid.start), np.where(swap, laid.start, laid.end)
    down = np.full(len(laid.x), -1)
    down[laid.start] = laid.end
    return down


def _lengths(laid: Laid, down: Ints) -> Floats:
    """Length of the pipe below each point."""
    made = np.hypot(laid.x[down] - laid.x, laid.y[down] - laid.y)
    return np.where(down >= 0, made, 0.0)


def _diameters(laid: Laid, down: Ints, length: Floats, flow: Floats) -> Floats:
    """Diameters that carry the flow at the slope of the ground, where it is within reason."""
    slope = np.where(down >= 0, (laid.ground - laid.ground[down]) / np.maximum(length, 1.0), 0.0)
    guess = full_flow_mm(flow, np.full(len(flow), 0.0015))
    least = least_slope(np.maximum(guess, 300.0))
    return full_flow_mm(flow, np.clip(slope * 0.6, least, 0.006))


def _plants(town: Town, laid: Laid, works: Ints) -> Ints:
    """Lead the trunk sewers to the works; the points there."""
    made = []
    for number, site in enumerate(works.tolist()):
        junction = int(town.sites.junction[site])
        if laid.at_junction[junction] < 0:
            continue
        spot = (junction, bool(town.sites.column[site]), float(town.sites.sign[site]))
        distance = np.array([60.0, 92.0, 124.0])
        point = int(extend(laid, town.streets, town.ground, spot, distance, np.full(3, 2.0))[-1])
        made.append(point)
        people = town.land.people.sum() / max(len(works), 1)
        town.add(
            "plants",
            point=Spot("sewage", point),
            id=f"SW-{number + 1}",
            **{"class": "PS"},
            kind="plant",
            name=f"澜京第{number + 1}污水处理厂",
            capacity=round(people * 0.25 / 24.0, -2) + 100.0,
            unit="m3/h",
        )
    return np.array(made, dtype=np.int64)


def _sewage_flow(town: Town, length: Floats) -> Floats:
    """Mean flow in m3/s that comes in at each point, in proportion to the length of sewer below it."""
    water = town.land.needs[:, 0].sum() * 0.85 / 86400.0
    return np.asarray(water * length / max(length.sum(), 1.0), dtype=np.float64)
