"""Which table is what, and whose words it is written in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from twin.census.formats.source import SourceTable, shapes_of
from twin.census.mappings import CANONICAL, CODED, FieldMapping, bundled, codes_of, names, plain
from twin.census.vocabulary import vocabulary

NEEDED = {"points": ("id", "x_m", "y_m"), "lines": ("start", "end")}
LEAST_SCORE = 0.5
LEAST_MARGIN = 0.05
BORROWED = 0.5
"""What a canonical header counts in another vocabulary, against 1 for one of its own."""
_POINTS = re.compile(r"(?:points?|pt|_p|点表?|管线点表?)$", re.IGNORECASE)
_LINES = re.compile(r"(?:lines?|ln|_l|线表?|管线线表?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Score:
    """How well a vocabulary fits a table: 0 to 1, and whether it names all that is needed, else what not."""

    mapping: FieldMapping
    score: float
    complete: bool
    lacking: tuple[str, ...] = ()


def nature(table: SourceTable, mapping: FieldMapping) -> str:
    """Whether a table holds `points` or `lines`; "" where it can't be told."""
    headers = {plain(header) for header in table.headers}
    found = {
        name: {
            column for header, column in mapping.columns(name, short=table.short).items() if header in headers
        }
        for name in NEEDED
    }
    if set(NEEDED["lines"]) <= found["lines"]:
        return "lines"
    if set(NEEDED["points"]) <= found["points"]:
        return "points"
    if kind := _of_geometry(table):
        return kind
    if _POINTS.search(table.name):
        return "points"
    return "lines" if _LINES.search(table.name) else ""


def stem_of(name: str, kind: str) -> str:
    """The name of a table without the word that says it holds `kind`; "" where it has no such word."""
    found = (_POINTS if kind == "points" else _LINES).search(name)
    return name[: found.start()] if found else ""


def category_of(name: str) -> str:
    """The class or subclass code in the name of a table (`JSPOINT`, `给水管线点表`), or ""."""
    known = codes_of("category")
    older = bundled(CANONICAL).codes.get("category", {})
    stem = name.rsplit("/", 1)[-1]
    for pattern in (_POINTS, _LINES):
        stem = pattern.sub("", stem)
    for token in reversed(re.findall(r"[A-Z]+", stem.upper())):
        if token in known or token in older:
            return older.get(token, token)
    called = sorted(
        ((category.name, code) for code, category in vocabulary().categories.items()),
        key=lambda one: (-len(one[0]), one[1]),
    )
    return next((code for word, code in called if word in stem), "")


def scores(table: SourceTable) -> list[Score]:
    """How well each bundled vocabulary fits, best first; equal ones in the order of their names."""
    found = [score(table, bundled(name)) for name in names()]
    return sorted(found, key=lambda one: (not one.complete, one.mapping.fragment, -one.score))


def is_sure(found: Sequence[Score], table: SourceTable) -> bool:
    """Whether the first of `scores` is clearly the one: complete, good enough, no rival reads otherwise."""
    best = found[0]
    if best.mapping.fragment or not best.complete or best.score < LEAST_SCORE:
        return False
    rivals = [one for one in found[1:] if one.complete and one.score > best.score - LEAST_MARGIN]
    return all(_same(best.mapping, rival.mapping, table) for rival in rivals)


def _of_geometry(table: SourceTable) -> str:
    """What the first geometries are."""
    if table.geometry is None or not len(table):
        return ""
    first = shapes_of(table.geometry.slice(0, 100))
    kinds = {int(kind) for kind in shapely.get_type_id(first) if kind >= 0}
    if kinds and kinds <= {0, 4}:
        return "points"
    return "lines" if kinds and kinds <= {1, 5} else ""


def score(table: SourceTable, mapping: FieldMapping) -> Score:
    """How well a table fits a mapping, and which columns that it needs the table lacks."""
    kind = nature(table, mapping)
    headers = {plain(header) for header in table.headers if header.strip()}
    if not kind or not headers:
        return Score(mapping, 0.0, False)
    own, all_ = mapping.own(kind, short=table.short), mapping.columns(kind, short=table.short)
    worth = sum(1.0 if header in own else BORROWED if header in all_ else 0.0 for header in headers)
    named = {all_[header] for header in headers & set(all_)}
    drawn = {"x_m", "y_m", "start", "end"} if table.geometry is not None else set()
    lacking = tuple(name for name in NEEDED[kind] if name not in named | drawn)
    return Score(mapping, worth / len(headers), not lacking, lacking)


def _same(one: FieldMapping, other: FieldMapping, table: SourceTable) -> bool:
    """Whether two vocabularies read a table alike: the same columns from it, and the same codes in them."""
    kind = nature(table, one)
    headers = {plain(header) for header in table.headers}
    read = [
        {
            header: column
            for header, column in mapping.columns(kind, short=table.short).items()
            if header in headers
        }
        for mapping in (one, other)
    ]
    return read[0] == read[1] and all(
        one.meanings(column) == other.meanings(column) for column in read[0].values() if column in CODED
    )
