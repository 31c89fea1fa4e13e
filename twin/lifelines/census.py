"""How a lifeline appears in a pipeline census: its class, its subclasses and the terms of its points."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Category:
    """A class or subclass of lines: letter code, names, number in element codes, kind of link."""

    code: str
    name: str
    english: str
    class_code: str
    number: str
    kind: str
    verified: bool


@dataclass(frozen=True)
class Term:
    """What a survey calls a point.

    Attributes
    ----------
    term, english
        The Chinese term (阀门) and its English name.
    role
        `feature` (特征) or `attachment` (附属物).
    kind
        The kind of node or link device it becomes; "" for a plain point of a line.
    splits
        Whether a link ends here even where only two lines meet.
    lines
        How many lines must meet here; 0 for any number.
    well
        `depth` (a well or chamber), `height` (a pole or tower) or "".
    sequence
        Its two digits in the element code.
    verified
        Whether the sequence stands in a source at hand.
    """

    term: str
    role: str
    english: str
    kind: str
    splits: bool
    lines: int
    well: str
    sequence: str
    verified: bool


@dataclass(frozen=True)
class CensusTerms:
    """The class of a lifeline in the census (CJJ 61-2017 App. B, C and F)."""

    class_code: str
    class_name: str
    class_number: str
    categories: tuple[Category, ...]
    terms: tuple[Term, ...]

    @cached_property
    def by_term(self) -> dict[tuple[str, str], Term]:
        """Terms by role and Chinese term."""
        return {(term.role, term.term): term for term in self.terms}


def read_census(folder: Path) -> CensusTerms:
    """The census data in `folder`: `categories.csv`, whose first row is the class itself, and `terms.csv`."""
    categories = read_categories(folder / "categories.csv")
    first = categories[0]
    return CensusTerms(first.code, first.name, first.number, categories, read_terms(folder / "terms.csv"))


def read_categories(path: Path) -> tuple[Category, ...]:
    """The rows `code,name,english,class,number,kind,verified` of a file of categories."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Category(
                row["code"],
                row["name"],
                row["english"],
                row["class"],
                row["number"],
                row["kind"],
                row["verified"] == "true",
            )
            for row in csv.DictReader(file)
        )


def read_terms(path: Path) -> tuple[Term, ...]:
    """The rows `role,term,english,kind,splits,lines,well,sequence,verified` of a file of terms."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Term(
                row["term"],
                row["role"],
                row["english"],
                row["kind"],
                row["splits"] == "true",
                int(row["lines"] or 0),
                row["well"],
                row["sequence"],
                row["verified"] == "true",
            )
            for row in csv.DictReader(file)
        )
