"""The words of a census: classes, subclasses, terms of points, materials, ways of laying, statuses."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin.lifelines import registry
from twin.lifelines.census import Category, CensusTerms, Term, read_categories, read_terms

_FOLDER = Path(__file__).parent / "dictionaries"
OTHER = "other"
"""What stands for a lifeline where a class belongs to none."""


@dataclass(frozen=True)
class Vocabulary:
    """All words by code.

    Attributes
    ----------
    categories
        Every class and subclass by letter code; a subclass shares the `class_code` of its class.
    classes
        Terms of each class by class code; the classes without a lifeline share the terms of `other`.
    lifelines
        Lifeline of each class code, `other` where there is none.
    materials, embeddings, statuses
        Rows of the dictionaries by code.
    """

    categories: Mapping[str, Category]
    classes: Mapping[str, CensusTerms]
    lifelines: Mapping[str, str]
    materials: Mapping[str, Mapping[str, str]]
    embeddings: Mapping[str, Mapping[str, str]]
    statuses: Mapping[str, Mapping[str, str]]

    def class_of(self, category: str) -> str:
        """Class code of a category; "" where it is unknown."""
        found = self.categories.get(category)
        return found.class_code if found else ""

    def lifeline_of(self, category: str) -> str:
        """Lifeline of a category, `other`, or "" where it is unknown."""
        return self.lifelines.get(self.class_of(category), "")

    def term(self, category: str, role: str, term: str) -> Term | None:
        """A term of the class that a category belongs to."""
        known = self.classes.get(self.class_of(category))
        return known.by_term.get((role, term)) if known else None


@cache
def vocabulary() -> Vocabulary:
    """The words of all registered lifelines and of the classes without one."""
    categories: dict[str, Category] = {}
    classes: dict[str, CensusTerms] = {}
    lifelines: dict[str, str] = {}
    for name, declared in registry.declarations().items():
        own = declared.census
        if own is not None:
            classes[own.class_code] = own
            lifelines[own.class_code] = name
            categories |= {category.code: category for category in own.categories}
    terms = read_terms(_FOLDER / "other_terms.csv")
    rest = read_categories(_FOLDER / "other_categories.csv")
    categories |= {category.code: category for category in rest}
    for first in (category for category in rest if category.code == category.class_code):
        own_categories = tuple(category for category in rest if category.class_code == first.code)
        classes[first.code] = CensusTerms(first.code, first.name, first.number, own_categories, terms)
        lifelines[first.code] = OTHER
    words = (dictionary(name) for name in ("materials", "embeddings", "statuses"))
    return Vocabulary(categories, classes, lifelines, *words)


def dictionary(name: str) -> dict[str, dict[str, str]]:
    """The rows of a dictionary file by their code."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}
