"""`twin census read` and `twin census export` as one types them."""

from __future__ import annotations

import pytest

from tests.census.raw_tables import deliver, point_rows
from twin.cli.boundary import BAD_INPUT


@pytest.mark.core
def test_a_delivery_goes_in_and_comes_back(ask, tmp_path):
    deliver(tmp_path / "raw")
    done = ask("census", "read", "raw", "-o", "census.gpkg")
    assert done.code == 0
    assert "物探点号" in done.out
    assert "EPSG:4548" in done.out
    assert "4 points, 3 lines" in done.out
    assert ask("census", "export", "census.gpkg", "--mapping", "B", "-o", "back").code == 0
    assert "Exp_No" in (tmp_path / "back/JSPOINT.csv").read_text(encoding="utf-8-sig")


def test_json_tells_what_every_header_became(ask, tmp_path):
    rows = point_rows()
    rows[0][5] = "x"
    deliver(tmp_path / "raw", rows)
    told = ask("census", "read", "raw", "-o", "census.gpkg", "--json").json
    assert (told["points"], told["lines"], told["cells"]) == (4, 3, 1)
    assert {"file": "JSPOINT.csv", "header": "X", "table": "points", "column": "y_m", "problem": ""} in told[
        "headers"
    ]
    assert told["findings"][0]["line"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["read", "nothing", "-o", "a.gpkg"], "does not exist"),
        (["read", "raw", "-o", "a.gpkg", "--mapping", "Z"], "canonical, A, B"),
        (["read", "raw", "-o", "a.gpkg", "--crs", "EPSG:0"], "no coordinate system"),
        (["read", "raw", "-o", "there.gpkg"], "--overwrite"),
        (["export", "there.gpkg", "-o", "back"], "GeoPackage"),
        (["export", "there.gpkg", "-o", "raw"], "no export"),
    ],
)
def test_bad_input_exits_2_and_writes_nothing(ask, tmp_path, arguments, said):
    deliver(tmp_path / "raw")
    (tmp_path / "there.gpkg").write_bytes(b"there")
    done = ask("census", *arguments)
    assert done.code == BAD_INPUT
    assert said in done.said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "there.gpkg"]
    assert (tmp_path / "there.gpkg").read_bytes() == b"there"


def test_an_unknown_format_is_refused(ask, tmp_path):
    deliver(tmp_path / "raw")
    ask("census", "read", "raw", "-o", "census.gpkg")
    done = ask("census", "export", "census.gpkg", "-o", "back", "--format", "odt")
    assert done.code == BAD_INPUT
    assert not (tmp_path / "back").exists()
