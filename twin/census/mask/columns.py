"""What happens to each column: the treatments by layer, table and column; unlisted texts are cleared."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.lifelines import registry
from twin.model.city import CITY_SCHEMAS, OTHER, City
from twin.model.schema import Column
from twin.model.table import Table

_FILE = Path(__file__).parent / "columns.csv"
CITY = "city"
"""Layer of the tables that join the networks."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Treatment:
    """What is done to a column; `detail` is a domain of labels, a kind of name, the target of a reference."""

    what: str
    detail: str = ""


KEEP, CLEAR = Treatment("keep"), Treatment("drop")


@cache
def _listed() -> Mapping[tuple[str, str, str], Treatment]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    return {
        (row["layer"], row["table"], row["column"]): Treatment(*row["treatment"].split(":", 1))
        for row in rows
    }


@cache
def _class_code(layer: str) -> str:
    """Class code of a lifeline; a layer that is none goes by its own name."""
    declared = registry.declarations().get(layer)
    return declared.census.class_code if declared is not None and declared.census is not None else layer


@cache
def listed(layer: str, table: str, column: str) -> Treatment | None:
    """The treatment that is listed for a column, its layer's own row first; None where there is none."""
    own = _listed().get((_class_code(layer), table, column))
    return own if own is not None else _listed().get(("*", table, column) if layer != CITY else ("", "", ""))


def treatment(layer: str, table: str, column: Column) -> Treatment:
    """What is done to a column.

    Ids and references are renamed, numbers, flags and choices stay, and a text that nobody has judged is
    cleared: a new column does not leave the house by being forgotten.
    """
    if (found := listed(layer, table, column.name)) is not None:
        return found
    if column.type == "id":
        return Treatment("label", f"{layer}/{table}")
    if column.type == "ref":
        return Treatment("label", f"{layer}/{column.target}")
    if column.type == "component":
        return Treatment("component")
    return CLEAR if column.type == "text" else KEEP


def tables(city: City) -> Iterator[tuple[str, str, Table]]:
    """Every table of a city that has rows: layer, name, table."""
    for layer, network in {**city.layers, OTHER: city.other}.items():
        for name, table in network.tables.items():
            if len(table):
                yield layer, name, table
    for name in CITY_SCHEMAS:
        if len(table := getattr(city, name)):
            yield CITY, name, table


def treated(city: City, what: str) -> Iterator[tuple[str, str, Table, str]]:
    """Every column of a city that is treated in one way: layer, table's name, table, column."""
    for layer, name, table in tables(city):
        for column in table.schema.columns:
            if treatment(layer, name, column).what == what:
                yield layer, name, table, column.name


def elevations(city: City) -> Floats:
    """All elevations of a city, m, without those of its terrain."""
    found = [table[column] for _layer, _name, table, column in treated(city, "elevation")]
    return np.concatenate(found) if found else np.zeros(0)


def coordinates(city: City) -> Floats:
    """East and north of everything in the tables, shape (n, 2), without what has none."""
    north = {(layer, name): column for layer, name, _table, column in treated(city, "north")}
    pairs = [
        np.stack((table[column], table[north[layer, name]]), axis=1)
        for layer, name, table, column in treated(city, "east")
    ]
    found = np.concatenate(pairs) if pairs else np.zeros((0, 2))
    return np.asarray(found[np.isfinite(found).all(axis=1)])
