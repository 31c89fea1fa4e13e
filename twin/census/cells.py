"""Cells as they are written, read as numbers, years, dates, sizes and codes: by column, never guessing.

Texts arrive trimmed. What is plainly a number goes through Arrow; only the different odd texts of a column
are looked at one by one.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from twin.census.units import factor_of

SERIAL_DATES = (10_000, 60_000)
"""Excel counts days from 1899-12-30; these are the years 1927 to 2064."""
SMALLEST_BOX_MM = 10.0
"""Below this a side of a section is no number of millimetres: metres, or the cores of a cable."""
_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(.*)", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DATE = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?(?:[ t]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?"
)
_SOLID_DATE = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})?")
_DIAMETER = re.compile(r"(?:dn|de|d|φ|ϕ|ø|⌀)\.?")
_TIMES = re.compile(r"[*x×✕╳]")


@dataclass(frozen=True)
class Cells:
    """A column that was read.

    Attributes
    ----------
    values
        float64 with NaN, or an Arrow array of texts; what could not be read is missing.
    bad
        Positions of cells that could not be read, ascending.
    adapted
        Positions of cells that were read although they are not written plainly (`1.2m`, full-width digits).
    """

    values: Any
    bad: NDArray[np.int64]
    adapted: NDArray[np.int64]


def texts_of(column: Any) -> pa.Array:
    """A column of any type as trimmed texts; missing ones are empty, whole numbers have no fraction."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_floating(array.type):
        whole = pc.equal(pc.floor(array), array)
        array = pc.if_else(
            pc.fill_null(pc.and_(whole, pc.less(pc.abs(array), 1e15)), False),
            pc.if_else(pc.fill_null(whole, False), array, 0.0).cast(pa.int64(), safe=False).cast(pa.string()),
            array.cast(pa.string()),
        )
    elif not pa.types.is_string(array.type):
        array = array.cast(pa.string())
    return pc.utf8_trim_whitespace(pc.fill_null(array, ""))


def numbers(column: Any, unit: str, *, factor: float = 1.0) -> Cells:
    """Numbers in the column's `unit`; those without a unit of their own are multiplied by `factor`."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        values = (
            np.asarray(array.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64) * factor
        )
        return _checked(values, np.isinf(values), np.zeros(len(values), dtype=np.bool_))
    texts = texts_of(array)
    filled = pc.if_else(pc.equal(texts, ""), None, texts)
    none = np.zeros(len(texts), dtype=np.bool_)
    try:
        values = np.asarray(filled.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
        bad = ~np.isfinite(values) & np.asarray(filled.is_valid())
        return _checked(values * factor, bad, none)
    except pa.ArrowInvalid:
        return _mixed(texts, unit, factor)


def _mixed(texts: pa.Array, unit: str, factor: float) -> Cells:
    """Numbers among which some are not written plainly: the plain ones at once, the others one by one."""
    plain = pc.match_substring_regex(texts, _PLAIN)
    values = np.asarray(
        pc.if_else(plain, texts, None).cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64
    )
    rows = np.flatnonzero(~np.asarray(plain))
    rest = _odd(texts.take(pa.array(rows)), lambda text: number(text, unit, factor), factor)
    values *= factor
    values[rows] = rest.values
    bad = np.union1d(rows[rest.bad], np.flatnonzero(np.isinf(values))).astype(np.int64)
    values[bad] = np.nan
    return Cells(values, bad, rows[rest.adapted])


def years(column: Any) -> Cells:
    """Years of construction, also out of dates."""
    plainly = numbers(column, "")
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    usual = (plainly.values > 999) & (plainly.values < 3000) & (plainly.values == np.floor(plainly.values))
    if not len(plainly.bad) and bool(np.all(usual | np.isnan(plainly.values))):
        return plainly
    return _odd(texts_of(array), year)


def dates(column: Any) -> Cells:
    """Dates as ISO 8601 texts (2024-01-05, 2024-01, 2024)."""
    texts = texts_of(column)
    encoded = texts.dictionary_encode()
    written = encoded.dictionary.to_pylist()
    read = [date(text) if text else "" for text in written]
    index = np.asarray(encoded.indices)
    bad = np.array([text is None for text in read], dtype=np.bool_)[index] if read else np.zeros(0, np.bool_)
    other = np.array([text is not None and text != given for text, given in zip(read, written, strict=True)])
    adapted = other[index] if read else np.zeros(0, np.bool_)
    values = pa.array([text or "" for text in read], pa.string()).take(encoded.indices)
    return Cells(values, np.flatnonzero(bad), np.flatnonzero(adapted))


def codes(column: Any, meanings: Mapping[str, str]) -> Cells:
    """Codes as `meanings` gives them for the written ones; what has no meaning is bad and left as written."""
    encoded = texts_of(column).dictionary_encode()
    written = encoded.dictionary.to_pylist()
    read = [meanings.get(_folded(text)) if text else "" for text in written]
    index = np.asarray(encoded.indices)
    bad = np.array([code is None for code in read], dtype=np.bool_)
    adapted = np.array([code not in (None, text) for code, text in zip(read, written, strict=True)], np.bool_)
    filled = [text if code is None else code for code, text in zip(read, written, strict=True)]
    values = pa.array(filled, pa.string()).take(encoded.indices)
    return Cells(values, np.flatnonzero(bad[index]), np.flatnonzero(adapted[index]))


def meanings_of(pairs: Mapping[str, str]) -> dict[str, str]:
    """Meanings under the form in which `codes` compares written codes."""
    return {_folded(written): code for written, code in pairs.items()}


def sizes(
    column: Any, unit: str = "mm"
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Width and height in mm of written sections, and the positions of those that are none."""
    encoded = texts_of(column).dictionary_encode()
    read = [size(text, unit) if text else (np.nan, np.nan) for text in encoded.dictionary.to_pylist()]
    index = np.asarray(encoded.indices)
    pairs = np.array([(np.nan, np.nan) if pair is None else pair for pair in read]).reshape(-1, 2)
    bad = np.array([pair is None for pair in read], dtype=np.bool_)[index]
    return pairs[index, 0], pairs[index, 1], np.flatnonzero(bad)


def last_numbers(column: Any) -> NDArray[np.float64]:
    """The last number of texts like `0.2-0.3` or `0.2~0.3`; NaN where there is none."""
    found = pc.extract_regex(texts_of(column), r"(?P<number>\d+\.?\d*|\.\d+)[^\d.]*$")
    number = pc.struct_field(found, "number")
    return np.asarray(number.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def number(text: str, unit: str, factor: float = 1.0) -> float | None:
    """A number written with full-width signs, groups of thousands or a unit; None where it is none."""
    folded = _folded(text).replace("−", "-").replace("—", "-")
    if _GROUPED.fullmatch(folded):
        folded = folded.replace(",", "")
    found = _NUMBER.fullmatch(folded)
    if found is None:
        return None
    behind = found.group(2).strip()
    times = factor_of(unit, behind) if behind else factor
    value = float(found.group(1))
    return None if times is None or not np.isfinite(value) else value * times


def year(text: str) -> float | None:
    """A year out of `1998`, `1998年`, a date or an Excel serial date; other numbers stay what they are."""
    plainly = number(text, "")
    if plainly is not None and "." not in text and not _SOLID_DATE.fullmatch(text):
        serial = plainly == np.floor(plainly) and SERIAL_DATES[0] <= plainly < SERIAL_DATES[1]
        return float(_of_serial(plainly).year) if serial else plainly
    found = date(text)
    return float(found[:4]) if found else plainly


def date(text: str) -> str | None:
    """A date as ISO 8601, as exact as it is written; None where it is none."""
    folded = _folded(text)
    if found := _DATE.fullmatch(folded) or _SOLID_DATE.fullmatch(folded):
        parts = [int(part) for part in found.groups()[:3] if part]
        try:
            dt.date(*[*parts, 1, 1][:3])
        except ValueError:
            return None
        return "-".join(f"{part:02d}" for part in parts)
    if re.fullmatch(r"\d{5}(\.\d+)?", folded) and SERIAL_DATES[0] <= float(folded) < SERIAL_DATES[1]:
        return _of_serial(float(folded)).isoformat()
    return None


def size(text: str, unit: str = "mm") -> tuple[float, float] | None:
    """Width and height in mm of `DN100`, `φ100`, `100`, `1200*800`, `1.2m×0.8m`; None of anything else."""
    folded = _folded(text).replace(" ", "")
    round_ = _DIAMETER.match(folded)
    parts = _TIMES.split(folded[round_.end() :] if round_ else folded)
    if len(parts) > 2:
        return None
    behind = parts[-1].lstrip("0123456789.")
    written = behind or unit
    factor = factor_of("mm", written) or 0.0
    values = [number(part.removesuffix(behind) if behind else part, "", factor) for part in parts]
    if any(value is None or value < SMALLEST_BOX_MM for value in values[: 1 if round_ else 2]):
        return None
    width = float(values[0] or 0.0)
    if len(values) == 1 or round_:
        return (width, width)
    return (width, float(values[1] or 0.0))


def _folded(text: str) -> str:
    """A text in one width and one case, with ϕ and Ø as φ and ø."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _of_serial(days: float) -> dt.date:
    return dt.date(1899, 12, 30) + dt.timedelta(days=int(days))


def _odd(texts: pa.Array, read: Callable[[str], float | None], factor: float = 1.0) -> Cells:
    """Numbers where some texts are no plain ones: each different text is read once."""
    encoded = texts.dictionary_encode()
    written = encoded.dictionary.to_pylist()
    values = np.full(len(written), np.nan)
    bad = np.zeros(len(written), dtype=np.bool_)
    adapted = np.zeros(len(written), dtype=np.bool_)
    for place, text in enumerate(written):
        if not text:
            continue
        value = read(text)
        bad[place] = value is None
        values[place] = np.nan if value is None else value
        adapted[place] = value is not None and not _is_plain(text, value, factor)
    index = np.asarray(encoded.indices)
    return Cells(values[index], np.flatnonzero(bad[index]), np.flatnonzero(adapted[index]))


def _is_plain(text: str, value: float, factor: float) -> bool:
    """Whether a text is just that number, apart from the unit of its column."""
    try:
        return text.isascii() and "_" not in text and float(text) * factor == value
    except ValueError:
        return False


def _checked(values: NDArray[np.float64], bad: NDArray[np.bool_], adapted: NDArray[np.bool_]) -> Cells:
    return Cells(np.where(bad, np.nan, values), np.flatnonzero(bad), np.flatnonzero(adapted))
