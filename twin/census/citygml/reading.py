"""City models read as one survey, with a table of what became of each of their elements."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from twin.census.citygml import findings, words
from twin.census.citygml.axes import Frame, frame_of
from twin.census.citygml.network import SNAP_M, Network, network_of
from twin.census.citygml.pieces import Piece, piece_of
from twin.census.citygml.stream import Node, members
from twin.census.citygml.tables import lines_of, points_of
from twin.census.survey import JOINED, SCHEMAS, Survey, empty, frame
from twin.io.files import inside, refuse
from twin.model.finding import Finding
from twin.text import _

IN_FOLDERS = (".gml", ".gml.gz")
SUFFIXES = (*IN_FOLDERS, ".xml", ".xml.gz")
MOST_FILES = 5000
_UUID = re.compile(r"(?:[a-z]+_)?([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class CityModel:
    """What was read: the survey, which carries the table `elements`, and what there is to tell about it."""

    survey: Survey
    findings: tuple[Finding, ...]

    @property
    def elements(self) -> pd.DataFrame:
        """How many elements of which kind became what; the sum of `count` is that of all city objects."""
        return self.survey.tables["elements"]


def is_citygml(path: Path) -> bool:
    """Whether `path` is a CityGML file by its name, or a folder that holds some."""
    return bool(files_of(path))


def files_of(path: Path) -> list[Path]:
    """The CityGML files at or below `path`, sorted by name; in folders no `.xml`: code lists end so too.

    Raises
    ------
    DatasetError
        Where there are more than `MOST_FILES`, or a link leads out of the folder.
    """
    if not path.is_dir():
        return [path] if path.is_file() and path.name.lower().endswith(SUFFIXES) else []
    found = []
    for file in sorted(path.rglob("*")):
        if file.name.lower().endswith(IN_FOLDERS) and file.is_file():
            found.append(inside(path, file.relative_to(path).as_posix()))
        if len(found) > MOST_FILES:
            problem = _("holds more than {limit} files", limit=MOST_FILES)
            raise refuse("citygml.too-many", path, problem, _("give a part of the folder"))
    return found


def read_citygml(path: Path, system: str = "") -> CityModel:
    """All utility networks in a CityGML file, or in those of a folder, as one survey.

    Parameters
    ----------
    path
        A file, or a folder of which the files that are no city models are left out and said to be.
    system
        Coordinate system over what the files say: `EPSG:10169`.

    Raises
    ------
    DatasetError
        Where a file is no CityGML, is broken, or has no known coordinate system.
    """
    files = files_of(path)
    if not files:
        problem = _("has no CityGML file ({suffixes})", suffixes=", ".join(IN_FOLDERS))
        raise refuse("citygml.none", path, problem, _("give a file or folder of city models"))
    frames: dict[Path, Frame] = {}
    pieces: list[Piece] = []
    target = ""
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        for member in members(file):
            if member.name == "boundedBy":
                frames[file] = _frame(file, member, system)
                target = target or frames[file].plane
                continue
            if file not in frames:
                problem = _("has city objects before the envelope that names their coordinate system")
                raise refuse("citygml.crs", file, problem, _("export it with an envelope"))
            pieces.append(piece_of(member, name, frames[file], target))
    _classify(pieces)
    systems: dict[str, list[int]] = {}
    for number, piece in enumerate(pieces):
        if piece.outcome != "rejected":
            systems.setdefault(piece.system, []).append(number)
    networks = {system: network_of(pieces, numbers) for system, numbers in systems.items()}
    _vanished(pieces, networks)
    names = _names(pieces)
    points, of_points, ids = points_of(pieces, networks, names)
    lines, of_lines = lines_of(pieces, networks, names, ids)
    told = [*findings.of_others(path, files), *findings.of_frames(frames), *findings.of_pieces(pieces)]
    told += findings.of_networks(networks, pieces, ids)
    survey = Survey(
        points,
        lines,
        _cells(of_points, of_lines, pieces),
        _headers(pieces),
        empty("repairs"),
        _meta(path, frames, target),
        {"elements": _elements(of_points, of_lines, pieces)},
    )
    return CityModel(survey, tuple(told))


def _frame(file: Path, member: Node, system: str) -> Frame:
    """The frame of a file from its envelope."""
    envelope = member.child("Envelope")
    corners = [node.text.split() for node in envelope.children] if envelope else []
    try:
        values = np.array(corners, dtype=np.float64)
    except ValueError:
        values = np.zeros((0, 0))
    if envelope is None or values.shape not in ((2, 2), (2, 3)) or not np.isfinite(values).all():
        problem = _("has no envelope with two corners")
        raise refuse("citygml.crs", file, problem, _("export it with an envelope"))
    return frame_of(file, system or envelope.attributes.get("srsName", ""), values)


def _classify(pieces: Sequence[Piece]) -> None:
    """What says nothing of itself is of the one class of the lines in its file, else an unknown line."""
    found: dict[str, set[tuple[str, str]]] = {}
    for piece in pieces:
        if piece.role == "line" and piece.category:
            found.setdefault(piece.file, set()).add((piece.category, piece.system))
    for piece in pieces:
        if piece.role and not piece.category:
            only = found.get(piece.file, set())
            piece.category, piece.system = min(only) if len(only) == 1 else (words.UNKNOWN, words.UNKNOWN)


def _vanished(pieces: Sequence[Piece], networks: dict[str, Network]) -> None:
    """Lines of which nothing is left after joining are rejected, and said so."""
    left = {int(n) for network in networks.values() for n in np.unique(network.piece)}
    for number, piece in enumerate(pieces):
        if piece.outcome == "line" and number not in left:
            piece.outcome, piece.reason = "rejected", "shorter than what is joined"


def _names(pieces: Sequence[Piece]) -> list[str]:
    """A short name of each piece: its class and the first part of its identifier where that is unique."""
    codes = []
    for piece in pieces:
        found = _UUID.fullmatch(piece.gml_id)
        own = found.group(1) if found else piece.gml_id
        codes.append(f"{piece.category}{own or f'{piece.file}:{piece.line}'}")
    twice = {code for code, count in Counter(codes).items() if count > 1}
    whole = [
        f"{piece.category}{piece.gml_id or f'{piece.file}:{piece.line}'}" if code in twice else code
        for code, piece in zip(codes, pieces, strict=True)
    ]
    seen: Counter[str] = Counter()
    unique = []
    for name in whole:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return unique


def _cells(of_points: Sequence[int], of_lines: Sequence[int], pieces: Sequence[Piece]) -> pd.DataFrame:
    """Cells that could not be read, at the first row of their piece."""
    first: dict[int, tuple[str, int]] = {}
    for table, owners in (("points", of_points), ("lines", of_lines)):
        for row, owner in enumerate(owners):
            if pieces[owner].role == table[:-1]:
                first.setdefault(owner, (table, row))
    found = [
        (*first[number], column, value, problem)
        for number, piece in enumerate(pieces)
        for column, value, problem in piece.cells
    ]
    columns = dict(zip(SCHEMAS["cells"].names, zip(*found, strict=True), strict=True)) if found else {}
    return frame(SCHEMAS["cells"], {name: list(values) for name, values in columns.items()}, len(found))


def _headers(pieces: Sequence[Piece]) -> pd.DataFrame:
    """Attributes met in each file, in order, and the columns they went to."""
    seen: dict[tuple[str, str], dict[str, None]] = {}
    for piece in pieces:
        if piece.role:
            seen.setdefault((piece.file, piece.role), {}).update(dict.fromkeys(piece.extra))
    rows = [
        (file, number, header, f"{role}s", known[header].column if header in known else "")
        for (file, role), headers in seen.items()
        for known in (words.attributes(role),)
        for number, header in enumerate(headers, start=1)
    ]
    columns = ("file", "position", "header", "table", "column")
    values = {name: [row[number] for row in rows] for number, name in enumerate(columns)}
    return frame(SCHEMAS["headers"], values, len(rows))


def _meta(path: Path, frames: dict[Path, Frame], target: str) -> dict[str, str]:
    """What is known of the survey as a whole."""
    orders = {"north, east" if frame.north_first else "east, north" for frame in frames.values()}
    return {
        "name": path.name.split(".")[0],
        "crs": target,
        "vertical_datum": next((frame.vertical for frame in frames.values() if frame.vertical), ""),
        "mapping": "citygml uro",
        "source_crs": " ".join(sorted({frame.source for frame in frames.values()})),
        "axis_order": "; ".join(sorted(orders)),
        "snap_m": str(SNAP_M),
        "files": json.dumps([file.name for file in frames], ensure_ascii=False),
    }


def _elements(of_points: Sequence[int], of_lines: Sequence[int], pieces: Sequence[Piece]) -> pd.DataFrame:
    """How many elements of each kind became what, with the rows of the survey that came of them."""
    points, lines = (np.bincount(owners, minlength=len(pieces)) for owners in (of_points, of_lines))
    table: dict[tuple[str, ...], list[int]] = {}
    for number, piece in enumerate(pieces):
        key = (piece.file, piece.element, piece.name, piece.category, piece.outcome, piece.reason)
        counts = table.setdefault(key, [0, 0, 0])
        counts[0] += 1
        counts[1] += int(points[number])
        counts[2] += int(lines[number])
    texts = ("file", "element", "name", "category", "outcome", "reason")
    columns: dict[str, object] = {name: [key[n] for key in table] for n, name in enumerate(texts)}
    columns |= {
        name: [counts[n] for counts in table.values()] for n, name in enumerate(("count", "points", "lines"))
    }
    return frame(JOINED["elements"], columns, len(table))
