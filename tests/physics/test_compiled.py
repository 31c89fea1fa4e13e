"""Machine code is kept only while what it was made of is unchanged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTER = """
from inner import factor
from twin.physics.compiled import compiled

@compiled
def scaled(x: float) -> float:
    return factor() * x

if __name__ == "__main__":
    import outer
    print(outer.scaled(1.0))
"""
INNER = """
from twin.physics.compiled import compiled

@compiled
def factor() -> float:
    return {value}
"""


def test_a_change_in_a_called_file_is_noticed_by_the_caller(tmp_path: Path):
    (tmp_path / "outer.py").write_text(OUTER, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for value in ("2.0", "3.0"):
        (tmp_path / "inner.py").write_text(INNER.format(value=value), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(tmp_path / "outer.py")],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == value


@pytest.mark.core
def test_the_stamp_depends_on_names_and_contents(tmp_path: Path):
    from twin.physics.compiled import source_stamp

    stamps = set()
    for name, text in (("a", "x = 1"), ("a", "x = 2"), ("b", "x = 2")):
        folder = tmp_path / str(len(stamps))
        folder.mkdir()
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        stamps.add(source_stamp(folder))
    assert len(stamps) == 3
