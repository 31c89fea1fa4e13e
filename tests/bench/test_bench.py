"""Benchmarks measure, and bench-check bites: one solve too many is exit code 1."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import pytest

from twin.bench import baseline, cases
from twin.bench.measure import Row
from twin.cli import main
from twin.engine.coordinator import Coordinator
from twin.engine.world import Touch

DRILL = "drill-pump-blackout"


@pytest.fixture
def counted(tmp_path: Path) -> Callable[..., int]:
    """Count the work of the bundled drill and compare it with a baseline made before."""
    file = tmp_path / "baseline.json"
    command = ["bench", DRILL, "--counters-only"]
    assert main([*command, "--write-baseline", str(file)]) == 0

    def again(*more: str) -> int:
        return main([*command, "--baseline", str(file), *more])

    return again


def test_the_same_work_passes(counted: Callable[..., int]):
    assert counted() == 0


def test_one_extra_solve_bites(
    counted: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
):
    solve = Coordinator._solve
    planted: dict[Coordinator, str] = {}

    def solve_once_more(self: Coordinator, layer: str, touched: list[Touch]) -> None:
        solve(self, layer, touched)
        if self not in planted:
            planted[self] = layer
            solve(self, layer, touched)

    monkeypatch.setattr(Coordinator, "_solve", solve_once_more)
    assert counted("--junit", str(tmp_path / "junit.xml")) == 1
    said = capsys.readouterr().out
    assert f"{next(iter(planted.values()))}.solves" in said
    assert "what grew" in said
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert suite.get("failures") == "1"
    assert suite.find("testcase/failure") is not None


@pytest.mark.core
def test_the_committed_baseline_knows_every_bundled_drill():
    root = Path(__file__).parent.parent.parent
    known = baseline.read_baseline(root / "benchmarks" / "baseline.json")
    drills = {name for name in cases.cases(cases.Wish()) if name.startswith("drill-")}
    assert drills <= known.keys()


def row(**changes: object) -> Row:
    plain = Row("x", 10, 1.0, "peer", 2.0, 100.0, 2, {"solves": 5}, time=4.0, memory=2.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


CASE = cases.Case("x", "what", lambda wish: cases.Outcome(1.0, 1.0, 10, {}), slower=0.5, larger=0.25)
BEFORE = {"counters": {"solves": 5}, "time": 4.0, "memory": 2.0}


@pytest.mark.core
@pytest.mark.parametrize(
    ("now", "figures"),
    [
        ({}, []),
        ({"counters": {"solves": 6}}, ["solves"]),
        ({"counters": {"solves": 5, "events": 1}}, ["events"]),
        ({"counters": {"solves": 4}}, []),
        ({"time": 5.9}, []),
        ({"time": 6.1}, ["time"]),
        ({"memory": 2.4}, []),
        ({"memory": 2.6}, ["memory"]),
        ({"time": 0.0, "memory": 0.0}, []),
    ],
)
def test_counters_are_exact_and_time_and_memory_have_a_tolerance(now: dict[str, object], figures: list[str]):
    assert [item.figure for item in baseline.growth(row(**now), BEFORE, CASE)] == figures


@pytest.mark.core
def test_a_baseline_keeps_what_was_not_measured_now(tmp_path: Path):
    file = tmp_path / "b.json"
    baseline.write_baseline(file, [row(), row(id="y")])
    baseline.write_baseline(file, [row(counters={"solves": 6})])
    found = baseline.read_baseline(file)
    assert found["x"]["counters"] == {"solves": 6}
    assert found["y"]["counters"] == {"solves": 5}


@pytest.mark.core
def test_history_has_one_heading_and_a_row_each(tmp_path: Path):
    file = tmp_path / "h.csv"
    baseline.append_history(file, [row()])
    baseline.append_history(file, [row(peer="", peer_seconds=0.0)])
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert tuple(rows[0]) == baseline.HISTORY
    assert [one["ratio"] for one in rows] == ["2.000", ""]


@pytest.mark.core
def test_a_broken_baseline_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for text in ("[]", '{"benchmarks": 1}', "{"):
        (tmp_path / "b.json").write_text(text, encoding="utf-8")
        assert main(["bench", DRILL, "--counters-only", "--baseline", str(tmp_path / "b.json")]) == 2
    assert "is no baseline" in capsys.readouterr().err


def test_import_twin_costs_little_beside_python():
    case = cases.cases(cases.Wish())["import-twin"]
    assert case.peer is not None
    pairs = [(case.measure(cases.Wish()), case.peer(cases.Wish())) for _ in range(7)]
    ours, bare = median(found.seconds for found, _ in pairs), median(peer for _, peer in pairs)
    assert ours - bare < 0.05
    assert pairs[0][0].counters["modules"] >= 1


def test_a_benchmark_that_lacks_its_data_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setenv("TWIN_DATA", str(tmp_path))
    assert main(["bench", "micropolis-drill", "--counters-only", "--json"]) == 0
    assert "micropolis-drill" in json.loads(capsys.readouterr().out)["left_out"]


def test_a_city_of_the_users_own_is_measured(capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "--city", "quarter", "--counters-only", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["rows"]
    assert found["id"] == "city-day"
    assert found["counters"]["water.solves"] >= 24
