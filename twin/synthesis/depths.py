"""How deep drains lie: below their cover and what crosses them, beside the drains of the other kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.synthesis.drainage import Drains
from twin.synthesis.drains import DEEPEST_M, Limits, Profile, least_slope, profile
from twin.synthesis.ground import Bools, Floats
from twin.synthesis.laying import Laid
from twin.synthesis.stack import arms_of, crosses
from twin.synthesis.streets import Streets
from twin.synthesis.town import Built, Spot, Town

_FACTOR = {"rain": 0.7, "sewage": 0.6}
"""Least slope times diameter in mm."""
_CLEAR_M = 0.25
"""Clear distance between sewers and rain drains."""
_STEEPEST = 0.15
"""A pipe that would be steeper ends above the invert of a drop manhole..."""
_GENTLE = 0.03
"""...and falls by this much..."""
_DEEPEST_DROP_M = 5.0
"""...but never ends higher than this above the invert."""
_WALL = 0.1
"""Wall of a drain as a share of its diameter."""


def sink(
    town: Town, rain: Drains, sewers: Drains, rain_top_m: Floats, sewer_top_m: Floats
) -> tuple[Built, Built]:
    """Rain drains and sewers at their depths.

    Rain drains come first, for they are the larger ones. A sewer that is too deep to pass above one passes
    below it, and is lifted where it comes too deep.

    Parameters
    ----------
    town, rain, sewers
        What lies where.
    rain_top_m, sewer_top_m
        Least depth of their tops in the zone of each junction.
    """
    limits = _limits(town, rain, rain_top_m)
    _above_bed(rain, limits)
    made = profile(rain.forest, limits)
    crossing = _crossing(town, rain, sewers)
    below = _beside(sewers, _limits(town, sewers, sewer_top_m), (rain, made), crossing, town.streets)
    first = _finish(town, rain, made, "雨水井")
    second = _finish(town, sewers, below, "污水井")
    rain.laid.attachment[rain.ends], rain.laid.feature[rain.ends] = "", "出水口"
    sewers.laid.attachment[sewers.ends], sewers.laid.feature[sewers.ends] = "污水处理场", ""
    return first, second


def _limits(town: Town, drains: Drains, top_m: Floats) -> Limits:
    """Inverts below the cover and below what crosses above."""
    laid, size = drains.laid, drains.size_mm
    cover = np.where(laid.zone >= 0, top_m[laid.zone] + 0.1, laid.lane.cover_m)
    number = len(laid.x)
    return Limits(
        laid.ground - cover - (1 + _WALL) * size / 1000.0,
        laid.ground - np.where(laid.junction >= 0, DEEPEST_M, DEEPEST_M + 2.0),
        np.full(number, np.inf),
        np.full(number, -np.inf),
        least_slope(size, _FACTOR[laid.lane.name]) * drains.length_m,
        town.ground.plain(laid.x, laid.y) - laid.ground < 0.3,
    )


def _above_bed(drains: Drains, limits: Limits) -> None:
    """Lift what would come out below the bed of the river at the last manhole before it."""
    laid, forest, outfalls = drains.laid, drains.forest, drains.ends
    bed = np.full(len(laid.x), -np.inf)
    bed[outfalls] = laid.ground[outfalls] + 0.2
    limits.highest[outfalls] = np.maximum(limits.highest[outfalls], bed[outfalls])
    above = np.flatnonzero(np.isin(forest.down, outfalls))
    limits.lowest[above] = np.maximum(limits.lowest[above], bed[forest.down[above]] + limits.drop[above])
    limits.lowest[outfalls] = -np.inf


def _beside(
    drains: Drains, limits: Limits, other: tuple[Drains, Profile], crossing: Bools, streets: Streets
) -> Profile:
    """Inverts above or below the other drains of each junction, but never on both sides of them in one."""
    laid = drains.laid
    low, high = _band(streets, *other)
    low, high = np.where(crossing, low, np.inf), np.where(crossing, high, -np.inf)
    near, metres = laid.zone >= 0, drains.size_mm / 1000.0
    below = np.where(near, low[laid.zone] - _CLEAR_M - (1 + _WALL) * metres, np.inf)
    above = np.where(near, high[laid.zone] + _CLEAR_M + _WALL * metres, -np.inf)
    under = np.zeros(len(streets.x), dtype=np.bool_)
    while True:
        forced = near & under[laid.zone]
        made = profile(
            drains.forest, replace(limits, band_low=below, band_high=np.where(forced, np.inf, above))
        )
        sides = np.zeros((2, len(under)), dtype=np.bool_)
        sides[0, laid.zone[near & (np.minimum(made.inflow, made.outflow) <= below)]] = True
        sides[1, laid.zone[near & (np.maximum(made.inflow, made.outflow) >= above)]] = True
        mixed = sides[0] & sides[1] & np.isfinite(low) & ~under
        if not mixed.any():
            return made
        under |= mixed


def _crossing(town: Town, rain: Drains, sewers: Drains) -> Bools:
    """Junctions where a sewer crosses a rain drain."""
    streets = town.streets
    ours, theirs = arms_of(sewers.route, streets), arms_of(rain.route, streets)
    return crosses((sewers.route, ours), (rain.route, theirs), streets) | town.spurred()


def _band(streets: Streets, drains: Drains, made: Profile) -> tuple[Floats, Floats]:
    """Elevations of the underside and top of the drains that meet at each junction."""
    laid, metres = drains.laid, drains.size_mm / 1000.0
    low = np.full(len(streets.x), np.inf)
    high = np.full(len(streets.x), -np.inf)
    joined = laid.junction >= 0
    for one, other in ((laid.start, laid.end), (laid.end, laid.start)):
        joined[one[laid.junction[other] >= 0]] = True
    near = (laid.zone >= 0) & joined
    np.minimum.at(low, laid.zone[near], (np.minimum(made.inflow, made.outflow) - _WALL * metres)[near])
    np.maximum.at(high, laid.zone[near], (np.maximum(made.inflow, made.outflow) + (1 + _WALL) * metres)[near])
    return low, high


def _finish(town: Town, drains: Drains, made: Profile, manhole: str) -> Built:
    """Terms, sizes, materials and depths of the drains."""
    laid, down, size = drains.laid, drains.forest.down, drains.size_mm
    start, end = laid.start, laid.end
    length = drains.length_m[start]
    steep = made.outflow[start] - made.inflow[end] > _STEEPEST * length
    gentle = np.minimum(made.outflow[start] - _GENTLE * length, made.inflow[end] + _DEEPEST_DROP_M)
    arrival = np.where(steep, gentle, made.inflow[end])
    depths = laid.ground[start] - made.outflow[start], laid.ground[end] - arrival
    laid.depth = laid.ground - np.minimum(made.inflow, made.outflow)
    wet = town.ground.plain(laid.x, laid.y) - laid.ground >= 0.3
    laid.attachment[:] = np.where(wet, "", manhole)
    larger = (down >= 0) & (size[down] > size)
    laid.feature[:] = np.where(wet, "转折点", "")
    laid.feature[down[wet[down] & larger]] = "变径"
    laid.attachment[end[steep & ~wet[end]]] = "跌水井"
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
    _pumps(town, laid, made)
    return Built(drains.route, laid, depths)


def _pumps(town: Town, laid: Laid, made: Profile) -> None:
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


def _point_size(laid: Laid) -> Floats:
    """Largest section height in m of the lines at each point."""
    made = np.zeros(len(laid.x))
    for ends in (laid.start, laid.end):
        np.maximum.at(made, ends, laid.values["height_mm"].astype(np.float64) / 1000.0)
    return made
