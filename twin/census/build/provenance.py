"""Provenance: which attributes of a component were measured, joined, repaired or assumed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.rules import rule
from twin.lifelines.surveyed import ASSUMED, JOINED, MARK, MEASURED, NOT_MEANT, ORIGINS, REPAIRED

SURVEYED = ("ground_m", "depth_m", "material", "width_mm", "start_z_m", "end_z_m", "built")
"""Attributes that come from the survey where nothing else is said."""
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
    """The marks of those columns that a city has, and of the survey's own that were filled in."""
    found = {}
    for name in map(str, frame):
        known = name.removeprefix(MARK)
        if name.startswith(MARK) and known in columns:
            found[known] = np.nan_to_num(frame[name].to_numpy(dtype=float), nan=NOT_MEANT).astype(np.int8)
    for known in SURVEYED:
        if known in frame and known in columns:
            values = frame[known]
            have = values.notna() if values.dtype.kind == "f" else values.astype(str) != ""
            codes = found.get(known, np.full(len(frame), NOT_MEANT, dtype=np.int8))
            found[known] = np.where((codes == NOT_MEANT) & have.to_numpy(), MEASURED, codes).astype(np.int8)
    return found


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
    repaired = frame["repaired"].astype(str).to_numpy() if "repaired" in frame else np.full(len(frame), "")
    some = np.flatnonzero((repaired != "") & (repaired != "nan"))
    for name, codes in sorted(_marks(frame, columns).items()):
        count = {word: int((codes == origin).sum()) for origin, word in WORDS.items()}
        fixed = sum(name in repaired[row].split() and codes[row] == MEASURED for row in some)
        count["repaired"] += fixed
        count["measured"] -= fixed
        rows.append({"layer": layer, "table": table, "column": name, **count})
    return pd.DataFrame(
        rows, columns=["layer", "table", "column", *(WORDS[o] for o in (MEASURED, JOINED, REPAIRED, ASSUMED))]
    )
