"""The run on the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tests.sample_run import write_sample_run
from twin.analysis.causes import why
from twin.analysis.timeline import timeline
from twin.io.runs import StoredRun, open_run
from twin.text import use_language
from twin.views.terminal import chain_table, timeline_table


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> StoredRun:
    return open_run(write_sample_run(tmp_path_factory.mktemp("run") / "run"))


def printed(drawing: object, *, colour: bool = False) -> str:
    system = "standard" if colour else None
    console = Console(file=io.StringIO(), width=160, force_terminal=colour, color_system=system)
    with use_language("en"):
        console.print(drawing)
    return console.file.getvalue()


def test_the_time_stands_once_per_instant(run):
    with use_language("en"):
        lines = printed(timeline_table(timeline(run.journal))).splitlines()
    assert lines[0].split() == ["T+0:10:00", "Row", "1", "of", "the", "script", "fires:", "T+10", "min"]
    assert sum(line.startswith("T+0:10:00") for line in lines) == 1
    assert len(lines) == len(timeline(run.journal))
    assert any("(and 3 more like it)" in line for line in lines)


def test_a_chain_is_indented_cause_by_cause(run):
    with use_language("en"):
        lines = printed(chain_table(why(run.journal, "school/S1"))).splitlines()
    assert [line.find("because") for line in lines] == [-1, 13, 15, 17, 19, 21]


def test_harm_is_red_and_return_is_blue(run):
    with use_language("en"):
        text = printed(timeline_table(timeline(run.journal)), colour=True)
    assert "\x1b[31mwater/pump/PU-1 stops" in text
    assert "\x1b[34mwater/pump/PU-1 works again" in text
