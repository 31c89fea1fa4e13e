"""Utility networks in CityGML become surveys, with nothing lost and nothing taken for what it is not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.census.made_citygml import CRS, HEAD, curve, item, model, spot, write
from twin.census.citygml.reading import CityModel, is_citygml, read_citygml
from twin.census.citygml.stream import members
from twin.census.store import ends_of, read_survey, write_survey
from twin.census.survey import SCHEMAS
from twin.errors import DatasetError

pytestmark = pytest.mark.core


def read(tmp_path: Path, *parts: str, **options: str) -> CityModel:
    return read_citygml(write(tmp_path, model(*parts, **options)))


def rules(model: CityModel) -> set[str]:
    return {finding.rule for finding in model.findings}


def refused(path: Path) -> tuple[str, str]:
    with pytest.raises(DatasetError) as caught:
        read_citygml(path)
    (finding,) = caught.value.findings
    return finding.rule, str(finding)


def test_a_pipe_becomes_points_and_lines_east_first(tmp_path: Path) -> None:
    made = read(tmp_path, item("WaterPipe", "水道管路", curve((0, 0), (10, 0), (10, 5)), gml_id="p"))
    points, lines = made.survey.points, made.survey.lines
    assert list(points["x_m"]) == [21600.0, 21600.0, 21605.0]
    assert list(points["y_m"]) == [157000.0, 157010.0, 157010.0]
    assert list(points["feature"]) == ["终点", "转折点", "终点"]
    assert list(lines["id"]) == ["JSp/1", "JSp/2"]
    assert list(lines["start"]) == ["JSp-1", "JSp-2"]
    assert list(lines["end"]) == ["JSp-2", "JSp-3"]
    assert set(points["category"]) == {"JS"}
    assert made.survey.meta["crs"] == "EPSG:6676"
    assert made.survey.meta["axis_order"] == "north, east"


def test_heights_of_zero_are_no_elevations(tmp_path: Path) -> None:
    made = read(tmp_path, item("WaterPipe", "", curve((0, 0), (10, 0))), item("Manhole", "", spot(20, 0)))
    survey = made.survey
    assert survey.points["ground_m"].isna().all()
    assert survey.lines[["start_z_m", "end_z_m", "start_depth_m", "end_depth_m"]].isna().all(axis=None)
    assert "citygml.height" in rules(made)


def test_heights_that_are_given_are_kept(tmp_path: Path) -> None:
    made = read(
        tmp_path, item("WaterPipe", "", curve((0, 0, 3.5), (10, 0, 0))), item("Manhole", "", spot(9, 9, 7))
    )
    assert list(made.survey.lines[["start_z_m", "end_z_m"]].iloc[0]) == [3.5, 0.0]
    assert made.survey.points["ground_m"].dropna().tolist() == [7.0]
    assert "citygml.height" not in rules(made)


def test_a_chamber_on_a_pipe_splits_it_and_keeps_its_name(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        item("Pipe", "低圧管路", curve((0, 0), (10, 0)), gml_id="p"),
        item("Manhole", "低圧その他", spot(4, 0.004), gml_id="m"),
    )
    lines = made.survey.lines
    assert [tuple(row) for row in lines[["start", "end"]].to_numpy()] == [("GDp-1", "GDm"), ("GDm", "GDp-3")]
    assert made.survey.points.set_index("id").loc["GDm", "attachment"] == "人孔"


def test_a_branch_that_ends_on_a_pipe_makes_a_tee(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        item("WaterPipe", "", curve((0, 0), (10, 0)), gml_id="a"),
        item("WaterPipe", "", curve((5, 0), (5, 8)), gml_id="b"),
    )
    points = made.survey.points.set_index("id")
    assert (points["feature"] == "三通").sum() == 1
    assert len(made.survey.lines) == 3
    assert "citygml.pieces" not in rules(made)


def test_pipes_that_cross_at_inner_vertices_stay_apart(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        item("WaterPipe", "", curve((0, 0), (5, 5), (10, 10))),
        item("WaterPipe", "", curve((0, 10), (5, 5), (10, 0))),
    )
    assert len(made.survey.points) == 6
    assert "citygml.pieces" in rules(made)


def test_what_is_of_another_system_is_never_joined(tmp_path: Path) -> None:
    low = item("Pipe", "低圧管路", curve((0, 0), (10, 0)), gml_id="a")
    high = item("Pipe", "高圧管路", curve((10, 0), (20, 0)), gml_id="b")
    made = read(tmp_path, low, high)
    assert len(made.survey.points) == 4
    assert set(made.survey.lines["category"]) == {"GD"}


def test_two_chambers_at_one_place_stay_two(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        item("Pipe", "低圧管路", curve((0, 0), (10, 0))),
        item("Manhole", "低圧", spot(0, 0), gml_id="m"),
        item("Manhole", "低圧", spot(0, 0), gml_id="n"),
    )
    assert {"GDm", "GDn"} <= set(made.survey.points["id"])
    assert "citygml.alone" in rules(made)


def test_the_table_of_elements_counts_every_city_object(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        item("WaterPipe", "水道管路", curve((0, 0), (10, 0)), gml_id="a"),
        item("WaterPipe", "水道管路", gml_id="b"),
        item("Building", "", gml_id="c"),
        item("Handhole", "水道その他", gml_id="d"),
        item("WaterPipe", "水道管路", curve((0, 0), (0.001, 0)), gml_id="e"),
        "",
    )
    table = made.elements
    assert table["count"].sum() == 6
    assert table["points"].sum() == len(made.survey.points)
    assert table["lines"].sum() == len(made.survey.lines)
    rejected = table[table["outcome"] == "rejected"]
    assert dict(zip(rejected["element"] + ": " + rejected["reason"], rejected["count"], strict=True)) == {
        "WaterPipe: no geometry": 1,
        "Building: no element of a utility network": 1,
        "Handhole: no geometry": 1,
        "WaterPipe: shorter than what is joined": 1,
        "cityObjectMember: no element of a utility network": 1,
    }
    told = {name for finding in made.findings if finding.rule == "citygml.rejected" for name in finding.ids}
    assert {"b", "c", "d", "e"} < told


def test_what_has_no_place_is_kept_as_a_row_without_ends(tmp_path: Path) -> None:
    made = read(tmp_path, item("SewerPipe", "汚水管路", "<uro:year>1999</uro:year>", gml_id="a"))
    (line,) = made.survey.lines.to_dict("records")
    assert (line["start"], line["end"], line["category"], line["built"]) == ("", "", "WS", 1999.0)
    assert json.loads(line["extra"])["rejected"] == "no geometry"


def test_attributes_go_to_columns_in_the_units_of_the_census(tmp_path: Path) -> None:
    pipe = item(
        "WaterPipe",
        "",
        '<uro:year>2004</uro:year><uro:depth uom="cm">120</uro:depth>'
        '<uro:innerDiameter uom="inch">8</uro:innerDiameter>'
        "<uro:material>107</uro:material><uro:occupierName>3</uro:occupierName>",
        curve((0, 0), (10, 0)),
    )
    (line,) = read(tmp_path, pipe).survey.lines.to_dict("records")
    assert line["built"] == 2004
    assert line["start_depth_m"] == pytest.approx(1.2)
    assert line["width_mm"] == pytest.approx(203.2)
    assert line["material"] == "QM"
    assert json.loads(line["extra"])["occupierName"] == "3"


def test_the_cover_of_a_drain_becomes_a_depth_to_the_invert_only_with_its_diameter(tmp_path: Path) -> None:
    depth, size = "<uro:depth>1.0</uro:depth>", "<uro:innerDiameter>300</uro:innerDiameter>"
    made = read(
        tmp_path,
        item("SewerPipe", "雨水管路", depth, size, curve((0, 0), (10, 0))),
        item("SewerPipe", "雨水管路", depth, curve((20, 0), (30, 0))),
    )
    assert made.survey.lines["start_depth_m"].tolist()[0] == pytest.approx(1.3)
    assert np.isnan(made.survey.lines["start_depth_m"].tolist()[1])
    assert json.loads(made.survey.lines["extra"].iloc[1])["depth"] == "1.0"


def test_values_that_cannot_be_read_stand_among_the_cells(tmp_path: Path) -> None:
    pipe = item(
        "WaterPipe", "", "<uro:year>早い</uro:year><uro:material>777</uro:material>", curve((0, 0), (10, 0))
    )
    cells = read(tmp_path, pipe).survey.cells
    assert sorted(zip(cells["column"], cells["value"], cells["problem"], strict=True)) == [
        ("built", "早い", "not a number"),
        ("material", "777", "unknown code"),
    ]


def test_the_year_one_stands_for_unknown(tmp_path: Path) -> None:
    made = read(tmp_path, item("Pipe", "高圧管路", "<uro:year>0001</uro:year>", curve((0, 0), (10, 0))))
    assert made.survey.lines["built"].isna().all()
    assert "citygml.year" in rules(made)


def test_what_nobody_names_is_an_unknown_line(tmp_path: Path) -> None:
    made = read(tmp_path, item("Duct", "", curve((0, 0), (10, 0))))
    assert set(made.survey.lines["category"]) == {"BM"}
    assert "citygml.class" in rules(made)


def test_latitude_and_longitude_come_to_the_nearest_plane(tmp_path: Path) -> None:
    text = model(
        item("WaterPipe", "").replace("</uro:WaterPipe>", "")
        + "<uro:lod0Geometry><gml:LineString><gml:posList>35.656 139.7635 0 35.657 139.7635 0</gml:posList>"
        "</gml:LineString></uro:lod0Geometry></uro:WaterPipe>",
        crs="urn:ogc:def:crs:EPSG::6697",
        corners="35.655 139.763 0 35.658 139.765 0",
    )
    made = read_citygml(write(tmp_path, text))
    assert made.survey.meta["crs"] == "EPSG:6677"
    assert np.hypot(*np.diff(made.survey.points[["x_m", "y_m"]], axis=0)[0]) == pytest.approx(110.95, abs=0.1)


def test_axes_the_wrong_way_round_are_turned_and_told(tmp_path: Path) -> None:
    text = model(crs="EPSG:6697", corners="139.763 35.655 0 139.765 35.658 0")
    made = read_citygml(write(tmp_path, text))
    assert made.survey.meta["axis_order"] == "east, north"
    assert rules(made) == {"citygml.axes"}


def test_a_place_far_from_its_coordinate_system_is_told(tmp_path: Path) -> None:
    text = model(crs="EPSG:10169", corners="9157000 21600 0 9157100 21700 0")
    assert "citygml.area" in rules(read_citygml(write(tmp_path, text)))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "citygml.broken"),
        ("no xml", "citygml.broken"),
        ("<a/>", "citygml.no-model"),
        (f"<!DOCTYPE x>{HEAD}</core:CityModel>", "citygml.doctype"),
        (
            f'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>{HEAD}&b;</core:CityModel>',
            "citygml.doctype",
        ),
        (f'<!DOCTYPE x SYSTEM "file:///etc/passwd">{HEAD}</core:CityModel>', "citygml.doctype"),
        (f"{HEAD}<core:cityObjectMember>", "citygml.broken"),
        (f"{HEAD}<core:cityObjectMember>{'<a>' * 80}", "citygml.too-deep"),
        (f"{HEAD}<core:cityObjectMember><uro:Pipe/></core:cityObjectMember></core:CityModel>", "citygml.crs"),
        (model(crs="nowhere"), "citygml.crs"),
        (model(crs="EPSG:99999"), "citygml.crs"),
        (model(crs=CRS, corners="a b c d e f"), "citygml.crs"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_one_finding(tmp_path: Path, text: str, rule: str) -> None:
    found, told = refused(write(tmp_path, text))
    assert found == rule
    assert "tile.gml" in told


def test_a_cut_packed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tile.gml.gz"
    path.write_bytes(gzip.compress(model(item("Pipe", "", curve((0, 0), (1, 1)))).encode())[:-20])
    assert refused(path)[0] == "file.unreadable"


def test_a_packed_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "tile.gml.gz"
    path.write_bytes(gzip.compress(HEAD.encode() + b" " * 50_000_000))
    with pytest.raises(DatasetError) as caught:
        list(members(path, limit=10_000_000))
    assert caught.value.findings[0].rule == "file.too-large"


@pytest.mark.parametrize(
    "positions", ["", "1 2", "1 2 3 4", "a b c d e f", "nan 1 2 3 4 5", "1e300 1 2 3 4 5"]
)
def test_positions_that_are_none_reject_the_element_alone(tmp_path: Path, positions: str) -> None:
    broken = item("WaterPipe", "", curve((0, 0), (1, 1)), gml_id="x")
    begin, end = broken.index("<gml:posList>") + 13, broken.index("</gml:posList>")
    whole = item("WaterPipe", "", curve((0, 0), (10, 0)), gml_id="y")
    made = read(tmp_path, broken[:begin] + positions + broken[end:], whole)
    assert dict(zip(made.elements["outcome"], made.elements["count"], strict=True)) == {
        "rejected": 1,
        "line": 1,
    }
    assert any(finding.rule == "citygml.rejected" and finding.ids == ("x",) for finding in made.findings)


def test_a_folder_is_one_survey_and_other_files_in_it_are_told(tmp_path: Path) -> None:
    write(tmp_path, model(item("WaterPipe", "", curve((0, 0), (10, 0)), gml_id="a")), "a.gml")
    (tmp_path / "udx").mkdir()
    write(tmp_path / "udx", model(item("WaterPipe", "", curve((10, 0), (20, 0)), gml_id="b")), "a.gml")
    write(tmp_path, "<gml:Dictionary/>", "codelist.xml")
    made = read_citygml(tmp_path)
    assert is_citygml(tmp_path)
    assert len(made.survey.points) == 3
    assert set(made.survey.lines["file"]) == {"a.gml", "udx/a.gml"}
    assert [one.ids for one in made.findings if one.rule == "citygml.other"] == [("codelist.xml",)]


def test_the_survey_is_canonical_and_survives_its_file(tmp_path: Path) -> None:
    made = read(
        tmp_path, item("WaterPipe", "", curve((0, 0), (5, 1), (10, 0))), item("Handhole", "", spot(5, 1))
    )
    for name in ("points", "lines", "cells", "headers", "repairs"):
        assert tuple(getattr(made.survey, name).columns) == SCHEMAS[name].names
    write_survey(made.survey, tmp_path / "census.gpkg")
    again = read_survey(tmp_path / "census.gpkg")
    pd.testing.assert_frame_equal(again.points, made.survey.points)
    pd.testing.assert_frame_equal(again.lines, made.survey.lines)
    pd.testing.assert_frame_equal(again.tables["elements"], made.elements)
    assert (ends_of(again.points, again.lines) >= 0).all()


def test_a_spoilt_city_model_gives_findings_never_a_traceback(tmp_path: Path) -> None:
    whole = model(
        item("WaterPipe", "水道管路", curve((0, 0), (5, 1), (10, 0)), gml_id="a"),
        item("Manhole", "", spot(5, 1, 3)),
        item("SewerPipe", "雨水管路", "<uro:depth>1.5</uro:depth>", curve((0, 5), (9, 5))),
    )
    rng = np.random.default_rng(7)
    words = ["", "nan", "x", "1e999", "0 0", "<", "</gml:Point>", "gml:Solid", "Pipe", "EPSG/0/4326"]
    seen = set()
    for _attempt in range(150):
        text = whole
        for _change in range(rng.integers(1, 4)):
            start = int(rng.integers(len(HEAD), len(text)))
            stop = start + int(rng.integers(0, 12))
            text = text[:start] + words[rng.integers(len(words))] + text[stop:]
        try:
            made = read_citygml(write(tmp_path, text))
        except DatasetError as error:
            seen.add(error.findings[0].rule)
        else:
            seen.add("read")
            assert made.elements["lines"].sum() == len(made.survey.lines)
            assert made.elements["points"].sum() == len(made.survey.points)
    assert {"read", "citygml.broken"} <= seen
