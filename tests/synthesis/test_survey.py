"""A survey is what could have been measured: errors within the standard, tables that agree in themselves."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthesis.surveys import exact, surveyed, truth
from twin.synthesis.survey import accuracy, doubtful, survey

pytestmark = pytest.mark.core


def test_no_position_is_farther_off_than_the_standard_allows():
    true, found = exact().points, surveyed().points
    known = accuracy()
    limit = known["limit"] * known["plan_m"]
    visible = true["attachment"] != ""
    off = np.maximum(np.abs(found["x_m"] - true["x_m"]), np.abs(found["y_m"] - true["y_m"]))
    assert off[visible].max() <= limit + 0.001
    assert off[~visible].max() > limit


def test_errors_of_visible_points_have_the_spread_of_the_standard():
    true, found = exact().points, surveyed().points
    visible = true["attachment"] != ""
    error = (found["x_m"] - true["x_m"])[visible]
    truncated = 0.88 * accuracy()["plan_m"]
    assert error.std() == pytest.approx(truncated, rel=0.1)
    assert abs(error.mean()) < 4 * truncated / np.sqrt(len(error))


def test_ground_elevations_are_within_their_limit():
    known = accuracy()
    error = surveyed().points["ground_m"] - exact().points["ground_m"]
    assert np.nanmax(np.abs(error)) <= known["limit"] * known["elevation_m"] + 0.001


def test_ground_is_depth_plus_elevation_to_the_millimetre():
    draft = surveyed()
    for side, rows in zip(("start", "end"), draft.ends(), strict=True):
        ground = draft.points["ground_m"][rows]
        off = ground - draft.lines[f"{side}_depth_m"] - draft.lines[f"{side}_z_m"]
        assert np.nanmax(np.abs(off)) < 1e-6


def test_lines_that_met_at_one_depth_still_do():
    true, found = exact(), surveyed()
    rows = np.concatenate(true.ends())
    before = np.concatenate([np.round(true.lines[f"{side}_depth_m"], 6) for side in ("start", "end")])
    after = np.concatenate([found.lines[f"{side}_depth_m"] for side in ("start", "end")])
    order = np.lexsort((before, rows))
    same = (np.diff(rows[order]) == 0) & (np.diff(before[order]) == 0)
    assert same.sum() > 1000
    assert np.abs(np.diff(after[order]))[same].max() < 1e-9


def test_the_survey_doubts_nothing_that_was_right_in_truth():
    assert not (doubtful(surveyed()) & ~doubtful(exact())).any()


def test_directions_names_and_words_are_copied():
    for name in ("flow_dir", "start", "end", "material", "size", "category"):
        assert (surveyed().lines[name] == exact().lines[name]).all()


def test_the_same_seed_gives_the_same_survey():
    made = truth()
    again = survey(made.points, made.lines, made.tables, np.random.default_rng([3, 1]))
    for table in ("points", "lines"):
        for name, column in again.table(table).items():
            first = surveyed().table(table)[name]
            assert ((first == column) | ((first != first) & (column != column))).all(), name


def test_another_seed_gives_other_errors():
    made = truth()
    other = survey(made.points, made.lines, made.tables, np.random.default_rng([4, 1]))
    assert (other.points["x_m"] != surveyed().points["x_m"]).mean() > 0.9
