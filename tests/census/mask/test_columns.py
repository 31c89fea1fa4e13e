"""The register of treatments: every text column of every table has been judged."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from twin.census.mask import columns
from twin.census.mask.columns import CITY, Treatment, listed, treatment
from twin.lifelines.registry import declarations
from twin.model.city import CITY_SCHEMAS, LAYER_SCHEMAS
from twin.model.schema import Column

KNOWN = {
    "keep", "drop", "none", "zero", "east", "north", "elevation", "length", "digits", "year", "date", "wkt",
    "owner", "name", "label", "labels", "component", "reference", "clause",
}  # fmt: skip


def every_column():
    for layer, own in {**{n: d.schemas for n, d in declarations().items()}, **LAYER_SCHEMAS}.items():
        for name, schema in own.items():
            yield from ((layer, name, column) for column in schema.columns)
    for name, schema in CITY_SCHEMAS.items():
        yield from ((CITY, name, column) for column in schema.columns)


@pytest.mark.core
def test_every_text_column_has_been_judged():
    unjudged = [
        f"{layer}/{name}.{column.name}"
        for layer, name, column in every_column()
        if column.type == "text" and listed(layer, name, column.name) is None
    ]
    assert not unjudged, "add them to twin/census/mask/columns.csv; until then they are cleared"


@pytest.mark.core
def test_every_coordinate_and_elevation_is_moved():
    elevations = ("elevation_m", "ground_m", "invert_m", "outfall_m")
    for layer, name, column in every_column():
        what = treatment(layer, name, column).what
        if column.name in ("x", "y") and name != "curves":
            assert what in ("east", "north"), (layer, name)
        if column.name.endswith(("z_m", "invert_m")) or column.name in elevations:
            assert what == "elevation", (layer, name, column.name)


@pytest.mark.core
def test_the_register_names_only_columns_and_treatments_that_exist():
    rows = list(csv.DictReader(Path(columns.__file__).with_name("columns.csv").open(encoding="utf-8")))
    here = {(columns._class_code(layer), name, column.name) for layer, name, column in every_column()}
    anywhere = {(name, column) for _layer, name, column in here}
    for row in rows:
        place = (row["table"], row["column"])
        assert place in anywhere if row["layer"] == "*" else (row["layer"], *place) in here, row
        assert row["treatment"].split(":")[0] in KNOWN, row


@pytest.mark.core
def test_a_column_that_nobody_judged_is_cleared():
    assert treatment("gas", "nodes", Column("telephone", "text")) == Treatment("drop")
    assert treatment("gas", "nodes", Column("flag", "bool")) == Treatment("keep")
