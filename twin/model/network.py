"""One lifeline in one city: component tables, auxiliary tables and the graph they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.model.table import Table

if TYPE_CHECKING:
    import networkx as nx

COMPONENT_TABLES = ("nodes", "links", "devices")


class Ref(NamedTuple):
    """Where a component stands: layer (lifeline, "road" or "facility"), table and row."""

    layer: str
    table: str
    row: int


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """The tables of one layer.

    `nodes` (columns `id, kind, x, y, ...`), `links` (`id, kind, start, end, ...`; `start` and `end` are
    node ids) and, where the lifeline has them, `devices` (`id, kind, node, ...`: equipment standing at a
    node, such as a load) hold the components; every other table is auxiliary (patterns, curves, controls).
    """

    lifeline: str
    tables: Mapping[str, Table]

    def __repr__(self) -> str:
        return f"<Network {self.lifeline}: {self.size()}>"

    def size(self) -> str:
        """Its components in words: `8 nodes, 7 links`."""
        return ", ".join(f"{len(table)} {name}" for name, table in self.components.items())

    @property
    def components(self) -> dict[str, Table]:
        """The component tables that this network has."""
        return {name: self.tables[name] for name in COMPONENT_TABLES if name in self.tables}

    @cached_property
    def _full_ids(self) -> dict[str, NDArray[Any]]:
        return {name: self._join(table) for name, table in self.components.items()}

    def _join(self, table: Table) -> NDArray[Any]:
        pairs = zip(table["kind"], table["id"], strict=True)
        return np.array([f"{self.lifeline}/{kind}/{name}" for kind, name in pairs], dtype=object)

    def ids(self, table: str) -> NDArray[Any]:
        """Full ids `<lifeline>/<kind>/<id>` of a component table, in row order."""
        return self._full_ids[table]

    def name(self, ref: Ref) -> str:
        """The full id of a component of this network."""
        return str(self.ids(ref.table)[ref.row])

    @cached_property
    def refs(self) -> dict[str, Ref]:
        """Every component by its full id."""
        return {
            str(name): Ref(self.lifeline, table, row)
            for table in self.components
            for row, name in enumerate(self.ids(table))
        }

    @cached_property
    def ends(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Node rows of the start and the end of each link, each of shape (links,)."""
        rows = self.tables["nodes"].rows
        links = self.tables["links"]
        start = np.array([rows[str(name)] for name in links["start"]], dtype=np.int32)
        return start, np.array([rows[str(name)] for name in links["end"]], dtype=np.int32)

    @cached_property
    def device_nodes(self) -> NDArray[np.int32]:
        """Node row of each device, shape (devices,)."""
        rows = self.tables["nodes"].rows
        return np.array([rows[str(name)] for name in self.tables["devices"]["node"]], dtype=np.int32)

    def graph(self) -> nx.MultiDiGraph[str]:
        """A NetworkX copy: nodes and edge keys are full ids, attributes the columns, `devices` a list."""
        import networkx as nx

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(lifeline=self.lifeline)
        names = self.ids("nodes")
        for row, record in enumerate(self.tables["nodes"].records()):
            graph.add_node(names[row], **record)
        if "links" in self.tables:
            start, end = self.ends
            for row, record in enumerate(self.tables["links"].records()):
                attributes = {key: value for key, value in record.items() if key not in ("start", "end")}
                key = self.ids("links")[row]
                graph.add_edge(names[start[row]], names[end[row]], key=key, **attributes)
        if "devices" in self.tables:
            for row, name in enumerate(self.ids("devices")):
                graph.nodes[names[self.device_nodes[row]]].setdefault("devices", []).append(str(name))
        return graph
