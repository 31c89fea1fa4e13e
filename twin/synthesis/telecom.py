"""Telecom: exchanges, duct banks along the streets, cabinets, base stations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.synthesis.ground import Floats, Ints
from twin.synthesis.lanes import lanes
from twin.synthesis.laying import Laid, Route, lay, name_joints
from twin.synthesis.sites import extend, required, stubs
from twin.synthesis.town import Built, Feed, Spot, Town
from twin.synthesis.trees import supply
from twin.synthesis.water import touched_by


@dataclass(frozen=True)
class TelecomDesign:
    """The route of ducts, lines served at the lower end of each row, sites of the exchanges."""

    route: Route
    lines: Floats
    exchanges: Ints


def telecom_design(town: Town, rng: np.random.Generator) -> TelecomDesign:
    """Ducts in most streets, with holes by the lines that pass."""
    streets = town.streets
    load = town.land.load("lines", len(streets.x))
    exchanges = _exchanges(town, load, max(1, round(town.area_km2 / 9.0)))
    chance = rng.random(len(streets.start))
    every = np.flatnonzero(streets.main | (~streets.bridge & (chance < 0.9)))
    fed = supply(
        every, town.sites.junction[exchanges], load, streets, np.where(streets.main[every], 0.6, 1.0)
    )
    used = fed.tree & (fed.flow > 0)
    on = touched_by(fed.section[used], streets)
    loop = ~fed.tree & on[streets.start[fed.section]] & on[streets.end[fed.section]]
    kept = used | (loop & (rng.random(len(fed.section)) < 0.3))
    section, flow = fed.section[kept], fed.flow[kept]
    lower = np.where(fed.from_start[kept], streets.end[section], streets.start[section])
    lines = np.where(fed.tree[kept], load[lower], 0.0)
    holes = np.select([flow < 400, flow < 2500, flow < 8000], [4.0, 6.0, 12.0], 24.0)
    wide = np.select([holes <= 4, holes <= 6, holes <= 12], [300.0, 400.0, 700.0], 1000.0)
    high = np.select([holes <= 6, holes <= 12], [250.0, 300.0], 380.0)
    text = np.char.add(np.char.add(wide.astype(np.int64).astype(str), "*"), high.astype(np.int64).astype(str))
    holes_used = np.floor(holes * rng.uniform(0.35, 0.85, len(holes)))
    no = np.zeros(len(section), dtype=np.bool_)
    values = {
        "width_mm": wide,
        "height_mm": high,
        "size": text.astype(object),
        "material": np.full(len(section), "PVC", dtype=object),
        "embed": np.full(len(section), "GK", dtype=object),
        "cable_count": holes_used,
        "hole_count": holes,
        "hole_used": holes_used,
        "built": town.years(section, rng, 1988),
    }
    exchanges = exchanges[touched_by(section, streets)[town.sites.junction[exchanges]]]
    for number, site in enumerate(exchanges.tolist()):
        name = f"EX-{number + 1}"
        town.feeds.append(Feed(site, 250.0, name, (f"telecom/exchange/{name}",), 480.0, "fuel"))
    return TelecomDesign(Route(lanes()["telecom"], section, high / 1000.0, no, no, values), lines, exchanges)


def _exchanges(town: Town, load: Floats, number: int) -> Ints:
    """Sites spread over the load, in the order of a spiral."""
    streets, extent = town.streets, town.ground.extent_m
    middle = np.average(streets.x, weights=load), np.average(streets.y, weights=load)
    found = []
    for k in range(number):
        angle, radius = 2.4 * k, 0.4 * extent * np.sqrt(k / number)
        x, y = middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle)
        found.append(town.sites.nearest(float(x), float(y), streets, 70.0))
    chosen = required(found)
    return chosen


def build_telecom(town: Town, design: TelecomDesign, top_m: Floats, rng: np.random.Generator) -> Built:
    """Ducts with manholes, exchanges, cabinets and base stations."""
    laid = lay(design.route, town.streets, town.ground, top_m)
    sites = town.sites
    for number, site in enumerate(design.exchanges.tolist()):
        spot = int(sites.junction[site]), bool(sites.column[site]), float(sites.sign[site])
        if laid.at_junction[spot[0]] < 0:
            continue
        made = extend(laid, town.streets, town.ground, spot, np.array([44.0, 64.0]), np.full(2, 0.85))
        laid.attachment[made[1:]] = ["人孔", "局站"]
        town.add(
            "plants",
            point=Spot("telecom", int(made[2])),
            id=f"EX-{number + 1}",
            **{"class": "TX"},
            kind="exchange",
            name=f"澜京第{number + 1}局",
            capacity=round(float(design.lines.sum()) / len(design.exchanges) * 1.3, -2) + 100.0,
            unit="lines",
        )
    _stations(town, design, laid, rng)
    _manholes(laid, rng)
    return Built(design.route, laid)


def _stations(town: Town, design: TelecomDesign, laid: Laid, rng: np.random.Generator) -> None:
    """A cabinet at rows with customers, a base station at every eighth of them."""
    rows = len(design.route.section)
    middle = np.flatnonzero((laid.row >= 0) & (laid.zone < 0) & (laid.depth > 0))
    count = np.bincount(laid.row[middle], minlength=rows)
    first = np.cumsum(count) - count
    with_lines = np.flatnonzero((design.lines > 0) & (count > 1))
    cabinets = middle[first[with_lines] + count[with_lines] // 3]
    masts = with_lines[(count[with_lines] > 2) & (rng.random(len(with_lines)) < 0.22)]
    stations = middle[first[masts] + count[masts] - 1]
    stations = stations[~np.isin(stations, cabinets)]
    section = design.route.section
    made = stubs(laid, town.streets, town.ground, section, cabinets, 3.0)
    laid.attachment[made] = "交接箱"
    made = stubs(laid, town.streets, town.ground, section, stations, 3.6)
    laid.attachment[made] = "基站"
    lines = np.isin(laid.end, made)
    laid.values["material"][lines] = "GX"
    laid.values["embed"][lines] = "GM"
    for name, value in (("cable_count", 1.0), ("hole_used", 1.0), ("hole_count", 2.0)):
        laid.values[name][lines] = value
    for number, point in enumerate(made.tolist()):
        spot = Spot("telecom", point)
        town.add(
            "plants",
            point=spot,
            id=f"BS-{number + 1}",
            **{"class": "TX"},
            kind="base_station",
            name=f"{number + 1}号基站",
            capacity=600.0,
            unit="lines",
        )
        own = f"telecom/base_station/BS-{number + 1}"
        town.add("needs", spot=spot, id=own, backup_min=180.0, store="battery")


def _manholes(laid: Laid, rng: np.random.Generator) -> None:
    under = (laid.depth > 0) & (laid.attachment == "")
    node = under & ((laid.junction >= 0) | (laid.degree() >= 3))
    inner = under & ~node & (laid.zone < 0)
    laid.attachment[node] = "人孔"
    laid.attachment[inner] = np.where(rng.random(int(inner.sum())) < 0.8, "人孔", "手孔")
    name_joints(laid, {1: "预留口", 2: "转折点"})
    laid.feature[(laid.attachment == "") & (laid.feature == "")] = "分支"
