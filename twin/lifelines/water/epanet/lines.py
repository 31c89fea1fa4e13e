"""EPANET files as lines: encoding, sections, tokens and comments; numbers and times in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twin.io.files import read_bytes

SECTIONS = (
    "TITLE",
    "JUNCTIONS",
    "RESERVOIRS",
    "TANKS",
    "PIPES",
    "PUMPS",
    "VALVES",
    "CONTROLS",
    "RULES",
    "DEMANDS",
    "SOURCES",
    "EMITTERS",
    "LEAKAGE",
    "PATTERNS",
    "CURVES",
    "QUALITY",
    "STATUS",
    "ROUGHNESS",
    "ENERGY",
    "REACTIONS",
    "MIXING",
    "REPORT",
    "TIMES",
    "OPTIONS",
    "COORDINATES",
    "VERTICES",
    "LABELS",
    "BACKDROP",
    "TAGS",
    "END",
)
SHORTEST = 4
"""Letters of a section's name that EPANET 1 and 2.0 files may cut it down to."""
LARGEST = 1e15
_TOKEN = re.compile(r'"([^"\n]*)"?|(\S+)')


@dataclass(frozen=True)
class Line:
    """One line of a file: its number (from 1), section, blank-separated tokens, remark and whole text."""

    number: int
    section: str
    tokens: tuple[str, ...]
    comment: str
    text: str

    def has(self, place: int, word: str) -> bool:
        """Whether the token at `place` begins with `word` in any case (EPANET compares in this way)."""
        return place < len(self.tokens) and self.tokens[place].upper().startswith(word)


def read_inp_text(path: Path, encoding: str = "") -> str:
    """The text of a file, packed or not: in `encoding`, else UTF-8, else Latin-1."""
    content = read_bytes(path).replace(b"\0", b"")
    if encoding:
        return content.decode(encoding, errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def lines(text: str) -> Iterator[Line]:
    """The lines of a file up to `[END]` that hold anything, title and remarks included.

    A heading that names no section gives one line in the section "?".
    """
    section = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        stripped = raw.strip()
        if stripped.startswith("["):
            section = section_name(stripped)
            if section == "END":
                return
            if section == "?":
                yield Line(number, "?", (stripped,), "", raw)
            continue
        body, _semicolon, comment = stripped.partition(";")
        tokens = tuple(quoted or plain for quoted, plain in _TOKEN.findall(body))
        if tokens or (section == "TITLE" and stripped):
            yield Line(number, section, tokens, comment.strip(), raw.rstrip())


def section_name(heading: str) -> str:
    """The section that a heading `[NAME]` or its beginning means, "?" for none."""
    word = heading.strip("[] \t").upper()
    for name in SECTIONS:
        if len(word) >= min(SHORTEST, len(name)) and (name.startswith(word) or word.startswith(name)):
            return name
    return "?"


def number(text: str) -> float | None:
    """The number written as `text`, None where it is none that could stand in a network."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < LARGEST and "_" not in text else None


_HOURS = {"SEC": 1 / 3600, "MIN": 1 / 60, "HOU": 1.0, "DAY": 24.0}


def hours(text: str, unit: str = "") -> float | None:
    """A time such as `5`, `1:30`, `90 MIN`, `1:50 PM` in hours, None where it is none."""
    parts = [number(part) for part in text.split(":")]
    if not parts or len(parts) > 3 or any(part is None for part in parts):
        return None
    values = [part for part in parts if part is not None]
    unit = unit.upper()
    if len(values) == 1 and unit[:3] in _HOURS:
        return values[0] * _HOURS[unit[:3]]
    value = sum(part / 60.0**place for place, part in enumerate(values))
    if not unit:
        return value
    if unit[:2] not in ("AM", "PM") or value >= 13:
        return None
    return value % 12 + (12 if unit.startswith("PM") else 0)
