"""Repairs as one asks for them: repair a census, or undo what was repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from twin.api.census import check_free

if TYPE_CHECKING:
    from twin.census.repair.repairing import Repaired
    from twin.census.survey import Survey


def repair_census(
    path: Path | str,
    out: Path | str | None = None,
    *,
    findings: Path | str | None = None,
    only: Iterable[str] = (),
    without: Iterable[str] = (),
    overwrite: bool = False,
    report: Callable[[float], None] = lambda share: None,
) -> Repaired:
    """Repair what may be repaired without a person and, if asked, write the repaired survey.

    Parameters
    ----------
    path
        A survey in canonical tables (`census.gpkg`).
    out
        The GeoPackage to write; none: nothing is written.
    findings
        Folder of a check whose findings are answered; none: all there are.
    only, without
        Repairs (`sum`) or rules (`J03`) to answer, or not to answer.
    overwrite
        Whether `out` may be replaced.
    report
        Told the share of the work that is done.

    Raises
    ------
    twin.errors.InputError
        Where the file is no survey, a repair is unknown, or `out` is not to be written.
    """
    from twin.census.findings import read_findings
    from twin.census.repair.register import selected
    from twin.census.repair.repairing import repair
    from twin.census.store import read_survey, write_survey

    asked, refused = tuple(only), tuple(without)
    selected(asked, refused)
    if out is not None:
        check_free(Path(out), overwrite)
    found = read_findings(Path(findings)) if findings is not None else None
    survey = read_survey(Path(path))
    made = repair(survey, found, only=asked, without=refused, report=report)
    if out is not None:
        write_survey(made.survey, Path(out))
    return made


def undo_repairs(path: Path | str, out: Path | str | None = None, *, overwrite: bool = False) -> Survey:
    """The survey as it was before its first repair; written to `out` if asked.

    Raises
    ------
    twin.errors.InputError
        Where the file is no survey or `out` is not to be written.
    """
    from twin.census.repair.patch import undo
    from twin.census.store import read_survey, write_survey

    if out is not None:
        check_free(Path(out), overwrite)
    survey = undo(read_survey(Path(path)))
    if out is not None:
        write_survey(survey, Path(out))
    return survey
