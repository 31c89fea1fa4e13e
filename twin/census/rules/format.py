"""Rules of format: headers, mandatory fields, cells that are not what their column holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import numpy as np

from twin.census.rules.data import rows_of
from twin.census.rules.hits import Hits, Mask, hits
from twin.census.rules.view import View

UNREADABLE = ("not a number", "not a date", "unreadable size")
UNKNOWN = ("unknown code",)


def bad_headers(view: View) -> Iterator[Hits]:
    """G01: a header is empty, or stands twice in its table; once per header."""
    headers = view.survey.headers
    bad = headers[headers["problem"].isin(["empty", "duplicate"])]
    for table, rows in bad.groupby("table", sort=True):
        yield Hits(
            str(table),
            np.full(len(rows), -1),
            "",
            [
                f"{header or '-'} @{place}"
                for header, place in zip(rows["header"], rows["position"], strict=True)
            ],
            [""] * len(rows),
            files=[PurePosixPath(file.replace("\\", "/")).name for file in rows["file"]],
        )


def empty_fields(view: View) -> Iterator[Hits]:
    """G02: a mandatory field (`mandatory.csv`) is empty or blank; an unreadable cell is not empty."""
    for table in ("points", "lines"):
        for column in dict.fromkeys(row["column"] for row in rows_of("mandatory") if row["table"] == table):
            empty = ~view.filled(table, column)
            empty[_in_cells(view, table, column)] = False
            if empty.any():
                found = empty & _required(view, table, column)
                yield hits(table, found, column, [""] * int(found.sum()), "")


def _required(view: View, table: str, column: str) -> Mask:
    made = np.zeros(len(getattr(view, table)), dtype=np.bool_)
    classes = view.point_class if table == "points" else view.line_class
    for row in rows_of("mandatory"):
        if (row["table"], row["column"]) == (table, column):
            own = np.array([code in row["classes"].split() for code in view.classes] + [False])
            asked = own[classes] if row["classes"] else np.ones(len(made), dtype=np.bool_)
            made |= asked & ~_laid(view, table, row["except_embed"])
    return made


def _laid(view: View, table: str, codes: str) -> Mask:
    if table == "lines" or not codes:
        return view.laid(codes) if codes else np.zeros(len(getattr(view, table)), dtype=np.bool_)
    named = view.ends[:, view.laid(codes)].ravel()
    flags = np.zeros(len(view.names) + 1, dtype=np.bool_)
    flags[named] = True
    flags[-1] = False
    return np.asarray(flags[view.number])


def _in_cells(view: View, table: str, column: str) -> Mask:
    cells = view.survey.cells
    own = cells[(cells["table"] == table) & (cells["column"] == column)]
    return np.asarray(getattr(view, table)["row"].isin(own["row"]), dtype=np.bool_)


def unreadable_cells(view: View) -> Iterator[Hits]:
    """G03: a cell of a number, date or size column cannot be read as such."""
    yield from cells_with(view, UNREADABLE, "number, date or size")


def cells_with(view: View, problems: Iterable[str], expected: str) -> Iterator[Hits]:
    """Cells that the reader could not read, with one of `problems`."""
    cells = view.survey.cells
    own = cells[cells["problem"].isin(list(problems))]
    for (table, column), rows in own.groupby(["table", "column"], sort=True):
        at = getattr(view, str(table))["row"].searchsorted(rows["row"].to_numpy())
        yield hits(str(table), at, str(column), rows["value"], expected)


RULES = {"G01": bad_headers, "G02": empty_fields, "G03": unreadable_cells}
