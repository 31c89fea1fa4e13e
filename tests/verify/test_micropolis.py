"""The main job on real input: micropolis under track 1, from import to verdict."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from twin import api
from twin.cli import main

END_S = 112_680
"""When everything is repaired; a minute later the published run looks at it for the last time."""
INSTANTS = sorted(random.Random(20261123).sample(range(600, END_S), 5))


@pytest.fixture(scope="module")
def track(data: Path, tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    folder = tmp_path_factory.mktemp("micropolis")
    source, city = data / "interdependent" / "infrarisk" / "micropolis", folder / "city"
    variant = "water=med,power=low,roads=high"
    assert main(["import", "infrarisk", str(source), "--variant", variant, "-o", str(city), "--quiet"]) == 0
    return api.run("micropolis-track1", city, out=folder / "run")


def test_the_track_runs_to_its_end_without_a_fallback(track: api.Run):
    assert track.status == "done"
    assert track.summary["end_s"] >= END_S
    assert track.summary["fallbacks"] == track.summary["failures"] == 0


def test_there_is_a_solve_for_every_event_time(track: api.Run):
    counters = track.summary["counters"]
    times = track.events.groupby("lifeline")["t_s"].nunique()
    for lifeline in ("power", "water"):
        assert counters[lifeline]["solves"] > 0
    changing = track.events[
        track.events["kind"].isin(["incident", "lost", "returns", "switched", "restored"])
    ]
    for lifeline, own in changing.groupby("lifeline"):
        if lifeline in counters:
            assert counters[lifeline]["solves"] >= own["t_s"].nunique()
    assert counters["water"]["solves"] >= times["water"]


def test_every_pump_that_stopped_tells_its_chain_back_to_an_incident(track: api.Run):
    stopped = track.events.query("kind == 'lost' and component.str.startswith('water/pump/')")
    assert len(stopped)
    for component in stopped["component"].unique():
        kinds = [event.kind for event in track.why(component, float(stopped["t_s"].max()))]
        assert "incident" in kinds


def test_water_and_power_agree_with_their_engines_at_one_random_instant(track: api.Run, engines: str):
    assert main(["verify", str(track.folder), "--at", str(INSTANTS[2]), "--engines", engines, "-q"]) == 0


@pytest.mark.verify
@pytest.mark.parametrize("at", INSTANTS)
def test_water_and_power_agree_with_their_engines_at_random_instants(at: int, track: api.Run, engines: str):
    assert main(["verify", str(track.folder), "--at", str(at), "--engines", engines, "-q"]) == 0
