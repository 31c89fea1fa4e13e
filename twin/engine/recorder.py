"""What a run keeps of every settled instant: service by zone and the results of the solves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.engine.service import consumers
from twin.engine.world import World

Rows = NDArray[np.intp]


class Recorder:
    """Writes service and results of the layers that have physics into the world's sink."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._zones = {name: _zones(world, name) for name in world.models}

    def record(self, layer: str) -> None:
        """Take down the present solution of a layer."""
        world = self.world
        solution = world.solutions.get(layer)
        if solution is None:
            return
        for zone, rows in self._zones[layer].items():
            supplied, required = float(solution.supplied[rows].sum()), float(solution.required[rows].sum())
            world.sink.service(world.now, layer, zone, supplied, required)
        columns = {
            f"{table}.{name}": np.asarray(values, dtype=np.float64)
            for table, results in sorted(solution.tables.items())
            for name, values in sorted(results.items())
        }
        world.sink.result(layer, world.now, columns)


def _zones(world: World, layer: str) -> Mapping[str, Rows | slice[Any, Any, Any]]:
    """Rows of the consumer table by zone; zone "" is the whole network."""
    table = world.city.networks[layer].tables[consumers(layer)]
    zones: dict[str, Rows | slice[Any, Any, Any]] = {"": slice(None)}
    if "zone" in table:
        names = table["zone"].astype(str)
        zones |= {str(zone): np.flatnonzero(names == zone) for zone in np.unique(names) if zone}
    return zones
