"""Two runs side by side."""

from __future__ import annotations

import json

import pytest

from tests.sample_run import write_sample_run
from twin.analysis.comparison import compare, parting
from twin.analysis.timeline import timeline, without_routine
from twin.io.runs import StoredRun, open_run
from twin.model.journal import Journal


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> StoredRun:
    return open_run(write_sample_run(tmp_path_factory.mktemp("run") / "run"))


def journal(*events: tuple[float, str, str]) -> Journal:
    made = Journal()
    for t_s, kind, value in events:
        made.append(t_s, kind, lifeline="x", component="x/c/1", value=value)
    return made


@pytest.mark.core
def test_a_run_does_not_differ_from_itself(run):
    found = compare(run, run)
    assert not found.differs
    assert found.counters == ()


def test_journals_part_at_the_first_difference():
    one, other = journal((0.0, "lost", ""), (5.0, "served", "")), journal((0.0, "lost", ""))
    found = parting(one, other)
    assert found is not None
    assert found.first == one[1]
    assert found.second is None


def test_numbers_within_the_tolerance_are_let_pass():
    one, other = journal((100.0, "backup", "3600.0")), journal((100.0001, "backup", "3600.01"))
    assert parting(one, other) is not None
    assert parting(one, other, 1e-5) is None
    assert parting(one, other, 1e-7) is not None


def test_a_tolerance_never_excuses_another_word():
    assert parting(journal((0.0, "lost", "")), journal((0.0, "trips", "")), 1.0) is not None
    assert parting(journal((0.0, "set", "a=1")), journal((0.0, "set", "b=1")), 1.0) is not None


def test_drifting_service_and_verdicts_are_named(run, tmp_path):
    folder = write_sample_run(tmp_path / "other")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    summary["expectations"][0]["verdict"] = "missed"
    summary["counters"]["instants"] += 1
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    other = open_run(folder)
    found = compare(run, other)
    assert found.differs
    assert found.verdicts == (("isolate", "met", "missed"),)
    assert [(one.what, one.most) for one in found.counters] == [("instants", 1.0)]


def test_service_differences_name_place_size_and_time(run, tmp_path):
    other = open_run(write_sample_run(tmp_path / "other", low=0.3))
    found = compare(run, other)
    assert [(one.what, one.t_s) for one in found.service] == [("power", 600.0), ("power/north", 600.0)]
    assert found.service[0].most == pytest.approx(0.298)
    assert found.parting is None
    assert not compare(run, other, 0.3).differs


def test_a_timeline_tells_together_what_happened_together(run):
    entries = timeline(run.journal)
    crowd = [entry for entry in entries if len(entry.events) > 1]
    assert [len(entry.events) for entry in crowd] == [4, 4, 4]
    assert sum(len(entry.events) for entry in entries) == len(run.journal)
    assert [entry.first.event for entry in entries] == sorted(entry.first.event for entry in entries)


def test_controls_that_nothing_caused_are_routine():
    made = journal((0.0, "control", "open=true"), (1.0, "lost", ""))
    made.append(2.0, "control", lifeline="x", component="x/c/1", cause=1)
    assert [entry.first.event for entry in without_routine(timeline(made))] == [1, 2]
