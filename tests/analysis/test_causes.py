"""Chains and trees of causes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sample_run import write_sample_run
from twin.analysis.causes import cascade, roots, why
from twin.analysis.kinds import HARM, sort_of
from twin.io.runs import open_run
from twin.model.journal import NO_CAUSE, Journal

KINDS = ("incident", "lost", "unserved", "served", "fires", "dispatched", "control", "restored")


@pytest.fixture(scope="module")
def journal(tmp_path_factory) -> Journal:
    return open_run(write_sample_run(tmp_path_factory.mktemp("run") / "run")).journal


@pytest.mark.core
def test_a_chain_ends_at_what_has_no_cause(journal):
    chain = why(journal, "facility/school/S1")
    assert [event.kind for event in chain] == ["unserved", "lost", "unserved", "lost", "incident", "fires"]
    assert chain[-1].cause == NO_CAUSE


def test_a_facility_may_be_named_without_its_layer(journal):
    assert why(journal, "school/S1") == why(journal, "facility/school/S1")


def test_a_time_chooses_the_latest_event_up_to_it(journal):
    assert why(journal, "hospital/H1", 1000.0)[0].kind == "backup"
    assert why(journal, "hospital/H1", 4200.0)[0].kind == "unserved"
    assert why(journal, "hospital/H1", 20_000.0)[0].kind == "served"
    assert why(journal, "hospital/H1", 10.0) == ()


def test_without_a_time_the_latest_harm_counts(journal):
    assert why(journal, "power/line/F-1")[0].kind == "incident"


def test_nothing_happened_to_what_the_journal_never_names(journal):
    assert why(journal, "water/pipe/M1") == ()


def test_all_harm_of_the_sample_goes_back_to_one_row(journal):
    harm = [event for event in journal if sort_of(event.kind) in HARM]
    assert [event.kind for event in roots(journal, harm)] == ["fires"]


@pytest.mark.core
def test_the_cascade_begins_with_the_incident_and_passes_over_the_row(journal):
    (root,) = cascade(journal)
    assert root.first.kind == "incident"
    told = [(depth, cause.first.kind, len(cause.events)) for depth, cause in root.walk()]
    assert told == [
        (0, "incident", 1),
        (1, "unserved", 3),
        (1, "backup", 1),
        (2, "backup_empty", 1),
        (3, "lost", 1),
        (4, "unserved", 1),
        (1, "lost", 1),
        (2, "unserved", 7),
        (2, "unserved", 1),
        (3, "lost", 1),
        (4, "unserved", 1),
    ]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(-1, 40)), max_size=40))
@settings(max_examples=80, deadline=None)
def test_a_cascade_holds_every_harm_exactly_once_below_its_cause(script):
    journal = Journal()
    for number, (kind, cause) in enumerate(script):
        journal.append(
            float(number // 3),
            kind,
            lifeline="l",
            component=f"l/k/{number % 5}",
            cause=min(cause, number - 1),
        )
    trees = cascade(journal)
    seen = [event.event for tree in trees for _, cause in tree.walk() for event in cause.events]
    harm = [event.event for event in journal if sort_of(event.kind) in HARM]
    assert sorted(seen) == sorted(set(seen))
    assert set(harm) <= set(seen)
    for tree in trees:
        for _, cause in tree.walk():
            above = {event.event for event in cause.events}
            for effect in cause.effects:
                for event in effect.events:
                    assert above & {one.event for one in journal.chain(event.event)}
