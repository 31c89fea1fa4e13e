"""What is taken out of a city before it is masked: owners, kinds and places that must not be shown at all."""

from __future__ import annotations

import csv
import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.census.mask.geometry import polylines
from twin.census.mask.policy import FilterPolicy, Policy
from twin.io.files import inside, read_text, refuse
from twin.model.city import FACILITY, OTHER, ROAD, City
from twin.model.network import Network
from twin.model.table import Table
from twin.text import _

Mask = NDArray[np.bool_]
_MOST_AREAS = 100_000


@cache
def owner_classes() -> Mapping[str, str]:
    """Class of an owner by a word in its name."""
    with (Path(__file__).parent / "owner_classes.csv").open(encoding="utf-8", newline="") as file:
        return {row["word"]: row["class"] for row in csv.DictReader(file)}


def owner_class(owner: str) -> str:
    """The class of an owner by the first word of the list in its name; `other` where there is none."""
    text = owner.casefold()
    found = (kind for word, kind in owner_classes().items() if word in text)
    return next(found, "other") if owner else ""


@dataclass(frozen=True)
class Removed:
    """What was taken out: components and rows of other tables, by `layer/table`."""

    rows: Mapping[str, int]
    areas: int

    @property
    def any(self) -> bool:
        """Whether anything was."""
        return bool(self.rows)


def filtered(city: City, policy: Policy) -> tuple[City, Removed]:
    """The city without what the policy takes out, and without all that referred to it.

    Links go with the nodes they end at, devices with their node, rows of other tables with the component
    they name; a rule of a network goes whole with any of its clauses, a network without nodes goes too.
    """
    shape, areas = _forbidden(city, policy)
    out: dict[str, int] = {}
    layers = {**city.networks, ROAD: city.roads, FACILITY: city.facilities, OTHER: city.other}
    kept = {name: _network(network, shape, policy.filters, out) for name, network in layers.items()}
    networks = {name: kept[name] for name in city.networks if len(kept[name].tables["nodes"])}
    result = replace(city, networks=networks, roads=kept[ROAD], facilities=kept[FACILITY], other=kept[OTHER])
    return _city_tables(result, shape, policy.filters, out), Removed(out, areas)


def _forbidden(city: City, policy: Policy) -> tuple[Any, int]:
    """The union of all sensitive polygons with their buffer (None where there are none), and their number."""
    import shapely

    texts = [
        (f"regions:{name}", wkt)
        for name, kind, wkt in zip(*(city.regions[key] for key in ("id", "kind", "wkt")), strict=True)
        if kind in policy.filters.region_kinds and wkt
    ]
    if policy.filters.areas:
        texts += _area_rows(inside(policy.folder, policy.filters.areas))
    if not texts:
        return None, 0
    try:
        shapes = shapely.from_wkt([wkt for _place, wkt in texts])
    except shapely.GEOSException as error:
        problem = _("holds an area that is no well-known text ({reason})", reason=str(error)[:100])
        raise refuse("mask.area", policy.filters.areas or "regions", problem, _("correct it")) from None
    union = shapely.union_all(shapely.make_valid(shapes)).buffer(policy.filters.buffer_m)
    shapely.prepare(union)
    return union, len(texts)


def _area_rows(path: Path) -> list[tuple[str, str]]:
    rows = list(csv.reader(read_text(path).splitlines()))
    head = [name.strip() for name in rows[0]] if rows else []
    if "wkt" not in head or len(rows) > _MOST_AREAS:
        raise refuse("mask.area", path, _("has no column 'wkt'"), _("write a CSV file with 'id,wkt'"))
    at = head.index("wkt")
    return [
        (f"{path}:{number}", row[at]) for number, row in enumerate(rows[1:], 2) if len(row) > at and row[at]
    ]


def _hit(shape: Any, table: Table) -> Mask:
    import shapely

    if shape is None or "x" not in table:
        return np.zeros(len(table), dtype=bool)
    known = np.isfinite(table["x"]) & np.isfinite(table["y"])
    return np.asarray(
        known & shapely.intersects_xy(shape, np.nan_to_num(table["x"]), np.nan_to_num(table["y"]))
    )


def _unwanted(layer: str, table: Table, policy: FilterPolicy) -> Mask:
    """Rows whose kind or owner the policy takes out."""
    result = np.zeros(len(table), dtype=bool)
    if "kind" in table:
        full = np.array([f"{layer}/{kind}" for kind in table["kind"]], dtype=object)
        for pattern in policy.kinds:
            result |= np.array([fnmatch.fnmatchcase(name, pattern) for name in full], dtype=bool)
    if "owner" in table:
        bad = {name for name in set(table["owner"].tolist()) if name and _is_unwanted(name, policy)}
        result |= np.array([name in bad for name in table["owner"]], dtype=bool)
    return result


def _is_unwanted(owner: str, policy: FilterPolicy) -> bool:
    named = any(word.casefold() in owner.casefold() for word in policy.owners)
    return named or owner_class(owner) in policy.owner_classes


def _network(network: Network, shape: Any, policy: FilterPolicy, out: dict[str, int]) -> Network:
    layer, tables = network.lifeline, dict(network.tables)
    gone = {
        name: _hit(shape, table) | _unwanted(layer, table, policy)
        for name, table in network.components.items()
    }
    if "links" in gone:
        start, end = network.ends
        gone["links"] |= gone["nodes"][start] | gone["nodes"][end] | _touched(network, shape)
    if "devices" in gone and len(tables["devices"]):
        gone["devices"] |= gone["nodes"][network.device_nodes]
    for name, rows in gone.items():
        tables[name] = _without(tables[name], rows, f"{layer}/{name}", out)
    for name in [name for name in tables if name not in gone]:
        tables[name] = _without(
            tables[name], _dangling(tables[name], tables, network), f"{layer}/{name}", out
        )
    return Network(layer, tables)


def _touched(network: Network, shape: Any) -> Mask:
    """Links that come into the shape anywhere between their ends."""
    import shapely

    result = np.zeros(len(network.tables["links"]), dtype=bool)
    if shape is None or not len(result):
        return result
    lines = polylines(network)
    rows = lines.segments
    pieces = shapely.linestrings(np.stack((lines.xy[rows], lines.xy[rows + 1]), axis=1))
    result[lines.link[rows[shapely.intersects(shape, pieces)]]] = True
    return result


def _dangling(table: Table, tables: Mapping[str, Table], before: Network) -> Mask:
    """Rows that refer to a row that went; where rows make up a rule, the whole rule."""
    result = np.zeros(len(table), dtype=bool)
    for column in table.schema.columns:
        if column.type == "ref":
            had, has = before.tables[column.target].rows, tables[column.target].rows
            result |= np.array([name in had and name not in has for name in table[column.name]], dtype=bool)
    if {"object", "id", "number"} <= set(table.schema.names):
        for kind in ("nodes", "links"):
            had, has = before.tables[kind].rows, tables[kind].rows
            mine = table["object"].astype(str) == kind.removesuffix("s")
            result |= mine & np.array([name in had and name not in has for name in table["id"]], dtype=bool)
        result = np.isin(table["number"], table["number"][result])
    return result


def _without(table: Table, gone: Mask, place: str, out: dict[str, int]) -> Table:
    if not gone.any():
        return table
    out[place] = int(gone.sum())
    return Table(table.name, table.schema, {name: values[~gone] for name, values in table.columns.items()})


def _city_tables(city: City, shape: Any, policy: FilterPolicy, out: dict[str, int]) -> City:
    """The tables that join the networks, without rows about what is gone."""
    made: dict[str, Any] = {}
    known = _known(city)
    for name in ("dependencies", "jobs", "isolation", "names", "relations", "manholes"):
        table = getattr(city, name)
        gone = _hit(shape, table) | _unwanted("city", table, policy)
        for column in table.schema.columns:
            if column.type == "component" or column.name == "component":
                gone |= np.array([text != "" and text not in known for text in table[column.name]], bool)
        made[name] = _without(table, gone, name, out)
    regions = np.isin(city.regions["kind"].astype(str), policy.region_kinds)
    made["regions"] = _without(city.regions, regions, "regions", out)
    depots = _hit(shape, city.depots)
    roads = city.roads.tables["nodes"].rows
    depots |= np.array([name != "" and name not in roads for name in city.depots["road_node"]], dtype=bool)
    made["depots"] = _without(city.depots, depots, "depots", out)
    agencies = {name: values.copy() for name, values in city.agencies.columns.items()}
    homeless = [name != "" and name not in made["depots"].rows for name in agencies["depot"]]
    agencies["depot"] = np.where(np.array(homeless, dtype=bool), "", agencies["depot"]).astype(object)
    made["agencies"] = Table(city.agencies.name, city.agencies.schema, agencies)
    return replace(city, **made)


def _known(city: City) -> set[str]:
    other = {str(name) for table in city.other.components for name in city.other.ids(table)}
    return {*city.refs, *other}
