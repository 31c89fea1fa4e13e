"""What a rule finds: rows of one table with the value that stands there and the one expected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Hits:
    """Defects of one field of one table.

    Attributes
    ----------
    table
        `points`, `lines`, or the place of a header.
    at
        Positions in that table, shape (n,); -1 where a whole file is meant.
    field
        Column at fault.
    value, expected
        Language-neutral texts, n of each.
    severity
        `error` or `warning` per hit; None: as the register says.
    files
        The file of each hit where `at` is -1.
    """

    table: str
    at: Ints
    field: str
    value: Sequence[str]
    expected: Sequence[str]
    severity: Sequence[str] | None = None
    files: Sequence[str] = ()


def hits(
    table: str,
    found: Mask | Ints,
    field: str,
    value: Iterable[object],
    expected: Iterable[object] | str,
    severity: Sequence[str] | None = None,
) -> Hits:
    """Hits at the positions `found` (or where it is true); `value` holds one entry per hit."""
    at = np.flatnonzero(found) if found.dtype == np.bool_ else found.astype(np.int64)
    values = texts(value)
    wanted = [expected] * len(at) if isinstance(expected, str) else texts(expected)
    return Hits(table, at, field, values, wanted, severity)


def texts(values: Iterable[object]) -> list[str]:
    """Numbers and texts as a finding shows them: no more than six decimals, nothing for a missing one."""
    return [_text(value) for value in values]


def _text(value: object) -> str:
    if isinstance(value, float | np.floating):
        number = float(value)
        return "" if np.isnan(number) else f"{number:.6f}".rstrip("0").rstrip(".")
    return str(value)
