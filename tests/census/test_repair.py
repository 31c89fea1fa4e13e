"""Repairs are conservative, logged, undone exactly, and never make a new error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.census.rule_cases import BAD
from tests.census.small_survey import DEPTHS, GROUND, Draft
from twin import api
from twin.census.check import check
from twin.census.read import read_raw
from twin.census.repair.patch import ROW, Patch, apply, undo
from twin.census.repair.register import REPAIRS, register, selected
from twin.census.repair.repairing import Repaired, repair
from twin.census.rules import register as rules
from twin.census.survey import Survey
from twin.errors import InputError

pytestmark = pytest.mark.core
CASES = [(rule, *cases[0][:2]) for rule, cases in BAD.items()]
KEY = ["rule", "table", "row", "field"]


def spoilt(*changes: Callable[[Draft], object]) -> Survey:
    draft = Draft()
    for change in changes:
        change(draft)
    return draft.survey()


def same(one: Survey, other: Survey) -> None:
    for name in ("points", "lines", "cells", "headers", "repairs"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def errors(findings: pd.DataFrame) -> set[tuple[object, ...]]:
    return set(findings.loc[findings["severity"] == "error", KEY].itertuples(index=False, name=None))


def laws(survey: Survey, made: Repaired) -> None:
    """What holds of every repair."""
    same(undo(made.survey), survey)
    assert not errors(made.after) - errors(made.before)
    assert not set(made.log["rule"]) - set(rules())
    changed = made.log[made.log["field"] != ROW]
    for table in ("points", "lines"):
        own = getattr(made.survey, table).set_index("row")["repaired"]
        fields = changed[changed["table"] == table].groupby("row")["field"].agg(set)
        left = {row: set(text.split()) for row, text in own.items() if text}
        assert left == {row: names for row, names in fields.items() if row in own.index}


@pytest.mark.parametrize(("rule", "told", "change"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_every_defect_keeps_the_laws_with_every_repair_on(
    rule: str, told: str, change: Callable[[Draft], object]
):
    survey = spoilt(change)
    laws(survey, repair(survey, only=register()))


def test_a_clean_survey_is_left_alone():
    survey = spoilt()
    made = repair(survey, only=register())
    assert made.log.empty
    same(made.survey, survey)


def test_the_findings_before_and_after_are_those_of_a_check():
    survey = spoilt(lambda draft: draft.points["J2"].update(map_no="J9"))
    made = repair(survey)
    pd.testing.assert_frame_equal(made.before, check(survey))
    pd.testing.assert_frame_equal(made.after, check(made.survey))


def test_the_register_names_every_repair_and_rules_that_are_repairable():
    assert set(register()) == set(REPAIRS)
    named = {rule for one in register().values() for rule in one.rules}
    assert {rule.id for rule in rules().values() if rule.repairable} <= named
    assert all(rule in rules() for rule in named)


def repaired(*changes: Callable[[Draft], object], **switches: list[str]) -> tuple[Survey, Repaired]:
    survey = spoilt(*changes)
    made = repair(survey, **switches)
    laws(survey, made)
    return survey, made


def value(survey: Survey, table: str, name: str, column: str) -> object:
    rows = getattr(survey, table)
    return rows.loc[rows["id"] == name, column].iloc[0]


def test_a_point_that_stands_twice_is_removed_only_where_all_fields_agree():
    def twice(draft: Draft, **more: object) -> None:
        draft.more["points"].append(draft.points["J2"] | {"file": "other.csv"} | more)

    survey, made = repaired(twice)
    assert len(made.survey.points) == len(survey.points) - 1
    (entry,) = made.log.to_dict("records")
    assert (entry["rule"], entry["field"], entry["id"]) == ("P02", "row", "J2")
    survey, made = repaired(lambda draft: twice(draft, ground_m=31.0))
    assert len(made.survey.points) == len(survey.points)


def test_a_line_that_stands_twice_the_other_way_round_is_removed():
    def turned(draft: Draft, **more: object) -> None:
        own = draft.lines["Y1-Y2"]
        draft.more["lines"].append(own | {"id": "x", "start": "Y2", "end": "Y1", "flow_dir": "-"} | more)

    survey, made = repaired(turned)
    assert len(made.survey.lines) == len(survey.lines) - 1
    survey, made = repaired(lambda draft: turned(draft, width_mm=500.0))
    assert len(made.survey.lines) == len(survey.lines)


def test_rows_with_cells_that_could_not_be_read_are_never_removed():
    def twice(draft: Draft) -> None:
        draft.more["points"].append(dict(draft.points["J2"]))
        draft.cells.append(("points", len(draft.points), "built", "soon", "not a number"))

    survey, made = repaired(twice)
    assert len(made.survey.points) == len(survey.points)


def test_the_map_number_is_that_of_the_survey():
    _survey, made = repaired(lambda draft: draft.points["J2"].update(map_no="J9"))
    assert value(made.survey, "points", "J2", "map_no") == "J2"
    assert value(made.survey, "points", "J2", "repaired") == "map_no"


def test_a_missing_elevation_follows_from_ground_and_depth():
    _survey, made = repaired(lambda draft: draft.lines["J1-J2"].update(end_z_m=np.nan))
    assert value(made.survey, "lines", "J1-J2", "end_z_m") == GROUND - DEPTHS["JP"]


def test_a_missing_ground_follows_from_its_lines_where_they_agree():
    _survey, made = repaired(lambda draft: draft.points["J2"].update(ground_m=np.nan))
    assert value(made.survey, "points", "J2", "ground_m") == GROUND

    def disagree(draft: Draft) -> None:
        draft.points["J2"].update(ground_m=np.nan)
        draft.lines["J1-J2"].update(end_z_m=20.0)

    _survey, made = repaired(disagree)
    assert np.isnan(value(made.survey, "points", "J2", "ground_m"))


@pytest.mark.parametrize(
    ("factor", "told"), [(-1, "depth * -1"), (100, "depth / 100"), (1000, "depth / 1000")]
)
def test_a_depth_with_a_slipped_sign_or_unit_is_corrected(factor: float, told: str):
    slipped = DEPTHS["JP"] * factor
    _survey, made = repaired(lambda draft: draft.lines["J1-J2"].update(end_depth_m=slipped))
    assert value(made.survey, "lines", "J1-J2", "end_depth_m") == pytest.approx(DEPTHS["JP"])
    assert made.log["reason"].tolist() == [told]


def test_an_elevation_that_others_contradict_follows_the_depth():
    _survey, made = repaired(lambda draft: draft.lines["J1-J2"].update(end_z_m=25.0))
    assert value(made.survey, "lines", "J1-J2", "end_z_m") == GROUND - DEPTHS["JP"]


def test_a_depth_that_others_contradict_follows_the_elevation():
    _survey, made = repaired(lambda draft: draft.lines["J1-J2"].update(end_depth_m=1.9))
    assert value(made.survey, "lines", "J1-J2", "end_depth_m") == DEPTHS["JP"]


def test_a_ground_that_all_lines_contradict_follows_them():
    _survey, made = repaired(lambda draft: draft.points["J3"].update(ground_m=33.0))
    assert value(made.survey, "points", "J3", "ground_m") == GROUND
    assert made.log["reason"].tolist() == ["depth + elevation of 3 lines"]


def test_one_line_alone_says_nothing_about_what_is_wrong():
    def alone(draft: Draft) -> None:
        draft.lines["J3-J4"].update(end_z_m=25.0)

    _survey, made = repaired(alone)
    assert made.log.empty
    _survey, made = repaired(alone, only=["elevation"])
    assert value(made.survey, "lines", "J3-J4", "end_z_m") == GROUND - DEPTHS["JP"]


def test_swapped_axes_are_swapped_back():
    def swap(draft: Draft) -> None:
        for point in draft.points.values():
            point["y_m"] += 3_000_000.0
        own = draft.points["J2"]
        own["x_m"], own["y_m"] = own["y_m"], own["x_m"]

    _survey, made = repaired(swap)
    assert value(made.survey, "points", "J2", "x_m") == 50.0
    assert sorted(made.log["field"]) == ["x_m", "y_m"]


def test_a_bend_where_three_lines_meet_is_a_tee_and_its_code_follows():
    _survey, made = repaired(lambda draft: draft.points["J3"].update(feature="弯头", code="51042101"))
    assert value(made.survey, "points", "J3", "feature") == "三通"
    assert value(made.survey, "points", "J3", "code") == "51042102"


def test_a_tee_with_a_missing_branch_is_left_to_the_surveyor():
    _survey, made = repaired(lambda draft: draft.points["J5"].update(feature="三通", code="51042102"))
    assert value(made.survey, "points", "J5", "feature") == "三通"


def test_a_wrong_or_missing_code_becomes_the_one_of_the_subclass():
    for code in ("", "51042107"):
        _survey, made = repaired(lambda draft, code=code: draft.points["J2"].update(code=code))
        assert value(made.survey, "points", "J2", "code") == "51042202"


def test_a_coating_goes_where_the_diameter_is_one_of_plastic():
    _survey, made = repaired(lambda draft: draft.lines["G1-G2"].update(coating="3PE"))
    assert value(made.survey, "lines", "G1-G2", "coating") == ""


def test_a_length_is_corrected_where_the_ends_confirm_the_mileages():
    def set_length(draft: Draft, end: float) -> None:
        draft.lines["J1-J2"].update(length_m=57.0, start_mileage_m=100.0, end_mileage_m=end)

    _survey, made = repaired(lambda draft: set_length(draft, 150.1))
    assert value(made.survey, "lines", "J1-J2", "length_m") == pytest.approx(50.1)
    _survey, made = repaired(lambda draft: set_length(draft, 250.0))
    assert made.log.empty


def test_switches_go_by_name_and_by_rule():
    assert [one.name for one in selected(["J03"], ["elevation"])] == ["slip", "agreement"]
    assert "elevation" not in [one.name for one in selected([], [])]
    assert "sum" not in [one.name for one in selected([], ["G02"])]
    with pytest.raises(InputError, match="there is no repair nonsense"):
        selected(["nonsense"], [])


def test_only_what_was_found_is_answered():
    survey = spoilt(
        lambda draft: draft.points["J2"].update(map_no="J9"),
        lambda draft: draft.points["J3"].update(map_no="J8"),
    )
    found = check(survey)
    made = repair(survey, found[found["id"] == "J3"])
    assert made.log["id"].tolist() == ["J3"]


def test_a_repair_that_would_make_a_new_error_is_withdrawn():
    def buried(draft: Draft) -> None:
        draft.points["J9"] = draft.points["J2"] | {
            "id": "J9",
            "map_no": "J9",
            "x_m": 300.0,
            "ground_m": np.nan,
        }
        draft.line("J4", "J9", "JP", end_z_m=25.0, end_depth_m=9.9)
        draft.points["J9"]["code"] = ""

    survey = spoilt(buried)
    laws(survey, repair(survey, only=register()))


def test_patches_on_one_cell_are_undone_to_the_first_value():
    survey = spoilt()
    at = np.array([1])
    twice = [
        Patch("points", at, "ground_m", [1.5], "J03", ["a"]),
        Patch("points", at, "ground_m", [0.1], "J03", ["b"]),
    ]
    made = apply(apply(survey, twice), [Patch("points", at, ROW, (), "P02", ["c"])])
    assert made.repairs["number"].tolist() == [1, 2, 3]
    same(undo(made), survey)


def test_a_repaired_survey_survives_its_file(tmp_path: Path):
    from twin.census.store import read_survey, write_survey

    survey, made = repaired(
        lambda draft: draft.points["J2"].update(map_no="J9", built=1999.1),
        lambda draft: draft.more["points"].append(dict(draft.points["J5"])),
        lambda draft: draft.lines["J1-J2"].update(end_z_m=25.123456789),
    )
    assert len(made.log) == 3
    write_survey(made.survey, tmp_path / "repaired.gpkg")
    back = undo(read_survey(tmp_path / "repaired.gpkg"))
    for name in ("points", "lines"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(survey, name))


@pytest.mark.verify
def test_a_city_with_planted_defects_keeps_the_laws(tmp_path: Path):
    api.synth(6.0, 5, 0.02, tmp_path / "raw")
    survey, _said = read_raw(tmp_path / "raw")
    made = repair(survey, only=register())
    laws(survey, made)
    assert len(made.log) > 100


def test_the_manual_lists_every_repair_with_its_rules_and_whether_it_is_on():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "census-repair.md"
    rows = [
        line.split("|") for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    told = {row[1].strip(" `"): (tuple(row[2].split()), row[4].strip() == "yes") for row in rows}
    assert told == {name: (one.rules, one.default) for name, one in register().items()}
