"""Made-up cities for masking: random networks with owners, names, patterns and things that must not leave."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from twin.census.mask import Context, Places, mask, read_policy
from twin.census.mask.key import Key
from twin.lifelines.registry import declarations
from twin.model.city import CITY_SCHEMAS, FACILITY, LAYER_SCHEMAS, ROAD, City, Manifest
from twin.model.network import Network
from twin.model.table import Table
from twin.model.terrain import Terrain

PHONE = "13812345678"
PERSON = "张三丰"


def table(schema, **columns: Any) -> Table:
    made, findings = Table.build(schema, columns)
    assert not findings, [str(finding) for finding in findings]
    return made


def network(name: str, **tables: Mapping[str, Any]) -> Network:
    schemas = declarations()[name].schemas if name in declarations() else LAYER_SCHEMAS[name]
    return Network(
        name, {key: table(schema, **tables.get(key, {})) if key in tables else Table.empty(schema)
               for key, schema in schemas.items()}
    )  # fmt: skip


def random_city(seed: int, size: int = 40, extent: float = 3000.0) -> City:
    """A city with water under pressure, sewers that fall, regions, facilities and a terrain."""
    rng = np.random.default_rng(seed)
    place = np.round(rng.uniform(0, 1, (size, 2)) * [extent, extent * rng.uniform(0.5, 1)] + [5e5, 3.7e6], 3)
    start, end = tree(place, rng)
    ground = 30 + 5 * np.sin(place[:, 0] / extent * 4) + rng.uniform(0, 1, size)
    return City(
        manifest=Manifest(f"made{seed}", crs="EPSG:4548", assumed=("the pressure at J-7 is assumed",)),
        networks={
            "drainage": sewers(place, start, end, ground),
            "water": water(place, start, end, ground, rng),
        },
        roads=network(ROAD),
        facilities=network(
            FACILITY,
            nodes={
                "id": ["H-1", "S-1"],
                "kind": ["hospital", "school"],
                "name": [f"{PERSON}医院", "第七中学"],
                "x": place[:2, 0] + 3.25,
                "y": place[:2, 1] + 4.5,
                "people": [1234.0, 987.0],
            },
        ),
        dependencies=table(
            CITY_SCHEMAS["dependencies"],
            supplier=["water/junction/J-3"],
            consumer=["facility/hospital/H-1"],
            kind=["water"],
            backup_min=[30.0],
            source=[f"told by {PERSON} {PHONE}"],
        ),
        agencies=table(
            CITY_SCHEMAS["agencies"], id=["waterworks"], name=["澜京自来水公司"], layers=["water"]
        ),
        depots=Table.empty(CITY_SCHEMAS["depots"]),
        names=table(CITY_SCHEMAS["names"], name=["老井"], component=["water/junction/J-3"]),
        regions=table(
            CITY_SCHEMAS["regions"],
            id=["east"],
            name=["鼓楼区"],
            kind=["district"],
            wkt=[box(place[:, 0].min(), place[:, 1].min(), place[:, 0].max(), place[:, 1].max())],
        ),
        terrain=Terrain(float(place[:, 0].min()), float(place[:, 1].min()), extent / 20, hills()),
    )


def hills() -> np.ndarray:
    row, column = np.mgrid[0:20, 0:20]
    return 30 + 4 * np.sin(row / 5) + 3 * np.cos(column / 6)


def box(west: float, south: float, east: float, north: float) -> str:
    return f"POLYGON (({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}))"


def tree(place, rng) -> tuple[np.ndarray, np.ndarray]:
    """Each node joined to the nearest of those before it, and a few links more."""
    pairs = [
        (int(np.argmin(((place[:row] - place[row]) ** 2).sum(axis=1))), row) for row in range(1, len(place))
    ]
    more = rng.integers(0, len(place), (len(place) // 6, 2))
    pairs += [(int(a), int(b)) for a, b in more if a != b]
    return np.array([a for a, _b in pairs]), np.array([b for _a, b in pairs])


def water(place, start, end, ground, rng) -> Network:
    size = len(place)
    ids = np.array([f"J-{row}" for row in range(size)], dtype=object)
    kind = np.array(["junction"] * size, dtype=object)
    ids[0], kind[0] = "R-0", "reservoir"
    length = np.maximum(np.hypot(*(place[end] - place[start]).T), 1.0)
    valve = np.arange(len(start)) % 5 == 4
    pattern = np.where(kind == "reservoir", "tide", "").astype(object)
    middle = np.flatnonzero(~valve)[:5]
    return network(
        "water",
        nodes={
            "id": ids,
            "kind": kind,
            "x": place[:, 0],
            "y": place[:, 1],
            "elevation_m": np.where(kind == "reservoir", 80.0, np.round(ground - 1.5, 2)),
            "demand_ls": np.where(kind == "reservoir", 0.0, np.round(rng.uniform(0.01, 0.3, size), 3)),
            "pattern": pattern,
            "note": [f"call {PERSON} {PHONE}"] * size,
            "owner": np.where(np.arange(size) % 7 == 3, "某部队", "澜京自来水公司").astype(object),
            "built": np.full(size, 1987.0),
            "source_id": [f"JS{row}" for row in range(size)],
        },
        links={
            "id": [f"W-{row}" for row in range(len(start))],
            "kind": np.where(valve, "valve", "pipe").astype(object),
            "start": ids[start],
            "end": ids[end],
            "length_m": np.where(valve, np.nan, np.round(length, 2)),
            "diameter_mm": rng.choice([200.0, 300.0, 400.0], len(start)),
            "roughness": np.where(valve, np.nan, 120.0),
            "road": ["解放路"] * len(start),
            "built": np.full(len(start), 2003.0),
        },
        patterns={"pattern": ["tide"] * 4, "step": [0, 1, 2, 3], "factor": [1.0, 1.05, 0.95, 1.0]},
        vertices={
            "link": np.array([f"W-{row}" for row in middle], dtype=object),
            "point": np.zeros(len(middle), dtype=int),
            "x": np.round((place[start[middle], 0] + place[end[middle], 0]) / 2 + 1.5, 3),
            "y": np.round((place[start[middle], 1] + place[end[middle], 1]) / 2, 3),
            "source_id": [f"JSV{row}" for row in middle],
        },
    )


def sewers(place, start, end, ground) -> Network:
    order = np.argsort(-ground)
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(len(order))
    above = np.where(rank[start] < rank[end], start, end)
    below = np.where(rank[start] < rank[end], end, start)
    invert = np.round(25 - 0.03 * rank, 3)
    ids = np.array([f"D-{row}" for row in range(len(place))], dtype=object)
    return network(
        "drainage",
        nodes={
            "id": ids,
            "kind": ["manhole"] * len(place),
            "x": place[:, 0] + 2,
            "y": place[:, 1] - 2,
            "invert_m": invert,
            "ground_m": np.round(ground, 2),
        },
        links={
            "id": [f"C-{row}" for row in range(len(start))],
            "kind": ["conduit"] * len(start),
            "start": ids[above],
            "end": ids[below],
            "length_m": np.maximum(np.round(np.hypot(*(place[end] - place[start]).T), 2), 0.5),
            "diameter_mm": [400.0] * len(start),
            "start_invert_m": invert[above],
            "end_invert_m": invert[below],
        },
    )


def masked(city: City, folder: Path, policy=None, **places: Path):
    """The city masked into `folder/open`, with a ledger of its own beside it; equal cities get equal keys."""
    where = Places(folder / "open", places.pop("ledger", folder / "ledger.jsonl"), **places)
    fixed = Key(hashlib.sha256(city.name.encode()).digest())
    with mock.patch.object(Key, "fresh", lambda: fixed):
        return mask(city, policy or read_policy(), where, Context("tester", "chief", "2026-01-01"))


def changed(policy, section: str, **values: Any):
    """The policy with other values in a section."""
    return replace(policy, **{section: replace(getattr(policy, section), **values)})
