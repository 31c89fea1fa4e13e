"""Delimited text: encoding and delimiter are found out, broken rows are mended or named, none is dropped."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from twin.census.formats.source import HEADER_ROWS, SourceTable, header_row, title_rows, warning
from twin.census.mappings import known_headers, plain
from twin.io.files import read_bytes, refuse
from twin.model.finding import Finding
from twin.text import _

DELIMITERS = (",", "\t", ";", "|", "，")
MOST_COLUMNS = 500
BLOCK = 16 * 1024**2
"""Bytes that are parsed at once; no row may be longer."""
_HEAD = 65_536
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MANGLED = ("\ufffd", "锟斤拷")
"""What a text looks like that was once read in the wrong encoding and saved."""


@dataclass
class _Broken:
    """A row with another number of fields than the headers."""

    number: int
    text: str


@dataclass(frozen=True)
class _Head:
    """The top of a table.

    Attributes
    ----------
    delimiter, headers
        What its cells are split by, and the headers.
    above, lines
        Rows above the headers, and lines of the file down to them and with them.
    closed
        Whether the quotation marks of the headers are closed.
    """

    delimiter: str
    above: int
    lines: int
    headers: tuple[str, ...]
    closed: bool


@dataclass
class _Parsed:
    """What the parser made of the rows."""

    columns: list[pa.Array]
    line_no: NDArray[np.int64]
    findings: list[Finding] = field(default_factory=list)


def read_delimited(path: Path, file: str) -> SourceTable:
    """The table in a CSV or text file, its findings under the name `file`.

    Raises
    ------
    DatasetError
        Where nothing of it can be read: no text, no headers, too many columns.
    """
    text, findings = _decoded(read_bytes(path), file)
    if not text.strip():
        raise refuse("table.empty", file, _("is empty"), _("give at least the line of headers"))
    head = _head(text[:_HEAD])
    if len(head.headers) > MOST_COLUMNS:
        problem = _("has more than {limit} columns", limit=MOST_COLUMNS)
        raise refuse("table.too-wide", file, problem, _("check the delimiter"))
    below = _after(text, head.lines)
    parsed = _parsed(below.rstrip("\r\n").encode("utf-8"), file, head)
    found = (*findings, *_quoted(head, file), *title_rows(file, head.above), *parsed.findings)
    return SourceTable(file, path.stem, head.headers, tuple(parsed.columns), parsed.line_no, findings=found)


def _decoded(content: bytes, file: str) -> tuple[str, list[Finding]]:
    """The text of a file in UTF-8, UTF-16, or GB18030; signs that are none are named."""
    findings: list[Finding] = []
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "") or _unmarked(content)
    if b"\0" in content and not encoding.startswith("utf-16"):
        problem = _("holds null characters, {count} of them", count=content.count(b"\0"))
        line = content[: content.index(b"\0")].count(b"\n") + 1
        findings.append(warning("census.null", file, problem, _("export the table again as CSV"), line=line))
        content = content.replace(b"\0", b"")
    for name in (encoding,) if encoding else ("utf-8", "gb18030"):
        try:
            text = content.decode(name)
            break
        except UnicodeDecodeError:
            continue
    else:
        name = encoding or likelier_encoding(content)
        text = content.decode(name, "replace")
    text = text if "\n" in text else text.replace("\r", "\n")
    findings += _mangled(text, file, name)
    return text, findings


def _unmarked(content: bytes) -> str:
    """Which UTF-16 without a mark it is, told by the nulls beside plain signs; "" where it is none."""
    first, second = content[::2].count(0), content[1::2].count(0)
    if max(first, second) < len(content) // 8 or max(first, second) < 8 * min(first, second):
        return ""
    return "utf-16-be" if first > second else "utf-16-le"


def likelier_encoding(content: bytes) -> str:
    """Of UTF-8 and GB18030 the one in which fewer signs are broken."""
    return min(("utf-8", "gb18030"), key=lambda name: content.decode(name, "replace").count("\ufffd"))


def _mangled(text: str, file: str, encoding: str) -> list[Finding]:
    """Where signs are broken or were before."""
    places = [place for sign in _MANGLED if (place := text.find(sign)) >= 0]
    if not places:
        return []
    place = min(places)
    start, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
    line = text[start : end if end >= 0 else len(text)].strip("\r")
    before = line[: place - start]
    delimiter = max(DELIMITERS, key=line.count)
    column = before.count(delimiter) + 1
    problem = _(
        "holds signs that are no {encoding}: {value!r} (broken signs in the file: {count})",
        encoding=encoding,
        value=line.split(delimiter)[column - 1][:60],
        count=sum(text.count(sign) for sign in _MANGLED),
    )
    remedy = _("export the table again as UTF-8; the other cells are read")
    return [
        warning("census.encoding", file, problem, remedy, line=text.count("\n", 0, place) + 1, column=column)
    ]


def _head(text: str) -> _Head:
    """The head of a table: the delimiter that gives most known headers, then most columns."""
    known = known_headers()
    heads = [_head_by(text, delimiter) for delimiter in DELIMITERS]
    return max(heads, key=lambda one: (sum(plain(cell) in known for cell in one.headers), len(one.headers)))


def _head_by(text: str, delimiter: str) -> _Head:
    lines = [f"{_without_returns(line)}\n" for line in text.split("\n")]
    rows: list[list[str]] = []
    ends: list[int] = []
    closed: list[bool] = []
    while (start := ends[-1] if ends else 0) < len(lines) and len(rows) < HEADER_ROWS:
        span = next((n for n in range(1, HEADER_ROWS) if _is_closed(lines[start : start + n])), 0)
        chunk = lines[start : start + (span or 1)]
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if span else csv.QUOTE_NONE
        reader = csv.reader(chunk, delimiter=delimiter, quoting=quoting)
        row = next(reader, [])
        rows.append([cell.strip().strip('"') if not span else cell.strip() for cell in row])
        ends.append(start + max(reader.line_num, 1))
        closed.append(bool(span))
    above = header_row(rows)
    return _Head(delimiter, above, ends[above], tuple(rows[above]), closed[above])


def _without_returns(line: str) -> str:
    """A line without carriage returns, which the csv module takes for its end."""
    return line.rstrip("\r").replace("\r", " ")


def _is_closed(lines: list[str]) -> bool:
    """Whether every quotation mark has its second."""
    return sum(line.count('"') for line in lines) % 2 == 0


def _after(text: str, lines: int) -> str:
    """What stands below so many lines."""
    place = 0
    for _line in range(lines):
        place = text.find("\n", place) + 1
        if not place:
            return ""
    return text[place:]


def _quoted(head: _Head, file: str) -> list[Finding]:
    if head.closed:
        return []
    problem = _("has a quotation mark in its headers that is never closed")
    return [warning("census.quotes", file, problem, _("correct it; it was left out"), line=head.above + 1)]


def _parsed(content: bytes, file: str, head: _Head) -> _Parsed:
    """All rows below the headers."""
    width, skip, delimiter = len(head.headers), head.above + 1, head.delimiter
    if not content.strip():
        empty = pa.array([], pa.string())
        return _Parsed([empty] * width, np.zeros(0, dtype=np.int64))
    if len(delimiter.encode()) > 1:
        content, delimiter = content.replace(delimiter.encode(), b"\x1f"), "\x1f"
    content += b"\n"
    findings: list[Finding] = []
    try:
        table, broken = _arrow(content, delimiter, skip, width, quoted=True)
    except pa.ArrowInvalid:
        table, broken = _unquoted(content, file, delimiter, skip, width)
        problem = _("has a quotation mark that is never closed")
        findings = [warning("census.quotes", file, problem, _("correct it; every mark was taken as a sign"))]
    columns = [column.combine_chunks() for column in table.columns]
    columns = [column.chunk(0) if isinstance(column, pa.ChunkedArray) else column for column in columns]
    taken = np.array([row.number for row in broken], dtype=np.int64)
    every = np.arange(skip + 1, skip + 1 + table.num_rows + len(broken), dtype=np.int64)
    line_no = np.setdiff1d(every, taken, assume_unique=True)
    parsed = _Parsed(columns, line_no, findings)
    if broken:
        _mend(parsed, broken, file, delimiter, width)
    return _without_blank(parsed)


def _unquoted(
    content: bytes, file: str, delimiter: str, skip: int, width: int
) -> tuple[pa.Table, list[_Broken]]:
    """The rows with quotation marks taken as signs; DatasetError where there are no rows even so."""
    try:
        return _arrow(content, delimiter, skip, width, quoted=False)
    except pa.ArrowInvalid as error:
        problem = _("cannot be split into rows ({reason})", reason=" ".join(str(error).split())[:200])
        raise refuse("table.broken", file, problem, _("export the table again as CSV")) from None


def _arrow(
    content: bytes, delimiter: str, skip: int, width: int, *, quoted: bool
) -> tuple[pa.Table, list[_Broken]]:
    """The rows that have as many fields as the headers, and those that have not."""
    names = [f"f{number}" for number in range(width)]
    for threads in (True, False):
        broken: list[_Broken] = []

        def keep(row: pacsv.InvalidRow, found: list[_Broken] = broken) -> str:
            found.append(_Broken((row.number or 0) + skip, row.text))
            return "skip"

        table = pacsv.read_csv(
            pa.BufferReader(content),
            read_options=pacsv.ReadOptions(use_threads=threads, column_names=names, block_size=BLOCK),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if quoted else False,
                ignore_empty_lines=False,
                newlines_in_values=quoted,
                invalid_row_handler=keep,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
        if not broken:
            break
    return table, broken


def _mend(parsed: _Parsed, broken: list[_Broken], file: str, delimiter: str, width: int) -> None:
    """Put broken rows in their places: other delimiters, missing fields, too many fields, unclosed quotes."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    shifts: list[tuple[int, int]] = []
    kinds: dict[str, list[tuple[int, str]]] = {}
    last = max(int(parsed.line_no.max(initial=0)), broken[-1].number)
    for one in broken:
        lines = one.text.splitlines() if "\n" in one.text else [one.text]
        shifts.append((one.number, len(lines) - 1))
        for offset, line in enumerate(lines):
            row, kind = _fields(line, delimiter, width, quoted="\n" not in one.text)
            kind = (
                "truncated" if kind == "short" and one.number == last and offset == len(lines) - 1 else kind
            )
            number = one.number + offset + sum(extra for at, extra in shifts[:-1] if extra)
            rows.append(row)
            numbers.append(number)
            if any(cell.strip() for cell in row):
                kinds.setdefault(kind, []).append((number, line))
    below = np.array([at for at, extra in shifts if extra], dtype=np.int64)
    extras = np.cumsum([0, *(extra for _at, extra in shifts if extra)])
    shifted = parsed.line_no + extras[np.searchsorted(below, parsed.line_no)]
    everywhere = np.concatenate([shifted, np.array(numbers, dtype=np.int64)])
    order = np.argsort(everywhere, kind="stable")
    added = list(zip(*rows, strict=True))
    parsed.columns = [
        pa.concat_arrays([column, pa.array(values, pa.string())]).take(pa.array(order))
        for column, values in zip(parsed.columns, added, strict=True)
    ]
    parsed.line_no = everywhere[order]
    parsed.findings += [_told(kind, places, file) for kind, places in sorted(kinds.items())]


def _fields(line: str, delimiter: str, width: int, *, quoted: bool) -> tuple[list[str], str]:
    """The fields of a broken row, as many as the headers, and what was wrong with it."""
    line = _without_returns(line)
    for other in (delimiter, *(each for each in DELIMITERS if each != delimiter)):
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
        row = next(csv.reader(io.StringIO(line), delimiter=other, quoting=quoting), [])
        if len(row) == width and width > 1:
            return row, "quotes" if other == delimiter else "delimiter"
    row = next(csv.reader(io.StringIO(line), delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    if len(row) < width:
        return row + [""] * (width - len(row)), "short"
    return [*row[: width - 1], delimiter.join(row[width - 1 :])], "long"


def _told(kind: str, places: list[tuple[int, str]], file: str) -> Finding:
    """A finding about the rows that were mended in one way."""
    line, text = places[0]
    problem, remedy = {
        "quotes": (
            _("has rows with a stray quotation mark"),
            _("correct them; the mark was taken as a sign"),
        ),
        "delimiter": (
            _("has rows with another delimiter"),
            _("use one delimiter; they were split by their own"),
        ),
        "short": (_("has rows with too few fields"), _("correct them; the missing fields were left empty")),
        "truncated": (_("ends within a row"), _("export the table again: rows after it may be missing")),
        "long": (_("has rows with too many fields"), _("correct them; the last field took the rest")),
    }[kind]
    told = _(
        "{problem}: {value!r} (rows of this kind: {count})",
        problem=problem,
        value=text[:60],
        count=len(places),
    )
    return warning(f"census.row-{kind}", file, told, remedy, line=line)


def _without_blank(parsed: _Parsed) -> _Parsed:
    """Without the rows in which no field holds a sign."""
    if not parsed.columns or not len(parsed.line_no):
        return parsed
    filled = np.zeros(len(parsed.line_no), dtype=np.bool_)
    for column in parsed.columns:
        rest = np.flatnonzero(~filled)
        if not len(rest):
            return parsed
        lengths = pa.compute.utf8_length(pa.compute.utf8_trim_whitespace(column.take(pa.array(rest))))
        filled[rest] = np.asarray(lengths) > 0
    keep = np.flatnonzero(filled)
    taken = [column.take(pa.array(keep)) for column in parsed.columns]
    return _Parsed(taken, parsed.line_no[keep], parsed.findings)
