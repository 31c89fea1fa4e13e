"""A hand-made town: one feeder, two loads, facilities that depend on them."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import pytest

from twin.api import City
from twin.engine.coordinator import Coordinator
from twin.engine.world import World, make_world


def feeder() -> nx.Graph:
    graph = nx.Graph()
    graph.add_node(
        "B0", kind="bus", vn_kv=10, x=0, y=0, devices=[{"id": "G", "kind": "external_grid", "node": "B0"}]
    )
    for number in (1, 2, 3):
        load = {"id": f"LO{number}", "kind": "load", "node": f"B{number}", "p_mw": 0.1}
        graph.add_node(f"B{number}", kind="bus", vn_kv=10, x=100 * number, y=0, devices=[load])
        graph.add_edge(
            f"B{number - 1}",
            f"B{number}",
            id=f"L{number}",
            start=f"B{number - 1}",
            end=f"B{number}",
            kind="line",
            length_km=1,
            r_ohm_per_km=0.2,
            x_ohm_per_km=0.1,
        )
    return graph


def town(dependencies: list[dict[str, object]], facilities: tuple[str, ...] = ("A",)) -> City:
    return City.from_graphs(
        {"power": feeder()},
        name="town",
        dependencies=dependencies,
        facilities=[{"id": name, "kind": "shop"} for name in facilities],
        agencies=[{"id": "utility", "layers": "power", "crews": 1}],
    )


Play = Callable[..., World]


@pytest.fixture
def play() -> Play:
    """Run a town until a time, with acts at given times: `play(city, 3600, {60: act})`."""

    def run(city: City, until: float, acts: dict[float, Callable[[World], object]]) -> World:
        world = make_world(city, seed=1)
        coordinator = Coordinator(world)
        coordinator.start()
        for time, act in acts.items():
            world.env.timeout(time).callbacks.append(lambda _event, act=act: act(world))
        world.env.run(until)
        return world

    return run
