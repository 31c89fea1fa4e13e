"""The element tables of a pandapower JSON file as plain columns, read without pandapower.

Such a file says which Python classes its reader shall load (`_module`, `_class`). Nothing of that is
followed: what calls itself a DataFrame is read as a table, everything else is data or is left alone.
Both dialects are read, that of pandapower 2 and that of pandapower 3; `.gz` is unpacked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import DatasetError
from twin.io.files import read_text, refuse
from twin.text import Message, _

MAX_BYTES = 512 * 1024**2
"""Largest file that is read, unpacked."""


@dataclass(frozen=True)
class Frame:
    """One table: row labels and columns of equal length; a missing value is None."""

    index: Sequence[int]
    columns: Mapping[str, Sequence[Any]]

    def __len__(self) -> int:
        return len(self.index)

    def column(self, name: str, default: object = None) -> list[Any]:
        """A column with `default` where it, or a value of it, is missing."""
        values = self.columns.get(name, (None,) * len(self))
        return [default if value is None or value != value else value for value in values]  # noqa: PLR0124

    def rows(self) -> list[dict[str, Any]]:
        """Rows as mappings, NaN as None; the row label is `index`."""
        columns = {name: self.column(name) for name in self.columns} | {"index": list(self.index)}
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


EMPTY = Frame((), {})


@dataclass(frozen=True)
class PandapowerFile:
    """Tables by name (empty ones left out), and the frequency."""

    path: Path
    frames: Mapping[str, Frame]
    f_hz: float
    has_profiles: bool = False

    def __getitem__(self, name: str) -> Frame:
        return self.frames.get(name, EMPTY)


def read_frames(path: Path) -> PandapowerFile:
    """All tables of the file; DatasetError where it is not a pandapower network."""
    path = Path(path)
    text = read_text(path, MAX_BYTES)
    try:
        outer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(path, _("is not readable JSON ({reason})", reason=str(error))) from None
    content = outer.get("_object") if isinstance(outer, dict) else None
    if not isinstance(content, dict) or outer.get("_class") != "pandapowerNet":
        raise _refused(path, _("holds no pandapower network"))
    frames = {
        str(name): _frame(path, str(name), value)
        for name, value in content.items()
        if isinstance(value, dict) and value.get("_class") == "DataFrame"
    }
    if "bus" not in frames:
        raise _refused(path, _("has no table of buses"))
    frequency = content.get("f_hz", 50.0)
    if not isinstance(frequency, int | float) or not 0 < frequency < 1000:
        raise _refused(path, _("gives {value} as frequency", value=repr(frequency)[:40]))
    filled = {name: frame for name, frame in frames.items() if len(frame)}
    return PandapowerFile(path, filled, float(frequency), bool(content.get("profiles")))


def _frame(path: Path, name: str, value: Mapping[str, Any]) -> Frame:
    try:
        table = value["_object"]
        if isinstance(table, str):
            table = json.loads(table)
        if value.get("orient", "split") != "split":
            raise TypeError("orient")
        index, names, rows = table["index"], table["columns"], table["data"]
        labels = [label if isinstance(label, int) else position for position, label in enumerate(index)]
        columns = {str(column): [_cell(row[place]) for row in rows] for place, column in enumerate(names)}
        if len(rows) != len(labels):
            raise TypeError("index")
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        problem = _("table {table} is broken ({reason})", table=name, reason=str(error)[:80])
        raise _refused(path, problem) from None
    return Frame(labels, columns)


def _cell(value: Any) -> Any:
    """A value of a table; what is itself a list or an object carries nothing that we read."""
    return None if isinstance(value, list | dict) else value


def _refused(path: Path, problem: Message) -> DatasetError:
    remedy = _("write it again with pandapower.to_json")
    return refuse("pandapower.broken", path, problem, remedy)
