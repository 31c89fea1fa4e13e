"""Workbooks (XLSX): defused, merged headers spelt out, dates and texts told from numbers."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twin.census.formats.source import (
    DATE_CELL,
    HEADER_ROWS,
    TEXT_CELL,
    SourceTable,
    header_row,
    title_rows,
    warning,
)
from twin.census.mappings import known_headers, plain
from twin.io.files import MAX_BYTES, refuse
from twin.model.finding import Finding
from twin.text import _
from twin.text.system import told

LARGEST_UNPACKED = 4 * 1024**3
LARGEST_RATIO = 200
"""How many times larger than packed a part may unpack to."""
SMALL_PART = 16 * 1024**2
"""Parts up to this size may unpack to any multiple."""
MOST_PARTS = 2000
MOST_COLUMNS = 500
MOST_ROWS = 1_048_576
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)
_CHUNK = 1024**2
_Area = tuple[int, int, int, int]
"""First row, first column, last row and last column of a merged range, from 0."""
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')


def read_workbook(path: Path, file: str) -> Iterator[SourceTable]:
    """A table for each sheet that holds anything.

    Raises
    ------
    DatasetError
        Where the file is no workbook, unpacks to too much, or brings XML entities.
    """
    from openpyxl import load_workbook

    _defuse(path, file)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        parts = _parts(book)
        for sheet in book.worksheets:
            shown = f"{file}#{sheet.title}"
            rows = dict(_rows(sheet, shown))
            table = _table(rows, shown, sheet.title, _merged(path, parts.get(sheet.title, "")))
            if table is not None:
                yield table
        book.close()
    except (
        *_BROKEN,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        SyntaxError,
        IndexError,
    ) as error:
        problem = _("is no readable workbook ({reason})", reason=type(error).__name__)
        raise refuse("workbook.broken", file, problem, _("save it anew from a spreadsheet program")) from None


def _defuse(path: Path, file: str) -> None:
    """Refuse what is too large, unpacks to too much, or brings its own XML entities."""
    remedy = _("save it anew from a spreadsheet program")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise refuse(
                "file.too-large", file, _("is larger than {limit} bytes", limit=MAX_BYTES), _("split it")
            )
        with zipfile.ZipFile(path) as archive:
            check_unpacked(archive, file)
            for entry in archive.infolist():
                with archive.open(entry) as part:
                    sign = _armed(part, named=entry.filename.endswith((".xml", ".rels", ".vml")))
                    if sign:
                        problem = _(
                            "holds XML that a workbook has no need of: {sign} in {part}",
                            sign=sign,
                            part=entry.filename,
                        )
                        raise refuse("workbook.entities", file, problem, remedy)
    except OSError as error:
        problem = _("cannot be opened ({reason})", reason=told(error))
        raise refuse("file.unreadable", file, problem, _("check the path")) from None
    except _BROKEN as error:
        problem = _("is no workbook ({reason})", reason=type(error).__name__)
        raise refuse("workbook.broken", file, problem, remedy) from None


def check_unpacked(archive: zipfile.ZipFile, file: str) -> None:
    """DatasetError where an archive has too many parts or states that it unpacks to too much."""
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    remedy = _("pack only what belongs to the survey")
    if len(entries) > MOST_PARTS or total > LARGEST_UNPACKED:
        problem = _(
            "has {count} parts of {total} bytes; at most {parts} of {limit} are unpacked",
            count=len(entries), total=total, parts=MOST_PARTS, limit=LARGEST_UNPACKED,
        )  # fmt: skip
        raise refuse("archive.too-large", file, problem, remedy)
    for entry in entries:
        if entry.file_size > SMALL_PART and entry.file_size > LARGEST_RATIO * max(entry.compress_size, 1):
            problem = _(
                "unpacks {part} from {packed} to {size} bytes",
                part=entry.filename, packed=entry.compress_size, size=entry.file_size,
            )  # fmt: skip
            raise refuse("archive.bomb", file, problem, remedy)


def _armed(part: IO[bytes], *, named: bool) -> str:
    """What makes a part of XML, by its name or its beginning, dangerous; "" for nothing."""
    before = b""
    total = 0
    while chunk := part.read(_CHUNK):
        if not total and not named and not chunk.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<"):
            return ""
        total += len(chunk)
        text = before + chunk
        for sign in (b"<!DOCTYPE", b"<!ENTITY", b"\0"):
            if sign in text:
                return sign.decode().replace("\0", "UTF-16")
        if total > LARGEST_UNPACKED:
            return f"{total} B"
        before = text[-16:]
    return ""


def _parts(book: Any) -> dict[str, str]:
    """The part of the archive that each sheet stands in."""
    return {sheet.title: str(getattr(sheet, "_worksheet_path", "")) for sheet in book.worksheets}


def _merged(path: Path, part: str) -> list[_Area]:
    """Merged ranges of a sheet."""
    if not part:
        return []
    found: list[_Area] = []
    with zipfile.ZipFile(path) as archive, archive.open(part.lstrip("/")) as file:
        before = b""
        while chunk := file.read(_CHUNK):
            text = before + chunk
            end = 0
            for match in _MERGED.finditer(text):
                left, top, right, bottom = match.groups()
                end = match.end()
                if int(top) > HEADER_ROWS:
                    continue
                found.append((int(top) - 1, _place(left), int(bottom) - 1, _place(right)))
            before = text[max(end, len(text) - 64) :]
    return found


def _place(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _rows(sheet: Any, file: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The rows of a sheet that hold anything, with their number from 0; DatasetError beyond the limits."""
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        if number >= MOST_ROWS or any(cell is not None for cell in row[MOST_COLUMNS:]):
            problem = _(
                "holds more than {rows} rows or {columns} columns", rows=MOST_ROWS, columns=MOST_COLUMNS
            )
            remedy = _("delete what stands beyond the table")
            raise refuse("workbook.too-large", file, problem, remedy)
        if any(cell not in (None, "") for cell in row):
            yield number, row[:MOST_COLUMNS]


def _table(rows: dict[int, tuple[Any, ...]], file: str, name: str, merged: list[_Area]) -> SourceTable | None:
    """One sheet as a table; None where it is empty."""
    width = max((_last(row) + 1 for row in rows.values()), default=0)
    if not width:
        return None
    first = [rows.get(number, ()) for number in range(min(max(rows) + 1, HEADER_ROWS))]
    head = [[_text(cell) for cell in (*row[:width], *(None,) * (width - len(row)))] for row in first]
    top = header_row(head)
    headers, below, findings = _headers(head, top, merged, file)
    kept = [number for number in rows if number >= below]
    columns, marks = [], {}
    for place in range(width):
        cells = [rows[number][place] if place < len(rows[number]) else None for number in kept]
        columns.append(pa.array([_text(cell) for cell in cells], pa.string()))
        marks[place] = np.array([_mark(cell) for cell in cells], dtype=np.int8)
    line_no: NDArray[np.int64] = np.array(kept, dtype=np.int64) + 1
    told_ = (*findings, *title_rows(file, 0 if findings else top))
    return SourceTable(file, name, headers, tuple(columns), line_no, marks=marks, findings=told_)


def _last(row: tuple[Any, ...]) -> int:
    """The last place of a row that holds anything."""
    return next(place for place in range(len(row) - 1, -1, -1) if row[place] not in (None, ""))


def _headers(
    head: list[list[str]], top: int, merged: list[_Area], file: str
) -> tuple[tuple[str, ...], int, list[Finding]]:
    """Headers with merged cells spelt out, the first row below them, and what is said about it.

    Where headers are merged over several columns, the row above or below joins in, if that makes more of
    them known.
    """
    width = len(head[top])
    near = sorted(area for area in merged if area[0] <= top + 1 and area[2] >= top - 1)
    near = [area for area in near if area[3] - area[1] + 1 < width or area[0] == top]
    filled = _spelt_out(head, near)
    choices = [(top, top)]
    choices += [(top - 1, top)] if any(area[2] == top - 1 and area[1] < area[3] for area in near) else []
    choices += [(top, top + 1)] if any(area[2] == top and area[1] < area[3] for area in near) else []
    choices = [rows for rows in choices if rows[1] < len(head)]
    known = known_headers()
    read = [
        [_joined([row[place] for row in filled[a : b + 1]]) for place in range(width)] for a, b in choices
    ]
    counts = [sum(plain(header) in known for header in headers) for headers in read]
    best = counts.index(max(counts))
    first, last = choices[best]
    mine = [area for area in near if area[0] <= last and area[2] >= first]
    bottom = max([last, *(min(area[2], len(head) - 1) for area in mine)])
    if not mine:
        return tuple(read[best]), bottom + 1, []
    row, column = mine[0][:2]
    problem = _(
        "has merged header cells: {value!r}; the headers were read as {headers}",
        value=head[row][column],
        headers=", ".join(read[best]),
    )
    remedy = _("give every column one header in one row")
    told_ = warning("census.merged-headers", file, problem, remedy, line=row + 1, column=column + 1)
    return tuple(read[best]), bottom + 1, [told_]


def _spelt_out(head: list[list[str]], merged: list[_Area]) -> list[list[str]]:
    """The first rows with the text of each merged range in all of its cells."""
    filled = [list(row) for row in head]
    for first, left, last, right in merged:
        for row in filled[first : last + 1]:
            row[left : right + 1] = [head[first][left]] * (min(right + 1, len(row)) - left)
    return filled


def _joined(parts: list[str]) -> str:
    """The header that stands in several rows: joined where that is known, else the lowest known part."""
    different = list(dict.fromkeys(part for part in parts if part))
    joined = "".join(different)
    if plain(joined) in known_headers():
        return joined
    return next((part for part in reversed(different) if plain(part) in known_headers()), joined)


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        midnight = cell.time() == dt.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "seconds")
    return str(cell).strip()


def _mark(cell: Any) -> int:
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return DATE_CELL
    return TEXT_CELL if isinstance(cell, str) and cell.strip() else 0
