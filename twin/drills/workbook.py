"""A scenario as a workbook: one sheet per part, one line per expectation; and back.

A workbook is read cell by cell into the same tree as a YAML file, so that the same rules and the same
findings hold; lines and columns are those of the sheet. Formulas are never evaluated.
"""

from __future__ import annotations

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font

from twin.drills import words
from twin.drills.refusal import instead_of
from twin.drills.schema import Agency, Expectation, Hazard, Row, Scenario, keys_of
from twin.drills.tree import Branch, Entry, Leaf, Mark, Node, Series, defect, tree_of
from twin.drills.writer import flow_text, plain
from twin.errors import ScenarioError
from twin.model.finding import Finding
from twin.text import Message, _
from twin.text.system import told

LARGEST_WORKBOOK = 5_000_000
LARGEST_UNPACKED = 50_000_000
MOST_ENTRIES = 200
MOST_LINES = 20_000
MOST_COLUMNS = 64
_BETWEEN_RATES = "; "
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
)
_HEAD = ("drill", "scenario", "city", "start", "seed", "duration")
_ROW = tuple(
    f"{key}.{inner}" if part else key
    for key, part in keys_of(Row).items()
    if key != "expect"
    for inner in (keys_of(part) if part else ("",))
)
_SHEETS: Mapping[str, tuple[str, ...]] = {
    "scenario": ("key", "value"),
    "names": ("name", "meaning"),
    "agencies": ("name", *keys_of(Agency)),
    "hazards": tuple(keys_of(Hazard)),
    "script": (*_ROW, *keys_of(Expectation)),
    "variants": ("name", "key", "value"),
}


@dataclass(frozen=True)
class _Line:
    """One line of a sheet: its cells by English heading, empty ones left out, each with its place."""

    mark: Mark
    cells: dict[str, Leaf]


def to_xlsx(scenario: Scenario, path: FilePath | str, language: str = "en") -> None:
    """Write `scenario` to a workbook at `path`, with headings and terms in `language` ("en" or "zh")."""
    data = plain(scenario, language)
    book = Workbook()
    book.remove(book.active)
    for sheet, headings in _SHEETS.items():
        page = book.create_sheet(words.spelt(sheet, "key", language))
        lines: list[Sequence[str | None]] = [[_heading(each, language) for each in headings]]
        lines += _lines_of(sheet, data, headings, language)
        for number, line in enumerate(lines, 1):
            for column, text in enumerate(line, 1):
                if text is None:
                    continue
                cell = page.cell(number, column)
                cell.value, cell.data_type = text, "s"
                cell.font, cell.alignment = Font(bold=number == 1), Alignment(wrap_text=True, vertical="top")
        page.freeze_panes = "A2"
    book.save(path)


def tree_of_workbook(path: FilePath) -> Branch:
    """The tree of the workbook at `path`, as if it were written as a YAML file.

    Raises `ScenarioError` where it is no workbook, is too large, or has unknown sheets or headings.
    """
    _defuse(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        pages = {page.title: _cells(page, f"{path}#{page.title}") for page in book.worksheets}
        book.close()
    except Exception as error:  # openpyxl has no error of its own: broken files raise whatever they touch
        raise _refused(
            path, _("is no workbook ({reason})", reason=type(error).__name__), _("save it anew")
        ) from None
    findings: list[Finding] = []
    sheets: dict[str, list[_Line]] = {}
    for title, rows in pages.items():
        name = words.english(title, "key") or ""
        if name in _SHEETS and name not in sheets:
            sheets[name] = _lines(rows, _SHEETS[name], findings)
        else:
            known = [spelt for sheet in _SHEETS for spelt in (sheet, words.spelt(sheet, "key", "zh"))]
            problem = _("is no sheet of a scenario, or stands twice")
            findings.append(defect(Mark(f"{path}#{title}"), "sheet", problem, instead_of(title, known)))
    tree = _assembled(str(path), sheets, findings)
    if findings:
        raise ScenarioError(_("{file} is not a scenario that can be used", file=str(path)), tuple(findings))
    return tree


def _heading(column: str, language: str) -> str:
    role = "column" if column in words.aliases("column") else "key"
    return ".".join(words.spelt(part, role, language) for part in column.split("."))


def _meaning(heading: str) -> str:
    """The English column of a heading in either language, "" where there is none."""
    if column := words.english(heading, "column"):
        return column
    return ".".join(words.english(part.strip(), "key") or "?" for part in heading.split("."))


def _lines_of(
    sheet: str, data: Mapping[str, object], headings: Sequence[str], language: str
) -> Iterator[Sequence[str | None]]:
    """The lines of one sheet below its headings, None for an empty cell."""
    if sheet == "scenario":
        yield from ([words.spelt(key, "key", language), str(data[key])] for key in _HEAD if key in data)
        return
    part = data.get(sheet, {})
    if sheet == "script":
        assert isinstance(part, Sequence)
        for row in part:
            yield from _lines_of_row(row, headings)
    elif sheet == "hazards":
        for hazard in part if isinstance(part, Sequence) else ():
            yield [_joined(hazard.get(key)) for key in headings]
    else:
        assert isinstance(part, Mapping)
        for name, value in part.items():
            if sheet == "names":
                yield [name, value]
            elif sheet == "agencies":
                yield [name, *(_shown(value.get(key)) for key in headings[1:])]
            else:
                yield from ([name, key, flow_text(each)] for key, each in value.items())


def _lines_of_row(row: Mapping[str, object], headings: Sequence[str]) -> Iterator[Sequence[str | None]]:
    """The lines of one row of the script: the row with its first expectation, then one for each other."""
    cells = {
        f"{key}.{inner}" if isinstance(value, Mapping) else key: each
        for key, value in row.items()
        if key != "expect"
        for inner, each in (value.items() if isinstance(value, Mapping) else (("", value),))
    }
    expectations = row.get("expect") or ({},)
    assert isinstance(expectations, Sequence)
    for expectation in expectations:
        line = {**cells, **expectation}
        yield [_shown(line.get(heading)) for heading in headings]
        cells = {}


def _shown(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _joined(value: object) -> str | None:
    return _BETWEEN_RATES.join(value) if isinstance(value, list | tuple) else _shown(value)


def _refused(path: FilePath, problem: Message, remedy: Message) -> ScenarioError:
    headline = _("{file} is not a scenario that can be used", file=str(path))
    return ScenarioError(headline, (defect(Mark(str(path)), "file", problem, remedy),))


def _defuse(path: FilePath) -> None:
    """Refuse a file that is too large, unpacks to too much, or brings its own XML entities."""
    remedy = _("save it anew from a spreadsheet program")
    try:
        if path.stat().st_size > LARGEST_WORKBOOK:
            raise _refused(path, _("is larger than {limit} bytes", limit=LARGEST_WORKBOOK), remedy)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
                raise _refused(path, _("unpacks to more than {limit} bytes", limit=LARGEST_UNPACKED), remedy)
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")) and _is_armed(archive.read(entry)):
                    raise _refused(path, _("holds XML that a workbook has no need of"), remedy)
    except OSError as error:
        problem = _("cannot be opened ({reason})", reason=told(error))
        raise _refused(path, problem, _("check the path")) from None
    except _BROKEN as error:
        problem = _("is no workbook ({reason})", reason=type(error).__name__)
        raise _refused(path, problem, remedy) from None


def _is_armed(xml: bytes) -> bool:
    return b"<!DOCTYPE" in xml or b"\0" in xml


def _cells(page: object, file: str) -> list[list[Leaf]]:
    """The cells of a sheet as leaves, row by row."""
    rows = page.iter_rows(max_row=MOST_LINES + 1, max_col=MOST_COLUMNS, values_only=True)  # type: ignore[attr-defined]
    return [
        [Leaf(_text(value), Mark(file, number, column)) for column, value in enumerate(row, 1)]
        for number, row in enumerate(rows, 1)
    ]


def _text(value: object) -> str | None:
    """What stands in a cell, as it would be written in a YAML file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds" if value.second else "minutes")
    if isinstance(value, dt.time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, dt.timedelta):
        return f"{value.total_seconds():g} s"
    return None if value is None else str(value).strip() or None


def _lines(rows: Sequence[Sequence[Leaf]], columns: Sequence[str], findings: list[Finding]) -> list[_Line]:
    """The lines below the headings, with a finding for each heading that is unknown or stands twice."""
    if len(rows) > MOST_LINES:
        mark = rows[-1][0].mark if rows[-1] else Mark("")
        problem = _("the sheet has more than {limit} lines", limit=MOST_LINES)
        findings.append(defect(mark, "sheet", problem, _("split it")))
    headings: dict[int, str] = {}
    for place, leaf in enumerate(rows[0] if rows else ()):
        column = _meaning(leaf.text or "")
        if leaf.text and (column not in columns or column in headings.values()):
            known = [_heading(each, language) for language in ("en", "zh") for each in columns]
            problem = _("is no heading here, or stands twice")
            findings.append(
                defect(leaf.mark, "unknown-key", problem, instead_of(leaf.text, known), leaf.text)
            )
        elif leaf.text:
            headings[place] = column
    lines = []
    for row in rows[1:]:
        cells = {headings[place]: leaf for place, leaf in enumerate(row) if place in headings and leaf.text}
        if cells:
            lines.append(_Line(row[0].mark, cells))
    return lines


def _assembled(file: str, sheets: Mapping[str, list[_Line]], findings: list[Finding]) -> Branch:
    """The tree that the lines of all sheets make together."""
    top: dict[str, Entry] = {}
    for line in sheets.get("scenario", ()):
        _keyed(top, line, "key", line.cells.get("value", Leaf(None, line.mark)), findings)
    parts: dict[str, dict[str, Entry]] = {"names": {}, "agencies": {}, "variants": {}}
    for line in sheets.get("names", ()):
        _keyed(parts["names"], line, "name", line.cells.get("meaning", Leaf(None, line.mark)), findings)
    for line in sheets.get("agencies", ()):
        cells = {key: leaf for key, leaf in line.cells.items() if key != "name"}
        _keyed(parts["agencies"], line, "name", _branch(cells, line.mark), findings)
    for line in sheets.get("variants", ()):
        _add_change(parts["variants"], line, findings)
    for key, entries in parts.items():
        if entries:
            mark = next(iter(entries.values())).mark
            top[key] = Entry(key, mark, Branch(entries, mark))
    for key, items in (("hazards", _hazards(sheets)), ("script", _script(sheets))):
        if items:
            top[key] = Entry(key, items[0].mark, Series(tuple(items), items[0].mark))
    return Branch(top, Mark(file))


def _keyed(entries: dict[str, Entry], line: _Line, column: str, value: Node, findings: list[Finding]) -> None:
    """Add the line to `entries` under what stands in its `column`."""
    leaf = line.cells.get(column)
    if leaf is None or leaf.text is None:
        findings.append(defect(line.mark, "missing-key", _("is missing"), _("fill the cell"), column))
        return
    key = words.english(leaf.text, "key") or leaf.text if column == "key" else leaf.text
    if key in entries:
        first = entries[key].mark.line
        problem = _("stands twice: first in line {line}", line=first)
        findings.append(defect(leaf.mark, "duplicate-key", problem, _("keep one"), leaf.text))
    else:
        entries[key] = Entry(leaf.text, leaf.mark, value)


def _add_change(variants: dict[str, Entry], line: _Line, findings: list[Finding]) -> None:
    """Add one change of a variant; its value is read like that of a setting."""
    name, leaf = line.cells.get("name"), line.cells.get("value", Leaf("", line.mark))
    if name is None or name.text is None:
        findings.append(defect(line.mark, "missing-key", _("is missing"), _("fill the cell"), "name"))
        return
    value, found = tree_of(leaf.text or "", leaf.mark.file)
    if found:
        findings.append(defect(leaf.mark, "yaml", found[0].problem, found[0].remedy, "value"))
        return
    entry = variants.setdefault(name.text, Entry(name.text, name.mark, Branch({}, name.mark)))
    assert isinstance(entry.value, Branch)
    changes = _Line(line.mark, {"path": line.cells["key"]} if "key" in line.cells else {})
    _keyed(entry.value.entries, changes, "path", _moved(value, leaf.mark), findings)


def _moved(node: Node, mark: Mark) -> Node:
    """`node` with everything in it at `mark`, the cell it was read from."""
    if isinstance(node, Leaf):
        return Leaf(node.text, mark)
    if isinstance(node, Series):
        return Series(tuple(_moved(item, mark) for item in node.items), mark)
    return Branch(
        {key: Entry(entry.written, mark, _moved(entry.value, mark)) for key, entry in node.entries.items()},
        mark,
    )


def _branch(cells: Mapping[str, Leaf], mark: Mark) -> Branch:
    """A branch of cells; `tell.to` stands in a branch of its own under `tell`."""
    entries: dict[str, Entry] = {}
    for column, leaf in cells.items():
        key, __, inner = column.partition(".")
        if not inner:
            entries[key] = Entry(key, leaf.mark, leaf)
            continue
        below = entries.setdefault(key, Entry(key, leaf.mark, Branch({}, leaf.mark))).value
        assert isinstance(below, Branch)
        below.entries[inner] = Entry(inner, leaf.mark, leaf)
    return Branch(entries, mark)


def _hazards(sheets: Mapping[str, list[_Line]]) -> list[Node]:
    hazards: list[Node] = []
    for line in sheets.get("hazards", ()):
        branch = _branch(line.cells, line.mark)
        if rain := line.cells.get("rain"):
            rates = (rain.text or "").split(_BETWEEN_RATES.strip())
            series = Series(tuple(Leaf(rate.strip(), rain.mark) for rate in rates), rain.mark)
            branch.entries["rain"] = Entry("rain", rain.mark, series)
        hazards.append(branch)
    return hazards


def _script(sheets: Mapping[str, list[_Line]]) -> list[Node]:
    """The rows of the script: a line that fills a column of the row begins one."""
    rows: list[Branch] = []
    for line in sheets.get("script", ()):
        own = {column: leaf for column, leaf in line.cells.items() if column in _ROW}
        if own or not rows:
            rows.append(_branch(own, line.mark))
        cells = {column: leaf for column, leaf in line.cells.items() if column not in _ROW}
        if cells:
            entries, expectation = rows[-1].entries, _branch(cells, line.mark)
            before = entries["expect"].value if "expect" in entries else Series((), line.mark)
            assert isinstance(before, Series)
            entries["expect"] = Entry("expect", line.mark, Series((*before.items, expectation), before.mark))
    return list(rows)
