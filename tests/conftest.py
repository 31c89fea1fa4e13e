"""Shared fixtures; the one place that knows where third-party reference data lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from twin.verify.environment import EngineError, interpreter, place

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TWIN_DATA", ROOT.parent / "shared" / "data"))


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
