"""Tables from NetworkX graphs: for people who come from notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from twin.lifelines import registry
from twin.model.city import LAYER_SCHEMAS
from twin.model.finding import Finding
from twin.model.network import Network
from twin.model.table import Table

if TYPE_CHECKING:
    import networkx as nx


def _rows_of(rows: Iterable[Mapping[str, object]]) -> dict[str, list[object]]:
    listed = list(rows)
    names = dict.fromkeys(key for row in listed for key in row)
    return {key: [row.get(key) for row in listed] for key in names}


def table_of(schema: Any, rows: Iterable[Mapping[str, object]], file: str, findings: list[Finding]) -> Table:
    """The table of rows given as mappings; what is wrong with them is added to `findings`."""
    raw = _rows_of(rows)
    if not raw:
        return Table.empty(schema)
    table, found = Table.build(schema, raw, file)
    findings += found
    return table


def layer_of(
    name: str, rows: Mapping[str, Iterable[Mapping[str, object]]], findings: list[Finding]
) -> Network:
    """The road or facility layer from rows by table name."""
    schemas = LAYER_SCHEMAS[name]
    return Network(
        name, {key: table_of(schema, rows.get(key, ()), key, findings) for key, schema in schemas.items()}
    )


def network_of(lifeline: str, graph: nx.Graph[Any], findings: list[Finding]) -> Network:
    """The network of a lifeline from a graph: nodes, edges, and the `devices` attribute of nodes."""
    nodes = [{"id": str(key), **attributes} for key, attributes in graph.nodes(data=True)]
    links = [
        {"id": f"{start}-{end}", "start": str(start), "end": str(end), **attributes}
        for start, end, attributes in graph.edges(data=True)
    ]
    devices = [
        device if isinstance(device, Mapping) else {"id": str(device)}
        for row in nodes
        for device in row.pop("devices", ())
    ]
    rows: dict[str, Iterable[Mapping[str, object]]] = {"nodes": nodes, "links": links, "devices": devices}
    schemas = registry.declaration(lifeline).schemas
    tables = {
        key: table_of(schema, rows.get(key, ()), f"{lifeline}/{key}", findings)
        for key, schema in schemas.items()
    }
    return Network(lifeline, tables)
