"""The command line speaks the language that was chosen, and falls back to English."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Ask


@pytest.mark.core
def test_help_is_translated(ask: Ask):
    assert "Play a scenario" in ask("run", "--help").out
    assert "情景" in ask("run", "--help", "--lang", "zh").out
    assert "情景" in ask("--lang=zh", "run", "--help").out


@pytest.mark.core
def test_usage_errors_are_translated(ask: Ask):
    assert "there is no option --nonsense" in ask("version", "--nonsense").err
    assert "there is no option" not in ask("version", "--nonsense", "--lang", "zh").err


def test_the_environment_chooses_where_nothing_is_said(ask: Ask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TWIN_LANG", "zh")
    assert "供水" in ask("list", "lifelines").out
    assert "Water" in ask("list", "lifelines", "--lang", "en").out


def test_the_language_of_one_call_does_not_leak_into_the_next(ask: Ask):
    assert "供水" in ask("list", "lifelines", "--lang", "zh").out
    assert "Water" in ask("list", "lifelines").out
