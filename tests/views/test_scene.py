"""Geometry, clips, bodies, the map below and the probe: everything that needs no picture."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views.sample_town import BLOCK_M, height, town
from twin.api import doctor, views
from twin.errors import InputError
from twin.model.city import Manifest
from twin.text import use_language
from twin.views.fonts import FONT
from twin.views.scene import basemap, overlay, rendering
from twin.views.scene.camera import _fitted
from twin.views.scene.clip import Clip, clip_of, cut
from twin.views.scene.geometry import Ground, Lines, lines_of, usual_depth
from twin.views.scene.solids import swept
from twin.views.scene.wish import size_of


@pytest.fixture(scope="module")
def city():
    return town(4, 3)


def zigzag(*places, width=0.3, tall=0.3) -> Lines:
    xyz = np.array(places, dtype=float)
    return Lines("l", xyz, np.array([0, len(xyz)]), np.array([7]), np.array([width]), np.array([tall]))


# ---- lines


def test_every_link_runs_through_its_inner_points_at_its_surveyed_elevation(city):
    network = city.networks["water"]
    lines = lines_of(network, Ground.of(city))
    assert len(lines) == len(network.tables["links"])
    assert (np.diff(lines.offsets) == 3).all()
    assert lines.xyz[:, 2] == pytest.approx(height(lines.xyz[:, 0], lines.xyz[:, 1]) - 1.4)


def test_a_line_without_depth_lies_at_the_usual_one(city):
    network = city.networks["water"]
    links = network.tables["links"]
    bare = {**links.columns, "start_z_m": np.full(len(links), np.nan), "end_z_m": np.full(len(links), np.nan)}
    vertices = network.tables["vertices"]
    empty = {**vertices.columns, "z_m": np.full(len(vertices), np.nan)}
    tables = {
        **network.tables,
        "links": replace(links, columns=bare),
        "vertices": replace(vertices, columns=empty),
    }
    lines = lines_of(replace(network, tables=tables), Ground.of(city))
    ends = lines.xyz[lines.offsets[:-1]]
    assert ends[:, 2] == pytest.approx(height(ends[:, 0], ends[:, 1]) - usual_depth("water"))
    assert np.isfinite(lines.xyz).all()


def test_links_without_a_place_are_counted_and_left_out(city):
    network = city.networks["gas"]
    nodes = network.tables["nodes"]
    x = nodes["x"].copy()
    x[0] = np.nan
    tables = {**network.tables, "nodes": replace(nodes, columns={**nodes.columns, "x": x})}
    lines = lines_of(replace(network, tables=tables), Ground.of(city))
    assert lines.left_out == 2
    assert len(lines) + lines.left_out == len(network.tables["links"])


def test_taking_all_lines_changes_nothing(city):
    lines = lines_of(city.networks["drainage"], Ground.of(city))
    same = lines.take(np.arange(len(lines)))
    assert (same.xyz == lines.xyz).all() and (same.offsets == lines.offsets).all()
    back = lines.take(np.arange(len(lines))[::-1])
    assert back.lengths() == pytest.approx(lines.lengths()[::-1])


# ---- clips


@given(st.lists(st.tuples(*[st.floats(-50, 50)] * 3), min_size=2, max_size=8))
def test_what_is_cut_off_and_what_stays_make_up_the_whole(places):
    lines = zigzag(*places)
    whole = lines.lengths().sum()
    west = cut(lines, Clip((-100, -100, 0.123, 100))).lengths().sum()
    east = cut(lines, Clip((0.123, -100, 100, 100))).lengths().sum()
    on_border = sum(
        np.hypot(*(b[:2] - a[:2]))
        for a, b in zip(lines.xyz, lines.xyz[1:], strict=False)
        if a[0] == b[0] == 0.123
    )
    assert west + east - on_border == pytest.approx(whole, abs=1e-6)


def test_a_line_that_comes_back_becomes_two_with_the_same_row():
    lines = cut(zigzag((-5, 0, 1), (5, 0, 2), (5, 4, 3), (-5, 4, 4)), Clip((-6, -1, 0, 5)))
    assert len(lines) == 2
    assert lines.rows.tolist() == [7, 7]
    assert lines.xyz[1] == pytest.approx([0, 0, 1.5])
    assert lines.xyz[2] == pytest.approx([0, 4, 3.5])


def test_a_region_is_found_by_id_and_by_name(city):
    assert clip_of(city, "east").box == clip_of(city, "东区").box == (800, 0, 1600, 1280)
    with pytest.raises(InputError, match=r"no region north.*river"):
        clip_of(city, "north")


@pytest.mark.parametrize("wish", ["1,2,3,x", "1,2,1,4", "nan,0,1,1", "0,0,inf,3"])
def test_a_box_that_is_none_is_refused(city, wish):
    with pytest.raises(InputError):
        clip_of(city, wish)


def test_lines_outside_the_outline_of_a_region_go(city):
    import shapely

    triangle = shapely.Polygon([(0, 0), (10, 0), (0, 10)])
    lines = cut(zigzag((1, 1, 0), (2, 1, 0)), Clip((0, 0, 10, 10), triangle))
    gone = cut(zigzag((9, 9, 0), (8, 9, 0)), Clip((0, 0, 10, 10), triangle))
    assert len(lines) == 1 and len(gone) == 0


# ---- bodies


def test_a_tube_has_its_true_diameter_and_normals_that_point_outwards():
    lines = zigzag((0, 0, 0), (10, 0, 0), (10, 10, -1), width=0.8, tall=0.8)
    body = swept(lines)
    first = body.points[np.abs(body.points[:, 0]) < 1e-9]
    assert np.hypot(first[:, 1], first[:, 2]) == pytest.approx(np.full(len(first), 0.4))
    assert np.linalg.norm(body.normals, axis=1) == pytest.approx(np.ones(len(body.normals)))
    axis = np.repeat(lines.xyz, len(body.points) // 3, axis=0)
    assert ((body.points - axis) * body.normals).sum(axis=1) == pytest.approx(np.full(len(axis), 0.4))
    assert set(body.owner) == {0}


def test_a_duct_bank_is_a_box_of_its_true_section():
    body = swept(zigzag((0, 0, 0), (0, 9, 0), width=0.9, tall=0.6))
    assert np.ptp(body.points[:, 0]) == pytest.approx(0.9)
    assert np.ptp(body.points[:, 2]) == pytest.approx(0.6)


def test_heights_are_exaggerated_but_pipes_stay_round():
    lines = zigzag((0, 0, 1), (9, 0, 1), width=0.4, tall=0.4)
    body = swept(lines, exaggerate=5.0)
    assert np.ptp(body.points[:, 2]) == pytest.approx(0.4)
    assert body.points[:, 2].mean() == pytest.approx(5.0)


def test_lines_without_length_and_upright_lines_have_finite_bodies():
    for lines in (zigzag((0, 0, 0), (0, 0, 0)), zigzag((0, 0, 0), (0, 0, 3))):
        assert np.isfinite(swept(lines).points).all()


# ---- the map and the camera


def test_light_comes_from_the_north_west():
    x, y = np.meshgrid(np.linspace(0, 100, 30), np.linspace(0, 100, 30))
    hill = 30 * np.exp(-((x - 50) ** 2 + (y - 50) ** 2) / 400)
    shade = basemap.Relief((0, 0, 100, 100), hill).shade()
    assert shade[20, 9] > 1.0 > shade[9, 20]
    assert basemap.Relief((0, 0, 1, 1), np.zeros((3, 3))).shade() == pytest.approx(np.ones((3, 3)))


def test_rivers_and_streets_are_painted_where_they_are(city):
    pytest.importorskip("PIL", reason="the extra 'view' is not installed")
    box = (0.0, 0.0, 4 * BLOCK_M, 3 * BLOCK_M)
    picture = basemap.painted(city, basemap.Relief.of(Ground.of(city), box), longest=640).astype(int)
    tall = picture.shape[0]
    river = picture[tall - 275, 250]
    block = picture[tall - 400, 400]
    street = picture[tall - 320, 400]
    assert picture.shape == (480, 640, 3)
    assert river[2] - river[0] > 15
    assert abs(block[2] - block[0]) < 15
    assert street.mean() > block.mean()


@given(st.floats(0, 360), st.floats(15, 80))
def test_the_whole_block_is_in_the_picture(turn, tilt):
    corners = overlay.corners((0, 0, 3000, 1800), (-20, 60))
    a, h = np.radians(turn), np.radians(tilt)
    forward = np.array([np.sin(a) * np.cos(h), np.cos(a) * np.cos(h), -np.sin(h)])
    right = np.array([np.cos(a), -np.sin(a), 0])
    up = np.cross(right, forward)
    half = (0.4, 0.25)
    away, middle = _fitted(corners, corners.mean(axis=0), (right, up, forward), half)
    seen = corners - (middle - forward * away)
    assert (np.abs(seen @ right) <= half[0] * (seen @ forward) * 1.02).all()
    assert (np.abs(seen @ up) <= half[1] * (seen @ forward) * 1.02).all()


@pytest.mark.parametrize(("most", "round_one"), [(180, 100), (199, 100), (200, 200), (74, 50), (0.7, 0.5)])
def test_a_scale_bar_is_round(most, round_one):
    assert overlay.round_length(most) == pytest.approx(round_one)


@pytest.mark.parametrize("text", ["16x9", "1600", "x", "99999x100", "-100x100", "1e3x1000"])
def test_a_size_out_of_bounds_is_refused(text):
    with pytest.raises(InputError):
        size_of(text)


def test_a_size_is_two_numbers():
    assert size_of("1600x1000") == size_of("1600×1000") == (1600, 1000)


@pytest.mark.core
@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (Manifest("a", synthetic=True), True),
        (Manifest("a", title="SYNTHETIC 合成数据"), True),
        (Manifest("a"), False),
    ],
)
def test_a_city_that_is_made_up_says_so(manifest, said):
    assert overlay.made_up(manifest) is said


# ---- the font


def test_the_font_has_every_common_character_and_is_small():
    ttlib = pytest.importorskip("fontTools.ttLib", reason="fonttools is not installed")
    known = set(ttlib.TTFont(FONT).getBestCmap())
    level_1 = {
        ord(sign)
        for row in range(0xB0, 0xD8)
        for cell in range(0xA1, 0xFF)
        for sign in bytes((row, cell)).decode("gb2312", "ignore")
    }
    assert len(level_1) == 3755
    assert not level_1 - known
    assert not {ord(sign) for sign in "合成数据澜京DN×‰²→·"} - known
    assert FONT.stat().st_size < 1_000_000
    assert "SIL OPEN FONT LICENSE" in FONT.with_name("OFL.txt").read_text(encoding="utf-8")


# ---- the probe


@pytest.fixture
def headless(monkeypatch):
    monkeypatch.delenv(rendering.VARIABLE, raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(rendering.sys, "platform", "linux")


def child(monkeypatch, code, stdout="", stderr=""):
    asked = []

    def run(command, *, env, **_):
        asked.append(env.get(rendering.VARIABLE, ""))
        return subprocess.CompletedProcess(command, code, stdout, stderr)

    monkeypatch.setattr(rendering.subprocess, "run", run)
    return asked


@pytest.mark.core
def test_a_child_that_dies_names_what_to_install(monkeypatch, headless):
    asked = child(monkeypatch, -11)
    monkeypatch.setattr(rendering, "installed", lambda: True)
    found = rendering.trials()
    assert asked == [rendering.EGL, rendering.OSMESA]
    with pytest.raises(rendering.RenderingError, match=r"signal 11.*libegl1.*libosmesa6") as caught:
        rendering.working(found)
    assert caught.value.exit_code == 3


@pytest.mark.core
def test_the_first_way_that_draws_is_taken(monkeypatch, headless):
    child(monkeypatch, 0, "warning\ndrawn by vtkEGLRenderWindow | llvmpipe\n")
    assert rendering.working(rendering.trials()) == rendering.Trial(
        rendering.EGL, "vtkEGLRenderWindow", "llvmpipe"
    )


@pytest.mark.core
def test_a_child_that_hangs_is_given_up(monkeypatch, headless):
    def run(command, **_):
        raise subprocess.TimeoutExpired(command, 60)

    monkeypatch.setattr(rendering.subprocess, "run", run)
    assert "60 s" in rendering.attempt(rendering.EGL).problem


@pytest.mark.core
def test_the_users_choice_is_the_only_one_tried(monkeypatch, headless):
    monkeypatch.setenv(rendering.VARIABLE, "mine")
    asked = child(monkeypatch, 1, stderr="Traceback\nImportError: libGL.so.1\n")
    assert rendering.trials()[0].problem == "ImportError: libGL.so.1"
    assert asked == ["mine"]


@pytest.mark.core
def test_without_pyvista_the_remedy_is_the_extra(monkeypatch):
    monkeypatch.setattr(rendering, "installed", lambda: False)
    rendering.prepare.cache_clear()
    with pytest.raises(rendering.RenderingError, match=r"lifeline-twin\[view\]"):
        rendering.prepare()


# ---- the doctor


def test_the_doctor_looks_at_everything(monkeypatch, headless, tmp_path):
    child(monkeypatch, -11)
    monkeypatch.setattr(rendering, "installed", lambda: True)
    monkeypatch.setenv("TWIN_ENGINES", str(tmp_path))
    with use_language("en"):
        found = {each.record()["name"]: each.record() for each in doctor.examine()}
    assert {
        "Python",
        "Packages",
        "Drawing",
        "Display",
        "Reference engines",
        "Languages",
        "Font",
        "Disk",
    } <= set(found)
    assert found["Drawing"]["verdict"] == "advice"
    assert "apt-get install libegl1" in found["Drawing"]["remedy"]
    assert found["Reference engines"]["verdict"] == "advice"
    assert found["Python"]["verdict"] == found["Packages"]["verdict"] == "ok"


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(doctor, "_required", lambda: ["numpy", "no-such-package"])
    broken = [each for each in doctor._packages() if each.verdict == "broken"]
    assert [str(each.remedy) for each in broken] == ["pip install no-such-package"]


# ---- wishes


def test_only_a_small_part_is_drawn_by_bodies(city):
    small = views.wish(city, clip="0,0,300,300")
    assert small.solid and small.exaggerate == 1.0
    for other in (
        views.wish(city, clip="0,0,300,300", lines=True),
        views.wish(city, clip="0,0,900,300"),
        views.wish(city),
    ):
        assert not other.solid and other.exaggerate == views.STEEPER
    assert views.wish(city, exaggerate=7.0).exaggerate == 7.0


def test_a_layer_that_is_not_there_is_named_with_those_that_are(city):
    with pytest.raises(InputError, match=r"no layer steam; it has drainage.*facility"):
        views.wish(city, layers=("gas", "steam"))
