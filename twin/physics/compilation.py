"""Watching kernels compile: it happens once per machine and takes seconds, so the user is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class Compilation:
    """What was compiled while it was watched; `first` is called before the first kernel."""

    first: Callable[[], None]
    count: int = 0
    seconds: float = 0.0
    _depth: int = 0
    _began: float = 0.0

    def start(self) -> None:
        """A kernel begins to compile; the kernels that it calls are compiled inside."""
        if not self.count:
            self.first()
        if not self._depth:
            self._began = time.perf_counter()
        self.count += 1
        self._depth += 1

    def end(self) -> None:
        """A kernel is compiled."""
        self._depth -= 1
        if not self._depth:
            self.seconds += time.perf_counter() - self._began


@contextmanager
def watched(first: Callable[[], None] = lambda: None) -> Iterator[Compilation]:
    """Count what is compiled inside the block; kernels that come from the disk cache do not count."""
    from numba.core import event

    found = Compilation(first)

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            found.start()

        def on_end(self, event: Any) -> None:
            found.end()

    with event.install_listener("numba:compile", Listener()):
        yield found
