"""The repair of a survey: each repair in turn, and none that makes a new error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.census.check import check
from twin.census.repair.asked import Asked
from twin.census.repair.patch import apply
from twin.census.repair.register import REPAIRS, Repair, selected
from twin.census.store import ends_of
from twin.census.survey import Survey

Rows = frozenset[tuple[str, int]]
_ROUNDS = 4
_KEY = ["rule", "table", "row", "field"]


@dataclass(frozen=True)
class Repaired:
    """A repaired survey.

    Attributes
    ----------
    survey
        The survey with the log in `repairs`.
    log
        The repairs of this time.
    withdrawn
        Rows (`table`, `row`) whose repair would have made a new error and was not made.
    before, after
        The findings about the survey before and after.
    """

    survey: Survey
    log: pd.DataFrame
    withdrawn: Rows
    before: pd.DataFrame
    after: pd.DataFrame


def repair(
    survey: Survey,
    findings: pd.DataFrame | None = None,
    *,
    only: Iterable[str] = (),
    without: Iterable[str] = (),
    report: Callable[[float], None] = lambda share: None,
) -> Repaired:
    """Repair what may be repaired without a person.

    Parameters
    ----------
    survey
        A survey in canonical tables.
    findings
        The findings that may be answered; none: those of a check.
    only, without
        Repairs or rules to answer, or not to answer; those that are on by default.
    report
        Called with the share of the work that is done.

    Notes
    -----
    The survey is checked before and after. Repairs of rows that a new error is about, of lines at such a
    point and of the points at such a line, are withdrawn and the rest made anew; where a few rounds do not
    end it, nothing is repaired.
    """
    chosen = selected(only, without)
    before = check(survey, report=lambda share: report(0.4 * share))
    asked = before if findings is None else findings
    untouched: Rows = frozenset()
    for _round in range(_ROUNDS):
        made = _made(survey, asked, chosen, untouched)
        after = check(made, report=lambda share: report(0.5 + 0.4 * share))
        worse = _new_errors(before, after)
        log = made.repairs.iloc[len(survey.repairs) :].reset_index(drop=True)
        if worse.empty or log.empty:
            report(1.0)
            return Repaired(made, log, untouched, before, after)
        untouched |= _implicated(made, worse, log)
    report(1.0)
    every = frozenset(zip(log["table"], log["row"].astype(int), strict=True))
    return Repaired(survey, log.iloc[:0], untouched | every, before, before)


def _made(survey: Survey, findings: pd.DataFrame, chosen: Sequence[Repair], untouched: Rows) -> Survey:
    """The survey with the chosen repairs, each on what the one before left."""
    for one in chosen:
        survey = apply(survey, REPAIRS[one.name](Asked(survey, findings, untouched)))
    return survey


def _new_errors(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Errors about a rule, row and field that had none."""
    old = before.loc[before["severity"] == "error", _KEY].drop_duplicates()
    new = after.loc[after["severity"] == "error", _KEY].drop_duplicates()
    both = new.merge(old, on=_KEY, how="left", indicator=True)
    return both.loc[both["_merge"] == "left_only", _KEY]


def _implicated(survey: Survey, worse: pd.DataFrame, log: pd.DataFrame) -> Rows:
    """Repaired rows that a new error is about, or that lie next to it; all repaired rows where none does."""
    ends = ends_of(survey.points, survey.lines)
    points, lines = survey.points["row"].to_numpy(), survey.lines["row"].to_numpy()
    near = {name: np.isin(rows, worse.loc[worse["table"] == name, "row"]) for name, rows in
            (("points", points), ("lines", lines))}  # fmt: skip
    touching = near["lines"] | np.append(near["points"], False)[ends].any(axis=1)
    around = np.zeros(len(points) + 1, dtype=np.bool_)
    around[ends[touching]] = True
    touching |= around[ends].any(axis=1) & (ends >= 0).any(axis=1)
    held = {"points": set(points[around[:-1] | near["points"]]), "lines": set(lines[touching])}
    repaired = set(zip(log["table"], log["row"].astype(int), strict=True))
    found = frozenset((table, row) for table, row in repaired if row in held[table])
    return found or frozenset(repaired)
