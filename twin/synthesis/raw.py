"""The folder a surveyor delivers: point and line tables by category, joined tables, what is wrong in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from twin.errors import DatasetError
from twin.io.files import write_text
from twin.model.finding import Finding, Severity
from twin.synthesis.survey_tables import TABLES, Columns, Draft, Field, Rows, fields
from twin.text import _
from twin.text.system import told

SUFFIX = {"points": "POINT", "lines": "LINE"}
DEFECTS = "defects.csv"
BOM = b"\xef\xbb\xbf"
Report = Callable[[float], None]


def file_names(table: str, columns: Columns) -> Any:
    """The file each row is delivered in (`JSPOINT.csv`)."""
    return np.array([f"{code}{SUFFIX[table]}.csv" for code in columns["category"]], dtype=object)


def write_raw(
    draft: Draft,
    defects: pd.DataFrame,
    folder: Path,
    meta: Mapping[str, Any],
    *,
    overwrite: bool = False,
    report: Report = lambda share: None,
) -> None:
    """Write the survey into `folder`, whole or not at all.

    Parameters
    ----------
    draft
        The survey; rows stand in their file in the order of the draft.
    defects
        `rule,table,id,origin`: every violation there is.
    folder
        Where to; its parents are made.
    meta
        What `survey.yaml` says.
    overwrite
        Whether a folder that is there may be replaced.
    report
        Told the share of the rows that is written.

    Raises
    ------
    DatasetError
        Where the folder exists and may not be replaced, or cannot be written.
    """
    check_place(folder, overwrite=overwrite)
    temporary = folder.parent / f".{folder.name}.{uuid4().hex}.tmp"
    try:
        temporary.mkdir(parents=True)
        _write_all(draft, defects, temporary, meta, report)
        _replace(temporary, folder)
    except OSError as error:
        raise _refused(folder, _("cannot be written ({reason})", reason=told(error))) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_place(folder: Path, *, overwrite: bool) -> None:
    """DatasetError where `folder` exists and may not be replaced, or is not the folder of a survey."""
    if not folder.exists():
        return
    if not overwrite:
        raise _refused(folder, _("exists"))
    ours = folder.is_dir() and not folder.is_symlink()
    if not ours or (any(folder.iterdir()) and not (folder / DEFECTS).is_file()):
        raise _refused(folder, _("holds something else than a synthetic survey"))


def _refused(folder: Path, problem: Any) -> DatasetError:
    remedy = _("give another folder, or --overwrite for a synthetic survey")
    finding = Finding("output.exists", Severity.ERROR, str(folder), problem, remedy)
    return DatasetError(_("{path} cannot be written", path=str(folder)), (finding,))


def _replace(temporary: Path, folder: Path) -> None:
    """Put the new folder in the place of the old one, which is only removed once the new one is there."""
    if not folder.exists():
        temporary.rename(folder)
        return
    old = folder.parent / f".{folder.name}.{uuid4().hex}.old"
    folder.rename(old)
    try:
        temporary.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def _write_all(
    draft: Draft, defects: pd.DataFrame, folder: Path, meta: Mapping[str, Any], report: Report
) -> None:
    total = sum(len(draft.table(table)["id"]) for table in TABLES)
    done = 0
    for table in TABLES:
        for name, rows in _by_file(draft.table(table)["file"]):
            _write_table(draft, table, name, rows, folder / name)
            done += len(rows)
            report(done / total)
    (folder / "joined").mkdir()
    for name, joined in draft.tables.items():
        _write_joined(joined, folder / "joined" / f"{name}.csv")
    _write_joined(defects, folder / DEFECTS)
    write_text(folder / "survey.yaml", "".join(f"{key}: {value}\n" for key, value in meta.items()))


def _by_file(names: Any) -> list[tuple[str, Rows]]:
    """The rows of each file, by its name."""
    numbers, known = pd.factorize(names, sort=True)
    order = np.argsort(numbers, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(numbers, minlength=len(known)))[:-1])
    return [(str(name), part) for name, part in zip(known, parts, strict=True)]


def _write_table(draft: Draft, table: str, name: str, rows: Rows, path: Path) -> None:
    columns = draft.table(table)
    bad = _bad_cells(draft, table, rows)
    renamed = {column: header for column, header in draft.headers.get(name, []) if column}
    added = [header for column, header in draft.headers.get(name, []) if not column]
    headers, arrays = [], []
    for own in fields(table):
        headers.append(renamed.get(own.name, own.chinese))
        arrays.append(_array(own, columns[own.name][rows], bad.get(own.name, {})))
    for header in added:
        headers.append(header)
        arrays.append(pa.nulls(len(rows), pa.string()))
    _write_csv(pa.table(arrays, names=[str(i) for i in range(len(arrays))]), headers, path, BOM)


def _bad_cells(draft: Draft, table: str, rows: Rows) -> dict[str, dict[int, str]]:
    """Texts in number cells of these rows: column to place among the rows to text."""
    mine = [(row, column, text) for (kind, row, column), text in draft.cells.items() if kind == table]
    place = {int(row): number for number, row in enumerate(rows)} if mine else {}
    found: dict[str, dict[int, str]] = {}
    for row, column, text in mine:
        if row in place:
            found.setdefault(column, {})[place[row]] = text
    return found


def _array(own: Field, values: Any, bad: Mapping[int, str]) -> pa.Array:
    if own.type == "text":
        texts = pa.array(values, pa.string())
        return pc.if_else(pc.equal(texts, ""), None, texts)
    numbers = pa.array(values, pa.float64(), from_pandas=True)
    if not bad:
        return numbers
    texts = numbers.cast(pa.string()).to_pylist()
    for place, text in bad.items():
        texts[place] = text
    return pa.array(texts, pa.string())


def _write_joined(frame: pd.DataFrame, path: Path) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    _write_csv(table, [str(name) for name in frame.columns], path)


def _write_csv(table: pa.Table, headers: list[str], path: Path, mark: bytes = b"") -> None:
    style = "needed" if any(_needs_quotes(column) for column in table.columns) else "none"
    options = pacsv.WriteOptions(include_header=False, quoting_style=style)
    with path.open("xb") as file:
        file.write(mark + (",".join(headers) + "\n").encode())
        pacsv.write_csv(table, file, options)


def _needs_quotes(column: pa.ChunkedArray) -> bool:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    return bool(pc.any(pc.match_substring_regex(column, '[",\r\n]')).as_py())
