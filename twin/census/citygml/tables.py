"""Pieces and their networks as the canonical tables of points and lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from twin.census.citygml import words
from twin.census.citygml.network import Network
from twin.census.citygml.pieces import Piece
from twin.census.survey import SCHEMAS, frame

_OF_POINTS = ("built", "well_depth_m", "ground_m", "rotation_deg")


def points_of(
    pieces: Sequence[Piece], networks: Mapping[str, Network], names: Sequence[str]
) -> tuple[pd.DataFrame, list[int], dict[str, list[str]]]:
    """The points, the position of the piece of each, and the ids of the points of each network in its order.

    A chamber has the id of its city object, a vertex that of the first line through it with its number.
    Chambers without a place come last.
    """
    rows: list[dict[str, Any]] = []
    owners: list[int] = []
    ids: dict[str, list[str]] = {}
    for system, network in networks.items():
        degrees = np.bincount(network.lines.reshape(-1), minlength=len(network.places))
        ids[system] = []
        for number, owner in enumerate(network.owner):
            piece, vertex = pieces[int(owner)], int(network.vertex[number])
            east, north, _up = network.places[number]
            row = _row(piece)
            row |= {"x_m": east, "y_m": north, "category": piece.category}
            if vertex:
                row["id"] = f"{names[int(owner)]}-{vertex}"
                row["feature"] = words.feature(piece.category, int(degrees[number]))
                row["extra"] = _json({"gml_id": piece.gml_id, "element": piece.element, "derived": "vertex"})
            else:
                row["id"] = names[int(owner)]
                row |= _chamber(piece)
            ids[system].append(row["id"])
            rows.append(row)
            owners.append(int(owner))
    for number, piece in enumerate(pieces):
        if piece.role == "point" and piece.outcome == "rejected":
            rows.append(_row(piece) | {"id": names[number], "category": piece.category} | _chamber(piece))
            owners.append(number)
    return _framed("points", rows), owners, ids


def lines_of(
    pieces: Sequence[Piece],
    networks: Mapping[str, Network],
    names: Sequence[str],
    ids: Mapping[str, Sequence[str]],
) -> tuple[pd.DataFrame, list[int]]:
    """The lines, straight between two points, and the position of the piece of each.

    Lines that could not be placed come last, without ends.
    """
    rows: list[dict[str, Any]] = []
    owners: list[int] = []
    for system, network in networks.items():
        parts = np.bincount(network.piece, minlength=len(pieces))
        for number, owner in enumerate(network.piece):
            piece, (start, end) = pieces[int(owner)], network.lines[number]
            row = _row(piece) | _line(piece)
            many = parts[int(owner)] > 1
            row["id"] = f"{names[int(owner)]}/{network.part[number]}" if many else names[int(owner)]
            row |= {"start": ids[system][int(start)], "end": ids[system][int(end)]}
            row |= {"start_z_m": network.ups[number, 0], "end_z_m": network.ups[number, 1]}
            rows.append(row)
            owners.append(int(owner))
    for number, piece in enumerate(pieces):
        if piece.role == "line" and piece.outcome == "rejected":
            rows.append(_row(piece) | _line(piece) | {"id": names[number]})
            owners.append(number)
    return _framed("lines", rows), owners


def _row(piece: Piece) -> dict[str, Any]:
    return {"file": piece.file, "line_no": piece.line}


def _chamber(piece: Piece) -> dict[str, Any]:
    """Columns of a chamber or appurtenance; what its surfaces tell yields to what its attributes say."""
    field = next((name for name in ("appurtenanceType", "containerType") if name in piece.extra), "")
    made: dict[str, Any] = {
        "attachment": words.attachment(piece.element, piece.category, field, piece.extra.get(field, "")),
        "note": piece.name,
        "extra": _extra(piece),
    }
    if piece.place is not None:
        made |= {"ground_m": piece.place[2], "well_depth_m": piece.place[3]}
    return made | {name: piece.columns[name] for name in _OF_POINTS if name in piece.columns}


def _line(piece: Piece) -> dict[str, Any]:
    """Columns of a line that all its parts share.

    The cover is the depth to the top; where depths are to the invert, the inner diameter is added, and
    without one the depth stays in `extra` alone.
    """
    given = piece.columns
    width = given.get("inner_mm", given.get("outer_mm"))
    made: dict[str, Any] = {"category": piece.category, "note": piece.name, "extra": _extra(piece)}
    made |= {name: given[name] for name in ("built", "material") if name in given}
    if isinstance(width, float):
        made |= {"width_mm": width, "height_mm": width, "size": f"{width:g}"}
    depth = given.get("depth_m")
    if isinstance(depth, float):
        if words.gravity(piece.category):
            depth = depth + width / 1000 if isinstance(width, float) else np.nan
        made |= {"start_depth_m": depth, "end_depth_m": depth}
    return made


def _extra(piece: Piece) -> str:
    reason = {"rejected": piece.reason} if piece.outcome == "rejected" else {}
    faults = {"faults": "; ".join(piece.faults)} if piece.faults else {}
    return _json(piece.extra | reason | faults)


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), ensure_ascii=False, separators=(",", ":"))


def _framed(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as the canonical table; what a row does not say is missing."""
    columns: dict[str, object] = {"row": np.arange(len(rows), dtype=np.int64)}
    for column in SCHEMAS[name].columns:
        if column.name != "row":
            blank: object = "" if column.type == "text" else 0 if column.type == "int" else np.nan
            columns[column.name] = [row.get(column.name, blank) for row in rows]
    return frame(SCHEMAS[name], columns, len(rows))
