"""Shared fixtures; the file `reference-data` says where third-party reference data lie."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from twin.verify.environment import EngineError, interpreter, place

ROOT = Path(__file__).resolve().parent.parent
PLACE = (ROOT / "tests" / "reference-data").read_text(encoding="utf-8").strip()
DATA = (ROOT / os.environ.get("TWIN_DATA", PLACE)).resolve()


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


def pytest_configure() -> None:
    """A shell's background jobs ignore Ctrl-C, and so would the runs that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
