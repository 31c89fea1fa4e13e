"""Cities from surveys, as one asks for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from twin.text import _

if TYPE_CHECKING:
    from twin.census.build import Built


def build_census(
    path: Path | str,
    out: Path | str | None = None,
    *,
    name: str = "",
    overwrite: bool = False,
    strict: bool = False,
    report: Callable[[float], None] = lambda share: None,
) -> Built:
    """Build a city from a survey and, if asked, write it with a report beside it.

    Parameters
    ----------
    path
        A survey in canonical tables (`census.gpkg`).
    out
        Folder of the city; the report goes to `<out>-build`. None: nothing is written.
    name
        Name of the city; empty: that of its folder, or of the survey's file.
    overwrite
        Whether a city that is there may be replaced.
    strict
        Whether warnings stop the work before anything is written.
    report
        Told the share of the work that is done.

    Raises
    ------
    twin.errors.DatasetError
        Where the tables of the city would not be valid, or `out` is not to be written.
    """
    from twin.api.updating import note_survey
    from twin.census.build import build
    from twin.census.build.report import report_folder, write_report
    from twin.census.store import read_survey
    from twin.errors import DatasetError
    from twin.io.city import write_city
    from twin.io.references import check_references
    from twin.model.finding import blocking

    source = Path(path)
    survey = read_survey(source)
    report(0.1)
    called = name or (Path(out).name if out is not None else source.stem)
    built = build(survey, called, lambda share: report(0.1 + 0.7 * share))
    found = [*built.findings, *check_references(built.city)]
    if bad := blocking(found, strict=strict):
        raise DatasetError(_("{path} cannot be built", path=str(path)), bad)
    if out is not None:
        write_city(built.city, Path(out), overwrite=overwrite)
        write_report(built, report_folder(Path(out)))
        note_survey(report_folder(Path(out)), source)
    report(1.0)
    return built
