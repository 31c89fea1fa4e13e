"""Updates as one asks for them: a later survey laid over the one that built a city."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import DatasetError, InputError
from twin.text import _

if TYPE_CHECKING:
    import pandas as pd

    from twin.census.build.city import Built
    from twin.census.survey import Survey
    from twin.census.update import Update
    from twin.model.finding import Finding

NOTE = "survey.json"
"""File of a build's report that names the survey: its place seen from there, and its digest."""
SURVEY = "census.gpkg"
CHANGES = "changes.csv"
_KEY = ["rule", "table", "row", "field"]


@dataclass(frozen=True, eq=False)
class Updated:
    """A new version of a city.

    Attributes
    ----------
    version
        What it is called.
    update
        What the later survey changed.
    built
        The city built anew.
    said
        What was odd when the later survey was read.
    fresh, settled
        Findings of the check that are new, and those that are gone.
    """

    version: str
    update: Update
    built: Built
    said: tuple[Finding, ...]
    fresh: pd.DataFrame
    settled: pd.DataFrame


def note_survey(report: Path, survey: Path) -> None:
    """Write into the report of a build which survey it was of."""
    import os

    from twin.io.files import sha256, write_text

    place = Path(os.path.relpath(survey.resolve(), report.resolve())).as_posix()
    write_text(report / NOTE, json.dumps({"survey": place, "sha256": sha256(survey)}, indent=1) + "\n")


def survey_of(city: Path) -> Path:
    """The survey that a city was built of; InputError where it is not known or is another one now."""
    from twin.census.build.report import report_folder
    from twin.io.files import read_text, refuse, sha256

    remedy = _("name the survey it was built of by --survey")
    note = report_folder(city) / NOTE
    if not note.is_file():
        raise refuse("update.no-survey", city, _("does not say which survey it was built of"), remedy)
    try:
        said = json.loads(read_text(note, 100_000))
        path, digest = note.parent / str(said["survey"]), str(said["sha256"])
    except (ValueError, KeyError, TypeError):
        raise refuse("update.note", note, _("is no note of a survey"), remedy) from None
    if not path.is_file():
        raise refuse("update.no-survey", path, _("is gone"), remedy)
    if sha256(path) != digest:
        raise refuse("update.other-survey", path, _("is not as it was when the city was built"), remedy)
    return path


def update_city(
    city: Path | str,
    later: Path | str,
    out: Path | str | None = None,
    *,
    survey: Path | str | None = None,
    whole: bool = False,
    mapping: str = "auto",
    crs: str = "",
    strict: bool = False,
    report: Callable[[float], None] = lambda share: None,
) -> Updated:
    """Lay a later survey over the one that built a city, check both, and build the next version.

    Parameters
    ----------
    city
        Folder of a city that `twin census build` or an update made.
    later
        The later survey: a delivery of any vocabulary, or a `census.gpkg`.
    out
        Folder of the new version; none: that of the city, which is replaced.
    survey
        The survey that built the city, where it cannot be found.
    whole
        Whether the later survey is one of everything: what is not in it, is gone.
    mapping, crs
        How the later survey is read.
    strict
        Whether warnings stop the work before anything is written.
    report
        Told the share of the work that is done.

    Notes
    -----
    `<out>-build` gets the joined survey (`census.gpkg`), what changed (`changes.csv`), and the tables of a
    build.
    Components that nothing happened to keep their ids, for these come from the ids of the survey.

    Raises
    ------
    twin.errors.InputError
        Where the surveys cannot be read or laid over each other, or the city cannot be built.
    """
    from twin.census.build.city import build
    from twin.census.build.report import report_folder, write_report
    from twin.census.check import check
    from twin.census.store import read_survey, write_survey
    from twin.census.update import lay_over
    from twin.io.city import write_city
    from twin.io.export import write_csv
    from twin.io.manifest import read_manifest
    from twin.io.references import check_references
    from twin.model.finding import blocking

    source, target = Path(city), Path(out) if out is not None else Path(city)
    manifest = read_manifest(source)
    earlier = read_survey(Path(survey) if survey is not None else survey_of(source))
    if target != source and target.exists():
        raise InputError(_("{path} exists; give another folder", path=target))
    report(0.1)
    read, said = _read(Path(later), mapping, crs)
    report(0.2)
    update = lay_over(earlier, read, whole=whole)
    before, after = check(earlier), check(update.survey)
    report(0.5)
    built = build(update.survey, manifest.name, lambda share: report(0.5 + 0.4 * share))
    version = _next(manifest.version)
    line = _history(version, update, Path(later).name, update.survey.meta.get("census_date", ""))
    fresh = replace(built.city.manifest, version=version, history=(*manifest.history, line))
    built = replace(built, city=replace(built.city, manifest=fresh))
    if bad := blocking([*said, *built.findings, *check_references(built.city)], strict=strict):
        raise DatasetError(_("{path} cannot be built", path=str(later)), bad)
    write_city(built.city, target, overwrite=target == source)
    folder = report_folder(target)
    write_report(built, folder)
    write_survey(update.survey, folder / SURVEY)
    note_survey(folder, folder / SURVEY)
    write_csv(update.changes, folder / CHANGES)
    report(1.0)
    return Updated(version, update, built, tuple(said), _only(after, before), _only(before, after))


def _read(path: Path, mapping: str, crs: str) -> tuple[Survey, list[Finding]]:
    """A survey in canonical tables as it is, anything else through the reader."""
    from twin.census.read import read_raw
    from twin.census.store import holds_survey, read_survey

    if holds_survey(path):
        return read_survey(path), []
    return read_raw(path, mapping, system=crs)


def _next(version: str) -> str:
    """The version after this one: a number more, or the same with a 2 behind it."""
    return str(int(version) + 1) if version.isdigit() else f"{version}.2".lstrip(".")


def _history(version: str, update: Update, name: str, date: str) -> str:
    """A line of the history in no language: version, date, survey, rows added, changed, removed."""
    parts = [
        f"{table} +{update.count(table, 'added')} ~{update.count(table, 'changed')} "
        f"-{update.count(table, 'removed')}"
        for table in ("points", "lines")
    ]
    return f"{version}: {' '.join(word for word in (date, name) if word)}: {'; '.join(parts)}"


def _only(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Findings of one check that the other does not have."""
    known = other[_KEY].drop_duplicates()
    both = one.merge(known, on=_KEY, how="left", indicator=True)
    return both[both["_merge"] == "left_only"].drop(columns="_merge").reset_index(drop=True)
