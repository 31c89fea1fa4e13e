"""Cells are read where they are unambiguous, and set aside where they are not."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.census import cells

pytestmark = pytest.mark.core


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64) | st.none(), max_size=20))
def test_every_number_is_read_as_it_is_written(values):
    column = pa.array([None if value is None else repr(value) for value in values], pa.string())
    found = cells.numbers(column, "m")
    assert not len(found.bad)
    assert np.array_equal(
        found.values, np.array([math.nan if v is None else v for v in values]), equal_nan=True
    )


@given(st.lists(st.text(max_size=8), max_size=20))
def test_what_is_no_number_is_bad_and_missing_and_the_rest_is_not(texts):
    found = cells.numbers(pa.array(texts, pa.string()), "m")
    stripped = [text.strip() for text in cells.texts_of(pa.array(texts, pa.string())).to_pylist()]
    for place, text in enumerate(stripped):
        assert (place in found.bad) == (bool(text) and math.isnan(found.values[place]))


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.2m", 1.2), ("１２．５", 12.5), ("1,234.5", 1234.5), ("120cm", 1.2), ("－1.5", -1.5), ("12kV", None),
     ("1.2.3", None), ("nan", None), ("inf", None), ("1,23", None), ("O.5", None)],
)  # fmt: skip
def test_a_number_with_a_unit_or_full_width_signs(text, value):
    assert cells.number(text, "m") == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize("sign", ["*", "x", "X", "×", "＊", " × "])
def test_boxes_are_read_with_every_sign(sign):
    assert cells.size(f"1200{sign}800") == (1200.0, 800.0)


@pytest.mark.parametrize(
    ("text", "found"),
    [("DN100", (100, 100)), ("dn100", (100, 100)), ("φ100", (100, 100)),
     ("Φ100", (100, 100)),
     ("Ø100", (100, 100)),
     ("100", (100, 100)), ("1.2m*0.8m", (1200, 800)), ("D219x6", (219, 219)),
     ("100mm", (100, 100)),
     ("3*240", None), ("1.2*0.8", None), ("DN", None), ("1*2*3", None), ("0", None), ("-100", None)],
)  # fmt: skip
def test_sections(text, found):
    assert cells.size(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("2024/1/5", "2024-01-05"), ("2024年1月5日", "2024-01-05"), ("20240105", "2024-01-05"),
     ("45123", "2023-07-16"),
     ("2024.5", "2024-05"), ("2024", "2024"), ("2024-13-01", None), ("2024-02-30", None), ("spring", None)],
)  # fmt: skip
def test_dates(text, found):
    assert cells.date(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("1998", 1998), ("1998年", 1998), ("1998-05-01", 1998), ("19980501", 1998), ("36161", 1999),
     ("2999", 2999),
     ("80年代", None), ("old", None)],
)  # fmt: skip
def test_years(text, found):
    assert cells.year(text) == found


def test_codes_without_a_meaning_are_bad_and_blanks_are_not():
    found = cells.codes(pa.array(["zm", "直埋", "", "??"]), cells.meanings_of({"ZM": "ZM", "直埋": "ZM"}))
    assert found.values.to_pylist() == ["ZM", "ZM", "", "??"]
    assert found.bad.tolist() == [3]
