"""Checks that need no city: ids, triggers, times, clocks, impossible conditions, names."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.drills.check import check
from twin.drills.reader import parse_scenario, read_scenario

SAMPLES = Path(__file__).parent / "samples"


def findings(text: str) -> list[str]:
    """What `check` finds in a drill with these lines below its title (line 1)."""
    return [str(finding) for finding in check(parse_scenario("drill: a\n" + text, "d.yaml"))]


@pytest.mark.core
@pytest.mark.parametrize("name", ["underpass", "blackout", "trunk-main"])
def test_the_samples_are_sound(name):
    assert check(read_scenario(SAMPLES / f"{name}.yaml")) == ()


def row(rest: str) -> str:
    return f"script:\n  - {{{rest}}}\n"


CASES = {
    "an id twice": (
        row("at: T+0, expect: [{who: a, does: warn x, id: b}, {who: a, does: warn y, id: b}]"),
        ["d.yaml:3:82: id b stands twice: first in line 3: give each its own id"],
    ),
    "an unknown id": (
        row("at: T+0, expect: [{who: a, does: warn x, id: arrival}]")
        + "  - {if_missed: arival, do: break x}\n",
        ["d.yaml:4:17: if_missed arival is the id of no expectation: did you mean arrival?"],
    ),
    "no id at all": (
        row("if_missed: b, do: break x"),
        ["d.yaml:3:17: if_missed b is the id of no expectation: there is none to choose from"],
    ),
    "a row that waits for itself": (
        row("if_missed: b, expect: [{who: a, does: warn x, id: b}]"),
        [
            "d.yaml:3:17: if_missed waits for an expectation that only this row sets going: "
            "name an expectation of an earlier row"
        ],
    ),
    "a row after the end": (
        "duration: 2 h\n" + row("at: T+2 h, do: break x"),
        ["d.yaml:4:10: at T+2 h is after the end of the run: the run lasts 2 h: give an earlier time"],
    ),
    "a row after 24 h": (
        row("at: T+2 d, do: break x"),
        [
            "d.yaml:3:10: at T+2 d is after the end of the run: "
            "without duration a run lasts 24 h: give an earlier time or a duration"
        ],
    ),
    "a row before the start": (
        "start: 2026-07-18 17:30\n" + row("at: 2026-07-18 17:00, do: break x"),
        [
            "d.yaml:4:10: at 2026-07-18 17:00 is before the start (2026-07-18 17:30): "
            "give a later time, or start earlier"
        ],
    ),
    "a safety net after the end": (
        "duration: 1 h\n" + row("when: out(x), do: break x, else: {at: T+90 min, do: break x}"),
        ["d.yaml:4:44: at T+90 min is after the end of the run: the run lasts 1 h: give an earlier time"],
    ),
    "a clock that outlasts the run": (
        "duration: 1 h\n" + row("at: T+50 min, expect: [{who: a, does: warn x, within: 11 min}]"),
        ["d.yaml:4:60: within runs out after the end of the run: lengthen duration or shorten it"],
    ),
    "a share above one": (
        row("when: out(x) and served(y) > 120 %, do: break x"),
        [
            "d.yaml:3:23: when served(y) > 120 % can never be true: served stays between 0 and 1",
        ],
    ),
    "a depth below zero": (
        row("when: depth(x) < 0 m for 5 min, do: break x"),
        ["d.yaml:3:12: when depth(x) < 0 m can never be true: depth is never below 0"],
    ),
    "a duration longer than the run": (
        "duration: 1 h\n" + row("when: out(x) for 2 h, do: break x"),
        ["d.yaml:4:12: when out(x) for 2 h can never be true: it has to last longer than the run"],
    ),
    "an impossible check": (
        row("at: T+0, expect: [{who: a, gets: served(x) > 100 %}]"),
        ["d.yaml:3:39: gets served(x) > 100 % can never be true: served stays between 0 and 1"],
    ),
    "a name of a name": (
        "names: {b: c, c: water/pipe/1}\n" + row("at: T+0, do: break b"),
        [
            "d.yaml:2:12: b leads to another name, c: write what the census says",
            "d.yaml:2:18: c is used nowhere: remove it, or use it",
        ],
    ),
}


@pytest.mark.core
@pytest.mark.parametrize("case", CASES)
def test_a_defect_is_found_at_its_place(case):
    text, expected = CASES[case]
    assert findings(text) == expected


def test_two_rows_that_wait_for_each_other_are_both_found():
    first = row("if_missed: c, expect: [{who: a, does: warn x, id: b}]")
    found = findings(first + "  - {if_missed: b, expect: [{who: a, does: warn x, id: c}]}\n")
    assert [line.split(":")[1] for line in found] == ["3", "4"]


def test_one_possible_branch_of_an_or_is_enough():
    assert findings(row("when: depth(x) < 0 m or out(x), do: break x")) == []
    assert findings(row("when: not depth(x) < 0 m, do: break x")) == []


def test_a_clock_over_the_end_warns_and_a_row_after_it_blocks():
    text = "drill: a\nduration: 1 h\n" + row("at: T+50 min, expect: [{who: a, does: warn x, within: 11 min}]")
    (clock,) = check(parse_scenario(text))
    assert clock.severity == "warning"
    (late,) = check(parse_scenario(text.replace("T+50 min", "T+70 min")))
    assert late.severity == "error"


def test_a_name_used_only_by_a_variant_is_used():
    text = "names: {b: water/pipe/1}\n" + row("at: T+0, do: break x")
    assert findings(text) == ["d.yaml:2:12: b is used nowhere: remove it, or use it"]
    assert findings(text + "variants: {v: {do: break b}}\n") == []
