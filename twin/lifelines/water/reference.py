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
from twin.text import Message, _

ACCURACIES = (1e-6, 1e-5, 2e-5, 3e-5, None)
"""Accuracies EPANET is asked for: the first, and where it is not reached all; the last is the file's own."""
ANSWERS = 2
"""How many different answers it gives where it does not reach the first accuracy: the finest ones."""
CHECKS = (None, {"every": 10, "until": 100})
"""How often EPANET checks statuses: as ever, then seldom, where it would switch pumps for ever."""
HEAD_M = 0.01
FLOW_RELATIVE = 1e-3
FLOW_FLOOR_M3S = 1e-3
"""Together with a tolerance of 1e-3 relative: 1e-6 m3/s where nothing flows."""


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
    wish = {"accuracies": ACCURACIES, "answers": ANSWERS, "checks": CHECKS, "trials": 200}
    return {"inp": str(path), "duration_s": 0, **wish}


def read(network: Network, solution: Solution, result: Mapping[str, Any]) -> Answer:
    """Heads, deliveries, levels and flows by row.

    Where no source reaches a node EPANET's head means nothing: it counts as ours, the elevation. Where it
    gave several answers, deliveries and flows are what lies nearest to ours between the lowest and the
    highest of them: what EPANET cannot tell itself it cannot judge. An answer whose heads are others than
    those of the finest is another state (pumps stopped), and does not count.
    """
    step = result["steps"][0]
    node_ids, link_ids = fitting_ids(network)
    ours = solution.tables["nodes"], solution.tables["links"]
    head = _by_row(node_ids, result["nodes"], step["head"])
    delivered = _between(_several(node_ids, "nodes", "delivered", result), ours[0]["demand_m3s"])
    flow = _between(_several(link_ids, "links", "flow", result), ours[1]["flow_m3s"])
    reached = np.asarray(ours[0]["reached"], dtype=np.bool_)
    start, end = network.ends
    junction = _junctions(network)
    return {
        "nodes": {
            "head_m": np.where(reached, head, ours[0]["head_m"]),
            "demand_m3s": np.where(reached & junction, delivered, 0.0),
        },
        "links": {"flow_m3s": np.where(reached[start] | reached[end], flow, 0.0)},
    }


def remark(result: Mapping[str, Any]) -> Message | None:
    """What is to be said where EPANET did not reach the accuracy it was asked for."""
    if result["unbalanced"]:
        return _(
            "EPANET ends unbalanced, with flows that still change by {reached:.1g}", reached=result["reached"]
        )
    if result["reached"] <= ACCURACIES[0]:
        return None
    answers = _same_state(result)
    flows = np.array([answer["steps"][0]["flow"] for answer in answers])
    apart = flows.max(axis=0) - flows.min(axis=0) > FLOW_RELATIVE * (np.abs(flows[0]) + FLOW_FLOOR_M3S)
    return _(
        "EPANET does not reach an accuracy of {wish:g} here; compared with the range of its finest answers "
        "({reached}), which differ by more than the tolerance in {count} links",
        wish=ACCURACIES[0],
        reached=", ".join(f"{answer['reached']:.2g}" for answer in answers),
        count=int(apart.sum()),
    )


def _same_state(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The finest answer, and the others whose heads are equal to its own within the tolerance of heads."""
    finest = np.array(result["steps"][0]["head"])
    return [result] + [
        answer
        for answer in result["again"]
        if np.abs(np.array(answer["steps"][0]["head"]) - finest).max(initial=0.0) <= HEAD_M
    ]


def _several(ids: tuple[str, ...], table: str, name: str, result: Mapping[str, Any]) -> NDArray[np.float64]:
    """One quantity in all answers, shape (answers, rows)."""
    steps = [answer["steps"][0] for answer in _same_state(result)]
    return np.array([_by_row(ids, result[table], step[name]) for step in steps])


def _between(answers: NDArray[np.float64], ours: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.clip(ours, answers.min(axis=0), answers.max(axis=0)), dtype=np.float64)


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
        Compared("head", "nodes", "head_m", "m", HEAD_M),
        Compared("demand", "nodes", "demand_m3s", "", FLOW_RELATIVE, FLOW_FLOOR_M3S, _junctions),
        Compared("flow", "links", "flow_m3s", "", FLOW_RELATIVE, FLOW_FLOOR_M3S),
    ),
    export=export,
    read=read,
    remark=remark,
)
