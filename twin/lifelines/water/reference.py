"""Water beside EPANET: one instant, the state as it is, without controls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.reference import Answer, Compared, Reference
from twin.lifelines.water.epanet.writer import write_inp
from twin.model.city import Manifest
from twin.model.network import Network, Ref
from twin.model.state import State
from twin.physics.solution import Solution

SMALL_M3S = 1e-3
"""A relative difference of 1e-3 above this flow is an absolute one of 1e-6 m3/s below it."""


def export(
    network: Network, manifest: Manifest, state: State, solution: Solution, t_s: float, folder: Path
) -> Mapping[str, Any]:
    """The job: an input file of this state. What no source reaches demands nothing there either."""
    quiet = state.copy()
    for row in np.flatnonzero(_cut_off(solution)):
        quiet.write(Ref(network.lifeline, "nodes", int(row)), "demand_factor", 0.0)
    path = folder / "network.inp"
    write_inp(network, path, quiet, t_s=t_s, clock_s=manifest.clock_s, operated=False, extras=False)
    return {"inp": str(path), "duration_s": 0, "accuracy": 1e-6, "trials": 200}


def read(network: Network, solution: Solution, result: Mapping[str, Any]) -> Answer:
    """Heads, demands and flows of the first instant; a head means nothing where no source reaches."""
    step = result["steps"][0]
    head = np.array(step["head"], dtype=np.float64)
    head[_cut_off(solution)] = np.nan
    nodes = {"head_m": head, "demand_m3s": np.array(step["demand"], dtype=np.float64)}
    return {"nodes": nodes, "links": {"flow_m3s": np.array(step["flow"], dtype=np.float64)}}


def _cut_off(solution: Solution) -> NDArray[np.bool_]:
    return np.isnan(np.asarray(solution.tables["nodes"]["head_m"], dtype=np.float64))


def _junctions(network: Network) -> NDArray[np.bool_]:
    return np.asarray(network.tables["nodes"]["kind"] == "junction")


REFERENCE = Reference(
    engine="EPANET 2.3",
    script="epanet_engine.py",
    compared=(
        Compared("head", "nodes", "head_m", "m", 0.01),
        Compared("flow", "links", "flow_m3s", "", 1e-3, SMALL_M3S),
        Compared("demand", "nodes", "demand_m3s", "", 1e-3, SMALL_M3S, _junctions),
    ),
    export=export,
    read=read,
)
