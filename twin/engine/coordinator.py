"""Solves what changed, once per instant, to a fixed point; and wakes each network when its time has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.engine.door import apply, touch
from twin.engine.explain import Explainer
from twin.engine.needs import Cascade
from twin.engine.world import Touch, World, latest_disturbance
from twin.errors import RunError
from twin.lifelines import registry
from twin.lifelines.base import Role
from twin.model.city import FACILITY
from twin.model.journal import NO_CAUSE
from twin.model.network import Ref
from twin.physics.solution import Floats, Outcome, Solution
from twin.text import _

MAX_ROUNDS = 40
LAST = 9
"""SimPy priority of settling: after everything else of the same instant."""
UNSERVED_BELOW = 0.5
"""A consumer counts as unserved in the journal when less than half of its demand is met."""

Watcher = Callable[[], None]


class Coordinator:
    """Gathers the changes of one instant and settles them when everything else has happened."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cascade = Cascade(world)
        self.watchers: list[Watcher] = []
        self.order = _order(world)
        self._generation = dict.fromkeys(world.models, 0)
        self._pending = False
        world.wake = self.request
        roles: tuple[Role, ...] = ("consumer", "store")
        self._is = {(name, role): _in_role(world, name, role) for name in world.city.layers for role in roles}
        self._demanded: dict[str, NDArray[np.bool_]] = {}
        self._empty: dict[str, NDArray[np.bool_]] = {}
        self._unserved: dict[str, NDArray[np.bool_]] = {}
        self.profile: dict[str, float] = {}

    def start(self) -> None:
        """Solve everything at time zero."""
        for layer in self.order:
            touch(self.world, layer)

    def request(self) -> None:
        """Settle at the end of the present instant."""
        if self._pending:
            return
        self._pending = True
        event = simpy.Event(self.world.env)
        event._ok, event._value = True, None
        event.callbacks = [lambda _event: self._settle()]
        self.world.env.schedule(event, priority=LAST)  # type: ignore[arg-type]

    def _settle(self) -> None:
        world = self.world
        world.counters.instants += 1
        touched: dict[str, list[Touch]] = {}
        for _round in range(MAX_ROUNDS):
            if world.dirty:
                world.counters.rounds += 1
                self._round(touched)
                continue
            for watcher in self.watchers:
                watcher()
            if not world.dirty:
                break
        else:
            names = ", ".join(sorted(world.dirty))
            raise RunError(_("the networks {names} do not come to rest at {t} s", names=names, t=world.now))
        self._pending = False
        for layer in sorted(touched):
            self._record(layer)
            self._schedule(layer)
        world.sink.flush()

    def _round(self, touched: dict[str, list[Touch]]) -> None:
        world = self.world
        explainer = Explainer(world, touched)
        for layer in self.order:
            if layer in world.dirty:
                touched.setdefault(layer, []).extend(world.dirty.pop(layer))
                if layer in world.models:
                    begun = time.perf_counter()
                    self._solve(layer)
                    self.profile[layer] = self.profile.get(layer, 0.0) + time.perf_counter() - begun
                else:
                    self._follow(layer)
                self._note_service(layer, explainer)
        for layer in [name for name in world.dirty if name not in self.order]:
            touched.setdefault(layer, []).extend(world.dirty.pop(layer))
        self.cascade.review(explainer)
        if not np.array_equal(self._facility_share(), world.share[FACILITY, "nodes"]):
            touch(world, FACILITY)

    def _solve(self, layer: str) -> None:
        world, model = self.world, self.world.models[layer]
        before = world.solutions.get(layer)
        t_data = world.now + world.offset_s
        if before is None:
            first = model.advance(world.state, _nothing(world, layer), t_data, 0.0)
            apply(world, first, NO_CAUSE)
        elif (passed := world.now - world.solved_at[layer]) > 0:
            writes = model.advance(world.state, before, t_data - passed, passed)
            apply(world, writes, latest_disturbance(world, layer))
        world.solved_at[layer] = world.now
        world.dirty.pop(layer, None)
        solution = model.solve(world.state, t_data, before)
        self._judge(layer, solution)
        world.solutions[layer] = solution
        for table, share in solution.share.items():
            world.share[layer, table] = share
        apply(world, model.react(world.state, solution), latest_disturbance(world, layer))

    def _judge(self, layer: str, solution: Solution) -> None:
        counters = self.world.counters
        counters.work[layer] = counters.work[layer] + solution.work
        if solution.outcome is Outcome.CONVERGED:
            return
        counters.fallbacks += solution.outcome is Outcome.FALLBACK
        counters.failures += solution.outcome is Outcome.FAILED
        self.world.journal.append(
            self.world.now,
            str(solution.outcome),
            lifeline=layer,
            cause=latest_disturbance(self.world, layer),
            rule=solution.reason,
        )

    def _follow(self, layer: str) -> None:
        """A layer without physics does its work as far as its components are available and supplied."""
        for table in self.world.city.layers[layer].components:
            available = self.world.state.available(layer, table).astype(np.float64)
            self.world.share[layer, table] = self._facility_share() if layer == FACILITY else available

    def _facility_share(self) -> Floats:
        share = self.world.state.available(FACILITY, "nodes").astype(np.float64)
        for row, given in self.cascade.facility_share().items():
            share[row] *= given
        return share

    def _note_service(self, layer: str, explainer: Explainer) -> None:
        world = self.world
        table = "nodes" if layer == FACILITY else _consumers(layer)
        if not table:
            return
        below = world.share[layer, table] < UNSERVED_BELOW
        self._note_stores(layer, table, below, explainer)
        unserved = self._demanding(layer) & below
        before = self._unserved.get(layer, np.zeros(len(unserved), dtype=bool))
        self._unserved[layer] = unserved
        ids = world.city.layers[layer].ids(table)
        for row in np.flatnonzero(unserved != before):
            world.service_events[str(ids[row])] = world.journal.append(
                world.now,
                "unserved" if unserved[row] else "served",
                lifeline=layer,
                component=str(ids[row]),
                value=repr(float(world.share[layer, table][row])),
                cause=self._cause(layer, table, int(row), explainer),
            )

    def _demanding(self, layer: str) -> NDArray[np.bool_]:
        """Which rows of the consumer table have demanded anything so far; only these can be unserved."""
        demanding = self._is[layer, "consumer"]
        solution = self.world.solutions.get(layer)
        if solution is None:
            return demanding
        self._demanded[layer] = self._demanded.get(layer, np.zeros(len(demanding), dtype=bool)) | (
            solution.required > 0
        )
        return demanding & self._demanded[layer]

    def _note_stores(self, layer: str, table: str, below: NDArray[np.bool_], explainer: Explainer) -> None:
        """Stores that ran empty or give again: they explain what follows at this instant."""
        world = self.world
        empty = self._is[layer, "store"] & below
        before = self._empty.get(layer, np.zeros(len(empty), dtype=bool))
        self._empty[layer] = empty
        ids = world.city.layers[layer].ids(table)
        for row in np.flatnonzero(empty != before):
            ref = Ref(layer, table, int(row))
            event = world.journal.append(
                world.now,
                "empty" if empty[row] else "refilled",
                lifeline=layer,
                component=str(ids[row]),
                cause=explainer.cause(layer, table, int(row), UNSERVED_BELOW),
            )
            explainer.stores.setdefault(layer, []).append(Touch(event, ref, "", False))

    def _cause(self, layer: str, table: str, row: int, explainer: Explainer) -> int:
        """A consumer that is out itself is unserved because of that; else what happened in its network."""
        world = self.world
        name = str(world.city.layers[layer].ids(table)[row])
        if (own := world.disturbed[layer].get(name)) is not None:
            return own
        if (need := self.cascade.worst(Ref(layer, table, row))) is not None:
            return need.event
        return explainer.cause(layer, table, row, UNSERVED_BELOW)

    def _record(self, layer: str) -> None:
        world = self.world
        solution = world.solutions.get(layer)
        if solution is None:
            return
        required, supplied = float(solution.required.sum()), float(solution.supplied.sum())
        world.sink.service(world.now, layer, "", supplied, required)
        for zone, rows in _zones(world, layer).items():
            world.sink.service(
                world.now,
                layer,
                zone,
                float(solution.supplied[rows].sum()),
                float(solution.required[rows].sum()),
            )
        columns = {
            f"{table}.{name}": np.asarray(values, dtype=np.float64)
            for table, results in sorted(solution.tables.items())
            for name, values in sorted(results.items())
        }
        world.sink.result(layer, world.now, columns)

    def _schedule(self, layer: str) -> None:
        """Wake the network when its solution ends."""
        world = self.world
        if layer not in world.models:
            return
        self._generation[layer] += 1
        generation = self._generation[layer]
        horizon = world.models[layer].horizon(world.state, world.solutions[layer], world.now + world.offset_s)
        if not np.isfinite(horizon.seconds):
            return

        def wake() -> Generator[simpy.Event, None, None]:
            yield world.env.timeout(max(horizon.seconds, 1e-3))
            if self._generation[layer] == generation:
                touch(world, layer)

        world.env.process(wake())


def _nothing(world: World, layer: str) -> Solution:
    zero = np.zeros(0)
    return Solution(Outcome.CONVERGED, {}, {}, zero, zero)


def _consumers(layer: str) -> str:
    known = registry.declarations()
    return known[layer].consumers if layer in known else ""


def _in_role(world: World, layer: str, role: Role) -> NDArray[np.bool_]:
    """Which rows of a layer's consumer table have this role."""
    if layer == FACILITY:
        return np.full(len(world.city.facilities.tables["nodes"]), role == "consumer")
    if not (table := _consumers(layer)):
        return np.zeros(0, dtype=bool)
    kinds = registry.declaration(layer).kinds
    own = world.city.networks[layer].tables[table]["kind"]
    return np.array([kinds[kind].role == role for kind in own], dtype=bool)


def _zones(world: World, layer: str) -> Mapping[str, np.ndarray[Any, Any]]:
    table = world.city.networks[layer].tables[_consumers(layer)]
    if "zone" not in table:
        return {}
    zones = table["zone"].astype(str)
    return {str(zone): np.flatnonzero(zones == zone) for zone in np.unique(zones) if zone}


def _order(world: World) -> tuple[str, ...]:
    """Layers so that suppliers come before consumers where the dependencies allow it."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted(world.city.layers))
    refs, table = world.city.refs, world.city.dependencies
    for supplier, consumer in zip(table["supplier"], table["consumer"], strict=True):
        first, second = refs[supplier].layer, refs[consumer].layer
        if first != second:
            graph.add_edge(first, second)
    parts = nx.condensation(graph)
    order = nx.lexicographical_topological_sort(parts, key=lambda part: min(parts.nodes[part]["members"]))
    return tuple(name for part in order for name in sorted(parts.nodes[part]["members"]))
