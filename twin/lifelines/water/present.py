"""The state of a water network as its physics needs it: what is open, how it is set, where water is lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.water.declaration import DECLARATION
from twin.model.network import Network
from twin.model.state import State

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LEAK_DISCHARGE = 0.75
"""Discharge coefficient of a leak (WNTR's default for orifices)."""


@dataclass(frozen=True)
class Present:
    """What a state means for the nodes [n] and links [m] of a network.

    Attributes
    ----------
    works
        bool[n]: the node is available; one that is not is cut off, with all its links.
    open
        bool[m]: water may pass: the link and both its ends are available and it is open.
    setting, fixed
        As in the state columns; an empty pump speed is 1.
    level_m
        Depth of tanks, NaN elsewhere.
    demand_factor
        Factor on demands.
    leak_area_m2
        Holes, at junctions: their own and half of each pipe's that ends there.
    """

    works: Flags
    open: Flags
    setting: Floats
    fixed: Flags
    level_m: Floats
    demand_factor: Floats
    leak_area_m2: Floats


def initial_state(network: Network) -> State:
    """The undisturbed state of a water network that stands alone."""
    return State({network.lifeline: network}, {network.lifeline: DECLARATION.state})


def present(network: Network, state: State) -> Present:
    """What `state` means for a network."""
    layer = network.lifeline
    start, end = network.ends
    works = state.available(layer, "nodes")
    carries = state.available(layer, "links") & works[start] & works[end]
    setting = state.column(layer, "links", "setting").copy()
    pump = network.tables["links"]["kind"] == "pump"
    setting[pump & np.isnan(setting)] = 1.0
    return Present(
        works=works,
        open=carries & state.column(layer, "links", "open"),
        setting=setting,
        fixed=state.column(layer, "links", "fixed"),
        level_m=state.column(layer, "nodes", "level_m"),
        demand_factor=state.column(layer, "nodes", "demand_factor"),
        leak_area_m2=_holes(network, state, works),
    )


def _holes(network: Network, state: State, works: Flags) -> Floats:
    """Leak area per node, shape (nodes,).

    A hole in a pipe counts half at each end (all of it at the one that is a junction), as EPANET 2.3 does
    with leaking pipes: the topology stays, no kernel is analysed anew, and a broken pipe, which lets nothing
    through, still spills from both sides until it is isolated. A leak near one end is placed exactly by
    giving it to that junction.
    """
    layer = network.lifeline
    start, end = network.ends
    junction = network.tables["nodes"]["kind"] == "junction"
    area = state.column(layer, "nodes", "leak_area_m2").copy()
    spills = ~state.column(layer, "links", "isolated") & (network.tables["links"]["kind"] == "pipe")
    hole = np.where(spills, state.column(layer, "links", "leak_area_m2"), 0.0)
    rows = np.flatnonzero(hole)
    for row in rows:
        ends = [node for node in (start[row], end[row]) if junction[node]]
        for node in ends:
            area[node] += hole[row] / len(ends)
    area[~(works & junction)] = 0.0
    return area
