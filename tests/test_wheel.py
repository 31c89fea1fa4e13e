"""The wheel is whole: installed in a clean environment outside the checkout it plays the bundled drill."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.timeout(600)


def call(command: Sequence[object], **options: object) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT])
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel and its dependencies, and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("clean") / "a venv"
    uv = shutil.which("uv")
    call([uv, "venv", "--python", sys.executable, folder] if uv else [sys.executable, "-m", "venv", folder])
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    call([*install, "--constraint", ROOT / "constraints.txt", wheel])
    return python


def test_the_wheel_is_pure_and_carries_cities_scenarios_and_texts(wheel: Path):
    assert wheel.name.endswith("-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0].split("-")[0] for name in names} == {"twin", "lifeline_twin"}
    needed = {
        "twin/networks/quarter/manifest.yaml",
        "twin/scenarios/drills/pump-blackout.yaml",
        "twin/text/locales/zh/LC_MESSAGES/twin.mo",
        "twin/verify/engines.txt",
        "twin/verify/scripts/epanet_engine.py",
        "twin/bench/scripts/simpy_events.py",
        "twin/cli/scenario.zh.txt",
    }
    assert needed <= names
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "twin").rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".nbi", ".nbc", ".mo")
    }
    assert sources <= names


def test_the_bundled_drill_runs_outside_the_checkout(installed: Path, tmp_path: Path):
    bare = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "TWIN_DATA")}
    options = {"cwd": tmp_path, "env": {**bare, "TWIN_LANG": "en"}}
    where = call([installed, "-c", "import twin; print(twin.__file__)"], **options)
    assert Path(where.strip()).is_relative_to(installed.parent.parent)
    story = call([installed, "-m", "twin", "run", "pump-blackout", "-o", "out"], **options)
    assert "is damaged" in story
    assert (tmp_path / "out" / "report.html").is_file()
    assert "供水" in call([installed, "-m", "twin", "list", "lifelines", "--lang", "zh"], **options)
    script = installed.parent / ("twin.exe" if os.name == "nt" else "twin")
    assert call([script, "version"], **options).startswith("twin ")
