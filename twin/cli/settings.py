"""What the user wished for every verb: language, JSON, silence, tracebacks, strictness."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import Annotated

import typer

from twin.text import N_

PANEL = N_("Everywhere")
LANGUAGES = ("en", "zh")

Lang = Annotated[
    str | None,
    typer.Option("--lang", help=N_("Language: en or zh."), rich_help_panel=PANEL, metavar="en|zh"),
]
Json = Annotated[bool, typer.Option("--json", help=N_("Print JSON."), rich_help_panel=PANEL)]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help=N_("Print nothing but errors."), rich_help_panel=PANEL)
]
Debug = Annotated[
    bool, typer.Option("--debug", help=N_("Show the traceback of an error."), rich_help_panel=PANEL)
]
Strict = Annotated[
    bool, typer.Option("--strict", help=N_("Treat warnings as errors."), rich_help_panel=PANEL)
]


@dataclass(frozen=True)
class Settings:
    """The options that every verb has."""

    lang: str | None = None
    json: bool = False
    quiet: bool = False
    debug: bool = False
    strict: bool = False

    def __or__(self, other: Settings) -> Settings:
        """What either of both asks for."""
        return Settings(**{f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(self)})


ANNOTATIONS = {"lang": Lang, "json": Json, "quiet": Quiet, "debug": Debug, "strict": Strict}
_current: ContextVar[Settings] = ContextVar("settings", default=Settings())  # noqa: B039 (frozen)


def settings() -> Settings:
    """The settings in use."""
    return _current.get()


def use(wished: Settings) -> None:
    """Add wishes to the settings in use."""
    _current.set(_current.get() | wished)


def reset() -> None:
    """Forget all wishes."""
    _current.set(Settings())
