"""Palette, axes, text widths, layouts, cascades: the parts that drawings are made of."""

from __future__ import annotations

import itertools
import math
import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sample_run import network, power, sample_city, water, write_sample_run
from twin.analysis.causes import Cause, cascade
from twin.io.runs import open_run
from twin.model.journal import Journal
from twin.text import use_language
from twin.views import measures, palette, svg
from twin.views.axis import Axis, ticks, time_ticks
from twin.views.cascade import MOST, cascade_chart
from twin.views.layout import FEW, SOME, places, schematic
from twin.views.names import Names, sentence_case

DECLARED = ("#00bcd4", "#ff0000", "#ff8000", "#ff00ff", "#00ff00", "#4c3926")
"""Colours of six lifelines after CJJ 61-2017, appendix B."""
DEFICIENT = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
"""What is seen without one kind of cone, in linear RGB (Machado et al. 2009, severity 1)."""
LUMINANCE = (0.2126, 0.7152, 0.0722)


def seen(colour: str, matrix) -> str:
    light = np.clip(np.array(matrix) @ np.array(palette.linear(colour)), 0, 1)
    parts = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.1."""
    low, high = sorted(float(np.dot(palette.linear(colour), LUMINANCE)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.core
@pytest.mark.parametrize("vision", ["full", *DEFICIENT])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_six_lifelines_are_told_apart_by_every_colour_vision(vision, theme):
    inks = [getattr(palette.ink(colour), theme) for colour in DECLARED]
    assert len(set(inks)) == 6
    if vision != "full":
        inks = [seen(colour, DEFICIENT[vision]) for colour in inks]
    for one, other in itertools.combinations(inks, 2):
        assert math.dist(palette.oklab(one), palette.oklab(other)) > 0.08, (one, other)


@pytest.mark.parametrize("colour", [*DECLARED, "#000000", "#8000ff", "#ffff00", "#ffffff"])
def test_every_ink_stands_out_from_its_ground(colour):
    ink = palette.ink(colour)
    assert contrast(ink.light, "#fdfcf9") > 2.8
    assert contrast(ink.dark, "#15181c") > 2.8


def test_texts_and_signs_are_readable():
    for ink in (palette.GOOD, palette.BAD, palette.WAIT, palette.QUIET, palette.FACILITY):
        assert contrast(ink.light, "#fdfcf9") > 3.9
        assert contrast(ink.dark, "#15181c") > 4.5


def test_the_ramp_darkens_steadily():
    lightness = [palette.oklab(palette.ramp(part / 20))[0] for part in range(21)]
    assert lightness == sorted(lightness, reverse=True)


def test_the_earliest_step_stands_out_most_on_both_grounds():
    first, last = palette.steps()[0], palette.steps()[-1]
    assert contrast(first.light, "#f1eee6") > 10 > contrast(last.light, "#f1eee6")
    assert contrast(first.dark, "#20252b") > 10 > contrast(last.dark, "#20252b")
    assert [palette.step(part) for part in (-1.0, 0.0, 0.5, 2.0)] == [0, 0, 4, 8]


@given(st.floats(1e-3, 1e9))
def test_ticks_reach_the_largest_value_in_few_round_steps(high):
    found = ticks(high)
    assert found[0] == 0
    assert found[-1] >= high * (1 - 1e-6)
    assert 2 <= len(found) <= 6


@given(st.floats(1, 40 * 86_400))
def test_time_ticks_are_few_and_inside(end_s):
    found = time_ticks(end_s)
    assert 1 <= len(found) <= 10
    assert found[-1] <= end_s


def test_an_axis_keeps_what_lies_outside_at_its_ends():
    axis = Axis(0.0, 10.0, 100.0, 200.0)
    assert (axis(-5.0), axis(5.0), axis(50.0)) == (100.0, 150.0, 200.0)


@given(st.text(alphabet="abc 电力，WM", max_size=60), st.integers(30, 200))
def test_wrapped_lines_fit(text, width):
    lines = svg.wrapped(text, width, 3)
    assert len(lines) <= 3
    assert all(svg.width_of(line) <= width or len(line) <= 2 for line in lines)


def test_no_line_begins_with_a_closing_sign():
    assert not any(line.startswith("，") for line in svg.wrapped("供水管网，停运后，恢复，供水", 48, 9))


def test_markup_in_texts_is_escaped():
    assert svg.text(0, 0, "<b>&") == '<text x="0" y="0">&lt;b&gt;&amp;</text>'


@pytest.mark.core
def test_coordinates_win_over_a_layout():
    found = places(sample_city().networks["water"])
    assert found is not None
    assert not found.schematic
    assert found.box == (220.0, 110.0, 700.0, 480.0)


def test_a_node_without_coordinates_stands_beside_its_neighbours():
    rows = water(xy=True)
    middle = next(row for row in rows["nodes"] if row["id"] == "J6")
    del middle["x"], middle["y"]
    made = network("water", rows)
    found = places(made)
    assert found is not None
    x, y = found.xy[made.tables["nodes"].rows["J6"]]
    assert (x, y) == pytest.approx(((440 + 560 + 330 + 440) / 4, (400 + 260 + 250 + 120) / 4))


def test_a_schematic_is_the_same_every_time_and_keeps_nodes_apart():
    made = network("power", power(xy=False))
    first = schematic(made)
    assert np.array_equal(first, schematic(network("power", power(xy=False))))
    gaps = np.linalg.norm(first[:, None] - first[None], axis=2)[np.triu_indices(len(first), 1)]
    assert gaps.min() > 0.01


@pytest.mark.parametrize("size", [FEW + 20, SOME + 300])
def test_large_networks_get_a_layout_too(size):
    tree = nx.random_labeled_tree(size, seed=3)
    nodes = [{"id": f"n{node}", "vn_kv": 10} for node in tree]
    links = [{"id": f"l{a}-{b}", "kind": "line", "start": f"n{a}", "end": f"n{b}"} for a, b in tree.edges]
    made = network("power", {"nodes": nodes, "links": links, "devices": []})
    found = places(made)
    assert found is not None
    assert found.schematic
    assert np.isfinite(found.xy).all()
    assert len(np.unique(found.xy.round(9), axis=0)) == size


@pytest.mark.core
def test_a_cascade_is_drawn_without_overlap(tmp_path):
    journal = open_run(write_sample_run(tmp_path / "run")).journal
    with use_language("en"):
        drawing, left_out = cascade_chart(cascade(journal), Names(sample_city()))
    assert left_out == 0
    numbers = r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="3"'
    boxes = [tuple(map(float, found)) for found in re.findall(numbers, drawing)]
    assert len(boxes) == 8
    for (x1, y1, w1, h1), (x2, y2, w2, h2) in itertools.combinations(boxes, 2):
        assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1


def test_a_cascade_too_large_to_draw_counts_what_it_leaves_out():
    journal = Journal()
    journal.append(0.0, "incident", lifeline="water", component="water/pump/PU-1", value="failed=true")
    for number in range(MOST + 10):
        journal.append(float(number), "lost", lifeline="water", component=f"water/pump/{number}", cause=0)
        journal.append(
            float(number) + 1, "unserved", lifeline="water", component="x", value="0.0", cause=2 * number + 1
        )
    with use_language("en"):
        drawing, left_out = cascade_chart(cascade(journal), Names(sample_city()))
    assert left_out == 1 + 2 * (MOST + 10) - MOST
    assert drawing.count('class="box') == MOST


def test_a_chain_of_thousands_does_not_end_the_stack():
    journal = Journal()
    for number in range(5_000):
        journal.append(float(number), "lost", lifeline="water", component=f"x{number}", cause=number - 1)
    with use_language("en"):
        assert cascade_chart(cascade(journal), Names(sample_city()))[1] == 5_000 - MOST


def test_nothing_happened_draws_nothing():
    assert cascade_chart((), Names(sample_city())) == ("", 0)
    assert Cause(()).effects == ()


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.9684, "0.968"), (158.6, "159"), (12_345.6, "12,346")]
)
def test_figures_have_three_digits(value, text):
    assert measures.rounded(value) == text


def test_service_is_shown_in_units_that_suit_it():
    assert measures.scale(measures.service_dimension("power"), 1.5e6) == (1e6, "MW")
    assert measures.scale(measures.service_dimension("water"), 0.05) == (pytest.approx(0.001), "L/s")
    assert measures.scale("", 3.0) == (1.0, "")


def test_consumers_are_those_that_ever_wanted_anything(tmp_path):
    run = open_run(write_sample_run(tmp_path / "run"))
    assert measures.consumers(run, sample_city()) == {"facility": 2, "power": 5, "water": 12}


def test_names_say_the_kind_once():
    with use_language("en"):
        name = Names(sample_city())
        assert str(name("water/pump/PU-1")) == "pump PU-1"
        assert str(name("facility/hospital/H1")) == "St. Anne's Hospital"
        assert str(name("facility/school/S1")) == "school S1"
        assert str(name("power-co 1")) == "crew 1"
        assert str(name("power-co")) == "Power company"
        assert str(name("power")) == "power"
        assert name("anything else") == "anything else"
        assert (
            name.several([f"water/junction/J{n}" for n in range(1, 7)])
            == "Junction J1, J2, J3, J4 and 2 more"
        )


def test_sentences_begin_with_a_capital_and_chinese_has_no_stray_blanks():
    assert sentence_case("pump 1 stops") == "Pump 1 stops"
    assert sentence_case("医院 停运：失去 电力 L3") == "医院停运：失去电力 L3"
