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
