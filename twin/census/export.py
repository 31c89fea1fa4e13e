"""A survey as a surveyor delivers it: his tables, headers, codes and axes."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from twin.census.delivery import JOINED_FOLDER, SETTINGS
from twin.census.export_table import written_table
from twin.census.mappings import TABLES, FieldMapping
from twin.census.recognise import stem_of
from twin.census.survey import Survey
from twin.errors import DatasetError
from twin.io.files import refuse, write_text
from twin.io.yaml_file import read_yaml
from twin.text import _
from twin.text.system import told

FORMS = ("csv", "xlsx")
MARK = "exported"
"""Key of `survey.yaml` by which a folder is known as an export."""
WORKBOOK = "survey.xlsx"
MOST_SHEET_ROWS = 1_048_575
LONGEST_SHEET = 31
_SUFFIX = {"points": "POINT", "lines": "LINE"}
_FOUND = ("mapping", "axis", "zone", "units", MARK)
"""What the reader found out by itself: not stated in an export."""
_BOM = b"\xef\xbb\xbf"
Watch = Callable[[float], None]


@dataclass(frozen=True)
class Exported:
    """What was written: folder, mapping, and rows by file or sheet."""

    folder: Path
    mapping: str
    rows: Mapping[str, int]

    def record(self) -> dict[str, Any]:
        """The export as plain values."""
        return {"mapping": self.mapping, "tables": dict(self.rows)}


def export_survey(
    survey: Survey,
    mapping: FieldMapping,
    folder: Path,
    *,
    form: str = "csv",
    watch: Watch = lambda share: None,
) -> Exported:
    """Write `survey` into `folder` in the words of `mapping`, whole or not at all.

    Each table becomes one of its own again: `JSPOINT.csv`. Cells that could not be read and columns without
    a canonical one are written back where they stood, so that reading the export gives the same survey.

    Raises
    ------
    DatasetError
        Where `form` is none of `FORMS`, the folder can't be written, or a workbook can't hold it.
    """
    if form not in FORMS:
        raise refuse("export.form", form, _("is no format"), _("use csv or xlsx"))
    temporary = folder.parent / f".{folder.name}.{uuid4().hex}.tmp"
    rows: dict[str, int] = {}
    tables: dict[str, pa.Table] = {}
    try:
        temporary.mkdir(parents=True)
        pieces = [(table, name, own) for table in TABLES for name, own in files_of(survey, table)]
        for number, (table, name, own) in enumerate(pieces, start=1):
            made = written_table(survey, mapping, table, own)
            rows[name] = made.num_rows
            if form == "csv":
                write_csv(made, temporary / f"{name}.csv")
            else:
                tables[name] = made
            watch(0.9 * number / len(pieces))
        if form == "xlsx":
            _write_workbook(tables, temporary / WORKBOOK)
        _write_rest(survey, mapping, temporary)
        _put(temporary, folder)
    except OSError as error:
        problem = _("cannot be written ({reason})", reason=told(error))
        raise refuse("output.unwritable", folder, problem, _("choose a folder you may write")) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Exported(folder, mapping.name, rows)


def check_replaceable(folder: Path, overwrite: bool) -> None:
    """DatasetError where `folder` holds something that is not to be replaced."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / SETTINGS).is_file() or MARK not in (read_yaml(folder / SETTINGS) or {}):
        raise refuse(
            "output.foreign", folder, _("exists and is no export of a survey"), _("give another folder")
        )
    if not overwrite:
        raise refuse(
            "output.exists", folder, _("holds an export already"), _("give another folder or --overwrite")
        )


def files_of(survey: Survey, table: str) -> list[tuple[str, NDArray[np.int64]]]:
    """Names of the tables that a canonical one is written as, and their rows: as they came or by category."""
    data: pd.DataFrame = getattr(survey, table)
    own = data["file"].where(data["file"] != "", data["category"])
    numbers, different = pd.factorize(own)
    names = [_file_name(str(file), table) for file in different]
    short = [name.rsplit("/", 1)[-1] for name in names]
    names = [
        last if short.count(last) == 1 else name.replace("/", "_")
        for name, last in zip(names, short, strict=True)
    ]
    order = np.argsort(numbers, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(numbers, minlength=len(names)))[:-1]) if names else []
    joined: dict[str, list[NDArray[np.int64]]] = {}
    for name, part in zip(names, parts, strict=True):
        joined.setdefault(name, []).append(part.astype(np.int64))
    return sorted((name, np.sort(np.concatenate(rows))) for name, rows in joined.items())


def _file_name(file: str, table: str) -> str:
    """`a/JSPOINT.csv` and `a/book.xlsx#JSPOINT` as `a/JSPOINT`, `JS` as `JSPOINT`."""
    book, sheet, layer = file.partition("#")
    folder = book.rsplit("/", 1)[0] + "/" if "/" in book else ""
    stem = layer if sheet else re.sub(r"\.\w{1,8}$", "", book.rsplit("/", 1)[-1])
    stem = re.sub(r'[\\/:*?"<>|\[\]\x00-\x1f]', "_", stem) or "table"
    return folder + (stem if stem_of(stem, table) else stem + _SUFFIX[table])


def write_csv(table: pa.Table, path: Path) -> None:
    """A table as CSV in UTF-8 with its mark, so that spreadsheets read it right."""
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(table.column_names)
    plain = pa.table(list(table.columns), names=[str(number) for number in range(table.num_columns)])
    quoted = any(_needs_quotes(column) for column in plain.columns)
    options = pacsv.WriteOptions(include_header=False, quoting_style="needed" if quoted else "none")
    with path.open("xb") as file:
        file.write(_BOM + head.getvalue().encode())
        pacsv.write_csv(plain, file, options)


def _needs_quotes(column: Any) -> bool:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    return bool(pc.any(pc.match_substring_regex(column, '[",\r\n;\t|，]')).as_py())


def _write_workbook(tables: Mapping[str, pa.Table], path: Path) -> None:
    """One sheet for each table; texts are texts, whatever they begin with."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = Workbook(write_only=True)
    for name, table in tables.items():
        if table.num_rows > MOST_SHEET_ROWS:
            problem = _("has more rows than a sheet holds ({limit})", limit=MOST_SHEET_ROWS)
            raise refuse("export.too-long", name, problem, _("export as csv"))
        sheet = book.create_sheet(name[:LONGEST_SHEET])
        sheet.append(table.column_names)
        columns = [column.to_pylist() for column in table.columns]
        for values in zip(*columns, strict=True):
            cells = []
            for value in values:
                try:
                    cell = WriteOnlyCell(sheet, value)
                except IllegalCharacterError:
                    problem = _("holds a sign that no workbook can: {value!r}", value=str(value)[:60])
                    raise refuse("export.sign", name, problem, _("export as csv")) from None
                cell.data_type = "s" if isinstance(value, str) else cell.data_type
                cells.append(cell)
            sheet.append(cells)
    book.save(path)


def _write_rest(survey: Survey, mapping: FieldMapping, folder: Path) -> None:
    """Joined tables, and what is known of the survey as a whole."""
    if survey.tables:
        (folder / JOINED_FOLDER).mkdir()
    for name, data in sorted(survey.tables.items()):
        table = pa.Table.from_pandas(data, preserve_index=False)
        blanked = [
            pc.if_else(pc.equal(c, ""), None, c) if pa.types.is_large_string(c.type) else c
            for c in table.columns
        ]
        write_csv(pa.table(blanked, names=table.column_names), folder / JOINED_FOLDER / f"{name}.csv")
    known = {key: value for key, value in survey.meta.items() if key not in _FOUND and value} | {
        MARK: mapping.name
    }
    lines = [f"{key}: {json.dumps(str(value), ensure_ascii=False)}\n" for key, value in known.items()]
    write_text(folder / SETTINGS, "".join(lines))


def _put(temporary: Path, folder: Path) -> None:
    """Put the new folder in the place of an old one, which goes only once the new one is there."""
    if not folder.exists():
        temporary.rename(folder)
        return
    if not folder.is_dir():
        raise DatasetError(_("{path} is no folder", path=str(folder)))
    old = folder.parent / f".{folder.name}.{uuid4().hex}.old"
    folder.rename(old)
    try:
        temporary.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old)
