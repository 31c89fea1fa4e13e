"""Small networks, runs in time and runs of EPANET for the tests of water."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.water.binding import WaterModel
from twin.lifelines.water.epanet import Reading, export_inp, parse_inp
from twin.lifelines.water.options import WaterOptions, read_options
from twin.lifelines.water.present import initial_state
from twin.lifelines.water.reference import ACCURACIES, ANSWERS, CHECKS, HEAD_M
from twin.model.network import Network, Ref
from twin.model.state import State
from twin.physics.solution import Outcome, Solution

SCRIPT = Path(__file__).parents[3] / "twin" / "verify" / "scripts" / "epanet_engine.py"
NETWORKS = Path(__file__).parent / "networks"
NOTHING = Solution(Outcome.CONVERGED, {}, {}, np.zeros(0), np.zeros(0))

TOWN = """
[JUNCTIONS]
 A 10 5
 B 12 10
 C 14 8
 D 11 4
[RESERVOIRS]
 R 60
[TANKS]
 T 50 3 0 6 12
[PIPES]
 RA R A 300 300 110
 AB A B 400 250 110
 BC B C 500 200 110
 CD C D 500 150 110
 DA D A 600 200 110
 BT B T 200 200 110
[OPTIONS]
 UNITS LPS
"""
"""A ring of four junctions between a reservoir and a tank."""


def read(text: str) -> Reading:
    """The network in the text of an EPANET file."""
    return parse_inp(text, "town.inp")


def network(text: str = TOWN) -> Network:
    """A network alone."""
    return read(text).network


def model(net: Network, clock_s: float = 0.0, **options: Any) -> WaterModel:
    """A network bound with some options replaced."""
    from dataclasses import replace

    return WaterModel(net, clock_s, replace(read_options(net), **options))


def ref(net: Network, table: str, name: str) -> Ref:
    """Where a component stands."""
    return Ref("water", table, net.tables[table].rows[name])


def write(state: State, net: Network, table: str, name: str, column: str, value: float | bool) -> None:
    """Change one value of a state."""
    state.write(ref(net, table, name), column, value)


def at(solution: Solution, net: Network, table: str, name: str, column: str) -> float:
    """One result."""
    return float(solution.tables[table][column][net.tables[table].rows[name]])


@dataclass(frozen=True)
class Instant:
    """A moment of a run: time, solution, and copies of tank levels and link positions."""

    t_s: float
    solution: Solution
    level_m: NDArray[np.float64]
    open: NDArray[np.bool_]
    setting: NDArray[np.float64]
    rules: tuple[str, ...]


def run(bound: WaterModel, duration_s: float, state: State | None = None) -> Iterator[Instant]:
    """All solves of a run without disturbances, as the engine would make them."""
    net = bound.network
    state = state or initial_state(net)
    t_s, solution = 0.0, None
    writes = bound.advance(state, NOTHING, 0.0, 0.0)
    while True:
        rules = []
        for change in writes:
            state.write(change.ref, change.column, change.value)
            rules += [change.rule] if change.rule else []
        solution = bound.solve(state, t_s, solution)
        for _round in range(10):
            reactions = bound.react(state, solution)
            for change in reactions:
                state.write(change.ref, change.column, change.value)
                rules.append(change.rule)
            if not reactions:
                break
            solution = bound.solve(state, t_s, solution)
        columns = [
            state.column("water", *place).copy() for place in (("nodes", "level_m"), ("links", "open"))
        ]
        yield Instant(t_s, solution, *columns, state.column("water", "links", "setting").copy(), tuple(rules))
        if t_s >= duration_s:
            return
        dt_s = min(bound.horizon(state, solution, t_s).seconds, duration_s - t_s)
        writes = bound.advance(state, solution, t_s, dt_s)
        t_s += dt_s


def epanet(python: Path, folder: Path, job: dict[str, Any]) -> dict[str, Any]:
    """The answer of EPANET for a job."""
    asked, answered = folder / "job.json", folder / "result.json"
    asked.write_text(
        json.dumps({"accuracies": ACCURACIES, "answers": ANSWERS, "checks": CHECKS} | job), encoding="utf-8"
    )
    subprocess.run([python, "-I", SCRIPT, asked, answered], check=False, capture_output=True, timeout=250)
    result: dict[str, Any] = json.loads(answered.read_text(encoding="utf-8"))
    return result


@dataclass(frozen=True)
class Reference:
    """EPANET's answers: of each its instants by second, with arrays in the row order of a network.

    There is one answer where EPANET reaches the first accuracy, else its two finest.
    """

    answers: tuple[dict[int, dict[str, NDArray[np.float64]]], ...]

    @property
    def steps(self) -> dict[int, dict[str, NDArray[np.float64]]]:
        """The finest answer."""
        return self.answers[0]

    def flow(self, t_s: int, ours: NDArray[np.float64]) -> NDArray[np.float64]:
        """What lies nearest to ours between the lowest and the highest of the answers at an instant."""
        finest = self.steps[t_s]["head"]
        there = [answer[t_s] for answer in self.answers if t_s in answer]
        flows = [step["flow"] for step in there if np.abs(step["head"] - finest).max() <= HEAD_M]
        return np.clip(ours, np.min(flows, axis=0), np.max(flows, axis=0))


def reference(
    python: Path, folder: Path, reading: Reading, options: WaterOptions, duration_s: float
) -> Reference:
    """EPANET on the export of a network with these options."""
    net = reading.network
    export = export_inp(net, clock_s=reading.clock_s, options=options, extras=False)
    path = folder / "network.inp"
    path.write_text(export.text, encoding="utf-8")
    result = epanet(python, folder, {"inp": str(path), "duration_s": duration_s})
    assert not result["error"], result["error"]
    nodes = [result["nodes"].index(name) for name in export.nodes]
    links = [result["links"].index(name) for name in export.links]
    rows = {
        "head": nodes,
        "demand": nodes,
        "delivered": nodes,
        "flow": links,
        "open": links,
        "setting": links,
    }
    return Reference(
        tuple(
            {
                round(step["t_s"]): {name: np.array(step[name])[places] for name, places in rows.items()}
                for step in answer["steps"]
            }
            for answer in (result, *result["again"])
        )
    )
