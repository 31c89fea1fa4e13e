"""Heat: plants, pairs of supply and return pipes along a tree of streets, substations at the blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.synthesis.drains import rounded_up
from twin.synthesis.ground import Floats, Ints
from twin.synthesis.lanes import lanes
from twin.synthesis.laying import Laid, Route, lay, name_joints
from twin.synthesis.sites import extend, required, stubs
from twin.synthesis.town import Built, Feed, Spot, Town
from twin.synthesis.trees import supply
from twin.synthesis.water import change_points, touched_by

_DIVERSITY = 0.85
_DROP_K = 60.0
_DUCT_M = 0.5
"""How far below the top of telecom ducts the pipes to substations pass."""


@dataclass(frozen=True)
class HeatDesign:
    """Supply and return over the same sections; load in kW at the lower end of each row; plant sites."""

    pipes: tuple[Route, Route]
    load_kw: Floats
    plants: Ints


def heat_design(town: Town, rng: np.random.Generator) -> HeatDesign:
    """A tree of mains to the denser half of the city."""
    streets, land = town.streets, town.land
    warm = (land.centre < 0.62) & (land.needs[:, 2] > 200.0)
    summed = np.bincount(land.junction[warm], land.needs[warm, 2], len(streets.x)) * _DIVERSITY
    load = np.asarray(summed, dtype=np.float64)
    plants = _plants(town, max(1, round(town.area_km2 / 45.0)))
    every = np.flatnonzero(~streets.bridge | streets.main)
    weight = np.where(streets.main[every], 0.5, 1.0)
    fed = supply(every, town.sites.junction[plants], load, streets, weight)
    used = fed.tree & (fed.flow > 0)
    section, flow = fed.section[used], fed.flow[used]
    lower = np.where(fed.from_start[used], streets.end[section], streets.start[section])
    size = _diameters(flow)
    built = town.years(section, rng, 1988)
    no = np.zeros(len(section), dtype=np.bool_)
    values = {
        "width_mm": size,
        "height_mm": size,
        "size": np.char.add("DN", size.astype(np.int64).astype(str)).astype(object),
        "material": np.full(len(size), "G", dtype=object),
        "embed": np.full(len(size), "ZM", dtype=object),
        "coating": np.full(len(size), "聚氨酯保温", dtype=object),
        "built": built,
        "note": np.full(len(size), "供水", dtype=object),
    }
    outer = (size * 1.04 + 30.0 + 2 * np.clip(0.09 * size, 30.0, 60.0)) / 1000.0
    first = Route(lanes()["heat_supply"], section, outer, no, no, values)
    back = {**values, "note": np.full(len(size), "回水", dtype=object)}
    plants = plants[touched_by(section, streets)[town.sites.junction[plants]]]
    for number, site in enumerate(plants.tolist()):
        name = f"HP-{number + 1}"
        need = 40.0 + 0.012 * float(load.sum()) / len(plants)
        town.feeds.append(Feed(site, need, name, (f"heat/plant/{name}",)))
    return HeatDesign((first, replace(first, lane=lanes()["heat_return"], values=back)), load[lower], plants)


def _plants(town: Town, number: int) -> Ints:
    """Sites half-way out, on different sides."""
    sites, extent = town.sites, town.ground.extent_m
    found = []
    for k in range(number):
        angle = 4.0 + 2 * np.pi * k / number
        x, y = extent / 2 * (1 + 0.6 * np.cos(angle)), extent / 2 * (1 + 0.6 * np.sin(angle))
        found.append(sites.nearest(x, y, town.streets, 110.0))
    return required(found)


def _diameters(load_kw: Floats) -> Floats:
    """Diameters for about 1.6 m/s at the design load and 60 K between supply and return."""
    flow = load_kw / (4.187 * _DROP_K) / 960.0
    return rounded_up("heat", np.maximum(1000.0 * np.sqrt(4 * flow / (np.pi * 1.6)), 80.0))


def build_heat(
    town: Town, design: HeatDesign, top_m: dict[str, Floats], rng: np.random.Generator
) -> list[Built]:
    """Both pipes, plants and substations."""
    first, second = design.pipes
    ends = np.stack([town.streets.start[first.section], town.streets.end[first.section]])
    ducts = top_m["telecom"][ends].max(axis=0) + _DUCT_M
    deeper = np.where(design.load_kw > 0, np.maximum(ducts, first.lane.cover_m), first.lane.cover_m)
    there = lay(first, town.streets, town.ground, top_m["heat_supply"], deeper)
    back = lay(second, town.streets, town.ground, top_m["heat_return"], deeper + first.od_m + 0.15)
    for number, site in enumerate(design.plants.tolist()):
        _plant(town, there, back, number, site, float(design.load_kw.sum() / len(design.plants)))
    _substations(town, design, there, back)
    _fittings(there, back, rng)
    for laid in (there, back):
        name_joints(laid, {1: "终点", 2: "弯头", 3: "三通", 4: "四通"})
        change_points(laid)
    return [Built(first, there), Built(second, back)]


def _plant(town: Town, there: Laid, back: Laid, number: int, site: int, load_kw: float) -> None:
    sites = town.sites
    spot = int(sites.junction[site]), bool(sites.column[site]), float(sites.sign[site])
    if there.at_junction[spot[0]] < 0:
        return

    a = extend(there, town.streets, town.ground, spot, np.array([58.0, 82.0]), np.full(2, 1.6))
    b = extend(back, town.streets, town.ground, spot, np.array([58.0]), np.full(1, 1.6))
    there.attachment[a[1:]] = ["阀门井", "热源"]
    back.attachment[b[1]] = "阀门井"
    plant = Spot("heat_supply", int(a[2]))
    town.links.append((plant, Spot("heat_return", int(b[1]))))
    name = f"HP-{number + 1}"
    town.add(
        "plants",
        point=plant,
        id=name,
        **{"class": "RL"},
        kind="plant",
        name=f"澜京第{number + 1}热源厂",
        capacity=round(load_kw / 1000.0 * 1.2 + 5.0, 0),
        unit="MW",
        p_mpa=1.2,
        t_c=130.0,
    )
    town.add("sources", spot=plant, id=f"heat/plant/{name}")


def _substations(town: Town, design: HeatDesign, there: Laid, back: Laid) -> None:
    """One substation at the middle of each row whose lower end has customers."""
    loaded = np.flatnonzero(design.load_kw > 0)
    points = _middle_points(there, len(design.load_kw))[loaded]
    others = _middle_points(back, len(design.load_kw))[loaded]
    good = (points >= 0) & (others >= 0)
    loaded, points, others = loaded[good], points[good], others[good]
    section = design.pipes[0].section
    at = stubs(there, town.streets, town.ground, section, points, 5.2)
    there.depth[at] = back.depth[others]
    there.attachment[at] = "换热站"
    back.feature[others] = "三通"
    for number, (row, station, other) in enumerate(zip(loaded, at, others, strict=True)):
        spot = Spot("heat_supply", int(station))
        town.links.append((spot, Spot("heat_return", int(other))))
        town.add(
            "plants",
            point=spot,
            id=f"HS-{number + 1}",
            **{"class": "RL"},
            kind="substation",
            name=f"{number + 1}号换热站",
            capacity=round(float(design.load_kw[row]) / 1000.0, 2),
            unit="MW",
        )
        town.add("needs", spot=spot, id=f"heat/substation/HS-{number + 1}", backup_min=0.0)


def _middle_points(laid: Laid, rows: int) -> Ints:
    """The inner point in the middle of each row, outside the zones of junctions; -1 where there is none."""
    made = np.full(rows, -1)
    own = np.flatnonzero((laid.row >= 0) & (laid.zone < 0) & (laid.depth > 0))
    count = np.bincount(laid.row[own], minlength=rows)
    first = np.cumsum(count) - count
    some = count > 0
    made[some] = own[first[some] + count[some] // 2]
    return made


def _fittings(there: Laid, back: Laid, rng: np.random.Generator) -> None:
    chance = rng.random(len(there.x))
    for laid in (there, back):
        own = chance[: len(laid.x)] if len(laid.x) <= len(chance) else rng.random(len(laid.x))
        inner = (laid.row >= 0) & (laid.depth > 0) & (laid.attachment == "") & (laid.feature == "")
        plain = inner & (laid.degree() == 2)
        valve = plain & (laid.zone >= 0) & (own < 0.35)
        laid.attachment[valve] = "阀门井"
        laid.attachment[plain & (laid.zone < 0) & (own < 0.08)] = "补偿器"
        laid.attachment[plain & (laid.zone < 0) & (own > 0.93)] = "固定支架"
