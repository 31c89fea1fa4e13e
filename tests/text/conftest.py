from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.conftest import ROOT

SOURCE = ROOT / "twin" / "text" / "locales" / "zh" / "LC_MESSAGES" / "twin.po"


@pytest.fixture(scope="session")
def messages() -> ModuleType:
    """What `make messages` runs."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / ".ci" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def template(messages: ModuleType) -> Catalog:
    """Every sentence that the code says."""
    return messages.extracted()


@pytest.fixture(scope="session")
def chinese() -> Catalog:
    """The Chinese catalogue as it is written."""
    with SOURCE.open("rb") as file:
        return read_po(file)


@pytest.fixture
def compiled(messages: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of catalogues freshly compiled by the build's own function, and in use."""
    import shutil

    from twin.text import message

    folder = tmp_path / "twin" / "text" / "locales"
    shutil.copytree(SOURCE.parents[2], folder, ignore=shutil.ignore_patterns("*.mo"))
    messages.compile_catalogues(tmp_path)
    monkeypatch.setattr(message, "_CATALOGUES", folder)
    message._catalogue.cache_clear()
    yield folder
    message._catalogue.cache_clear()
