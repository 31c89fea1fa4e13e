"""Provenance: which attributes of a component were measured, joined, repaired or assumed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.rules import rule
from twin.lifelines.surveyed import ASSUMED, JOINED, MARK, MEASURED, NOT_MEANT, ORIGINS, REPAIRED

WORDS = {MEASURED: "measured", **ORIGINS}


def sign(frame: pd.DataFrame, columns: set[str]) -> pd.DataFrame:
    """The frame with `confidence` and `provenance`, made from its marks (`twin.lifelines.surveyed.fill`).

    Confidence is the mean weight (data/confidence.csv) of the marked attributes that a component has, its
    place counted as one that was measured; fields that were repaired (column `repaired`) count as such.
    """
    marks = _marks(frame, columns)
    weights = dict(zip(rule("confidence")["origin"], rule("confidence")["weight"], strict=True))
    total, count = np.full(len(frame), float(weights["measured"])), np.ones(len(frame))
    for codes in marks.values():
        for origin, word in WORDS.items():
            total[codes == origin] += weights[word]
        count += codes != NOT_MEANT
    told = _told(marks, len(frame))
    repaired = frame["repaired"].to_numpy(dtype=object) if "repaired" in frame else np.full(len(frame), "")
    for row in np.flatnonzero(repaired.astype(str) != ""):
        fields = repaired[row].split()
        total[row] += weights["repaired"] * len(fields)
        count[row] += len(fields)
        told[row] = " ".join([*told[row].split(), *(f"{field}:{ORIGINS[REPAIRED]}" for field in fields)])
    return frame.assign(confidence=np.round(total / count, 3), provenance=told)


def _marks(frame: pd.DataFrame, columns: set[str]) -> dict[str, NDArray[np.int8]]:
    """The marks of those columns that a city has."""
    return {
        name.removeprefix(MARK): np.nan_to_num(frame[name].to_numpy(dtype=float), nan=NOT_MEANT).astype(
            np.int8
        )
        for name in frame
        if name.startswith(MARK) and name.removeprefix(MARK) in columns
    }


def _told(marks: Mapping[str, NDArray[np.int8]], rows: int) -> NDArray[np.object_]:
    """`column:origin ...` for each row, made once for each combination that occurs."""
    code = np.zeros(rows, dtype=np.int64)
    for codes in marks.values():
        code = np.unique(code * 8 + np.maximum(codes, 0), return_inverse=True)[1]
    some = np.unique(code, return_index=True)[1]
    texts = [
        " ".join(
            f"{name}:{ORIGINS[int(codes[row])]}"
            for name, codes in marks.items()
            if int(codes[row]) in ORIGINS
        )
        for row in some
    ]
    return np.array(texts, dtype=object)[code] if rows else np.zeros(0, dtype=object)


def shares(layer: str, table: str, frame: pd.DataFrame, columns: set[str]) -> pd.DataFrame:
    """How many values of each marked column come from where: `layer,table,column,measured,joined,...`."""
    rows = []
    for name, codes in sorted(_marks(frame, columns).items()):
        count = {word: int((codes == origin).sum()) for origin, word in WORDS.items()}
        if "repaired" in frame:
            fixed = (
                frame["repaired"].astype(str).str.split().map(lambda fields: name in fields).to_numpy(bool)
            )  # noqa: B023
            count["repaired"] += int((fixed & (codes == MEASURED)).sum())
            count["measured"] -= int((fixed & (codes == MEASURED)).sum())
        rows.append({"layer": layer, "table": table, "column": name, **count})
    return pd.DataFrame(
        rows, columns=["layer", "table", "column", *(WORDS[o] for o in (MEASURED, JOINED, REPAIRED, ASSUMED))]
    )
