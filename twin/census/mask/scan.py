"""The scan: whether anything that must not leave stands in what would leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin.census.mask.columns import CITY, coordinates, tables, treatment
from twin.census.mask.policy import Policy
from twin.model.city import City
from twin.model.table import Table

Floats = NDArray[np.float64]
PERSONAL = re.compile(r"(?<![\w.])(?:(?:\+?86[- ]?)?1[3-9]\d{9}|0\d{2,3}-\d{7,8}|\d{17}[\dXx])(?!\w|\.\d)")
"""Mobile and fixed telephone numbers, and identity numbers, as they are written in China."""
_TOKEN = re.compile(r"[^\s,;|\"'\[\]{}()]+")
_RENAMED = ("label", "labels", "component", "reference", "clause", "drop")
_LONG = 6
_CLOSE_M = 0.001


def _texts(table: Table, column: str) -> set[str]:
    return {str(text) for text in set(table[column].tolist()) if text != ""}


def _secret_columns(city: City, policy: Policy) -> Iterator[tuple[str, Table, str]]:
    """Text columns whose values must not be found again: layer, table, column."""
    for layer, name, table in tables(city):
        for column in table.schema.columns:
            if column.type not in ("id", "ref", "component", "text"):
                continue
            todo = treatment(layer, name, column)
            kept = {
                "name": getattr(policy.names, todo.detail.partition(":")[0], "") == "keep",
                "owner": policy.attributes.owner in ("keep", "class"),
            }
            if todo.what in _RENAMED or (todo.what in kept and not kept[todo.what]):
                yield layer, table, column.name


def secrets(city: City, policy: Policy) -> frozenset[str]:
    """Every id, name, owner and free text that the policy does not let through."""
    found: set[str] = set()
    for _layer, table, column in _secret_columns(city, policy):
        for text in _texts(table, column):
            found |= {text, text.rpartition("/")[2]}
    return frozenset(found - {""})


def leaks(folder: Path, masked: City, secret: frozenset[str], policy: Policy) -> list[str]:
    """Where a secret or a personal number stands in the masked city, as `table.column`, or file.

    Cells of every column that is renamed or cleared are compared whole and by their parts; all texts are
    searched for telephone and identity numbers; files of text are searched for longer secrets that are no
    word of the vocabulary.
    """
    found = set()
    words: set[str] = set()
    renamed = {(layer, table.name, column) for layer, table, column in _secret_columns(masked, policy)}
    for layer, name, table in tables(masked):
        for column in table.schema.columns:
            words |= {column.name, name, layer, *column.choices}
            if table[column.name].dtype != object:
                continue
            texts = _texts(table, column.name)
            parts = {part for text in texts for part in (text, *text.split("; "), text.rpartition("/")[2])}
            if (layer, name, column.name) in renamed and parts & secret:
                found.add(f"{_shown(layer, name)}.{column.name}")
            elif (layer, name, column.name) not in renamed:
                words |= {word for text in texts for word in _TOKEN.findall(text)}
            if treatment(layer, name, column).what != "wkt" and any(map(PERSONAL.search, texts)):
                found.add(f"{_shown(layer, name)}.{column.name}")
    long = {text for text in secret if len(text) >= _LONG and not _is_number(text)} - words
    return sorted({*found, *_in_files(folder, long)})


def _shown(layer: str, table: str) -> str:
    return table if layer == CITY else f"{layer}/{table}"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _in_files(folder: Path, long: set[str]) -> Iterator[str]:
    """Text files that hold a long secret, or, apart from tables and terrain, a personal number."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".parquet"):
        if path.name == "terrain.asc":
            continue
        text = path.read_text(encoding="utf-8")
        tokens = {part for token in set(_TOKEN.findall(text)) for part in (token, *token.split("/"))}
        if tokens & long or (path.suffix != ".csv" and PERSONAL.search(text)):
            yield path.relative_to(folder).as_posix()


def same_places(before: City, after: City) -> int:
    """How many places of the masked city are places of the true one, to a millimetre."""
    from scipy.spatial import cKDTree

    true, masked = coordinates(before), coordinates(after)
    if not len(true) or not len(masked):
        return 0
    distance, _row = cKDTree(true).query(masked, distance_upper_bound=_CLOSE_M)
    return int(np.isfinite(distance).sum())


def places(before: City, after: City, names: dict[str, str]) -> tuple[Floats, Floats]:
    """True and masked coordinates of all nodes, row by row the same component."""
    true, masked = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for layer, network in before.layers.items():
        old, new = network.tables["nodes"], after.layers[layer].tables["nodes"]
        refs = after.layers[layer].refs
        rows = np.array([refs[names[str(name)]].row for name in network.ids("nodes")], dtype=np.int64)
        true.append(np.stack((old["x"], old["y"]), axis=1))
        masked.append(np.stack((new["x"][rows], new["y"][rows]), axis=1))
    all_true, all_masked = np.concatenate(true), np.concatenate(masked)
    known = np.isfinite(all_true).all(axis=1)
    return all_true[known], all_masked[known]
