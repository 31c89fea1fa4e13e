"""Rain and sewage drains: which way they fall, how large and how deep they are, where they end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.synthesis.drains import (
    DEEPEST_M,
    Limits,
    Order,
    Profile,
    fall,
    full_flow_mm,
    gathered,
    grown,
    least_slope,
    longest,
    order,
    profile,
    rounded_up,
)
from twin.synthesis.ground import Bools, Floats, Ints
from twin.synthesis.lanes import Lane, lanes
from twin.synthesis.laying import Laid, Route, lay
from twin.synthesis.sites import extend
from twin.synthesis.stack import arms_of, crosses
from twin.synthesis.streets import Streets
from twin.synthesis.town import Built, Feed, Spot, Town
from twin.synthesis.water import touched_by

_FACTOR = {"rain": 0.8, "sewage": 0.6}
"""Least slope times diameter in mm."""
_CLEAR_RAIN_M = 0.25
"""Clear distance between sewers and rain drains."""
_WALL = 0.1
"""Wall of a drain as a share of its diameter."""


def storm_intensity(minutes: Floats, years: float) -> Floats:
    """Rain intensity in L/(s ha): 1510.7 (1 + 0.514 lg P) / (t + 9)^0.64 (a handbook's; not verified)."""
    return np.asarray(1510.7 * (1 + 0.514 * np.log10(years)) / (minutes + 9.0) ** 0.64, dtype=np.float64)


def rain_route(town: Town, rng: np.random.Generator) -> tuple[Route, Bools]:
    """Sections with a rain drain, and which of them run from start to end."""
    sites = town.sites
    usable = np.isfinite(sites.water_m) & (sites.water_m < 240.0)
    sites.taken |= usable
    roots = np.unique(sites.junction[usable])
    section = np.flatnonzero(~town.streets.bridge & (rng.random(len(town.streets.start)) < 0.94))
    return _drain_route(lanes()["rain"], section, roots, town, rng)


def sewage_route(town: Town, rng: np.random.Generator) -> tuple[Route, Bools, Ints]:
    """Sections with a sewer, which of them run from start to end, and the sites of the sewage works."""
    works = _works_sites(town)
    streets = town.streets
    x, y = streets.x, streets.y
    side = np.sign(town.ground.to_river(x, y))
    over_river = side[streets.start] != side[streets.end]
    open_ = ~streets.bridge | (~over_river & streets.main)
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
        for step in (600.0, -600.0):
            found.append(_site_on_side(town, x, middle + step))
    return np.array([site for site in found if site >= 0], dtype=np.int64)


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


def build_rain(
    town: Town, route: Route, up_start: Bools, top_m: Floats, rng: np.random.Generator
) -> tuple[Built, Profile]:
    """Rain drains down to their outfalls."""
    laid = lay(route, town.streets, town.ground, top_m)
    outfalls = _outfalls(town, laid)
    down = _downstream(laid, up_start)
    forest = order(down)
    length = _lengths(laid, down)
    width = town.land.area_ha.sum() * 1.15 / (town.streets.length_m.sum() / 100.0)
    hectares = gathered(forest, length / 100.0 * width)
    minutes = 10.0 + longest(forest, length) / 66.0
    flow = 0.58 * storm_intensity(minutes, 3.0) * hectares / 1000.0
    size = grown(forest, rounded_up("rain", np.maximum(_diameters(laid, down, length, flow), 300.0)))
    limits = _limits(town, laid, size, length, top_m)
    _above_bed(laid, forest, outfalls, limits)
    made = profile(forest, limits)
    built = _finish(town, route, laid, down, size, made, "雨水井", rng)
    laid.attachment[outfalls] = ""
    laid.feature[outfalls] = "出水口"
    return built, made


def _outfalls(town: Town, laid: Laid) -> Ints:
    """Lead the drains of the outfall junctions to the water's edge; the points there."""
    sites, streets = town.sites, town.streets
    made: list[int] = []
    ways = np.flatnonzero(np.isfinite(sites.water_m) & (sites.water_m < 240.0))
    seen: set[int] = set()
    for site in ways.tolist():
        junction = int(sites.junction[site])
        if junction in seen or laid.at_junction[junction] < 0:
            continue
        seen.add(junction)
        reach = max(float(sites.water_m[site]), 40.0)
        distance = np.linspace(0.0, reach, int(np.ceil(reach / 34.0)) + 1)[1:]
        spot = (junction, bool(sites.column[site]), float(sites.sign[site]))
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


def _limits(town: Town, laid: Laid, size: Floats, length: Floats, top_m: Floats) -> Limits:
    """Inverts below the cover and below what crosses above."""
    cover = np.where(laid.zone >= 0, top_m[laid.zone] + 0.1, laid.lane.cover_m)
    number = len(laid.x)
    return Limits(
        laid.ground - cover - (1 + _WALL) * size / 1000.0,
        laid.ground - np.where(laid.junction >= 0, DEEPEST_M, DEEPEST_M + 1.5),
        np.full(number, np.inf),
        np.full(number, -np.inf),
        least_slope(size, _FACTOR[laid.lane.name]) * length,
        town.ground.plain(laid.x, laid.y) - laid.ground < 0.3,
    )


def _above_bed(laid: Laid, forest: Order, outfalls: Ints, limits: Limits) -> None:
    """Lift what would come out below the bed of the river at the last manhole before it."""
    bed = np.full(len(laid.x), -np.inf)
    bed[outfalls] = laid.ground[outfalls] + 0.2
    limits.highest[outfalls] = np.maximum(limits.highest[outfalls], bed[outfalls])
    above = np.flatnonzero(np.isin(forest.down, outfalls))
    limits.lowest[above] = np.maximum(limits.lowest[above], bed[forest.down[above]] + limits.drop[above])
    limits.lowest[outfalls] = -np.inf


def _finish(
    town: Town,
    route: Route,
    laid: Laid,
    down: Ints,
    size: Floats,
    made: Profile,
    manhole: str,
    rng: np.random.Generator,
) -> Built:
    """Terms, sizes, materials and depths of the drains."""
    start, end = laid.start, laid.end
    depths = laid.ground[start] - made.outflow[start], laid.ground[end] - made.inflow[end]
    laid.depth = laid.ground - np.minimum(made.inflow, made.outflow)
    wet = town.ground.plain(laid.x, laid.y) - laid.ground >= 0.3
    laid.attachment[:] = np.where(wet, "", manhole)
    larger = (down >= 0) & (size[down] > size)
    laid.feature[:] = np.where(wet, "转折点", "")
    laid.feature[down[wet[down] & larger]] = "变径"
    laid.attachment[made.lifted] = "泵站"
    laid.feature[made.lifted] = ""
    millimetres = size[start]
    built = laid.values["built"]
    plastic = (built > 1998) & (millimetres <= 500)
    laid.values["size"] = np.char.add("DN", millimetres.astype(np.int64).astype(str)).astype(object)
    laid.values["width_mm"] = laid.values["height_mm"] = millimetres
    laid.values["material"] = np.where(plastic, "PE", "T").astype(object)
    laid.values["embed"] = np.where(wet[start] | wet[end], "SX", "ZM").astype(object)
    laid.values["flow_dir"] = np.full(len(start), "+", dtype=object)
    _pumps(town, laid, made, down)
    return Built(route, laid, depths)


def _pumps(town: Town, laid: Laid, made: Profile, down: Ints) -> None:
    """Devices of the pumping stations, two pumps each."""
    metres = _point_size(laid)
    kind = "雨水" if laid.lane.name == "rain" else "污水"
    letter = "RP" if laid.lane.name == "rain" else "SP"
    for number, point in enumerate(np.flatnonzero(made.lifted).tolist()):
        lift = float(made.outflow[point] - made.inflow[point])
        flow = float(np.pi / 4 * metres[point] ** 2 * 0.8 * 3600.0)
        spot = Spot(laid.lane.name, point)
        for unit in (1, 2):
            town.add(
                "devices",
                point=spot,
                number=unit,
                id=f"{letter}-{number + 1}-{unit}",
                **{"class": "PS"},
                kind="pump",
                name=f"{kind}{number + 1}号泵站{unit}号泵",
                state="on" if unit == 1 else "off",
                q_m3h=round(flow, 0),
                head_m=round(lift + 2.0, 1),
                power_kw=round(flow / 3600.0 * 9.81 * (lift + 2.0) / 0.7, 1),
            )
            town.add("needs", spot=spot, id=f"drainage/pump/{letter}-{number + 1}-{unit}", backup_min=0.0)


def build_sewage(
    town: Town,
    design: tuple[Route, Bools, Ints],
    top_m: Floats,
    rain: tuple[Built, Profile],
    rng: np.random.Generator,
) -> tuple[Built, Profile]:
    """Sewers down to the sewage works, below the rain drains they cross."""
    route, up_start, works = design
    laid = lay(route, town.streets, town.ground, top_m)
    ends = _plants(town, laid, works)
    down = _downstream(laid, up_start)
    forest = order(down)
    length = _lengths(laid, down)
    own = _sewage_flow(town, laid, length)
    flow = gathered(forest, own) * 1.9
    wanted = _diameters(laid, down, length, flow / 0.55)
    size = grown(forest, rounded_up("sewage", np.maximum(wanted, 400.0)))
    made = _beside_rain(town, route, laid, forest, _limits(town, laid, size, length, top_m), size, rain)
    built = _finish(town, route, laid, down, size, made, "污水井", rng)
    laid.attachment[ends] = "污水处理场"
    laid.feature[ends] = ""
    return built, made


def _plants(town: Town, laid: Laid, works: Ints) -> Ints:
    """Lead the trunk sewers to the works; the points there."""
    made = []
    for number, site in enumerate(works.tolist()):
        junction = int(town.sites.junction[site])
        if laid.at_junction[junction] < 0:
            continue
        spot = (junction, bool(town.sites.column[site]), float(town.sites.sign[site]))
        distance = np.array([32.0, 64.0, 96.0, 124.0])
        point = int(extend(laid, town.streets, town.ground, spot, distance, np.full(4, 2.0))[-1])
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


def _sewage_flow(town: Town, laid: Laid, length: Floats) -> Floats:
    """Mean flow in m3/s that comes in at each point: what the blocks around a place draw, by length of sewer."""
    water = town.land.needs[:, 0].sum() * 0.85 / 86400.0
    return np.asarray(water * length / max(length.sum(), 1.0), dtype=np.float64)


def _beside_rain(
    town: Town,
    route: Route,
    laid: Laid,
    forest: Order,
    limits: Limits,
    size: Floats,
    rain: tuple[Built, Profile],
) -> Profile:
    """Inverts above or below the rain drains of each junction, but never on both sides of them in one."""
    low, high = _rain_band(town.streets, rain)
    crossing = _crossing(town, rain[0], route)
    low, high = np.where(crossing, low, np.inf), np.where(crossing, high, -np.inf)
    near = laid.zone >= 0
    clear, metres = _CLEAR_RAIN_M, size / 1000.0
    below = np.where(near, low[laid.zone] - clear - (1 + _WALL) * metres, np.inf)
    above = np.where(near, high[laid.zone] + clear + _WALL * metres, -np.inf)
    under = np.zeros(len(town.streets.x), dtype=np.bool_)
    while True:
        forced = near & under[laid.zone]
        made = profile(forest, replace(limits, band_low=below, band_high=np.where(forced, np.inf, above)))
        least = np.minimum(made.inflow, made.outflow)
        sides = np.zeros((2, len(under)), dtype=np.bool_)
        for side, those in enumerate((least <= below, np.maximum(made.inflow, made.outflow) >= above)):
            sides[side, laid.zone[near & those]] = True
        mixed = sides[0] & sides[1] & np.isfinite(low) & ~under
        if not mixed.any():
            return made
        under |= mixed


def _crossing(town: Town, rain: Built, route: Route) -> Bools:
    """Junctions where a sewer crosses a rain drain."""
    streets = town.streets
    theirs, ours = arms_of(rain.route, streets), arms_of(route, streets)
    return crosses((route, ours), (rain.route, theirs), streets) | town.spurred()


def _rain_band(streets: Streets, rain: tuple[Built, Profile]) -> tuple[Floats, Floats]:
    """Elevations of the underside and top of the rain drains that meet at each junction."""
    built, made = rain
    laid, metres = built.laid, _point_size(built.laid)
    low = np.full(len(streets.x), np.inf)
    high = np.full(len(streets.x), -np.inf)
    joined = np.zeros(len(laid.x), dtype=np.bool_)
    for one, other in ((laid.start, laid.end), (laid.end, laid.start)):
        joined[one[laid.junction[other] >= 0]] = True
    near = (laid.zone >= 0) & (joined | (laid.junction >= 0))
    np.minimum.at(low, laid.zone[near], (np.minimum(made.inflow, made.outflow) - _WALL * metres)[near])
    np.maximum.at(high, laid.zone[near], (np.maximum(made.inflow, made.outflow) + (1 + _WALL) * metres)[near])
    return low, high


def _point_size(laid: Laid) -> Floats:
    """Largest section height in m of the lines at each point."""
    made = np.zeros(len(laid.x))
    for ends in (laid.start, laid.end):
        np.maximum.at(made, ends, laid.values["height_mm"].astype(np.float64) / 1000.0)
    return made
