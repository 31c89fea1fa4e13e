"""Travel on roads: shortest times with closures, the BPR delay law and static user equilibrium.

Roads are given as directed arcs between node numbers. Times are seconds; flow, demand and capacity share
one unit (vehicles an hour in the tables).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from twin.errors import SolveError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NONE = -1


@dataclass(frozen=True, eq=False)
class Roads:
    """A directed road graph.

    Attributes
    ----------
    nodes
        Number of nodes.
    tail, head
        Node each arc leaves and enters, shape (arcs,).
    link
        Row of the road table each arc belongs to, shape (arcs,): a two-way street has two arcs.
    through
        Which nodes trips may pass through, shape (nodes,); the others are only origins and destinations
        (zone centroids).
    """

    nodes: int
    tail: Ints
    head: Ints
    link: Ints
    through: Flags

    def __post_init__(self) -> None:
        ends = np.concatenate([self.tail, self.head])
        if len(ends) and (ends.min() < 0 or ends.max() >= self.nodes):
            raise SolveError(f"arc ends must be node numbers from 0 to {self.nodes - 1}")
        if len(self.through) != self.nodes:
            raise SolveError(f"through has {len(self.through)} values for {self.nodes} nodes")

    @cached_property
    def exits(self) -> Ints:
        """Number of the vertex each node is left by: itself, or a vertex of its own where nothing passes."""
        extra = np.cumsum(~self.through) - 1
        return np.where(self.through, np.arange(self.nodes), self.nodes + extra)

    @property
    def vertices(self) -> int:
        """Number of vertices of the search graph: nodes, and one more for each that is not passed through."""
        return self.nodes + int((~self.through).sum())


@dataclass(frozen=True, eq=False)
class Tree:
    """Shortest travel from some origins to everywhere.

    Attributes
    ----------
    origins
        Node numbers, shape (origins,).
    seconds
        Travel times, shape (origins, nodes); infinite where there is no way, 0 to the origin itself.
    """

    roads: Roads
    origins: Ints
    seconds: Floats
    _before: Ints
    _arc: Ints

    def path(self, row: int, destination: int) -> list[int]:
        """The arcs from origin number `row` to a node, in travel order; empty where there is no way."""
        vertex, origin, arcs = destination, int(self.roads.exits[self.origins[row]]), []
        if not np.isfinite(self.seconds[row, destination]) or destination == self.origins[row]:
            return []
        while vertex != origin:
            arcs.append(int(self._arc[row, vertex]))
            vertex = int(self._before[row, vertex])
        return arcs[::-1]

    def load(self, row: Ints, destination: Ints, amount: Floats) -> Floats:
        """Arc flows when each amount follows its shortest path, shape (arcs,); the stranded are left out."""
        flow = np.zeros(len(self.roads.tail))
        origin = self.roads.exits[self.origins]
        moving = np.isfinite(self.seconds[row, destination]) & (destination != self.origins[row])
        row, vertex, amount = row[moving], destination[moving], amount[moving]
        while len(row):
            np.add.at(flow, self._arc[row, vertex], amount)
            vertex = self._before[row, vertex]
            moving = vertex != origin[row]
            row, vertex, amount = row[moving], vertex[moving], amount[moving]
        return flow


def road_graph(nodes: int, start: Ints, end: Ints, oneway: Flags, through: Flags | None = None) -> Roads:
    """Roads from link ends, shapes (links,): one arc for a one-way link, two for any other."""
    back = np.flatnonzero(~oneway)
    forth = np.arange(len(start))
    return Roads(
        nodes,
        np.concatenate([start, end[back]]).astype(np.int64),
        np.concatenate([end, start[back]]).astype(np.int64),
        np.concatenate([forth, back]).astype(np.int64),
        np.ones(nodes, dtype=bool) if through is None else through,
    )


def shortest(roads: Roads, seconds: Floats, origins: Ints, closed: Flags | None = None) -> Tree:
    """Shortest travel from `origins` (Dijkstra 1959).

    Parameters
    ----------
    seconds
        Travel time of each arc, shape (arcs,), not negative; infinite means impassable.
    origins
        Node numbers.
    closed
        Links that cannot be used, by row of the road table, shape (links,).

    Raises
    ------
    SolveError
        Where a travel time is negative or not a number.
    """
    if np.isnan(seconds).any() or (seconds < 0).any():
        raise SolveError("travel times must be numbers that are not negative")
    usable = np.isfinite(seconds)
    if closed is not None:
        usable &= ~closed[roads.link]
    graph, best = _matrix(roads, seconds, np.flatnonzero(usable))
    origins = np.asarray(origins, dtype=np.int64)
    times, before = dijkstra(graph, indices=roads.exits[origins], return_predecessors=True)
    times = np.asarray(times, dtype=np.float64).reshape(len(origins), roads.vertices)
    steps = np.asarray(before, dtype=np.int64).reshape(times.shape)
    times[np.arange(len(origins)), origins] = 0.0
    return Tree(roads, origins, times[:, : roads.nodes], steps, _arcs(graph, best, steps))


def _matrix(roads: Roads, seconds: Floats, arcs: Ints) -> tuple[csr_array, Ints]:
    """The search graph with the quickest arc of each pair of vertices, and which arc each entry is."""
    tail, head = roads.exits[roads.tail[arcs]], roads.head[arcs]
    order = np.lexsort([seconds[arcs], head, tail])
    tail, head, arcs = tail[order], head[order], arcs[order]
    first = np.ones(len(arcs), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    tail, head, arcs = tail[first], head[first], arcs[first]
    starts = np.searchsorted(tail, np.arange(roads.vertices + 1))
    shape = (roads.vertices, roads.vertices)
    return csr_array((seconds[arcs], head, starts), shape=shape), arcs


def _arcs(graph: csr_array, best: Ints, before: Ints) -> Ints:
    """The arc by which each vertex of each tree is reached, shaped like `before`; -1 where none."""
    size = graph.shape[0]
    keys = np.repeat(np.arange(size), np.diff(graph.indptr)) * size + graph.indices
    wanted = before * size + np.arange(size)
    place = np.searchsorted(keys, np.maximum(wanted, 0))
    found = best[np.minimum(place, len(best) - 1)] if len(best) else np.zeros_like(before)
    return np.where(before >= 0, found, NONE)


@dataclass(frozen=True, eq=False)
class Delay:
    """How travel time grows with traffic: `t = t0 (1 + b (flow / capacity)^power)`, shapes (arcs,).

    Bureau of Public Roads, Traffic Assignment Manual (1964). A capacity of NaN or infinity means no delay.
    """

    free_s: Floats
    capacity: Floats
    b: Floats
    power: Floats

    @cached_property
    def _factor(self) -> Floats:
        return self.free_s * self.b

    @cached_property
    def _inverse(self) -> Floats:
        return np.where(np.isfinite(self.capacity), 1.0 / self.capacity, 0.0)

    def seconds(self, flow: Floats) -> Floats:
        """Travel times at a flow."""
        ratio = flow * self._inverse
        return self.free_s + np.where(ratio > 0, self._factor * ratio**self.power, 0.0)

    def slope(self, flow: Floats) -> Floats:
        """Derivatives of the travel times by flow."""
        ratio = np.where(flow > 0, flow * self._inverse, 1.0)
        rise = self._factor * self.power * ratio ** (self.power - 1.0) * self._inverse
        return np.where(flow > 0, rise, 0.0)


@dataclass(frozen=True, eq=False)
class Assignment:
    """Traffic in equilibrium.

    Attributes
    ----------
    flow, seconds
        Per arc, shape (arcs,).
    gap
        Relative gap at the end: total time over the total time of everyone on shortest paths, minus 1.
    iterations
        All-or-nothing loadings made.
    stranded
        Demand without any way to its destination.
    """

    flow: Floats
    seconds: Floats
    gap: float
    iterations: int
    stranded: float


def equilibrium(
    roads: Roads,
    delay: Delay,
    origin: Ints,
    destination: Ints,
    demand: Floats,
    *,
    closed: Flags | None = None,
    gap: float = 1e-4,
    limit: int = 1000,
) -> Assignment:
    """Static user equilibrium: nobody gains by another route (Wardrop 1952, first principle).

    Conjugate Frank-Wolfe (Mitradjieva and Lindberg 2013, eqs. 10-13) on the program of Beckmann (1956),
    with an exact line search; the same input gives the same flows.

    Parameters
    ----------
    origin, destination, demand
        Trips between pairs of nodes, shapes (pairs,).
    closed
        Links that cannot be used, shape (links,).
    gap, limit
        The relative gap to reach, and how many loadings to make at most; `Assignment.gap` tells.
    """
    origins, row = np.unique(origin, return_inverse=True)
    free = shortest(roads, delay.free_s, origins, closed)
    stranded = float(demand[~np.isfinite(free.seconds[row, destination])].sum())
    flow = free.load(row, destination, demand)
    target: Floats | None = None
    for iteration in range(1, limit + 1):
        seconds = delay.seconds(flow)
        loading = shortest(roads, seconds, origins, closed).load(row, destination, demand)
        least = float(seconds @ loading)
        found = max(float(seconds @ flow) / least - 1.0, 0.0) if least > 0 else 0.0
        if found <= gap or iteration == limit:
            break
        target = _conjugate(flow, loading, target, delay.slope(flow))
        step = _line_search(delay, flow, target - flow)
        flow = flow + step * (target - flow)
    return Assignment(flow, seconds, found, iteration, stranded)


def _conjugate(flow: Floats, loading: Floats, before: Floats | None, slope: Floats) -> Floats:
    """The point to move towards: conjugate to the last direction with respect to the Hessian `slope`."""
    if before is None:
        return loading
    last, plain = before - flow, loading - flow
    top = float(last @ (slope * plain))
    bottom = float(last @ (slope * (plain - last)))
    weight = top / bottom if bottom != 0 else 0.0
    weight = min(max(weight, 0.0), 0.99) if np.isfinite(weight) else 0.0
    return weight * before + (1.0 - weight) * loading


def _line_search(delay: Delay, flow: Floats, direction: Floats) -> float:
    """The step in 0..1 at which the Beckmann function is least along `direction`, by bisection."""
    low, high = 0.0, 1.0
    if float(delay.seconds(flow + direction) @ direction) <= 0:
        return 1.0
    for _halving in range(50):
        middle = 0.5 * (low + high)
        if float(delay.seconds(flow + middle * direction) @ direction) < 0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
