"""The world of a run: city, state, journal and clock. It has no verbs; verbs are functions that take it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from twin.lifelines import registry
from twin.lifelines.base import Model
from twin.model.city import City
from twin.model.journal import NO_CAUSE, Event, Journal
from twin.model.network import Ref
from twin.model.state import State
from twin.physics.solution import Solution, Work

DAY_S = 86_400.0


class Sink(Protocol):
    """Where a run writes itself down while it goes on."""

    def event(self, event: Event) -> None:
        """Take one event."""
        ...

    def service(self, t_s: float, lifeline: str, zone: str, served: float, demand: float) -> None:
        """Take the service of a zone."""
        ...

    def result(self, lifeline: str, t_s: float, columns: Mapping[str, NDArray[np.float64]]) -> None:
        """Take the result columns of a solve."""
        ...

    def flush(self) -> None:
        """Secure what was taken so far."""
        ...


class NoSink:
    """A sink that keeps nothing: for runs in memory."""

    def event(self, event: Event) -> None:
        """Take nothing."""

    def service(self, t_s: float, lifeline: str, zone: str, served: float, demand: float) -> None:
        """Take nothing."""

    def result(self, lifeline: str, t_s: float, columns: Mapping[str, NDArray[np.float64]]) -> None:
        """Take nothing."""

    def flush(self) -> None:
        """Nothing to secure."""


@dataclass
class Counters:
    """Exact work counters of a run, per lifeline where they belong to one."""

    work: dict[str, Work] = field(default_factory=dict)
    instants: int = 0
    rounds: int = 0
    fallbacks: int = 0
    failures: int = 0
    explanations: int = 0


class Touch(NamedTuple):
    """A change of this instant: its event (-1 for a network's own stores), and what it was before."""

    event: int
    ref: Ref
    column: str
    before: float | bool


@dataclass
class World:
    """Everything that a verb of the engine or of the response works on.

    Attributes
    ----------
    env
        The SimPy environment; `env.now` is in seconds since the start of the run.
    offset_s
        Data-set time at the start of the run: patterns are read at `env.now + offset_s`.
    models, solutions, solved_at
        The bound networks, their present solutions, and when those were made (run time).
    share
        Share of function per layer and component table, as the last solve left it.
    dirty
        Layers to solve again, each with the changes that touched it at this instant.
    disturbed
        Unavailable components by layer, each with the event that made it so.
    service_events
        The last event by which a consumer's service ended or came back, by component.
    wake
        Asks for settling at the end of this instant; the coordinator sets it.
    """

    env: simpy.Environment
    city: City
    state: State
    journal: Journal
    sink: Sink
    seed: int
    offset_s: float = 0.0
    models: dict[str, Model] = field(default_factory=dict)
    solutions: dict[str, Solution] = field(default_factory=dict)
    solved_at: dict[str, float] = field(default_factory=dict)
    share: dict[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)
    dirty: dict[str, list[Touch]] = field(default_factory=dict)
    disturbed: dict[str, dict[str, int]] = field(default_factory=dict)
    service_events: dict[str, int] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    wake: Callable[[], None] = lambda: None

    @property
    def now(self) -> float:
        """Run time in seconds."""
        return float(self.env.now)

    def stream(self, process: str) -> np.random.Generator:
        """The random stream of one process: it depends on the seed and the name, on nothing else."""
        key = zlib.crc32(process.encode("utf-8"))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(key,)))


def make_world(city: City, *, seed: int, start_s: float | None = None, sink: Sink | None = None) -> World:
    """A world at rest: all networks bound, nothing solved yet.

    Parameters
    ----------
    seed
        Seed of the run.
    start_s
        Time of day at the start of the run (seconds after midnight); None: the data set's own time zero.
    """
    sink = sink or NoSink()
    clock = city.manifest.clock_s
    offset = 0.0 if start_s is None else (start_s - clock) % DAY_S
    world = World(
        simpy.Environment(), city, registry.initial_state(city), Journal(sink.event), sink, seed, offset
    )
    for name, network in city.networks.items():
        if registry.declaration(name).binding:
            world.models[name] = registry.bind(network, city.manifest)
            world.counters.work[name] = Work()
    for name, layer in city.layers.items():
        world.disturbed[name] = {}
        for table, rows in layer.components.items():
            world.share[name, table] = np.ones(len(rows))
    return world


def latest_disturbance(world: World, layer: str) -> int:
    """The event behind the newest disturbance of a layer that still lasts, or -1."""
    return max(world.disturbed[layer].values(), default=NO_CAUSE)
