"""Every rule of the register: what it finds, what it leaves alone."""

from __future__ import annotations

import pytest

from tests.census.rule_cases import BAD, GOOD, Change
from tests.census.small_survey import Draft
from twin.census.check import check
from twin.census.rules import RULES, register

pytestmark = pytest.mark.core


def found(change: Change, rule: str) -> set[str]:
    draft = Draft()
    change(draft)
    findings = check(draft.survey(), rules=[rule])
    assert set(findings["rule"]) <= {rule}
    return set(findings["id"])


def test_every_rule_has_cases_of_both_kinds_and_a_function():
    assert set(register()) == set(RULES) == set(BAD) == set(GOOD)


def test_a_sound_survey_has_no_findings():
    assert check(Draft().survey()).empty


@pytest.mark.parametrize(
    ("rule", "change", "ids"),
    [
        pytest.param(rule, change, ids, id=f"{rule} {told}")
        for rule, cases in BAD.items()
        for told, change, ids in cases
    ],
)
def test_rule_finds(rule, change, ids):
    assert found(change, rule) == ids


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        pytest.param(rule, change, id=f"{rule} {told}")
        for rule, cases in GOOD.items()
        for told, change in cases
    ],
)
def test_rule_is_silent(rule, change):
    assert found(change, rule) == set()


@pytest.mark.parametrize(
    ("apart", "severity"), [(0.0, "error"), (0.001, "error"), (0.002, "warning"), (0.09, "warning")]
)
def test_the_same_place_is_an_error_and_a_near_one_a_warning(apart, severity):
    draft = Draft()
    draft.point("J9", "JP", 50 + apart, 0, feature="弯头")
    assert set(check(draft.survey(), rules=["P03"])["severity"]) == {severity}


@pytest.mark.parametrize(("depth", "severity"), [(2.0, "error"), (1.2, "error")])
def test_a_collision_beyond_doubt_is_an_error(depth, severity):
    draft = Draft()
    draft.lines["J1-J2"].update(width_mm=1200, height_mm=1200, size="1200")
    draft.point("D8", "GD", 25, -9, attachment="人孔")
    draft.point("D9", "GD", 25, 9, attachment="人孔")
    draft.line("D8", "D9", "GD")
    draft.at("D8-D9", depth, depth)
    assert set(check(draft.survey(), rules=["C01"])["severity"]) == {severity}
    draft.at("D8-D9", 2.55, 2.55)
    assert set(check(draft.survey(), rules=["C01"])["severity"]) <= {"warning"}
