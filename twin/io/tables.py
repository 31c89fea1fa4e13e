"""Tables in files: small ones as CSV, large ones as Parquet, both read the same way."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import DatasetError
from twin.io.files import read_text, refuse, replacing, write_text
from twin.model.finding import Finding
from twin.model.schema import Schema
from twin.model.table import Table
from twin.text import _

LARGE_ROWS = 50_000
"""Rows from which a table is written as Parquet."""
MOST_ROWS = 20_000_000
MOST_CSV_BYTES = 512 * 1024**2
"""Limits of a table that is read."""
SUFFIXES = (".csv", ".parquet")


def find(folder: Path, name: str) -> Path | None:
    """The file of table `name` in `folder`, or None."""
    for suffix in SUFFIXES:
        if (path := folder / f"{name}{suffix}").is_file():
            return path
    return None


def read_raw(path: Path) -> dict[str, Sequence[Any] | NDArray[Any]]:
    """The columns of a CSV (texts) or Parquet (values) file; DatasetError where it is neither."""
    return _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)


def _read_csv(path: Path) -> dict[str, Sequence[Any] | NDArray[Any]]:
    text = read_text(path, MOST_CSV_BYTES)
    if "\0" in text:
        raise refuse("table.broken", path, _("holds null characters"), _("export the table again as CSV"))
    try:
        rows = _rows(path, csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        problem = _("is no well-formed CSV ({reason})", reason=str(error))
        raise refuse("table.broken", path, problem, _("export the table again")) from None
    if not rows:
        raise refuse("table.empty", path, _("is empty"), _("give at least the line of column names"))
    header = [name.strip() for name in rows[0]]
    _refuse_double(path, header)
    columns = zip(*rows[1:], strict=True) if len(rows) > 1 else ([] for _name in header)
    return {name: [text.strip() for text in column] for name, column in zip(header, columns, strict=True)}


def _rows(path: Path, lines: Any) -> list[list[str]]:
    """The rows that are not blank, all as long as the first."""
    rows: list[list[str]] = []
    for row in lines:
        if not row:
            continue
        if rows and len(row) != len(rows[0]):
            problem = _(
                "line {number} has {found} fields instead of {expected}",
                number=lines.line_num,
                found=len(row),
                expected=len(rows[0]),
            )
            raise refuse("table.ragged", path, problem, _("quote texts that contain commas"))
        if len(rows) > MOST_ROWS:
            raise _too_long(path)
        rows.append(row)
    return rows


def _too_long(path: Path) -> DatasetError:
    problem = _("has more than {limit} rows", limit=MOST_ROWS)
    return refuse("table.too-long", path, problem, _("split the city"))


def _refuse_double(path: Path, header: Sequence[str]) -> None:
    if double := sorted({name for name in header if header.count(name) > 1}):
        problem = _("names a column twice ({names})", names=", ".join(double))
        raise refuse("table.double-column", path, problem, _("rename one of them"))


def _read_parquet(path: Path) -> dict[str, Sequence[Any] | NDArray[Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows > MOST_ROWS:
                raise _too_long(path)
            _refuse_double(path, file.schema_arrow.names)
            table = file.read()
            return {name: table.column(name).to_numpy() for name in table.column_names}
    except (pa.ArrowException, OSError, ValueError) as error:
        problem = _("is no readable Parquet file ({reason})", reason=" ".join(str(error).split())[:200])
        raise refuse("table.broken", path, problem, _("write the table again")) from None


def read_table(path: Path, schema: Schema, shown: str = "") -> tuple[Table, list[Finding]]:
    """The table in a file, checked against its schema; `shown` is how findings name the file."""
    return Table.build(schema, read_raw(path), shown or str(path))


def write_table(table: Table, folder: Path, name: str) -> Path:
    """Write a table as CSV, or as Parquet from 50,000 rows on; returns the path.

    Columns that hold only what a reader would fill in anyway are left out, so that files stay small.
    """
    columns = {key: values for key, values in table.columns.items() if not _is_default(table, key)}
    if len(table) >= LARGE_ROWS:
        path = folder / f"{name}.parquet"
        _write_parquet(columns, path)
    else:
        path = folder / f"{name}.csv"
        write_text(path, csv_text(columns))
    return path


def _is_default(table: Table, name: str) -> bool:
    column = table.schema.by_name[name]
    if column.default is None or column.key:
        return False
    values = table[name]
    if column.default == "":
        empty = np.isnan(values) if values.dtype.kind == "f" else values.astype(str) == ""
        return bool(empty.all())
    if values.dtype.kind == "b":
        return bool((values == (column.default == "true")).all())
    if values.dtype.kind in "fi":
        return bool((values == float(column.default)).all()) and not column.kinds
    return bool((values.astype(str) == column.default).all())


def csv_text(columns: Mapping[str, NDArray[Any]]) -> str:
    """Columns as CSV text; floats with the fewest digits that read back the same."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*map(_cells, columns.values()), strict=True))
    return buffer.getvalue()


def _cells(values: NDArray[Any]) -> list[Any]:
    """A column as `cell` writes it, quick where it holds one type alone."""
    column: list[Any] = values.tolist()
    if values.dtype.kind == "f":
        whole = (values == np.floor(values)) & (np.abs(values) < 1e15)
        texts = np.array([str(value) for value in column], dtype=object)
        texts[whole] = [str(int(value)) for value in values[whole].tolist()]
        texts[np.isnan(values)] = ""
        return list(texts)
    if values.dtype.kind == "i":
        return column
    return [value if type(value) is str and "\r" not in value else cell(value) for value in column]


def cell(value: object) -> str:
    """A value as the text of a CSV cell: NaN and None are empty, whole floats have no fraction.

    Line breaks in texts become those of Unix: a bare carriage return would end the row.
    """
    if value is None or value != value:  # noqa: PLR0124 (NaN is the only value unequal to itself)
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _write_parquet(columns: Mapping[str, NDArray[Any]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with replacing(path) as file:
        pq.write_table(pa.table(dict(columns)), file)
