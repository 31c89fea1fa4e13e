"""What an import changes about the water network: pressure-driven demand, minute steps, leak nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from twin.model.network import Network
from twin.model.table import Table

STEP_S = 60.0
P_REQUIRED_M, P_MIN_M = 30.0, 0.0
"""Pressures between which InfraRisk's demand rises from nothing to all, and its step."""
LEAK_NODE, SECOND_HALF = "{}_leak_node", "{}_B"
"""InfraRisk's names for the middle of a damaged pipe and for the half behind it."""


def prepare(network: Network, damaged: Iterable[str], *, rules: bool) -> Network:
    """The network as InfraRisk simulates it.

    Parameters
    ----------
    damaged
        InfraRisk ids of components that a scenario damages: pipes among them get a junction in their middle.
    rules
        Whether the rule-based controls are kept.
    """
    tables = dict(network.tables)
    tables["options"] = _options(tables["options"])
    if not rules:
        tables["rules"] = Table.empty(tables["rules"].schema)
    kinds = dict(zip(tables["links"]["id"], tables["links"]["kind"], strict=True))
    pipes = [name for name in damaged if kinds.get(name) == "pipe"]
    for pipe in pipes:
        _split(tables, pipe)
    return replace(network, tables=tables)


def leak_node(component: str) -> str:
    """The junction that stands for the middle of a damaged pipe."""
    return LEAK_NODE.format(component)


def _options(table: Table) -> Table:
    values: dict[str, Any] = {name: column.copy() for name, column in table.columns.items()}
    values |= {
        "demand_model": ["pda"],
        "p_min_m": np.array([P_MIN_M]),
        "p_required_m": np.array([P_REQUIRED_M]),
        "p_exponent": np.array([0.5]),
        "hydraulic_step_s": np.array([STEP_S]),
        "report_step_s": np.array([STEP_S]),
    }
    return Table.build(table.schema, values)[0]


def _split(tables: dict[str, Table], pipe: str) -> None:
    """Cut a pipe in its middle: `pipe` up to a new junction, a second half behind it.

    The junction lies half way up and half way along; a drawn course is straightened.
    """
    nodes, links = tables["nodes"], tables["links"]
    row = links.rows[pipe]
    start, end = (nodes.rows[str(links[name][row])] for name in ("start", "end"))
    middle = {name: (nodes[name][start] + nodes[name][end]) / 2 for name in ("x", "y", "elevation_m")}
    first = _record(links, row) | {
        "end": leak_node(pipe),
        "length_m": links["length_m"][row] / 2,
        "minor_loss": links["minor_loss"][row] / 2,
    }
    second = first | {
        "id": SECOND_HALF.format(pipe),
        "start": leak_node(pipe),
        "end": links["end"][row],
    }
    tables["nodes"] = _with_rows(nodes, [{"id": leak_node(pipe), "kind": "junction", **middle}])
    tables["links"] = _with_rows(_without(links, links["id"] == pipe), [first, second])
    vertices = tables["vertices"]
    tables["vertices"] = _without(vertices, vertices["link"] == pipe)


def _record(table: Table, row: int) -> dict[str, Any]:
    return {name: column[row] for name, column in table.columns.items()}


def _without(table: Table, out: Any) -> Table:
    kept = ~np.asarray(out, dtype=bool)
    return Table.build(table.schema, {name: column[kept] for name, column in table.columns.items()})[0]


def _with_rows(table: Table, rows: list[Mapping[str, Any]]) -> Table:
    raw = {
        name: [*map(str, column), *(str(row.get(name, "")) for row in rows)]
        if column.dtype == object
        else [*(_shown(value) for value in column), *(_shown(row.get(name)) for row in rows)]
        for name, column in table.columns.items()
    }
    return Table.build(table.schema, raw)[0]


def _shown(value: Any) -> str:
    """A value as the text that reads back as itself; missing numbers are empty."""
    if value is None or value != value:  # noqa: PLR0124 (NaN is the only value unequal to itself)
        return ""
    return str(bool(value)).lower() if isinstance(value, np.bool_ | bool) else repr(value.item())
