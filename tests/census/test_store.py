"""A survey that is stored comes back as it was."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from twin.census.store import ends_of, read_survey, write_survey
from twin.census.survey import JOINED, SCHEMAS, Survey, empty, frame
from twin.errors import DatasetError


@pytest.fixture
def survey() -> Survey:
    points = frame(
        SCHEMAS["points"],
        {
            "row": [0, 1, 2],
            "id": ["JS1", "JS2", "JS1"],
            "x_m": [500.0, 600.0, np.nan],
            "y_m": [3.0, 4.0, 5.0],
            "ground_m": [30.0, np.nan, 31.0],
            "feature": ["三通", "", "阀门"],
        },
        3,
    )
    lines = frame(SCHEMAS["lines"], {"row": [0, 1], "start": ["JS1", "JS1"], "end": ["JS2", "gone"]}, 2)
    names = frame(JOINED["names"], {"name": ["人民路"], "component": ["JS1"]}, 1)
    return Survey(
        points,
        lines,
        empty("cells"),
        empty("headers"),
        empty("repairs"),
        {"crs": "EPSG:4548"},
        {"names": names},
    )


@pytest.mark.core
def test_a_survey_comes_back_as_it_was_written(survey, tmp_path):
    write_survey(survey, tmp_path / "census.gpkg")
    back = read_survey(tmp_path / "census.gpkg")
    for name in SCHEMAS:
        pd.testing.assert_frame_equal(getattr(back, name), getattr(survey, name))
    pd.testing.assert_frame_equal(back.tables["names"], survey.tables["names"])
    assert back.meta == survey.meta


def test_equal_surveys_are_equal_files_and_leave_nothing_beside_them(survey, tmp_path):
    for name in ("a", "b"):
        write_survey(survey, tmp_path / name / "census.gpkg")
    assert (tmp_path / "a/census.gpkg").read_bytes() == (tmp_path / "b/census.gpkg").read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["census.gpkg"]


def test_geometry_stands_east_north_and_is_missing_where_a_place_is_unknown(survey, tmp_path):
    write_survey(survey, tmp_path / "census.gpkg")
    geometry = [
        shapely.from_wkb(pyogrio.raw.read(tmp_path / "census.gpkg", layer=layer)[2])
        for layer in ("points", "lines")
    ]
    assert geometry[0][0].coords[0] == (500.0, 3.0, 30.0)
    assert geometry[0][2] is None
    assert geometry[1][0].wkt == "LINESTRING (500 3, 600 4)"
    assert geometry[1][1] is None


def test_a_line_ends_at_the_first_of_equal_ids(survey):
    assert ends_of(survey.points, survey.lines).tolist() == [[0, 1], [0, -1]]


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0 and then nothing"])
def test_a_file_that_is_no_survey_is_refused(content, tmp_path):
    (tmp_path / "census.gpkg").write_bytes(content)
    with pytest.raises(DatasetError, match="GeoPackage"):
        read_survey(tmp_path / "census.gpkg")
    with pytest.raises(DatasetError, match="does not exist"):
        read_survey(tmp_path / "none.gpkg")


def test_another_geopackage_is_refused_with_what_it_lacks(survey, tmp_path):
    write_survey(survey, tmp_path / "census.gpkg")
    (tmp_path / "other.gpkg").write_bytes((tmp_path / "census.gpkg").read_bytes())
    import sqlite3

    with sqlite3.connect(tmp_path / "other.gpkg") as database:
        database.execute("DELETE FROM gpkg_contents WHERE table_name = 'meta'")
        database.execute("DROP TABLE meta")
    with pytest.raises(DatasetError, match="no layer meta"):
        read_survey(tmp_path / "other.gpkg")
