"""Says when kernels are compiled: once per machine, at the first solve or by `twin warmup`."""

from __future__ import annotations

from contextlib import AbstractContextManager

from twin.cli import screen
from twin.physics.compilation import Compilation
from twin.physics.compilation import watched as watch
from twin.text import _


def watched() -> AbstractContextManager[Compilation]:
    """Announce the first compilation inside the block."""
    return watch(lambda: screen.note(_("Compiling kernels; this happens once per machine ...")))
