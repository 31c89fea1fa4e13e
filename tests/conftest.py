"""Shared fixtures; the one place that knows where third-party reference data lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from twin.verify.environment import EngineError, interpreter, place

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TWIN_DATA", ROOT.parent / "shared" / "data"))
ENGINES = tuple(
    Path(place)
    for place in (os.environ.get("TWIN_ENGINES"), ROOT / ".engines", ROOT.parent / "engines")
    if place
)


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of third-party networks and reference results; tests that need it skip without it."""
    if not DATA.is_dir():
        pytest.skip(f"no reference data at {DATA} (set TWIN_DATA)")
    return DATA


@pytest.fixture(scope="session")
def engines() -> Path:
    """The Python of the reference engines (`TWIN_ENGINES`, else `.engines`); tests skip without it."""
    try:
        return interpreter(place())
    except EngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def engines() -> Path:
    """The folder of the reference engines' environment; tests that need it skip without it."""
    for folder in ENGINES:
        if (folder / "bin" / "python").is_file() or (folder / "Scripts" / "python.exe").is_file():
            return folder
    pytest.skip(f"no reference engines in {', '.join(map(str, ENGINES))} (set TWIN_ENGINES)")
