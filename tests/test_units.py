"""Units: conversions are inverse, suffixes are unambiguous, spellings in both languages."""

from __future__ import annotations

import numpy as np
import pytest

from twin.units import column_unit, of_dimension, spellings, unit, units


@pytest.mark.core
def test_going_to_si_and_back_changes_nothing():
    values = np.array([-40.0, 0.0, 1.0, 1e6])
    for each in units():
        np.testing.assert_allclose(each.from_si(each.to_si(values)), values, rtol=1e-12, atol=1e-9)


@pytest.mark.core
@pytest.mark.parametrize(
    ("text", "value", "si"),
    [
        ("mm", 20, 0.02),
        ("L/s", 5, 0.005),
        ("m³/h", 3600, 1.0),
        ("mm/h", 58, 58e-3 / 3600),
        ("mH2O", 10, 98_066.5),
        ("℃", 20, 293.15),
        ("毫米", 20, 0.02),
        ("小时", 2, 7200),
        ("％", 90, 0.9),
        ("kWh", 1, 3.6e6),
        ("a", 1, 365.25 * 86_400),
    ],
)
def test_a_unit_has_its_factor(text, value, si):
    assert unit(text).to_si(value) == pytest.approx(si, rel=1e-12)


def test_no_two_units_share_a_symbol_a_suffix_or_a_word():
    for column in ("symbol", "suffix", "chinese"):
        found = [getattr(each, column) for each in units()]
        assert len(found) == len(set(found))
    assert all(spellings()[each.symbol] is each and spellings()[each.chinese] is each for each in units())


@pytest.mark.core
@pytest.mark.parametrize(
    ("column", "symbol"),
    [
        ("diameter_mm", "mm"),
        ("r_ohm_per_km", "ohm/km"),
        ("length_km", "km"),
        ("flow_m3s", "m3/s"),
        ("p_kw", "kW"),
        ("start_min", "min"),
        ("tap_pct", "%"),
        ("supply_degc", "degC"),
    ],
)
def test_a_column_name_carries_its_unit(column, symbol):
    assert column_unit(column).symbol == symbol


def test_what_is_no_unit_is_none():
    assert unit("furlong") is None
    assert unit("") is None
    assert column_unit("material") is None
    assert column_unit("mm") is None


def test_every_dimension_has_a_unit_that_is_si():
    dimensions = {each.dimension for each in units()} - {"share"}
    for dimension in dimensions - {"resistance_per_length", "capacitance_per_length", "angle"}:
        assert any((each.factor, each.offset) == (1, 0) for each in of_dimension(dimension)), dimension
