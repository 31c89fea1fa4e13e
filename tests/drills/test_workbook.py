"""Workbooks: the same scenario after a round trip, findings by sheet and cell, hostile files refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from tests.drills import made
from twin.drills.reader import parse_scenario, read_scenario
from twin.drills.workbook import to_xlsx
from twin.errors import ScenarioError

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.yaml"))
PATIENT = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def book(tmp_path) -> Path:
    """The underpass sample as a workbook."""
    path = tmp_path / "d.xlsx"
    to_xlsx(read_scenario(Path(__file__).parent / "samples" / "underpass.yaml"), path)
    return path


def changed(path: Path, sheet: str, cell: str, value: object) -> Path:
    """The workbook with one cell changed."""
    book = load_workbook(path)
    book[sheet][cell].value = value
    book.save(path)
    return path


def refusal(path: Path) -> list[str]:
    """The findings that reading the workbook ends in, with the folder left out."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    return [str(finding).replace(f"{path.parent}{'/'}", "") for finding in caught.value.findings]


@pytest.mark.core
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sample_is_the_same_after_the_round_trip(sample, language, tmp_path):
    scenario = read_scenario(sample)
    to_xlsx(scenario, tmp_path / "d.xlsx", language)
    assert read_scenario(tmp_path / "d.xlsx") == scenario


@given(scenario=made.scenarios(), language=st.sampled_from(["en", "zh"]))
@PATIENT
def test_any_scenario_is_the_same_after_the_round_trip(scenario, language, tmp_path):
    to_xlsx(scenario, tmp_path / "d.xlsx", language)
    assert read_scenario(tmp_path / "d.xlsx") == scenario


def test_there_is_one_line_for_each_expectation(book):
    scenario = read_scenario(book)
    lines = list(load_workbook(book)["script"].iter_rows(values_only=True))
    assert len(lines) - 1 == sum(1 for __ in scenario.expectations())


def test_no_cell_is_a_formula(tmp_path):
    scenario = parse_scenario('drill: "=1+1"\nscript:\n  - {at: T+0, do: break x}\n')
    to_xlsx(scenario, tmp_path / "d.xlsx")
    cells = [cell for page in load_workbook(tmp_path / "d.xlsx") for line in page for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert read_scenario(tmp_path / "d.xlsx").title == "=1+1"


def test_numbers_dates_and_times_may_be_typed_as_such(book):
    changed(book, "scenario", "B3", dt.datetime(2026, 7, 18, 23, 30))
    changed(book, "scenario", "B4", 11)
    scenario = read_scenario(book)
    assert (str(scenario.start), scenario.seed) == ("2026-07-18 23:30", 11)
    assert str(read_scenario(changed(book, "scenario", "B3", dt.time(9, 5))).start) == "09:05"


def test_variants_and_settings_lie_over_a_workbook_too(book):
    night = read_scenario(book, variants=["夜间"], settings=["seed=3"])
    assert (str(night.start), night.seed) == ("2026-07-18 23:30", 3)


FINDINGS = {
    ("script", "B3", "depth(下穿) > 3 min"): [
        "d.xlsx#script:3:2: when depth cannot be 3 min: give it in m, km, cm, mm"
    ],
    ("script", "C3", "x"): [
        "d.xlsx#script:3:1: script[2] has 2 of at, when, if_missed: "
        "give it exactly one; others go into a row of their own"
    ],
    ("script", "A1", "att"): ["d.xlsx#script:1:1: att is no heading here, or stands twice: did you mean at?"],
    ("scenario", "A4", "sead"): ["d.xlsx#scenario:4:1: sead is no key here: did you mean seed?"],
    ("scenario", "B4", "x"): ['d.xlsx#scenario:4:2: seed "x" is not a whole number: write one, such as 7'],
    ("scenario", "A4", "drill"): ["d.xlsx#scenario:4:1: drill stands twice: first in line 2: keep one"],
    ("names", "A2", None): ["d.xlsx#names:2:1: name is missing: fill the cell"],
    ("hazards", "A2", "58 mm for 3 min"): [
        "d.xlsx#hazards:2:1: rain[1] 58 mm does not fit: give it in m/s, km/h, mm/h, mm/min"
    ],
    ("agencies", "B2", "maybe"): [
        'd.xlsx#agencies:2:2: played "maybe" is not known here: use one of true, 是, false, 否'
    ],
    ("variants", "C2", "[1"): None,
    ("variants", "B2", "seet"): None,
}


@pytest.mark.parametrize("case", FINDINGS, ids=str)
def test_a_defect_is_named_by_sheet_line_and_column(book, case):
    found = refusal(changed(book, *case))
    expected = FINDINGS[case]
    if expected is None:
        assert found[0].startswith("d.xlsx#variants:2:")
    else:
        assert found == expected


def test_an_unknown_sheet_is_named(book):
    file = load_workbook(book)
    file["script"].title = "scrip"
    file.save(book)
    assert refusal(book) == ["d.xlsx#scrip: is no sheet of a scenario, or stands twice: did you mean script?"]


def packed(path: Path, entries: dict[str, bytes]) -> Path:
    """A zip archive of these entries."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


@pytest.mark.core
def test_hostile_files_are_refused(book, tmp_path):
    bomb = packed(tmp_path / "bomb.xlsx", {"xl/workbook.xml": b" " * 50_000_001})
    assert refusal(bomb) == [
        "bomb.xlsx: unpacks to more than 50000000 bytes: save it anew from a spreadsheet program"
    ]
    with zipfile.ZipFile(book) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    laughs = b'<!DOCTYPE a [<!ENTITY b "c">]>' + entries["xl/workbook.xml"]
    armed = packed(tmp_path / "armed.xlsx", {**entries, "xl/workbook.xml": laughs})
    assert refusal(armed) == [
        "armed.xlsx: holds XML that a workbook has no need of: save it anew from a spreadsheet program"
    ]
    wide = packed(tmp_path / "wide.xlsx", {f"{n}.xml": b"" for n in range(201)})
    assert "unpacks to more than" in refusal(wide)[0]


def test_what_is_no_workbook_is_refused(tmp_path):
    for name, data in {"a.xlsx": b"", "b.xlsx": b"drill: a\n", "c.xlsx": b"PK\3\4" + bytes(60)}.items():
        (tmp_path / name).write_bytes(data)
        assert "is no workbook" in refusal(tmp_path / name)[0]
    empty = packed(tmp_path / "d.xlsx", {"x": b""})
    assert "is no workbook" in refusal(empty)[0]
    assert "cannot be opened" in refusal(tmp_path / "none.xlsx")[0]


@given(data=st.data())
@PATIENT
def test_a_damaged_workbook_is_read_or_refused(data, tmp_path):
    scenario = read_scenario(SAMPLES[0])
    to_xlsx(scenario, tmp_path / "d.xlsx")
    with zipfile.ZipFile(tmp_path / "d.xlsx") as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(entries)))
    at = data.draw(st.integers(0, len(entries[name]) - 1))
    junk = data.draw(st.binary(max_size=4))
    entries[name] = entries[name][:at] + junk + entries[name][at + data.draw(st.integers(0, 9)) :]
    damaged = packed(tmp_path / "e.xlsx", entries)
    try:
        read_scenario(damaged)
    except ScenarioError as error:
        assert error.findings


@given(
    cells=st.lists(st.lists(st.text(max_size=12).filter(lambda t: t.isprintable()) | st.floats(), max_size=5))
)
@PATIENT
def test_any_sheet_is_read_or_refused(cells, tmp_path):
    book = Workbook()
    book.active.title = "script"
    for line in [["at", "when", "do", "who", "does"], *cells]:
        book.active.append(line)
    target = io.BytesIO()
    book.save(target)
    (tmp_path / "d.xlsx").write_bytes(target.getvalue())
    try:
        read_scenario(tmp_path / "d.xlsx")
    except ScenarioError as error:
        assert error.findings
