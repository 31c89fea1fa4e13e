"""Terrain files, and what a city carries besides its networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin import api
from twin.errors import DatasetError
from twin.io.city import seal
from twin.io.terrain import FILE, read_terrain, write_terrain
from twin.model.city import CITY_SCHEMAS, LAYER_SCHEMAS, OTHER
from twin.model.network import Network
from twin.model.table import Table
from twin.model.terrain import Terrain

pytestmark = pytest.mark.core
HILL = Terrain(1000.0, 2000.0, 10.0, np.arange(12.0).reshape(3, 4))
HEADER = "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 10\nnodata_value -9999\n"


def table(schema, **columns):
    built, findings = Table.build(schema, {name: list(values) for name, values in columns.items()}, "made")
    assert not findings
    return built


def test_a_terrain_reads_back_as_it_was_written(tmp_path):
    write_terrain(HILL, tmp_path / FILE)
    read = read_terrain(tmp_path / FILE)
    assert (read.x0, read.y0, read.cell_m) == (1000.0, 2000.0, 10.0)
    np.testing.assert_array_equal(read.z, HILL.z)


def test_elevations_are_those_of_cell_centres_and_even_between_them():
    x, y = (
        np.array([1005.0, 1015.0, 1010.0, 1005.0, 0.0, 9999.0]),
        np.array([2005.0, 2005.0, 2005.0, 2010.0, 0.0, 9999.0]),
    )
    np.testing.assert_allclose(HILL.at(x, y), [0.0, 1.0, 0.5, 2.0, 0.0, 11.0])


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1)])
def test_a_terrain_of_one_row_or_column_is_even(shape):
    flat = Terrain(0.0, 0.0, 10.0, np.full(shape, 7.0))
    np.testing.assert_allclose(flat.at(np.array([0.0, 25.0]), np.array([3.0, 99.0])), 7.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2\\n3 4\\n", "has no header"),
        (HEADER.replace("cellsize 10", "cellsize ten") + "1 2\n3 4\n", "ten is no number"),
        (HEADER.replace("cellsize 10", "cellsize nan") + "1 2\n3 4\n", "nan is no number"),
        (HEADER + "1 2\n3 x\n", "no number"),
        (HEADER + "1 2\n3\n", "different lengths"),
        (HEADER + "1 2 3\n3 4 5\n", "(2, 3)"),
        (HEADER + "1 2\n3 nan\n", "without an elevation"),
        (HEADER + "1 2\n3 -9999\n", "without an elevation"),
        (HEADER, "(0,)"),
    ],
)
def test_a_broken_terrain_is_a_finding(text, said, tmp_path):
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError) as refused:
        read_terrain(tmp_path / FILE)
    assert said in str(refused.value.findings[0])


def surveyed():
    """The quarter with a terrain, an industrial line, a region and a version."""
    quarter = api.load_city("quarter")
    schemas = LAYER_SCHEMAS[OTHER]
    tables = {name: Table.empty(schema) for name, schema in schemas.items()}
    tables["nodes"] = table(schemas["nodes"], id=["G1", "G2"], x=[0, 9], y=[0, 9])
    tables["links"] = table(schemas["links"], id=["L"], start=["G1"], end=["G2"], category=["QQ"])
    return replace(
        quarter,
        manifest=replace(quarter.manifest, version="2", history=("1: first survey",), synthetic=True),
        other=Network(OTHER, tables),
        regions=table(
            CITY_SCHEMAS["regions"], id=["r"], kind=["district"], wkt=["POLYGON ((0 0, 1 0, 1 1, 0 0))"]
        ),
        names=table(CITY_SCHEMAS["names"], name=["the tower"], component=["water/tank/T-1"]),
        terrain=HILL,
    )


def test_a_city_keeps_its_terrain_its_other_lines_and_its_version(tmp_path):
    api.save_city(surveyed(), tmp_path / "city")
    read = api.load_city(tmp_path / "city")
    assert read.other.tables["links"]["category"].tolist() == ["QQ"]
    assert read.regions["kind"].tolist() == ["district"]
    assert (read.manifest.version, read.manifest.history) == ("2", ("1: first survey",))
    assert read.manifest.synthetic
    np.testing.assert_array_equal(read.terrain.z, HILL.z)
    assert OTHER not in read.layers


@pytest.mark.parametrize(
    ("file", "old", "new", "rule"),
    [
        (FILE, "ncols 4", "ncols 5", "seal.differs"),
        ("names.csv", "water/tank/T-1", "water/tank/T-9", "reference.unknown"),
        ("other/links.csv", ",G2", ",G3", "reference.dangling"),
    ],
)
def test_what_does_not_fit_is_found(file, old, new, rule, tmp_path):
    api.save_city(surveyed(), tmp_path / "city")
    path = tmp_path / "city" / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    if not rule.startswith("seal"):
        seal(tmp_path / "city")
    assert rule in {finding.rule for finding in api.check(tmp_path / "city")[1]}
