"""Which of several simultaneous changes explains what happened: found by undoing them one at a time.

A change of one component is blamed for the loss (or thanked for the return) of a service when undoing it
alone would turn that service round: a counterfactual in the sense of Lewis (1973). Where no single change
does so, the nearest one along the network is named.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from twin.engine.world import Touch, World, latest_disturbance
from twin.model.network import Ref
from twin.physics.solution import Floats

CONTROL = "control"
"""Kind of event by which a network acts on itself; blamed only where undoing it would help."""
MOST_UNDONE = 16
"""With more simultaneous changes than this in one layer, only nearness is asked."""


class Explainer:
    """Explains what happened in the layers at one instant."""

    def __init__(self, world: World, touched: Mapping[str, list[Touch]]) -> None:
        self.world = world
        self.touched = touched
        self.stores: dict[str, list[Touch]] = {}
        self._undone: dict[tuple[str, int], Mapping[str, Floats]] = {}
        self._distance: dict[tuple[str, int], Floats] = {}

    def cause(self, layer: str, table: str, row: int, threshold: float) -> int:
        """The event that explains why a component's share lies on this side of `threshold` now.

        Where no change of this instant explains it, a store that ran empty does; without that, what lasts of
        earlier disturbances does (a tank that runs empty hours after its pump stopped).
        """
        changes = self.touched.get(layer, [])
        struck = [touch for touch in changes if self.world.journal[touch.event].kind != CONTROL]
        if len(changes) == len(struck) == 1:
            return struck[0].event
        if (guilty := self._turned(layer, changes, table, row, threshold)) is not None:
            return guilty
        emptied = [touch for touch in self.stores.get(layer, []) if touch.ref != Ref(layer, table, row)]
        if near := struck or emptied:
            return self._nearest(layer, near, table, row)
        return latest_disturbance(self.world, layer)

    def _turned(self, layer: str, changes: list[Touch], table: str, row: int, threshold: float) -> int | None:
        """The first change whose undoing alone would bring the share to the other side of `threshold`."""
        if len(changes) > MOST_UNDONE or layer not in self.world.models:
            return None
        now = self.world.share[layer, table][row] >= threshold
        for touch in changes:
            share = self._without(layer, touch).get(table)
            if share is not None and (share[row] >= threshold) != now:
                return touch.event
        return None

    def _nearest(self, layer: str, changes: list[Touch], table: str, row: int) -> int:
        return min(changes, key=lambda touch: (self._hops(layer, touch, table, row), touch.event)).event

    def _without(self, layer: str, touch: Touch) -> Mapping[str, Floats]:
        """Shares if this one change had not happened."""
        key = (layer, touch.event)
        if key not in self._undone:
            world = self.world
            state = world.state.copy()
            for other in self.touched[layer]:
                if other.ref == touch.ref:
                    state.write(other.ref, other.column, other.before)
            solution = world.models[layer].solve(
                state, world.now + world.offset_s, world.solutions.get(layer)
            )
            world.counters.explanations += 1
            self._undone[key] = solution.share
        return self._undone[key]

    def _hops(self, layer: str, touch: Touch, table: str, row: int) -> float:
        """Links between the changed component and another one; infinite where they are not connected."""
        network = self.world.city.layers[layer]
        if "links" not in network.tables or not len(network.tables["links"]):
            return np.inf
        key = (layer, touch.event)
        if key not in self._distance:
            start, end = network.ends
            count = len(network.tables["nodes"])
            graph = csr_array((np.ones(len(start)), (start, end)), shape=(count, count))
            origin = self._nodes(layer, touch.ref.table, touch.ref.row)[:1]
            self._distance[key] = dijkstra(graph, directed=False, indices=origin, unweighted=True)[0]
        return float(self._distance[key][self._nodes(layer, table, row)].min())

    def _nodes(self, layer: str, table: str, row: int) -> NDArray[np.int32]:
        network = self.world.city.layers[layer]
        if table == "links":
            return np.array([ends[row] for ends in network.ends], dtype=np.int32)
        return np.array([network.device_nodes[row] if table == "devices" else row], dtype=np.int32)
