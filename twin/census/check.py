"""The check of a survey: every rule, one table of findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from twin.census.rules import RULES, Hits, Rule, View, register
from twin.census.survey import TEXT, Survey
from twin.errors import InputError
from twin.text import _

COLUMNS = (
    "rule",
    "severity",
    "table",
    "row",
    "id",
    "field",
    "value",
    "expected",
    "remedy",
    "x",
    "y",
    "file",
    "line_no",
    "map_sheet",
    "surveyor",
)
"""Columns of the findings; `row` is -1 where a whole file is meant."""
_NUMBERS: Mapping[str, type] = {"row": np.int64, "line_no": np.int64, "x": np.float64, "y": np.float64}

Report = Callable[[float], None]


def check(
    survey: Survey,
    *,
    rules: Iterable[str] = (),
    without: Iterable[str] = (),
    report: Report = lambda share: None,
) -> pd.DataFrame:
    """Every finding about `survey`.

    Parameters
    ----------
    survey
        A survey in canonical tables.
    rules
        Ids (`P04`) or families (`P`) to run; none: all.
    without
        Ids or families not to run.
    report
        Called with the share of the work that is done.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, ordered by rule, table, row and field.

    Raises
    ------
    InputError
        Where a rule is unknown.
    """
    view = View(survey)
    chosen = selected(rules, without)
    parts = []
    for done, rule in enumerate(chosen):
        own = [framed(view, rule, found) for found in RULES[rule.id](view) if len(found.at)]
        if own:
            parts.append(pd.concat(own).sort_values(["table", "row", "field"], kind="stable"))
        report((done + 1) / len(chosen))
    return pd.concat(parts, ignore_index=True) if parts else no_findings()


def selected(rules: Iterable[str], without: Iterable[str]) -> Sequence[Rule]:
    """The rules that are asked for, in the order they run."""
    asked, refused = list(rules), list(without)
    known = register()
    for name in (*asked, *refused):
        if not any(_named(rule, name) for rule in known.values()):
            raise InputError(
                _("there is no rule {name}; the rules are {known}", name=name, known=" ".join(known))
            )
    return [
        rule
        for rule in known.values()
        if (not asked or any(_named(rule, name) for name in asked))
        and not any(_named(rule, name) for name in refused)
    ]


def _named(rule: Rule, name: str) -> bool:
    return name.upper() in (rule.id, rule.id[0])


def framed(view: View, rule: Rule, found: Hits) -> pd.DataFrame:
    """Findings of hits: what the rows carry, and what the register says."""
    count = len(found.at)
    columns: dict[str, object] = {
        "rule": [rule.id] * count,
        "severity": list(found.severity or [rule.severity] * count),
        "table": [found.table] * count,
        "field": [found.field] * count,
        "value": list(found.value),
        "expected": list(found.expected),
        "remedy": [rule.advice] * count,
    }
    if found.files:
        columns |= {"row": found.at, "id": list(found.files), "file": list(found.files)}
    else:
        table = view.points if found.table == "points" else view.lines
        for name in ("row", "id", "file", "line_no", "map_sheet", "surveyor"):
            columns[name] = table[name].iloc[found.at]
        columns["x"], columns["y"] = _places(view, found)
    return typed(columns, count)


def _places(view: View, found: Hits) -> tuple[object, object]:
    """Where the rows are: a point, the middle of a line, its one known end."""
    if found.table == "points":
        return view.numbers("points", "x_m")[found.at], view.numbers("points", "y_m")[found.at]
    made = []
    for column in ("x_m", "y_m"):
        start, end = view.at_ends(view.numbers("points", column))[:, found.at]
        made.append((np.where(np.isnan(start), end, start) + np.where(np.isnan(end), start, end)) / 2)
    return made[0], made[1]


def no_findings() -> pd.DataFrame:
    """A table of findings without any."""
    return typed({}, 0)


def typed(columns: Mapping[str, object], count: int) -> pd.DataFrame:
    """A table of `count` findings with all `COLUMNS` in their types; what is not given is missing."""
    made: dict[str, object] = {}
    for name in COLUMNS:
        kind = _NUMBERS.get(name)
        if kind is None:
            text = pd.Series(columns.get(name, [""] * count), dtype=TEXT)
            made[name] = text.fillna("").array
        else:
            blank = np.full(count, np.nan if kind is np.float64 else 0.0)
            made[name] = np.asarray(columns.get(name, blank)).astype(kind)
    return pd.DataFrame(made)
