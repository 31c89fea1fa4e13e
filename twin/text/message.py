"""Lazy translated strings: an English sentence with parameters, put into a language when it is shown."""

from __future__ import annotations

import gettext
import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")
_CATALOGUES = Path(__file__).parent / "locales"
_chosen: ContextVar[str | None] = ContextVar("language", default=None)


def language() -> str:
    """The language in use: the one chosen, else `TWIN_LANG`, else the locale's, else English."""
    wish = _chosen.get() or os.environ.get("TWIN_LANG") or _locale_language()
    return "zh" if wish.lower().startswith(("zh", "chinese")) else "en"


def _locale_language() -> str:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        if value := os.environ.get(variable):
            return value
    return locale.getlocale()[0] or "en"


@contextmanager
def use_language(name: str | None) -> Iterator[None]:
    """Show everything inside the block in language `name` ("en" or "zh"); None changes nothing."""
    token = _chosen.set(name or _chosen.get())
    try:
        yield
    finally:
        _chosen.reset(token)


@cache
def _catalogue(name: str) -> gettext.NullTranslations:
    return gettext.translation("twin", _CATALOGUES, [name], fallback=name == "en")


@dataclass(frozen=True)
class Message:
    """A sentence (its English text is the message id) and the values it names."""

    text: str
    params: dict[str, object] = field(default_factory=dict)
    plural: str = ""
    count: int = 1

    def __str__(self) -> str:
        catalogue = _catalogue(language())
        if self.plural:
            template = catalogue.ngettext(self.text, self.plural, self.count)
        else:
            template = catalogue.gettext(self.text) if self.text else ""
        return template.format(**self.params) if self.params else template


def _(text: str, **params: object) -> Message:
    """The translatable sentence `text` with its parameters."""
    return Message(text, params)


def plural(one: str, many: str, count: int, **params: object) -> Message:
    """`one` or `many`, by `count` (given to the sentence as `{count}`)."""
    return Message(one, {"count": count, **params}, many, count)


def N_(text: str) -> str:  # noqa: N802 (gettext's customary name)
    """Mark `text` for the catalogue without translating it here."""
    return text
