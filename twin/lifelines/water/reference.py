"""Water beside EPANET 2.3: one instant of the network as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.reference import Answer, Compared, Reference
from twin.lifelines.water.epanet.writer import fitting_ids, write_inp
from twin.lifelines.water.options import read_options
from twin.model.city import Manifest
from twin.model.network import Network, Ref
from twin.model.state import State
from twin.physics.solution import Solution

ACCURACIES = (1e-6, 1e-5, 3e-5, 1e-4, None)
"""Accuracies EPANET is asked for in turn, until one at which it ends balanced; the last is its default."""
CHECKS = (None, {"every": 10, "until": 100})
"""How often EPANET checks statuses: as ever, then seldom, where it would switch pumps for ever."""
FINE = 1e-5
"""The accuracy at which the floor below holds."""
FLOW_FLOOR_M3S = 1e-3
"""With a tolerance of 1e-3 relative: 1e-6 m3/s where nothing flows."""


def export(
    network: Network, manifest: Manifest, state: State, solution: Solution, t_s: float, folder: Path
) -> Mapping[str, Any]:
    """The job: the state as it is, without controls, rules and pump patterns.

    Nodes that no source reaches are put out of service, because EPANET would feed their demand through the
    closed links around them. The file is written in US units whatever the network's own are: EPANET 2.3.5
    converts the power of constant-power pumps twice in a metric file.
    """
    options = replace(read_options(network), flow_units="GPM", pressure_units="PSI", duration_s=0.0)
    path = folder / "network.inp"
    state = state.copy()
    for row in np.flatnonzero(np.asarray(solution.tables["nodes"]["reached"]) == 0):
        state.write(Ref(network.lifeline, "nodes", int(row)), "failed", True)
    wishes = {"t_s": t_s, "clock_s": manifest.clock_s, "options": options}
    write_inp(network, path, state, **wishes, operated=False, extras=False)
    return {"inp": str(path), "duration_s": 0, "accuracies": ACCURACIES, "checks": CHECKS, "trials": 200}


def read(network: Network, solution: Solution, result: Mapping[str, Any]) -> Answer:
    """Heads, deliveries, levels and flows by row.

    Where no source reaches a node EPANET's head means nothing: it counts as ours, the elevation.
    """
    step = result["steps"][0]
    node_ids, link_ids = fitting_ids(network)
    head = _by_row(node_ids, result["nodes"], step["head"])
    delivered = _by_row(node_ids, result["nodes"], step["delivered"])
    flow = _by_row(link_ids, result["links"], step["flow"])
    reached = np.asarray(solution.tables["nodes"]["reached"], dtype=np.bool_)
    ours = np.asarray(solution.tables["nodes"]["head_m"], dtype=np.float64)
    start, end = network.ends
    junction = _junctions(network)
    return {
        "nodes": {
            "head_m": np.where(reached, head, ours),
            "demand_m3s": np.where(reached & junction, delivered, 0.0),
        },
        "links": {"flow_m3s": np.where(reached[start] | reached[end], flow, 0.0)},
    }


def coarseness(result: Mapping[str, Any]) -> float:
    """EPANET stops when the sum of its flow changes is this part of the sum of all flows.

    At 1e-5 a single flow is known to about 1e-6 m3/s; where EPANET finds no balance so fine (its open
    valves have a slope that drowns in rounding) what it knows of a flow is that much coarser.
    """
    return max(1.0, float(result["accuracy"]) / FINE)


def _by_row(ids: tuple[str, ...], given: list[str], values: list[float]) -> NDArray[np.float64]:
    """Values in row order; NaN where the engine has none."""
    known = dict(zip(given, values, strict=True))
    return np.array([known.get(name, np.nan) for name in ids], dtype=np.float64)


def _junctions(network: Network) -> NDArray[np.bool_]:
    return np.asarray(network.tables["nodes"]["kind"] == "junction", dtype=np.bool_)


REFERENCE = Reference(
    engine="EPANET",
    script="epanet_engine.py",
    compared=(
        Compared("head", "nodes", "head_m", "m", 0.01),
        Compared("demand", "nodes", "demand_m3s", "", 1e-3, FLOW_FLOOR_M3S, _junctions),
        Compared("flow", "links", "flow_m3s", "", 1e-3, FLOW_FLOOR_M3S),
    ),
    export=export,
    read=read,
    coarseness=coarseness,
)
