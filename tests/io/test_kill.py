"""A run that is killed at any moment opens with everything that had happened by then."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

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


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path: Path):
    writer = RunWriter(tmp_path / "run", {})
    writer.event(Event(0, 0.0, "a", "a/b/c", "kind", "", -1, "", "kind"))
    writer.flush()
    writer.close()
    log = tmp_path / "run" / "journal.log"
    log.write_bytes(log.read_bytes() + '[1, 0.0, "a", "半'.encode()[:-1])
    assert len(open_run(tmp_path / "run").journal) == 1
