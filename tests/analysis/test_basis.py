"""What the harm of a run rests on: assumed and repaired attributes of what was harmed."""

from __future__ import annotations

import pytest

from tests.census.small_town import town
from twin.analysis.basis import basis
from twin.census.build import build
from twin.model.journal import Journal


@pytest.fixture(scope="module")
def city():
    return build(town().survey(), "town").city


def journal_of(*names):
    journal = Journal()
    for name in names:
        journal.append(60.0, "fails", lifeline=name.split("/")[0], component=name)
    return journal


def test_only_harmed_components_count_and_each_once(city):
    found = basis(journal_of("water/pipe/JS1-JS2", "water/pipe/JS1-JS2", "water/reservoir/JS1"), city)
    (water,) = found
    assert (water.layer, water.harmed, water.resting) == ("water", 2, 1)
    assert water.share == 0.5
    assert water.attributes == (("roughness", 1),)
    tables = city.networks["water"].tables
    expected = [tables["links"]["confidence"][tables["links"].rows["JS1-JS2"]]]
    expected.append(tables["nodes"]["confidence"][tables["nodes"].rows["JS1"]])
    assert water.confidence == pytest.approx(sum(expected) / 2)


def test_a_device_rests_on_its_node(city):
    (power,) = basis(journal_of("power/motor/M-PU-1"), city)
    assert (power.harmed, power.resting) == (1, 0)


def test_peace_rests_on_nothing(city):
    journal = Journal()
    journal.append(0.0, "told", lifeline="water", component="water/pipe/JS1-JS2")
    assert basis(journal, city) == ()


def test_a_city_that_says_nothing_of_origins_has_no_basis():
    from twin import api

    assert basis(journal_of("power/transformer/XB-1"), api.load_city("quarter")) == ()
