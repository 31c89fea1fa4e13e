"""A scenario in another city: the city says what people call its components."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin import api
from twin.drills.resolver import in_city
from twin.model.city import CITY_SCHEMAS
from twin.model.table import Table

pytestmark = pytest.mark.core


def city(name, **names):
    quarter = api.load_city("quarter")
    rows = {"name": list(names), "component": list(names.values())}
    table, findings = Table.build(CITY_SCHEMAS["names"], rows, "names")
    assert not findings
    return replace(quarter, manifest=replace(quarter.manifest, name=name), names=table)


def test_elsewhere_the_names_of_the_city_come_first():
    scenario = api.read_scenario("pump-blackout")
    meant = in_city(scenario, city("lagoon", tower="water/junction/J-9", spring="water/reservoir/R-1"))
    assert meant.resolve("tower") == "water/junction/J-9"
    assert meant.resolve("spring") == "water/reservoir/R-1"
    assert meant.resolve("hospital") == "facility/hospital/no3"


def test_at_home_the_names_of_the_scenario_come_first():
    scenario = api.read_scenario("pump-blackout")
    meant = in_city(scenario, city("quarter", tower="water/junction/J-9", spring="water/reservoir/R-1"))
    assert meant.resolve("tower") == "water/tank/T-1"
    assert meant.resolve("spring") == "water/reservoir/R-1"


def test_a_city_without_names_leaves_a_scenario_as_it_is():
    scenario = api.read_scenario("pump-blackout")
    assert in_city(scenario, api.load_city("quarter")) is scenario


def test_a_run_acts_on_what_the_city_means(tmp_path):
    elsewhere = city("lagoon", **{"box transformer": "power/transformer/XB-4"})
    run = api.run("pump-blackout", elsewhere, out=tmp_path / "run")
    assert "power/transformer/XB-4" in set(run.events.query("kind == 'incident'")["component"])
