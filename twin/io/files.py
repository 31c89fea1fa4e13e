"""Safe file handling: size limits, paths that stay inside their folder, whole-or-nothing writing."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from twin.errors import DatasetError
from twin.model.finding import Finding, Severity
from twin.text import Message, _
from twin.text.system import told

MAX_BYTES = 1024**3
"""Largest file that is read, packed or unpacked."""
_FOREIGN = frozenset("\\:\0")
"""Signs that make a path of a name on one system and not on another."""


def refuse(rule: str, path: Path | str, problem: Message, remedy: Message) -> DatasetError:
    """A `DatasetError` with one finding about a whole file."""
    finding = Finding(rule, Severity.ERROR, str(path), problem, remedy)
    return DatasetError(_("{path} cannot be used", path=str(path)), (finding,))


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The content of a file, unpacked where the name ends in `.gz`; DatasetError where it can't be read."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                content = file.read(limit + 1)
        else:
            with path.open("rb") as file:
                content = file.read(limit + 1)
    except FileNotFoundError:
        raise refuse("file.missing", path, _("does not exist"), _("check the path")) from None
    except (OSError, EOFError, zlib.error) as error:
        problem = _("cannot be read ({reason})", reason=told(error))
        raise refuse("file.unreadable", path, problem, _("check the file and its permissions")) from None
    if len(content) > limit:
        problem = _("is larger than {limit} bytes", limit=limit)
        raise refuse("file.too-large", path, problem, _("split the file"))
    return content


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """The text of a UTF-8 file (with or without BOM); DatasetError where it is not UTF-8."""
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = _("is not UTF-8 (byte {position})", position=error.start)
        raise refuse("file.encoding", path, problem, _("save it as UTF-8")) from None


def inside(folder: Path, name: str) -> Path:
    """The path `folder/name`, a name with slashes that means the same on every system.

    Raises
    ------
    DatasetError
        Where `name` is absolute, has a drive (`C:`) or a backslash, or leads out of `folder`, also by a link.
    """
    path = folder / name
    try:
        if _FOREIGN & set(name) or not path.resolve().is_relative_to(folder.resolve()):
            raise refuse(
                "file.outside", name, _("leads out of its folder"), _("use a name inside the folder")
            )
    except (OSError, RuntimeError) as error:
        problem = _("cannot be read ({reason})", reason=told(error))
        raise refuse("file.unreadable", path, problem, _("check the path")) from None
    return path


def sha256(path: Path) -> str:
    """The SHA-256 digest of a file, in hexadecimal; DatasetError where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        problem = _("cannot be read ({reason})", reason=told(error))
        raise refuse("file.unreadable", path, problem, _("check the file and its permissions")) from None


@contextmanager
def replacing(path: Path, mode: str = "wb", **options: Any) -> Iterator[IO[Any]]:
    """A file that takes the place of `path` only when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{uuid4().hex}.tmp"
    try:
        with temporary.open(mode.replace("w", "x"), **options) as file:
            yield file
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends, whole or not at all."""
    with replacing(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, whole or not at all."""
    with replacing(path) as file:
        file.write(content)
