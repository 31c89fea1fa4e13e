"""The words of the standard as the planting of defects needs them: classes, terms, materials, limits."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from twin.lifelines import registry
from twin.lifelines.census import Category, Term, read_categories, read_terms
from twin.synthesis.survey_tables import SCHEMAS

_DATA = Path(__file__).with_name("data")
_DICTIONARIES = SCHEMAS.parent / "dictionaries"
PLAIN_FEATURES = ("转折点", "弯头")
"""Features of a point at which two lines meet and nothing else happens."""

CHAMBERS = {"JS": "阀门井", "PS": "检修井", "RQ": "阀门井", "RL": "阀门井", "DL": "人孔", "TX": "人孔"}
"""An attachment of each class that can be opened, so that depths are measured and not detected."""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of the data files beside this module."""
    return _read(_DATA / f"{name}.csv")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def categories() -> Mapping[str, Category]:
    """Every class and subclass by its letter code."""
    own = [declared.census for declared in registry.declarations().values() if declared.census is not None]
    found = {category.code: category for terms in own for category in terms.categories}
    return found | {row.code: row for row in read_categories(_DICTIONARIES / "other_categories.csv")}


@cache
def terms() -> Mapping[str, Mapping[tuple[str, str], Term]]:
    """Terms of each class by role (`feature`, `attachment`) and Chinese term."""
    found: dict[str, Mapping[tuple[str, str], Term]] = {}
    for declared in registry.declarations().values():
        if declared.census is not None:
            found[declared.census.class_code] = declared.census.by_term
    rest = {(term.role, term.term): term for term in read_terms(_DICTIONARIES / "other_terms.csv")}
    for category in categories().values():
        found.setdefault(category.class_code, rest)
    return found


@cache
def materials() -> Mapping[str, tuple[frozenset[str], float]]:
    """Classes that a material is for, and the first year it was used (0: unknown), by its code."""
    return {
        row["code"]: (frozenset(row["classes"].split()), float(row["first_year"] or 0))
        for row in _read(_DICTIONARIES / "materials.csv")
    }


@cache
def codes(dictionary: str) -> frozenset[str]:
    """The codes of `materials`, `embeddings` or `statuses`."""
    return frozenset(row["code"] for row in _read(_DICTIONARIES / f"{dictionary}.csv"))


@cache
def overhead() -> frozenset[str]:
    """Ways of laying above the ground."""
    return frozenset(
        row["code"] for row in _read(_DICTIONARIES / "embeddings.csv") if row["overhead"] == "true"
    )


@cache
def deepest() -> Mapping[str, float]:
    """Greatest depth of each class, m."""
    return {row["class"]: float(row["deepest_m"]) for row in rows("classes")}


@cache
def sources() -> frozenset[tuple[str, str]]:
    """Class and term of the points that a network is fed from or drains to."""
    return frozenset((row["class"], row["term"]) for row in rows("sources"))


@cache
def diameters(material: str) -> frozenset[float]:
    """The diameters there are in a material, mm; empty where any may be."""
    found = [row["values_mm"].split() for row in rows("diameters") if row["material"] == material]
    return frozenset(float(value) for values in found for value in values)


def element_code(category: str, role: str, term: str) -> str:
    """Element code of a point (CJJ 61-2017 App. F); "" where category or term is unknown."""
    own = categories().get(category)
    known = terms().get(own.class_code, {}).get((role, term)) if own else None
    if own is None or known is None:
        return ""
    number = categories()[own.class_code].number
    subclass = "00" if own.code == own.class_code else own.number
    return f"5{number}{subclass}2{1 if role == 'feature' else 2}{known.sequence}"
