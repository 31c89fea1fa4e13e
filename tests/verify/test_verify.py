"""`twin verify`: the exported state in the reference engine, for a city and for a run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from twin import api
from twin.cli import main
from twin.lifelines import registry
from twin.verify import engine, environment
from twin.verify.environment import EngineError
from twin.verify.replay import state_at

ROOT = Path(__file__).resolve().parent.parent.parent
LAST_HOURS = ("T+5 min", "T+40 min", "T+100 min", "T+170 min", "T+175 min")


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    return api.run("pump-blackout", out=tmp_path_factory.mktemp("runs") / "drill")


@pytest.mark.parametrize("lifeline", ["power", "water"])
@pytest.mark.parametrize("at", ["0", "18:00"])
def test_the_quarter_agrees(lifeline: str, at: str, engines: str, capsys: pytest.CaptureFixture[str]):
    assert main(["verify", "quarter", lifeline, "--at", at, "--engines", engines, "--json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)
    assert {one["verdict"] for one in verdicts} == {"agrees"}
    keys = {"quantity", "n_total", "n_compared", "max", "p95", "worst", "tolerance", "verdict"}
    assert all(keys <= one.keys() for one in verdicts)
    assert all(one["n_compared"] == one["n_total"] > 0 for one in verdicts)


@pytest.mark.parametrize("at", LAST_HOURS)
def test_a_run_agrees_before_during_and_after_the_blackout(at: str, drill: api.Run, engines: str):
    assert main(["verify", str(drill.folder), "--at", at, "--engines", engines, "--quiet"]) == 0


def test_a_wrong_answer_of_ours_differs(
    engines: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from twin.lifelines.water.binding import WaterModel

    solve = WaterModel.solve

    def solve_wrongly(self, *arguments):
        solution = solve(self, *arguments)
        solution.tables["nodes"]["head_m"][3] += 0.02
        return solution

    monkeypatch.setattr(WaterModel, "solve", solve_wrongly)
    assert main(["verify", "quarter", "water", "--engines", engines]) == 1
    assert "differs" in capsys.readouterr().out


def test_verdicts_are_written_where_asked(engines: str, tmp_path: Path):
    file = tmp_path / "verdicts.json"
    assert main(["verify", "quarter", "power", "--engines", engines, "-q", "-o", str(file)]) == 0
    assert len(json.loads(file.read_text(encoding="utf-8"))) >= 3


@pytest.mark.core
def test_missing_engines_are_a_failure_with_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["verify", "quarter", "power", "--engines", str(tmp_path)]) == 3
    assert "twin engines install" in capsys.readouterr().err
    assert main(["engines", "where", "--engines", str(tmp_path)]) == 3


def test_engines_say_their_versions(engines: str, capsys: pytest.CaptureFixture[str]):
    assert main(["engines", "where", "--engines", engines, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["versions"]
    pinned = dict(line.split("==") for line in requirements() if line.split("==")[0] in found)
    assert found == pinned


def requirements() -> list[str]:
    lines = environment.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line.split(";")[0].strip() for line in lines if line and not line.startswith("#")]


@pytest.mark.core
def test_engines_are_pinned_and_name_no_address():
    text = environment.REQUIREMENTS.read_text(encoding="utf-8")
    assert "://" not in text
    assert all("==" in line for line in requirements())
    assert {"pandapower==3.3.3", "pandapipes==0.16.0", "owa-epanet==2.3.5", "wntr==1.5.0"} <= set(
        requirements()
    )


@pytest.mark.core
def test_the_engines_are_found_by_option_then_variable_then_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("TWIN_ENGINES", str(tmp_path / "named"))
    assert environment.place(tmp_path / "given") == tmp_path / "given"
    assert environment.place() == tmp_path / "named"
    monkeypatch.delenv("TWIN_ENGINES")
    assert environment.place() == ROOT / ".engines"
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if sys.platform.startswith("linux"):
        assert environment.place() == tmp_path / "data" / "lifeline-twin" / "engines"


def fake_engines(folder: Path, script: str) -> Path:
    """An environment whose python runs `script` instead of what it is asked."""
    (folder / "bin").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return folder


@pytest.mark.skipif(os.name != "posix", reason="a fake engine is a shell script")
@pytest.mark.core
@pytest.mark.parametrize(
    ("script", "word"),
    [
        ("echo it broke >&2; exit 3", "it broke"),
        ("""printf '{"error": "no balance"}' > "$4"; exit 3""", "no balance"),
        ("exit 0", "no result"),
        ('printf nonsense > "$4"', "no result"),
    ],
)
def test_an_engine_that_fails_is_a_failure(tmp_path: Path, script: str, word: str):
    with pytest.raises(EngineError, match=word):
        engine.ask("x.py", (), {}, fake_engines(tmp_path / "engines", script), tmp_path)


def test_the_replayed_state_solves_to_the_stored_results(drill: api.Run):
    for lifeline in ("water", "power"):
        model = registry.bind(drill.city.networks[lifeline], drill.city.manifest)
        for t_s in (0.0, 2000.0, 6000.0, 10_300.0):
            state, stored, solved_s = state_at(drill.stored, drill.city, lifeline, t_s)
            again = model.solve(state, solved_s + drill.stored.request["offset_s"])
            for table, columns in stored.tables.items():
                for name, values in columns.items():
                    expected = np.asarray(again.tables[table][name], dtype=np.float64)
                    np.testing.assert_allclose(
                        values, expected, rtol=1e-6, atol=1e-6, err_msg=f"{table}.{name}"
                    )
