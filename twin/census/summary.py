"""The findings of a survey in numbers: by rule, map sheet and surveyor, with a score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twin.census.rules.data import register, thresholds
from twin.census.survey import Survey

GROUPS = {"sheets": "map_sheet", "surveyors": "surveyor", "files": "file"}
"""What findings are summed by, and the column that says which it is."""


def summarise(survey: Survey, findings: pd.DataFrame) -> dict[str, Any]:
    """Counts and scores of a check.

    The score is 1 - weighted errors / records: a record (row of points or lines) with an error weighs 1, one
    with warnings alone 0.3 (`thresholds.csv`); it is null where there are no records.

    Returns
    -------
    dict
        `name`, `records`, `findings`, `errors`, `warnings`, `score`, `rules` (one entry per rule with
        findings, in order of running) and, for each of `GROUPS`, entries `name`, `records`, `errors`,
        `warnings`, `score` by descending findings.
    """
    records = pd.concat([survey.points[list(GROUPS.values())], survey.lines[list(GROUPS.values())]])
    weights = _weights(findings)
    result: dict[str, Any] = {
        "name": survey.meta.get("name", ""),
        "records": {"points": len(survey.points), "lines": len(survey.lines)},
        "findings": len(findings),
        "errors": int((findings["severity"] == "error").sum()),
        "warnings": int((findings["severity"] == "warning").sum()),
        "score": _score(float(weights["weight"].sum()), len(records)),
        "rules": _by_rule(findings),
    }
    for name, column in GROUPS.items():
        result[name] = _by(column, records[column], findings, weights)
    return result


def _weights(findings: pd.DataFrame) -> pd.DataFrame:
    """The weight of each record with findings."""
    known = {"error": thresholds()["weight_error"], "warning": thresholds()["weight_warning"]}
    rows = findings.assign(weight=findings["severity"].map(known).astype(np.float64))
    rows = rows.sort_values("weight", ascending=False, kind="stable")
    rows = rows[rows["row"] >= 0]
    return rows.drop_duplicates(["table", "row"])[["weight", *GROUPS.values()]]


def _score(weight: float, records: int) -> float | None:
    return round(1 - weight / records, 6) if records else None


def _by_rule(findings: pd.DataFrame) -> list[dict[str, Any]]:
    counts = findings.groupby(["rule", "severity"]).size()
    found = []
    for rule in register().values():
        errors, warnings = (int(counts.get((rule.id, severity), 0)) for severity in ("error", "warning"))
        if errors or warnings:
            words = {
                name: getattr(rule, name) for name in ("text", "text_zh", "remedy", "remedy_zh", "verified")
            }
            found.append({"rule": rule.id, "errors": errors, "warnings": warnings, **words})
    return found


def _by(
    column: str, records: pd.Series, findings: pd.DataFrame, weights: pd.DataFrame
) -> list[dict[str, Any]]:
    rows = findings[findings["row"] >= 0]
    counts = rows.groupby([column, "severity"]).size()
    weight = weights.groupby(column)["weight"].sum()
    made = []
    for name, count in records.value_counts(sort=False).sort_index().items():
        errors, warnings = (int(counts.get((name, severity), 0)) for severity in ("error", "warning"))
        score = _score(float(weight.get(name, 0.0)), int(count))
        made.append(
            {"name": str(name), "records": int(count), "errors": errors, "warnings": warnings, "score": score}
        )
    return sorted(made, key=lambda entry: (-entry["errors"] - entry["warnings"], entry["name"]))
