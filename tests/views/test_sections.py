"""Sections across a street and along links: what they cut, and what is drawn of it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.views.sample_town import BLOCK_M, LAID, height, town
from twin.api import views
from twin.cli import main
from twin.errors import InputError
from twin.lifelines import registry
from twin.views.section_drawings import Scale, draw_cross_section, draw_profile
from twin.views.sections import cross_section, profile

MIDDLE = BLOCK_M * 1.3
CITY = town(4, 3)


@pytest.fixture(scope="module")
def street():
    return cross_section(CITY, (MIDDLE, BLOCK_M - 20), (MIDDLE, BLOCK_M + 20))


@pytest.mark.core
def test_a_street_shows_all_six_lifelines_where_they_lie(street):
    assert {pipe.layer: pipe.along_m for pipe in street.pipes} == {
        name: pytest.approx(20 + beside) for name, (beside, *_) in LAID.items()
    }


def test_depths_and_sizes_are_those_of_the_lines(street):
    for pipe in street.pipes:
        beside, depth, width, tall = LAID[pipe.layer]
        assert (pipe.width_m, pipe.height_m) == (width / 1000, tall / 1000)
        assert pipe.ground_m == pytest.approx(
            float(height(np.array(MIDDLE), np.array(BLOCK_M + beside))), abs=0.2
        )
        assert pipe.ground_m - pipe.z_m == pytest.approx(depth, abs=0.25)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 0.95), st.floats(-19, 19))
def test_turning_a_section_round_mirrors_it(part, slant):
    a, b = (BLOCK_M * (1 + part), BLOCK_M - 20), (BLOCK_M * (1 + part) + slant / 4, BLOCK_M + 20)
    there, back = cross_section(CITY, a, b), cross_section(CITY, b, a)
    length = there.along_m[-1]
    found = sorted((pipe.layer, pipe.row, round(pipe.along_m, 6), round(pipe.z_m, 6)) for pipe in there.pipes)
    mirrored = sorted((p.layer, p.row, round(length - p.along_m, 6), round(p.z_m, 6)) for p in back.pipes)
    assert [one[:2] for one in found] == [one[:2] for one in mirrored]
    assert [n for one in found for n in one[2:]] == pytest.approx(
        [n for one in mirrored for n in one[2:]], abs=1e-5
    )


def test_a_section_where_nothing_lies_is_refused():
    with pytest.raises(InputError, match="no line lies between"):
        cross_section(CITY, (70, 70), (90, 90))
    with pytest.raises(InputError, match="two different places"):
        cross_section(CITY, (70, 70), (70, 70))


def shapes(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def test_pipes_are_round_and_ducts_are_boxes_in_true_proportion(street):
    root = shapes(draw_cross_section(CITY, street))
    name = "{http://www.w3.org/2000/svg}"
    round_ones = [float(one.get("rx")) / float(one.get("ry")) for one in root.iter(f"{name}ellipse")]
    assert len(round_ones) == 4
    assert max(round_ones) == pytest.approx(min(round_ones), rel=0.02)
    text = "".join(root.itertext())
    for label in ("DN800", "900×600", "SYNTHETIC 合成数据", "3.2 m deep"):
        assert label in text
    for declared in registry.declarations().values():
        assert declared.colour in draw_cross_section(CITY, street)


def test_a_profile_follows_the_shortest_chain():
    found = profile(CITY, "drainage/manhole/N0-0..N3-2")
    assert found.along_m[-1] == pytest.approx(5 * BLOCK_M)
    assert [stop.name for stop in found.stops][:: len(found.stops) - 1] == ["N0-0", "N3-2"]
    assert (np.diff(found.along_m) >= 0).all()
    assert found.ground_m - found.axis_m == pytest.approx(np.full(len(found.axis_m), 3.2), abs=0.2)


def test_a_profile_back_is_the_profile_mirrored():
    there, back = (profile(CITY, f"water/junction/{way}") for way in ("N0-0..N2-0", "N2-0..N0-0"))
    assert back.axis_m[::-1] == pytest.approx(there.axis_m)
    assert [reach.fall for reach in back.reaches][::-1] == pytest.approx(
        [-reach.fall for reach in there.reaches]
    )


def test_a_profile_may_be_named_by_its_links():
    found = profile(CITY, "gas/pipe/L0..L1")
    assert len(found.reaches) >= 1 and found.layer == "gas"


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        ("water/junction/N0-0", "is no chain"),
        ("water/junction/N0-0..N99-9", "no component N99-9"),
        ("water/junction/N0-0..gas/junction/N1-1", "different networks"),
    ],
)
def test_a_chain_that_is_none_is_refused(wish, problem):
    with pytest.raises(InputError, match=problem):
        profile(CITY, wish)


def test_ends_that_nothing_joins_are_refused():
    water = CITY.networks["water"]
    links = water.tables["links"]
    some = {name: values[:1] for name, values in links.columns.items()}
    empty = {name: values[:0] for name, values in water.tables["vertices"].columns.items()}
    tables = {
        **water.tables,
        "links": replace(links, columns=some),
        "vertices": replace(water.tables["vertices"], columns=empty),
    }
    city = replace(CITY, networks={"water": replace(water, tables=tables)})
    with pytest.raises(InputError, match="no chain of links joins"):
        profile(city, "water/junction/N0-0..N3-3")


def test_a_profile_is_drawn_with_its_sizes_and_falls():
    text = "".join(shapes(draw_profile(CITY, profile(CITY, "drainage/manhole/N0-0..N2-1"))).itertext())
    assert "DN800" in text and "‰" in text and "N1-" in text


@given(st.floats(1, 5000), st.floats(0.5, 60))
def test_a_drawing_is_neither_flat_nor_endless(length, span):
    scale = Scale(length, 0.0, span)
    assert scale.times >= 1.0
    assert scale.tall >= min(60.0, span * scale.across * scale.times)
    assert scale.times == 1.0 or scale.tall <= 421


def test_the_command_line_draws_both(tmp_path, capsys):
    across, along = tmp_path / "across.svg", tmp_path / "along.svg"
    assert main(["section", "quarter", "--line", "200,-50,200,450", "-o", str(across)]) == 0
    assert main(["section", "quarter", "--along", "water/junction/J-1..J-3", "-o", str(along)]) == 0
    assert shapes(across.read_text(encoding="utf-8")) is not None
    assert "4 lines" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", [[], ["--line", "1,2,3"], ["--line", "0,0,1,1", "--along", "a..b"], ["--along", "x..y"]]
)
def test_a_wrong_section_writes_nothing(wrong, tmp_path):
    assert main(["section", "quarter", *wrong, "-o", str(tmp_path / "a.svg")]) == 2
    assert not list(tmp_path.iterdir())


def test_sections_are_svg(tmp_path):
    with pytest.raises(InputError, match=r"\.svg"):
        views.section("quarter", tmp_path / "a.png", line="0,0,1,1")
