"""Says when kernels are compiled: once per machine, at the first solve or by `twin warmup`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from twin.cli import screen
from twin.text import _


@dataclass
class Compilation:
    """What was compiled while it was watched."""

    count: int = 0
    depth: int = 0
    began: float = 0.0
    seconds: float = 0.0
    announce: bool = True

    def start(self) -> None:
        """A kernel begins to compile; kernels that it calls are compiled inside."""
        if self.announce and not self.count:
            screen.note(_("Compiling kernels; this happens once per machine ..."))
        if not self.depth:
            self.began = time.perf_counter()
        self.count += 1
        self.depth += 1

    def end(self) -> None:
        """A kernel is compiled."""
        self.depth -= 1
        if not self.depth:
            self.seconds += time.perf_counter() - self.began


@contextmanager
def watched(*, announce: bool = True) -> Iterator[Compilation]:
    """Count the compilations inside the block, and announce the first one."""
    from numba.core import event

    found = Compilation(announce=announce)

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            found.start()

        def on_end(self, event: Any) -> None:
            found.end()

    with event.install_listener("numba:compile", Listener()):
        yield found
