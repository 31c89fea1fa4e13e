"""Every command and every Python example of README and the manual works and prints what it says."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DATA
from tests.docs.pages import ROOT, Block, blocks, pages
from twin.cli import main
from twin.verify.environment import EngineError, interpreter, place
from twin.views.scene import rendering

PAGES = [page for page in pages() if blocks(page)]
TARGETS = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def has_engines() -> bool:
    try:
        interpreter(place())
    except EngineError:
        return False
    return True


def draws() -> bool:
    try:
        rendering.prepare()
    except rendering.RenderingError:
        return False
    return True


def missing(needed: str) -> bool:
    """Whether what a block needs is not on this machine."""
    here = {"data": DATA.is_dir, "engines": has_engines, "drawing": draws}
    return not all(here[name]() for name in needed.replace(",", " ").split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_example_of_the_page_works(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWIN_DATA", str(DATA.resolve()))
    monkeypatch.setenv("TWIN_LANG", "en")
    names: dict[str, object] = {"__name__": "__example__"}
    left_out = []
    for block in blocks(page):
        if missing(block.notes.get("needs", "")):
            left_out.append(f"line {block.line} needs {block.notes['needs']}")
        elif "file" in block.notes:
            save(block, tmp_path)
        elif "not run" in block.notes:
            assert block.notes["not run"], f"line {block.line}: say why"
        elif block.language == "python":
            run_python(block, page, names)
        else:
            run_commands(block, page)
    if left_out:
        pytest.skip("; ".join(left_out))


def save(block: Block, folder: Path) -> None:
    """Save a block under the name that its note gives."""
    path = folder / block.notes["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")


def run_python(block: Block, page: Path, names: dict[str, object]) -> None:
    """Run a Python example with the names that earlier ones of its page made."""
    code = "\n" * block.line + block.text
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, str(page), "exec"), names)


def run_commands(block: Block, page: Path) -> None:
    """Run the commands of a block one after the other and look at what they print."""
    commands = list(block.commands())
    assert commands, f"{page.name}:{block.line} has no command"
    for number, (command, expected) in enumerate(commands, start=1):
        where = f"{page.name}:{block.line}: {command}"
        if "make" in block.notes:
            words = shlex.split(command, comments=True)
            assert words[0] == "make" and words[1] in TARGETS, where
            continue
        code, printed = run_command(command)
        wanted = int(block.notes.get("exits", 0)) if number == len(commands) else 0
        assert code == wanted, f"{where}\nleft with {code}:\n{printed}"
        if "shows" in block.notes:
            look_for(expected, printed, where)


def run_command(command: str) -> tuple[int, str]:
    """Exit code and output of a command; `twin` runs in this process."""
    words = shlex.split(os.path.expandvars(command), comments=True)
    if words[0] != "twin":
        done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)
        return done.returncode, done.stdout + done.stderr
    words, target = redirected(words[1:])
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(words)
    if target is not None:
        target.write_text(out.getvalue(), encoding="utf-8")
    return code, out.getvalue()


def redirected(words: list[str]) -> tuple[list[str], Path | None]:
    """The words before `>` and the file after it."""
    if ">" not in words:
        return words, None
    cut = words.index(">")
    return words[:cut], Path(words[cut + 1])


def look_for(expected: str, printed: str, where: str) -> None:
    """Every line of `expected` is printed, in this order; `...` stands for anything, blanks do not count."""
    rest = [" ".join(line.split()) for line in printed.splitlines()]
    for line in expected.splitlines():
        pattern = re.escape(" ".join(line.split())).replace(re.escape("..."), ".*")
        if pattern in ("", ".*"):
            continue
        found = next((at for at, text in enumerate(rest) if re.fullmatch(pattern, text)), None)
        assert found is not None, f"{where}\ndoes not print\n  {line}\nbut\n{printed}"
        rest = rest[found + 1 :]


@pytest.mark.core
def test_every_block_says_what_language_it_is_in():
    for page in pages():
        text = page.read_text(encoding="utf-8")
        openings = re.findall(r"^[ ]*```(.*)$", text, re.MULTILINE)[::2]
        assert all(openings), f"{page.name} has a block without a language"


@pytest.mark.core
@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_link_of_the_front_pages_leads_somewhere(name: str):
    """Those of the manual are looked at when it is built."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text(encoding="utf-8"))
    assert not [target for target in targets if not (ROOT / target).exists()]


def test_a_wrong_promise_is_noticed():
    with pytest.raises(AssertionError, match="does not print"):
        look_for("one\n...\nthree", "one\ntwo\n", "here")
    with pytest.raises(AssertionError, match="left with 2"):
        run_commands(Block("console", "$ twin show nowhere\n", 1, {}), ROOT / "README.md")


def test_the_manual_runs_on_this_interpreter():
    assert run_command(f'"{sys.executable}" --version')[0] == 0
