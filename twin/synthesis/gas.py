"""Gas: a gate station, a high-pressure ring, regulators, medium and (in the old town) low pressure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.synthesis.drains import rounded_up
from twin.synthesis.ground import Bools, Floats, Ints, Texts
from twin.synthesis.lanes import lanes
from twin.synthesis.laying import Laid, Route, lay, name_joints
from twin.synthesis.sites import append, extend, required, way
from twin.synthesis.town import Built, Feed, Spot, Town
from twin.synthesis.trees import linked, supply
from twin.synthesis.water import change_points, touched_by

_PEAK = 2.4
"""Gas drawn in the hour of highest demand over the mean."""


@dataclass(frozen=True)
class GasDesign:
    """Routes of high and lower pressure; which rows are low pressure; sites of gates and regulators."""

    high: Route
    low: Route
    is_low: Bools
    gates: Ints
    stations: Ints


def gas_design(town: Town, rng: np.random.Generator) -> GasDesign:
    """The ring and the mains with their sizes."""
    streets = town.streets
    x = (streets.x[streets.start] + streets.x[streets.end]) / 2
    y = (streets.y[streets.start] + streets.y[streets.end]) / 2
    middle = town.land.x.mean(), town.land.y.mean()
    away = np.hypot(x - middle[0], y - middle[1]) / (0.5 * town.ground.extent_m)
    ring = linked(np.flatnonzero(streets.main & (away > 0.55)), streets)
    chance = rng.random(len(x))
    mains = linked(np.flatnonzero(streets.main | (~streets.bridge & (chance < 0.72))), streets)
    both = touched_by(ring, streets) & touched_by(mains, streets)
    gates = _sites(town, touched_by(ring, streets), max(1, round(town.area_km2 / 120.0)), 140.0)
    stations = _sites(town, both, max(2, round(town.area_km2 / 9.0)), 90.0)
    load = town.land.load("gas_m3d", len(streets.x)) / 24.0 * _PEAK
    weight = np.where(streets.main[mains], 0.6, 1.0)
    fed = supply(mains, town.sites.junction[stations], load, streets, weight)
    is_low = ~streets.main[fed.section] & (away[fed.section] < 0.3) & ~streets.bridge[fed.section]
    built = town.years(fed.section, rng, 1985)
    low = _mains(town, fed.section, fed.flow, is_low, built)
    for number, site in enumerate(gates.tolist()):
        name = f"GS-{number + 1}"
        town.feeds.append(Feed(site, 60.0, name, (f"gas/gate/{name}",), 480.0, "battery"))
    return GasDesign(_ring(town, ring, load.sum(), len(gates), rng), low, is_low, gates, stations)


def _sites(town: Town, touched: Bools, number: int, room_m: float) -> Ints:
    """Sites spread around the city."""
    sites, extent = town.sites, town.ground.extent_m
    hidden = sites.taken.copy()
    sites.taken |= ~touched[sites.junction]
    found = []
    for k in range(number):
        angle = 0.9 + 2 * np.pi * k / number
        x, y = extent / 2 * (1 + 0.8 * np.cos(angle)), extent / 2 * (1 + 0.8 * np.sin(angle))
        found.append(sites.nearest(x, y, town.streets, room_m))
    chosen = required(found)
    sites.taken[:] = hidden
    sites.taken[chosen] = True
    return chosen


def _ring(town: Town, ring: Ints, total_m3h: float, gates: int, rng: np.random.Generator) -> Route:
    size = rounded_up("gas_steel", np.maximum(_diameter(np.array([total_m3h / gates / 2]), 12.0), 325.0))
    number = len(ring)
    values = {
        "width_mm": np.full(number, size[0]),
        "height_mm": np.full(number, size[0]),
        "size": np.full(number, f"{size[0]:.0f}", dtype=object),
        "material": np.full(number, "G", dtype=object),
        "coating": np.full(number, "3PE", dtype=object),
        "embed": np.full(number, "ZM", dtype=object),
        "built": town.years(ring, rng, 2002),
        **_pressure(np.full(number, 2)),
    }
    no = np.zeros(number, dtype=np.bool_)
    return Route(lanes()["gas_high"], ring, np.full(number, size[0] / 1000.0), no, no, values)


def _mains(town: Town, section: Ints, flow_m3h: Floats, is_low: Bools, built: Floats) -> Route:
    wanted = _diameter(flow_m3h, np.where(is_low, 1.02, 3.5))
    main = town.streets.main[section]
    plastic = (built >= 1998) & (wanted <= 400)
    floor = np.where(main, 160.0, 110.0)
    size = np.where(
        plastic,
        rounded_up("gas_pe", np.maximum(wanted, floor)),
        rounded_up("gas_steel", np.maximum(wanted, 159.0)),
    )
    values = {
        "width_mm": size,
        "height_mm": size,
        "size": size.astype(np.int64).astype(str).astype(object),
        "material": np.where(plastic, "PE", "G").astype(object),
        "coating": np.where(plastic, "", "3PE").astype(object),
        "embed": np.full(len(size), "ZM", dtype=object),
        "built": built,
        **_pressure(np.where(is_low, 0, 1)),
    }
    no = np.zeros(len(section), dtype=np.bool_)
    return Route(lanes()["gas"], section, size / 1000.0, no, no, values)


def _diameter(flow_m3h: Floats, bar: Floats | float) -> Floats:
    """Diameter in mm for 9 m/s at an absolute pressure."""
    return np.asarray(1000.0 * np.sqrt(4 * flow_m3h / 3600.0 / bar / (np.pi * 9.0)), dtype=np.float64)


def _pressure(level: Ints) -> dict[str, Texts | Floats]:
    """Class, design and operating pressure of low (0), medium (1) and high (2) pressure lines."""
    return {
        "pressure": np.array(["低压", "中压A", "次高压A"], dtype=object)[level],
        "design_mpa": np.array([0.008, 0.4, 1.6])[level],
        "operating": np.array(["0.002-0.003", "0.2-0.3", "1.0-1.2"], dtype=object)[level],
        "operating_mpa": np.array([0.003, 0.3, 1.2])[level],
    }


def build_gas(
    town: Town, design: GasDesign, top_m: dict[str, Floats], rng: np.random.Generator
) -> list[Built]:
    """The ring with its gates, and the mains with regulators and valves."""
    high = lay(design.high, town.streets, town.ground, top_m["gas_high"])
    low = lay(design.low, town.streets, town.ground, top_m["gas"])
    _gates(town, high, design.gates)
    _stations(town, high, low, design.stations)
    _valves(high, rng, 0.7)
    _district_regulators(town, design, low)
    _valves(low, rng, 0.35)
    joints = {1: "终点", 2: "弯头", 3: "三通", 4: "四通"}
    for laid in (high, low):
        name_joints(laid, joints)
        change_points(laid)
    return [Built(design.high, high), Built(design.low, low)]


def _spot(town: Town, site: int) -> tuple[int, bool, float]:
    sites = town.sites
    return int(sites.junction[site]), bool(sites.column[site]), float(sites.sign[site])


def _gates(town: Town, high: Laid, gates: Ints) -> None:
    total = float(town.land.needs[:, 1].sum() / 24.0 * _PEAK)
    for number, site in enumerate(gates.tolist()):
        made = extend(
            high, town.streets, town.ground, _spot(town, site), np.array([62.0, 90.0]), np.full(2, 1.4)
        )
        high.attachment[made[1:]] = ["阀门井", "门站"]
        spot = Spot("gas_high", int(made[2]))
        town.add(
            "plants",
            point=spot,
            id=f"GS-{number + 1}",
            **{"class": "RQ"},
            kind="gate",
            name=f"澜京第{number + 1}天然气门站",
            capacity=round(total * 1.3 / len(gates), -2) + 100.0,
            unit="m3/h",
            p_mpa=1.2,
        )


def _stations(town: Town, high: Laid, low: Laid, stations: Ints) -> None:
    """Regulator stations: ring and mains both come out of the junction and meet in one point."""
    streets, ground = town.streets, town.ground
    for number, site in enumerate(stations.tolist()):
        spot = _spot(town, site)
        out = np.array([56.0])
        a = extend(high, streets, ground, spot, out, np.full(1, 1.4))
        b = extend(low, streets, ground, spot, out, np.full(1, 1.4))
        axis = np.array([spot[0]]), np.array([spot[1]]), np.array([spot[2]])
        x, y = way(streets, *axis, np.array([72.0]), np.zeros(1))
        end = append(high, ground, int(a[-1]), x[0], y[0], np.array([1.4]))
        high.attachment[end[0]] = "调压站"
        station = Spot("gas_high", int(end[0]))
        town.links.append((station, Spot("gas", int(b[-1]))))
        low.feature[b[-1]] = "弯头"
        _regulator(town, station, f"RS-{number + 1}", f"{number + 1}号调压站", 0.3)


def _regulator(town: Town, spot: Spot, name: str, label: str, setting: float) -> None:
    town.add(
        "devices",
        point=spot,
        number=1,
        id=name,
        **{"class": "RQ"},
        kind="regulator",
        name=label,
        state="open",
        setting=setting,
    )


def _district_regulators(town: Town, design: GasDesign, low: Laid) -> None:
    """Boxes where a low-pressure main leaves a junction of medium pressure; the stretch before is medium."""
    streets, section = town.streets, design.low.section
    medium = touched_by(section[~design.is_low], streets)
    inner = low.row >= 0
    box = np.flatnonzero(
        inner & (low.zone >= 0) & design.is_low[np.maximum(low.row, 0)] & medium[np.maximum(low.zone, 0)]
    )
    low.attachment[box] = "调压箱"
    at = np.zeros(len(low.x), dtype=np.bool_)
    at[box] = True
    node = low.junction >= 0
    before = (at[low.start] & node[low.end]) | (at[low.end] & node[low.start])
    for name, values in _pressure(np.ones(int(before.sum()), dtype=np.int64)).items():
        low.values[name][before] = values
    for number, point in enumerate(box.tolist()):
        _regulator(town, Spot("gas", point), f"RB-{number + 1}", f"{number + 1}号调压箱", 0.003)


def _valves(laid: Laid, rng: np.random.Generator, share: float) -> None:
    edge = (laid.row >= 0) & (laid.zone >= 0) & (laid.attachment == "") & (laid.depth > 0)
    valve = edge & (rng.random(len(laid.x)) < share)
    laid.attachment[valve] = np.where(rng.random(int(valve.sum())) < 0.5, "阀门", "阀门井")
