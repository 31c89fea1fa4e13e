"""Networks: drafts completed by their lifeline and made into checked tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.drafts import Draft, rules_for
from twin.census.build.provenance import shares, sign
from twin.lifelines.surveyed import ASSUMED, Surveyed, fill_missing
from twin.model.finding import Finding
from twin.model.network import Network
from twin.model.schema import Schema
from twin.model.table import Table
from twin.model.terrain import Terrain
from twin.text import Message

NO_FEEDS = pd.DataFrame({"node": [], "consumer": [], "power_kw": [], "q_m3h": [], "head_m": []})
SUPPLIES = "supplies"
"""The table in which a lifeline says what it made to feed devices of others: `supplier, consumer`."""


def complete(
    one: Draft,
    entry: str,
    customers: pd.DataFrame | None,
    fed: pd.DataFrame,
    year: float,
    assumed: list[Message],
) -> dict[str, pd.DataFrame]:
    """The tables of a draft as its lifeline (`module:function`) completes them; as they are without one."""
    clients = customers if customers is not None else pd.DataFrame({"point": np.zeros(0, dtype=np.int64)})
    clients = clients.assign(node=one.node_of(clients["point"].to_numpy()))
    for column in ("people", "water_m3d", "gas_m3d", "heat_kw", "power_kw", "lines"):
        if column not in clients:
            clients[column] = np.zeros(len(clients))
    if not entry:
        return {"nodes": one.nodes, "links": one.links}
    module, _, function = entry.partition(":")
    surveyed = Surveyed(one.nodes, one.links, clients, rules_for(one), fed, year, assumed)
    return dict(getattr(import_module(module), function)(surveyed))


def put_on_ground(one: Draft, ground: Terrain | None) -> None:
    """Give nodes without a surveyed ground elevation that of the terrain."""
    nodes = one.nodes
    if ground is None or not len(nodes):
        return
    z = np.round(ground.at(nodes["x"].to_numpy(), nodes["y"].to_numpy()), 3)
    fill_missing(nodes, "ground_m", z, np.ones(len(nodes), dtype=bool), ASSUMED)


def network(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    one: Draft,
    schemas: Mapping[str, Schema],
    regions: Sequence[tuple[str, object]],
    findings: list[Finding],
) -> tuple[Network, pd.DataFrame]:
    """The network in checked tables, and where its attributes come from (`provenance.shares`)."""
    signed: dict[str, pd.DataFrame] = {**tables, "vertices": one.vertices, "members": one.members}
    known = []
    for table, (x, y) in {"nodes": _of_nodes(one), "links": _of_links(tables["links"], one)}.items():
        columns = set(schemas[table].names)
        known.append(shares(name, table, tables[table], columns))
        signed[table] = sign(tables[table], columns).assign(region=in_regions(x, y, regions))
    built = {
        table: built_table(schema, signed.get(table), f"{name}/{table}", findings)
        for table, schema in schemas.items()
    }
    return Network(name, built), pd.concat(known, ignore_index=True)


def built_table(schema: Schema, frame: pd.DataFrame | None, place: str, findings: list[Finding]) -> Table:
    """A checked table with the columns that the schema knows."""
    if frame is None or frame.empty:
        return Table.empty(schema)
    raw = {column: frame[column].to_numpy() for column in schema.names if column in frame}
    table, found = Table.build(schema, raw, place)
    findings += found
    return table


def _of_nodes(one: Draft) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return one.nodes["x"].to_numpy(dtype=float), one.nodes["y"].to_numpy(dtype=float)


def _of_links(links: pd.DataFrame, one: Draft) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middles between the ends of links."""
    place = one.nodes.drop_duplicates("id").set_index("id")[["x", "y"]]
    ends = [place.reindex(links[end]) for end in ("start", "end")]
    middle = (ends[0].to_numpy(dtype=float) + ends[1].to_numpy(dtype=float)) / 2
    return middle[:, 0], middle[:, 1]


def in_regions(
    x: NDArray[np.float64], y: NDArray[np.float64], regions: Sequence[tuple[str, object]]
) -> NDArray[np.object_]:
    """The first region whose polygon holds each place; "" where none does."""
    import shapely

    found = np.full(len(x), "", dtype=object)
    for name, polygon in regions:
        free = np.flatnonzero(found == "")
        shapely.prepare(polygon)
        found[free[shapely.contains_xy(polygon, x[free], y[free])]] = name
    return found
