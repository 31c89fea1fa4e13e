"""Where the nodes of a network stand on paper: their coordinates, or a schematic layout without them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.model.network import Network

Floats = NDArray[np.float64]
FEW, SOME = 150, 900
"""Nodes up to which a schematic follows all graph distances, up to which it is sprung; more are ringed."""
_SEED = 1


@dataclass(frozen=True, eq=False)
class Places:
    """Node places of one layer, shape (nodes, 2), x to the east and y to the north.

    `schematic` tells that they are no coordinates but a drawing of the connections.
    """

    xy: Floats
    schematic: bool

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        (west, south), (east, north) = self.xy.min(axis=0), self.xy.max(axis=0)
        return float(west), float(south), float(east), float(north)


def places(network: Network) -> Places | None:
    """Places of a layer's nodes, None where it has no nodes or nothing tells where they are.

    Nodes without coordinates in a network that has some stand beside their neighbours.
    """
    nodes = network.tables["nodes"]
    if not len(nodes):
        return None
    xy = np.column_stack([nodes["x"], nodes["y"]]).astype(np.float64)
    known = np.asarray(np.isfinite(xy).all(axis=1), dtype=np.bool_)
    if known.sum() * 2 >= len(nodes) and len(np.unique(xy[known], axis=0)) > min(1, len(nodes) - 1):
        return Places(_filled(network, xy, known), schematic=False)
    if not len(network.tables.get("links", ())):
        return None
    return Places(schematic(network), schematic=True)


def _filled(network: Network, xy: Floats, known: NDArray[np.bool_]) -> Floats:
    """Unknown places set to the mean of their neighbours' places, outwards from the known ones."""
    xy, known = xy.copy(), known.copy()
    if "links" in network.tables and not known.all():
        start, end = network.ends
        while True:
            near: dict[int, list[Floats]] = {}
            for one, other in zip(np.append(start, end), np.append(end, start), strict=True):
                if known[other] and not known[one]:
                    near.setdefault(int(one), []).append(xy[other])
            if not near:
                break
            for row, around in near.items():
                xy[row] = np.mean(around, axis=0)
                known[row] = True
    xy[~known] = xy[known].mean(axis=0)
    return xy


def schematic(network: Network) -> Floats:
    """A layout from the connections alone, the same for the same network, shape (nodes, 2), in 0 to 1.

    Connected parts stand side by side, the larger first. Small ones follow graph distances (Kamada and
    Kawai 1989), middle ones springs (Fruchterman and Reingold 1991), large ones rings around their centre.
    """
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(network.tables["nodes"])))
    start, end = network.ends
    graph.add_edges_from((int(a), int(b)) for a, b in zip(start, end, strict=True) if a != b)
    parts = sorted(
        (sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part)
    )
    xy = np.zeros((len(graph), 2))
    east = 0.0
    for part in parts:
        size = np.sqrt(len(part))
        xy[part] = _unit(_arranged(graph.subgraph(part).copy())) * size
        xy[part, 0] += east
        east += size * 1.15
    return xy / max(east, 1.0)


def _arranged(graph: object) -> Floats:
    """One connected part, rows in order of node number."""
    import networkx as nx

    assert isinstance(graph, nx.Graph)
    order = sorted(graph)
    if len(order) <= 2:
        return np.array([[float(row), 0.0] for row in range(len(order))])
    if len(order) <= FEW:
        found = nx.kamada_kawai_layout(graph)
    elif len(order) <= SOME:
        found = nx.spring_layout(graph, seed=_SEED, iterations=120)
    else:
        return _rings(graph, order)
    return np.array([found[node] for node in order])


def _rings(graph: object, order: list[int]) -> Floats:
    """Rings of equal distance from the most connected node; every branch keeps a sector of its own."""
    import networkx as nx

    assert isinstance(graph, nx.Graph)
    root = max(order, key=lambda node: (graph.degree(node), -node))
    tree = nx.bfs_tree(graph, root, sort_neighbors=sorted)
    weight = dict.fromkeys(tree, 1)
    for node in reversed(list(tree)):
        for child in tree.successors(node):
            weight[node] += weight[child]
    sector = {root: (0.0, 2 * np.pi)}
    place = {root: (0.0, 0.0)}
    for depth, layer in enumerate(nx.bfs_layers(graph, root)):
        for node in layer:
            low, high = sector[node]
            place[node] = (depth * np.cos((low + high) / 2), depth * np.sin((low + high) / 2))
            share = (high - low) / max(weight[node] - 1, 1)
            for child in tree.successors(node):
                sector[child] = (low, low + share * weight[child])
                low += share * weight[child]
    return np.array([place[node] for node in order])


def _unit(xy: Floats) -> Floats:
    """Moved and scaled into the unit square."""
    span = float(np.ptp(xy, axis=0).max()) or 1.0
    return np.asarray((xy - xy.min(axis=0)) / span, dtype=np.float64)
