"""Changes to a survey: made, logged and undone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.survey import SCHEMAS, TEXT, Survey, frame

ROW = "row"
"""Field of the log where a whole row was removed."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Patch:
    """New values of one field, or the removal of rows.

    Attributes
    ----------
    table
        `points` or `lines`.
    at
        Positions in that table, shape (n,).
    field
        Column that changes; `row`: the rows are removed.
    after
        The new values, n of them; none for a removal.
    rule
        Rule that asked for it.
    reason
        Why these values, n texts without words: `ground - depth`, `= row 12`.
    """

    table: str
    at: Ints
    field: str
    after: Sequence[object]
    rule: str
    reason: Sequence[str]

    def __post_init__(self) -> None:
        if len(self.reason) != len(self.at) or (self.field != ROW and len(self.after) != len(self.at)):
            raise ValueError(f"{self.rule}: {len(self.at)} places, {len(self.after)} values")


def apply(survey: Survey, patches: Iterable[Patch]) -> Survey:
    """The survey with the patches made, each on what the one before left, and written to its log.

    A patch of values may follow another; a removal changes positions and comes alone or last. What is
    already so is not logged.
    """
    tables = {"points": survey.points, "lines": survey.lines}
    log = [survey.repairs]
    number = len(survey.repairs)
    for given in patches:
        patch = _changing(given, tables[given.table])
        if not len(patch.at):
            continue
        own = tables[patch.table]
        gone = patch.field == ROW
        tables[patch.table] = _without(own, patch.at) if gone else _with(own, patch)
        columns = {
            "number": np.arange(number, number + len(patch.at)) + 1,
            "table": [patch.table] * len(patch.at),
            "row": own["row"].to_numpy()[patch.at],
            "id": own["id"].to_numpy()[patch.at],
            "field": [patch.field] * len(patch.at),
            "before": _rows_as_json(own, patch.at) if gone else _texts(own[patch.field], patch.at),
            "after": [""] * len(patch.at) if gone else _texts(tables[patch.table][patch.field], patch.at),
            "rule": [patch.rule] * len(patch.at),
            "reason": list(patch.reason),
        }
        log.append(frame(SCHEMAS["repairs"], columns, len(patch.at)))
        number += len(patch.at)
    repairs = pd.concat(log, ignore_index=True)
    return replace(survey, points=tables["points"], lines=tables["lines"], repairs=repairs)


def undo(survey: Survey) -> Survey:
    """The survey as it was before the first repair of its log."""
    points, lines = (
        _undone(own, name, survey.repairs[survey.repairs["table"] == name])
        for name, own in (("points", survey.points), ("lines", survey.lines))
    )
    return replace(survey, points=points, lines=lines, repairs=frame(SCHEMAS["repairs"]))


def _undone(table: pd.DataFrame, name: str, log: pd.DataFrame) -> pd.DataFrame:
    """A table without the changes of its log: removed rows come back, fields get their first value."""
    latest = log.sort_values("number", ascending=False)
    removed = latest.loc[latest["field"] == ROW, "before"]
    made = _restored(table, [json.loads(text) for text in removed], name)
    place = pd.Series(np.arange(len(made)), index=made["row"].to_numpy())
    for field, changes in latest[latest["field"] != ROW].groupby("field", sort=True):
        first = changes.drop_duplicates("row", keep="last")
        at = place.reindex(first["row"]).to_numpy(dtype=np.int64)
        made = _assigned(made, str(field), at, _read(first["before"], name, str(field)))
    return _unmarked(made, log)


def _changing(patch: Patch, table: pd.DataFrame) -> Patch:
    """A patch without the values that stand there already."""
    if patch.field == ROW or not len(patch.at):
        return patch
    was = table[patch.field].to_numpy(dtype=object)[patch.at]
    new = [bool(one != other) for one, other in zip(was, patch.after, strict=True)]
    after = [value for value, use in zip(patch.after, new, strict=True) if use]
    reason = [text for text, use in zip(patch.reason, new, strict=True) if use]
    return replace(patch, at=patch.at[np.array(new, dtype=np.bool_)], after=after, reason=reason)


def _with(table: pd.DataFrame, patch: Patch) -> pd.DataFrame:
    """The table with new values, and their field noted in `repaired`."""
    table = _assigned(table, patch.field, patch.at, list(patch.after))
    noted = [
        text if patch.field in text.split() else f"{text} {patch.field}".strip()
        for text in table["repaired"].to_numpy(dtype=object)[patch.at]
    ]
    return _assigned(table, "repaired", patch.at, noted)


def _assigned(table: pd.DataFrame, field: str, at: Ints, values: Sequence[object]) -> pd.DataFrame:
    column = table[field].to_numpy(dtype=object if _is_text(table[field]) else None).copy()
    column[at] = np.asarray(values, dtype=column.dtype)
    made = pd.Series(column, dtype=TEXT) if _is_text(table[field]) else pd.Series(column)
    return table.assign(**{field: made.set_axis(table.index)})


def _without(table: pd.DataFrame, at: Ints) -> pd.DataFrame:
    kept = np.ones(len(table), dtype=np.bool_)
    kept[at] = False
    return table[kept].reset_index(drop=True)


def _restored(table: pd.DataFrame, rows: Sequence[Mapping[str, object]], name: str) -> pd.DataFrame:
    """The table with removed rows back in their places."""
    if not rows:
        return table.reset_index(drop=True)
    columns = {column: [row.get(column) for row in rows] for column in SCHEMAS[name].names}
    back = frame(SCHEMAS[name], columns, len(rows))
    return pd.concat([table, back]).sort_values("row", kind="stable").reset_index(drop=True)


def _unmarked(table: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """The table with the fields of the log taken out of `repaired`."""
    changed = log[log["field"] != ROW].groupby("row")["field"].agg(set)
    place = pd.Series(np.arange(len(table)), index=table["row"].to_numpy())
    at = place.reindex(changed.index).to_numpy(dtype=np.int64)
    texts = table["repaired"].to_numpy(dtype=object)[at]
    left = [
        " ".join(word for word in text.split() if word not in fields)
        for text, fields in zip(texts, changed, strict=True)
    ]
    return _assigned(table, "repaired", at, left) if len(at) else table


def _is_text(values: pd.Series) -> bool:
    return values.dtype.kind not in "fiub"


def _texts(values: pd.Series, at: Ints) -> list[str]:
    """Values as texts that read back exactly; missing ones are empty."""
    if _is_text(values):
        return [str(value) for value in values.to_numpy(dtype=object)[at]]
    return ["" if np.isnan(value) else repr(float(value)) for value in values.to_numpy()[at]]


def _read(texts: pd.Series, table: str, field: str) -> list[object]:
    if SCHEMAS[table].by_name[field].type == "text":
        return list(texts)
    return [float(text) if text else np.nan for text in texts]


def _rows_as_json(table: pd.DataFrame, at: Ints) -> list[str]:
    """Whole rows; missing numbers are null."""
    rows = table.iloc[at].astype(object)
    rows = rows.where(rows.notna(), None)
    return [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows.to_dict("records")]
