"""One solve prepared: columns checked, laws and outlets as coefficients, what nothing supplies cut off."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from twin.errors import SolveError
from twin.physics.potential.analysis import Pattern
from twin.physics.potential.flow import Flow, Status
from twin.physics.potential.laws import Laws, is_pump, laws_of
from twin.physics.potential.network import Codes, Flags, Floats, Law, Links, Nodes, Options, Topology
from twin.physics.potential.newton import FLOWING, OFF, SHUT, STALLED, Graph, State
from twin.physics.potential.outlets import DEMAND, Outlets, open_outlets, outlets_of
from twin.physics.potential.reach import draining, stranded, supplied

OPERATED = ("open", "direction", "q_max_m3s")


@dataclass(frozen=True)
class Problem:
    """The data of one solve; `demand` [n] is the fixed part, `running` [m] the links in use."""

    links: Links
    nodes: Nodes
    options: Options
    laws: Laws
    graph: Graph
    running: Flags
    demand: Floats
    outlets: Outlets


class LawBook:
    """The coefficients of the columns last asked for: most solves change only demands and what is open."""

    def __init__(self) -> None:
        self._of: tuple[Links, Options] | None = None
        self._laws: Laws | None = None

    def laws(self, links: Links, options: Options) -> Laws:
        """Coefficients of `links`, computed anew only where a column they depend on has other values."""
        if self._laws is None or self._of is None or not _same(self._of, links, options):
            self._laws = laws_of(links, options)
            copies = {item.name: getattr(links, item.name).copy() for item in fields(links)}
            self._of = (replace(links, **copies), options)
        return self._laws


def _same(known: tuple[Links, Options], links: Links, options: Options) -> bool:
    """Whether coefficients made of `known` hold for these columns."""
    names = (item.name for item in fields(links) if item.name not in OPERATED)
    return known[1] == options and all(
        np.array_equal(getattr(known[0], name), getattr(links, name)) for name in names
    )


def prepare(
    topology: Topology, pattern: Pattern, book: LawBook, links: Links, nodes: Nodes, options: Options
) -> Problem:
    """Check the columns against the topology and make a problem of them; `SolveError` if they do not fit."""
    if links.law.size != topology.n_links or nodes.head_m.size != topology.n_nodes:
        raise SolveError(
            f"{topology.n_links} links and {topology.n_nodes} nodes expected, "
            f"not {links.law.size} and {nodes.head_m.size}"
        )
    _check(nodes)
    pump = is_pump(links.law)
    way = np.where(pump, 1, links.direction).astype(np.int8)
    idle = (links.speed <= 0) | (links.direction < 0) | ((links.law == Law.PUMP_POWER) & (links.power_w <= 0))
    running = links.open & ~(pump & idle)
    laws = book.laws(links, options)
    live, demand = _reach(topology, pattern, nodes, way, running)
    running &= live[topology.start] & live[topology.end]
    outlets = outlets_of(nodes, live & ~topology.fixed, options)
    demand[outlets.node[outlets.kind == DEMAND]] = 0.0
    graph = Graph(topology.start, topology.end, topology.fixed, live, way)
    return Problem(links, nodes, options, laws, graph, running, demand, outlets)


def _check(nodes: Nodes) -> None:
    """Refuse numbers that make no outlet and no head."""
    for item in fields(nodes):
        column = getattr(nodes, item.name)
        if isinstance(column, np.ndarray) and not np.all(np.isfinite(column)):
            raise SolveError(f"{item.name} must be finite at every node")
    for name in ("emitter_coefficient", "leak_area_m2", "leak_discharge"):
        if np.any(getattr(nodes, name) < 0):
            raise SolveError(f"{name} must be >= 0 at every node")
    for name in ("emitter_exponent", "p_exponent"):
        if np.any(getattr(nodes, name) <= 0):
            raise SolveError(f"{name} must be > 0 at every node")


def _reach(
    topology: Topology, pattern: Pattern, nodes: Nodes, way: Codes, running: Flags
) -> tuple[Flags, Floats]:
    """Nodes that can be supplied, and the demands there without inflows that have no way out."""
    start, end, fixed = topology.start, topology.end, topology.fixed
    at_node = (pattern.link_start, pattern.link_of)
    demand = np.where(fixed, 0.0, nodes.demand_m3s)
    live = supplied(start, end, fixed, *at_node, way, running)
    if np.any(demand < 0):
        drained = supplied(start, end, fixed, *at_node, -way, running)
        open_end = (nodes.emitter_coefficient > 0) | (nodes.leak_area_m2 > 0)
        demand[stranded(start, end, running, drained, demand, open_end)] = 0.0
        live |= draining(start, end, way, running, live, demand)
    return live, np.where(live, demand, 0.0)


def cold_state(problem: Problem, pattern: Pattern) -> State:
    """Working arrays before the first step: every link in use flows as it would at 1 ft/s."""
    graph, nodes = problem.graph, problem.nodes
    m, size, count = graph.way.size, pattern.node.size, problem.outlets.node.size
    toward = np.where(graph.way < 0, -1.0, 1.0)
    return State(
        head=np.where(graph.fixed, nodes.head_m, nodes.elevation_m),
        demand=problem.demand,
        flow=np.where(problem.running, problem.laws.start * toward, 0.0),
        loss=np.zeros(m),
        slope=np.ones(m),
        hold=np.zeros(m),
        mode=np.where(problem.running, FLOWING, OFF).astype(np.int8),
        turns=np.zeros(m, dtype=np.int32),
        outflow=problem.outlets.start.copy(),
        outlet_loss=np.zeros(count),
        outlet_slope=np.ones(count),
        bound=np.zeros(count, dtype=np.int8),
        off=np.zeros(pattern.slots),
        diagonal=np.zeros(size + 1),
        right=np.zeros(size + 1),
        shares=np.zeros((pattern.steps.first.size, 2)),
        l_value=np.zeros(pattern.l_row.size),
        d_inverse=np.zeros(size),
    )


def warm_state(problem: Problem, pattern: Pattern, warm: Flow) -> State:
    """Working arrays with flows, modes and outlets of an earlier answer where it has any."""
    state, graph = cold_state(problem, pattern), problem.graph
    if warm.head_m.size != graph.live.size or warm.flow_m3s.size != graph.way.size:
        raise SolveError("the answer to start from belongs to another topology")
    ran = (warm.status == Status.OPEN) | (warm.status == Status.BEYOND_FLOW)
    kept = problem.running & ran & (warm.flow_m3s * graph.way >= 0)
    state.flow[kept] = warm.flow_m3s[kept]
    shut = (warm.status == Status.SHUT) | (warm.status == Status.BEYOND_HEAD)
    shut &= problem.running & (graph.way != 0)
    state.mode[shut] = SHUT
    state.mode[shut & is_pump(problem.links.law) & (warm.status == Status.SHUT)] = STALLED
    state.flow[shut] = 0.0
    known = graph.live & warm.connected & ~graph.fixed
    state.head[known] = warm.head_m[known]
    open_outlets(problem.outlets, warm.head_m, known, state.outflow, state.bound)
    return state
