"""Access databases (MDB, ACCDB), by the reader that the extra `mdb` brings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from twin.census.formats.source import SourceTable
from twin.io.files import MAX_BYTES, refuse
from twin.text import _

_SYSTEM = ("MSys", "USys", "~", "f_")
"""How tables of the database itself begin."""


def read_access(path: Path, file: str) -> Iterator[SourceTable]:
    """A table for each table of the database; DatasetError where it can't be read."""
    try:
        from access_parser import AccessParser
    except ImportError:
        problem = _("needs the reader of Access databases, which is not installed")
        raise refuse("census.extra", file, problem, _("pip install 'lifeline-twin[mdb]'")) from None
    if path.stat().st_size > MAX_BYTES:
        raise refuse(
            "file.too-large", file, _("is larger than {limit} bytes", limit=MAX_BYTES), _("split it")
        )
    try:
        database = AccessParser(str(path))
        for name in sorted(name for name in database.catalog if not name.startswith(_SYSTEM)):
            parsed = database.parse_table(name)
            if parsed:
                yield _table(parsed, f"{file}#{name}", name)
    except Exception as error:  # the reader has no error of its own: broken files raise whatever they touch
        problem = _("is no readable Access database ({reason})", reason=type(error).__name__)
        raise refuse("census.broken", file, problem, _("export its tables as CSV or XLSX")) from None


def _table(parsed: Any, file: str, name: str) -> SourceTable:
    length = max((len(values) for values in parsed.values()), default=0)
    columns = tuple(
        pa.array([_text(value) for value in values] + [""] * (length - len(values)), pa.string())
        for values in parsed.values()
    )
    headers = tuple(str(header) for header in parsed)
    return SourceTable(file, name, headers, columns, np.arange(2, length + 2, dtype=np.int64))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
