"""A raw delivery as a survey: recognised, converted, put together, with everything that was found said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.census import coordinates, crs
from twin.census.assemble import assembled
from twin.census.citygml.reading import is_citygml, read_citygml
from twin.census.delivery import Delivery, opened
from twin.census.formats.source import SourceTable, warning
from twin.census.joined import read_joined
from twin.census.mappings import CANONICAL, FieldMapping, codes_of, mapping_of
from twin.census.read_table import Part, converted
from twin.census.recognise import LEAST_SCORE, Score, category_of, is_sure, nature, score, scores
from twin.census.shapes import join_lines, place_points
from twin.census.survey import Survey
from twin.errors import DatasetError
from twin.io.files import refuse
from twin.model.finding import Finding, Severity, errors
from twin.text import _

AUTO = "auto"
VERTICAL_DATUM = "1985 国家高程基准"
"""What elevations count from where nothing is stated (CJJ 61-2017, clause 3.0.4); said where it is taken."""
MOST_ABANDONED = 0.5
"""Share of abandoned rows beyond which the digits of a status rather mean the opposite."""
FEWEST_STATES = 20
ABANDONED = "1"
Watch = Callable[[float], None]


def read_raw(
    path: Path,
    mapping: str = AUTO,
    *,
    system: str = "",
    watch: Watch = lambda share: None,
) -> tuple[Survey, list[Finding]]:
    """The survey in a folder, a packed folder or a file, and all that was found on the way.

    Parameters
    ----------
    path
        Folder of tables, workbook, GIS file, database, or ZIP of them; CityGML, or a folder with some.
    mapping
        `auto`, a bundled mapping, or the path of a mapping file.
    system
        Coordinate system of the survey, over what the files say: `EPSG:4527`.
    watch
        Told the share of the work that is done.

    Raises
    ------
    InputError
        Where nothing usable can be read: with the findings that say why.
    """
    chosen = mapping_of(mapping) if mapping != AUTO else None
    given = crs.epsg(system, "--crs") if system else ""
    if is_citygml(path):
        model = read_citygml(path, given)
        return model.survey, list(model.findings)
    delivery = opened(path)
    with delivery.stack:
        watch(0.3)
        parts, found = _parts(delivery, chosen, path, watch)
        tables, said = read_joined(delivery.joined)
        watch(0.75)
        findings = [*delivery.findings, *found, *said]
        _stop(findings, path)
        points, lines, meta = _one_survey(parts, delivery, given, path, findings)
        meta["mapping"] = " ".join(dict.fromkeys(part.mapping.name for part in parts))
        survey = assembled(points, lines, meta, tables)
        watch(1.0)
    findings += [one for part in (*points, *lines) for one in part.findings]
    return survey, sorted(findings, key=lambda one: (one.file, one.line, one.column, one.rule))


def _parts(
    delivery: Delivery, chosen: FieldMapping | None, path: Path, watch: Watch
) -> tuple[list[Part], list[Finding]]:
    """Every source table in canonical columns; tables nobody can read become findings."""
    findings: list[Finding] = []
    if not delivery.tables and not errors(delivery.findings):
        raise refuse("census.nothing", path, _("holds no table"), _("see the manual for the formats"))
    parts: list[Part] = []
    for number, table in enumerate(delivery.tables, start=1):
        own = chosen or _recognised(table, findings)
        kind = nature(table, own) if own else ""
        if chosen and kind and table.geometry is None and (lacking := score(table, chosen).lacking):
            findings += [*table.findings, _lacks(table, lacking)]
        elif own and kind:
            parts.append(_part(table, own, kind, explicit=chosen is not None))
        elif own:
            problem = _(
                "is no table of points or lines by its headers: {names} (rows: {rows})",
                names=_shown(table.headers),
                rows=len(table),
            )
            remedy = _("name its columns in a mapping file; it was not read")
            findings += [*table.findings, warning("census.no-table", table.file, problem, remedy)]
        watch(0.3 + 0.4 * number / len(delivery.tables))
    if not parts and not errors(findings):
        findings = [_as_error(one) for one in findings]
    return parts, findings


def _as_error(found: Finding) -> Finding:
    from dataclasses import replace

    return replace(found, severity=Severity.ERROR)


def _stop(findings: Sequence[Finding], path: Path) -> None:
    """DatasetError where a finding blocks."""
    if errors(findings):
        raise DatasetError(_("{path} cannot be read as a survey", path=str(path)), tuple(findings))


def _recognised(table: SourceTable, findings: list[Finding]) -> FieldMapping | None:
    """The bundled mapping that a table is written in; if that is not sure, a finding with the candidates."""
    ranked = scores(table)
    if is_sure(ranked, table):
        return ranked[0].mapping
    if max(one.score for one in ranked) == 0 and table.geometry is not None:
        return mapping_of(CANONICAL)
    if not ranked[0].complete and max(one.score for one in ranked) == 0:
        problem = _("has no header that any mapping knows: {names}", names=_shown(table.headers))
        finding = warning("census.no-table", table.file, problem, _("give a mapping file; it was not read"))
    elif ranked[0].lacking and ranked[0].score >= LEAST_SCORE:
        finding = _lacks(table, ranked[0].lacking)
    else:
        problem = _("its vocabulary is not sure; candidates: {names}", names=_candidates(ranked))
        remedy = _("name one by --mapping, or give a mapping file")
        finding = Finding("census.not-sure", Severity.ERROR, table.file, problem, remedy)
    findings += [*table.findings, finding]
    return None


def _lacks(table: SourceTable, lacking: Sequence[str]) -> Finding:
    problem = _("no column was recognised as {names}", names=", ".join(lacking))
    remedy = _("add it, or say in a mapping file which column it is")
    return Finding("census.lacking", Severity.ERROR, table.file, problem, remedy)


def _candidates(ranked: Sequence[Score]) -> str:
    """Names and scores of the vocabularies that fit at all."""
    fits = sorted((one for one in ranked if one.score > 0), key=lambda one: -one.score)
    return ", ".join(f"{one.mapping.name} {one.score:.0%}" for one in fits)


def _shown(headers: Sequence[str]) -> str:
    return ", ".join(headers[:12]) + (" ..." if len(headers) > 12 else "")


def _part(table: SourceTable, mapping: FieldMapping, kind: str, *, explicit: bool) -> Part:
    """One table converted, with category and place in every row, and its status digits doubted if need be."""
    part = converted(table, mapping, kind)
    _categorise(part)
    if kind == "points":
        place_points(part)
    _doubt_status(part, explicit=explicit)
    return part


def _categorise(part: Part) -> None:
    """Fill the category of rows that state none: from the name of the table, else from the ids."""
    own = part.texts("category")
    missing = pc.equal(own, "")
    if not pc.any(missing).as_py():
        return
    named = category_of(part.source.name) or category_of(part.source.file.split("#")[0].rsplit(".", 1)[0])
    if named:
        part.columns["category"] = pc.if_else(missing, named, own)
        return
    ids = part.texts("id" if part.table == "points" else "start").dictionary_encode()
    known = codes_of("category")
    begins = [(re.match("[A-Za-z]+", text) or [""])[0][:2].upper() for text in ids.dictionary.to_pylist()]
    codes = pa.array([code if code in known else "" for code in begins], pa.string()).take(ids.indices)
    part.columns["category"] = pc.if_else(missing, codes, own)
    problem = _(
        "neither the name of the table nor a column tells the class; it was taken from the point numbers"
    )
    part.findings.append(
        warning("census.category", part.source.file, problem, _("name the table like JSPOINT, JSLINE"))
    )


def _doubt_status(part: Part, *, explicit: bool) -> None:
    """Say where most rows would be abandoned: another vocabulary's 1 is in use."""
    place = part.place("status")
    if place < 0:
        return
    filled = pc.sum(pc.not_equal(part.columns["status"], "")).as_py() or 0
    gone = pc.equal(part.columns["status"], ABANDONED)
    count = pc.sum(gone).as_py() or 0
    if filled < FEWEST_STATES or count <= MOST_ABANDONED * filled:
        return
    problem = _(
        "by the mapping {mapping}, {count} of {filled} rows are abandoned",
        mapping=part.mapping.name,
        count=count,
        filled=filled,
    )
    remedy = _("if that is so, name the mapping by --mapping; if 1 means in use, use one with other codes")
    part.tell("census.status", "status", np.flatnonzero(np.asarray(gone)), problem, remedy)
    if not explicit:
        part.findings[-1] = _as_error(part.findings[-1])


def _one_survey(
    parts: Sequence[Part], delivery: Delivery, given: str, path: Path, findings: list[Finding]
) -> tuple[list[Part], list[Part], dict[str, str]]:
    """Points and lines in one coordinate system, lines ending at points, and what is known of the survey."""
    points = [part for part in parts if part.table == "points"]
    lines = [part for part in parts if part.table == "lines"]
    _stop([one for part in parts for one in part.findings], path)
    points, lines, said = join_lines(points, lines)
    findings += said
    settings = delivery.settings
    stated = given or _stated(settings, [part.source for part in parts], findings)
    meta = {"name": path.stem, **{key: value for key, value in settings.items() if key != "crs"}}
    found, said = coordinates.settle(points, stated, str(path))
    findings += said
    units = {f"{part.table}.{name} {unit}" for part in parts for name, unit in part.units.items()}
    meta |= found | ({"units": "; ".join(sorted(units))} if units else {})
    if "vertical_datum" not in meta:
        problem = _("no vertical datum is stated; elevations were taken as {datum}", datum=VERTICAL_DATUM)
        findings.append(
            warning("census.datum-assumed", str(path), problem, _("state vertical_datum in survey.yaml"))
        )
        meta["vertical_datum"] = VERTICAL_DATUM
    if not points or not lines:
        missing = _("points") if not points else _("lines")
        findings.append(
            warning("census.one-sided", str(path), _("holds no table of {what}", what=missing), _("add it"))
        )
    return points, lines, meta


def _stated(settings: Mapping[str, Any], sources: Sequence[SourceTable], findings: list[Finding]) -> str:
    """The system that survey.yaml or the files state, "" where none does."""
    if settings.get("crs"):
        return crs.epsg(settings["crs"], "survey.yaml")
    named = {source.file: crs.epsg(source.crs, source.file) for source in sources if source.crs}
    different = sorted(set(named.values()))
    if len(different) > 1:
        file = next(file for file, system in named.items() if system != different[0])
        problem = _(
            "the files state different coordinate systems: {names}",
            names=", ".join(name[:60] for name in different),
        )
        findings.append(Finding("crs.several", Severity.ERROR, file, problem, _("bring them into one")))
        _stop(findings, Path(file))
    return different[0] if different else ""
