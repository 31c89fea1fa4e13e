"""What the elements, attributes and codes of a city model mean in the words of a census."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin.census.vocabulary import vocabulary

_FOLDER = Path(__file__).parent / "words"
UNKNOWN = "BM"
"""Subclass of lines of which nobody knows what they carry (不明管线)."""


@dataclass(frozen=True)
class Attribute:
    """An attribute that has a place in the census: the column it goes to and the unit of that column."""

    column: str
    unit: str


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def roles() -> dict[str, str]:
    """`line` or `point` of each element of a utility network."""
    return {row["element"]: row["role"] for row in _rows("elements")}


@cache
def attributes(role: str) -> dict[str, Attribute]:
    """Attributes of lines or points that have a column."""
    return {
        row["attribute"]: Attribute(row["column"], row["unit"])
        for row in _rows("attributes")
        if row["role"] == role
    }


@cache
def factor(uom: str, unit: str) -> float | None:
    """What a value in `uom` is multiplied by to be in `unit`; without a `uom` it is taken to be in `unit`."""
    if not uom or uom == unit:
        return 1.0
    found = (row for row in _rows("units") if row["uom"] == uom and row["unit"] == unit)
    return next((float(row["factor"]) for row in found), None)


@cache
def service(element: str, name: str, occupier: str) -> tuple[str, str]:
    """Category and system of an element: by its kind, its name, its occupier; ("", "") where none tells.

    Only what is of one system can be joined. A name tells more than the kind of element, unless it speaks
    of another class; of several words in a name the longest counts.
    """
    by_element = next((row["category"] for row in _rows("elements") if row["element"] == element), "")
    classes = vocabulary()
    words = [row for row in _rows("services") if row["field"] == "name" and row["word"] in name]
    named = max(words, key=lambda row: len(row["word"]), default=None)
    if named and by_element in ("", classes.class_of(named["category"])):
        return named["category"], named["system"]
    if by_element:
        return by_element, by_element
    for row in _rows("services"):
        if row["field"] == "occupierType" and row["word"] == occupier:
            return row["category"], row["system"]
    return "", ""


@cache
def attachment(element: str, category: str, field: str = "", code: str = "") -> str:
    """The term of what stands at a point: by its code where that is known, else by its kind; "" for none."""
    own = (category, vocabulary().class_of(category))
    for row in _rows("nodes"):
        if field and (row["field"], row["code"]) == (field, code) and row["category"] in own:
            return row["term"]
    by_kind = {row["category"]: row["term"] for row in _rows("nodes") if row["element"] == element}
    return next((by_kind[key] for key in (*own, "") if key in by_kind), "")


@cache
def material(code: str) -> str | None:
    """Letter code of a material; "" where the code names no single one, None where it is unknown."""
    return next((row["material"] for row in _rows("materials") if row["code"] == code), None)


@cache
def feature(category: str, degree: int) -> str:
    """The term of a plain point at which `degree` lines meet."""
    row = _rows("features")[min(degree, len(_rows("features")) - 1)]
    terms = row["terms"].split()
    return next((term for term in terms if vocabulary().term(category, "feature", term)), "")


@cache
def gravity(category: str) -> bool:
    """Whether depths and elevations of a class are those of the invert."""
    return vocabulary().categories[category].kind == "conduit"
