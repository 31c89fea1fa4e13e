"""The texts that Typer brings along, in the language in use."""

from __future__ import annotations

import gettext
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twin.text import N_, Message, _, language

TEXTS = (
    N_("[OPTIONS]"),
    N_("COMMAND [ARGS]..."),
    N_("Options"),
    N_("Arguments"),
    N_("Commands"),
    N_("[default: {}]"),
    N_("[env var: {}]"),
    N_("[required]"),
    N_("Missing command."),
    N_("Show this message and exit."),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
"""Its own message ids; those that it passes through gettext are found in our catalogue."""
USAGE = N_("Usage: ")
"""How a usage line begins; fixed in Typer."""

REASONS = (
    (r"Got unexpected extra argument\(s\) \((?P<what>.*)\)", N_("it takes no further words ({what})")),
    (r"Input should be a valid number.*", N_("give a number")),
    (r"Input should be a valid integer.*", N_("give a whole number")),
    (r"Input should be greater than or equal to (?P<limit>.*)", N_("give at least {limit}")),
    (r"Value error, '(?P<word>.*)' is not one of (?P<choices>.*)\.", N_("use one of {choices}")),
    (
        r"No such command '(?P<name>.*?)'\. Did you mean (?P<near>.*)\?",
        N_("there is no verb {name}; did you mean {near}?"),
    ),
    (r"No such command '(?P<name>.*?)'\.", N_("there is no verb {name}")),
)
"""What it says in English only, and how we say it."""


@contextmanager
def adopted() -> Iterator[None]:
    """Let the texts of Typer come from our catalogue, in the language in use."""
    before, domain = os.environ.get("LANGUAGE"), gettext.textdomain()
    os.environ["LANGUAGE"] = language()
    gettext.bindtextdomain("twin", str(Path(__file__).parent.parent / "text" / "locales"))
    gettext.textdomain("twin")
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if before is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before


def fold_help() -> None:
    """Let help texts break anywhere: Chinese has no blanks, and Typer would cut what does not fit."""
    from typer import rich_utils

    make = rich_utils._make_rich_text
    if getattr(make, "folds", False):
        return

    def folded(**given: Any) -> Any:
        text: Any = make(**given)
        text.overflow = "fold"
        return text

    folded.folds = True  # type: ignore[attr-defined]
    rich_utils._make_rich_text = folded


def usage(original: Callable[[object], str], context: object) -> str:
    """The usage line of a command, as the method `original` writes it, in the language in use."""
    return str(_(USAGE)) + original(context).removeprefix(USAGE)


def reason(text: str) -> Message:
    """What Typer complains about, in our words where they are known."""
    for pattern, template in REASONS:
        if found := re.fullmatch(pattern, text):
            return Message(template, found.groupdict())
    return Message(text)
