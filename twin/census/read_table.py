"""One source table as canonical columns: headers to columns, cells to values, the rest kept aside."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from twin.census import cells
from twin.census.axes import unit_of_depths
from twin.census.cells import Cells
from twin.census.formats.source import DATE_CELL, TEXT_CELL, SourceTable, warning
from twin.census.mappings import CODED, FieldMapping, plain, unit_of
from twin.census.survey import SCHEMAS
from twin.census.units import factor_of
from twin.model.finding import Finding
from twin.model.schema import Column
from twin.text import Message, _

DATES = ("surveyed",)
YEARS = ("built",)
DEPTHS = ("start_depth_m", "end_depth_m", "well_depth_m")
LENIENT = ("casing_material",)
"""Columns of codes in which other texts may stand."""
NOT_A_NUMBER, NOT_A_DATE, UNKNOWN_CODE, UNREADABLE_SIZE = (
    "not a number",
    "not a date",
    "unknown code",
    "unreadable size",
)
"""Problems of cells, as `schema/cells.csv` has them."""


@dataclass
class Part:
    """A source table in canonical columns.

    Attributes
    ----------
    table
        `points` or `lines`.
    columns
        Arrow arrays of texts, or float64 arrays, by canonical column; those not there are missing.
    unread
        Column, rows, texts and problem of the cells that could not be read.
    headers
        Position from 1, header, canonical column ("" for none) and problem of each source column.
    """

    table: str
    source: SourceTable
    mapping: FieldMapping
    columns: dict[str, Any] = field(default_factory=dict)
    unread: list[tuple[str, NDArray[np.int64], Any, str]] = field(default_factory=list)
    headers: list[tuple[int, str, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.source)

    def place(self, column: str) -> int:
        """Position of the source column from 0 that a canonical column was read from; -1 for none."""
        return next((number - 1 for number, _h, name, _p in self.headers if name == column), -1)

    def texts(self, column: str) -> Any:
        """A text column, empty where it is missing."""
        found = self.columns.get(column)
        return pa.array([""]).take(pa.array(np.zeros(len(self), np.int64))) if found is None else found

    def exchange(self, one: str, other: str) -> None:
        """Let two canonical columns change their source columns."""
        names = {one: other, other: one}
        self.headers = [
            (place, header, names.get(name, name), why) for place, header, name, why in self.headers
        ]
        self.unread = [(names.get(name, name), rows, texts, why) for name, rows, texts, why in self.unread]

    def tell(
        self, rule: str, column: str, rows: NDArray[np.int64], problem: Message, remedy: Message
    ) -> None:
        """Add a warning about cells of a canonical column."""
        place = self.place(column)
        if len(rows) and place >= 0:
            texts = cells.texts_of(self.source.columns[place])
            self.findings.append(self.source.cell_finding(rule, problem, remedy, place, rows, texts))


def converted(source: SourceTable, mapping: FieldMapping, table: str) -> Part:
    """The table read by the words of `mapping`."""
    part = Part(table, source, mapping, findings=list(source.findings))
    _assign(part)
    for place, _header, name, _problem in part.headers:
        if name:
            _read(part, place - 1, SCHEMAS[table].by_name[name])
    part.columns["extra"] = _extra(part)
    return part


def _assign(part: Part) -> None:
    """Give each source column its canonical one, and say what is wrong with its header."""
    lookup = part.mapping.columns(part.table, short=part.source.short)
    seen: set[str] = set()
    taken: set[str] = set()
    for place, header in enumerate(part.source.headers, start=1):
        same = plain(header)
        problem = "" if same and same not in seen else "duplicate" if same else "empty"
        column = "" if problem else lookup.get(same, "")
        column = "" if column in taken else column
        seen.add(same)
        taken.add(column)
        part.headers.append((place, header, column, problem))
        if problem:
            told = (
                _("the header is empty")
                if problem == "empty"
                else _("the header stands twice: {header}", header=header)
            )
            remedy = _("name each column once; its values are kept as extra")
            line = int(part.source.line_no.min(initial=2)) - 1
            part.findings.append(
                warning("census.header", part.source.file, told, remedy, line=line, column=place, name=header)
            )
    _tell_unknown(part)


def _tell_unknown(part: Part) -> None:
    """Say which headers mean nothing here."""
    unknown = [header for _place, header, column, problem in part.headers if not (column or problem)]
    if unknown:
        problem = _(
            "columns that {mapping} has no word for: {names}",
            mapping=part.mapping.name,
            names=", ".join(unknown),
        )
        remedy = _("their values are kept as extra; name them in a mapping file to use them")
        part.findings.append(warning("census.unknown-header", part.source.file, problem, remedy))


def _read(part: Part, place: int, column: Column) -> None:
    """Read one source column as its canonical one."""
    raw = part.source.columns[place]
    if column.name in YEARS:
        _take(part, column.name, cells.years(raw), NOT_A_NUMBER)
    elif column.type == "float":
        _take(part, column.name, _numbers(part, place, column), NOT_A_NUMBER)
    elif column.name in DATES:
        _take(part, column.name, cells.dates(raw), NOT_A_DATE)
    elif column.name in CODED:
        _take_codes(part, column.name, raw)
    else:
        part.columns[column.name] = cells.texts_of(raw)
    if column.name == "size":
        width, height, bad = cells.sizes(
            raw, part.mapping.units.get("size") or unit_of(part.source.headers[place]) or "mm"
        )
        part.columns |= {"width_mm": width, "height_mm": height}
        _set_aside(part, "size", bad, UNREADABLE_SIZE)
    if column.name == "operating":
        part.columns["operating_mpa"] = cells.last_numbers(raw)
    _tell_marks(part, place, column)


def _numbers(part: Part, place: int, column: Column) -> Cells:
    """Numbers in the unit of the canonical column; theirs is that of header, mapping or their own size."""
    header = part.source.headers[place]
    stated = unit_of(header) or part.mapping.units.get(column.name, "")
    factor = factor_of(column.unit, stated) if stated else 1.0
    found = cells.numbers(part.source.columns[place], column.unit, factor=factor or 1.0)
    seen = unit_of_depths(found.values) if column.name in DEPTHS and not stated else ""
    if seen:
        rows = np.flatnonzero(np.isfinite(found.values))
        found = cells.numbers(part.source.columns[place], column.unit, factor=factor_of("m", seen) or 1.0)
        problem = _("the depths are too large for metres; they were read as {unit}", unit=seen)
        remedy = _("state the unit in the header or in a mapping file")
        part.tell("census.unit", column.name, rows, problem, remedy)
    if stated or seen:
        part.units[column.name] = stated or seen
    return found


def _take(part: Part, name: str, found: Cells, problem: str) -> None:
    """Keep a column that was read, and set aside what could not be."""
    part.columns[name] = found.values
    _set_aside(part, name, found.bad, problem)
    told = _("was read although it is not written plainly")
    part.tell("census.read-as", name, found.adapted, told, _("check that it means what was read"))


def _take_codes(part: Part, name: str, raw: Any) -> None:
    """Keep a column of codes; unknown ones are set aside, but where other texts may stand."""
    found = cells.codes(raw, cells.meanings_of(part.mapping.meanings(name)))
    part.columns[name] = found.values
    if name in LENIENT or not len(found.bad):
        return
    empty = np.zeros(len(part), dtype=np.bool_)
    empty[found.bad] = True
    part.columns[name] = pc.if_else(pa.array(empty), "", found.values)
    _set_aside(part, name, found.bad, UNKNOWN_CODE)


def _set_aside(part: Part, name: str, rows: NDArray[np.int64], problem: str) -> None:
    if not len(rows):
        return
    place = part.place(name)
    texts = cells.texts_of(part.source.columns[place]).take(pa.array(rows))
    part.unread.append((name, rows, texts, problem))
    told, remedy = _TOLD[problem]
    part.tell("census.cell", name, rows, told, remedy)


_TOLD: dict[str, tuple[Message, Message]] = {
    NOT_A_NUMBER: (_("is no number"), _("correct the cell; it was set aside")),
    NOT_A_DATE: (_("is no date"), _("correct the cell; it was set aside")),
    UNKNOWN_CODE: (_("is an unknown code"), _("correct the cell, or give its meaning in a mapping file")),
    UNREADABLE_SIZE: (_("is no section in mm"), _("write it like DN100 or 1200*800")),
}


def _tell_marks(part: Part, place: int, column: Column) -> None:
    """Say where a workbook holds numbers as text, or dates in columns of something else."""
    marks = part.source.marks.get(place)
    if marks is None:
        return
    if column.type == "float" and column.name not in YEARS:
        read = np.isfinite(part.columns[column.name])
        rows = np.flatnonzero((marks == TEXT_CELL) & read)
        problem, remedy = _("is a number stored as text; it was read"), _("store the column as numbers")
        part.tell("census.number-as-text", column.name, rows, problem, remedy)
    if column.name not in (*DATES, *YEARS):
        rows = np.flatnonzero(marks == DATE_CELL)
        problem = _("is a date where none belongs: the spreadsheet may have changed what was typed")
        part.tell("census.excel-date", column.name, rows, problem, _("type it again in a text column"))


def _extra(part: Part) -> Any:
    """What stands in columns without a canonical one, and codes that say more than it, as JSON objects."""
    fragments = []
    for place, header, column, problem in part.headers:
        key = f"#{place}" if problem == "empty" else f"{header}#{place}" if problem else header
        lossy = part.mapping.lossy.get(column, frozenset())
        if not column:
            fragments.append(_fragment(key, part.source.columns[place - 1], bool))
        elif lossy:
            fragments.append(_fragment(key, part.source.columns[place - 1], lossy.__contains__))
    kept = [fragment for fragment in fragments if fragment is not None]
    if not kept:
        return part.texts("extra")
    inner = pc.utf8_ltrim(pc.binary_join_element_wise(*kept, ""), characters=",")
    return pc.if_else(pc.equal(inner, ""), "", pc.binary_join_element_wise("{", inner, "}", ""))


def _fragment(key: str, column: Any, wanted: Callable[[str], bool]) -> Any:
    """`,"key":"value"` of each row, "" where the value is not wanted; None where none is."""
    encoded = cells.texts_of(column).dictionary_encode()
    named = json.dumps(key, ensure_ascii=False)
    texts = [
        f",{named}:{json.dumps(text, ensure_ascii=False)}" if wanted(text) else ""
        for text in encoded.dictionary.to_pylist()
    ]
    if not any(texts):
        return None
    return pa.array(texts, pa.string()).take(encoded.indices)
