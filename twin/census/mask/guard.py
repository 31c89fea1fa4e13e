"""The export guard: how much contiguous and cumulative area may leave without an approval record."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.census.mask.bending import all_lines
from twin.census.mask.columns import coordinates
from twin.census.mask.policy import GuardPolicy, Policy
from twin.errors import DatasetError
from twin.io.files import read_bytes, read_text, refuse, replacing
from twin.io.yaml_file import read_yaml
from twin.model.city import City
from twin.model.finding import Finding, Severity
from twin.text import Message, _

Tiles = NDArray[np.int64]
_LIMIT = 500_000_000
_PATIENCE_S = 600.0
_APPROVAL = ("document", "approver", "date", "area_km2")


@dataclass(frozen=True)
class Coverage:
    """The ground that an export covers.

    Attributes
    ----------
    frame
        Coordinate system; tiles of different ones cannot be joined.
    tile_m
        Size of a tile.
    tiles
        East and north number of each tile, counted from the origin of the coordinate system, shape (n, 2).
    """

    frame: str
    tile_m: float
    tiles: Tiles

    @property
    def area_km2(self) -> float:
        """Area of all tiles."""
        return len(self.tiles) * self.tile_m**2 / 1e6

    def contiguous_km2(self, gap_m: float) -> float:
        """Area of the largest group of tiles that hang together, gaps up to `gap_m` bridged."""
        from scipy import ndimage

        if not len(self.tiles):
            return 0.0
        grid, _first = _grid(self.tiles, 1)
        near = _reach(gap_m, self.tile_m)
        grown = ndimage.binary_dilation(np.pad(grid, near), np.ones((2 * near + 1, 2 * near + 1), dtype=bool))
        groups, _count = ndimage.label(grown, np.ones((3, 3)))
        inner = groups[near:-near, near:-near][grid]
        return float(np.bincount(inner).max() * self.tile_m**2 / 1e6)

    def with_tiles(self, other: Coverage) -> Coverage:
        """The union with another one of the same frame and tile."""
        tiles = np.unique(np.concatenate((self.tiles, other.tiles)), axis=0)
        return Coverage(self.frame, self.tile_m, tiles)


def _reach(gap_m: float, tile_m: float) -> int:
    """Tiles to grow by, so that two that are `gap_m` apart touch."""
    return max(1, int(np.ceil(gap_m / tile_m / 2)))


def _grid(tiles: Tiles, margin: int) -> tuple[NDArray[np.bool_], Tiles]:
    first = tiles.min(axis=0) - margin
    grid = np.zeros(tuple(tiles.max(axis=0) - first + margin + 1), dtype=bool)
    grid[tuple((tiles - first).T)] = True
    return grid, first


def coverage(city: City, policy: Policy) -> Coverage:
    """The tiles that hold anything of a city, and those that lie between them: blocks between streets count.

    Tiles with a point or a piece of line, closed over gaps up to `gap_m`, holes filled.
    """
    from scipy import ndimage

    size = policy.guard.tile_m
    lines, _count = all_lines(city)
    along = lines.cut(lines.parts(size / 2)).xy if len(lines.link) else np.zeros((0, 2))
    places = np.concatenate((coordinates(city), along))
    tiles = np.unique(np.floor(places / size).astype(np.int64), axis=0)
    if not len(tiles):
        return Coverage(city.manifest.crs, size, tiles)
    near = _reach(policy.guard.gap_m, size)
    grid, first = _grid(tiles, near + 1)
    closed = ndimage.binary_closing(grid, np.ones((2 * near + 1, 2 * near + 1), dtype=bool)) | grid
    filled = ndimage.binary_fill_holes(closed)
    return Coverage(city.manifest.crs, size, np.argwhere(filled) + first)


@dataclass(frozen=True)
class Measure:
    """The areas that the guard looks at, km2."""

    export: float
    contiguous: float
    cumulative: float
    cumulative_contiguous: float


def measure(own: Coverage, entries: Sequence[Mapping[str, Any]], gap_m: float) -> Measure:
    """The areas of an export and of all exports so far with it.

    Earlier exports in another coordinate system or with other tiles cannot be laid over this one: their
    areas are added.
    """
    union, apart = own, 0.0
    for entry in entries:
        if entry["frame"] == own.frame and entry["tile_m"] == own.tile_m:
            union = union.with_tiles(Coverage(own.frame, own.tile_m, _unpacked(entry["tiles"])))
        else:
            apart += float(entry["area_km2"])
    return Measure(
        own.area_km2, own.contiguous_km2(gap_m), union.area_km2 + apart, union.contiguous_km2(gap_m)
    )


def check_area(found: Measure, policy: GuardPolicy, approval: Mapping[str, Any] | None, place: str) -> None:
    """Refuse an export that takes contiguous or cumulative area over the limit without an approval for it."""
    allowed = policy.area_km2 if approval is None else max(policy.area_km2, float(approval["area_km2"]))
    findings = [
        _finding(place, what, km2, allowed)
        for what, km2 in (
            (_("contiguous area"), max(found.contiguous, found.cumulative_contiguous)),
            (_("cumulative area of all exports"), found.cumulative),
        )
        if km2 > allowed
    ]
    if findings:
        raise DatasetError(
            _("{place} must not be exported without an approval", place=place), tuple(findings)
        )


def _finding(place: str, what: Message, km2: float, allowed: float) -> Finding:
    problem = _("{what} would be {found:.2f} km2, more than {most:g} km2", what=what, found=km2, most=allowed)
    remedy = _("get an approval and give its record with --approval, or export a smaller part")
    return Finding("mask.area-limit", Severity.ERROR, place, problem, remedy)


def read_approval(path: Path) -> dict[str, Any]:
    """An approval record: YAML with `document`, `approver`, `date`, `area_km2`; with the digest of the file.

    The record says that somebody approved; whether they did, and were allowed to, no program can tell.
    """
    data = read_yaml(path)
    missing = [key for key in _APPROVAL if not isinstance(data, dict) or not data.get(key)]
    if missing:
        problem = _("does not say {keys}", keys=", ".join(missing))
        raise refuse("mask.approval", path, problem, _("write document, approver, date and area_km2"))
    area = data["area_km2"]
    if isinstance(area, bool) or not isinstance(area, int | float) or not 0 < area < 1e6:
        raise refuse("mask.approval", path, _("has an area_km2 that is no area"), _("give a number"))
    known = {key: data[key] if key == "area_km2" else str(data[key]) for key in _APPROVAL}
    return {**known, "sha256": hashlib.sha256(read_bytes(path)).hexdigest()}


def default_ledger() -> Path:
    """The ledger of whoever runs this, in their folder for the state of programs."""
    local = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(local) if local else Path.home() / ".local" / "state") / "twin" / "mask-ledger.jsonl"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the ledger for oneself: a second export waits until this one is written down or has failed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("a+b") as file:
        _acquire(file.fileno(), path)
        yield


def _acquire(handle: int, path: Path) -> None:
    """Take the lock; the operating system gives it back when the file is closed, also when we are killed."""
    end = time.monotonic() + _PATIENCE_S
    while not _try_lock(handle):
        if time.monotonic() > end:
            raise refuse("mask.ledger", path, _("is in use by another export"), _("wait and try again"))
        time.sleep(0.05)


def _try_lock(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            getattr(msvcrt, "locking")(handle, getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009 (absent elsewhere)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """All exports so far, oldest first; a ledger that cannot be read stops every export."""
    if not path.exists():
        return []
    entries = []
    for number, line in enumerate(read_text(path, _LIMIT).splitlines(), 1):
        try:
            entry = json.loads(line)
            _unpacked(entry["tiles"])
            entry["area_km2"], entry["tile_m"] = float(entry["area_km2"]), float(entry["tile_m"])
            entry["frame"] = str(entry["frame"])
        except (ValueError, KeyError, TypeError):
            problem = _("has a line {number} that is no entry", number=number)
            raise refuse("mask.ledger", path, problem, _("restore it from a copy")) from None
        entries.append(entry)
    return entries


def append(path: Path, entries: list[dict[str, Any]], entry: dict[str, Any]) -> None:
    """Write the ledger with one more entry, whole or not at all; only while it is `locked`."""
    with replacing(path, "w", encoding="utf-8", newline="\n") as file:
        for each in (*entries, entry):
            file.write(json.dumps(each, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def entry_of(own: Coverage, details: Mapping[str, Any]) -> dict[str, Any]:
    """The ledger's line for an export."""
    packed = {"frame": own.frame, "tile_m": own.tile_m, "area_km2": own.area_km2, "tiles": _packed(own.tiles)}
    return {**details, **packed}


def _packed(tiles: Tiles) -> list[list[int]]:
    """Tiles as runs to the north: east, first, last."""
    runs: list[list[int]] = []
    for east, north in sorted(map(tuple, tiles.tolist())):
        if runs and runs[-1][0] == east and runs[-1][2] == north - 1:
            runs[-1][2] = north
        else:
            runs.append([east, north, north])
    return runs


def _unpacked(runs: Any) -> Tiles:
    tiles = [(int(east), north) for east, first, last in runs for north in range(int(first), int(last) + 1)]
    return np.array(tiles, dtype=np.int64).reshape(-1, 2)
