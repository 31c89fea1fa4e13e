"""Verdicts: every component counts, and one outlier is enough."""

from __future__ import annotations

import numpy as np
import pytest

from twin.lifelines.reference import Compared
from twin.verify.comparison import judge

HEAD = Compared("head", "nodes", "head_m", "m", 0.01)
FLOW = Compared("flow", "links", "flow_m3s", "", 1e-3, 1e-3)
NAN = float("nan")


def verdict(ours: list[float], theirs: list[float], quantity: Compared = HEAD):
    ids = [f"n{number}" for number in range(len(ours))]
    return judge("water", quantity, ids, np.array(ours), np.array(theirs))


@pytest.mark.core
def test_equal_values_agree():
    found = verdict([1.0, 2.0], [1.0, 2.005])
    assert found.good
    assert found.record() == {
        "lifeline": "water",
        "quantity": "head",
        "unit": "m",
        "n_total": 2,
        "n_compared": 2,
        "max": pytest.approx(0.005),
        "p95": pytest.approx(0.00475),
        "worst": "n1",
        "tolerance": 0.01,
        "floor": None,
        "verdict": "agrees",
        "remark": "",
    }


@pytest.mark.core
def test_one_outlier_among_many_differs():
    found = verdict([0.0] * 1000, [0.0] * 999 + [0.011])
    assert (found.verdict, found.worst[0].component) == ("differs", "n999")


@pytest.mark.core
def test_a_component_without_a_reference_makes_it_incomplete():
    assert verdict([1.0, 2.0], [1.0, NAN]).verdict == "incomplete"
    assert verdict([1.0, NAN], [1.0, 2.0]).verdict == "incomplete"
    assert verdict([1.0, NAN], [1.0, NAN]).verdict == "agrees"


@pytest.mark.core
def test_nothing_compared_is_not_agreement():
    assert verdict([1.0], [NAN]).verdict == "incomplete"


@pytest.mark.core
def test_relative_differences_have_a_floor():
    assert verdict([1.0], [1.0009], FLOW).good
    assert not verdict([1.0], [1.0011], FLOW).good
    assert verdict([0.0], [0.9e-6], FLOW).good
    assert not verdict([0.0], [1.1e-6], FLOW).good


@pytest.mark.core
def test_the_worst_ten_are_kept_in_order():
    found = verdict(list(np.arange(30.0)), [0.0] * 30)
    assert [pair.component for pair in found.worst] == [f"n{number}" for number in range(29, 19, -1)]
