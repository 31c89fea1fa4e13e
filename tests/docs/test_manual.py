"""The manual builds without a warning and its generated pages hold what the program reads."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="the tools of the manual are not installed")
def test_the_manual_builds_without_a_warning(tmp_path: Path):
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    text = {path.stem: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    assert "twin engines install" in text["cli"]
    assert "diameter_mm" in text["water"]
    assert "积水深度" in text["scenario"]
    assert not [name for name, page in text.items() if "<!-- table of" in page]
