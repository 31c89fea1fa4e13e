"""A later survey laid over an earlier one: exactly what changed, and a city whose other components stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.census.small_survey import Draft
from twin import api
from twin.census.store import read_survey, write_survey
from twin.census.survey import Survey
from twin.census.update import Update, lay_over
from twin.errors import InputError
from twin.io.manifest import read_manifest

pytestmark = pytest.mark.core


def survey(*changes: Callable[[Draft], object]) -> Survey:
    draft = Draft()
    for change in changes:
        change(draft)
    made = draft.survey()
    return replace(made, meta={**made.meta, "crs": "EPSG:4548", "name": "small"})


def part(whole: Survey, points: list[str], lines: list[str]) -> Survey:
    """Some rows of a survey, numbered from 0."""
    return replace(
        whole,
        points=renumbered(whole.points[whole.points["id"].isin(points)]),
        lines=renumbered(whole.lines[whole.lines["id"].isin(lines)]),
    )


def renumbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True).assign(row=range(len(table))).astype({"row": "int64"})


def counts(update: Update) -> dict[str, list[int]]:
    return {
        table: [update.count(table, change) for change in ("added", "changed", "removed")]
        for table in ("points", "lines")
    }


def more(draft: Draft) -> None:
    draft.point("J8", "JP", 150, 50, feature="盖堵")
    draft.line("J4", "J8", "JP")
    draft.points["J4"]["feature"] = "弯头"
    draft.lines["J1-J2"]["material"] = "PE"


def test_a_survey_laid_over_itself_changes_nothing():
    earlier = survey()
    for whole in (False, True):
        update = lay_over(earlier, earlier, whole=whole)
        assert update.changes.empty
        for name in ("points", "lines", "cells"):
            pd.testing.assert_frame_equal(getattr(update.survey, name), getattr(earlier, name))


@pytest.mark.parametrize("whole", [False, True])
def test_laying_over_gives_the_later_survey_where_it_is_one_of_everything(whole: bool):
    later = survey(more)
    update = lay_over(survey(), later, whole=whole)
    assert counts(update) == {"points": [1, 1, 0], "lines": [1, 1, 0]}
    for name in ("points", "lines"):
        one, two = (getattr(made, name).set_index("id").sort_index() for made in (update.survey, later))
        pd.testing.assert_frame_equal(
            one.drop(columns=["row", "line_no"]), two.drop(columns=["row", "line_no"])
        )


def test_a_part_leaves_the_rest_alone_and_a_whole_takes_it_away():
    earlier = survey()
    later = part(survey(more), ["J4", "J8"], ["J4-J8"])
    update = lay_over(earlier, later)
    assert counts(update) == {"points": [1, 1, 0], "lines": [1, 0, 0]}
    assert len(update.survey.points) == len(earlier.points) + 1
    update = lay_over(earlier, later, whole=True)
    assert set(update.survey.points["id"]) == {"J4", "J8"}
    assert counts(update)["points"] == [1, 1, len(earlier.points) - 1]


def test_changes_name_the_field_and_both_values():
    changes = lay_over(survey(), survey(more)).changes
    (one,) = changes[changes["field"] == "material"].to_dict("records")
    assert (one["table"], one["id"], one["before"], one["after"]) == ("lines", "J1-J2", "QM", "PE")


def test_who_surveyed_a_row_is_no_change():
    later = survey(lambda draft: draft.points["J2"].update(surveyor="B", surveyed="2024-01-01", file="x.csv"))
    assert lay_over(survey(), later).changes.empty


def test_rows_keep_their_numbers_and_new_ones_come_last():
    earlier, update = survey(), lay_over(survey(), survey(more))
    was = earlier.points.set_index("id")["row"]
    now = update.survey.points.set_index("id")["row"]
    assert (now[was.index] == was).all()
    assert now["J8"] == len(earlier.points)
    assert update.survey.points["row"].is_monotonic_increasing


def test_cells_follow_their_rows():
    earlier = survey(lambda draft: draft.cells.append(("points", 1, "built", "old", "not a number")))
    later = survey(more, lambda draft: draft.cells.append(("points", 3, "built", "new", "not a number")))
    cells = lay_over(earlier, later).survey.cells
    assert sorted(zip(cells["row"], cells["value"], strict=True)) == [(1, "old"), (3, "new")]


def test_another_coordinate_system_is_refused():
    later = survey()
    with pytest.raises(InputError) as caught:
        lay_over(survey(), replace(later, meta={"crs": "EPSG:4547"}))
    assert "EPSG:4547" in str(caught.value.findings[0])


@pytest.fixture
def city(tmp_path: Path) -> Path:
    write_survey(survey(), tmp_path / "census.gpkg")
    api.build_census(tmp_path / "census.gpkg", tmp_path / "city")
    return tmp_path / "city"


def ids(folder: Path) -> set[str]:
    loaded = api.load_city(folder)
    return {
        f"{name}/{table}/{one}"
        for name, network in loaded.networks.items()
        for table in ("nodes", "links")
        for one in network.tables[table].columns["id"]
    }


def test_an_update_makes_the_next_version_and_keeps_the_other_components(city: Path, tmp_path: Path):
    before = ids(city)
    write_survey(part(survey(more), ["J4", "J8"], ["J4-J8"]), tmp_path / "later.gpkg")
    made = api.update_city(city, tmp_path / "later.gpkg", tmp_path / "next")
    assert made.version == "2"
    manifest = read_manifest(tmp_path / "next")
    assert (manifest.version, manifest.name) == ("2", "city")
    assert manifest.history == ("2: 2023-06-30 later.gpkg: points +1 ~1 -0; lines +1 ~0 -0",)
    after = ids(tmp_path / "next")
    assert (before - after, after - before) == ({"water/nodes/J4"}, {"water/nodes/J8"})
    assert read_manifest(city).version == "1"


def test_updates_follow_one_another_in_place(city: Path, tmp_path: Path):
    write_survey(part(survey(more), ["J4", "J8"], ["J4-J8"]), tmp_path / "later.gpkg")
    api.update_city(city, tmp_path / "later.gpkg")
    write_survey(survey(), tmp_path / "first.gpkg")
    api.update_city(city, tmp_path / "first.gpkg", whole=True)
    manifest = read_manifest(city)
    assert manifest.version == "3"
    assert len(manifest.history) == 2
    joined = read_survey(tmp_path / "city-build" / "census.gpkg")
    assert set(joined.points["id"]) == set(survey().points["id"])
    assert len(pd.read_csv(tmp_path / "city-build" / "changes.csv")) == 3


def test_a_survey_that_is_gone_or_another_is_told(city: Path, tmp_path: Path):
    write_survey(survey(more), tmp_path / "census.gpkg")
    with pytest.raises(InputError) as caught:
        api.update_city(city, tmp_path / "census.gpkg")
    assert caught.value.findings[0].rule == "update.other-survey"
    (tmp_path / "census.gpkg").unlink()
    write_survey(survey(), tmp_path / "old.gpkg")
    with pytest.raises(InputError) as caught:
        api.update_city(city, tmp_path / "old.gpkg")
    assert caught.value.findings[0].rule == "update.no-survey"
    assert api.update_city(city, tmp_path / "old.gpkg", survey=tmp_path / "old.gpkg").update.changes.empty
    note = tmp_path / "city-build" / "survey.json"
    assert json.loads(note.read_text(encoding="utf-8"))["survey"] == "census.gpkg"


def test_new_and_settled_findings_are_told(city: Path, tmp_path: Path):
    write_survey(survey(lambda draft: draft.points["J2"].update(map_no="J9")), tmp_path / "later.gpkg")
    made = api.update_city(city, tmp_path / "later.gpkg")
    assert made.fresh["rule"].tolist() == ["P01"]
    write_survey(survey(), tmp_path / "later.gpkg")
    made = api.update_city(city, tmp_path / "later.gpkg")
    assert made.settled["rule"].tolist() == ["P01"]
