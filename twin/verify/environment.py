"""The environment of the reference engines: where it is, what is in it, how it is made.

The engines force older pandas and scipy on whatever they join, so they live apart and are talked to by files.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from twin.errors import TwinError
from twin.text import _

REQUIREMENTS = Path(__file__).parent / "engines.txt"
NAMES = ("owa-epanet", "swmm-toolkit", "wntr", "pandapower", "pandapipes", "simbench")
VARIABLE = "TWIN_ENGINES"
PROJECT = Path(__file__).parent.parent.parent
_ASK = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"


class EngineError(TwinError):
    """A reference engine is missing or failed."""


def place(given: Path | None = None) -> Path:
    """The folder of the environment: the one given, else `TWIN_ENGINES`, else the project's or the user's."""
    if given is not None or (given := _named()) is not None:
        return given.absolute()
    own = PROJECT / ".engines"
    return own if (PROJECT / "pyproject.toml").is_file() else _user_folder() / "engines"


def _named() -> Path | None:
    return Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None


def _user_folder() -> Path:
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "lifeline-twin"


def interpreter(folder: Path) -> Path:
    """The Python of the environment.

    Raises
    ------
    EngineError
        Where there is none.
    """
    for name in ("bin/python", "Scripts/python.exe"):
        if (path := folder / name).is_file():
            return path
    raise EngineError(
        _(
            "there are no reference engines in {folder}; run 'twin engines install' or name their folder"
            " (--engines or TWIN_ENGINES)",
            folder=folder,
        )
    )


def versions(folder: Path) -> dict[str, str]:
    """The versions of the engines in an environment; EngineError where one is missing."""
    answer = call([str(interpreter(folder)), "-I", "-c", _ASK, *NAMES])
    found: dict[str, str] = json.loads(answer)
    return found


def install(folder: Path) -> dict[str, str]:
    """Make the environment (or complete it) and return the versions of its engines.

    uv does it where it is on the path, else venv and pip.

    Raises
    ------
    EngineError
        With what the installer said last.
    """
    uv = shutil.which("uv")
    python = str(getattr(sys, "_base_executable", sys.executable))
    try:
        executable = str(interpreter(folder))
    except EngineError:
        call([uv, "venv", "--python", python, str(folder)] if uv else [python, "-m", "venv", str(folder)])
        executable = str(interpreter(folder))
    if uv:
        call([uv, "pip", "install", "--python", executable, "--requirement", str(REQUIREMENTS)])
    else:
        call([executable, "-m", "pip", "install", "--requirement", str(REQUIREMENTS)])
    return versions(folder)


def call(command: Sequence[str], *, timeout_s: float | None = None) -> str:
    """What a command prints; EngineError with its last words where it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False,
            timeout=timeout_s,
        )  # fmt: skip
    except OSError as error:
        raise EngineError(
            _("{command} cannot be started ({reason})", command=command[0], reason=error)
        ) from None
    except subprocess.TimeoutExpired:
        raise EngineError(
            _("{command} took longer than {limit} s", command=command[0], limit=timeout_s)
        ) from None
    if done.returncode:
        last = " | ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise EngineError(
            _("{command} failed ({code}): {last}", command=command[0], code=done.returncode, last=last)
        )
    return done.stdout
