"""Terrain as an ESRI ASCII grid: six lines of header, then elevations from north to south."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from twin.io.files import read_text, refuse, replacing
from twin.model.terrain import Terrain
from twin.text import Message, _

FILE = "terrain.asc"
LIMIT = 500_000_000
"""Largest terrain file that is read, bytes."""
_HEADER = ("ncols", "nrows", "xllcorner", "yllcorner", "cellsize", "nodata_value")
_NO_DATA = -9999


def read_terrain(path: Path) -> Terrain:
    """The terrain in a file; DatasetError where it is malformed, has holes or no finite numbers."""
    lines = read_text(path, LIMIT).splitlines()
    head: dict[str, float] = {}
    for line in lines[: len(_HEADER)]:
        words = line.split()
        if len(words) == 2 and words[0].lower() in _HEADER:
            head[words[0].lower()] = _number(path, words[1])
    if not head.keys() >= set(_HEADER[:5]) or head["cellsize"] <= 0:
        raise _broken(path, _("has no header of an ESRI ASCII grid"))
    try:
        z = np.array([line.split() for line in lines[len(head) :] if line.strip()], dtype=np.float64)
    except ValueError:
        raise _broken(path, _("holds a value that is no number, or rows of different lengths")) from None
    if z.shape != (int(head["nrows"]), int(head["ncols"])) or not z.size:
        problem = _("has {found} rows and columns, its header says {said}", found=z.shape, said=_said(head))
        raise _broken(path, problem)
    if not np.isfinite(z).all() or (z == head.get("nodata_value", _NO_DATA)).any():
        raise _broken(path, _("has cells without an elevation"))
    return Terrain(head["xllcorner"], head["yllcorner"], head["cellsize"], z[::-1].copy())


def _said(head: dict[str, float]) -> tuple[int, int]:
    return int(head["nrows"]), int(head["ncols"])


def _number(path: Path, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _broken(path, _("{value} is no number", value=text))
    return value


def _broken(path: Path, problem: Message) -> Exception:
    return refuse("terrain.broken", path, problem, _("correct it or remove the file"))


def write_terrain(terrain: Terrain, path: Path) -> None:
    """Write a terrain in centimetres, whole or not at all."""
    rows, columns = terrain.z.shape
    corner = (terrain.x0, terrain.y0, terrain.cell_m)
    values = (columns, rows, *(f"{value:.10g}" for value in corner), _NO_DATA)
    with replacing(path, "w", encoding="utf-8", newline="\n") as file:
        for name, value in zip(_HEADER, values, strict=True):
            file.write(f"{name} {value}\n")
        np.savetxt(file, terrain.z[::-1], fmt="%.2f")
