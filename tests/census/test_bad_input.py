"""Bad deliveries: each defect is a finding that names file, row, column and value; the rest is read."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.census.raw_tables import LINES, POINTS, SETTINGS, deliver, line_rows, point_rows, text_of
from twin import api
from twin.census.read import read_raw
from twin.census.store import write_survey
from twin.errors import InputError
from twin.model.finding import Finding


def only(findings: list[Finding], rule: str) -> Finding:
    found = [one for one in findings if one.rule == rule]
    assert len(found) == 1, [str(one) for one in findings]
    return found[0]


def refused(path: Path, **options) -> list[Finding]:
    with pytest.raises(InputError) as caught:
        read_raw(path, **options)
    return list(caught.value.findings)


@pytest.mark.core
def test_one_bad_cell_is_set_aside_and_named_and_everything_else_is_read(tmp_path):
    rows = point_rows(200)
    rows[122][5] = "三十"
    survey, findings = read_raw(deliver(tmp_path, rows))
    found = only(findings, "census.cell")
    assert (found.file, found.line, found.column, found.field) == ("JSPOINT.csv", 124, 6, "地面高程")
    assert "三十" in str(found)
    assert survey.cells.to_dict("records") == [
        {"table": "points", "row": 122, "column": "ground_m", "value": "三十", "problem": "not a number"}
    ]
    assert np.isnan(survey.points["ground_m"][122])
    assert survey.points["ground_m"].notna().sum() == 199


@pytest.mark.verify
def test_one_bad_cell_among_a_million_rows_is_named_and_every_other_row_is_read(tmp_path):
    count, bad = 1_000_000, 765_432
    points, tail = "\n".join(f"JS{n},三通,,{3e6 + n},518400.5,30.5" for n in range(count)), "\n"
    points = points.replace(
        f"JS{bad},三通,,{3e6 + bad},518400.5,30.5", f"JS{bad},三通,,{3e6 + bad},518400.5,三十"
    )
    (tmp_path / "JSPOINT.csv").write_text(",".join(POINTS[:6]) + "\n" + points + tail, encoding="utf-8")
    (tmp_path / "JSLINE.csv").write_text(text_of(LINES, line_rows()), encoding="utf-8")
    (tmp_path / "survey.yaml").write_text(SETTINGS, encoding="utf-8")
    survey, findings = read_raw(tmp_path)
    assert len(findings) == 1
    found = only(findings, "census.cell")
    assert (found.file, found.line, found.column, found.field) == ("JSPOINT.csv", bad + 2, 6, "地面高程")
    assert "三十" in str(found)
    assert survey.cells[["table", "row", "column", "value"]].to_numpy().tolist() == [
        ["points", bad, "ground_m", "三十"]
    ]
    assert survey.points["id"].tolist() == [f"JS{n}" for n in range(count)]
    assert np.array_equal(survey.points["y_m"], 3e6 + np.arange(count))
    assert np.flatnonzero(survey.points["ground_m"] != 30.5).tolist() == [bad]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_survey_is_the_same_in_every_encoding(encoding, tmp_path):
    survey, findings = read_raw(deliver(tmp_path, encoding=encoding))
    assert not findings
    assert survey.points["attachment"].tolist() == ["", "阀门", "", "阀门"]


def test_a_broken_sign_is_named_and_the_other_cells_are_read(tmp_path):
    folder = deliver(tmp_path, encoding="utf-8")
    content = (
        (folder / "JSPOINT.csv")
        .read_bytes()
        .replace("JS2,,阀门".encode(), "JS2,,阀".encode() + b"\xe9\x97", 1)
    )
    (folder / "JSPOINT.csv").write_bytes(content)
    survey, findings = read_raw(folder)
    found = only(findings, "census.encoding")
    assert (found.file, found.line, found.column) == ("JSPOINT.csv", 3, 3)
    assert "阀\ufffd" in str(found)
    assert len(survey.points) == 4
    assert survey.points["attachment"][3] == "阀门"


def test_a_table_in_no_known_encoding_is_refused_with_its_headers(tmp_path):
    folder = deliver(tmp_path, encoding="utf-8")
    for name in ("JSPOINT.csv", "JSLINE.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_bytes(text.encode("shift_jis", "replace"))
    assert {one.file for one in refused(folder)} == {"JSPOINT.csv", "JSLINE.csv"}


def test_rows_with_another_delimiter_are_split_by_it_and_named(tmp_path):
    folder = deliver(tmp_path)
    lines = (folder / "JSPOINT.csv").read_text(encoding="utf-8-sig").splitlines()
    lines[2] = lines[2].replace(",", ";")
    (folder / "JSPOINT.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    survey, findings = read_raw(folder)
    found = only(findings, "census.row-delimiter")
    assert (found.file, found.line) == ("JSPOINT.csv", 3)
    assert "JS2;;阀门" in str(found)
    assert survey.points["id"].tolist() == ["JS1", "JS2", "JS3", "JS4"]
    assert survey.points["line_no"].tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", "，"])
def test_every_usual_delimiter_is_found_out(delimiter, tmp_path):
    folder = deliver(tmp_path)
    (folder / "JSPOINT.csv").write_text(text_of(POINTS, point_rows(), delimiter), encoding="utf-8")
    survey, findings = read_raw(folder)
    assert not findings
    assert survey.points["y_m"].tolist() == [3793610.125, 3793620.125, 3793630.125, 3793640.125]


def test_a_truncated_file_is_said_to_end_within_a_row(tmp_path):
    folder = deliver(tmp_path)
    content = (folder / "JSLINE.csv").read_bytes()
    (folder / "JSLINE.csv").write_bytes(content[:-24])
    survey, findings = read_raw(folder)
    found = only(findings, "census.row-truncated")
    assert (found.file, found.line) == ("JSLINE.csv", 4)
    assert len(survey.lines) == 3


def test_too_many_fields_and_stray_quotation_marks_lose_no_row(tmp_path):
    folder = deliver(tmp_path, lines=[])
    rows = [",".join(map(str, row)) for row in line_rows(8)]
    rows[1] += ",more"
    rows[3] = rows[3].replace("QM", '"QM')
    (folder / "JSLINE.csv").write_text("\n".join([",".join(LINES), *rows]) + "\n", encoding="utf-8")
    survey, findings = read_raw(folder)
    assert only(findings, "census.row-long").line == 3
    assert survey.lines["start"].tolist() == [f"JS{n}" for n in range(1, 8)]
    assert survey.lines["line_no"].tolist() == list(range(2, 9))


def test_degrees_are_refused_until_their_system_is_stated(tmp_path):
    rows = [[*row[:3], 34.27 + 0.0001 * n, 117.2, *row[5:]] for n, row in enumerate(point_rows())]
    folder = deliver(tmp_path, rows, settings="")
    found = refused(folder)[0]
    assert (found.rule, found.file, found.line, found.column) == ("census.degrees", "JSPOINT.csv", 2, 5)
    assert "117.2" in str(found)
    survey, findings = read_raw(folder, system="EPSG:4490")
    assert only(findings, "census.degrees").file == "JSPOINT.csv"
    assert survey.meta["crs"] == "EPSG:4548"
    assert survey.points["x_m"][0] == pytest.approx(518418, abs=5)
    assert survey.points["y_m"][0] == pytest.approx(3793629, abs=5)


def test_a_point_in_degrees_among_metres_is_named_and_left(tmp_path):
    rows = point_rows()
    rows[2][3:5] = [34.27, 117.2]
    survey, findings = read_raw(deliver(tmp_path, rows))
    found = only(findings, "census.odd-coordinate")
    assert (found.line, found.field) == (4, "Y")
    assert survey.points["x_m"][2] == 117.2


def test_two_points_with_one_id_are_named_and_both_kept(tmp_path):
    rows = point_rows()
    rows[3][0] = "JS2"
    survey, findings = read_raw(deliver(tmp_path, rows))
    found = only(findings, "census.double-id")
    assert (found.file, found.line, found.column, found.field) == ("JSPOINT.csv", 5, 1, "物探点号")
    assert "JS2" in str(found)
    assert survey.points["id"].tolist() == ["JS1", "JS2", "JS3", "JS2"]


def workbook(path: Path, points: list, lines: list | None = None, merge: str = "") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "JSPOINT"
    for row in points:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    other = book.create_sheet("JSLINE")
    for row in lines or [LINES, *line_rows()]:
        other.append(row)
    book.save(path)
    return path


def test_excel_dates_and_numbers_as_text_are_named(tmp_path):
    rows = point_rows(6)
    rows[1][5] = "30.75"
    rows[2][6] = dt.datetime(2025, 3, 5)
    rows[3][8] = dt.datetime(2001, 5, 1)
    rows[4][9] = dt.datetime(2025, 3, 2)
    survey, findings = read_raw(workbook(tmp_path / "a.xlsx", [POINTS, *rows]), system="EPSG:4548")
    text = only(findings, "census.number-as-text")
    assert (text.file, text.line, text.column, text.field) == ("a.xlsx#JSPOINT", 3, 6, "地面高程")
    date = only(findings, "census.excel-date")
    assert (date.line, date.column) == (4, 7)
    assert "2025-03-05" in str(date)
    assert survey.points["ground_m"][1] == 30.75
    assert survey.points["built"][3] == 2001
    assert survey.points["surveyed"][4] == "2025-03-02"
    assert survey.cells["value"].tolist() == ["2025-03-05"]


def test_merged_header_cells_are_spelt_out_and_named(tmp_path):
    upper = ["起点", "", "", "终点", "", "", "材质", "管径或断面尺寸", "埋设方式"]
    lower = ["点号", "埋深", "高程", "点号", "埋深", "高程", "", "", ""]
    rows = [[r[0], r[2], r[4], r[1], r[3], r[5], *r[6:]] for r in line_rows()]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "JSLINE"
    for row in [["给水管线线表"], upper, lower, *rows]:
        sheet.append(row)
    for area in ("A1:I1", "A2:C2", "D2:F2", "G2:G3", "H2:H3", "I2:I3"):
        sheet.merge_cells(area)
    book.save(tmp_path / "JSLINE.xlsx")
    folder = deliver(tmp_path / "raw")
    (folder / "JSLINE.csv").unlink()
    (tmp_path / "JSLINE.xlsx").rename(folder / "JSLINE.xlsx")
    survey, findings = read_raw(folder)
    found = only(findings, "census.merged-headers")
    assert (found.file, found.line, found.column) == ("JSLINE.xlsx#JSLINE", 2, 1)
    assert "起点" in str(found)
    plain, __ = read_raw(deliver(tmp_path / "plain"))
    same = ["start", "end", "start_depth_m", "end_z_m", "material", "size"]
    assert survey.lines[same].equals(plain.lines[same])


def test_empty_and_double_headers_are_named_and_their_cells_kept(tmp_path):
    folder = deliver(tmp_path)
    text = (
        (folder / "JSPOINT.csv")
        .read_text(encoding="utf-8-sig")
        .replace("井深", "")
        .replace("探测日期", "地面高程")
    )
    (folder / "JSPOINT.csv").write_text(text, encoding="utf-8")
    survey, findings = read_raw(folder)
    assert [(one.column, one.line) for one in findings if one.rule == "census.header"] == [(7, 1), (10, 1)]
    assert survey.points["extra"][0] == '{"#7":"1.2","地面高程#10":"2025-03-01"}'
    assert survey.headers["problem"].tolist().count("empty") == 1
    assert survey.headers["problem"].tolist().count("duplicate") == 1


def test_a_zip_bomb_is_refused_and_nothing_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "raw.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("JSPOINT.csv", b"0" * 64_000_000)
    found = refused(tmp_path / "raw.zip")
    assert found[0].rule == "archive.bomb"
    assert "JSPOINT.csv" in str(found[0])


def test_a_zip_that_leads_out_of_its_folder_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "raw.zip", "w") as archive:
        archive.writestr("../JSPOINT.csv", "a,b\n")
    assert refused(tmp_path / "raw.zip")[0].rule == "file.outside"
    assert not (tmp_path.parent / "JSPOINT.csv").exists()


def test_a_workbook_with_billion_laughs_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [POINTS, *point_rows()])
    with zipfile.ZipFile(path) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    laughs = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    parts["xl/worksheets/sheet1.xml"] = laughs + parts["xl/worksheets/sheet1.xml"]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    found = refused(path)
    assert found[0].rule == "workbook.entities"
    assert "xl/worksheets/sheet1.xml" in str(found[0])


@pytest.mark.parametrize(
    "name", ["a.xlsx", "a.gpkg", "a.shp", "a.geojson", "a.dxf", "a.zip", "a.mdb", "a.gdb"]
)
def test_a_file_that_is_not_what_its_name_says_is_refused(name, tmp_path):
    (tmp_path / name).write_bytes(b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>")
    assert refused(tmp_path / name)[0].file.endswith(name)


@pytest.mark.core
def test_a_survey_in_canonical_tables_is_said_to_be_one(tmp_path):
    survey, _findings = read_raw(deliver(tmp_path / "raw"))
    (tmp_path / "again").mkdir()
    write_survey(survey, tmp_path / "again" / "census.gpkg")
    for path in (tmp_path / "again" / "census.gpkg", tmp_path / "again"):
        found = only(refused(path), "census.canonical")
        assert found.file == "census.gpkg"
        assert "twin census build" in str(found)
        assert len(refused(path)) == 1


def test_a_file_that_belongs_to_no_survey_is_named(tmp_path):
    folder = deliver(tmp_path)
    (folder / "readme.docx").write_bytes(b"PK")
    (folder / "defects.csv").write_text("rule,table,id,origin\n", encoding="utf-8")
    __, findings = read_raw(folder)
    assert [one.file for one in findings] == ["readme.docx"]


@pytest.mark.core
def test_nothing_is_written_where_nothing_usable_can_be_read(tmp_path):
    for content in (b"", b"\n\n", b"a,b\n1,2\n"):
        (tmp_path / "JSPOINT.csv").write_bytes(content)
        with pytest.raises(InputError):
            api.read_census(tmp_path / "JSPOINT.csv", tmp_path / "out/census.gpkg")
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_under_strict_where_anything_is_odd(tmp_path):
    rows = point_rows()
    rows[0][5] = "x"
    with pytest.raises(InputError):
        api.read_census(deliver(tmp_path / "raw", rows), tmp_path / "census.gpkg", strict=True)
    assert not (tmp_path / "census.gpkg").exists()


def test_a_part_that_hides_its_xml_behind_another_name_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [POINTS, *point_rows()])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/media/picture.png", b'\n<!DOCTYPE l [<!ENTITY a "ha">]><l>&a;</l>')
    assert refused(path)[0].rule == "workbook.entities"


def test_a_cell_far_beyond_the_table_is_refused_and_not_waited_for(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(POINTS)
    book.active.cell(1_000_000, 16_000).value = 1
    book.save(tmp_path / "a.xlsx")
    found = refused(tmp_path / "a.xlsx")[0]
    assert (found.rule, found.file) == ("workbook.too-large", "a.xlsx#Sheet")


def test_a_table_without_rows_is_a_table(tmp_path):
    folder = deliver(tmp_path, lines=[])
    survey, findings = read_raw(folder)
    assert not findings
    assert (len(survey.points), len(survey.lines)) == (4, 0)
    assert survey.headers["table"].tolist().count("lines") == len(LINES)


@settings(max_examples=25, deadline=None)
@example(place=1, gone=0, put=b'"\n"')
@example(place=0, gone=0, put=b'"')
@given(
    place=st.integers(0, 400),
    gone=st.integers(0, 30),
    put=st.sampled_from([b"", b'"', b",", b"\n", b"\0", b";", b"\xff", b"1e999", b'"\n"', "中".encode()]),
)
def test_whatever_is_spoilt_in_a_file_every_row_is_read_or_the_file_is_refused(place, gone, put):
    with TemporaryDirectory() as name:
        folder = deliver(Path(name))
        content = (folder / "JSPOINT.csv").read_bytes()
        (folder / "JSPOINT.csv").write_bytes(content[:place] + put + content[place + gone :])
        left = (content[:place] + put + content[place + gone :]).decode("utf-8", "replace")
        try:
            survey, findings = read_raw(folder)
        except InputError as error:
            assert error.findings
            return
        ids = {f"JS{n}" for n in range(1, 5) if f"\nJS{n}," in left.replace("\0", "")}
        assert ids <= set(survey.points["id"])
        assert all(str(one) for one in findings)


@pytest.mark.core
@pytest.mark.parametrize("mapping", ["auto", "canonical"])
def test_a_table_without_a_column_that_it_needs_is_refused_under_every_mapping(mapping, tmp_path):
    deliver(tmp_path)
    path = tmp_path / "JSLINE.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace("终点点号", "去向"), encoding="utf-8")
    found = only(refused(tmp_path, mapping=mapping), "census.lacking")
    assert (found.file, "end" in str(found.problem)) == ("JSLINE.csv", True)
