"""What counts as damage, who goes first, and what a repair undoes, on a made-up test-bed."""

from __future__ import annotations

import math

import pytest

from tests.importers.infrarisk_folder import write_folder
from twin.drills.exercise import Exercise
from twin.drills.reader import parse_scenario
from twin.importers.infrarisk import read_infrarisk
from twin.model.city import City

LEAK = "water/junction/W_P1_leak_node"
PUMP = "water/pump/W_WP1"


@pytest.fixture
def city(tmp_path):
    return read_infrarisk(write_folder(tmp_path / "made_up"), {"traffic": "free"})[0]


def play(city: City, *rows: str) -> Exercise:
    script = "".join(f"  - {{at: T+3 min, do: {row}}}\n" for row in rows)
    exercise = Exercise(parse_scenario(f"scenario: x\nstart: 00:00\nduration: 20 h\nscript:\n{script}"), city)
    exercise.run()
    return exercise


def times(exercise: Exercise, kind: str) -> dict[str, float]:
    return {event.component: event.t_s for event in exercise.world.journal if event.kind == kind}


@pytest.mark.core
def test_a_leak_is_repaired_and_runs_until_it_is_isolated(city):
    exercise = play(city, f"leak 100 cm2 at {LEAK}")
    assert times(exercise, "isolated")[LEAK] > 180.0
    assert times(exercise, "repaired")[LEAK] == times(exercise, "isolated")[LEAK] + 6 * 3600
    state, ref = exercise.world.state, city.refs[LEAK]
    assert state.get(ref, "leak_area_m2") == 0.0
    assert state.is_available(ref)


@pytest.mark.core
def test_what_is_reported_together_is_served_in_the_order_of_the_jobs_table(city):
    exercise = play(city, f"leak 100 cm2 at {LEAK}", f"fail 10 % {PUMP}")
    dispatched = times(exercise, "dispatched")
    assert dispatched[PUMP] == 180.0 + 600.0
    assert dispatched[LEAK] == times(exercise, "repaired")[PUMP] + 600.0


@pytest.mark.core
def test_a_broken_pipe_spills_through_its_whole_bore_and_is_whole_after_repair(city):
    pipe = "water/pipe/W_PMA2"
    exercise = play(city, f"break {pipe}")
    spilt = [event.value for event in exercise.world.journal if "leak_area" in event.value]
    assert spilt == [f"leak_area_m2={math.pi / 4 * 0.3**2!r}", "leak_area_m2=0.0"]


@pytest.mark.core
def test_switching_something_off_calls_no_crew(city):
    exercise = play(city, f"stop {PUMP}")
    assert times(exercise, "reported") == {}
