"""Laws of a drill on the bundled quarter: crews, repairs, verdicts, forced rows, crossings, the journal."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin import api
from twin.drills.exercise import Exercise
from twin.drills.judge import score
from twin.drills.reader import parse_scenario
from twin.errors import RunError
from twin.model.journal import Event
from twin.model.network import Ref

XB = "power/transformer/XB-1"
DAMAGE = (
    (10, "water/pipe/W-12"),
    (10, "water/pipe/W-47"),
    (12, "water/pipe/W-59"),
    (15, "power/line/F-1"),
    (15, "power/transformer/XB-4"),
    (40, "water/pump/PU-1"),
)


@cache
def quarter() -> api.City:
    return api.load_city("quarter")


def play(script: str, *, crews: int | None = None, seed: int = 1, duration: str = "8 h") -> Exercise:
    """A script played on the quarter, in memory."""
    agencies = "".join(f"  {name} company: {{crews: {crews}}}\n" for name in ("water", "power"))
    head = f"drill: x\ncity: quarter\nstart: 08:00\nseed: {seed}\nduration: {duration}\n"
    text = head + (f"agencies:\n{agencies}" if crews is not None else "") + f"script:\n{script}"
    exercise = Exercise(parse_scenario(text), quarter())
    exercise.run()
    return exercise


def broken(rows: tuple[tuple[int, str], ...]) -> str:
    return "".join(f"  - {{at: T+{minute} min, do: break {name}}}\n" for minute, name in rows)


def repairs(exercise: Exercise) -> dict[str, float]:
    return {event.component: event.t_s for event in exercise.world.journal if event.kind == "repaired"}


def first(exercise: Exercise, kind: str, component: str = "") -> Event:
    return next(
        event for event in exercise.world.journal if event.kind == kind and component in ("", event.component)
    )


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_more_crews_are_never_later(seed: int):
    one, two, three = (repairs(play(broken(DAMAGE), crews=n, seed=seed, duration="3 d")) for n in (1, 2, 3))
    assert set(one) == set(two) == set(three) == {name for _minute, name in DAMAGE}
    assert all(one[name] >= two[name] >= three[name] for name in one)
    assert max(two.values()) < max(one.values())


def test_a_repaired_quarter_equals_the_intact_one():
    struck = play(broken(((10, "water/pipe/W-23"), (12, "power/transformer/XB-3"))), duration="2 d").world
    intact = play("  - {at: T+0, tell: {to: water company, text: nothing}}\n", duration="2 d").world
    assert {event.component for event in struck.journal if event.kind == "repaired"} == {
        "water/pipe/W-23",
        "power/transformer/XB-3",
    }
    for layer in ("water", "power"):
        assert struck.disturbed[layer] == {}
        for table in quarter().networks[layer].components:
            np.testing.assert_array_equal(struck.share[layer, table], intact.share[layer, table])
    np.testing.assert_allclose(
        struck.solutions["power"].tables["nodes"]["voltage_pu"],
        intact.solutions["power"].tables["nodes"]["voltage_pu"],
        atol=1e-9,
    )
    state = struck.state.copy()
    for layer, table, column in (("water", "nodes", "level_m"), ("water", "links", "open")):
        for row, value in enumerate(intact.state.column(layer, table, column)):
            state.write(Ref(layer, table, row), column, value)
    again = struck.models["water"].solve(state, struck.now)
    fresh = intact.models["water"].solve(intact.state, intact.now)
    for name, column in (("nodes", "head_m"), ("links", "flow_m3s")):
        np.testing.assert_allclose(again.tables[name][column], fresh.tables[name][column], atol=1e-6)


@pytest.mark.core
def test_islands_are_dark_and_dry():
    world = play(broken(((10, "power/line/F-1"), (10, "water/pipe/W-8T"), (10, "water/pump/PU-2"),
                         (10, "water/pump/PU-1"))), crews=0, duration="2 h").world  # fmt: skip
    devices = quarter().networks["power"].tables["devices"]
    served = dict(zip(devices["id"], world.share["power", "devices"], strict=True))
    assert {name for name, share in served.items() if share == 0} == {"M-1", "M-2", "LO-1"}
    junctions = quarter().networks["water"].tables["nodes"].of_kind("junction")
    needy = junctions[quarter().networks["water"].tables["nodes"]["demand_ls"][junctions] > 0]
    assert (world.share["water", "nodes"][needy] == 0).all()
    assert world.solutions["water"].supplied.sum() == 0


@given(st.permutations(DAMAGE[:5]))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_the_order_of_what_happens_at_one_instant_does_not_matter(order: list[tuple[int, str]]):
    rows = tuple((10, name) for _minute, name in order)
    worlds = [play(broken(each), crews=0, duration="3 h").world for each in (rows, tuple(sorted(rows)))]
    for key, share in worlds[0].share.items():
        np.testing.assert_array_equal(share, worlds[1].share[key])
    for layer in ("water", "power"):
        for table, columns in worlds[0].solutions[layer].tables.items():
            for name, values in columns.items():
                np.testing.assert_allclose(values, worlds[1].solutions[layer].tables[table][name], atol=1e-6)
    out = [{(e.t_s, e.component) for e in world.journal if e.kind == "unserved"} for world in worlds]
    assert out[0] == out[1]


EXPECTED = """\
  - at: T+10 min
    do: break power/transformer/XB-1
    expect:
      - {who: power company, does: dispatch crew to power/transformer/XB-1, within: 60 min, id: sent}
      - {who: water company, keeps: served(water/junction/J-3) >= 99 %, within: 4 h, id: kept, fatal: FATAL}
  - when: level(water/tank/T-1) < 0 m
    expect:
      - {who: water company, shows: good words, id: never}
"""


@pytest.mark.core
def test_a_missed_fatal_expectation_makes_the_score_zero_and_coverage_stays_apart():
    mild, fatal = (
        play(EXPECTED.replace("FATAL", word)).summary("done")["score"] for word in ("false", "true")
    )
    assert (mild["met"], mild["missed"], mild["not_exercised"]) == (1, 1, 1)
    assert mild["score"] == 0.5
    assert fatal["score"] == 0.0
    assert fatal["fatal"] == ["kept"]
    assert mild["coverage"] == fatal["coverage"] == pytest.approx(2 / 3)


VERDICTS = st.sampled_from(["met", "missed", "not_exercised", "person_judges"])


@given(st.lists(st.tuples(VERDICTS, st.floats(0.1, 10), st.booleans()), max_size=8))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_rows_that_never_fired_move_the_coverage_and_never_the_score(drawn: list[tuple[str, float, bool]]):
    records = [
        {"id": str(n), "verdict": verdict, "weight": weight, "fatal": fatal}
        for n, (verdict, weight, fatal) in enumerate(drawn)
    ]
    never = {"id": "x", "verdict": "not_exercised", "weight": 9.0, "fatal": True}
    before, after = score(records), score([*records, never])
    assert after["score"] == before["score"]
    assert after["coverage"] <= (before["coverage"] or 0.0)
    if any(fatal and verdict == "missed" for verdict, _weight, fatal in drawn):
        assert before["score"] == 0.0


FORCED = """\
  - when: out(power/transformer/XB-1)
    else: {at: T+1 h, do: flood power/transformer/XB-1}
    tell: {to: power company, text: it is dark}
"""


@pytest.mark.core
def test_what_the_controller_forces_is_reported_as_forced():
    forced = play(FORCED)
    assert forced.summary("done")["forced"] == [1]
    event = first(forced, "forced")
    assert (event.t_s, event.component, event.rule.split(":")[0]) == (3600.0, XB, "row 1")
    assert first(forced, "fires").cause == event.event
    simulated = play(broken(((10, XB),)) + FORCED)
    assert simulated.summary("done")["forced"] == []
    assert "forced" not in {event.kind for event in simulated.world.journal}


MISSED = """\
  - at: T+10 min
    do: break power/transformer/XB-1
    expect:
      - {who: water company, keeps: served(water/junction/J-3) >= SHARE %, within: 2 h, id: pressure}
  - if_missed: pressure
    tell: {to: water company, text: act}
"""


@pytest.mark.core
@pytest.mark.parametrize(("share", "verdict"), [("99", "missed"), ("0", "met")])
def test_a_contingency_fires_only_when_its_expectation_was_missed(share: str, verdict: str):
    exercise = play(MISSED.replace("SHARE", share), crews=0)
    summary = exercise.summary("done")
    assert summary["expectations"][0]["verdict"] == verdict
    assert summary["never_fired"] == ([] if verdict == "missed" else [2])
    told = [event for event in exercise.world.journal if event.kind == "told"]
    assert len(told) == (verdict == "missed")
    if told:
        assert told[0].t_s == first(exercise, "missed").t_s


GRACE = """\
  - at: T+10 min
    do: break power/transformer/XB-1
    expect:
      - {who: power company, keeps: not out(water/pump/PU-1), AFTER, within: 4 h, id: pump}
  - {at: T+40 min, do: repair power/transformer/XB-1}
"""


@pytest.mark.core
@pytest.mark.parametrize(("after", "verdict"), [("after: 33 min", "met"), ("after: 31 min", "missed")])
def test_what_must_be_kept_may_be_broken_within_its_grace(after: str, verdict: str):
    # Broken at 10 min, repaired at 40, the pump restarts in 2: it is back 32 min after the row fired.
    record = play(GRACE.replace("AFTER", after), crews=0).summary("done")["expectations"][0]
    assert record["verdict"] == verdict
    assert record["done_s"] == (None if verdict == "met" else 600 + 31 * 60)


@pytest.mark.core
def test_a_level_condition_fires_when_the_level_crosses_its_limit():
    script = (
        broken(((10, XB),))
        + "  - {when: level(water/tank/T-1) < 1.7 m, tell: {to: water company, text: low}}\n"
    )
    exercise = play(script, crews=0)
    assert first(exercise, "told").t_s == pytest.approx(crossing(1.7), abs=1.0)


def crossing(limit_m: float) -> float:
    """When the tower falls through a level: its outflow from solve to solve over its base, by hand."""
    samples: list[tuple[float, float, float]] = []

    class Sink:
        def event(self, event):
            pass

        def service(self, *_values):
            pass

        def flush(self):
            pass

        def result(self, lifeline, t_s, columns):
            if lifeline == "water":
                row = quarter().networks["water"].tables["nodes"].rows["T-1"]
                main = quarter().networks["water"].tables["links"].rows["W-8T"]
                samples.append(
                    (t_s, float(columns["nodes.level_m"][row]), float(columns["links.flow_m3s"][main]))
                )

    text = f"drill: x\ncity: quarter\nstart: 08:00\nduration: 8 h\nscript:\n{broken(((10, XB),))}"
    text += "agencies:\n  power company: {crews: 0}\n"
    Exercise(parse_scenario(text), quarter(), sink=Sink()).run()
    area = math.pi * 11.0**2 / 4
    for (t_s, level, flow), (_next, following, _flow) in pairwise(samples):
        if level >= limit_m > following:
            return t_s + (level - limit_m) * area / -flow
    raise AssertionError("the level was never crossed")


INTERRUPTED = """
import os, signal, sys
from twin.drills.exercise import Exercise
look = Exercise._look
def struck(self):
    look(self)
    if self.world.now >= 3600 and not hasattr(self, "hit"):
        self.hit = True
        os.kill(os.getpid(), signal.SIGINT)
Exercise._look = struck
from twin.cli import main
sys.exit(main(["run", "pump-blackout", "-o", sys.argv[1], "--no-report"]))
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_seals_the_run_with_everything_that_had_happened(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path / "out")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "TWIN_LANG": "en"},
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert "the run is sealed" in done.stderr
    run = api.open_run(tmp_path / "out")
    assert run.status == "interrupted"
    whole = api.run("pump-blackout", out=tmp_path / "whole")
    events = list(run.journal)
    assert events[-1].kind == "interrupted"
    assert events[:-1] == [event for event in whole.journal if event.event < len(events) - 1]
    assert all(event.t_s > 3600 - 1 for event in whole.journal if event.event >= len(events) - 1)
    assert not list((tmp_path / "out").glob("*.log"))


def test_ctrl_c_between_events_leaves_the_signal_as_it_was(tmp_path: Path):
    def press(now: float, _end: float) -> None:
        if now >= 1800:
            os.kill(os.getpid(), signal.SIGINT)

    run = api.run("pump-blackout", out=tmp_path / "run", progress=press)
    assert run.status == "interrupted"
    assert 1800 <= run.summary["end_s"] < 3600
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_that_cannot_go_on_keeps_its_folder_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    look = Exercise._look

    def fail(self: Exercise) -> None:
        look(self)
        if self.world.now >= 3600:
            raise RunError("the networks do not come to rest")

    monkeypatch.setattr(Exercise, "_look", fail)
    with pytest.raises(RunError, match="do not come to rest"):
        api.run("pump-blackout", out=tmp_path / "run")
    run = api.open_run(tmp_path / "run")
    assert run.status == "failed"
    assert len(run.journal) > 10
    assert run.report().is_file()
    assert run.why("water/pump/PU-1")
