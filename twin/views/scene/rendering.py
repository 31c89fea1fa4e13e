"""Whether pictures can be drawn here, and by what.

VTK ends the interpreter with a segmentation fault where OpenGL libraries are missing. So a child process
tries first; ours imports VTK only after the child has drawn something.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from twin.errors import TwinError
from twin.text import Message, _

VARIABLE = "VTK_DEFAULT_OPENGL_WINDOW"
"""What VTK reads when it makes its first window."""
EGL, OSMESA, X11 = "vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow", "vtkXOpenGLRenderWindow"
PACKAGES = {EGL: "libegl1 libegl-mesa0 libgl1-mesa-dri", OSMESA: "libosmesa6"}
"""Debian packages that each way without a display needs."""
PATIENCE_S = 60.0
TRIAL = """
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow
import vtkmodules.vtkRenderingOpenGL2
window, renderer = vtkRenderWindow(), vtkRenderer()
window.SetOffScreenRendering(1)
window.SetSize(16, 16)
renderer.SetBackground(0.0, 1.0, 0.0)
window.AddRenderer(renderer)
window.Render()
lines = [line for line in window.ReportCapabilities().splitlines() if "renderer string" in line.lower()]
print("drawn by", window.GetClassName(), "|", lines[0].split(":", 1)[1].strip() if lines else "")
"""
"""What the child runs."""

Try = Callable[[str], "Trial"]


class RenderingError(TwinError):
    """No picture can be drawn on this machine as it is."""


@dataclass(frozen=True)
class Trial:
    """What one way of drawing came to: the window class asked for ("" for VTK's own choice), and the answer.

    `renderer` is the name of the OpenGL renderer; `problem` says why there was no picture ("" if there was).
    """

    window: str
    made: str = ""
    renderer: str = ""
    problem: str = ""


def attempt(window: str) -> Trial:
    """Draw a small picture in a child process, with the window class `window`."""
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    if window:
        environment[VARIABLE] = window
    try:
        done = subprocess.run(
            [sys.executable, "-c", TRIAL],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Trial(window, problem=str(_("gave no answer in {count} s", count=int(PATIENCE_S))))
    said = [line for line in done.stdout.splitlines() if line.startswith("drawn by ")]
    if done.returncode == 0 and said:
        made, _bar, renderer = said[-1].removeprefix("drawn by ").partition(" | ")
        return Trial(window, made.strip(), renderer.strip())
    if done.returncode < 0:
        return Trial(window, problem=str(_("ended by signal {number}", number=-done.returncode)))
    last = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return Trial(window, problem=last[-1][:200] if last else f"{done.returncode}")


def ways() -> Sequence[str]:
    """The window classes to try, the best first: what the user asked for, a display, EGL, OSMesa."""
    asked = os.environ.get(VARIABLE)
    if asked:
        return (asked,)
    if not sys.platform.startswith("linux"):
        return ("",)
    return (*([X11] if display() else []), EGL, OSMESA)


def display() -> bool:
    """Whether a window can be shown to somebody."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY"))


def trials(attempt_: Try = attempt) -> tuple[Trial, ...]:
    """What came of each way, up to the first that draws."""
    found: list[Trial] = []
    for window in ways():
        found.append(attempt_(window))
        if not found[-1].problem:
            break
    return tuple(found)


def installed() -> bool:
    """Whether PyVista is there."""
    return importlib.util.find_spec("pyvista") is not None


def remedy() -> Message:
    """What to install so that pictures can be drawn."""
    if not installed():
        return _("install the extra 'view': pip install 'lifeline-twin[view]'")
    return _(
        "on Debian or Ubuntu: sudo apt-get install {egl} (or {osmesa})",
        egl=PACKAGES[EGL],
        osmesa=PACKAGES[OSMESA],
    )


def working(found: Sequence[Trial]) -> Trial:
    """The trial that drew.

    Raises
    ------
    RenderingError
        Where none did, with what was tried and what to install.
    """
    for trial in found:
        if not trial.problem:
            return trial
    tried = "; ".join(f"{trial.window or 'VTK'}: {trial.problem}" for trial in found)
    raise RenderingError(_("no picture can be drawn here ({tried}); {remedy}", tried=tried, remedy=remedy()))


@cache
def prepare() -> Trial:
    """Choose the way to draw and tell VTK, before it is imported.

    Raises
    ------
    RenderingError
        Where PyVista is missing or nothing draws.
    """
    if not installed():
        raise RenderingError(_("drawing needs PyVista; {remedy}", remedy=remedy()))
    chosen = working(trials())
    if chosen.window:
        os.environ[VARIABLE] = chosen.window
    return chosen


def pyvista() -> Any:
    """PyVista, once it is known that it can draw; RenderingError where it cannot."""
    prepare()
    return import_module("pyvista")
