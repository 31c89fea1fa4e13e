"""Shapefiles as they really come: encodings that nobody states, field names cut within a sign."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin.census.formats.delimited import likelier_encoding

SUFFIX = ".shp"
_TABLE, _CODE_PAGE = ".dbf", ".cpg"
_HEAD, _FIELD, _NAME = 32, 32, 11
"""Bytes of the head of a DBF file, of each field in it, and of the field's name."""
_LANGUAGE = 29
_UNSTATED = (0x00, 0x57)
"""Numbers of languages that say nothing: none, and whatever that Windows had."""
_END = 0x0D
_SAMPLE = 1024**2


@contextmanager
def readable(path: Path) -> Iterator[tuple[Path, str | None]]:
    """A path that GDAL can read, and the encoding to read it in (None: the file says it).

    Of a Shapefile with field names that are cut within a sign it is a copy with these signs left out, gone
    after the block; of everything else the path itself.
    """
    table = _beside(path, _TABLE)
    if path.suffix.lower() != SUFFIX or table is None:
        yield path, None
        return
    with table.open("rb") as file:
        head = file.read(_HEAD + _FIELD * 256)
        size = int.from_bytes(head[8:10], "little")
        file.seek(size)
        stated = _beside(path, _CODE_PAGE)
        unstated = stated is None and len(head) > _HEAD and head[_LANGUAGE] in _UNSTATED
        encoding = likelier_encoding(_names(head, size) + file.read(_SAMPLE)) if unstated else None
    assumed = encoding or (stated.read_text("ascii", "replace").strip() if stated else "utf-8")
    mended = _mended(head[:size], assumed)
    if mended == head[:size]:
        yield path, encoding
        return
    folder = Path(tempfile.mkdtemp(prefix="twin-census-"))
    try:
        for one in path.parent.glob(f"{path.stem}.*"):
            shutil.copyfile(one, folder / one.name)
        with (folder / table.name).open("r+b") as file:
            file.write(mended)
        yield folder / path.name, encoding
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _beside(path: Path, suffix: str) -> Path | None:
    found = (one for one in path.parent.glob(f"{path.stem}.*") if one.suffix.lower() == suffix)
    return next(found, None)


def _fields(head: bytes, size: int) -> Iterator[int]:
    """Where the description of each field begins."""
    for place in range(_HEAD, min(size, len(head)) - _FIELD + 1, _FIELD):
        if head[place] == _END:
            return
        yield place


def _names(head: bytes, size: int) -> bytes:
    return b" ".join(head[place : place + _NAME].split(b"\0")[0] for place in _fields(head, size))


def _mended(head: bytes, encoding: str) -> bytes:
    """The head of a DBF file with whole signs only in its names."""
    mended = bytearray(head)
    for place in _fields(head, len(head)):
        name = head[place : place + _NAME].split(b"\0")[0]
        try:
            whole = name.decode(encoding, "ignore").encode(encoding)
        except (LookupError, ValueError):
            return head
        mended[place : place + _NAME] = whole.ljust(_NAME, b"\0")
    return bytes(mended)
