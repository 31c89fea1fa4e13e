"""Power: 110 kV substations, radial 10 kV feeders in ducts, open ties, transformers, street lights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from twin.synthesis.ground import ORIGIN, Bools, Floats, Ints
from twin.synthesis.lanes import lanes
from twin.synthesis.laying import Laid, Route, lay, name_joints
from twin.synthesis.sites import extend, required, stubs
from twin.synthesis.town import Built, Feed, Spot, Town
from twin.synthesis.trees import supply

DIVERSITY = 0.5
"""Highest load of an area over the sum of its customers' peaks."""
_COINCIDENT = 0.6
"""The same for the customers of one transformer."""
_AMPS_PER_MW = 1e3 / (np.sqrt(3) * 10.0 * 0.95)
_CABLE_AMPS = 280.0
_STEPS_MVA = np.array([0.2, 0.315, 0.4, 0.5, 0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 6.3, 8.0, 10.0])


@dataclass(frozen=True)
class PowerDesign:
    """Route of the ducts; load in MW at the lower end of each row; rows that are open ties; sites."""

    route: Route
    load_mw: Floats
    is_tie: Bools
    stations: Ints
    capacity_mva: float


def power_design(town: Town, rng: np.random.Generator) -> PowerDesign:
    """Feeders as shortest ways from the substations, cables by load, ties between neighbouring feeders."""
    streets, land = town.streets, town.land
    load = land.load("power_kw", len(streets.x)) / 1000.0 * DIVERSITY
    for feed in town.feeds:
        load[town.sites.junction[feed.site]] += feed.load_kw / 1000.0
    number = max(2, int(np.ceil(load.sum() / 55.0)))
    stations = _stations(town, load, number)
    every = np.arange(len(streets.start))
    fed = supply(
        every, town.sites.junction[stations], load, streets, np.where(streets.main[every], 0.55, 1.0)
    )
    start, end = streets.start[fed.section], streets.end[fed.section]
    used = fed.tree & (fed.flow > 0)
    on = np.zeros(len(streets.x), dtype=np.bool_)
    on[start[used]] = on[end[used]] = True
    apart = fed.source[start] != fed.source[end]
    chance = rng.random(len(start))
    tie = ~fed.tree & on[start] & on[end] & (chance < np.where(apart, 0.4, 0.08))
    kept = used | tie
    section, flow, is_tie = fed.section[kept], fed.flow[kept], tie[kept]
    lower = np.where(fed.from_start[kept], streets.end[section], streets.start[section])
    route = _route(town, section, flow, rng)
    worst = np.bincount(np.maximum(fed.source, 0), load, len(streets.x)).max()
    return PowerDesign(route, np.where(is_tie, 0.0, load[lower]), is_tie, stations, _capacity(worst))


def _capacity(load_mw: float) -> float:
    """Rated power of a substation in MVA: two equal transformers, loaded to two thirds at most."""
    return 2.0 * float(np.ceil(load_mw / 0.95 / 0.67 / 2.0 / 10.0) * 10.0)


def _stations(town: Town, load: Floats, number: int) -> Ints:
    """Sites near the middles of areas of equal load (Lloyd's iteration)."""
    streets, sites = town.streets, town.sites
    place = np.column_stack([streets.x, streets.y])
    middles = place[np.argsort(-load, kind="stable")[np.linspace(0, len(load) - 1, number).astype(np.int64)]]
    for _ in range(12):
        nearest = np.argmin(((place[:, None] - middles[None]) ** 2).sum(axis=2), axis=1)
        weight = np.maximum(np.bincount(nearest, load, number), 1e-9)
        middles = np.column_stack(
            [np.bincount(nearest, load * place[:, axis], number) / weight for axis in (0, 1)]
        )
    found = [sites.nearest(float(x), float(y), streets, 75.0) for x, y in middles]
    return required(found)


def _route(town: Town, section: Ints, flow_mw: Floats, rng: np.random.Generator) -> Route:
    cables = np.maximum(np.ceil(flow_mw * _AMPS_PER_MW / _CABLE_AMPS), 1.0)
    holes = np.select([cables <= 3, cables <= 6, cables <= 9, cables <= 12], [6, 9, 12, 16], 24).astype(
        np.float64
    )
    holes = np.maximum(holes, np.ceil(cables / 4) * 4 + 4)
    wide = np.where(holes <= 6, 500.0, np.where(holes <= 12, 650.0, 900.0))
    high = np.where(holes <= 6, 350.0, np.where(holes <= 12, 500.0, 650.0))
    text = np.char.add(np.char.add(wide.astype(np.int64).astype(str), "*"), high.astype(np.int64).astype(str))
    no = np.zeros(len(section), dtype=np.bool_)
    values = {
        "width_mm": wide,
        "height_mm": high,
        "size": text.astype(object),
        "material": np.full(len(section), "PVC", dtype=object),
        "embed": np.full(len(section), "GK", dtype=object),
        "cable_count": cables,
        "hole_count": holes,
        "hole_used": cables,
        "voltage_kv": np.full(len(section), 10.0),
        "built": town.years(section, rng, 1985),
    }
    return Route(lanes()["power"], section, high / 1000.0, no, no, values)


def build_power(
    town: Town, design: PowerDesign, top_m: Floats, rng: np.random.Generator
) -> tuple[list[Built], Ints]:
    """Ducts, substations, transformers, ties and street lights; and the transformer points."""
    route = design.route
    laid = lay(route, town.streets, town.ground, top_m)
    for number, site in enumerate(design.stations.tolist()):
        _substation(town, laid, number, site, design.capacity_mva)
    boxes = _boxes(town, design, laid)
    fed = _feeds(town, laid)
    _transformers(town, laid, boxes, fed)
    _ties(town, design, laid)
    _manholes(laid, rng)
    lights = [_lights(town, route, laid, boxes, rng)] if len(boxes) else []
    return [Built(route, laid), *lights], np.concatenate([boxes, fed])


def _substation(town: Town, laid: Laid, number: int, site: int, capacity: float) -> None:
    sites = town.sites
    spot = int(sites.junction[site]), bool(sites.column[site]), float(sites.sign[site])
    made = extend(laid, town.streets, town.ground, spot, np.array([46.0, 66.0]), np.full(2, 0.85))
    laid.attachment[made[1:]] = ["人孔", "变电站"]
    lines = np.isin(laid.end, made)
    at = np.isin(laid.start, [laid.start[lines][0]]) | np.isin(laid.end, [laid.start[lines][0]])
    cables = float(laid.values["cable_count"][at & ~lines].sum())
    for name, value in (
        ("cable_count", cables),
        ("hole_used", cables),
        ("hole_count", np.ceil(cables / 8) * 8 + 8),
    ):
        laid.values[name][lines] = value
    town.add(
        "plants",
        point=Spot("power", int(made[2])),
        id=f"SS-{number + 1}",
        **{"class": "DL"},
        kind="substation",
        name=f"110kV{town.register.road(town.streets.street[:1])[0][:1]}变{number + 1}",
        capacity=capacity,
        unit="MVA",
        vn_kv=110.0,
    )


def _boxes(town: Town, design: PowerDesign, laid: Laid) -> Ints:
    """Transformers beside manholes of the rows whose lower end has a load: about one for half a megawatt."""
    rows = len(design.route.section)
    middle = np.flatnonzero(
        (laid.row >= 0) & (laid.zone < 0) & (laid.depth > 0) & ~design.is_tie[np.maximum(laid.row, 0)]
    )
    count = np.bincount(laid.row[middle], minlength=rows)
    wanted = np.minimum(np.ceil(design.load_mw / 0.5).astype(np.int64), count)
    rank = np.arange(len(middle)) - (np.cumsum(count) - count)[laid.row[middle]]
    row = laid.row[middle]
    step = (rank + 1) * wanted[row] // np.maximum(count[row], 1) - rank * wanted[row] // np.maximum(
        count[row], 1
    )
    points = middle[step > 0]
    made = stubs(laid, town.streets, town.ground, design.route.section, points, 3.2)
    _single_cable(laid, made)
    laid.attachment[made] = "箱变"
    laid.attachment[made[::7]] = "配电房"
    return made


def _transformers(town: Town, laid: Laid, boxes: Ints, own: Ints) -> None:
    """The transformers: those at boxes by the customers that are nearest to them, loaded to two thirds."""
    points = np.concatenate([boxes, own])
    x, y = town.customers["x_m"].to_numpy() - ORIGIN[0], town.customers["y_m"].to_numpy() - ORIGIN[1]
    nearest = cKDTree(np.column_stack([laid.x[points], laid.y[points]])).query(np.column_stack([x, y]))[1]
    load = np.bincount(nearest, town.customers["power_kw"].to_numpy() * _COINCIDENT, len(points)) / 1000.0
    plants = [feed.load_kw / 1000.0 for feed in pumps_first(town)]
    load[len(boxes) :] += plants
    wanted = np.searchsorted(_STEPS_MVA, load / 0.95 / 0.67)
    size = _STEPS_MVA[np.minimum(wanted, len(_STEPS_MVA) - 1)]
    for number, point in enumerate(boxes.tolist()):
        name = f"XB-{number + 1001}"
        _transformer(town, point, name, float(size[number]), f"{name}箱变")
    for number, (point, feed) in enumerate(zip(own.tolist(), pumps_first(town), strict=True)):
        name = f"XB-{number + 1}"
        _transformer(town, point, name, float(size[len(boxes) + number]), f"{feed.name}专用箱变")
        _depend(town, feed, f"power/transformer/{name}")


def pumps_first(town: Town) -> list[Feed]:
    """Plants with a supply of their own, waterworks before all others."""
    return sorted(town.feeds, key=lambda feed: not feed.name.startswith("WW"))


def _transformer(town: Town, point: int, name: str, mva: float, label: str) -> None:
    town.add(
        "devices",
        point=Spot("power", point),
        number=1,
        id=name,
        **{"class": "DL"},
        kind="transformer",
        name=label,
        state="closed",
        sn_mva=mva,
        vn_hv_kv=10.0,
        vn_lv_kv=0.4,
    )


def _single_cable(laid: Laid, made: Ints) -> None:
    """The lines to new points carry one cable in a small duct."""
    lines = np.isin(laid.end, made)
    for name, value in (("cable_count", 1.0), ("hole_used", 1.0), ("hole_count", 4.0)):
        laid.values[name][lines] = value
    laid.values["width_mm"][lines] = laid.values["height_mm"][lines] = 300.0
    laid.values["size"][lines] = "300*300"


def _feeds(town: Town, laid: Laid) -> Ints:
    """A transformer of its own for each plant; the points."""
    sites = town.sites
    made = []
    for feed in pumps_first(town):
        spot = int(sites.junction[feed.site]), bool(sites.column[feed.site]), float(sites.sign[feed.site])
        out = extend(laid, town.streets, town.ground, spot, np.array([48.0, 68.0, 86.0]), np.full(3, 0.85))
        laid.attachment[out[1:]] = ["人孔", "人孔", "箱变"]
        made.append(int(out[3]))
    return np.array(made, dtype=np.int64)


def _depend(town: Town, feed: Feed, supplier: str) -> None:
    for consumer in feed.consumers:
        town.add(
            "dependencies",
            supplier=supplier,
            consumer=consumer,
            kind="power",
            backup_min=feed.backup_min,
            store=feed.store,
        )


def _ties(town: Town, design: PowerDesign, laid: Laid) -> None:
    """A ring main unit with an open switch in the middle of each tie."""
    inner = np.flatnonzero((laid.row >= 0) & (laid.distance >= 0) & (laid.depth > 0))
    rows = len(design.is_tie)
    own = inner[design.is_tie[laid.row[inner]]]
    count = np.bincount(laid.row[own], minlength=rows)
    first = np.cumsum(count) - count
    some = count > 0
    points = own[first[some] + count[some] // 2]
    laid.attachment[points] = "环网柜"
    for number, point in enumerate(points.tolist()):
        town.add(
            "devices",
            point=Spot("power", point),
            number=1,
            id=f"SW-{number + 1}",
            **{"class": "DL"},
            kind="switch",
            name=f"{number + 1}号联络开关",
            state="open",
        )


def _manholes(laid: Laid, rng: np.random.Generator) -> None:
    """Manholes and ring main units where feeders branch, manholes along the ducts."""
    bare = (laid.attachment == "") & (laid.feature == "")
    under = laid.depth > 0
    degree = laid.degree()
    node = bare & (laid.junction >= 0)
    unit = node & (degree >= 3) & (rng.random(len(laid.x)) < 0.4)
    laid.attachment[unit] = "环网柜"
    laid.attachment[node & ~unit & under] = "人孔"
    inner = bare & (laid.junction < 0) & under & ((laid.zone < 0) | (degree >= 3))
    laid.attachment[inner] = np.where(rng.random(int(inner.sum())) < 0.85, "人孔", "手孔")
    name_joints(laid, {1: "预留口", 2: "转折点"})
    rest = (laid.attachment == "") & (laid.feature == "")
    laid.feature[rest] = "分支"


def _lights(town: Town, route: Route, laid: Laid, boxes: Ints, rng: np.random.Generator) -> Built:
    """Lamp posts along the rows that have a transformer, fed from it by way of a cabinet."""
    row, first = np.unique(laid.row[boxes], return_index=True)
    box = boxes[first]
    section = route.section[row]
    yes = np.ones(len(section), dtype=np.bool_)
    values = {
        "width_mm": np.full(len(section), 50.0),
        "height_mm": np.full(len(section), 50.0),
        "size": np.full(len(section), "50", dtype=object),
        "material": np.full(len(section), "TZ", dtype=object),
        "embed": np.full(len(section), "GM", dtype=object),
        "cable_count": np.ones(len(section)),
        "hole_count": np.full(len(section), 1.0),
        "hole_used": np.full(len(section), 1.0),
        "voltage_kv": np.full(len(section), 0.38),
        "built": town.years(section, rng, 1990),
    }
    made = Route(lanes()["lights"], section, np.full(len(section), 0.05), yes, yes, values)
    lit = lay(made, town.streets, town.ground, np.full(len(town.streets.x), 0.7))
    lit.attachment[:] = np.where(lit.depth > 0, "灯杆", "")
    lit.feature[:] = np.where(lit.depth > 0, "", "转折点")
    start = np.searchsorted(lit.row, np.arange(len(section)))
    stop = np.append(start[1:], len(lit.row))
    distance = _distance_of_stub(laid, box)
    for number, (low, high) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
        nearest = low + int(np.argmin(np.abs(lit.distance[low:high] - distance[number])))
        lit.attachment[nearest], lit.feature[nearest] = "控制柜", ""
        town.links.append((Spot("power", int(box[number])), Spot("lights", nearest)))
    return Built(made, lit)


def _distance_of_stub(laid: Laid, box: Ints) -> Floats:
    """Distance along the street of the points that stubs lead to."""
    tee = np.zeros(len(laid.x), dtype=np.int64)
    tee[laid.end] = laid.start
    return laid.distance[tee[box]]
