"""The summary of a census check: one self-contained HTML page in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.text import language

TEMPLATES = Path(__file__).parent / "templates"
MOST = 200
"""Rows of a table of sheets, surveyors or files."""


def census_summary(summary: Mapping[str, Any], weights: Sequence[float]) -> str:
    """The page of a summary; `weights` are those of a record with an error, and with warnings alone."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    lang = {"zh": "zh-Hans"}.get(language(), "en")
    template = environment.get_template("census_summary.html")
    return template.render(
        s=summary, weights=[f"{one:g}" for one in weights], most=MOST, points=points, lang=lang
    )


def points(score: float | None) -> str:
    """A score as points of a hundred; a dash where there is none."""
    return "—" if score is None else f"{100 * score:.2f}"
