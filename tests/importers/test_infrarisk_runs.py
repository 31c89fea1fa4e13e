"""InfraRisk's published runs, played here: equivalent outage hours against the published ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from twin import api
from twin.analysis.outage import OutageHours, outage, same_time_of_day
from twin.api import SCENARIOS
from twin.cli import main
from twin.drills.exercise import Exercise
from twin.drills.reader import read_scenario
from twin.engine.coordinator import Coordinator
from twin.engine.world import NoSink, World, make_world
from twin.importers.infrarisk import read_infrarisk, scenario_text
from twin.importers.infrarisk.files import disruption_files, read_disruptions
from twin.model.city import City

DAY_S = 86_400.0
STEP_S = 60.0
MICROPOLIS = {"water": "med", "power": "low", "roads": "high"}
COLUMNS = {"water": "nodes.demand_m3s", "power": "devices.p_w"}


class Record(NoSink):
    """Keeps what consumers got, per lifeline."""

    def __init__(self):
        self.rows = {name: [] for name in COLUMNS}

    def result(self, lifeline, t_s, columns):
        self.rows[lifeline].append((t_s, columns[COLUMNS[lifeline]]))

    def minutes(self, lifeline, until_s):
        """Instants of every full minute and what held then, shapes (instants,) and (instants, rows)."""
        times = np.array([t for t, _row in self.rows[lifeline]])
        table = np.array([row for _t, row in self.rows[lifeline]])
        at = np.arange(0.0, until_s + 1, STEP_S)
        return at, table[np.searchsorted(times, at + 1e-6, side="right") - 1]


def undisturbed(city: City) -> Record:
    record = Record()
    world: World = make_world(city, seed=1, start_s=0.0, sink=record)
    Coordinator(world).start()
    world.env.run(DAY_S)
    return record


def played(city: City, scenario: str) -> tuple[Record, Exercise]:
    record = Record()
    exercise = Exercise(read_scenario(SCENARIOS / "drills" / f"{scenario}.yaml"), city, sink=record)
    assert exercise.run() == "done"
    return record, exercise


def outages(city: City, record: Record, base: Record, until_s: float) -> Mapping[str, OutageHours]:
    nodes = city.networks["water"].tables["nodes"]
    made = np.array([name.endswith("_leak_node") for name in nodes["id"]])
    junctions = np.flatnonzero((nodes["kind"] == "junction") & ~made)
    t, supplied = record.minutes("water", until_s)
    day, usual = base.minutes("water", DAY_S - STEP_S)
    water = outage(t, supplied[:, junctions], same_time_of_day(day, usual[:, junctions], t))
    devices = city.networks["power"].tables["devices"]
    rated_mw = np.where(devices["kind"] == "motor", devices["pn_mech_mw"], devices["p_mw"])
    consumers = devices.of_kind("load", "motor")
    t, supplied = record.minutes("power", until_s)
    return {"water": water, "power": outage(t, supplied[:, consumers], rated_mw[consumers] * 1e6)}


@pytest.mark.parametrize(
    ("scenario", "folder", "variant", "hours"),
    [("in2-test1", "in2", {}, 8.0), ("micropolis-track1", "micropolis", MICROPOLIS, 31.3)],
)
def test_the_bundled_scenario_says_what_the_disruption_file_says(data, scenario, folder, variant, hours):
    place = data / "interdependent" / "infrarisk" / folder
    name = scenario.removeprefix(f"{folder}-")
    city, _findings = read_infrarisk(place, variant)
    rows = read_disruptions(disruption_files(place)[name])
    made = scenario_text(f"InfraRisk {folder} {name}", rows, city, at_s=180.0, hours=hours)
    made = made.replace(f"city: {folder}", f"city: build/{folder}")
    bundled = (SCENARIOS / "drills" / f"{scenario}.yaml").read_text(encoding="utf-8")
    assert [line for line in bundled.splitlines() if not line.startswith("#")] == made.splitlines()


def test_in2_loses_what_was_published(data):
    city, _findings = read_infrarisk(data / "interdependent/infrarisk/in2")
    record, exercise = played(city, "in2-test1")
    found = outages(city, record, undisturbed(city), 28_620.0)
    assert (round(found["power"].ecs_h, 3), round(found["power"].pcs_h, 3)) == (1.308, 0.193)
    assert found["water"].ecs_h == pytest.approx(4.247, rel=1e-3)
    assert found["water"].pcs_h == pytest.approx(4.246, rel=1e-3)
    assert exercise.world.counters.fallbacks == exercise.world.counters.failures == 0


def test_micropolis_loses_what_was_published_within_a_hundredth(data):
    """As published: pump rules without effect, roads without traffic; the rest is the schedule's rounding."""
    variant = MICROPOLIS | {"rules": "ignored", "traffic": "free"}
    city, _findings = read_infrarisk(data / "interdependent/infrarisk/micropolis", variant)
    record, exercise = played(city, "micropolis-track1")
    found = outages(city, record, undisturbed(city), 112_620.0)
    ecs = (found["power"].ecs_h + found["water"].ecs_h) / 2
    pcs = (found["power"].pcs_h + found["water"].pcs_h) / 2
    assert ecs == pytest.approx(5.2925, rel=0.01)
    assert pcs == pytest.approx(5.398, rel=0.01)
    counters = exercise.world.counters
    assert counters.work["water"].solves >= 57
    assert counters.fallbacks == counters.failures == 0


def test_an_import_brings_its_disruption_files_as_scenarios_that_fit_the_city(data, tmp_path):
    source = data / "interdependent" / "infrarisk" / "in2"
    assert main(["import", "infrarisk", str(source), "-o", str(tmp_path / "in2"), "--quiet"]) == 0
    city = api.load_city(tmp_path / "in2")
    files = sorted((tmp_path / "in2" / "scenarios").iterdir())
    assert [file.stem for file in files] == ["cyber1", "test1"]
    for file in files:
        assert not api.check_scenario(api.read_scenario(file), city)
