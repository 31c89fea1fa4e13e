"""Any vocabulary, axis, zone, unit and format in; one survey in canonical tables out."""

from __future__ import annotations

import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from tests.census.raw_tables import LINES, POINTS, deliver, line_rows, point_rows, text_of
from twin import api
from twin.census.read import read_raw
from twin.errors import InputError

PROVENANCE = ["row", "file", "line_no", "extra"]


def rules(findings) -> set[str]:
    return {one.rule for one in findings}


@pytest.fixture
def plain(tmp_path):
    return read_raw(deliver(tmp_path / "plain"))[0]


@pytest.mark.core
def test_x_is_north_and_y_is_east(plain):
    assert plain.points["x_m"].tolist() == [518400.5] * 4
    assert plain.points["y_m"][0] == 3793610.125
    assert plain.meta["axis"] == "north-east"
    assert plain.meta["crs"] == "EPSG:4548"


def test_exchanged_axes_are_seen_in_the_values_and_said(plain, tmp_path):
    rows = [[*row[:3], row[4], row[3], *row[5:]] for row in point_rows()]
    survey, findings = read_raw(deliver(tmp_path / "raw", rows))
    assert rules(findings) == {"census.axis"}
    assert survey.meta["axis"] == "east-north"
    assert survey.points["x_m"].equals(plain.points["x_m"])
    assert survey.points["y_m"].equals(plain.points["y_m"])
    named = survey.headers.set_index("header")["column"]
    assert (named["X"], named["Y"]) == ("x_m", "y_m")


def test_coordinates_that_tell_nothing_are_believed_and_said(tmp_path):
    rows = [[*row[:3], 2810.5, 4431.25, *row[5:]] for row in point_rows()]
    survey, findings = read_raw(deliver(tmp_path / "raw", rows, settings="vertical_datum: 1985\n"))
    assert rules(findings) == {"census.axis-assumed", "census.no-crs"}
    assert survey.points["x_m"][0] == 4431.25
    assert survey.meta["crs"] == ""


@pytest.mark.parametrize("stated", ["", "EPSG:4527", "EPSG:4548"])
def test_the_zone_in_front_of_eastings_is_cut_off_and_gives_the_system(stated, plain, tmp_path):
    rows = [[*row[:4], 39_518400.5, *row[5:]] for row in point_rows()]
    folder = deliver(tmp_path / "raw", rows, settings="vertical_datum: 1985\n")
    survey, findings = read_raw(folder, system=stated)
    assert survey.points["x_m"].equals(plain.points["x_m"])
    assert (survey.meta["crs"], survey.meta["zone"]) == ("EPSG:4548", "39")
    assert rules(findings) == (set() if stated else {"census.crs-assumed"})


def test_a_system_that_contradicts_zone_or_place_is_doubted(tmp_path):
    rows = [[*row[:4], 39_518400.5, *row[5:]] for row in point_rows()]
    assert "census.zone" in rules(read_raw(deliver(tmp_path / "a", rows), system="EPSG:4547")[1])
    assert "census.crs-area" in rules(read_raw(deliver(tmp_path / "b"), system="EPSG:2154")[1])


@pytest.mark.parametrize(("factor", "unit"), [(100, "cm"), (1000, "mm")])
def test_depths_that_are_no_metres_are_read_in_their_unit_and_said(factor, unit, plain, tmp_path):
    points = point_rows(30)
    lines = [[*row[:2], row[2] * factor, row[3] * factor, *row[4:]] for row in line_rows(30)]
    survey, findings = read_raw(deliver(tmp_path / "raw", points, lines))
    assert rules(findings) == {"census.unit"}
    assert survey.lines["start_depth_m"][0] == plain.lines["start_depth_m"][0]
    assert f"lines.start_depth_m {unit}" in survey.meta["units"]


def test_a_unit_in_the_header_counts(plain, tmp_path):
    folder = deliver(tmp_path / "raw")
    headers = ["起点埋深（cm）" if header == "起点埋深" else header for header in LINES]
    lines = [[*row[:2], row[2] * 100, *row[3:]] for row in line_rows()]
    (folder / "JSLINE.csv").write_text(text_of(headers, lines), encoding="utf-8")
    survey, findings = read_raw(folder)
    assert not findings
    assert survey.lines["start_depth_m"].equals(plain.lines["start_depth_m"])


B_POINTS = [
    "Exp_No",
    "Feature",
    "Subsid",
    "X",
    "Y",
    "地面高程",
    "Well_Deep",
    "Use_Status",
    "建设年代",
    "探测日期",
]
B_LINES = [
    "Start_Point",
    "End_Point",
    "起点埋深",
    "终点埋深",
    "起点高程",
    "终点高程",
    "Material",
    "D_S",
    "BuryWay",
]


def in_words_of_b(folder: Path, count: int = 30, status: str = "1") -> Path:
    folder.mkdir()
    points = [[*row[:7], status, *row[8:]] for row in point_rows(count)]
    (folder / "JSPOINT.csv").write_text(text_of(B_POINTS, points), encoding="utf-8")
    lines = [[*row, index % 2] for index, row in enumerate(line_rows(count))]
    (folder / "JSLINE.csv").write_text(text_of([*B_LINES, "Flowdirect"], lines), encoding="utf-8")
    (folder / "survey.yaml").write_text("crs: EPSG:4548\nvertical_datum: 1985\n", encoding="utf-8")
    return folder


@pytest.mark.core
def test_status_digits_mean_what_their_vocabulary_says(tmp_path):
    survey, findings = read_raw(in_words_of_b(tmp_path / "b"))
    assert not findings
    assert survey.meta["mapping"] == "B"
    assert set(survey.points["status"]) == {"0"}
    assert survey.lines["flow_dir"][:3].tolist() == ["+", "-", "+"]


def test_a_code_that_says_more_than_its_canonical_one_is_kept(tmp_path):
    survey, __ = read_raw(in_words_of_b(tmp_path / "b", status="2"))
    assert set(survey.points["status"]) == {"3"}
    assert survey.points["extra"][0] == '{"Use_Status":"2"}'


def test_a_digit_that_the_vocabulary_does_not_know_is_set_aside(tmp_path):
    survey, findings = read_raw(in_words_of_b(tmp_path / "b", status="3"))
    assert rules(findings) == {"census.cell"}
    assert set(survey.points["status"]) == {""}
    assert set(survey.cells["problem"]) == {"unknown code"}


def test_auto_refuses_a_survey_in_which_everything_would_be_abandoned(tmp_path):
    rows = [[*row[:7], 1, *row[8:]] for row in point_rows(30)]
    folder = deliver(tmp_path / "raw", rows)
    with pytest.raises(InputError, match="30 of 30 rows are abandoned"):
        read_raw(folder)
    survey, findings = read_raw(folder, "canonical")
    assert rules(findings) == {"census.status"}
    assert set(survey.points["status"]) == {"1"}


def test_auto_refuses_what_it_is_not_sure_of_and_lists_the_candidates(tmp_path):
    (tmp_path / "line.csv").write_text("QD_ID,ZD_ID,QDMS,ZDMS,CZ,ZKS\nJS1,JS2,1,1,QM,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"candidates: D 100%"):
        read_raw(tmp_path / "line.csv")
    survey, __ = read_raw(tmp_path / "line.csv", "D")
    assert survey.lines[["start", "end", "material", "hole_count"]].values.tolist() == [
        ["JS1", "JS2", "QM", 2.0]
    ]


def test_a_mapping_of_ones_own_is_used_and_a_wrong_one_is_refused_with_all_that_is_wrong(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "name: own\npoints: {id: No, x_m: E, y_m: N}\nunits: {ground_m: cm}\n"
        "codes: {status: {ok: 0, out: 1}}\n",
        encoding="utf-8",
    )
    (tmp_path / "JSPOINT.csv").write_text(
        "No,E,N,地面高程,状态\n1,518400.5,3793600,3050,out\n", encoding="utf-8"
    )
    survey, __ = read_raw(tmp_path / "JSPOINT.csv", str(tmp_path / "own.yaml"))
    assert survey.points[["id", "x_m", "y_m", "ground_m", "status"]].values.tolist() == [
        ["1", 518400.5, 3793600.0, 30.5, "1"]
    ]
    (tmp_path / "bad.yaml").write_text(
        "name: bad\naxis: up\nextra: 1\npoints: {id: No, nothing: A, x_m: No}\n"
        "codes: {status: {a: 9}}\nunits: {size: kg}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_raw(tmp_path / "JSPOINT.csv", str(tmp_path / "bad.yaml"))
    places = [finding.field for finding in caught.value.findings]
    assert places == ["extra", "axis", "points.nothing", "points.x_m", "codes.status", "units.size"]


def test_lines_without_a_number_are_named_by_their_ends(tmp_path):
    lines = line_rows()
    survey, __ = read_raw(deliver(tmp_path, lines=[lines[0], lines[0], lines[1]]))
    assert survey.lines["id"].tolist() == ["JS1-JS2", "JS1-JS2#2", "JS2-JS3"]


def test_unknown_columns_are_kept_as_extra_and_named(tmp_path):
    folder = deliver(tmp_path)
    rows = [[*row, note] for row, note in zip(point_rows(), ["", 'a "b"', "", "c"], strict=True)]
    (folder / "JSPOINT.csv").write_text(
        text_of([*POINTS, "Mystery"], rows).replace('a "b"', '"a ""b"""'), encoding="utf-8"
    )
    survey, findings = read_raw(folder)
    assert rules(findings) == {"census.unknown-header"}
    assert survey.points["extra"].tolist() == ["", '{"Mystery":"a \\"b\\""}', "", '{"Mystery":"c"}']


def test_the_category_comes_from_the_column_the_table_name_or_the_ids(tmp_path):
    folder = deliver(tmp_path)
    (folder / "JSPOINT.csv").rename(folder / "给水管线点表.csv")
    (folder / "JSLINE.csv").rename(folder / "one.csv")
    survey, findings = read_raw(folder)
    assert set(survey.points["category"]) == {"JS"}
    assert set(survey.lines["category"]) == {"JS"}
    assert rules(findings) == {"census.category"}


def test_joined_tables_are_checked_and_kept(tmp_path):
    folder = deliver(tmp_path)
    (folder / "joined").mkdir()
    (folder / "joined/names.csv").write_text("name,component\n人民路,JS1\n", encoding="utf-8")
    (folder / "joined/depots.csv").write_text("id,x_m\nd1,oops\n", encoding="utf-8")
    (folder / "joined/namez.csv").write_text("name\n", encoding="utf-8")
    survey, findings = read_raw(folder)
    assert survey.tables["names"]["name"].tolist() == ["人民路"]
    assert np.isnan(survey.tables["depots"]["x_m"][0])
    assert {(one.file, one.rule) for one in findings} == {
        ("joined/depots.csv", "table.bad-value"),
        ("joined/namez.csv", "census.unknown-table"),
    }


def spatial(path: Path, driver: str, *, crs: str = "EPSG:4548") -> None:
    """Points and lines as layers (files where a format has but one)."""
    points, lines = point_rows(), line_rows()
    places = {row[0]: (row[4], row[3]) for row in points}
    parts = {
        "JSPOINT": (
            ["Exp_No", "Feature", "Subsid"],
            [row[:3] for row in points],
            [shapely.Point(*places[r[0]]) for r in points],
        ),
        "JSLINE": (
            ["Start_Point", "End_Point", "Material"],
            [[*r[:2], r[6]] for r in lines],
            [shapely.LineString([places[r[0]], places[r[1]]]) for r in lines],
        ),
    }
    for layer, (names, rows, shapes) in parts.items():
        several = driver in ("GPKG", "OpenFileGDB")
        file = path if several else path / f"{layer}{'.shp' if driver == 'ESRI Shapefile' else '.geojson'}"
        columns = [np.array(column, dtype=object) for column in zip(*rows, strict=True)]
        pyogrio.raw.write(
            file, shapely.to_wkb(np.array(shapes, dtype=object)), columns, names, layer=layer, driver=driver,
            geometry_type=shapes[0].geom_type, crs=crs, append=several and file.exists(),
        )  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*Normalized/laundered")
@pytest.mark.parametrize(
    ("driver", "name"),
    [("GPKG", "a.gpkg"), ("OpenFileGDB", "a.gdb"), ("ESRI Shapefile", ""), ("GeoJSON", "")],
)
def test_gis_files_are_read_with_their_places_and_their_system(driver, name, plain, tmp_path):
    (tmp_path / "raw").mkdir()
    spatial(tmp_path / "raw" / name, driver)
    survey, findings = read_raw(tmp_path / "raw")
    assert rules(findings) == {"census.datum-assumed"}
    same = ["id", "feature", "attachment", "x_m", "y_m", "category"]
    pd.testing.assert_frame_equal(survey.points[same], plain.points[same])
    assert survey.lines[["start", "end", "material"]].equals(plain.lines[["start", "end", "material"]])
    assert survey.meta["crs"] == "EPSG:4548"


@pytest.mark.filterwarnings("ignore:.*Normalized/laundered")
@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_chinese_names_and_texts_of_a_shapefile_are_read_in_their_encoding(encoding, stated, tmp_path):
    rows = point_rows()
    shapes = shapely.to_wkb(np.array([shapely.Point(row[4], row[3]) for row in rows], dtype=object))
    columns = [np.array([row[place] for row in rows], dtype=object) for place in range(3)]
    pyogrio.raw.write(
        tmp_path / "JSPOINT.shp", shapes, columns, POINTS[:3], driver="ESRI Shapefile",
        geometry_type="Point", crs="EPSG:4548", encoding=encoding,
    )  # fmt: skip
    if not stated:
        (tmp_path / "JSPOINT.cpg").unlink()
    survey, __ = read_raw(tmp_path)
    assert survey.points[["id", "attachment"]].values.tolist() == [
        ["JS1", ""], ["JS2", "阀门"], ["JS3", ""], ["JS4", "阀门"]
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_drawing_becomes_points_and_lines_that_meet(tmp_path):
    shapes = [
        shapely.Point(518400, 3793600),
        shapely.LineString([(518400, 3793600), (518410, 3793600), (518410, 3793620)]),
    ]
    pyogrio.raw.write(
        tmp_path / "a.dxf", shapely.to_wkb(np.array(shapes, dtype=object)),
        [np.array(["JS", "JS"], dtype=object)], ["Layer"], driver="DXF", geometry_type="Unknown", crs=None,
    )  # fmt: skip
    survey, findings = read_raw(tmp_path / "a.dxf", system="EPSG:4548")
    assert {"census.numbered", "census.drawn-lines"} <= rules(findings)
    assert len(survey.points) == 3
    assert set(survey.points["category"]) == {"JS"}
    assert survey.lines[["start", "end"]].isin(survey.points["id"].tolist()).all(axis=None)
    assert survey.lines["end"][0] == survey.lines["start"][1]


def test_a_zip_of_a_delivery_is_the_delivery(plain, tmp_path):
    folder = deliver(tmp_path / "raw")
    with zipfile.ZipFile(tmp_path / "raw.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"inner/{path.name}")
    survey, findings = read_raw(tmp_path / "raw.zip")
    assert not findings
    kept = [name for name in plain.points if name not in PROVENANCE]
    pd.testing.assert_frame_equal(survey.points[kept], plain.points[kept])


def test_access_tables_are_read_by_the_reader_of_the_extra(plain, tmp_path, monkeypatch):
    class Parser:
        def __init__(self, path):
            self.catalog = {"JSPOINT": 1, "JSLINE": 2, "MSysObjects": 3}

        def parse_table(self, name):
            headers, rows = (POINTS, point_rows()) if name == "JSPOINT" else (LINES, line_rows())
            return {header: [row[place] for row in rows] for place, header in enumerate(headers)}

    module = types.ModuleType("access_parser")
    module.AccessParser = Parser
    monkeypatch.setitem(sys.modules, "access_parser", module)
    (tmp_path / "a.mdb").write_bytes(b"")
    survey, __ = read_raw(tmp_path / "a.mdb", system="EPSG:4548")
    kept = [name for name in plain.points if name not in PROVENANCE]
    pd.testing.assert_frame_equal(survey.points[kept], plain.points[kept])
    monkeypatch.setitem(sys.modules, "access_parser", None)
    with pytest.raises(InputError, match=r"lifeline-twin\[mdb\]"):
        read_raw(tmp_path / "a.mdb")


def test_a_header_with_a_line_break_in_it_is_one_header(plain, tmp_path):
    folder = deliver(tmp_path / "raw")
    text = (folder / "JSLINE.csv").read_text(encoding="utf-8-sig").replace("起点埋深", '"起点\n埋深"')
    (folder / "JSLINE.csv").write_text("给水管线线表,,\n" + text, encoding="utf-8")
    survey, findings = read_raw(folder)
    assert rules(findings) == {"census.title-rows"}
    assert survey.lines["start_depth_m"].equals(plain.lines["start_depth_m"])
    assert survey.lines["line_no"].tolist() == [3, 4, 5]


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_what_is_neither_point_nor_line_in_a_drawing_is_named(tmp_path):
    shapes = [
        shapely.LineString([(518400, 3793600), (518410, 3793600)]),
        shapely.box(518400, 3793600, 518410, 3793610),
    ]
    pyogrio.raw.write(
        tmp_path / "a.dxf", shapely.to_wkb(np.array(shapes, dtype=object)),
        [np.array(["JS", "JS"], dtype=object)], ["Layer"], driver="DXF", geometry_type="Unknown", crs=None,
    )  # fmt: skip
    survey, findings = read_raw(tmp_path / "a.dxf", system="EPSG:4548")
    told = [one for one in findings if one.rule == "census.no-table"]
    assert len(survey.lines) + len(told) >= 2
    assert all("rows: 1" in str(one) for one in told)


def test_a_line_without_a_shape_is_kept_without_ends_and_named(tmp_path):
    (tmp_path / "JSLINE.geojson").write_text(
        '{"type":"FeatureCollection","features":['
        '{"type":"Feature","properties":{"Material":"QM"},"geometry":'
        '{"type":"LineString","coordinates":[[518400,3793600],[518410,3793600]]}},'
        '{"type":"Feature","properties":{"Material":"PE"},"geometry":null}]}',
        encoding="utf-8",
    )
    survey, findings = read_raw(tmp_path / "JSLINE.geojson", "B", system="EPSG:4548")
    assert survey.lines["material"].tolist() == ["QM", "PE"]
    assert survey.lines["start"][1] == ""
    assert "census.no-geometry" in rules(findings)


def test_a_table_that_lacks_a_column_is_refused_by_the_name_of_the_column(tmp_path):
    (tmp_path / "JSPOINT.csv").write_text("物探点号,X,地面高程,状态\nJS1,3793600,30,0\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column was recognised as x_m: add it"):
        read_raw(tmp_path / "JSPOINT.csv")


def test_a_census_is_only_written_under_a_name_that_says_so_and_never_over_a_table(tmp_path):
    table = tmp_path / "JSPOINT.csv"
    table.write_text("物探点号,X,Y,地面高程\nJS1,3793600,518400.5,30\n", encoding="utf-8")
    before = table.read_bytes()
    with pytest.raises(InputError, match=r"ends in \.gpkg"):
        api.read_census(table, table, overwrite=True)
    assert table.read_bytes() == before
    with pytest.raises(OSError, match="name too long"):
        api.read_census(table, tmp_path / f"{'a' * 240}.gpkg")
    assert [path.name for path in tmp_path.iterdir()] == ["JSPOINT.csv"]
