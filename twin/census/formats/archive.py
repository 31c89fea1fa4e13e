"""Packed folders (ZIP), unpacked within limits into a folder that goes away."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twin.census.formats.workbook import LARGEST_UNPACKED, check_unpacked
from twin.io.files import inside, refuse
from twin.text import _
from twin.text.system import told

_CHUNK = 1024**2
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with what the archive holds, gone after the block.

    Raises
    ------
    DatasetError
        Where it is no archive, holds too much, or names places outside its folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="twin-census-"))
    try:
        try:
            with zipfile.ZipFile(path, metadata_encoding="gb18030") as archive:
                check_unpacked(archive, str(path))
                _unpack(archive, folder, path)
        except OSError as error:
            problem = _("cannot be unpacked ({reason})", reason=told(error))
            raise refuse("file.unreadable", path, problem, _("check the file")) from None
        except (*_BROKEN, UnicodeDecodeError) as error:
            problem = _("is no readable archive ({reason})", reason=type(error).__name__)
            raise refuse("archive.broken", path, problem, _("pack it anew")) from None
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, folder: Path, path: Path) -> None:
    """Write every file, counting what really comes out."""
    total = 0
    for entry in archive.infolist():
        target = inside(folder, entry.filename.replace("\\", "/"))
        if entry.is_dir():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, target.open("wb") as file:
            while chunk := source.read(_CHUNK):
                total += len(chunk)
                if total > LARGEST_UNPACKED:
                    problem = _("unpacks to more than {limit} bytes", limit=LARGEST_UNPACKED)
                    raise refuse("archive.too-large", path, problem, _("pack only the survey"))
                file.write(chunk)
