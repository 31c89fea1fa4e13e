"""Sentences of events: every kind has one, and it says the right thing."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

import twin
from twin.model.journal import Event, Journal
from twin.physics.solution import Outcome
from twin.text.clock import duration, elapsed
from twin.text.events import CHANGES, TEMPLATES, sentence, share

PACKAGE = Path(twin.__file__).parent
PARAMS = {"component", "lifeline", "kind", "value", "rule", "row", "agency", "crew", "reason", "change"}
WRITERS = {"change", "note", "_note", "_reach", "append", "Write", "act"}
"""Functions that write events; each takes the kind as keyword `kind` or as its second argument."""


def event(kind: str, component: str = "water/pump/P1", value: str = "", rule: str = "") -> Event:
    journal = Journal()
    journal.append(0.0, kind, lifeline="water", component=component, value=value, rule=rule)
    return journal[0]


def said(*args: str, **more: str) -> str:
    return str(sentence(event(*args, **more)))


def texts(node: ast.AST) -> set[str]:
    """String constants that an expression may come to."""
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def kinds_in(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name not in WRITERS:
            continue
        for keyword in node.keywords:
            found |= texts(keyword.value) if keyword.arg == "kind" else set()
        if name in ("note", "_note", "_reach", "append") and len(node.args) > 1:
            found |= texts(node.args[1])
    return found


@pytest.mark.core
def test_every_kind_that_the_code_writes_has_a_sentence():
    written = {str(Outcome.FALLBACK), str(Outcome.FAILED), "control"}
    for folder in ("engine", "response", "drills", "lifelines"):
        for path in (PACKAGE / folder).rglob("*.py"):
            written |= kinds_in(path)
    silent = {"level"}
    assert {"lost", "backup", "returns", "unserved", "fires", "told", "dispatched"} <= written
    assert written - silent - set(TEMPLATES) == set()


@pytest.mark.core
def test_every_template_names_only_what_a_sentence_knows():
    known = PARAMS | {"supply", "share", "span"}
    for template in TEMPLATES.values():
        assert {name for _, name, _, _ in Formatter().parse(template) if name} <= known
    for template in CHANGES.values():
        assert {name for _, name, _, _ in Formatter().parse(template) if name} <= {"component", "setting"}


@pytest.mark.core
@pytest.mark.parametrize("kind", sorted(key for key in TEMPLATES if " " not in key))
def test_every_sentence_can_be_said(kind):
    assert said(kind, value="0.25", rule="power: a | b")


def test_an_incident_says_what_changed():
    assert said("incident", value="failed=true") == "Incident: water/pump/P1 is damaged"
    assert said("incident", value="leak_area_m2=0.0364829400005").endswith("a hole of 0.0365 m²")
    assert said("incident", value="speed=0.5").endswith("is set: speed = 0.5")
    assert said("incident", "", value="connect a to b") == "Incident: connect a to b"


def test_a_lost_supply_names_all_that_could_have_given_it():
    told = said("lost", value="supplied=false", rule="power: power/load/A | power/load/B")
    assert told == "water/pump/P1 stops: it lost power from power/load/A or power/load/B"


def test_a_backup_says_for_how_long():
    assert "for up to 1 h 30 min" in said("backup", value="5400.0", rule="power: x")


def test_an_unserved_consumer_tells_what_is_left_only_where_something_is():
    assert said("unserved", value="0.0") == "water/pump/P1 goes without service"
    assert "(31\N{NO-BREAK SPACE}% of its demand is met)" in said("unserved", value="0.31")


def test_an_event_of_an_unknown_kind_is_told_by_its_columns():
    assert said("dances", value="wildly") == "water/pump/P1: dances wildly"


def test_braces_in_ids_do_no_harm():
    assert said("repaired", component="water/pump/{x}", rule="{0}") == "{0} has repaired water/pump/{x}"


def test_names_replace_ids():
    told = sentence(event("dispatched", value="w 1", rule="w"), {"w": "Water", "w 1": "crew 1"}.get)
    assert str(told) == "Water sends crew 1 to None"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (59.6, "1 min"),
        (750, "12 min 30 s"),
        (7500, "2 h 5 min"),
        (3600, "1 h"),
        (273_600, "3 d 4 h"),
    ],
)
def test_spans_take_their_two_largest_units(seconds, shown):
    assert str(duration(seconds)) == shown


def test_times_count_hours_without_end():
    assert elapsed(0) == "T+0:00:00"
    assert elapsed(112_740.9) == "T+31:19:00"


@pytest.mark.parametrize(
    ("part", "shown"), [(1.0, "100"), (0.9999, "99.9"), (0.0, "0"), (1e-6, "0.1"), (0.5, "50")]
)
def test_a_share_never_rounds_a_lack_away(part, shown):
    assert share(part) == f"{shown}\N{NO-BREAK SPACE}%"
