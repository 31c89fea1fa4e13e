"""The state of a run at an instant, put together from its journal and its results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError
from twin.io.runs import StoredRun
from twin.lifelines import registry
from twin.model.city import City
from twin.model.network import Ref
from twin.model.state import State
from twin.physics.solution import Outcome, Solution
from twin.text import _


def state_at(run: StoredRun, city: City, lifeline: str, t_s: float) -> tuple[State, Solution, float]:
    """State and solution of one network at its last solve at or before `t_s` (run time).

    The state is the undisturbed one with every change of the journal up to then; what is stored without
    an event (tank levels) is taken from the results, where it stands under the same column name.

    Returns
    -------
    state, solution, solved_s
        `solution` holds the stored result columns only.

    Raises
    ------
    InputError
        Where the run has no results of this network at or before `t_s`.
    """
    if lifeline not in run.lifelines():
        raise InputError(_("{run} has no results of {name}", run=str(run.folder), name=lifeline))
    times, columns = run.results(lifeline)
    rows = np.flatnonzero(times <= t_s)
    if not len(rows):
        raise InputError(_("{run} has nothing solved at or before {t} s", run=str(run.folder), t=t_s))
    row, solved_s = int(rows[-1]), float(times[rows[-1]])
    tables = _tables(columns, row)
    state = registry.initial_state(city)
    _replay(run, city, state, solved_s)
    _stored(city, state, lifeline, tables)
    nothing = np.zeros(0)
    return state, Solution(Outcome.CONVERGED, tables, {}, nothing, nothing), solved_s


def start_offset(run: StoredRun) -> float:
    """Data-set time at the start of a run, in seconds."""
    return float(run.request["offset_s"])


def _tables(
    columns: Mapping[str, NDArray[np.float64]], row: int
) -> dict[str, dict[str, NDArray[np.float64]]]:
    tables: dict[str, dict[str, NDArray[np.float64]]] = {}
    for place, values in columns.items():
        table, _dot, name = place.partition(".")
        tables.setdefault(table, {})[name] = values[row]
    return tables


def _replay(run: StoredRun, city: City, state: State, until_s: float) -> None:
    for event in run.journal:
        if event.t_s > until_s:
            return
        column, equals, value = event.value.partition("=")
        ref = city.refs.get(event.component)
        if equals and ref is not None and state.has(ref.layer, ref.table, column):
            state.write(ref, column, _value(value))


def _value(text: str) -> Any:
    return text == "true" if text in ("true", "false") else float(text)


def _stored(
    city: City, state: State, lifeline: str, tables: Mapping[str, Mapping[str, NDArray[np.float64]]]
) -> None:
    for table, results in tables.items():
        for name, values in results.items():
            if state.has(lifeline, table, name):
                for row in np.flatnonzero(np.isfinite(values)):
                    state.write(Ref(lifeline, table, int(row)), name, float(values[row]))
