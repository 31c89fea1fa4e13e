"""Water supply: waterworks, pumps, towers, looped mains whose diameters follow from what they carry."""

from __future__ import annotations

import numpy as np

from twin.synthesis.drains import rounded_up
from twin.synthesis.ground import Bools, Floats, Ints
from twin.synthesis.lanes import lanes
from twin.synthesis.laying import Laid, Route, lay, name_joints
from twin.synthesis.sites import extend, required
from twin.synthesis.streets import Streets
from twin.synthesis.town import Built, Feed, Pipe, Spot, Town
from twin.synthesis.trees import linked, supply

_PEAK = 1.5
_VELOCITY_MS = 1.1


def water_route(town: Town, rng: np.random.Generator) -> tuple[Route, Ints, Ints]:
    """Sections with a water main, the sites of the waterworks and of the towers."""
    streets = town.streets
    chance = rng.random(len(streets.start))
    section = linked(
        np.flatnonzero((streets.main & ~(streets.bridge & (chance < 0.2))) | (chance < 0.9)), streets
    )
    touched = touched_by(section, streets)
    works = _sites(town, touched, max(1, round(town.area_km2 / 70.0)), "works")
    towers = _sites(town, touched, max(1, round(town.area_km2 / 14.0)), "towers")
    sources = town.sites.junction[works]
    load = town.land.load("water_m3d", len(streets.x)) / 86.4 * _PEAK
    weight = np.where(streets.main[section], 0.6, 1.0)
    fed = supply(section, sources, load, streets, weight)
    size = _diameters(fed.flow, streets.main[fed.section])
    built = town.years(fed.section, rng, 1958)
    material = _materials(size, built)
    size = np.where(
        (material == "PE") & (size == 100.0),
        110.0,
        np.where((material == "PE") & (size == 150.0), 160.0, size),
    )
    no = np.zeros(len(fed.section), dtype=np.bool_)
    values = {
        "width_mm": size,
        "height_mm": size,
        "size": np.char.add("DN", size.astype(np.int64).astype(str)).astype(object),
        "material": material,
        "embed": np.full(len(size), "ZM", dtype=object),
        "flow_dir": np.full(len(size), "", dtype=object),
        "built": built,
    }
    _feeds(town, works)
    return Route(lanes()["water"], fed.section, 1.06 * size / 1000.0, no, no, values), works, towers


def _duty(town: Town, works: int) -> tuple[float, float, int]:
    """Flow in m3/h of each waterworks, the head that all hold, and pumps on duty in each."""
    flow = float(town.land.needs[:, 0].sum()) / 24.0 * _PEAK / works
    return flow, float(np.quantile(town.level, 0.98)) + 20.0, 2 if flow < 4000 else 4


def _pump_ids(number: int, duty: int) -> list[str]:
    """Ids of the pumps of a waterworks: one more than are on duty."""
    return [f"PU-{k + 1}" if number == 0 else f"PU-{number + 1}{k + 1}" for k in range(duty + 1)]


def _feeds(town: Town, works: Ints) -> None:
    flow, head, duty = _duty(town, len(works))
    for number, site in enumerate(works.tolist()):
        lift = head + 4.0 - float(town.level[town.sites.junction[site]])
        load = flow / 3600 * 9.81 * lift / 0.75
        units = tuple(f"water/pump/{unit}" for unit in _pump_ids(number, duty))
        town.feeds.append(Feed(site, load, f"WW-{number + 1}", units))


def touched_by(section: Ints, streets: Streets) -> Bools:
    """Junctions at the ends of sections."""
    made = np.zeros(len(streets.x), dtype=np.bool_)
    made[streets.start[section]] = made[streets.end[section]] = True
    return made


def _sites(town: Town, touched: Bools, number: int, kind: str) -> Ints:
    """Sites of works (upstream, spread along the river) or of towers (on high ground)."""
    sites, streets = town.sites, town.streets
    hidden = sites.taken.copy()
    sites.taken |= ~touched[sites.junction]
    extent = town.ground.extent_m
    found = []
    if kind == "works":
        for share in np.linspace(0.02, 0.7, number) if number > 1 else [0.02]:
            x = share * extent
            y = float(town.ground.river.centre(np.array([x]))[0])
            found.append(sites.nearest(x, y, streets, 150.0))
    else:
        for k in range(number):
            angle = 2.4 * k
            radius = 0.42 * extent * np.sqrt((k + 0.5) / number)
            x, y = extent / 2 + radius * np.cos(angle), extent / 2 + radius * np.sin(angle)
            found.append(_highest(town, x, y, 0.2 * extent / np.sqrt(number) + 400.0))
    chosen = required(found)
    sites.taken[:] = hidden
    sites.taken[chosen] = True
    return chosen


def _highest(town: Town, x: float, y: float, reach: float) -> int:
    """The highest free site within reach of a place, which becomes taken."""
    sites, streets = town.sites, town.streets
    away = np.hypot(streets.x[sites.junction] - x, streets.y[sites.junction] - y)
    open_ = ~sites.taken & (sites.room_m >= 80.0) & (away < reach) & ~np.isfinite(sites.water_m)
    if not open_.any():
        return sites.nearest(x, y, streets, 80.0)
    found = int(np.argmax(np.where(open_, town.level[sites.junction], -np.inf)))
    sites.taken[found] = True
    return found


def _diameters(flow_ls: Floats, main: Bools) -> Floats:
    """Diameters for about 1.1 m/s at the hour of highest demand; no main below DN100 (arterials DN200)."""
    wanted = 1000.0 * np.sqrt(4 * flow_ls / 1000.0 / (np.pi * _VELOCITY_MS))
    return rounded_up("water", np.maximum(wanted, np.where(main, 200.0, 100.0)))


def _materials(size: Floats, built: Floats) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Grey iron of old, ductile iron later, plastic where small and new, steel where very large."""
    old, small = built < 1992, size <= 200
    made = np.where(old, "ZT", np.where(small & (built >= 2000), "PE", "QM"))
    return np.where(size >= 1200, "G", made).astype(object)


def build_water(
    town: Town, design: tuple[Route, Ints, Ints], top_m: Floats, rng: np.random.Generator
) -> Built:
    """Mains with valves and hydrants, waterworks with pumps, towers."""
    route, works, towers = design
    laid = lay(route, town.streets, town.ground, top_m)
    flow, head, duty = _duty(town, len(works))
    for number, site in enumerate(works.tolist()):
        _waterworks(town, laid, number, site, (flow, head, duty))
    for number, site in enumerate(towers.tolist()):
        _tower(town, laid, number, site, head)
    _fittings(laid, rng)
    name_joints(laid, {1: "终点", 2: "弯头", 3: "三通", 4: "四通"})
    change_points(laid)
    return Built(route, laid)


def _spot(town: Town, site: int) -> tuple[int, bool, float]:
    sites = town.sites
    return int(sites.junction[site]), bool(sites.column[site]), float(sites.sign[site])


def _waterworks(town: Town, laid: Laid, number: int, site: int, duties: tuple[float, float, int]) -> None:
    """A clear well, a pumping station before it, and the rising main to the junction."""
    spot = _spot(town, site)
    flow, head, duty = duties
    distance = np.array([56.0, 80.0, 104.0])
    made = extend(laid, town.streets, town.ground, spot, distance, np.full(3, 1.3))
    laid.attachment[made[1:]] = ["阀门井", "泵站", "水厂出水"]
    _widen(laid, made, flow)
    well, pumps = int(made[3]), int(made[2])
    level = float(laid.ground[well]) + 2.0
    town.add(
        "plants",
        point=Spot("water", well),
        id=f"WW-{number + 1}",
        **{"class": "JS"},
        kind="reservoir",
        name=f"澜京第{number + 1}水厂",
        capacity=round(flow * 1.1, -1) + 10.0,
        unit="m3/h",
        level_m=round(level, 2),
    )
    if number == 0:
        town.add("names", name="waterworks", component="water/reservoir/WW-1")
        for name in ("PU-1", "PU-2"):
            town.add("names", name=f"pump {name[-1]}", component=f"water/pump/{name}")
        town.add("names", name="box transformer", component="power/transformer/XB-1")
    for unit, name in enumerate(_pump_ids(number, duty)):
        town.add(
            "devices",
            point=Spot("water", pumps),
            number=unit + 1,
            id=name,
            **{"class": "JS"},
            kind="pump",
            name=f"澜京第{number + 1}水厂{unit + 1}号泵",
            state="on" if unit < duty else "off",
            q_m3h=round(flow / duty, 0),
            head_m=round(head + 6.0 - level, 1),
            power_kw=round(flow / duty / 3600 * 9.81 * (head + 6.0 - level) / 0.75, 0),
            setting=1.0,
        )


def _tower(town: Town, laid: Laid, number: int, site: int, head: float) -> None:
    """A water tower and its main."""
    made = extend(laid, town.streets, town.ground, _spot(town, site), np.array([42.0, 62.0]), np.full(2, 1.3))
    laid.attachment[made[1:]] = ["阀门井", "水塔"]
    _widen(laid, made, 700.0)
    tower = int(made[2])
    if number == 0:
        town.add("names", name="tower", component="water/tank/T-1")
        town.add("names", name="tower main", component=Pipe("water", int(made[1]), tower))
    town.add(
        "plants",
        point=Spot("water", tower),
        id=f"T-{number + 1}",
        **{"class": "JS"},
        kind="tank",
        name=f"{number + 1}号水塔",
        capacity=round(np.pi / 4 * 16**2 * 6.0, 0),
        unit="m3",
        level_m=4.0,
        level_min_m=0.5,
        level_max_m=6.0,
        diameter_m=16.0,
        elevation_m=round(max(head + 2.0, float(laid.ground[tower]) + 12.0), 2),
    )


def _widen(laid: Laid, made: Ints, flow_m3h: float) -> None:
    """Give the lines of a spur the diameter of its flow; water runs towards the junction."""
    size = float(_diameters(np.array([flow_m3h / 3.6]), np.array([True]))[0])
    lines = np.isin(laid.end, made)
    laid.values["flow_dir"][lines] = "-"
    for name in ("width_mm", "height_mm"):
        laid.values[name][lines] = size
    laid.values["size"][lines] = f"DN{size:.0f}"
    laid.values["material"][lines] = "QM"


def _fittings(laid: Laid, rng: np.random.Generator) -> None:
    """Valves at the edges of junctions, hydrants about every 120 m between."""
    inner = (laid.row >= 0) & (laid.ground - laid.depth > -1e9) & (laid.depth > 0)
    edge = inner & (laid.zone >= 0)
    chance = rng.random(len(laid.x))
    first = np.zeros(len(laid.x), dtype=np.bool_)
    first[1:] = laid.row[1:] != laid.row[:-1]
    valve = edge & (first | (chance < 0.25))
    chamber = laid_size(laid) >= 300
    laid.attachment[valve] = np.where(
        chamber[valve], "阀门井", np.where(chance[valve] < 0.5, "阀门", "阀门井")
    )
    between = inner & (laid.zone < 0)
    rank = np.cumsum(between) % 5 == 0
    hydrant = between & rank
    laid.attachment[hydrant] = np.where(chance[hydrant] < 0.7, "消防栓", "地下消防栓")


def laid_size(laid: Laid) -> Floats:
    """Largest width in mm of the lines at each point."""
    made = np.zeros(len(laid.x))
    for ends in (laid.start, laid.end):
        np.maximum.at(made, ends, laid.values["width_mm"].astype(np.float64))
    return made


def change_points(laid: Laid) -> None:
    """Reducers and changes of material where just two unlike lines meet."""
    point = np.concatenate([laid.start, laid.end])
    line = np.concatenate([np.arange(len(laid.start))] * 2)
    ranked = np.argsort(point, kind="stable")
    pair = np.flatnonzero(laid.degree() == 2)
    first = np.searchsorted(point[ranked], pair)
    a, b = line[ranked[first]], line[ranked[first + 1]]
    bare = laid.attachment[pair] == ""
    sizes, materials = laid.values["size"], laid.values["material"]
    laid.feature[pair[bare & (materials[a] != materials[b])]] = "变材"
    laid.feature[pair[bare & (sizes[a] != sizes[b])]] = "变径"
