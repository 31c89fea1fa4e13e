"""What a waiting user sees: a bar or a spinner on the terminal once a job takes over two seconds."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from twin.cli import screen
from twin.cli.settings import settings

PATIENCE_S = 2.0

Report = Callable[[float], None]


@contextmanager
def progress(title: object) -> Iterator[Report]:
    """A bar; the function it gives takes the share of the work that is done, 0 to 1."""
    if not _watched():
        yield lambda share: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=screen.console(stderr=True), transient=True)
    task = bar.add_task(str(title), total=1.0)
    with _later(bar.start, bar.stop):
        yield lambda share: bar.update(task, completed=share)


@contextmanager
def working(title: object) -> Iterator[None]:
    """A spinner for work without a measure."""
    if not _watched():
        yield
        return
    status = screen.console(stderr=True).status(str(title))
    with _later(status.start, status.stop):
        yield


def _watched() -> bool:
    return sys.stderr.isatty() and not settings().quiet


@contextmanager
def _later(start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    timer = threading.Timer(PATIENCE_S, start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        stop()
