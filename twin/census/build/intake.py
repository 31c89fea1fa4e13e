"""Intake: which rows of a survey can become part of a city, in which layer, and why the others cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.survey import Survey
from twin.census.vocabulary import OTHER, Vocabulary
from twin.lifelines import registry
from twin.text import N_

Ints = NDArray[np.int64]
Texts = NDArray[np.object_]
UNUSED = ("1", "2")
"""Status of lines that are abandoned or empty: they lie in the ground, and are carried as `other`."""
REASONS = {
    "point.no-id": N_("has no id"),
    "point.no-place": N_("has no coordinates"),
    "point.double": N_("repeats the id of a point before it"),
    "point.isolated": N_("is used by no line that could be taken and is no equipment"),
    "line.no-end": N_("lacks its start or end point"),
    "line.missing-point": N_("names a point that the survey does not have or that could not be taken"),
    "line.loop": N_("starts and ends at the same point"),
    "line.double": N_("repeats a line before it"),
}
"""Why a row is not taken."""


@dataclass(frozen=True, eq=False)
class Intake:
    """The rows that are taken.

    Attributes
    ----------
    points, lines
        The survey's tables; every array below is aligned with their rows.
    layers
        Names of the layers: lifelines and `other`.
    layer
        Layer of each line, -1 where it is not taken.
    start, end
        Rows of the points at which each line starts and ends, -1 where there is none.
    point_reason, line_reason
        Key of `REASONS` for a row that is not taken, else "".
    line_class
        Class code of each line; "" where its category is unknown.
    """

    points: pd.DataFrame
    lines: pd.DataFrame
    layers: tuple[str, ...]
    layer: Ints
    start: Ints
    end: Ints
    point_reason: Texts
    line_reason: Texts
    line_class: Texts

    @property
    def taken(self) -> Ints:
        """Rows of the lines that are taken."""
        return np.flatnonzero(self.layer >= 0)

    def rows_of(self, ids: Sequence[str]) -> Ints:
        """Rows of points by id, -1 for ids that are unknown or not taken."""
        usable = np.flatnonzero(self.point_reason == "")
        index = pd.Index(text(self.points, "id")[usable])
        found = index.get_indexer(pd.Index(list(ids), dtype=object))
        return np.where(found >= 0, usable[np.maximum(found, 0)] if len(usable) else -1, -1)


def text(frame: pd.DataFrame, column: str) -> Texts:
    """A text column as an object array."""
    return np.asarray(frame[column].to_numpy(dtype=object))


def take_in(survey: Survey, words: Vocabulary) -> Intake:
    """The rows of a survey that can be taken."""
    points, lines = survey.points, survey.lines
    point_reason = _point_reasons(points)
    usable = np.flatnonzero(point_reason == "")
    index = pd.Index(text(points, "id")[usable])
    ends = []
    for column in ("start", "end"):
        found = index.get_indexer(pd.Index(text(lines, column)))
        ends.append(np.where(found >= 0, usable[np.maximum(found, 0)] if len(usable) else -1, -1))
    reason = _line_reasons(lines, ends[0], ends[1])
    layers = (*sorted(registry.declarations()), OTHER)
    classes = {code: words.class_of(code) for code in pd.unique(text(lines, "category"))}
    line_class = np.array([classes[code] for code in text(lines, "category")], dtype=object)
    number = {name: place for place, name in enumerate(layers)}
    of_class = {code: number[words.lifelines.get(code, OTHER)] for code in set(classes.values())}
    layer = np.array([of_class[code] for code in line_class], dtype=np.int64)
    layer[np.isin(text(lines, "status").astype(str), UNUSED)] = number[OTHER]
    layer[reason != ""] = -1
    used = np.zeros(len(points), dtype=bool)
    for rows in ends:
        used[rows[layer >= 0]] = True
    point_reason[(point_reason == "") & ~used & ~_equipment(survey, words)] = "point.isolated"
    return Intake(points, lines, layers, layer, ends[0], ends[1], point_reason, reason, line_class)


def _point_reasons(points: pd.DataFrame) -> Texts:
    reason = np.full(len(points), "", dtype=object)
    ids = text(points, "id")
    placed = np.isfinite(points["x_m"].to_numpy()) & np.isfinite(points["y_m"].to_numpy())
    reason[~placed] = "point.no-place"
    reason[ids == ""] = "point.no-id"
    rest = np.flatnonzero(reason == "")
    reason[rest[pd.Series(ids[rest]).duplicated().to_numpy()]] = "point.double"
    return reason


def _line_reasons(lines: pd.DataFrame, start: Ints, end: Ints) -> Texts:
    reason = np.full(len(lines), "", dtype=object)
    key = pd.DataFrame({"low": np.minimum(start, end), "high": np.maximum(start, end)})
    for column in ("category", "material", "size", "embed", "voltage_kv", "status"):
        key[column] = pd.factorize(lines[column])[0]
    reason[key.duplicated().to_numpy()] = "line.double"
    reason[start == end] = "line.loop"
    reason[(start < 0) | (end < 0)] = "line.missing-point"
    reason[(text(lines, "start") == "") | (text(lines, "end") == "")] = "line.no-end"
    return reason


def _equipment(survey: Survey, words: Vocabulary) -> NDArray[np.bool_]:
    """Points that stand for something even where no line meets them."""
    points = survey.points
    pairs = pd.DataFrame({name: text(points, name) for name in ("category", "attachment")})
    known = {}
    unique = pairs.drop_duplicates()
    for category, attachment in zip(unique["category"], unique["attachment"], strict=True):
        term = words.term(category, "attachment", attachment) if attachment else None
        known[(category, attachment)] = term is not None and term.kind != ""
    found = np.array(
        [known[pair] for pair in zip(pairs["category"], pairs["attachment"], strict=True)], dtype=bool
    )
    named = [survey.tables[name]["point"] for name in ("plants", "devices") if name in survey.tables]
    for column in named:
        found |= np.isin(text(points, "id").astype(str), column.to_numpy(dtype=object).astype(str))
    return found
