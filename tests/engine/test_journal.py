"""What holds for the journal of every bundled drill: causes, times, sentences."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tests.conftest import DATA
from twin import api
from twin.drills.exercise import Exercise
from twin.model.journal import NO_CAUSE, Event
from twin.text import use_language
from twin.text.events import TEMPLATES, sentence


@cache
def journal(name: str) -> tuple[Event, ...]:
    """The journal of a bundled drill, in memory; those on imported cities need the reference data."""
    scenario = api.read_scenario(name)
    if Path(str(scenario.city)).parts[0] != "build":
        city = api.load_city(scenario.city)
    else:
        from twin.importers.infrarisk import read_infrarisk

        place = Path(str(scenario.city)).name
        folder = DATA / "interdependent" / "infrarisk" / place
        if not folder.is_dir():
            pytest.skip(f"no reference data at {DATA} (set TWIN_DATA)")
        variants = {} if place == "in2" else {"water": "med", "power": "low", "roads": "high"}
        city = read_infrarisk(folder, variants)[0]
    exercise = Exercise(scenario, city)
    assert exercise.run() == "done"
    return tuple(exercise.world.journal)


DRILLS = api.list_scenarios()
ROOTS = {"fires", "incident", "forced", "trips", "control"}
LOSSES = {"lost", "unserved", "backup", "backup_empty", "empty"}


@pytest.mark.parametrize("drill", DRILLS)
def test_causes_precede_effects_and_time_never_runs_back(drill: str):
    events = journal(drill)
    assert [event.event for event in events] == list(range(len(events)))
    for event, following in pairwise(events):
        assert event.t_s <= following.t_s
    for event in events:
        assert event.cause == NO_CAUSE or event.cause < event.event
        assert event.cause == NO_CAUSE or events[event.cause].t_s <= event.t_s


@pytest.mark.parametrize("drill", DRILLS)
def test_every_loss_goes_back_to_a_root_that_explains_it(drill: str):
    events = journal(drill)
    losses = [event for event in events if event.kind in LOSSES]
    assert losses
    for loss in losses:
        root = loss
        while root.cause != NO_CAUSE:
            root = events[root.cause]
        assert root.kind in ROOTS, (loss, root)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("drill", DRILLS)
def test_every_event_has_a_sentence_in_both_languages(drill: str, language: str):
    with use_language(language):
        for event in journal(drill):
            assert event.text_id in TEMPLATES, event
            said = str(sentence(event))
            assert said
            assert "{" not in said
            if language == "zh" and event.kind != "told":
                assert any("\u4e00" <= sign <= "\u9fff" for sign in said), said
