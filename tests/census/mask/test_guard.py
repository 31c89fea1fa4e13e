"""The export guard: it bites on one large export, and on many small ones."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import replace

import numpy as np
import pytest

from tests.census.mask.made import changed, masked, random_city
from twin.census.mask.guard import (
    Coverage,
    append,
    check_area,
    coverage,
    entry_of,
    locked,
    measure,
    read_approval,
    read_ledger,
)
from twin.census.mask.policy import read_policy
from twin.errors import DatasetError
from twin.model.city import City

POLICY = read_policy()
GUARD = POLICY.guard
APPROVAL = "document: No. 7\napprover: 局长\ndate: 2026-01-01\narea_km2: 60\n"


def square(km: float, east: float = 0.0, frame: str = "EPSG:4548") -> Coverage:
    count, first = int(km * 10), int(east * 10)
    tiles = [(first + x, y) for x in range(count) for y in range(count)]
    return Coverage(frame, 100.0, np.array(tiles, dtype=np.int64))


def export(path, own: Coverage, approval=None) -> None:
    with locked(path):
        entries = read_ledger(path)
        check_area(measure(own, entries, GUARD.gap_m), GUARD, approval, "here")
        append(path, entries, entry_of(own, {"city": "made"}))


@pytest.mark.core
def test_it_bites_when_small_exports_add_up(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    for number in range(4):
        export(ledger, square(2.4, east=2.4 * number))
    with pytest.raises(DatasetError) as caught:
        export(ledger, square(2.4, east=9.6))
    assert [finding.rule for finding in caught.value.findings] == ["mask.area-limit", "mask.area-limit"]
    assert len(read_ledger(ledger)) == 4
    export(ledger, square(2.4, east=2.4))
    assert len(read_ledger(ledger)) == 5, "what has left already may leave again"


@pytest.mark.core
def test_pieces_far_apart_are_cumulative_but_not_contiguous(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    export(ledger, square(4.0))
    found = measure(square(4.0, east=50), read_ledger(ledger), GUARD.gap_m)
    assert (found.contiguous, found.cumulative_contiguous, found.cumulative) == (16.0, 16.0, 32.0)
    with pytest.raises(DatasetError, match="cumulative"):
        export(ledger, square(4.0, east=50))


def test_another_coordinate_system_does_not_start_anew(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    export(ledger, square(4.0))
    with pytest.raises(DatasetError):
        export(ledger, square(4.0, frame="EPSG:4527"))


@pytest.mark.core
def test_a_gap_narrower_than_the_policy_does_not_part_two_areas():
    both = square(4.0).with_tiles(square(4.0, east=4.3))
    assert both.contiguous_km2(GUARD.gap_m) == 32.0
    assert both.contiguous_km2(100.0) == 16.0


@pytest.mark.core
def test_an_approval_lets_out_what_it_says_and_no_more(tmp_path):
    (tmp_path / "approval.yaml").write_text(APPROVAL, encoding="utf-8")
    approval = read_approval(tmp_path / "approval.yaml")
    export(tmp_path / "ledger.jsonl", square(7.0), approval)
    with pytest.raises(DatasetError):
        export(tmp_path / "ledger.jsonl", square(7.0, east=20), approval)
    (tmp_path / "approval.yaml").write_text("approver: me\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="document, date, area_km2"):
        read_approval(tmp_path / "approval.yaml")


@pytest.mark.core
def test_a_ledger_that_cannot_be_read_stops_every_export(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    export(ledger, square(1.0))
    ledger.write_text(ledger.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="line 2"):
        export(ledger, square(1.0))


def at_once(path, east: float) -> None:
    with locked(path):
        entries = read_ledger(path)
        time.sleep(0.2)
        append(path, entries, entry_of(square(1.0, east), {}))


def test_exports_at_the_same_time_are_all_written_down(tmp_path):
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=at_once, args=(tmp_path / "ledger", 3.0 * n)) for n in range(3)]
    for process in running:
        process.start()
    for process in running:
        process.join(60)
    assert len(read_ledger(tmp_path / "ledger")) == 3


def moved(city: City, east: float) -> City:
    """The same city somewhere else."""
    networks = {}
    for name, network in city.networks.items():
        tables = dict(network.tables)
        for key in ("nodes", "vertices"):
            columns = dict(tables[key].columns)
            columns["x"] = columns["x"] + east
            tables[key] = replace(tables[key], columns=columns)
        networks[name] = replace(network, tables=tables)
    return replace(city, networks=networks, facilities=replace(city.facilities, tables={
        "nodes": replace(city.facilities.tables["nodes"], columns={
            **city.facilities.tables["nodes"].columns, "x": city.facilities.tables["nodes"]["x"] + east})}),
        terrain=None, regions=replace(city.regions, columns={
            **city.regions.columns, "wkt": np.array([""], dtype=object)}))  # fmt: skip


def test_masking_one_city_after_the_other_is_stopped_and_leaves_nothing(tmp_path):
    city = random_city(1, extent=2000.0)
    area = coverage(city, POLICY).area_km2
    policy = changed(POLICY, "guard", area_km2=1.5 * area)
    masked(city, tmp_path / "one", policy, ledger=tmp_path / "ledger")
    with pytest.raises(DatasetError, match="must not be exported without an approval"):
        masked(moved(city, 30000.0), tmp_path / "two", policy, ledger=tmp_path / "ledger")
    assert not (tmp_path / "two" / "open").exists()
    assert len(read_ledger(tmp_path / "ledger")) == 1
