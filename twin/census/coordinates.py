"""Coordinates of all tables made one: axes, zones, degrees and system found, applied and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twin.census import axes, crs
from twin.census.formats.source import warning
from twin.census.read_table import Part
from twin.io.files import refuse
from twin.model.finding import Finding, Severity
from twin.text import Message, _

_HORIZONTAL = ("x_m", "y_m")


def settle(parts: Sequence[Part], stated: str, where: str) -> tuple[dict[str, str], list[Finding]]:
    """Make x east and y north, in m, without zone, in one system; what was found goes to meta and findings.

    Parameters
    ----------
    parts
        Tables of points; their columns `x_m`, `y_m` are replaced.
    stated
        The system that user, survey or files state, or "".
    where
        How findings name the survey.

    Raises
    ------
    DatasetError
        Where the coordinates are degrees of an unknown system.
    """
    findings: list[Finding] = []
    zones: set[int] = set()
    kinds: dict[str, int] = {}
    degrees: list[Part] = []
    for part in parts:
        if not all(name in part.columns for name in _HORIZONTAL):
            continue
        found = axes.axes_of(*(part.columns[name] for name in _HORIZONTAL))
        kinds[found.kind] = kinds.get(found.kind, 0) + len(part)
        if found.kind == "degrees":
            degrees.append(part)
            continue
        _apply(part, found)
        zones |= {found.zone} - {0}
    if degrees:
        stated = _project(degrees, stated, findings)
    meta = {"axis": _axis(kinds)}
    if kinds.get("local"):
        problem = _("the coordinates do not tell which axis is north; the mapping was believed")
        findings.append(_finding("census.axis-assumed", where, problem, _("check that x_m is east")))
    system, zone = _system(stated, zones, where, findings)
    if zone:
        meta["zone"] = str(zone)
    meta["crs"] = system
    findings += _area(parts, system, where)
    return meta, findings


def _apply(part: Part, found: axes.Axes) -> None:
    """Exchange axes where they are, cut zones off, and say so."""
    east, north = (part.columns[name] for name in _HORIZONTAL)
    if found.kind == "exchanged":
        east, north = north, east
        part.columns |= {"x_m": east, "y_m": north}
        part.exchange(*_HORIZONTAL)
        problem = _("this column is east, not what the mapping says of it; X and Y were exchanged")
        part.tell("census.axis", "x_m", np.arange(1), problem, _("state axis: east-north in a mapping file"))
    if len(found.odd):
        problem = _("is no coordinate like the others of this table (degrees, axes or zone); it was left")
        part.tell(
            "census.odd-coordinate", "x_m", found.odd, problem, _("correct the coordinates of these points")
        )
    if found.zone:
        part.columns["x_m"] = axes.without_prefix(east, found.zone)


def _project(parts: Sequence[Part], stated: str, findings: list[Finding]) -> str:
    """Project tables of degrees; the system of the result."""
    if not stated or not crs.is_degrees(stated):
        part = parts[0]
        place = part.place("x_m")
        file = part.source.file
        problem = _("the coordinates are degrees, of no stated system")
        remedy = _("say which: --crs EPSG:4490 where they are CGCS2000")
        rows = np.arange(1)
        if place < 0:
            raise refuse("census.degrees", file, problem, remedy)
        part.tell("census.degrees", "x_m", rows, problem, remedy)
        found = part.findings.pop()
        raised = refuse("census.degrees", file, problem, remedy)
        raised.findings = (_as_error(found),)
        raise raised
    target = stated
    for part in parts:
        one, other = (part.columns[name] for name in _HORIZONTAL)
        lon, lat = (one, other) if np.nanmedian(one) > np.nanmedian(other) else (other, one)
        part.columns["x_m"], part.columns["y_m"], target = crs.projected(lon, lat, stated)
        problem = _(
            "the coordinates are degrees of {system}; they were projected to {target}",
            system=stated,
            target=target,
        )
        remedy = _("nothing to do if that is what was surveyed")
        findings.append(
            warning("census.degrees", part.source.file, problem, remedy, column=part.place("x_m") + 1)
        )
    return target


def _as_error(found: Finding) -> Finding:
    from dataclasses import replace

    return replace(found, severity=Severity.ERROR)


def _axis(kinds: Mapping[str, int]) -> str:
    """What the source columns were, in one word for most points."""
    most = max(kinds, key=lambda kind: kinds[kind], default="none")
    return {"exchanged": "east-north", "degrees": "degrees"}.get(most, "north-east")


def _system(stated: str, zones: set[int], where: str, findings: list[Finding]) -> tuple[str, int]:
    """The system without zone, and the zone that stood in front of eastings."""
    plain, own = crs.without_zone(stated) if stated else ("", 0)
    if len(zones) > 1:
        problem = _("the eastings lie in several zones: {zones}", zones=", ".join(map(str, sorted(zones))))
        findings.append(_finding("census.zones", where, problem, _("survey tables of one zone at a time")))
    zone = min(zones) if zones else 0
    if own and zone and own != zone:
        problem = _(
            "the eastings begin with zone {zone}, the stated system is zone {own}", zone=zone, own=own
        )
        findings.append(_finding("census.zone", where, problem, _("state the system of the survey by --crs")))
    if plain and zone and not own:
        meridian, right = crs.meridian(plain), zone * 3 if zone >= 25 else zone * 6 - 3
        if meridian is not None and abs(meridian - right) > 1e-6:
            problem = _(
                "the eastings begin with zone {zone}, but {system} has the meridian {meridian}",
                zone=zone,
                system=plain,
                meridian=meridian,
            )
            findings.append(
                _finding("census.zone", where, problem, _("state the system of the survey by --crs"))
            )
    if not plain and zone and (plain := crs.of_zone(zone)):
        problem = _(
            "no system is stated; zone {zone} was taken as {system} ({datum})",
            zone=zone,
            system=plain,
            datum=crs.DEFAULT_DATUM,
        )
        findings.append(
            _finding("census.crs-assumed", where, problem, _("state the system by --crs or in survey.yaml"))
        )
    elif not plain:
        problem = _("no coordinate system is stated and none can be told from the coordinates")
        findings.append(
            _finding("census.no-crs", where, problem, _("state it by --crs EPSG:... or in survey.yaml"))
        )
    return plain, zone


def _area(parts: Sequence[Part], system: str, where: str) -> list[Finding]:
    """A finding where the middle of the survey lies outside the area of its system."""
    columns: list[Any] = [
        [part.columns[name] for part in parts if name in part.columns] for name in _HORIZONTAL
    ]
    if not system or not columns[0] or not columns[1]:
        return []
    east, north = (np.concatenate(column) for column in columns)
    if not np.isfinite(east).any() or not np.isfinite(north).any():
        return []
    middle = float(np.nanmedian(east)), float(np.nanmedian(north))
    if not crs.lies_outside(system, *middle):
        return []
    problem = _(
        "the middle of the survey, {east} {north}, is outside the area of {system}",
        east=f"{middle[0]:.0f}",
        north=f"{middle[1]:.0f}",
        system=system,
    )
    return [_finding("census.crs-area", where, problem, _("state the right system by --crs"))]


def _finding(rule: str, where: str, problem: Message, remedy: Message) -> Finding:
    return warning(rule, where, problem, remedy)
