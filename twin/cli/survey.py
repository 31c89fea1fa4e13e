"""What the terminal shows of a census: its findings by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.cli import screen, wait
from twin.cli.boundary import BAD_INPUT
from twin.cli.settings import settings
from twin.text import _, language, plural


def check(
    path: Path, output: Path | None, overwrite: bool, rules: Sequence[str], without: Sequence[str]
) -> int:
    """Check a census and show the findings by rule; 2 where one of them is an error."""
    from twin import api

    with wait.progress(_("Checking {name}", name=path)) as bar:
        _found, summary = api.check_survey(
            path, output, rules=rules, without=without, overwrite=overwrite, report=bar
        )
    blocked = bool(summary["errors"] or (settings().strict and summary["warnings"]))
    if settings().json:
        screen.data({"checked": str(path), "usable": not blocked, **summary})
        return BAD_INPUT if blocked else 0
    _show(path, summary)
    if output is not None:
        screen.say(_("Findings: {folder}", folder=output))
    return BAD_INPUT if blocked else 0


def _show(path: Path, summary: Mapping[str, Any]) -> None:
    told = "text_zh" if language() == "zh" else "text"
    rows = [(one["rule"], one[told], one["errors"], one["warnings"]) for one in summary["rules"]]
    if rows:
        headings = (_("rule"), _("what is wrong"), _("errors"), _("warnings"))
        screen.table(rows, headings, numbers=(2, 3))
    bad = plural("{count} error", "{count} errors", summary["errors"])
    doubtful = plural("{count} warning", "{count} warnings", summary["warnings"])
    screen.say(_("{name}: {errors}, {warnings}", name=path, errors=bad, warnings=doubtful))
    if summary["score"] is not None:
        screen.say(_("Score: {score} of 100", score=f"{100 * summary['score']:.2f}"))
