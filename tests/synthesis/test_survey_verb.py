"""`twin synth` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from twin.cli import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        raise SystemExit(main(list(arguments)))
    return int(left.value.code or 0)


def test_what_was_made_is_told_as_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "raw"
    assert run("synth", "--area", "2", "--defects", "0.01", "-o", str(folder), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    rows = sum(len(path.read_bytes().splitlines()) - 1 for path in folder.glob("*POINT.csv"))
    assert told["points"] == rows
    listed = len((folder / "defects.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert sum(told["violations"].values()) == listed


@pytest.mark.core
@pytest.mark.parametrize(("option", "value"), [("--area", "0"), ("--defects", "0.5"), ("--seed", "-3")])
def test_a_number_out_of_range_ends_with_two(option: str, value: str, tmp_path: Path):
    assert run("synth", option, value, "-o", str(tmp_path / "raw")) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.core
def test_a_folder_that_exists_ends_with_two(tmp_path: Path):
    assert run("synth", "--area", "2", "-o", str(tmp_path)) == 2
    assert not list(tmp_path.iterdir())
