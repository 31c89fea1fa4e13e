"""Repairs of what points are called: numbers, features, codes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from twin.census.repair.asked import Asked, Ints
from twin.census.repair.patch import Patch
from twin.census.rules.points import expected_codes
from twin.census.vocabulary import vocabulary

_GROWN = {3: ("三通", "分支"), 4: ("四通", "分支")}
"""Features of a point at which that many lines meet."""
_PLAIN = frozenset({"弯头", "转折点", "三通"})


def map_numbers(asked: Asked) -> Iterator[Patch]:
    """P01, G02: the number on the map is that of the survey."""
    ids = asked.view.text("points", "id")
    for rule, field in (("P01", "map_no"), ("G02", "map_no")):
        at = asked.at(rule, "points", field)
        at = at[ids[at] != ""]
        yield Patch("points", at, "map_no", list(ids[at]), rule, ["id"] * len(at))


def features(asked: Asked) -> Iterator[Patch]:
    """J06: more lines meet than a bend or tee allows: it is a tee or a cross, and its code goes with it."""
    view = asked.view
    at = asked.at("J06", "points", "feature")
    degree = np.append(view.joints.degree, 0)[view.number[at]]
    columns = [view.text("points", name)[at] for name in ("category", "feature", "attachment", "code")]
    chosen, new, reasons, codes = [], [], [], []
    for place, lines, category, feature, attachment, code in zip(at, degree, *columns, strict=True):
        fits = [term for term in _GROWN.get(int(lines), ()) if vocabulary().term(category, "feature", term)]
        allowed = vocabulary().term(category, "feature", feature)
        if feature in _PLAIN and not attachment and fits and allowed and allowed.lines < lines:
            chosen.append(int(place))
            new.append(fits[0])
            reasons.append(f"lines = {lines}")
            was = expected_codes(category, feature, "")
            codes.append(_recoded(category, fits[0], "", code) if code in was else "")
    places = np.array(chosen, dtype=np.int64)
    yield Patch("points", places, "feature", new, "J06", reasons)
    moved = np.array([bool(code) for code in codes], dtype=np.bool_)
    told = [f"feature = {name}" for name, code in zip(new, codes, strict=True) if code]
    yield Patch("points", places[moved], "code", [code for code in codes if code], "J06", told)


def codes(asked: Asked) -> Iterator[Patch]:
    """P05, G02: the element code is that of the subclass and the one feature or attachment.

    Where the category is a whole class, the subclass digits that stand in the code stay, and an empty code
    stays empty.
    """
    view = asked.view
    for rule in ("P05", "G02"):
        at = asked.at(rule, "points", "code")
        columns = [view.text("points", name)[at] for name in ("category", "feature", "attachment", "code")]
        made = [_recoded(*(str(text).strip() for text in row)) for row in zip(*columns, strict=True)]
        known = np.array([bool(code) for code in made], dtype=np.bool_)
        told = [
            f"{category} {feature}{attachment}"
            for category, feature, attachment, _code in zip(
                *(column[known] for column in columns), strict=True
            )
        ]
        yield Patch("points", _where(at, known), "code", [code for code in made if code], rule, told)


def _where(at: Ints, known: np.ndarray) -> Ints:
    return np.asarray(at[known], dtype=np.int64)


@cache
def _recoded(category: str, feature: str, attachment: str, code: str) -> str:
    """The code that is to stand there; "" where it cannot be told."""
    known = vocabulary().categories.get(category)
    wanted = expected_codes(category, feature, attachment)
    if known is None or not wanted or bool(feature) == bool(attachment):
        return ""
    if category != known.class_code:
        return wanted[0]
    return next((one for one in wanted if len(code) == 8 and one[:4] == code[:4]), "")


REPAIRS = {"map-number": map_numbers, "feature": features, "element-code": codes}
