"""Service curves, outages and resilience figures: laws first, then the sample run by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sample_run import END_S, HOUR, write_sample_run
from twin.analysis.resilience import in_amount, interruptions, record, resilience
from twin.analysis.service import Curve, curves, out_at, outages, worst_instant
from twin.io.runs import StoredRun, open_run, to_json
from twin.model.journal import Journal


def curve(steps: dict[float, float], end_h: float = 10.0, demand: float = 100.0) -> Curve:
    """A curve of constant demand from hours to shares."""
    t_s = np.array(list(steps), dtype=float) * HOUR
    wanted = np.full(len(t_s), demand)
    return Curve("x", "", t_s, np.array(list(steps.values())) * wanted, wanted, end_h * HOUR)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> StoredRun:
    return open_run(write_sample_run(tmp_path_factory.mktemp("run") / "run"))


@pytest.mark.core
def test_full_service_loses_nothing():
    figures = resilience(curve({0: 1.0}))
    assert (figures.loss_pct_h, figures.robustness, figures.unmet) == (0.0, 1.0, 0.0)
    assert figures.time_to_90_s == 0.0
    assert figures.rapidity_pct_h is None


@pytest.mark.core
def test_a_square_outage_is_counted_by_hand():
    figures = resilience(curve({0: 1.0, 2: 0.4, 5: 1.0}))
    assert figures.loss_pct_h == pytest.approx(60 * 3)
    assert figures.robustness == 0.4
    assert figures.worst_s == 2 * HOUR
    assert figures.time_to_90_s == 3 * HOUR
    assert figures.rapidity_pct_h == math.inf
    assert figures.unmet == pytest.approx(60.0 * 3 * HOUR)


def test_a_stepwise_return_has_a_finite_rapidity():
    figures = resilience(curve({0: 1.0, 1: 0.2, 3: 0.5, 5: 0.9}))
    assert figures.rapidity_pct_h == pytest.approx((90 - 20) / 2)


def test_service_that_stays_down_never_comes_back():
    figures = resilience(curve({0: 1.0, 2: 0.5}))
    assert figures.time_to_90_s is None
    assert figures.rapidity_pct_h is None
    assert figures.loss_pct_h == pytest.approx(50 * 8)


def test_a_second_dip_counts_until_service_is_back_for_good():
    assert resilience(curve({0: 1.0, 1: 0.5, 2: 1.0, 3: 0.8, 4: 1.0})).time_to_90_s == 3 * HOUR


def test_where_nothing_is_wanted_service_is_full():
    assert resilience(curve({0: 1.0, 2: 0.0}, demand=0.0)).robustness == 1.0


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=12),
    st.integers(1, 11),
)
def test_a_curve_cut_into_more_steps_has_the_same_figures(shares, at):
    steps = {float(hour): share for hour, share in enumerate(shares)}
    whole = resilience(curve(steps, end_h=20))
    place = min(at, len(shares)) - 0.5
    finer = dict(sorted({**steps, place: shares[int(place)]}.items()))
    cut = resilience(curve(finer, end_h=20))
    assert cut.loss_pct_h == pytest.approx(whole.loss_pct_h, abs=1e-9)
    assert (cut.robustness, cut.worst_s, cut.time_to_90_s) == (
        whole.robustness,
        whole.worst_s,
        whole.time_to_90_s,
    )


def test_energy_is_shown_in_megawatt_hours_and_water_in_cubic_metres():
    assert in_amount(3.6e9, "power") == (1.0, "MWh")
    assert in_amount(12.0, "flow") == (12.0, "m3")


def test_of_several_rows_of_one_instant_the_last_holds():
    columns = {
        "t_s": np.array([0.0, 60.0, 60.0]),
        "lifeline": np.array(["x"] * 3, dtype=object),
        "zone": np.array([""] * 3, dtype=object),
        "served": np.array([1.0, 0.0, 0.5]),
        "demand": np.ones(3),
    }
    (found,) = curves(columns, 120.0)
    assert found.share.tolist() == [1.0, 0.5]
    assert found.lasts_s.tolist() == [60.0, 60.0]


def test_the_curves_of_the_sample_are_those_of_its_zones(run):
    assert [(one.lifeline, one.zone) for one in curves(run.service(), END_S)] == [
        ("power", ""),
        ("power", "north"),
        ("water", ""),
        ("water", "lower town"),
        ("water", "upper town"),
    ]


@pytest.mark.core
def test_outages_of_the_sample(run):
    found = outages(run.journal, END_S)
    hospital = next(one for one in found if one.component == "facility/hospital/H1")
    assert (hospital.start_s, hospital.end_s, hospital.lasts) == (70 * 60, 170 * 60, False)
    lasting = [one.component for one in found if one.lasts]
    assert lasting == ["water/junction/J12"]
    assert worst_instant(found) == 125 * 60
    assert len(out_at(found, 125 * 60)) == 13
    assert out_at(found, 9 * 60) == ()


def test_who_was_out_before_anything_happened_is_not_caused():
    journal = Journal()
    journal.append(0.0, "unserved", lifeline="x", component="x/c/1", value="0.0")
    (found,) = outages(journal, 100.0)
    assert not found.caused
    assert interruptions([found], {"x": 4})[0].outages == 0


@pytest.mark.core
def test_interruption_figures_by_hand(run):
    cut = {
        one.lifeline: one for one in interruptions(outages(run.journal, END_S), {"power": 5, "facility": 2})
    }
    power = cut["power"]
    assert (power.affected, power.outages, power.hours) == (3, 3, pytest.approx(8.0))
    assert power.saidi_h == pytest.approx(1.6)
    assert power.saifi == pytest.approx(0.6)
    assert power.caidi_h == pytest.approx(power.saidi_h / power.saifi)
    assert "water" not in cut


def test_the_record_of_the_figures_is_plain_json(run):
    figures = [resilience(one) for one in curves(run.service(), END_S)]
    data = record(figures, interruptions(outages(run.journal, END_S), {"power": 5}))
    assert to_json(data)
    assert data["power"]["rapidity_pct_h"] is None
    assert set(data["water"]["zones"]) == {"lower town", "upper town"}
    assert data["power"]["consumers"]["outages"] == 3
