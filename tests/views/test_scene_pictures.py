"""Pictures, drawn here without a display, and what is found in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest

from tests.views.sample_town import BLOCK_M, height, town
from twin.api import views
from twin.cli import main
from twin.errors import InputError
from twin.views.scene import rendering
from twin.views.scene.clip import Clip
from twin.views.scene.wish import Wish


@pytest.fixture(scope="module", autouse=True)
def drawing():
    rendering.prepare.cache_clear()
    try:
        rendering.prepare()
    except rendering.RenderingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def city():
    return town(4, 3)


def pixels(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def share(picture: np.ndarray, colour: str, near: int = 40) -> float:
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return float((np.abs(picture - wanted).max(axis=2) < near).mean())


def drawn(city, path: Path, **wishes) -> np.ndarray:
    views.draw(city, replace(Wish(size=(640, 400)), **wishes), path)
    return pixels(path)


COLOURS = {"gas": "#ff00ff", "heat": "#ff8000", "power": "#ff0000", "telecom": "#00ff00", "water": "#00ffff"}


@pytest.mark.parametrize("plan", [True, False])
def test_every_lifeline_is_in_the_picture_in_its_colour(city, tmp_path, plan):
    bare = replace(city, networks={name: city.networks[name] for name in ("drainage",)})
    whole = drawn(city, tmp_path / "whole.png", plan=plan)
    without = drawn(bare, tmp_path / "without.png", plan=plan)
    assert whole.shape == (400, 640, 3)
    for colour in COLOURS.values():
        assert share(whole, colour, 90) > share(without, colour, 90) + 0.0005, colour


def test_only_the_layers_wished_for_are_drawn(city, tmp_path):
    picture = drawn(city, tmp_path / "gas.png", plan=True, layers=("gas",))
    assert share(picture, COLOURS["gas"]) > 0.001
    assert share(picture, COLOURS["power"]) == share(picture, COLOURS["telecom"]) == 0


def test_a_clip_shows_bodies_that_are_wider_than_lines(city, tmp_path):
    clip = Clip((BLOCK_M * 0.9, BLOCK_M * 0.9, BLOCK_M * 1.1, BLOCK_M * 1.1))
    bodies = drawn(city, tmp_path / "bodies.png", clip=clip, plan=True)
    lines = drawn(city, tmp_path / "lines.png", clip=clip, plan=True, lines=True)
    assert share(bodies, COLOURS["heat"], 60) > 2 * share(lines, COLOURS["heat"], 60)


def test_a_made_up_city_says_so_on_its_picture(city, tmp_path):
    honest = drawn(city, tmp_path / "a.png", plan=True)
    silent = replace(city, manifest=replace(city.manifest, synthetic=False, title="town"))
    other = drawn(silent, tmp_path / "b.png", plan=True)
    top = (slice(5, 45), slice(220, 420))
    assert np.abs(honest[top] - other[top]).max() > 100


def test_the_same_city_gives_the_same_picture(city, tmp_path):
    drawn(city, tmp_path / "a.png")
    drawn(city, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_chinese_is_drawn(city, tmp_path):
    named = drawn(city, tmp_path / "a.png", plan=True, layers=("facility",))
    bare = drawn(city, tmp_path / "b.png", plan=True, layers=("facility",), labels=False)
    assert (np.abs(named - bare).max(axis=2) > 60).sum() > 100


@pytest.fixture
def stage(city) -> Iterator[object]:
    from twin.views.scene.stage import Stage

    found = Stage(city, Wish(plan=True, size=(800, 600)))
    found.plotter.screenshot(None, return_img=True)
    yield found
    found.plotter.close()


def at_pixel(stage, x: float, y: float, z: float) -> tuple[float, float]:
    renderer = stage.plotter.renderer
    renderer.SetWorldPoint(x, y, z, 1.0)
    renderer.WorldToDisplay()
    return renderer.GetDisplayPoint()[:2]


def test_what_is_clicked_on_is_found_with_its_attributes(stage):
    from twin.views.scene.picking import found_at, told

    x, y = BLOCK_M * 1.3 + 9.0, BLOCK_M + 9.0
    layer, ref = found_at(stage, *at_pixel(stage, x, y, float(height(np.array(x), np.array(y)))))
    assert (layer.name, ref.table) == ("power", "links")
    text = told(stage, ref)
    assert "width_mm  900" in text and "start  N1-1" in text
    assert found_at(stage, 2, 2) is None


def test_a_hidden_layer_is_gone_until_it_is_shown_again(stage):
    before = np.asarray(stage.plotter.screenshot(None, return_img=True)).astype(int)
    stage.switch("gas", False)
    hidden = np.asarray(stage.plotter.screenshot(None, return_img=True)).astype(int)
    stage.switch("gas", True)
    again = np.asarray(stage.plotter.screenshot(None, return_img=True)).astype(int)
    map_only = (slice(0, 350), slice(200, 800))
    assert share(before[map_only], COLOURS["gas"]) > 0.001
    assert share(hidden[map_only], COLOURS["gas"]) == 0
    assert (again == before).all()


def test_plan_and_perspective_are_two_views_of_one_scene(stage):
    flat = np.asarray(stage.plotter.screenshot(None, return_img=True))
    stage.plan(False)
    assert not stage.plotter.camera.parallel_projection
    assert (np.asarray(stage.plotter.screenshot(None, return_img=True)) != flat).any()
    stage.plan(True)
    assert stage.plotter.camera.parallel_projection
    assert (np.asarray(stage.plotter.screenshot(None, return_img=True)) == flat).all()


class Recorder:
    """Stands for the parts of a plotter that a window has: keeps what is connected to them."""

    def __init__(self, plotter) -> None:
        self._plotter, self.keys, self.boxes = plotter, {}, {}
        self.iren = self

    def __getattr__(self, name):
        return getattr(self._plotter, name)

    def add_checkbox_button_widget(self, callback, **_):
        self.boxes[len(self.boxes)] = callback
        return MagicMock()

    def add_key_event(self, key, callback):
        self.keys[key] = callback

    def track_click_position(self, callback, **_):
        self.click = callback

    def add_observer(self, event, callback):
        self.moved = callback


def test_keys_boxes_and_clicks_work_in_the_window(stage):
    from twin.views.scene.window import Desk

    stage.plotter = plotter = Recorder(stage.plotter)
    desk = Desk(stage)
    assert len(plotter.boxes) == len(stage.swatches) == 7
    first = next(iter(stage.swatches))
    plotter.keys["F1"]()
    assert not stage.layers[first].visible
    desk.boxes[first].GetRepresentation().SetState.assert_called_with(0)
    plotter.boxes[0](True)
    assert stage.layers[first].visible
    plotter.keys["m"]()
    assert not stage.flat
    plotter.keys["m"]()
    x, y = BLOCK_M * 1.3 + 9.0, BLOCK_M + 9.0
    plotter.click(at_pixel(stage, x, y, float(height(np.array(x), np.array(y)))))
    assert desk.card
    plotter.click((2, 2))
    assert not desk.card
    plotter.moved()


def test_nothing_to_draw_is_said(city, tmp_path):
    with pytest.raises(InputError, match="has a place"):
        views.draw(city, Wish(clip=Clip((-900, -900, -800, -800))), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


# ---- the command line


def test_the_bundled_city_is_drawn_from_the_command_line(tmp_path, capsys):
    target = tmp_path / "new" / "city.png"
    code = main(["view", "quarter", "--plan", "--size", "320x200", "--screenshot", str(target), "--json"])
    assert code == 0
    assert json.loads(capsys.readouterr().out)["lines"] == {"power": 8, "water": 15}
    assert pixels(target).shape == (200, 320, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--screenshot", "city.txt"],
        ["--screenshot", "city.png", "--lifeline", "steam"],
        ["--screenshot", "city.png", "--clip", "nowhere"],
        ["--screenshot", "city.png", "--exaggerate", "-1"],
        ["--screenshot", "city.png", "--size", "wide"],
    ],
)
def test_a_wrong_wish_writes_nothing(wrong, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["view", "quarter", *wrong]) == 2
    assert not list(tmp_path.iterdir())
    assert "Traceback" not in capsys.readouterr().err


def test_without_a_display_there_is_no_window_but_advice(monkeypatch, capsys):
    monkeypatch.setattr(rendering, "display", lambda: False)
    assert main(["view", "quarter", "--lang", "en"]) == 3
    assert "--screenshot" in capsys.readouterr().err


def test_where_nothing_draws_the_command_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(rendering, "trials", lambda: (rendering.Trial("w", problem="ended by signal 11"),))
    rendering.prepare.cache_clear()
    try:
        code = main(["view", "quarter", "--screenshot", str(tmp_path / "a.png"), "--lang", "en"])
    finally:
        rendering.prepare.cache_clear()
    assert code == 3
    assert "apt-get install libegl1" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_picture_needs_an_ending_that_can_be_written(city, tmp_path):
    with pytest.raises(InputError, match=r"\.png"):
        views.draw(city, Wish(), tmp_path / "city.svg")
