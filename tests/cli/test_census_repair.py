"""`twin census repair`, `twin census update` and city models under `twin census read`, as one types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.census.made_citygml import curve, item, model, write
from tests.census.small_survey import Draft
from tests.cli.conftest import Ask
from twin.census.store import write_survey
from twin.cli.boundary import BAD_INPUT


@pytest.fixture
def census(tmp_path: Path) -> Path:
    draft = Draft()
    draft.points["J2"]["map_no"] = "J9"
    draft.lines["J1-J2"]["end_z_m"] = 25.0
    write_survey(draft.survey(), tmp_path / "census.gpkg")
    return tmp_path / "census.gpkg"


@pytest.mark.core
def test_a_census_is_repaired_and_the_repairs_undone_to_the_byte(ask: Ask, census: Path):
    done = ask("census", "repair", "census.gpkg", "-o", "repaired.gpkg")
    assert done.code == 0
    assert "2 repairs; 2 findings before, 0 after" in done.out
    assert ask("census", "repair", "repaired.gpkg", "--undo", "-o", "again.gpkg").code == 0
    assert (census.parent / "again.gpkg").read_bytes() == census.read_bytes()


def test_only_the_findings_of_a_check_are_answered(ask: Ask, census: Path):
    assert ask("check", "census.gpkg", "--rules", "P", "-o", "findings").code == 0
    told = ask("census", "repair", "census.gpkg", "--findings", "findings", "-o", "r.gpkg", "--json").json
    assert [(one["rule"], one["before"], one["after"]) for one in told["repairs"]] == [("P01", "J9", "J2")]
    assert told["findings"] == {"before": 2, "after": 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["repair", "nothing.gpkg", "-o", "r.gpkg"], "does not exist"),
        (["repair", "census.gpkg", "-o", "r.gpkg", "--only", "magic"], "there is no repair magic"),
        (["repair", "census.gpkg", "-o", "census.gpkg"], "exists"),
        (["repair", "census.gpkg", "-o", "r.gpkg", "--findings", "nowhere"], "does not exist"),
        (["update", "nothing", "census.gpkg"], "nothing"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    ask: Ask, census: Path, arguments: list[str], said: str
):
    before = census.read_bytes()
    done = ask("census", *arguments)
    assert done.code == BAD_INPUT
    assert said in done.said
    assert sorted(path.name for path in census.parent.iterdir()) == ["census.gpkg"]
    assert census.read_bytes() == before


def test_an_update_tells_what_changed(ask: Ask, census: Path):
    assert ask("census", "repair", "census.gpkg", "-o", "repaired.gpkg").code == 0
    assert ask("census", "build", "repaired.gpkg", "-o", "town").code == 0
    told = ask("census", "update", "town", "census.gpkg", "-o", "next", "--json").json
    assert told["version"] == "2"
    assert told["rows"][0] == {"table": "points", "added": 0, "changed": 1, "removed": 0, "same": 13}
    assert told["new_findings"] == {"J03": 1, "P01": 1}


@pytest.mark.core
def test_a_city_model_is_read_and_its_elements_are_told(ask: Ask, tmp_path: Path):
    write(tmp_path, model(item("WaterPipe", "水道管路", curve((0, 0), (10, 0))), item("Bridge", "")))
    done = ask("census", "read", "tile.gml", "-o", "census.gpkg")
    assert done.code == 0
    assert "no element of a utility network" in done.out
    told = ask("census", "read", "tile.gml", "-o", "census.gpkg", "--overwrite", "--json").json
    assert [(one["element"], one["outcome"], one["count"]) for one in told["elements"]] == [
        ("WaterPipe", "line", 1),
        ("Bridge", "rejected", 1),
    ]
