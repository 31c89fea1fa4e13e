"""The displacement: bounded strain, nothing folded, and more hidden than any affine fit can find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import LinearNDInterpolator

from tests.census.mask.made import changed
from twin.census.mask.attack import residuals
from twin.census.mask.field import Field, box, design
from twin.census.mask.policy import read_policy
from twin.errors import DatasetError

POLICY = read_policy()
CITIES = st.tuples(st.integers(0, 10**6), st.floats(900, 20000), st.floats(0.5, 1))


def places(seed: int, extent: float, aspect: float, count: int = 600):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1, (count, 2)) * [extent, extent * aspect] + [518000, 3793000]


def rms(vectors) -> float:
    return float(np.sqrt((vectors**2).sum(axis=1).mean()))


@pytest.mark.core
@settings(max_examples=3, deadline=None, derandomize=True)
@given(CITIES)
def test_no_short_length_changes_by_more_than_the_strain(city):
    true = places(*city)
    field, _floor = design(true, POLICY.field, np.random.default_rng(city[0]))
    angle = np.random.default_rng(1).uniform(0, 2 * np.pi, len(true))
    step = 0.01 * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    stretch = np.linalg.norm(field.apply(true + step) - field.apply(true), axis=1) / 0.01
    assert np.abs(stretch - 1).max() <= POLICY.field.strain
    assert field.strain(*box(true)) <= POLICY.field.strain


@settings(max_examples=3, deadline=None, derandomize=True)
@given(CITIES)
def test_the_best_fits_leave_the_floor(city):
    """Fitted here by other means than the code's own: least squares on all places, triangles of eight."""
    true = places(*city)
    field, floor = design(true, POLICY.field, np.random.default_rng(city[0]))
    moved = field.apply(true)
    low, high = box(true)
    least = POLICY.field.floor * (high - low).max()
    terms = np.column_stack((moved - moved.mean(axis=0), np.ones(len(moved))))
    best = terms @ np.linalg.lstsq(terms, true - true.mean(axis=0), rcond=None)[0]
    assert rms(true - true.mean(axis=0) - best) >= least
    rng = np.random.default_rng(7)
    for _draw in range(5):
        chosen = rng.choice(len(true), POLICY.field.control_points, replace=False)
        rough = np.linalg.lstsq(terms[chosen], true[chosen], rcond=None)[0]
        left = true - terms @ rough
        guess = LinearNDInterpolator(moved[chosen], left[chosen], fill_value=0.0)(moved)
        assert rms(left - guess) >= least
    assert floor.least >= POLICY.field.floor


@pytest.mark.core
def test_every_place_moves_and_can_be_found_again_with_the_field():
    true = places(3, 5000, 0.7)
    field, _floor = design(true, POLICY.field, np.random.default_rng(3))
    moved = field.apply(true)
    assert np.linalg.norm(moved - true, axis=1).min() >= POLICY.field.shift_m
    assert np.abs(field.inverse(moved) - true).max() < 1e-6
    assert Field.of(field.record()) == field


@pytest.mark.core
def test_more_known_places_never_help_the_affine_attacker_below_the_floor():
    true = places(4, 8000, 0.8)
    field, floor = design(true, POLICY.field, np.random.default_rng(4))
    found = residuals(true, field.apply(true), (4, 16, 64), 4, np.random.default_rng(0))
    affine = [each.rms_m for each in found if each.fit == "affine"]
    assert min(affine) >= 0.95 * floor.affine * floor.extent_m
    plate = [each.rms_m for each in found if each.fit == "thin plate"]
    assert plate[-1] < affine[-1], "a spline through many known places does better: the report must say so"


@pytest.mark.parametrize(
    ("extent", "changes", "rule"),
    [
        (100.0, {}, "mask.small"),
        (0.0, {}, "mask.small"),
        (5000.0, {"strain": 0.001}, "mask.floor"),
        (5000.0, {"floor": 0.01}, "mask.floor"),
    ],
)
def test_a_city_that_cannot_be_hidden_is_refused(extent, changes, rule):
    policy = changed(POLICY, "field", **changes).field
    with pytest.raises(DatasetError) as caught:
        design(places(1, extent, 0.9), policy, np.random.default_rng(1))
    assert [finding.rule for finding in caught.value.findings] == [rule]
