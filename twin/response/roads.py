"""The way there: travel times of crews over open roads, with the traffic that the closures leave."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from twin.engine.world import World
from twin.model.city import ROAD, City
from twin.model.network import Network
from twin.physics.traffic import Delay, equilibrium, road_graph, shortest

Floats = NDArray[np.float64]
MINUTE_S = 60.0


class Travel:
    """Travel times between road nodes of a city, as the state of its roads has them now."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._network = world.city.roads
        links, nodes = self._network.tables["links"], self._network.tables["nodes"]
        self.exists = len(links) > 0
        if not self.exists:
            return
        start, end = (rows.astype(np.int64) for rows in self._network.ends)
        self._roads = road_graph(len(nodes), start, end, links["oneway"], nodes["kind"] != "centroid")
        self._delay = Delay(
            *(self._arcs(links[name]) for name in ("travel_min", "capacity_vph", "bpr_b", "bpr_power"))
        )
        self._seconds: dict[bytes, Floats] = {}
        self._place = _nearest_nodes(world.city)

    def _arcs(self, values: Floats) -> Floats:
        scale = MINUTE_S if values is self._network.tables["links"]["travel_min"] else 1.0
        return values[self._roads.link] * scale

    def node_of(self, component: str) -> int:
        """Road node nearest to a component, or -1 where it has no coordinates."""
        return self._place.get(component, -1) if self.exists else -1

    def depot(self, name: str) -> int:
        """Road node of a depot: the one it names, else the one nearest to it, else -1."""
        depots, nodes = self.world.city.depots, self._network.tables["nodes"]
        row = depots.rows.get(name)
        if row is None or not self.exists:
            return -1
        if (node := nodes.rows.get(str(depots["road_node"][row]))) is not None:
            return node
        return _nearest(nodes["x"], nodes["y"], float(depots["x"][row]), float(depots["y"][row]))

    def seconds(self, origin: int, destination: int) -> float:
        """Travel time between two road nodes now; infinite where no open road leads there."""
        if origin == destination:
            return 0.0
        closed = ~self.world.state.available(ROAD, "links")
        key = closed.tobytes()
        if key not in self._seconds:
            self._seconds[key] = self._loaded(closed)
        origins = np.array([origin], dtype=np.int64)
        tree = shortest(self._roads, self._seconds[key], origins, closed)
        return float(tree.seconds[0, destination])

    def _loaded(self, closed: NDArray[np.bool_]) -> Floats:
        """Arc times with the traffic of the trip table (free-flow times where there is none)."""
        trips = self._network.tables["trips"]
        if not len(trips):
            return self._delay.free_s
        rows = self._network.tables["nodes"].rows
        origin, destination = (
            np.array([rows[str(name)] for name in trips[column]], dtype=np.int64)
            for column in ("origin", "destination")
        )
        demand = trips["trips_vph"]
        return equilibrium(self._roads, self._delay, origin, destination, demand, closed=closed).seconds


def _nearest(x: Floats, y: Floats, at_x: float, at_y: float) -> int:
    if math.isnan(at_x) or math.isnan(at_y):
        return -1
    distance = np.hypot(x - at_x, y - at_y)
    return -1 if np.isnan(distance).all() else int(np.nanargmin(distance))


def _nearest_nodes(city: City) -> dict[str, int]:
    """The nearest road node of every component that has a place."""
    from scipy.spatial import cKDTree

    nodes = city.roads.tables["nodes"]
    known = np.flatnonzero(np.isfinite(nodes["x"]) & np.isfinite(nodes["y"]))
    if not len(known):
        return {}
    tree = cKDTree(np.column_stack([nodes["x"], nodes["y"]])[known])
    places: dict[str, int] = {}
    for layer in city.layers.values():
        for table in layer.components:
            points = positions(layer, table)
            found = np.flatnonzero(np.isfinite(points).all(axis=1))
            nearest = np.atleast_1d(tree.query(points[found])[1])
            ids = layer.ids(table)
            places |= {str(ids[row]): int(known[at]) for row, at in zip(found, nearest, strict=True)}
    return places


def positions(layer: Network, table: str) -> Floats:
    """Coordinates of the components of a table, shape (rows, 2): nodes, middles of links, devices' nodes."""
    nodes = layer.tables["nodes"]
    points = np.column_stack([nodes["x"], nodes["y"]])
    if table == "links":
        start, end = layer.ends
        return np.asarray((points[start] + points[end]) / 2)
    if table == "devices":
        return points[layer.device_nodes]
    return points
