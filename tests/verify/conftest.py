"""Fixtures of the tests that ask the reference engines by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def engines(engines: Path) -> str:
    """The folder of the reference engines."""
    return str(engines.parent.parent)
