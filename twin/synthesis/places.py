"""Streets, areas, facilities, agencies and customers of a synthetic city as joined tables."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from twin.synthesis.ground import ORIGIN, Bools, Floats, Ints, Texts
from twin.synthesis.land import NEEDS
from twin.synthesis.people import persons, phones
from twin.synthesis.town import Town


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with Path(__file__).with_name(f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def street_table(town: Town) -> pd.DataFrame:
    """Street sections with their centre lines and travel times."""
    streets = town.streets
    number = len(streets.start)
    section = np.repeat(np.arange(number), 5)
    distance = (streets.length_m[:, None] * np.linspace(0.0, 1.0, 5)).ravel()
    x, y = streets.along(section, distance, np.zeros(len(section)))
    place = np.round(np.column_stack([x + ORIGIN[0], y + ORIGIN[1]]), 2)
    lines = shapely.linestrings(place.reshape(number, 5, 2))
    low = np.zeros(number, dtype=np.bool_)
    low[town.underpasses] = True
    kind = np.select([low, streets.bridge, streets.main], ["underpass", "bridge", "arterial"], "street")
    speed = np.where(streets.main, 42.0, 26.0)
    return pd.DataFrame(
        {
            "id": _numbered("ST-", number),
            "kind": kind.astype(object),
            "name": town.register.road(streets.street),
            "start": _numbered("J-", len(streets.x))[streets.start],
            "end": _numbered("J-", len(streets.x))[streets.end],
            "width_m": np.where(streets.main, 26.0, 12.0),
            "travel_min": np.round(streets.length_m / 1000.0 / speed * 60.0, 3),
            "wkt": shapely.to_wkt(lines, rounding_precision=2).astype(object),
        }
    )


def _numbered(prefix: str, number: int) -> Texts:
    return np.asarray(prefix + np.arange(1, number + 1).astype(str).astype(object), dtype=object)


def area_table(town: Town) -> pd.DataFrame:
    """Regions, water, parks and blocks as polygons."""
    rows = [*_regions(town), *_waters(town)]
    corners = town.land.corners + np.array(ORIGIN)
    wkt = shapely.to_wkt(shapely.polygons(np.round(corners, 2)), rounding_precision=2)
    names = town.land.names()
    blocks = pd.DataFrame(
        {
            "id": _numbered("B-", len(wkt)),
            "kind": np.where(names == "park", "park", "block").astype(object),
            "name": names,
            "level": np.full(len(wkt), "", dtype=object),
            "wkt": wkt.astype(object),
        }
    )
    first = pd.DataFrame(rows, columns=["id", "kind", "name", "level", "wkt"])
    return pd.concat([first, blocks], ignore_index=True)


def _regions(town: Town) -> list[tuple[str, str, str, str, str]]:
    """The city; districts on both sides of the river, the eastern fifth a county."""
    extent, river = town.ground.extent_m, town.ground.river
    beyond = 400.0 + 0.05 * extent
    low, high = -beyond, extent + beyond
    x = np.linspace(low, high, 60)
    bank = np.column_stack([x, river.centre(x)])
    north = shapely.Polygon([*bank, (high, high), (low, high)])
    south = shapely.Polygon([*bank, (high, low), (low, low)])
    city = shapely.box(low, low, high, high)
    west, east = shapely.box(low, low, 0.8 * extent, high), shapely.box(0.8 * extent, low, high, high)
    parts = [
        ("R-0", "澜京市", "city", city),
        ("R-1", "北澜区", "district", shapely.intersection(north, west)),
        ("R-2", "南澜区", "district", shapely.intersection(south, west)),
        ("R-3", "东澜县", "county", east),
    ]
    return [(name, "region", label, level, _wkt(shape)) for name, label, level, shape in parts]


def _wkt(shape: shapely.Geometry) -> str:
    moved = shapely.transform(shape, lambda place: np.round(place + np.array(ORIGIN), 2))
    return str(shapely.to_wkt(moved, rounding_precision=2))


def _waters(town: Town) -> list[tuple[str, str, str, str, str]]:
    """The river and its creeks as polygons."""
    ground, extent = town.ground, town.ground.extent_m
    along = np.linspace(-200.0, extent + 200.0, max(40, int(extent / 60.0)))
    river = shapely.LineString(np.column_stack([along, ground.river.centre(along)]))
    rows = [("W-0", "river", "澜河", "", _wkt(river.buffer(ground.river.half_width)))]
    for number, creek in enumerate(ground.creeks):
        x = creek.centre(along)
        own = np.sign(ground.to_river(x, along)) == creek.side
        line = shapely.LineString(np.column_stack([x, along])[own])
        rows.append(
            (f"W-{number + 1}", "river", f"{number + 1}号溪", "", _wkt(line.buffer(creek.half_width)))
        )
    return rows


def facility_rows(town: Town, rng: np.random.Generator) -> pd.DataFrame:
    """Hospitals, schools, the command centre and other key users, each in a block of its own."""
    land = town.land
    taken = np.zeros(len(land.x), dtype=np.bool_)
    made = []
    for row in _rows("facilities"):
        number = max(int(row["at_least"]), round(float(row["per_km2"]) * town.area_km2))
        for k in range(number):
            block = _block(town, taken, float(row["ring"]), rng, row["kind"] == "school")
            if block < 0:
                break
            taken[block] = True
            made.append(
                {
                    "id": f"{row['id']}-{k + 1}",
                    "kind": row["kind"],
                    "name": f"澜京第{k + 1}{row['name']}" if number > 1 else f"澜京{row['name']}",
                    "x_m": round(float(land.x[block]) + ORIGIN[0], 2),
                    "y_m": round(float(land.y[block]) + ORIGIN[1], 2),
                    "people": float(np.round(float(row["people"]) * rng.uniform(0.6, 1.4), 0)),
                    "backup_power_min": float(row["backup_power_min"]),
                    "backup_water_min": float(row["backup_water_min"]),
                }
            )
    return pd.DataFrame(made)


def _block(town: Town, taken: Bools, ring: float, rng: np.random.Generator, school: bool) -> int:
    land = town.land
    open_ = ~taken & (land.centre <= ring) & (land.names() != "park")
    fitting = open_ & ((land.names() == "school") == school)
    choice = np.flatnonzero(fitting if fitting.any() else open_)
    return int(rng.choice(choice)) if len(choice) else -1


def agency_tables(town: Town) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Agencies and their depots: one for about 40 km2 each."""
    extent = town.ground.extent_m
    agencies, depots = [], []
    for row in _rows("agencies"):
        east, north = (float(value) for value in row["place"].split())
        number = max(1, round(town.area_km2 / 60.0))
        for k in range(number):
            angle, radius = 2.4 * k, 0.3 * extent * np.sqrt(k / number)
            x, y = east * extent + radius * np.cos(angle), north * extent + radius * np.sin(angle)
            near = int(np.argmin(np.hypot(town.streets.x - x, town.streets.y - y)))
            depots.append(
                {
                    "id": f"{row['id']} yard {k + 1}",
                    "name": f"{row['name']}{k + 1}号抢修站",
                    "road_node": f"J-{near + 1}",
                    "x_m": round(float(town.streets.x[near]) + ORIGIN[0], 2),
                    "y_m": round(float(town.streets.y[near]) + ORIGIN[1], 2),
                }
            )
        agencies.append(
            {
                "id": row["id"],
                "name": row["name"],
                "layers": row["layers"],
                "crews": max(1, round(float(row["crews_per_20km2"]) * max(town.area_km2, 20.0) / 20.0 + 1)),
                "depot": f"{row['id']} yard 1",
            }
        )
    return pd.DataFrame(agencies), pd.DataFrame(depots)


def customer_table(town: Town, facilities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Customers of each block (about one for two hundred people) and of each facility."""
    land = town.land
    count = np.clip(np.ceil(land.people / 220.0), 1, 6).astype(np.int64)
    block = np.repeat(np.arange(len(land.x)), count)
    share = rng.uniform(0.5, 1.5, len(block))
    share /= np.bincount(block, share)[block]
    s, t = rng.uniform(0.08, 0.92, (2, len(block)))
    corners = land.corners[block]
    low = corners[:, 0] * (1 - s)[:, None] + corners[:, 1] * s[:, None]
    high = corners[:, 3] * (1 - s)[:, None] + corners[:, 2] * s[:, None]
    place = low * (1 - t)[:, None] + high * t[:, None]
    road = town.register.road(_street_at(town)[land.junction[block]])
    number = rng.integers(1, 400, len(block)).astype(str).astype(object)
    needs = land.needs[block] * share[:, None]
    return pd.DataFrame(
        {
            "id": _numbered("C-", len(block)),
            "kind": land.names()[block],
            "name": persons(len(block), rng),
            "phone": phones(len(block), rng),
            "address": road + number + "号",
            "x_m": np.round(place[:, 0] + ORIGIN[0], 2),
            "y_m": np.round(place[:, 1] + ORIGIN[1], 2),
            "people": np.round(land.people[block] * share, 0),
            **{name: np.round(needs[:, k], 3) for k, name in enumerate(NEEDS)},
            "facility": _facility_of(block, land.x, land.y, facilities),
        }
    )


def _street_at(town: Town) -> Ints:
    made = np.zeros(len(town.streets.x), dtype=np.int64)
    made[town.streets.end] = town.streets.street
    made[town.streets.start] = town.streets.street
    return made


def _facility_of(block: Ints, x: Floats, y: Floats, facilities: pd.DataFrame) -> Texts:
    """The facility in the middle of a block belongs to the block's first customer."""
    made = np.full(len(block), "", dtype=object)
    first = np.searchsorted(block, np.arange(len(x)))
    east, north = np.round(x + ORIGIN[0], 2), np.round(y + ORIGIN[1], 2)
    known = {(a, b): k for k, (a, b) in enumerate(zip(east.tolist(), north.tolist(), strict=True))}
    for name, a, b in zip(facilities["id"], facilities["x_m"], facilities["y_m"], strict=True):
        made[first[known[(float(a), float(b))]]] = name
    return made
