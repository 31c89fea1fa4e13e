"""The map of elevations: order, ties and slopes stay; levels do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.census.mask.elevation import elevation_map
from twin.census.mask.policy import read_policy

POLICY = read_policy().elevation
LEVELS = st.lists(st.floats(-50, 500).map(lambda value: round(value, 3)), min_size=1, max_size=60)


def mapped(values, seed=0, policy=POLICY):
    rng = np.random.default_rng(seed)
    levels = elevation_map(values, policy, rng, float(values.min()), float(np.ptp(values)))
    return levels, levels.apply(values)


@pytest.mark.core
@settings(max_examples=60, deadline=None, derandomize=True)
@given(LEVELS, st.integers(0, 100))
def test_no_slope_changes_its_sign_or_vanishes(values, seed):
    true = np.array(values)
    _levels, moved = mapped(true, seed)
    before, after = np.sign(true[:, None] - true[None, :]), np.sign(moved[:, None] - moved[None, :])
    assert (before == after).all()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(LEVELS, st.integers(0, 100))
def test_differences_change_by_no_more_than_stretch_and_quantum(values, seed):
    true = np.array(values)
    _levels, moved = mapped(true, seed)
    before, after = true[:, None] - true[None, :], moved[:, None] - moved[None, :]
    assert (np.abs(after - before) <= POLICY.stretch * np.abs(before) + 2 * POLICY.quantum_m + 1e-9).all()
    assert (moved - true).min() > 0.3 * POLICY.shift_m


@pytest.mark.core
def test_levels_between_and_beyond_the_known_ones_keep_their_order():
    levels, _moved = mapped(np.array([3.0, 3.01, 7.0]))
    asked = np.array([-5.0, 3.0, 3.005, 3.01, 5.0, 7.0, 9.0])
    assert (np.diff(levels.apply(asked)) > 0).all()
    assert np.isnan(levels.apply(np.array([np.nan]))).all()
