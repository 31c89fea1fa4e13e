"""The grammar: every text of the samples, round trips in both languages, refusals with their offset."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drills import made
from twin.drills import grammar
from twin.drills.refusal import RefusedError
from twin.drills.terms import And, Compare, Holds, Lasting, Not, Or

LANGUAGES = ("en", "zh")
READERS = (
    grammar.read_condition,
    grammar.read_action,
    grammar.read_amount,
    grammar.read_rate,
    grammar.read_instant,
    grammar.read_clock,
)


def refusal(reader, text: str) -> tuple[int, str]:
    """Where and why `reader` refuses `text`."""
    with pytest.raises(RefusedError) as caught:
        reader(text)
    return caught.value.at, f"{caught.value.problem}: {caught.value.remedy}"


@given(made.conditions)
@settings(max_examples=150, deadline=None)
def test_a_condition_written_down_reads_back_the_same(condition):
    for language in LANGUAGES:
        assert grammar.read_condition(condition.text(language)) == condition


@given(made.actions())
@settings(max_examples=150, deadline=None)
def test_an_action_written_down_reads_back_the_same(action):
    for language in LANGUAGES:
        assert grammar.read_action(action.text(language)) == action


@given(made.instants, made.rates, made.CLOCKS)
@settings(max_examples=60, deadline=None)
def test_times_and_rates_written_down_read_back_the_same(instant, rate, clock):
    for language in LANGUAGES:
        assert grammar.read_instant(instant.text(language)) == instant
        assert grammar.read_rate(rate.text(language)) == rate
        assert grammar.read_clock(clock.text(language)) == clock


PIECES = st.lists(
    st.sampled_from(
        [
            *"()（），,<>=!＞≥'\"“” \t",
            "depth",
            "any",
            "min",
            "and",
            "or",
            "not",
            "for",
            "0.5",
            "m",
            "min",
            "T+",
        ]
    )
    | st.text(max_size=3),
    max_size=30,
).map("".join)


@given(PIECES | st.text(max_size=600))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_at_a_place_in_it(text):
    for reader in READERS:
        try:
            reader(text)
        except RefusedError as refused:
            assert 0 <= refused.at <= len(text)
            assert str(refused.problem) and str(refused.remedy)


@pytest.mark.core
@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("积水深度（下穿）≥ 15 厘米 持续 20 分钟", "depth(下穿) >= 15 cm for 20 min"),
        ("非 起火(燃气管) 且 停运(泵站)", "not ignited(燃气管) and out(泵站)"),
        ("最小(供应率(hospital/*)) ＞＝ 80％", "min(served(hospital/*)) >= 80 %"),
        ("任一(停运(hospital/*)) 或 人数(下穿) ＞ 0 人", "any(out(hospital/*)) or people(下穿) > 0 person"),
        ("预计到达(燃气集团，燃气管) > 30 分钟", "eta(燃气集团, 燃气管) > 30 min"),
    ],
)
def test_a_chinese_condition_says_the_same_as_the_english_one(chinese, english):
    assert grammar.read_condition(chinese) == grammar.read_condition(english)


@pytest.mark.core
@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("泄漏 20 毫米 于 燃气管", "leak 20mm at 燃气管"),
        ("调派 发电车 到 泵站", "send 发电车 to 泵站"),
        ("疏散 100 米 周边 燃气管", "evacuate 100 m around 燃气管"),
        ("断电 周边 “燃气管”", "cut  power around 燃气管"),
        ("请求支援 向 沛县", "request aid from 沛县"),
    ],
)
def test_a_chinese_action_says_the_same_as_the_english_one(chinese, english):
    assert grammar.read_action(chinese) == grammar.read_action(english)


@pytest.mark.core
def test_for_binds_tighter_than_and_and_looser_than_not():
    condition = grammar.read_condition("out(a b) and not out(c) for 5 min or depth(d) > 1 m")
    assert isinstance(condition, Or)
    joined, compared = condition.conditions
    assert isinstance(joined, And)
    assert isinstance(compared, Compare)
    first, lasting = joined.conditions
    assert isinstance(first, Holds)
    assert isinstance(lasting, Lasting)
    assert isinstance(lasting.condition, Not)


def test_values_are_in_si_and_texts_as_written():
    condition = grammar.read_condition("depth(下穿) > 15 cm")
    assert (condition.value, condition.limit.dimension, str(condition)) == (
        pytest.approx(0.15),
        "length",
        "depth(下穿) > 15 cm",
    )
    assert grammar.read_duration("1 h 30 min").si == 5400


def test_a_name_of_several_words_needs_no_quotation_marks():
    assert grammar.read_action("send generator to pump station 2").place == "pump station 2"
    assert grammar.read_condition("out(pump station)").measure.names == ("pump station",)
    assert grammar.read_action('close "the road to work"').object == "the road to work"


@pytest.mark.core
@pytest.mark.parametrize(
    ("text", "start", "seconds"),
    [
        ("T+0", "08:00", 0),
        ("T+1 h 30 min", "08:00", 5400),
        ("08:30", "08:00", 1800),
        ("07:00", "08:00", 23 * 3600),
        ("00:30", "2026-07-18 17:30", 7 * 3600),
        ("2026-07-19 00:30", "2026-07-18 17:30", 7 * 3600),
        ("2026-07-18 17:00", "2026-07-18 17:30", -1800),
    ],
)
def test_an_instant_counts_from_the_start(text, start, seconds):
    assert grammar.read_instant(text).seconds(grammar.read_clock(start)) == seconds


def test_a_date_is_read_with_its_clock_time():
    assert grammar.read_clock("2026-7-8 7:30").day == dt.date(2026, 7, 8)
    assert str(grammar.read_clock("2026-07-08T07:30:15")) == "2026-07-08 07:30:15"


FORM = "write quantity(name) operator number unit, as in depth(underpass) > 0.15 m"
CONDITIONS = {
    "dept(x) > 3 m": (0, '"dept" is not a quantity: did you mean depth?'),
    "depth(x) > 3 min": (11, "depth cannot be 3 min: give it in m, km, cm, mm"),
    "depth(x) > 5": (11, "depth cannot be 5: give it in m, km, cm, mm"),
    "served(x) > 5 m": (12, "served cannot be 5 m: give it in %, pu"),
    "depth(x) > 3 mmm": (13, '"mmm" is not a unit: did you mean mm?'),
    "depth(x) > 3mmm": (12, '"mmm" is not a unit: did you mean mm?'),
    "depth(x)": (0, "depth is compared with nothing: add an operator and a number, as in > 0.5"),
    "not out(x) > 3": (13, "out is true or false: leave the comparison out"),
    "depth x > 3 m": (6, f'"x" does not belong here: {FORM}'),
    "depth(x) > ": (11, f'"depth(x) >" ends too early: {FORM}'),
    "": (0, f'"" ends too early: {FORM}'),
    "depth(x) > 3 m and": (18, f'"depth(x) > 3 m and" ends too early: {FORM}'),
    "depth(x) >> 3 m": (10, f'">" does not belong here: {FORM}'),
    "min(out(x)) > 1": (
        0,
        "min does not go with out: "
        "use any or all around the comparison, or none for a figure of the whole selection",
    ),
    "any(min(depth(x)) > 1 m)": (
        8,
        "any does not go with min(depth(x)): use one of any, all, min, max and mean at a time",
    ),
    "eta(x) > 3 min": (0, "eta has the wrong number of names: write eta(agency, component)"),
    "depth(x, y) > 3 m": (0, "depth has the wrong number of names: write depth(component)"),
    "depth(x) > 1e999 m": (11, "1e999 is too large: write a number and its unit, as in 1 h 30 min"),
    "depth(x) > 1 m 20 min": (11, "1 m 20 min mixes units: use one unit, or several of time"),
    "out(x) for 3 m": (11, "3 m does not fit: give it in s, min, h, d, a"),
    "temperature(x) < 0": (17, "temperature cannot be 0: give it in K, degC"),
}


@pytest.mark.core
@pytest.mark.parametrize("text", CONDITIONS)
def test_a_wrong_condition_is_refused_at_its_place(text):
    assert refusal(grammar.read_condition, text) == CONDITIONS[text]


def test_texts_have_a_longest_length_and_a_deepest_nesting():
    assert refusal(grammar.read_condition, "x" * 501) == (
        0,
        "the text has 501 characters: keep it within 500",
    )
    assert refusal(grammar.read_condition, "not " * 12 + "out(x)") == (
        0,
        "conditions stand more than 12 deep in each other: split the condition over several rows",
    )
    assert refusal(grammar.read_condition, "(" * 400)[0] == 400


ACTIONS = {
    "brake x": (0, '"brake" is not a verb: did you mean break?'),
    "cut powr at x": (0, '"cut powr" is not a verb: did you mean cut power?'),
    "关闭下穿": (0, '"关闭下穿" is not a verb: put a space after 关闭'),
    "leak 20 s at x": (5, "leak cannot be 20 s: give it in m, km, cm, mm, m2, km2, ha, cm2, mm2"),
    "leak at x": (0, "leak needs an amount: write it like leak 20 mm at water/pipe/MA447"),
    "close 20 mm x": (6, "close takes no amount: write it like close water/valve/V-3"),
    "send x at y": (10, "send does not go with at: write it like send generator to water/pump/PU-1"),
    "send x": (0, "send does not say what or where: write it like send generator to water/pump/PU-1"),
    "warn": (0, "warn does not say what or where: write it like warn water/pump/PU-1"),
    "cut power x at y": (
        10,
        "cut power takes no object: write it like cut power at power/feeder/F-1",
    ),
    "fail 50 %": (0, "fail does not say what or where: write it like fail 50 % water/pipe/MA447"),
    "evacuate 100 m": (
        0,
        "evacuate does not say what or where: write it like evacuate 100 m around gas/pipe/G-2217",
    ),
}


@pytest.mark.core
@pytest.mark.parametrize("text", ACTIONS)
def test_a_wrong_action_is_refused_at_its_place(text):
    assert refusal(grammar.read_action, text) == ACTIONS[text]


TIMES = "write T+1 h 30 min, 17:30 or 2026-07-18 17:30"
INSTANTS = {
    "25:00": (0, f'"25:00" is no time of the calendar: {TIMES}'),
    "2026-02-30 10:00": (0, f'"2026-02-30 10:00" is no time of the calendar: {TIMES}'),
    "T+5": (2, "5 does not fit: give it in s, min, h, d, a"),
    "T+5 m": (2, "5 m does not fit: give it in s, min, h, d, a"),
    "T+-5 min": (2, "T+-5 min is before the start: write T+0 or later"),
    "soon": (0, f'"soon" does not belong here: {TIMES}'),
    "T+5 mins": (4, '"mins" is not a unit: did you mean min?'),
}


@pytest.mark.parametrize("text", INSTANTS)
def test_a_wrong_time_is_refused_at_its_place(text):
    assert refusal(grammar.read_instant, text) == INSTANTS[text]


def test_a_start_is_a_clock_time_and_a_rate_an_intensity():
    assert refusal(grammar.read_clock, "T+5 min") == (
        0,
        '"T+5" does not belong here: write 17:30 or 2026-07-18 17:30',
    )
    assert refusal(grammar.read_rate, "58 mm for 30 min") == (
        0,
        "58 mm does not fit: give it in m/s, km/h, mm/h, mm/min",
    )
