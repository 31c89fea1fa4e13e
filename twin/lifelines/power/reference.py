"""Power beside pandapower: Newton-Raphson with the T model of transformers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.power.binding import PowerModel
from twin.lifelines.power.electrical import series_ohm
from twin.lifelines.power.pandapower_job import job
from twin.lifelines.reference import Answer, Compared, Reference
from twin.model.city import Manifest
from twin.model.network import Network
from twin.model.state import State
from twin.physics.solution import Solution

SMALL_W = 1e4
"""Powers below this do not matter relatively."""


def export(
    network: Network, manifest: Manifest, state: State, solution: Solution, t_s: float, folder: Path
) -> Mapping[str, Any]:
    """The job: the network in this state; the time does not matter."""
    return job(PowerModel(network, manifest), state)


def read(network: Network, solution: Solution, result: Mapping[str, Any]) -> Answer:
    """The answer by row; what is dead has neither voltage nor power."""
    answer: dict[str, dict[str, NDArray[np.float64]]] = {}
    for table in ("nodes", "links", "devices"):
        given = result[table]
        rows = [network.tables[table].rows[name] for name in given.get("id", ())]
        answer[table] = {}
        for column in given.keys() - {"id"}:
            values = np.full(len(network.tables[table]), np.nan)
            values[rows] = np.nan_to_num(np.array(given[column], dtype=np.float64))
            answer[table][column] = values
    ours, theirs = solution.tables["nodes"]["voltage_angle_rad"], answer["nodes"]["voltage_angle_rad"]
    turns = np.round((np.asarray(ours, dtype=np.float64) - theirs) / (2 * np.pi))
    answer["nodes"]["voltage_angle_rad"] = theirs + 2 * np.pi * turns
    return answer


def _with_impedance(network: Network) -> NDArray[np.bool_]:
    """Links with a flow of their own: ideal connections join their ends into one."""
    return np.asarray((series_ohm(network) != 0) & (network.tables["links"]["kind"] != "switch"))


REFERENCE = Reference(
    engine="pandapower",
    script="pandapower_engine.py",
    arguments=("solve",),
    compared=(
        Compared("voltage", "nodes", "voltage_pu", "pu", 1e-6),
        Compared("angle", "nodes", "voltage_angle_rad", "rad", 1e-6),
        Compared("flow", "links", "p_from_w", "", 1e-5, SMALL_W, _with_impedance),
        Compared("power", "devices", "p_w", "", 1e-5, SMALL_W),
    ),
    export=export,
    read=read,
)
