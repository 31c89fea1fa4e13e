"""What is exported in any vocabulary reads back as the survey it was."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.census.raw_tables import deliver, line_rows, point_rows
from twin.census.export import check_replaceable, export_survey
from twin.census.mappings import bundled, codes_of
from twin.census.read import read_raw
from twin.census.survey import SCHEMAS, Survey, empty, frame
from twin.errors import DatasetError

VOCABULARIES = ("canonical", "A", "B", "C", "D", "E", "F")
TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=6).map(str.strip)
NUMBERS = st.floats(-1e4, 1e4).map(lambda value: round(value, 3) + 0.0) | st.just(np.nan)
FREE = {
    "points": ("map_no", "feature", "attachment", "code", "cover_size", "road", "owner", "note", "contact"),
    "lines": ("pressure", "coating", "facility_code", "owner", "road", "map_sheet", "note"),
}
COUNTED = {
    "points": ("ground_m", "height_m", "rotation_deg"),
    "lines": ("start_z_m", "end_z_m", "cable_count", "voltage_kv", "wall_mm", "length_m"),
}
CODES = {"points": ("status",), "lines": ("material", "embed", "status", "source", "flow_dir")}


@st.composite
def surveys(draw) -> Survey:
    made = {}
    for table, count in (("points", draw(st.integers(1, 6))), ("lines", draw(st.integers(1, 6)))):
        columns = {name: draw(st.lists(TEXTS, min_size=count, max_size=count)) for name in FREE[table]}
        columns |= {name: draw(st.lists(NUMBERS, min_size=count, max_size=count)) for name in COUNTED[table]}
        for name in CODES[table]:
            words = st.sampled_from(["", *codes_of(name)])
            columns[name] = draw(st.lists(words, min_size=count, max_size=count))
        columns |= {
            "row": list(range(count)),
            "category": ["JS"] * count,
            "file": [f"JS{'POINT' if table == 'points' else 'LINE'}.csv"] * count,
            "built": draw(
                st.lists(st.integers(1900, 2030).map(float) | st.just(np.nan), min_size=count, max_size=count)
            ),
        }
        if table == "points":
            columns["id"] = [f"JS{n}" for n in range(count)]
            columns["x_m"] = [518_400.0 + n * 1.125 for n in range(count)]
            columns["y_m"] = [3_793_600.0 + n * 1.125 for n in range(count)]
        else:
            columns["start"] = [f"JS{n}" for n in range(count)]
            columns["end"] = [f"JS{n + 1}" for n in range(count)]
            columns["id"] = [f"L{n}" for n in range(count)]
            columns["size"] = draw(
                st.lists(st.sampled_from(["", "DN100", "1200*800"]), min_size=count, max_size=count)
            )
            width = {"": np.nan, "DN100": 100.0, "1200*800": 1200.0}
            height = {"": np.nan, "DN100": 100.0, "1200*800": 800.0}
            columns["width_mm"] = [width[size] for size in columns["size"]]
            columns["height_mm"] = [height[size] for size in columns["size"]]
        made[table] = frame(SCHEMAS[table], columns, count)
    meta = {"crs": "EPSG:4548", "vertical_datum": "1985", "zone": draw(st.sampled_from(["", "39"]))}
    return Survey(made["points"], made["lines"], empty("cells"), empty("headers"), empty("repairs"), meta)


def assert_same(one: Survey, other: Survey) -> None:
    for table in ("points", "lines"):
        left, right = (getattr(each, table).drop(columns=["file", "line_no"]) for each in (one, other))
        pd.testing.assert_frame_equal(left, right)


@pytest.mark.parametrize("name", VOCABULARIES)
@settings(max_examples=8, deadline=None)
@given(survey=surveys())
def test_what_is_exported_reads_back_as_it_was(name, survey):
    with TemporaryDirectory() as folder:
        export_survey(survey, bundled(name), Path(folder) / "back")
        back, __ = read_raw(Path(folder) / "back", name)
    assert_same(back, survey)
    assert not len(back.cells)


def odd_delivery(folder: Path) -> Path:
    rows = point_rows(30)
    rows[3][5] = "三十"
    rows[4] = [*rows[4][:7], 7, *rows[4][8:]]
    lines = line_rows(30)
    lines[2][7] = "3*240"
    lines[5][6] = "未知"
    return deliver(folder, rows, lines)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("name", ["canonical", "B"])
def test_cells_that_could_not_be_read_go_back_where_they_stood(name, form, tmp_path):
    survey, __ = read_raw(odd_delivery(tmp_path / "raw"))
    export_survey(survey, bundled(name), tmp_path / "back", form=form)
    back, __ = read_raw(tmp_path / "back", name)
    assert_same(back, survey)
    pd.testing.assert_frame_equal(back.cells, survey.cells)


def test_a_repaired_cell_is_written_as_it_is_now(tmp_path):
    survey, __ = read_raw(odd_delivery(tmp_path / "raw"))
    survey.points.loc[3, ["ground_m", "repaired"]] = [30.0, "ground_m"]
    export_survey(survey, bundled("canonical"), tmp_path / "back")
    back, __ = read_raw(tmp_path / "back")
    assert back.points["ground_m"][3] == 30.0


def test_extra_columns_and_codes_that_say_more_go_back(tmp_path):
    headers = "Exp_No,X,Y,Use_Status,Mystery\n"
    (tmp_path / "JSPOINT.csv").write_text(
        headers + "JS1,3793600,39518400,2,a\nJS2,3793610,39518400,1,\n", encoding="utf-8"
    )
    survey, __ = read_raw(tmp_path / "JSPOINT.csv", "B")
    export_survey(survey, bundled("B"), tmp_path / "back")
    text = (tmp_path / "back/JSPOINT.csv").read_text(encoding="utf-8-sig").splitlines()
    rows = [dict(zip(text[0].split(","), line.split(","), strict=True)) for line in text[1:]]
    assert [(row["Use_Status"], row["Mystery"], row["Y"]) for row in rows] == [
        ("2", "a", "39518400"),
        ("1", "", "39518400"),
    ]


def test_exchanged_axes_go_back_exchanged(tmp_path):
    rows = [[*row[:3], row[4], row[3], *row[5:]] for row in point_rows()]
    survey, __ = read_raw(deliver(tmp_path / "raw", rows))
    export_survey(survey, bundled("canonical"), tmp_path / "back")
    back, findings = read_raw(tmp_path / "back")
    assert [one.rule for one in findings] == ["census.axis"]
    assert_same(back, survey)


def test_texts_that_look_like_formulas_stay_texts_in_a_workbook(tmp_path):
    import openpyxl

    rows = point_rows()
    rows[0][1] = "=1+1"
    survey, __ = read_raw(deliver(tmp_path / "raw", rows))
    export_survey(survey, bundled("canonical"), tmp_path / "back", form="xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "back/survey.xlsx")["JSPOINT"]
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value == "=1+1"]
    assert [cell.data_type for cell in found] == ["s"]


def test_joined_tables_and_the_system_go_back(tmp_path):
    folder = deliver(tmp_path / "raw")
    (folder / "joined").mkdir()
    (folder / "joined/names.csv").write_text("name,component\n人民路,JS1\n", encoding="utf-8")
    survey, __ = read_raw(folder)
    export_survey(survey, bundled("canonical"), tmp_path / "back")
    back, findings = read_raw(tmp_path / "back")
    assert not findings
    pd.testing.assert_frame_equal(back.tables["names"], survey.tables["names"])
    assert back.meta["crs"] == "EPSG:4548"


def test_only_an_export_is_replaced(tmp_path):
    survey, __ = read_raw(deliver(tmp_path / "raw"))
    with pytest.raises(DatasetError, match="no export"):
        check_replaceable(tmp_path / "raw", overwrite=True)
    export_survey(survey, bundled("canonical"), tmp_path / "back")
    with pytest.raises(DatasetError, match="--overwrite"):
        check_replaceable(tmp_path / "back", overwrite=False)
    check_replaceable(tmp_path / "back", overwrite=True)
    export_survey(survey, bundled("B"), tmp_path / "back")
    assert "Exp_No" in (tmp_path / "back/JSPOINT.csv").read_text(encoding="utf-8-sig")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "raw"]
