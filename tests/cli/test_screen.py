"""What is printed: nothing cut off, no markup read into texts, JSON without NaN."""

from __future__ import annotations

import pytest

from twin.cli import screen, settings
from twin.cli.times import seconds
from twin.errors import InputError


@pytest.mark.core
def test_long_ids_are_not_cut_off(capsys: pytest.CaptureFixture[str]):
    name = "water/pipe/" + "x" * 150
    screen.table([(name, 1)], ("id", "count"))
    assert name in capsys.readouterr().out.replace("\n", "")


@pytest.mark.core
def test_brackets_are_not_markup(capsys: pytest.CaptureFixture[str]):
    screen.table([("[red]id[/red]", ":smile:")], ("id", "name"))
    assert "[red]id[/red]" in capsys.readouterr().out


@pytest.mark.core
def test_json_has_no_nan(capsys: pytest.CaptureFixture[str]):
    screen.data({"a": float("nan"), "b": [float("inf"), 1.5]})
    assert "NaN" not in capsys.readouterr().out


@pytest.mark.core
def test_wishes_add_up():
    assert (settings.Settings(json=True) | settings.Settings(lang="zh")) == settings.Settings(
        lang="zh", json=True
    )


@pytest.mark.core
@pytest.mark.parametrize(
    ("text", "expected"),
    [("3600", 3600.0), ("1 h 30 min", 5400.0), ("T+6 h", 21600.0), ("07:00", 3600.0), ("05:00", 82800.0)],
)
def test_instants_are_read_as_people_write_them(text: str, expected: float):
    assert seconds(text, midnight_s=6 * 3600.0) == expected


@pytest.mark.core
@pytest.mark.parametrize("text", ["", "soon", "-1", "nan", "inf", "3 kg", "25:99"])
def test_what_is_no_instant_is_refused(text: str):
    with pytest.raises(InputError):
        seconds(text)
