"""Joined tables of a synthetic city: what a survey does not carry."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

import twin
from twin.synthesis.ground import ORIGIN, Floats, Ints, Texts
from twin.synthesis.lanes import lanes
from twin.synthesis.places import agency_tables, area_table, street_table
from twin.synthesis.town import Built, Pipe, Spot, Town

_SCHEMAS = Path(twin.__file__).parent / "census" / "schema" / "joined"
_DRAWN = ("dependencies", "devices", "names", "plants")
"""Tables whose rows come up while networks are designed."""


@cache
def columns(table: str) -> dict[str, str]:
    """Columns of a joined table and their types."""
    with (_SCHEMAS / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row["column"]: row["type"] for row in csv.DictReader(file)}


def tables(town: Town, built: list[Built]) -> dict[str, pd.DataFrame]:
    """Every joined table with all its columns."""
    works = {work.laid.lane.name: work for work in built}
    agencies, depots = agency_tables(town)
    made = {
        "streets": street_table(town),
        "areas": area_table(town),
        "facilities": town.facilities,
        "agencies": agencies,
        "depots": depots,
        "customers": town.customers,
    }
    _serve_facilities(town, works, town.facilities)
    _serve_points(town, works)
    _serve_plants(town, works)
    town.add("names", name="hospital", component="H-1")
    ids = {name: work.ids for name, work in works.items() if work.ids is not None}
    drawn = {name: _table(name, town.rows.get(name, []), ids) for name in _DRAWN}
    return dict(sorted({**made, **drawn}.items()))


def _table(name: str, rows: list[dict[str, object]], ids: Mapping[str, Texts]) -> pd.DataFrame:
    """Rows as a frame: survey points by their ids, missing text empty, missing numbers NaN."""
    made = {}
    for column, kind in columns(name).items():
        values = [_told(row.get(column), ids) for row in rows]
        if kind in ("float", "int"):
            numbers = np.array([np.nan if value is None else float(str(value)) for value in values])
            whole = kind == "int" and not np.isnan(numbers).any()
            made[column] = numbers.astype(np.int64) if whole else numbers
        else:
            made[column] = np.array(["" if value is None else str(value) for value in values], dtype=object)
    return pd.DataFrame(made)


def _told(value: object, ids: Mapping[str, Texts]) -> object:
    if isinstance(value, Spot):
        return ids[value.lane][value.point]
    if isinstance(value, Pipe):
        own = ids[value.lane]
        return f"{lanes()[value.lane].lifeline}/pipe/{own[value.start]}-{own[value.end]}"
    return value


def _nearest(work: Built, points: Ints, x: Floats, y: Floats) -> Ints:
    """The nearest of some points of a lane to each place."""
    laid = work.laid
    tree = cKDTree(np.column_stack([laid.x[points], laid.y[points]]))
    return points[tree.query(np.column_stack([x, y]))[1]]


def _serve_facilities(town: Town, works: Mapping[str, Built], facilities: pd.DataFrame) -> None:
    """Facilities stand and fall with the nearest transformer and the nearest hydrant."""
    x, y = facilities["x_m"].to_numpy() - ORIGIN[0], facilities["y_m"].to_numpy() - ORIGIN[1]
    power = _nearest(works["power"], town.transformers, x, y)
    mains = works["water"].laid
    hydrants = np.flatnonzero(np.isin(mains.attachment.astype(str), ["消防栓", "地下消防栓"]))
    water = _nearest(works["water"], hydrants, x, y)
    for k, row in enumerate(facilities.to_dict("records")):
        for kind, lane, point in (("power", "power", power[k]), ("water", "water", water[k])):
            backup = float(row[f"backup_{kind}_min"])
            town.add(
                "dependencies",
                supplier=Spot(lane, int(point)),
                consumer=row["id"],
                kind=kind,
                backup_min=backup,
                store=("fuel" if kind == "power" else "tank") if backup else "",
            )


def _serve_points(town: Town, works: Mapping[str, Built]) -> None:
    """Pumping stations, heat substations and base stations take power from the nearest transformer."""
    rows = town.rows.get("needs", [])
    spots = [row["spot"] for row in rows]
    known = [spot for spot in spots if isinstance(spot, Spot)]
    if not known:
        return
    x = np.array([works[spot.lane].laid.x[spot.point] for spot in known])
    y = np.array([works[spot.lane].laid.y[spot.point] for spot in known])
    power = _nearest(works["power"], town.transformers, x, y)
    for row, point in zip(rows, power.tolist(), strict=True):
        town.add(
            "dependencies",
            supplier=Spot("power", int(point)),
            consumer=row["id"],
            kind="power",
            backup_min=row["backup_min"],
            store=row.get("store", ""),
        )


def _serve_plants(town: Town, works: Mapping[str, Built]) -> None:
    """Heat plants need gas and make-up water."""
    for row in town.rows.get("sources", []):
        spot = row["spot"]
        if not isinstance(spot, Spot):
            continue
        laid = works[spot.lane].laid
        x, y = laid.x[[spot.point]], laid.y[[spot.point]]
        for kind, lane, backup, store in (("gas", "gas", 0.0, ""), ("water", "water", 120.0, "tank")):
            own = works[lane].laid
            nodes = np.flatnonzero((own.junction >= 0) & (own.degree() >= 3))
            point = int(_nearest(works[lane], nodes, x, y)[0])
            town.add(
                "dependencies",
                supplier=Spot(lane, point),
                consumer=row["id"],
                kind=kind,
                backup_min=backup,
                store=store,
            )
