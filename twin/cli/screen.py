"""What is printed: data on stdout, everything else on stderr; tables, findings, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from twin.cli.settings import settings

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from twin.model.finding import Finding

PIPE_WIDTH = 200
"""Columns of a line where the output is no terminal."""


def console(*, stderr: bool = False) -> Console:
    """A console that takes texts as they are: no markup, no highlighting; honours NO_COLOR."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width, soft_wrap=False)


def say(text: object) -> None:
    """A sentence for the reader of the result; silent under `--quiet` and `--json`."""
    if not (settings().quiet or settings().json):
        print(text)  # noqa: T201 (what a command line is for)


def note(text: object) -> None:
    """A remark beside the result, on stderr; silent under `--quiet`."""
    if not settings().quiet:
        print(text, file=sys.stderr)  # noqa: T201 (what a command line is for)


def data(value: Any) -> None:
    """The result as JSON on stdout."""
    text = json.dumps(_plain(value), ensure_ascii=False, indent=1, allow_nan=False)
    sys.stdout.write(text + "\n")


def table(
    rows: Iterable[Sequence[object]], headings: Sequence[object], *, numbers: Sequence[int] = ()
) -> None:
    """A table on stdout; columns listed in `numbers` stand right-aligned. Nothing is cut off.

    Without headings it is a plain list of names and what they stand for.
    """
    if settings().quiet or settings().json:
        return
    from rich.table import Table
    from rich.text import Text

    result = Table(box=None, pad_edge=False, header_style="bold", show_header=bool(headings))
    for index, heading in enumerate(headings):
        result.add_column(
            Text(str(heading)), justify="right" if index in numbers else "left", overflow="fold"
        )
    for row in rows:
        result.add_row(*(Text(str(cell)) for cell in row))
    console().print(result)


def show(drawing: RenderableType) -> None:
    """A drawing of Rich on stdout."""
    if not (settings().quiet or settings().json):
        console().print(drawing)


def findings(found: Iterable[Finding]) -> None:
    """Findings on stderr, one a line."""
    from rich.text import Text

    lines = console(stderr=True)
    for finding in found:
        error = str(finding.severity) == "error"
        mark = Text(severity(finding), style="bold red" if error else "yellow")
        lines.print(mark + Text(str(finding)), soft_wrap=True)


@cache
def _severities() -> Mapping[str, object]:
    from twin.text import _

    return {"error": _("error: "), "warning": _("warning: ")}


def severity(finding: Finding) -> str:
    """How bad a finding is, in the language in use."""
    return str(_severities()[str(finding.severity)])


def complain(message: object, found: Sequence[Finding] = ()) -> None:
    """An error with its findings: on stderr, and as JSON on stdout under `--json`."""
    if settings().json:
        data({"error": str(message), "findings": [finding.record() for finding in found]})
        return
    from rich.text import Text

    console(stderr=True).print(Text(str(message), style="red"), soft_wrap=True)
    findings(found)


def _plain(value: Any) -> Any:
    """`value` with only what JSON knows: NaN and infinities become null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry) for entry in value]
    if hasattr(value, "item") and hasattr(value, "dtype"):
        return _plain(value.item())
    if isinstance(value, float):
        return value if value - value == 0 else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
