"""The delivered folder: Chinese headers, one table per category, written whole or not at all."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

import twin
from tests.synthesis.surveys import planted
from twin.errors import DatasetError, InputError
from twin.synthesis.raw import BOM, write_raw
from twin.synthesis.survey_tables import fields


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("survey") / "raw"
    draft, labels = planted()
    write_raw(draft, labels, folder, {"crs": "EPSG:4548"})
    return folder


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_every_table_has_a_byte_order_mark_and_chinese_headers(raw: Path):
    wrong = set(planted()[0].headers)
    for path in raw.glob("*POINT.csv"):
        assert path.read_bytes().startswith(BOM)
        if path.name not in wrong:
            assert table(path)[0] == [field.chinese for field in fields("points")]


def test_no_row_is_lost_on_the_way(raw: Path):
    for name, pattern in (("points", "*POINT.csv"), ("lines", "*LINE.csv")):
        rows = sum(len(table(path)) - 1 for path in raw.glob(pattern))
        assert rows == len(planted()[0].table(name)["id"])


def test_x_is_north_and_y_is_east(raw: Path):
    draft, _ = planted()
    rows = table(raw / "YSPOINT.csv")
    head, first = rows[0], rows[1]
    place = list(draft.points["id"]).index(first[head.index("物探点号")])
    assert float(first[head.index("X")]) == draft.points["y_m"][place]
    assert float(first[head.index("Y")]) == draft.points["x_m"][place]


def test_texts_in_number_cells_reach_the_file(raw: Path):
    draft, _ = planted()
    texts = {text for cells in raw.glob("*.csv") for row in table(cells) for text in row}
    assert draft.cells and set(draft.cells.values()) <= texts


def test_wrong_headers_reach_the_file(raw: Path):
    for name in planted()[0].headers:
        head = table(raw / name)[0]
        assert "" in head or len(set(head)) < len(head)


def test_the_list_of_defects_is_what_was_planted(raw: Path):
    read = pd.read_csv(raw / "defects.csv", dtype=str, keep_default_na=False)
    assert read.to_numpy().tolist() == planted()[1].to_numpy().tolist()


def test_a_folder_that_exists_is_left_alone(tmp_path: Path):
    draft, labels = planted()
    with pytest.raises(DatasetError):
        write_raw(draft, labels, tmp_path, {})
    assert not list(tmp_path.iterdir())


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    draft, labels = planted()
    with pytest.raises(DatasetError):
        write_raw(draft, labels, tmp_path, {}, overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


def test_a_write_that_fails_leaves_the_old_survey(raw: Path, monkeypatch: pytest.MonkeyPatch):
    before = {path.name: path.read_bytes() for path in raw.glob("*.csv")}

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("twin.synthesis.raw._write_joined", fail)
    draft, labels = planted()
    with pytest.raises(DatasetError):
        write_raw(draft, labels, raw, {}, overwrite=True)
    assert {path.name: path.read_bytes() for path in raw.glob("*.csv")} == before
    assert [path.name for path in raw.parent.iterdir()] == [raw.name]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    for name in ("one", "two"):
        twin.synth(2, seed=9, defects=0.01, out=tmp_path / name)
    one, two = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in sorted((tmp_path / name).rglob("*.*"))
        }
        for name in ("one", "two")
    )
    assert one == two


@pytest.mark.parametrize("bad", [{"area_km2": 0}, {"area_km2": 1e9}, {"seed": -1}, {"defects": 0.5}])
def test_numbers_out_of_range_are_refused_before_anything_is_made(bad: dict[str, float], tmp_path: Path):
    numbers = {"area_km2": 1.0, "seed": 1, "defects": 0.0} | bad
    with pytest.raises(InputError) as caught:
        twin.synth(**numbers, out=tmp_path / "raw")
    assert next(iter(bad)).split("_")[0] in str(caught.value.findings[0].problem)
    assert not list(tmp_path.iterdir())
