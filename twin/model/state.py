"""The state laid over a city: the one thing that changes during a run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from twin.model.network import Network, Ref

Array = NDArray[Any]
DTYPES: Mapping[str, Any] = {"bool": np.bool_, "float": np.float64, "int": np.int64}


@dataclass(frozen=True)
class StateColumn:
    """One thing that can change about the components of one table.

    `default` is a literal or `@column` (start from that column of the component table). `effect` says
    what a solver must rebuild: `topology`, `parameter` or nothing (`none`).
    """

    table: str
    name: str
    type: Literal["bool", "float", "int"]
    default: str
    effect: Literal["topology", "parameter", "none"]
    description: str = ""


@dataclass(frozen=True)
class Change:
    """What a write changed: which layer must be solved again and how much of it is rebuilt."""

    layer: str = ""
    topology: bool = False
    parameter: bool = False

    def __bool__(self) -> bool:
        return self.topology or self.parameter


def read_state_columns(path: Path) -> tuple[StateColumn, ...]:
    """State columns from a CSV file `table,column,type,default,effect,description`."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            StateColumn(
                row["table"],
                row["column"],
                row["type"],  # type: ignore[arg-type]
                row["default"],
                row["effect"],  # type: ignore[arg-type]
                row["description"],
            )
            for row in csv.DictReader(file)
        )


COMMON = read_state_columns(Path(__file__).parent / "schema" / "state.csv")


class State:
    """Columns per layer and component table, written one value at a time through `write`.

    Every component has `failed`, `supplied`, `isolated` and `tripped`; a lifeline's declaration adds its
    own columns. A component is *available* when it is supplied and neither failed, isolated nor tripped.
    """

    def __init__(
        self, layers: Mapping[str, Network], columns: Mapping[str, Iterable[StateColumn]] | None = None
    ) -> None:
        self._layers = dict(layers)
        self._values: dict[tuple[str, str, str], Array] = {}
        self._effects: dict[tuple[str, str, str], str] = {}
        self.writes = 0
        for name, network in self._layers.items():
            own = tuple((columns or {}).get(name, ()))
            for table in network.components:
                for column in (*COMMON, *own):
                    if column.table in ("*", table):
                        self._add(name, network, table, column)

    def _add(self, layer: str, network: Network, table: str, column: StateColumn) -> None:
        dtype = DTYPES[column.type]
        rows = network.tables[table]
        if column.default.startswith("@"):
            values = rows[column.default[1:]].astype(dtype)
        elif column.type == "bool":
            values = np.full(len(rows), column.default == "true")
        else:
            values = np.full(len(rows), float(column.default), dtype=dtype)
        self._values[layer, table, column.name] = values
        self._effects[layer, table, column.name] = column.effect

    def column(self, layer: str, table: str, name: str) -> Array:
        """A read-only view of one state column, one value per row of the table."""
        view = self._values[layer, table, name].view()
        view.flags.writeable = False
        return view

    def has(self, layer: str, table: str, name: str) -> bool:
        """Whether this column exists."""
        return (layer, table, name) in self._values

    def get(self, ref: Ref, name: str) -> Any:
        """One value."""
        return self._values[ref.layer, ref.table, name][ref.row].item()

    def available(self, layer: str, table: str) -> NDArray[np.bool_]:
        """Which components of a table can do their work, shape (rows,)."""
        values = self._values
        down = values[layer, table, "failed"] | values[layer, table, "isolated"]
        down = down | values[layer, table, "tripped"]
        return np.asarray(values[layer, table, "supplied"] & ~down, dtype=np.bool_)

    def is_available(self, ref: Ref) -> bool:
        """Whether one component can do its work."""
        return bool(
            self.get(ref, "supplied")
            and not (self.get(ref, "failed") or self.get(ref, "isolated") or self.get(ref, "tripped"))
        )

    def write(self, ref: Ref, name: str, value: float | bool) -> Change:
        """Set one value; the returned change is empty when nothing was different.

        Only the engine's door (`twin.engine.door`) calls this during a run, so that every change has a cause.
        """
        key = (ref.layer, ref.table, name)
        array = self._values[key]
        if array[ref.row] == value:
            return Change()
        array[ref.row] = value
        self.writes += 1
        effect = self._effects[key]
        return Change(ref.layer, effect == "topology", effect == "parameter")

    def copy(self) -> State:
        """An independent copy (for what-if solves and for the undisturbed base)."""
        twin = State.__new__(State)
        twin._layers = self._layers
        twin._effects = self._effects
        twin._values = {key: array.copy() for key, array in self._values.items()}
        twin.writes = 0
        return twin
