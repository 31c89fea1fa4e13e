"""Where in a street each kind of line lies, how deep, and what the census calls its parts."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

import twin
from twin.lifelines.census import CensusTerms, read_categories, read_census, read_terms
from twin.synthesis.ground import Bools, Floats, Texts

_ROOT = Path(twin.__file__).parent
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Lane:
    """The place of one kind of line in the cross-section of a street.

    Attributes
    ----------
    name, lifeline, class_code, category, prefix
        Its name, lifeline ("" for none), letter codes in the census, and how its points' ids begin.
    offset_m
        Distance from the centre line, positive to the east and south: in local streets and in arterials.
    stack
        Order in which lines cross at a junction, from above; 0 for lanes that end before it.
    cover_m, junction_m
        Depth of its top between junctions, and its least depth in them.
    clear_m, clear_power_m
        Clear distance to what crosses above it, and to power cables there.
    spacing_m
        Longest distance between its points.
    """

    name: str
    lifeline: str
    class_code: str
    category: str
    prefix: str
    offset_m: tuple[float, float]
    stack: int
    cover_m: float
    junction_m: float
    clear_m: float
    clear_power_m: float
    spacing_m: float

    def offset(self, arterial: Bools) -> Floats:
        """Offset in streets that are arterials or not."""
        return np.where(arterial, self.offset_m[1], self.offset_m[0])


@cache
def lanes() -> Mapping[str, Lane]:
    """All lanes by name, in order of the file."""
    with (_HERE / "corridors.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["lane"]: Lane(
                row["lane"],
                row["lifeline"],
                row["class"],
                row["category"],
                row["prefix"],
                (float(row["local_m"]), float(row["main_m"])),
                int(row["stack"]),
                float(row["cover_m"]),
                float(row["junction_m"]),
                float(row["clear_m"]),
                float(row["clear_power_m"]),
                float(row["spacing_m"]),
            )
            for row in csv.DictReader(file)
        }


@cache
def _terms(lifeline: str, class_code: str) -> CensusTerms:
    if lifeline:
        return read_census(_ROOT / "lifelines" / lifeline / "census")
    folder = _ROOT / "census" / "dictionaries"
    categories = [
        row for row in read_categories(folder / "other_categories.csv") if row.class_code == class_code
    ]
    first = categories[0]
    return CensusTerms(
        first.code, first.name, first.number, tuple(categories), read_terms(folder / "other_terms.csv")
    )


def element_codes(lane: Lane, features: Texts, attachments: Texts) -> Texts:
    """Element codes (CJJ 61-2017 App. F) of points with these features and attachments."""
    known = _terms(lane.lifeline, lane.class_code)
    numbers = {category.code: category.number for category in known.categories}
    head = f"5{known.class_number}{numbers[lane.category]}"
    own = {
        f"{role} {name}": f"{head}2{1 if role == 'feature' else 2}{term.sequence}"
        for (role, name), term in known.by_term.items()
    }
    key = np.where(attachments != "", "attachment " + attachments, "feature " + features)
    unique, back = np.unique(key.astype(str), return_inverse=True)
    return np.array([own[name] for name in unique], dtype=object)[back]


def wells(lane: Lane, kind: str) -> frozenset[str]:
    """Attachments of a lane's class that carry a `depth` or a `height`."""
    known = _terms(lane.lifeline, lane.class_code)
    return frozenset(term.term for term in known.terms if term.role == "attachment" and term.well == kind)
