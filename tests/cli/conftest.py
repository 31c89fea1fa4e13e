from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from twin.cli import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def said(self) -> str:
        return self.out + self.err


Ask = Callable[..., Answer]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ask:
    """`ask("run", "pump-blackout")` types that command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWIN_LANG", "en")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of the bundled drill."""
    from twin import api

    return api.run("pump-blackout", out=tmp_path_factory.mktemp("runs") / "drill").folder


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A copy of the bundled quarter that may be edited."""
    import shutil

    from twin import api

    return Path(shutil.copytree(api.city_folder("quarter"), tmp_path / "quarter"))
