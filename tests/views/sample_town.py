"""A small town with all six lifelines, hills, a river and depths, for pictures and sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from twin.lifelines import registry
from twin.model.city import CITY_SCHEMAS, FACILITY, LAYER_SCHEMAS, ROAD, City, Manifest
from twin.model.finding import blocking
from twin.model.network import Network
from twin.model.table import Table
from twin.model.terrain import Terrain

BLOCK_M = 160.0
LAID = {  # beside the centre line m, depth of the axis m, width mm, height mm
    "water": (6.0, 1.4, 300, 300),
    "drainage": (0.0, 3.2, 800, 800),
    "gas": (-5.0, 1.2, 200, 200),
    "heat": (-8.0, 1.8, 500, 500),
    "power": (9.0, 1.0, 900, 600),
    "telecom": (-10.5, 0.9, 500, 250),
}
KINDS = {
    "water": ("junction", "pipe"),
    "drainage": ("manhole", "conduit"),
    "gas": ("junction", "pipe"),
    "power": ("bus", "line"),
}


def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A hill in the north-east, a valley with the river in the south."""
    return 40 + 35 * np.exp(-((x - 1400) ** 2 + (y - 1300) ** 2) / 4e5) - 8 * np.exp(-((y - 250) ** 2) / 2e4)


def table(schema: Any, columns: Mapping[str, Any]) -> Table:
    found, findings = Table.build(schema, columns)
    assert not blocking(findings), findings
    return found


def town(columns: int = 10, rows: int = 8) -> City:
    """A grid of streets with every lifeline in each."""
    corner = [(i, j) for j in range(rows + 1) for i in range(columns + 1)]
    xy = np.array(corner, dtype=float) * BLOCK_M
    names = [f"N{i}-{j}" for i, j in corner]
    along = [(i, j, i + 1, j) for i, j in corner if i < columns] + [
        (i, j, i, j + 1) for i, j in corner if j < rows
    ]
    wide = columns * BLOCK_M, rows * BLOCK_M
    cell = 20.0
    x, y = np.meshgrid(np.arange(-200, wide[0] + 200, cell) + 10, np.arange(-200, wide[1] + 200, cell) + 10)
    roads = Network(
        ROAD,
        {
            "nodes": table(LAYER_SCHEMAS[ROAD]["nodes"], {"id": names, "x": xy[:, 0], "y": xy[:, 1]}),
            "links": table(
                LAYER_SCHEMAS[ROAD]["links"],
                {
                    "id": [f"R{a}-{b}-{c}-{d}" for a, b, c, d in along],
                    "kind": ["arterial" if a % 4 == 0 and a == c else "street" for a, _, c, _ in along],
                    "start": [f"N{a}-{b}" for a, b, _, _ in along],
                    "end": [f"N{c}-{d}" for _, _, c, d in along],
                    "travel_min": [1.0] * len(along),
                },
            ),
            "trips": Table.empty(LAYER_SCHEMAS[ROAD]["trips"]),
        },
    )
    facilities = Network(
        FACILITY,
        {
            "nodes": table(
                LAYER_SCHEMAS[FACILITY]["nodes"],
                {
                    "id": ["h1", "s1"],
                    "kind": ["hospital", "school"],
                    "name": ["澜京市第一医院", "实验小学"],
                    "x": [2.5 * BLOCK_M, 1.2 * BLOCK_M],
                    "y": [1.5 * BLOCK_M, 2.6 * BLOCK_M],
                    "people": [900.0, 600.0],
                },
            )
        },
    )
    regions = table(
        CITY_SCHEMAS["regions"],
        {
            "id": ["river", "park", "east"],
            "name": ["澜河", "", "东区"],
            "kind": ["river", "park", "district"],
            "wkt": [
                "LINESTRING (-200 240, 500 300, 1100 210, 1800 260)",
                "POLYGON ((170 810, 310 810, 310 950, 170 950, 170 810))",
                "POLYGON ((800 0, 1600 0, 1600 1280, 800 1280, 800 0))",
            ],
        },
    )
    return City(
        Manifest("town", title="样例城 Sample town", synthetic=True),
        {name: laid(name, xy, names, along) for name in registry.declarations()},
        roads,
        facilities,
        Table.empty(CITY_SCHEMAS["dependencies"]),
        Table.empty(CITY_SCHEMAS["agencies"]),
        Table.empty(CITY_SCHEMAS["depots"]),
        regions=regions,
        terrain=Terrain(-200.0, -200.0, cell, height(x, y)),
    )


def laid(name: str, xy: np.ndarray, names: list[str], along: list[tuple[int, int, int, int]]) -> Network:
    """One lifeline in every street, beside the centre line."""
    declared = registry.declaration(name)
    beside, depth, width, tall = LAID[name]
    node_kind, link_kind = (
        next(kind for kind, one in declared.kinds.items() if one.table == place and one.role != "source")
        for place in ("nodes", "links")
    )
    node_kind, link_kind = KINDS.get(name, (node_kind, link_kind))
    x, y = xy[:, 0] + beside, xy[:, 1] + beside
    row = {ident: number for number, ident in enumerate(names)}
    first = [row[f"N{a}-{b}"] for a, b, _, _ in along]
    last = [row[f"N{c}-{d}"] for _, _, c, d in along]
    z = height(x, y) - depth
    nodes: dict[str, Any] = {
        "id": names,
        "kind": [node_kind] * len(names),
        "x": x,
        "y": y,
        "ground_m": height(x, y),
        "depth_m": np.full(len(names), depth),
    }
    links: dict[str, Any] = {
        "id": [f"L{number}" for number in range(len(along))],
        "kind": [link_kind] * len(along),
        "start": [names[k] for k in first],
        "end": [names[k] for k in last],
        "width_mm": [float(width)] * len(along),
        "height_mm": [float(tall)] * len(along),
        "start_z_m": z[first],
        "end_z_m": z[last],
        "material": ["PE"] * len(along),
    }
    middle = (np.array([x[first], y[first]]) + np.array([x[last], y[last]])) / 2
    vertices = {
        "link": links["id"],
        "point": [1] * len(along),
        "x": middle[0],
        "y": middle[1],
        "z_m": height(*middle) - depth,
    }
    filled = {"nodes": nodes, "links": links, "vertices": vertices}
    tables = {}
    for key, schema in declared.schemas.items():
        given = filled.get(key)
        if given is None:
            tables[key] = Table.empty(schema)
            continue
        rest = {
            column.name: np.ones(len(next(iter(given.values()))))
            for column in schema.columns
            if column.name not in given and column.default is None and column.type == "float"
        }
        tables[key] = table(schema, given | rest)
    return Network(name, tables)
