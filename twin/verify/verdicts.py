"""`twin verify`: a network in one state, solved here and by the reference engine."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.io.runs import StoredRun
from twin.lifelines.instant import instant
from twin.lifelines.reference import Answer, Compared, reference
from twin.model.city import City, Manifest
from twin.model.network import Network
from twin.model.state import State
from twin.physics.solution import Solution
from twin.text import _
from twin.verify.comparison import Verdict, judge
from twin.verify.engine import ask
from twin.verify.replay import start_offset, state_at


def of_city(city: City, lifeline: str, t_s: float, engines: Path) -> tuple[Verdict, ...]:
    """Verdicts on one undisturbed network of a city, `t_s` seconds after its time zero.

    Raises
    ------
    InputError
        Where the city has no such network, or its lifeline no reference engine.
    EngineError
        Where the engine is missing or fails.
    """
    network = network_of(city, lifeline)
    state, solution = instant(city, lifeline, t_s)
    return of_state(network, city.manifest, state, solution, t_s, engines)


def network_of(city: City, lifeline: str) -> Network:
    """A network of a city; InputError where it has none of this name."""
    if lifeline not in city.networks:
        raise InputError(_("{city} has no network {name}", city=city.name, name=lifeline))
    return city.networks[lifeline]


def of_state(
    network: Network, manifest: Manifest, state: State, solution: Solution, t_s: float, engines: Path
) -> tuple[Verdict, ...]:
    """Verdicts on `solution`, our answer for a network in `state` at data-set time `t_s`.

    The state is exported to the engine; the file that the network came from is not used.
    """
    known = reference(network.lifeline)
    if known is None:
        raise InputError(_("{name} has no reference engine", name=network.lifeline))
    with tempfile.TemporaryDirectory(prefix="twin-verify-") as name:
        folder = Path(name)
        job = known.export(network, manifest, state, solution, t_s, folder)
        result = ask(known.script, known.arguments, job, engines, folder)
    theirs = known.read(network, solution, result)
    remark = known.remark(result)
    return tuple(
        replace(_verdict(network, quantity, solution, theirs), remark=remark) for quantity in known.compared
    )


def _verdict(network: Network, quantity: Compared, solution: Solution, theirs: Answer) -> Verdict:
    ids = network.ids(quantity.table)
    rows = np.ones(len(ids), dtype=np.bool_) if quantity.rows is None else quantity.rows(network)
    ours = np.asarray(solution.tables[quantity.table][quantity.column], dtype=np.float64)
    given = theirs[quantity.table][quantity.column]
    return judge(network.lifeline, quantity, [str(text) for text in ids[rows]], ours[rows], given[rows])


def of_run(
    run: StoredRun, city: City, lifelines: Sequence[str], t_s: float, engines: Path
) -> tuple[Verdict, ...]:
    """Verdicts on networks of a run at their last solve at or before `t_s` (run time).

    Raises as `of_city`.
    """
    offset = start_offset(run)
    found: list[Verdict] = []
    for lifeline in lifelines:
        network = network_of(city, lifeline)
        state, solution, solved_s = state_at(run, city, lifeline, t_s)
        found += of_state(network, city.manifest, state, solution, solved_s + offset, engines)
    return tuple(found)
