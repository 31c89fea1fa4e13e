"""From raw columns to checked arrays: types, defaults, bounds, unknown columns, duplicate ids."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.model.finding import Finding, Severity
from twin.model.schema import Column, Schema
from twin.text import Message, _

Array = NDArray[Any]
TRUE = frozenset({"true", "1", "yes", "t", "y", "是"})
FALSE = frozenset({"false", "0", "no", "f", "n", "否"})
FLAGS: Mapping[str, float] = {"true": 1.0, "false": 0.0}
DTYPES: Mapping[str, Any] = {"float": np.float64, "int": np.int64, "bool": np.bool_}
SMALLEST, LARGEST = 1e-30, 1e15
"""Sizes between which a number that is not zero must lie: beyond them no quantity of a city does."""

MANY = 10_000
"""Rows from which it pays to look at a column of objects as a whole."""


class Checker:
    """Turns the raw columns of one table into arrays and gathers findings on the way."""

    def __init__(self, schema: Schema, file: str) -> None:
        self.schema = schema
        self.file = file
        self.findings: list[Finding] = []

    def columns(self, raw: Mapping[str, Sequence[Any] | Array]) -> dict[str, Array]:
        """All columns of the schema as arrays of equal length."""
        length = max((len(values) for values in raw.values()), default=0)
        self._unknown(raw)
        ids = _texts(raw["id"]) if "id" in raw else np.array([], dtype=object)
        kinds = self._kinds(raw, length)
        result = {}
        for column in self.schema.columns:
            applies = _mask(column, kinds, length)
            result[column.name] = self._column(column, raw.get(column.name), applies, ids)
        return result

    def _kinds(self, raw: Mapping[str, Sequence[Any] | Array], length: int) -> Array | None:
        """The kind of each row, with the default where none is given; None in tables without kinds."""
        column = self.schema.by_name.get("kind")
        if column is None:
            return None
        given = _texts(raw["kind"]) if "kind" in raw else np.full(length, "", dtype=object)
        return np.where(given == "", column.default or "", given)

    def report(
        self, column: str, rule: str, problem: Message, remedy: Message, ids: Sequence[str] = ()
    ) -> None:
        """Add an error about a column."""
        self.findings.append(
            Finding(rule, Severity.ERROR, self.file, problem, remedy, field=column, ids=tuple(ids))
        )

    def _unknown(self, raw: Mapping[str, object]) -> None:
        for name in raw:
            if name in self.schema.by_name:
                continue
            near = difflib.get_close_matches(name, self.schema.names, 1)
            remedy = _("did you mean {near}?", near=near[0]) if near else _("remove the column")
            self.report(name, "table.unknown-column", _("is not a column of this table"), remedy)

    def _column(
        self, column: Column, raw: Sequence[Any] | Array | None, applies: NDArray[np.bool_], ids: Array
    ) -> Array:
        if raw is None:
            if column.default is None and applies.any():
                self.report(column.name, "table.missing-column", _("is missing"), _("add the column"))
            texts = np.full(len(applies), "", dtype=object)
        elif isinstance(raw, np.ndarray) and raw.dtype.kind in "fib" and column.type in DTYPES:
            return self._numeric(column, raw.astype(np.float64), applies, ids)
        else:
            texts = _texts(raw)
        missing = texts == ""
        if column.default:
            texts = np.where(missing & applies, column.default, texts)
        elif column.default is None and (bad := missing & applies).any() and raw is not None:
            self._bad(column, bad, ids, _("is missing"), _("give a value"))
        values, bad = self._parsed(column, texts, ids)
        return self._checked(column, values, applies & ~missing & ~bad, ids)

    def _parsed(self, column: Column, texts: Array, ids: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Texts as the column's type, and which of them are none of it."""
        if column.type == "bool":
            lowered = np.array([text.lower() for text in texts], dtype=object)
            yes = np.isin(lowered.astype(str), list(TRUE))
            bad = ~yes & ~np.isin(lowered.astype(str), [*FALSE, ""])
            self._bad(column, bad, ids, _("must be true or false"), _("write true or false"), texts)
            return yes, bad
        if column.type not in DTYPES:
            return texts, np.zeros(len(texts), dtype=bool)
        values, bad = _numbers(texts)
        if column.type == "int":
            bad |= np.isnan(values) & (texts != "")
        self._bad(column, bad, ids, _("must be a number"), _("write a plain number"), texts)
        return (self._whole(column, values, ids) if column.type == "int" else values), bad

    def _numeric(
        self, column: Column, values: NDArray[np.float64], applies: NDArray[np.bool_], ids: Array
    ) -> Array:
        """A column that came as numbers; NaN stands for a missing value."""
        missing = np.isnan(values)
        if column.default:
            values[missing & applies] = float(FLAGS.get(column.default, column.default))
        if column.type == "int" and column.default is None:
            self._bad(column, missing & applies, ids, _("is missing"), _("give a value"))
        typed: Array = values
        if column.type == "bool":
            bad = ~np.isin(values, (0.0, 1.0)) & ~np.isnan(values)
            self._bad(column, bad, ids, _("must be true or false"), _("write true or false"), values)
            typed = values == 1.0
        elif column.type == "int":
            typed = self._whole(column, values, ids)
        return self._checked(column, typed, applies, ids)

    def _whole(self, column: Column, values: NDArray[np.float64], ids: Array) -> NDArray[np.int64]:
        """Whole numbers; what is missing becomes 0."""
        whole = np.where(np.isnan(values), 0.0, values)
        bad = (np.abs(whole) > LARGEST) | (whole != np.floor(whole))
        self._bad(column, bad, ids, _("must be a whole number"), _("drop the fraction"), values)
        return np.where(bad, 0.0, whole).astype(np.int64)

    def _checked(self, column: Column, values: Array, applies: NDArray[np.bool_], ids: Array) -> Array:
        if column.type == "float":
            self._sizes(column, values, applies, ids)
        if column.bounds:
            self._bounds(column, values, applies, ids)
        if column.choices:
            bad = applies & ~np.isin(values.astype(str), column.choices)
            choices = ", ".join(column.choices)
            self._bad(
                column, bad, ids, _("must be one of {choices}", choices=choices), _("correct it"), values
            )
        if column.type == "id":
            self._ids(column, values)
        return values

    def _sizes(self, column: Column, values: Array, applies: NDArray[np.bool_], ids: Array) -> None:
        if column.default != "":
            self._bad(column, applies & np.isnan(values), ids, _("must not be NaN"), _("give a number"))
        size = np.abs(values)
        self._bad(column, np.isinf(size), ids, _("must be finite"), _("give a number"))
        bad = np.isfinite(size) & ((size > LARGEST) | ((size > 0) & (size < SMALLEST)))
        self._bad(column, bad, ids, _("is no quantity of a city"), _("check the unit"), values)

    def _bounds(self, column: Column, values: Array, applies: NDArray[np.bool_], ids: Array) -> None:
        with np.errstate(invalid="ignore"):
            if column.bounds == ">0":
                bad = values <= 0
            elif column.bounds == ">=0":
                bad = values < 0
            else:
                low, high = (float(part) for part in column.bounds.split(".."))
                bad = (values < low) | (values > high)
        self._bad(
            column,
            bad & applies,
            ids,
            _("must be {bounds}", bounds=column.bounds.replace(">", "> ").replace("> =", ">= ")),
            _("give a value or remove the rows"),
        )

    def _ids(self, column: Column, values: Array) -> None:
        names, counts = np.unique(values.astype(str), return_counts=True)
        double = [str(name) for name in names[counts > 1]]
        if double:
            self.report(
                column.name, "table.duplicate-id", _("is not unique"), _("rename or remove rows"), double
            )
        bad = [text for text in values if "/" in text or text != text.strip()]
        if bad:
            problem = _("must not contain a slash or begin or end with a blank")
            self.report(column.name, "table.bad-id", problem, _("rename"), bad)

    def _bad(
        self,
        column: Column,
        bad: NDArray[np.bool_],
        ids: Array,
        problem: Message,
        remedy: Message,
        values: Array | None = None,
    ) -> None:
        rows = np.flatnonzero(bad)
        if not len(rows):
            return
        names = [str(ids[row]) if row < len(ids) else f"#{row + 1}" for row in rows]
        if values is not None:
            names = [f"{name}={values[row]!s:.40}" for name, row in zip(names, rows, strict=True)]
        self.report(column.name, "table.bad-value", problem, remedy, names)


def _mask(column: Column, kinds: Array | None, length: int) -> NDArray[np.bool_]:
    if not column.kinds or kinds is None:
        return np.ones(length, dtype=bool)
    return np.isin(kinds.astype(str), column.kinds)


def _texts(values: Sequence[Any] | Array) -> Array:
    """Values as texts; None and NaN become empty."""
    if isinstance(values, np.ndarray) and values.dtype == object and len(values) >= MANY:
        from pandas.api.types import infer_dtype

        if infer_dtype(values, skipna=False) == "string":
            return values.copy()
    result = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        missing = value is None or (isinstance(value, float) and np.isnan(value))
        result[row] = "" if missing else value if isinstance(value, str) else str(value)
    return result


def _numbers(texts: Array) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Texts as floats (empty: NaN) and which of them are no numbers."""
    values = np.full(len(texts), np.nan)
    bad = np.zeros(len(texts), dtype=bool)
    for row, text in enumerate(texts):
        if text == "":
            continue
        try:
            values[row] = float(text)
        except ValueError:
            bad[row] = True
        else:
            bad[row] = "_" in text
    return values, bad
