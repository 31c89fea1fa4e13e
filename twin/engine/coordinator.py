"""Solves what changed, once per instant, to a fixed point; and wakes each network when its time has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator

import numpy as np
import simpy

from twin.engine.door import apply, touch
from twin.engine.explain import Explainer
from twin.engine.needs import Cascade
from twin.engine.recorder import Recorder
from twin.engine.service import ServiceWatch
from twin.engine.world import Touch, World, latest_disturbance
from twin.errors import RunError
from twin.model.city import FACILITY
from twin.model.journal import NO_CAUSE
from twin.physics.solution import Floats, Outcome, Solution
from twin.text import _

MAX_ROUNDS = 40
LAST = 9
"""SimPy priority of settling: after everything else of the same instant."""

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
        self._services = ServiceWatch(world, self.cascade)
        self._recorder = Recorder(world)
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
            self._recorder.record(layer)
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
                    self._solve(layer, touched[layer])
                    self.profile[layer] = self.profile.get(layer, 0.0) + time.perf_counter() - begun
                else:
                    self._follow(layer)
                self._services.look(layer, explainer)
        for layer in [name for name in world.dirty if name not in self.order]:
            touched.setdefault(layer, []).extend(world.dirty.pop(layer))
        self.cascade.review(explainer)
        if not np.array_equal(self._facility_share(), world.share[FACILITY, "nodes"]):
            touch(world, FACILITY)

    def _solve(self, layer: str, touched: list[Touch]) -> None:
        """Bring the stores up to now, solve, and let the protection react; controls count as changes too."""
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
        touched.extend(world.dirty.pop(layer, []))
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
