"""Every help page is in the language that was asked for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest
import typer
from typer.main import get_command

from twin.cli import main
from twin.cli.app import application

PRODUCTS = {
    "twin",
    "EPANET",
    "pandapower",
    "InfraRisk",
    "epanet",
    "infrarisk",
    "uv",
    "pip",
    "Excel",
    "Parquet",
    "GeoPackage",
}
FORMATS = {
    "JSON",
    "Schema",
    "CSV",
    "HTML",
    "XML",
    "JUnit",
    "xlsx",
    "csv",
    "gpkg",
    "html",
    "yaml",
    "shell",
    "svg",
}
UNITS = {"m", "km"}
TYPES = {"bool", "int", "float", "str", "path", "list", "range", "x"}
"""How Typer names the type of a value."""
VALUES = {
    "auto",
    "labels",
    "canonical",
    "P",
    "X",
    "Y",
    "en",
    "zh",
    "runs",
    "report",
    "quarter",
    "scenario",
    "water",
    "nodes",
    "pump",
    "drill",
    "default",
}
"""Values that are typed as they stand."""
PLACEHOLDER = re.compile(
    r"\b[A-Z_]+(?:[|=][A-Z]+)*\b|\[(?:what|lifeline)\]|^ *(?:what|lifeline) |T\+|<[a-z|]+>", re.MULTILINE
)
OPTION = re.compile(r"(?<![\w-])-{1,2}[a-z][\w-]*")
EXAMPLE = re.compile(r"\d+ h\b|P-1|“[^”]*”")


def pages() -> Iterator[tuple[str, ...]]:
    yield ()
    for name, verb in get_command(application()).commands.items():
        yield (name,)
        yield from ((name, inner) for inner in getattr(verb, "commands", {}))


def help_page(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], language: str) -> str:
    assert main([*words, "--help", "--lang", language]) == 0
    return re.sub("[│╭╮╰╯─]", " ", capsys.readouterr().out)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, compiled) -> None:
    """A wide terminal, and a Typer that has not yet asked for its own texts, as in a new process."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delitem(sys.modules, "typer.rich_utils", raising=False)
    monkeypatch.delattr(typer, "rich_utils", raising=False)


@pytest.mark.parametrize("words", list(pages()), ids=" ".join)
def test_a_chinese_help_page_has_no_english_left(words, capsys):
    page = help_page(capsys, words, "zh")
    text = re.sub(r"用法：twin [a-z ]*", "", page)
    verbs = {word for each in pages() for word in each}
    for pattern in (EXAMPLE, OPTION, PLACEHOLDER):
        text = pattern.sub(" ", text)
    assert set(re.findall(r"[A-Za-z]+", text)) - PRODUCTS - FORMATS - TYPES - UNITS - VALUES - verbs == set()


@pytest.mark.parametrize("words", list(pages()), ids=" ".join)
def test_an_english_help_page_has_no_chinese(words, capsys):
    assert re.findall("[\u3000-\u9fff\uff00-\uffef]+", help_page(capsys, words, "en")) == []


def test_a_narrow_chinese_help_page_cuts_nothing(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    page = help_page(capsys, ("view",), "zh")
    assert "…" not in page
    assert "可多次给出" in page
