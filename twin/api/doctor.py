"""Whether this machine has what twin needs: looked at one by one, each with what to do about it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from twin import errors
from twin.text import Message, _
from twin.text.message import LANGUAGES, use_language

Verdict = Literal["ok", "advice", "broken"]
DISTRIBUTION = "lifeline-twin"
ROOM_BYTES = 2_000_000_000
"""Free space below which a run may not fit."""
PHYSICS = Path(__file__).parent.parent / "physics"


@dataclass(frozen=True)
class Examination:
    """One thing looked at: `broken` where twin cannot work without it, `advice` where a part of it cannot."""

    name: Message
    verdict: Verdict
    finding: object
    remedy: object = ""

    def record(self) -> dict[str, str]:
        """As texts."""
        return {"name": str(self.name), "verdict": self.verdict, "finding": str(self.finding),
                "remedy": str(self.remedy)}  # fmt: skip


def examine() -> Iterator[Examination]:
    """Everything, in order; things that take long come one by one."""
    looks: tuple[Callable[[], Iterator[Examination]], ...] = (
        _python, _packages, _drawing, _engines, _kernels, _languages, _font, _disk,
    )  # fmt: skip
    for look in looks:
        yield from look()


def _python() -> Iterator[Examination]:
    version = platform.python_version()
    fits = sys.version_info >= (3, 11)
    yield Examination(_("Python"), "ok" if fits else "broken", f"{version}, {sys.executable}",
                      "" if fits else _("install Python 3.11 or later"))  # fmt: skip


def _packages() -> Iterator[Examination]:
    found, missing = [], []
    for name in _required():
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        remedy = _("pip install {names}", names=" ".join(missing))
        yield Examination(_("Packages"), "broken", _("missing: {names}", names=", ".join(missing)), remedy)
    yield Examination(_("Packages"), "ok", ", ".join(found))


def _required() -> list[str]:
    """Names of the distributions that the core of twin needs."""
    try:
        lines = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines if "extra ==" not in line)
    return [name.group() for name in names if name]


def _drawing() -> Iterator[Examination]:
    from twin.views.scene import rendering

    if not rendering.installed():
        yield Examination(_("Drawing"), "advice", _("PyVista is not installed"), rendering.remedy())
        return
    found = rendering.trials()
    tried = "; ".join(f"{each.window or 'VTK'}: {each.problem}" for each in found if each.problem)
    drew = next((each for each in found if not each.problem), None)
    if drew is None:
        yield Examination(
            _("Drawing"), "advice", _("nothing draws ({tried})", tried=tried), rendering.remedy()
        )
    else:
        version = importlib.metadata.version("pyvista")
        yield Examination(_("Drawing"), "ok", f"PyVista {version}, {drew.made}, {drew.renderer}")
    if rendering.display():
        yield Examination(_("Display"), "ok", os.environ.get("DISPLAY") or sys.platform)
    else:
        yield Examination(_("Display"), "advice", _("there is none: no windows, pictures only"),
                          _("write pictures with 'twin view CITY --screenshot FILE.png'"))  # fmt: skip


def _engines() -> Iterator[Examination]:
    from twin.verify import environment

    place = environment.place()
    try:
        versions = environment.versions(place)
    except errors.TwinError as error:
        yield Examination(_("Reference engines"), "advice", error, _("twin engines install"))
        return
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    yield Examination(_("Reference engines"), "ok", f"{place}: {told}")


def _kernels() -> Iterator[Examination]:
    named = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(named) if named else PHYSICS
    known = sum(1 for _path in folder.rglob("*.nbi")) if folder.is_dir() else 0
    if known:
        yield Examination(_("Compiled kernels"), "ok", _("{count} in {folder}", count=known, folder=folder))
    elif not os.access(_existing(folder), os.W_OK):
        yield Examination(_("Compiled kernels"), "advice", _("{folder} cannot be written to", folder=folder),
                          _("set NUMBA_CACHE_DIR to a folder of your own"))  # fmt: skip
    else:
        yield Examination(_("Compiled kernels"), "advice", _("none yet: the first run compiles them"),
                          _("twin warmup"))  # fmt: skip


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.absolute().parents) if each.exists())


def _languages() -> Iterator[Examination]:
    lacking = []
    for name in LANGUAGES:
        try:
            with use_language(name):
                str(_("Languages"))
        except OSError:
            lacking.append(name)
    if lacking:
        remedy = _("install twin again: the texts of {names} are missing", names=", ".join(lacking))
        yield Examination(_("Languages"), "broken", _("missing: {names}", names=", ".join(lacking)), remedy)
    else:
        yield Examination(_("Languages"), "ok", ", ".join(LANGUAGES))


def _font() -> Iterator[Examination]:
    from twin.views.fonts import FONT

    if FONT.is_file():
        yield Examination(_("Font"), "ok", FONT.name)
    else:
        yield Examination(_("Font"), "advice", _("{path} is missing", path=FONT), _("install twin again"))


def _disk() -> Iterator[Examination]:
    free: Any = shutil.disk_usage(Path.cwd()).free
    told = _("{count} GB free in {folder}", count=f"{free / 1e9:.1f}", folder=Path.cwd())
    scarce = free < ROOM_BYTES
    yield Examination(_("Disk"), "advice" if scarce else "ok", told,
                      _("make room, or work elsewhere") if scarce else "")  # fmt: skip
