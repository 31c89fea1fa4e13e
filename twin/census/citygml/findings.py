"""What a reader of a city model has to tell: what was not used, what is not known, what joins nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from twin.census.citygml.axes import Frame
from twin.census.citygml.network import Network
from twin.census.citygml.pieces import UNKNOWN_YEAR, Piece
from twin.census.citygml.words import UNKNOWN
from twin.model.finding import Finding, Severity
from twin.text import Message, _


def of_others(path: Path, files: Sequence[Path]) -> Iterator[Finding]:
    """Files of a folder that are no city models, all in one finding."""
    known = set(files)
    below = sorted(path.rglob("*")) if path.is_dir() else []
    others = [one.relative_to(path).as_posix() for one in below if one not in known and one.is_file()]
    if others:
        problem, remedy = _("holds files that are no city models"), _("they were not read")
        yield Finding("citygml.other", Severity.WARNING, str(path), problem, remedy, ids=tuple(others))


def of_frames(frames: Mapping[Path, Frame]) -> Iterator[Finding]:
    """Files whose axes are not in the order declared, or that lie outside the area of their system."""
    for path, frame in frames.items():
        if frame.swapped:
            yield _warning(
                "citygml.axes",
                path.name,
                _("the axes are not in the order that {crs} declares", crs=frame.source),
                _("they were turned round; check the place"),
            )
        if not frame.inside:
            yield _warning(
                "citygml.area",
                path.name,
                _("lies outside the area of use of {crs}", crs=frame.source),
                _("check the coordinate system"),
            )


def of_pieces(pieces: Sequence[Piece]) -> Iterator[Finding]:
    """One finding for each file and kind of trouble, naming all city objects it is about."""
    troubles: dict[tuple[str, str, str], list[str]] = {}
    for piece in pieces:
        for rule, what in _troubles(piece):
            troubles.setdefault((piece.file, rule, what), []).append(piece.gml_id or f"#{piece.line}")
    for (file, rule, what), ids in troubles.items():
        problem, remedy = _told(rule, what)
        yield Finding(rule, Severity.WARNING, file, problem, remedy, ids=tuple(ids))


def of_networks(
    networks: Mapping[str, Network], pieces: Sequence[Piece], names: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """Systems that fall into several components, and chambers that no line reaches."""
    for system, network in networks.items():
        joined = np.unique(network.components[network.lines[:, 0]])
        sizes = np.bincount(network.components[network.lines[:, 0]], minlength=1)
        if len(joined) > 1:
            largest = int(np.argmax(sizes))
            firsts = [names[system][int(np.argmax(network.components == n))] for n in joined if n != largest]
            problem = _(
                "{system} is in {count} unconnected pieces; {lines} of {all} lines are in the largest",
                system=system,
                count=len(joined),
                lines=int(sizes[largest]),
                all=len(network.lines),
            )
            remedy = _("each becomes a component of its own; survey what connects them")
            yield Finding(
                "citygml.pieces",
                Severity.WARNING,
                _files(pieces, network),
                problem,
                remedy,
                ids=tuple(firsts),
            )
        alone = ~np.isin(network.components, joined)
        if alone.any():
            ids = tuple(np.array(names[system], dtype=object)[alone])
            problem = _("{system}: {count} chambers that no line reaches", system=system, count=len(ids))
            remedy = _("they stay points without a line")
            yield Finding(
                "citygml.alone", Severity.WARNING, _files(pieces, network), problem, remedy, ids=ids
            )


def _files(pieces: Sequence[Piece], network: Network) -> str:
    return ", ".join(sorted({pieces[int(n)].file for n in np.unique(network.owner)}))


def _troubles(piece: Piece) -> Iterator[tuple[str, str]]:
    if piece.outcome == "rejected":
        yield "citygml.rejected", piece.reason
    for fault in piece.faults:
        if fault != piece.reason:
            yield "citygml.geometry", fault
    if piece.outcome != "rejected" and piece.category == UNKNOWN:
        yield "citygml.class", piece.element
    if piece.extra.get("year") == UNKNOWN_YEAR:
        yield "citygml.year", UNKNOWN_YEAR
    if piece.outcome == "line" and all(np.isnan(curve[:, 2]).all() for curve in piece.curves):
        yield "citygml.height", ""
    if piece.outcome == "point" and piece.place is not None and np.isnan(piece.place[2]):
        yield "citygml.height", ""


def _told(rule: str, what: str) -> tuple[Message, Message]:
    """Problem and remedy of a kind of trouble."""
    if rule == "citygml.rejected":
        remedy = _("it is kept as a row without a place; give its geometry")
        return _("cannot be placed: {reason}", reason=_worded(what)), remedy
    if rule == "citygml.geometry":
        return _("faulty geometry: {fault}", fault=_worded(what)), _("correct it where it was made")
    if rule == "citygml.class":
        problem = _("{element} of which nothing says what it carries", element=what)
        return problem, _("it is kept as an unknown line; give its name or occupier")
    if rule == "citygml.year":
        return _("the year {year} stands for unknown", year=what), _("it is left empty")
    problem = _("no elevations (all heights are 0)")
    return problem, _("elevations and depths are left empty; nothing is taken to lie at 0 m")


def _warning(rule: str, file: str, problem: Message, remedy: Message) -> Finding:
    return Finding(rule, Severity.WARNING, file, problem, remedy)


def _worded(what: str) -> Message:
    """The name of a trouble in the user's language."""
    kind, at, lod = what.partition(" at level of detail ")
    if at:
        return _("{kind} at level of detail {lod}", kind=kind, lod=lod)
    return {
        "no element of a utility network": _("no element of a utility network"),
        "no geometry": _("no geometry"),
        "nothing in the geometry that is known": _("nothing in the geometry that is known"),
        "other coordinate system": _("another coordinate system than its file"),
        "curve of no length": _("curve of no length"),
        "curve of fewer than two positions": _("curve of fewer than two positions"),
        "surfaces without an axis": _("surfaces without an axis"),
        "shorter than what is joined": _("shorter than what is joined"),
        "no positions": _("no positions"),
        "positions of another dimension": _("positions of another dimension"),
        "positions that are no numbers": _("positions that are no numbers"),
        "positions that are not whole": _("positions that are not whole"),
        "ring not closed or of fewer than three corners": _("ring not closed or of fewer than three corners"),
        "polygon not plane": _("polygon not plane"),
        "polygon crosses itself": _("polygon crosses itself"),
        "solid not closed": _("solid not closed"),
        "face of a solid turned inwards": _("face of a solid turned inwards"),
        "composite surface in several pieces": _("composite surface in several pieces"),
    }[what]
