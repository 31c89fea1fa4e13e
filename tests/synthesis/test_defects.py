"""Planted defects: enough of each, right bookkeeping, and no knowledge of the census rules."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import twin.synthesis
from tests.synthesis.surveys import planted, surveyed
from twin.synthesis.defects import LEAST, RULES, plant
from twin.synthesis.defects.garden import Garden
from twin.synthesis.defects.view import View

FAMILIES = {"P": 6, "L": 5, "J": 7, "T": 6, "C": 2, "A": 11}
ALL = {f"{family}{n:02d}" for family, most in FAMILIES.items() for n in range(1, most + 1)}


@pytest.mark.core
def test_every_rule_has_a_planting_function():
    assert set(RULES) == ALL | {"G02", "G03", "S01"}


@pytest.mark.core
def test_the_synthesis_imports_nothing_of_the_census():
    for path in Path(twin.synthesis.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith("twin.census") for name in names), path


@pytest.mark.core
def test_without_defects_the_survey_is_as_it_was():
    draft, labels = plant(surveyed(), 0.0, np.random.default_rng(1))
    assert draft is surveyed()
    assert set(labels["origin"]) <= {"noise"}


def test_there_are_thirty_of_every_row_rule():
    labels = planted()[1]
    counts = labels[labels["origin"] == "planted"].groupby("rule").size()
    assert {rule: int(counts.get(rule, 0)) for rule in RULES if counts.get(rule, 0) < LEAST} == {}


def test_files_are_counted_as_files():
    draft, labels = planted()
    files = labels[labels["rule"] == "G01"]
    assert set(files["id"]) == set(draft.headers)
    assert set(files["table"]) == {"points", "lines"}


@pytest.mark.core
def test_planting_leaves_the_survey_it_was_given_alone():
    before = surveyed().copy()
    plant(surveyed(), 0.01, np.random.default_rng(5))
    for table in ("points", "lines"):
        for name, column in before.table(table).items():
            now = surveyed().table(table)[name]
            assert ((now == column) | ((now != now) & (column != column))).all(), name


def test_each_violation_is_listed_once():
    labels = planted()[1]
    assert not labels.duplicated(["rule", "table", "id"]).any()


@pytest.mark.parametrize("rule", sorted(RULES))
def test_what_is_planted_is_there(rule: str):
    """The bookkeeping, which looks at the finished survey, sees every defect that was planted alone."""
    from twin.synthesis import defects

    before = View(surveyed())
    garden = Garden(surveyed().copy(), before, [], np.random.default_rng(7))
    RULES[rule](garden, 12)
    assert garden.labels
    changed, _ = garden.finish()
    after = View(changed)
    seen = set(defects._labels(after, dict(defects._present(after))))
    if rule in ("C01", "C02"):
        seen = defects._crossings(after, defects.conflicts(defects.Solids(after)))
    assert {label for label in garden.labels if label not in seen} == set()


@pytest.mark.core
def test_conflicts_judged_only_where_something_changed_are_those_judged_everywhere():
    from twin.synthesis import defects

    before = View(surveyed())
    solids = defects.Solids(before)
    garden = Garden(surveyed().copy(), before, [], np.random.default_rng(8))
    for rule in ("C01", "C02", "L05", "J01", "P06", "L03"):
        RULES[rule](garden, 10)
    changed, origin = garden.finish()
    after = View(changed)
    now = defects.Solids(after)
    partly = defects._conflicts_after(now, solids, origin["lines"], defects.conflicts(solids))
    assert defects._crossings(after, partly) == defects._crossings(after, defects.conflicts(now))
