"""Same seed, same bytes: under another hash seed, folder, language and number of threads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys, twin
twin.run("pump-blackout", seed=int(sys.argv[2]), out=sys.argv[1])
"""


def digests(folder: Path, seed: int, cwd: Path, **environment: str) -> dict[str, str]:
    subprocess.run(
        [sys.executable, "-c", RUN, str(folder), str(seed)],
        cwd=cwd,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
    )
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))["digests"]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reference")
    return digests(folder / "run", 7, folder, PYTHONHASHSEED="0", NUMBA_NUM_THREADS="1")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "12345", "NUMBA_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "0", "NUMBA_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
        {"PYTHONHASHSEED": "0", "TWIN_LANG": "zh", "LC_ALL": "C"},
    ],
    ids=["hash seed", "threads", "language"],
)
def test_equal_runs_have_equal_bytes(reference: dict[str, str], tmp_path: Path, environment: dict[str, str]):
    elsewhere = tmp_path / "另一个 folder"
    elsewhere.mkdir()
    assert digests(elsewhere / "other run", 7, elsewhere, **environment) == reference


def test_another_seed_gives_another_journal(reference: dict[str, str], tmp_path: Path):
    assert digests(tmp_path / "run", 8, tmp_path)["journal"] != reference["journal"]


def test_the_drill_has_at_least_two_stochastic_processes(tmp_path: Path):
    import twin

    run = twin.run("pump-blackout", out=tmp_path / "run")
    drawn = {row["name"] for row in run.summary["unverified"] if row["name"].startswith("response/")}
    assert len({name.rsplit("/", 1)[1] for name in drawn}) >= 2
