"""Ctrl-C during a run: noticed between two events, where nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Progress = Callable[[float, float], None]


@contextmanager
def between_events(progress: Progress | None) -> Iterator[Progress]:
    """A progress function that raises KeyboardInterrupt when Ctrl-C was pressed since it was last called.

    A second Ctrl-C interrupts at once. Outside the main thread, which alone gets signals, and where the
    caller handles SIGINT himself, only `progress` is called.
    """
    pressed = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def watched(now: float, end: float) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        if progress is not None:
            progress(now, end)

    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield watched
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield watched
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
