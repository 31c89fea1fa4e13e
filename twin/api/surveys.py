"""Surveys as one asks for them: check a census and write what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def check_survey(
    path: Path | str,
    out: Path | str | None = None,
    *,
    rules: Iterable[str] = (),
    without: Iterable[str] = (),
    overwrite: bool = False,
    report: Callable[[float], None] | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Check a census and write the folder of its findings.

    Parameters
    ----------
    path
        A survey in canonical tables (`census.gpkg`).
    out
        Folder for the findings; none: nothing is written.
    rules, without
        Rules (`P04`) or families (`P`) to run, or not to run; all by default.
    overwrite
        Whether the folder of an earlier check may be replaced.
    report
        Called with the share of the work that is done.

    Returns
    -------
    findings, summary
        One row per finding, and counts and scores by rule, map sheet, surveyor and file.

    Raises
    ------
    twin.errors.InputError
        Where the file is no survey, a rule is unknown, or the folder is not to be written.
    """
    from twin.census.check import check, selected
    from twin.census.findings import check_replaceable, write_findings
    from twin.census.rules import thresholds
    from twin.census.store import read_survey
    from twin.census.summary import summarise
    from twin.views.census_summary import census_summary

    asked, refused = tuple(rules), tuple(without)
    selected(asked, refused)
    if out is not None:
        check_replaceable(Path(out), overwrite)
    survey = read_survey(Path(path))
    findings = check(survey, rules=asked, without=refused, report=report or (lambda share: None))
    summary = summarise(survey, findings)
    if out is not None:
        weights = [thresholds()[name] for name in ("weight_error", "weight_warning")]
        page = census_summary(summary, weights)
        crs = survey.meta.get("crs", "")
        write_findings(findings, Path(out), summary=summary, page=page, crs=crs, overwrite=overwrite)
    return findings, summary
