"""Places to write to: none outside, none half written, none that is someone else's."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Ask
from tests.io.spoiling import listing
from twin import api
from twin.errors import DatasetError
from twin.io.city import read_city
from twin.io.runs import RunWriter, open_run


@pytest.mark.parametrize("name", ["../../escape", "/tmp/escape", "a\\..\\b", "..", "con: x"])
def test_a_new_scenario_is_written_beside_and_nowhere_else(ask: Ask, tmp_path: Path, name: str):
    assert ask("new", "scenario", name).code == 0
    (written,) = tmp_path.iterdir()
    assert written.suffix == ".yaml"
    assert not set("\\/:") & set(written.name)
    assert ask("check", written).code == 0


def test_a_run_folder_is_named_after_the_file_alone(ask: Ask, tmp_path: Path):
    (tmp_path / "deep").mkdir()
    drill = (api.SCENARIOS / "drills" / "pump-blackout.yaml").read_text(encoding="utf-8")
    (tmp_path / "deep" / "a.yaml").write_text(drill.replace("drill: ", "drill: ../../x "), encoding="utf-8")
    assert ask("run", "deep/a.yaml", "--no-report").code == 0
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["a-1"]


@pytest.mark.core
def test_an_output_that_is_a_file_or_no_run_is_refused(ask: Ask, tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("mine")
    before = listing(tmp_path)
    for place in ("file", "file/below", "folder"):
        for more in ((), ("--overwrite",)):
            answer = ask("run", "pump-blackout", "-o", place, *more)
            assert answer.code == 2
            assert place in answer.err
            assert "Traceback" not in answer.said
    assert listing(tmp_path) == before


def test_overwriting_a_run_replaces_it_whole(ask: Ask, drill: Path, tmp_path: Path):
    shutil.copytree(drill, tmp_path / "out")
    (tmp_path / "out" / "stale.html").write_text("old")
    assert ask("run", "pump-blackout", "-o", "out", "--overwrite", "--no-report").code == 0
    assert not (tmp_path / "out" / "stale.html").exists()
    assert open_run(tmp_path / "out").summary["status"] == "done"


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, where the tests may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    mounted = os.name == "posix" and Path("/bin/mount").exists()
    if not mounted or subprocess.run(command, capture_output=True, check=False).returncode:
        yield place
        return
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def is_mounted(place: Path) -> bool:
    return os.path.ismount(place)


def test_a_full_disk_at_the_beginning_leaves_nothing(ask: Ask, mount: Path, monkeypatch: pytest.MonkeyPatch):
    if is_mounted(mount):
        (mount / "ballast").write_bytes(bytes(64 * 1024))
    else:
        monkeypatch.setattr("twin.io.runs.write_text", full)
    before = listing(mount)
    answer = ask("run", "pump-blackout", "-o", mount / "out")
    assert answer.code == 2
    assert "cannot be written" in answer.err
    assert "Traceback" not in answer.said
    assert listing(mount) == before


def full(*_arguments: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_fills_up_ends_the_run_with_3_and_keeps_what_was_flushed(
    ask: Ask, mount: Path, monkeypatch: pytest.MonkeyPatch
):
    if not is_mounted(mount):
        monkeypatch.setattr("twin.io.runs.RunWriter.result", full)
    answer = ask("run", "pump-blackout", "-o", mount / "out", "--set", "duration=2000 h")
    assert answer.code == 3
    assert "cannot be written any more" in answer.err
    assert "Traceback" not in answer.said
    assert (mount / "out" / "run.json").is_file()


def test_a_city_does_not_appear_half_on_a_full_disk(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    loaded = api.load_city(city)
    monkeypatch.setattr("twin.io.city.write_manifest", full)
    before = listing(tmp_path)
    with pytest.raises(DatasetError, match="cannot be written"):
        api.save_city(loaded, tmp_path / "copy")
    assert listing(tmp_path) == before


def test_a_read_only_folder_is_refused(ask: Ask, mount: Path, monkeypatch: pytest.MonkeyPatch):
    if is_mounted(mount):
        subprocess.run(["mount", "-o", "remount,ro", str(mount)], check=True)
    else:
        mount.chmod(0o555)
    try:
        for arguments in (("run", "pump-blackout"), ("import", "epanet", "x.inp")):
            answer = ask(*arguments, "-o", mount / "out")
            assert answer.code == 2
            assert "Traceback" not in answer.said
    finally:
        mount.chmod(0o755) if not is_mounted(mount) else None
    assert listing(mount) == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [("run.json", b"{"), ("run.json", b"[]"), ("summary.json", b"no"), ("journal.parquet", b"PAR1junkPAR1"),
     ("run.json", b"\xff")],
)  # fmt: skip
def test_a_damaged_run_folder_is_refused(ask: Ask, tmp_path: Path, name: str, content: bytes):
    writer = RunWriter(tmp_path / "out", {"city": "quarter"})
    writer.seal({"status": "done"})
    (tmp_path / "out" / name).write_bytes(content)
    for verb in ("show", "report"):
        answer = ask(verb, tmp_path / "out")
        assert answer.code == 2, answer.said
        assert "Traceback" not in answer.said


def test_an_unreadable_table_of_a_city_is_a_finding(city: Path, monkeypatch: pytest.MonkeyPatch):
    def unreadable(_path: Path, *_rest: object, **_more: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", unreadable)
    with pytest.raises(DatasetError, match="cannot be read \\(Permission denied\\)"):
        read_city(city, {})
