"""Equivalent outage hours: by hand, as laws, and on published results."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.analysis.outage import (
    OutageHours,
    consumers_served,
    demand_served,
    outage,
    outage_hours,
    same_time_of_day,
    weighted,
)

HOUR = 3600.0


@pytest.mark.core
def test_a_large_consumer_counts_more_by_demand_than_by_heads():
    base = np.array([9.0, 1.0])
    supplied = np.array([[9.0, 1.0], [0.0, 1.0], [9.0, 0.0], [4.5, 2.0]])
    assert consumers_served(supplied, base).tolist() == [1.0, 0.5, 0.5, 0.75]
    assert demand_served(supplied, base).tolist() == pytest.approx([1.0, 0.1, 0.9, 0.55])


@pytest.mark.core
def test_a_complete_outage_of_two_hours_is_two_hours():
    t = np.array([0.0, HOUR, HOUR, 3 * HOUR, 3 * HOUR, 4 * HOUR])
    base = np.array([2.0, 3.0])
    supplied = np.outer([1.0, 1.0, 0.0, 0.0, 1.0, 1.0], base)
    assert outage(t, supplied, base) == OutageHours(2.0, 2.0)


@pytest.mark.core
def test_a_ramp_between_two_recorded_instants_counts_half():
    assert outage_hours(np.array([0.0, HOUR]), np.array([1.0, 0.0])) == pytest.approx(0.5)


@pytest.mark.core
def test_consumers_that_want_nothing_do_not_count():
    base = np.array([[0.0, 1.0], [0.0, 0.0]])
    supplied = np.array([[5.0, 0.5], [0.0, 0.0]])
    assert consumers_served(supplied, base).tolist() == [0.5, 1.0]
    assert demand_served(supplied, base).tolist() == [0.5, 1.0]


@pytest.mark.core
@given(st.integers(0, 2**32 - 1))
def test_shares_stay_between_none_and_all_and_agree_where_all_fare_alike(seed):
    random = np.random.default_rng(seed)
    base = random.uniform(0, 5, (4, 6))
    supplied = base * random.uniform(-0.1, 1.5, (4, 6))
    for served in (consumers_served(supplied, base), demand_served(supplied, base)):
        assert ((served >= 0) & (served <= 1)).all()
    alike = base * 0.3
    assert consumers_served(alike, base) == pytest.approx(demand_served(alike, base))


@pytest.mark.core
def test_the_base_is_read_at_the_same_time_of_day():
    day = np.array([0.0, 60.0, 120.0])
    values = np.array([[1.0], [2.0], [3.0]])
    asked = np.array([0.0, 60.0, 119.0, 86_400.0, 86_460.0, 172_800.0 + 4000.0])
    assert same_time_of_day(day, values, asked)[:, 0].tolist() == [1.0, 2.0, 2.0, 1.0, 2.0, 3.0]


@pytest.mark.core
def test_networks_are_weighed():
    both = {"water": OutageHours(4.247, 4.246), "power": OutageHours(1.308, 0.193)}
    mean = weighted(both, {"water": 0.5, "power": 0.5})
    assert (mean.ecs_h, mean.pcs_h) == pytest.approx((2.7775, 2.2195))


def read(path):
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    header, *rows = text.splitlines()
    names = header.split("," if path.name.startswith("base") else "\t")
    return names, np.array([row.replace(",", "\t").split("\t") for row in rows], dtype=float)


def test_the_published_power_outage_of_in2_comes_out_of_its_stored_loads(data):
    folder = data / "interdependent/infrarisk/in2/scenarios/test1/capacity"
    _names, table = read(folder / "power_load_demand.csv")
    found = outage(table[:, 0], table[:, 1:], table[0, 1:])
    assert round(found.ecs_h, 3) == 1.308
    assert round(found.pcs_h, 3) == 0.193


def test_the_power_outage_of_micropolis_comes_out_of_its_stored_loads(data):
    folder = data / "interdependent/infrarisk/micropolis/scenarios/track1/capacity"
    _names, table = read(folder / "power_load_demand.csv.gz")
    found = outage(table[:, 0], table[:, 1:], table[0, 1:])
    assert (round(found.ecs_h, 3), round(found.pcs_h, 3)) == (2.768, 2.548)


def test_the_published_water_outage_of_in2_nearly_comes_out_of_every_tenth_stored_minute(data):
    """4.247 and 4.246 h were made from every minute; the files keep every tenth and the event times."""
    folder = data / "interdependent/infrarisk/in2"
    names, table = read(folder / "scenarios/test1/capacity/water_junc_demand.csv")
    base_names, base = read(folder / "water/base_water_node_supply_pda.csv.gz")
    junctions = [name for name in names if name in base_names and name.startswith("W_J")]
    t = table[:, names.index("time")]
    usual = base[:, [base_names.index(name) for name in junctions]]
    usual = same_time_of_day(base[:, base_names.index("time")], usual, t)
    found = outage(t, table[:, [names.index(name) for name in junctions]], usual)
    assert found.ecs_h == pytest.approx(4.247, rel=0.015)
    assert found.pcs_h == pytest.approx(4.246, rel=0.015)
