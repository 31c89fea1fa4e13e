"""The words of the grammar as regular expressions, made from the tables of words and units."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from twin import units
from twin.drills import words

_END = r"(?=[\s()（）,，<>=!＜＞＝≥≤≠]|$)"
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_NAME = r"[^\s()（）,，<>=!＜＞＝≥≤≠\"'“”]+"
JOINTS = ("and", "or", "not", "for")


def _one_of(spellings: Iterable[str]) -> str:
    """A pattern for any of `spellings`, the longest first, that ends where a word ends."""
    longest = sorted(spellings, key=lambda text: (-len(text), text))
    return "(?:" + "|".join(re.escape(text).replace(r"\ ", r"\s+") for text in longest) + ")" + _END


def _spelt(role: str, *chosen: str) -> list[str]:
    return [text for word in chosen for text in (word, words.spelt(word, role, "zh"))]


@cache
def terminals() -> dict[str, str]:
    """The pattern of every terminal that comes from a table, by its name in `grammar.lark`."""
    unit = _one_of(units.spellings())
    gathered = {
        "ANY_ALL": _spelt("function", "any", "all"),
        "FIGURE": _spelt("function", "min", "max", "mean"),
    }
    return {
        "VERB": _one_of(words.spellings("verb")),
        "PREPOSITION": _one_of(words.spellings("preposition")),
        "UNIT": unit,
        "NUMBER": f"{_NUMBER}(?={_END}|\\s*{unit})",
        "NAME": _NAME,
        **{name: _one_of(spelt) for name, spelt in gathered.items()},
        **{word.upper(): _one_of(_spelt("function", word)) for word in JOINTS},
    }


@cache
def _reserved() -> re.Pattern[str]:
    """What a bare name may not look like: a number, or a word that the grammar uses."""
    used = terminals()
    whole = (f"{pattern}$" for name, pattern in used.items() if name not in ("NAME", "NUMBER"))
    return re.compile("|".join([used["NUMBER"], *whole]))


def quoted(name: str) -> str:
    """`name` as it must be written: bare where it can be read back, else between quotation marks."""
    parts = name.split(" ")
    risky = [word for place, word in enumerate(parts) if place == 0 or not word.isdigit()]
    if all(re.fullmatch(_NAME, word) for word in parts) and not any(map(_reserved().match, risky)):
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'
