"""The words of a scenario file: each English word has one Chinese alias, all in `words.csv`.

Roles keep apart what may share a word: `key`, `verb`, `quantity`, `function`, `preposition`,
`channel`, `value` and `storm`.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files


def table(name: str) -> Iterator[dict[str, str]]:
    """The rows of the table `name` of the language, by column."""
    yield from csv.DictReader(files("twin.drills").joinpath(name).read_text(encoding="utf-8").splitlines())


@cache
def aliases(role: str) -> Mapping[str, str]:
    """The Chinese alias of each English word of `role`, in the order of the table."""
    return {row["english"]: row["chinese"] for row in table("words.csv") if row["role"] == role}


@cache
def _meanings(role: str) -> Mapping[str, str]:
    return {spelt: word for word, alias in aliases(role).items() for spelt in (word, alias)}


def english(word: str, role: str) -> str | None:
    """The English word for `word` (English or Chinese) in `role`, None where it is unknown."""
    return _meanings(role).get(word)


def spelt(word: str, role: str, language: str) -> str:
    """The English `word` of `role` as written in `language` ("en" or "zh")."""
    return aliases(role)[word] if language == "zh" else word


def spellings(role: str) -> tuple[str, ...]:
    """Every spelling of `role`, English and Chinese."""
    return tuple(_meanings(role))


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate most like `word`, "" where none is near; case does not count.

    Of a Chinese word of two characters one may be wrong.
    """
    folded = {candidate.casefold(): candidate for candidate in sorted(candidates, reverse=True)}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6 if word.isascii() else 0.5)
    return folded[near[0]] if near else ""
