"""Why a text is refused: a sentence, a remedy and the place in the text."""

from __future__ import annotations

from collections.abc import Iterable

from twin.drills import words
from twin.text import Message, _

CHOICES_SHOWN = 12


class RefusedError(ValueError):
    """A text that says nothing the language knows; `at` is the offset where it goes wrong.

    For a mapping whose keys do not go together, `key` names the offending one ("" for the whole mapping).
    """

    def __init__(
        self, problem: Message, remedy: Message, at: int = 0, rule: str = "text", key: str = ""
    ) -> None:
        super().__init__(str(problem))
        self.problem, self.remedy, self.at, self.rule, self.key = problem, remedy, at, rule, key


def instead_of(word: str, choices: Iterable[str]) -> Message:
    """The remedy for an unknown `word`: the choice most like it, else the choices."""
    known = tuple(choices)
    if near := words.nearest(word, known):
        return _("did you mean {near}?", near=near)
    if not known:
        return _("there is none to choose from")
    shown = ", ".join(known[:CHOICES_SHOWN]) + (", ..." if len(known) > CHOICES_SHOWN else "")
    return _("use one of {choices}", choices=shown)
