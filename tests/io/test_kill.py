"""A run that is killed at any moment opens with everything that had happened by then."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from twin.io.runs import RunWriter, open_run
from twin.model.journal import Event

KILLS = 20
WRITER = """
import sys, time
from pathlib import Path
from twin.io.runs import RunWriter
from twin.model.journal import Event
writer = RunWriter(Path(sys.argv[1]), {"city": "nowhere"})
print("ready", flush=True)
number = 0
while True:
    for _ in range(7):
        writer.event(Event(number, number / 10, "a", f"a/b/{number}", "kind", "价值", number - 1, "", "kind"))
        number += 1
    writer.service(number / 10, "a", "", 1.0, 2.0)
    writer.flush()
    print(number, flush=True)
    time.sleep(0.001)
"""


def test_a_killed_run_opens_with_everything_that_was_flushed(tmp_path: Path):
    moments = random.Random(1)
    for attempt in range(KILLS):
        folder = tmp_path / str(attempt)
        process = subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(moments.uniform(0, 0.08))
        process.kill()
        written = [int(line) for line in process.stdout.read().split("\n")[:-1]]
        process.wait()
        run = open_run(folder)
        assert run.summary["status"] == "killed"
        assert len(run.journal) >= max(written, default=0)
        assert [event.event for event in run.journal] == list(range(len(run.journal)))


PLAYED = """
import os, random, signal, sys, time
from pathlib import Path
from twin import api

scenario, folder, kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
api.run(scenario, out=folder / "whole", overrides=["duration=40 h"])
moments = random.Random(2)
for attempt in range(kills):
    out = folder / str(attempt)
    child = os.fork()
    if child == 0:
        api.run(scenario, out=out)
        os._exit(1)
    log = out / "journal.log"
    while not log.is_file() or not log.stat().st_size:
        time.sleep(0.001)
    time.sleep(moments.uniform(0, 0.25))
    print(log.read_bytes().count(b"\\n"), flush=True)
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""
LONG = """\
scenario: long
city: quarter
duration: 20000 h
script:
  - {at: T+1 min, do: break power/transformer/XB-1}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_drill_that_is_killed_at_any_moment_opens_with_all_that_had_happened(tmp_path: Path):
    (tmp_path / "long.yaml").write_text(LONG, encoding="utf-8")
    command = [sys.executable, "-c", PLAYED, str(tmp_path / "long.yaml"), str(tmp_path), str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seen = [int(line) for line in done.stdout.split()]
    assert len(seen) == KILLS
    whole = list(open_run(tmp_path / "whole").journal)
    for attempt, count in enumerate(seen):
        run = open_run(tmp_path / str(attempt))
        assert run.summary["status"] == "killed"
        events = list(run.journal)
        assert len(events) >= count
        shared = min(len(events), len(whole))
        assert events[:shared] == whole[:shared]


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path: Path):
    writer = RunWriter(tmp_path / "run", {})
    writer.event(Event(0, 0.0, "a", "a/b/c", "kind", "", -1, "", "kind"))
    writer.flush()
    writer.close()
    log = tmp_path / "run" / "journal.log"
    log.write_bytes(log.read_bytes() + '[1, 0.0, "a", "半'.encode()[:-1])
    assert len(open_run(tmp_path / "run").journal) == 1
