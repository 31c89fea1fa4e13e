"""A table as it stands in a file, before anybody says what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from twin.census.mappings import known_headers, plain
from twin.model.finding import Finding, Severity
from twin.text import Message, _

HEADER_ROWS = 10
"""Rows at the top of a table among which its headers are looked for."""
TEXT_CELL, DATE_CELL = 1, 2
"""Marks of cells of a workbook that hold a text or a date."""
SHOWN_VALUE = 60
MOST_NAMED = 1000
"""Cells that one finding names."""


@dataclass(frozen=True)
class SourceTable:
    """One table of a file.

    Attributes
    ----------
    file
        How findings and rows name it: `JSPOINT.csv`, `book.xlsx#JSPOINT`.
    name
        Name of the table itself: `JSPOINT`.
    headers, columns
        Headers as they stand there, and an Arrow array for each, of equal length.
    line_no
        Row of the file that each row stands in, counted from 1 with the headers.
    crs
        Coordinate system that the file states, or "".
    geometry
        Geometry of each row as WKB, or None.
    marks
        Of a workbook, by column: what kind of cell each is (0 for numbers and empty ones).
    short
        Whether the headers are cut to ten bytes (Shapefile).
    findings
        What was wrong with the file.
    """

    file: str
    name: str
    headers: tuple[str, ...]
    columns: tuple[Any, ...]
    line_no: NDArray[np.int64]
    crs: str = ""
    geometry: Any = None
    marks: Mapping[int, NDArray[np.int8]] = field(default_factory=dict)
    short: bool = False
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.line_no)

    def renamed(self, file: str) -> SourceTable:
        """The same table under another file name, also in its findings."""
        moved = tuple(replace(found, file=file) for found in self.findings)
        return replace(self, file=file, findings=moved)

    def cell_finding(
        self, rule: str, problem: Message, remedy: Message, place: int, rows: NDArray[np.int64], texts: Any
    ) -> Finding:
        """A warning about cells of column `place`: the first by row, column and value, the others listed."""
        numbers = self.line_no[rows]
        values = texts.take(pa.array(rows[:MOST_NAMED])).to_pylist()
        named = [f"{line}: {value!s:.{SHOWN_VALUE}}" for line, value in zip(numbers, values, strict=False)]
        told = _("{problem}: {value!r}", problem=problem, value=str(values[0])[:SHOWN_VALUE])
        if len(rows) > 1:
            told = _("{problem}; cells like it: {count}", problem=told, count=len(rows))
        return Finding(
            rule,
            Severity.WARNING,
            self.file,
            told,
            remedy,
            field=self.headers[place],
            ids=tuple(named) if len(rows) > 1 else (),
            line=int(numbers[0]),
            column=place + 1,
        )


def shapes_of(geometry: Any) -> Any:
    """Shapes out of WKB; None where there is none or it is broken."""
    array = geometry.combine_chunks() if isinstance(geometry, pa.ChunkedArray) else geometry
    return shapely.from_wkb(array.to_numpy(zero_copy_only=False), on_invalid="ignore")


def warning(
    rule: str, file: str, problem: Message, remedy: Message, *, line: int = 0, column: int = 0, name: str = ""
) -> Finding:
    """A finding that does not stop the reading."""
    return Finding(rule, Severity.WARNING, file, problem, remedy, field=name, line=line, column=column)


def header_row(rows: Sequence[Sequence[str]]) -> int:
    """Which of the first rows holds the headers: the one with most known ones, else the first filled."""
    known = known_headers()
    counts = [sum(plain(cell) in known for cell in row) for row in rows[:HEADER_ROWS]]
    if counts and max(counts) > 0:
        return counts.index(max(counts))
    return next((number for number, row in enumerate(rows) if any(cell.strip() for cell in row)), 0)


def title_rows(file: str, count: int) -> tuple[Finding, ...]:
    """What is said where rows stand above the headers."""
    if not count:
        return ()
    problem = _("has its headers in row {row}; the rows above them are not read", row=count + 1)
    return (warning("census.title-rows", file, problem, _("nothing to do if they are a title"), line=1),)
