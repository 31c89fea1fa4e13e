"""The report of a run: one self-contained HTML file."""

from __future__ import annotations

import re
from pathlib import Path

from twin.io.files import write_text
from twin.io.runs import StoredRun
from twin.model.city import City
from twin.text import _, language, use_language
from twin.text.clock import duration, elapsed
from twin.text.events import share
from twin.views.story import Story

TEMPLATES = Path(__file__).parent / "templates"


def write_report(run: StoredRun, city: City, path: Path, lang: str | None = None) -> Path:
    """Write the report of a run to `path`, whole or not at all; `lang` is "en", "zh" or the one in use."""
    write_text(path, report(run, city, lang))
    return path


def report(run: StoredRun, city: City, lang: str | None = None) -> str:
    """The report of a run as HTML text, without any outside reference."""
    with use_language(lang):
        return _render(Story(run, city))


def _render(story: Story) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=_, elapsed=elapsed, duration=duration, share=share)
    environment.filters["tied"] = tied
    words = {"zh": "zh-Hans"}.get(language(), "en")
    return environment.get_template("report.html").render(s=story, lang=words)


def tied(text: str) -> str:
    """A text whose numbers stay on one line with their units."""
    return re.sub(r"(?<=\d) (?=(?:%|s|min|h|d)\b|%)", "\N{NO-BREAK SPACE}", text)
