"""Columns of a survey as codes: texts asked once, ids as numbers, ends as rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.rules.data import rows_of, thresholds
from twin.census.rules.hits import Floats, Ints, Mask
from twin.census.rules.incidence import Incidence
from twin.census.survey import Survey
from twin.census.vocabulary import vocabulary
from twin.errors import InputError
from twin.text import _

SIDES = ("start", "end")


class Columns:
    """Columns that rules share; arrays over points or over lines, ends as shape (2, lines): start, end.

    Attributes
    ----------
    points, lines
        The canonical tables.
    classes
        Class codes; class arrays hold positions in it, -1 where the class is unknown.
    """

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.points = survey.points.reset_index(drop=True)
        self.lines = survey.lines.reset_index(drop=True)
        self.classes: tuple[str, ...] = tuple(vocabulary().classes)
        self._masks: dict[str, Mask] = {}
        self._texts: dict[tuple[str, str], tuple[NDArray[np.int32], list[str]]] = {}

    def limit(self, name: str) -> float:
        """A threshold; what the survey states about its accuracy goes first.

        Raises
        ------
        InputError
            Where the survey states an accuracy that is no positive number.
        """
        stated = self.survey.meta.get(name, "") if name.startswith("accuracy_") else ""
        if not stated:
            return thresholds()[name]
        try:
            value = float(stated)
        except ValueError:
            value = np.nan
        if not 0 < value < np.inf:
            raise InputError(
                _("the survey states {name}: {value}; give a positive number", name=name, value=stated)
            )
        return value

    # ---------------------------------------------------------------- ids and ends

    @cached_property
    def _ids(self) -> tuple[Ints, NDArray[np.object_]]:
        """Numbers of all ids (points, then starts, then ends; -1 for an empty one), and the ids."""
        every = pd.concat([self.points["id"], self.lines["start"], self.lines["end"]], ignore_index=True)
        numbers, unique = pd.factorize(every)
        known = np.asarray(unique, dtype=object)
        blank = np.flatnonzero(known == "")
        numbers = np.where(np.isin(numbers, blank), -1, numbers) if len(blank) else numbers
        return numbers.astype(np.int64), known

    @property
    def names(self) -> NDArray[np.object_]:
        """Every id that a point or a line names, by its number."""
        return self._ids[1]

    @cached_property
    def number(self) -> Ints:
        """Number of each point's id; -1 for an empty id."""
        return self._ids[0][: len(self.points)]

    @cached_property
    def ends(self) -> Ints:
        """Numbers of the ids at both ends of each line; -1 for an empty one."""
        return self._ids[0][len(self.points) :].reshape(2, -1)

    @cached_property
    def first(self) -> Ints:
        """Position of the first point of each id; -1 where no point has it."""
        result = np.full(len(self.names) + 1, -1, dtype=np.int64)
        own = self.number[::-1]
        result[own] = np.arange(len(self.points) - 1, -1, -1)
        result[-1] = -1
        return result

    @cached_property
    def later(self) -> Mask:
        """Points whose id stands in an earlier row."""
        return np.asarray((self.number >= 0) & (self.first[self.number] != np.arange(len(self.points))))

    @cached_property
    def end_at(self) -> Ints:
        """Positions of the points at both ends; -1 where there is none."""
        return self.first[self.ends]

    def at_ends(self, values: Floats) -> Floats:
        """Numbers of points at both ends of each line, shape (2, lines); NaN where there is no point."""
        return np.asarray(np.append(values, np.nan)[self.end_at])

    @cached_property
    def joints(self) -> Incidence:
        """Which lines meet where."""
        return Incidence(self)

    # ---------------------------------------------------------------- words

    def coded(self, table: str, column: str, meaning: Callable[[str], int]) -> Ints:
        """The meaning of each text of a column, asked once per different text."""
        if (table, column) not in self._texts:
            numbers, unique = pd.factorize(getattr(self, table)[column])
            self._texts[table, column] = numbers.astype(np.int32), [str(text) for text in unique]
        numbers, texts = self._texts[table, column]
        meanings = np.array([meaning(text) for text in texts], dtype=np.int64)
        return meanings[numbers] if len(meanings) else np.zeros(len(numbers), dtype=np.int64)

    def text(self, table: str, column: str) -> NDArray[np.object_]:
        """A text column as an array."""
        return np.asarray(getattr(self, table)[column], dtype=object)

    def filled(self, table: str, column: str) -> Mask:
        """Where a text is not blank, or a number is there."""
        values = getattr(self, table)[column]
        if values.dtype.kind == "f":
            return np.asarray(values.notna(), dtype=np.bool_)
        return np.asarray(values.str.strip() != "", dtype=np.bool_)

    def has(self, table: str, column: str, words: str | Sequence[str]) -> Mask:
        """Where a text is one of `words` (separated by blanks)."""
        wanted = frozenset(words.split() if isinstance(words, str) else words)
        return self.coded(table, column, lambda text: int(text in wanted)).astype(np.bool_)

    def laid(self, codes: str) -> Mask:
        """Lines laid in one of the ways `codes`."""
        return self.has("lines", "embed", codes)

    def numbers(self, table: str, column: str) -> Floats:
        """A number column as an array; NaN where missing."""
        return np.asarray(getattr(self, table)[column], dtype=np.float64)

    def _class_of(self, category: str) -> int:
        code = vocabulary().class_of(category)
        return self.classes.index(code) if code else -1

    @cached_property
    def point_class(self) -> Ints:
        """Class of each point."""
        return self.coded("points", "category", self._class_of)

    @cached_property
    def line_class(self) -> Ints:
        """Class of each line."""
        return self.coded("lines", "category", self._class_of)

    def trait(self, name: str) -> Mask:
        """Lines whose class has a trait of `classes.csv`: gravity, pipe, cable, series, pressure."""
        having = {row["class"] for row in rows_of("classes") if row[name] == "true"}
        table = np.array([code in having for code in self.classes] + [False])
        return np.asarray(table[self.line_class])

    def marked(self, use: str) -> Mask:
        """Points whose feature or attachment has a use of `check_terms.csv`."""
        if use not in self._masks:
            made = np.zeros(len(self.points), dtype=np.bool_)
            for role in ("feature", "attachment"):
                made |= self._marked_by(use, role)
            self._masks[use] = made
        return self._masks[use]

    def _marked_by(self, use: str, role: str) -> Mask:
        wanted = [row for row in rows_of("check_terms") if (row["use"], row["role"]) == (use, role)]
        made = np.zeros(len(self.points), dtype=np.bool_)
        for code in sorted({row["class"] for row in wanted}):
            terms = [row["term"] for row in wanted if row["class"] == code]
            own = self.point_class == self.classes.index(code) if code else True
            made |= self.has("points", role, terms) & own
        return made

    @cached_property
    def poles(self) -> Mask:
        """Points with an attachment that has a height."""
        terms = [t for known in vocabulary().classes.values() for t in known.terms if t.well == "height"]
        return self.has("points", "attachment", [term.term for term in terms])

    @cached_property
    def plain(self) -> Mask:
        """Points without an attachment."""
        return ~self.filled("points", "attachment")

    def marked_ends(self, points: Mask) -> Mask:
        """Ends of lines at such points, shape (2, lines)."""
        return np.asarray(np.append(points, False)[self.end_at])
