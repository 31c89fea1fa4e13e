"""The command as a process: start-up, pipes, Ctrl-C, completion, tracebacks."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LONG = """\
scenario: long
city: quarter
duration: 20000 h
script:
  - {at: T+10 min, do: break power/transformer/XB-1}
"""


def twin(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twin", *arguments]
    environment = {**os.environ, "TWIN_LANG": "en", "NO_COLOR": "1", **dict(options.pop("env", {}))}  # type: ignore[call-overload]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False, **options
    )  # type: ignore[call-overload]


@pytest.mark.core
def test_the_version_needs_nothing_heavy():
    code = "import sys; from twin.cli import main; main(['version']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "pandas", "scipy", "simpy", "numba", "pyarrow", "networkx"}


@pytest.mark.core
def test_import_twin_loads_no_numpy():
    code = "import sys; import twin; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bad_input_ends_with_2_and_no_traceback():
    done = twin("solve", "no-such-city", "water")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-city" in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback():
    assert "Traceback" in twin("solve", "no-such-city", "water", "--debug").stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes that close early")
def test_a_reader_that_goes_away_is_no_error():
    command = f"{shlex.quote(sys.executable)} -m twin solve quarter water | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("id")
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_seals_the_run_and_says_so(tmp_path: Path):
    (tmp_path / "long.yaml").write_text(LONG, encoding="utf-8")
    command = [sys.executable, "-m", "twin", "run", "long.yaml", "-o", "out", "--no-report"]
    environment = {**os.environ, "TWIN_LANG": "en"}
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment)
    log = tmp_path / "out" / "journal.log"
    deadline = time.monotonic() + 120
    while not (log.is_file() and log.stat().st_size > 1000) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _out, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "sealed" in said
    assert (
        json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["status"] == "interrupted"
    )
    assert twin("show", "out", cwd=tmp_path).returncode == 0


def complete(line: str, folder: Path) -> list[str]:
    words = line.split(" ")
    environment = {
        **os.environ,
        "_TWIN_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    command = [sys.executable, "-c", "from twin.cli import main; main([])"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    return done.stdout.split()


def test_the_shell_completes_verbs_scenarios_cities_and_runs(tmp_path: Path):
    (tmp_path / "runs" / "mine-1").mkdir(parents=True)
    (tmp_path / "runs" / "mine-1" / "run.json").write_text("{}")
    assert "run" in complete("twin r", tmp_path)
    assert complete("twin run pump", tmp_path) == ["pump-blackout"]
    assert "quarter" in complete("twin show qua", tmp_path)
    assert complete("twin report runs/", tmp_path) == ["runs/mine-1"]
    assert "water" in complete("twin solve quarter w", tmp_path)
