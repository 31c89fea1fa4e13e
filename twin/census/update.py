"""A later survey laid over an earlier one: what it adds, changes and takes away, and the two as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.survey import SCHEMAS, TEXT, Survey
from twin.io.files import refuse
from twin.text import _

Ints = NDArray[np.int64]
ADDED, CHANGED, REMOVED = "added", "changed", "removed"
COLUMNS = ("table", "row", "id", "change", "field", "before", "after")
"""Columns of the changes; `row` is that of the joined survey, `field` is empty for whole rows."""
_OWN = frozenset({"row", "file", "line_no", "repaired", "map_sheet", "surveyor", "surveyed"})
"""What says who surveyed a row, and when, not what it holds."""
_LATER = ("census_date", "standard", "mapping", "vertical_datum")


@dataclass(frozen=True)
class Update:
    """A later survey laid over an earlier one.

    Attributes
    ----------
    survey
        The two as one: rows keep their numbers, new ones come last.
    changes
        What changed, by table and row (`COLUMNS`).
    same
        How many rows of each table are as they were.
    """

    survey: Survey
    changes: pd.DataFrame
    same: Mapping[str, int]

    def count(self, table: str, change: str) -> int:
        """How many rows of a table were added, changed or removed."""
        own = self.changes[(self.changes["table"] == table) & (self.changes["change"] == change)]
        return int(own["row"].nunique())


def lay_over(earlier: Survey, later: Survey, *, whole: bool = False) -> Update:
    """Lay a later survey over an earlier one.

    Parameters
    ----------
    earlier, later
        Surveys in canonical tables and in one coordinate system. Rows of one id are the same thing; of
        several rows with one id the first is the first.
    whole
        Whether the later survey is one of everything: what is not in it, is gone. Otherwise it is a part,
        and what is not in it stays.

    Raises
    ------
    DatasetError
        Where the surveys are in different coordinate systems.
    """
    one, other = earlier.meta.get("crs", ""), later.meta.get("crs", "")
    if one and other and one != other:
        problem = _("is in {later}, the survey of the city in {earlier}", later=other, earlier=one)
        raise refuse("update.crs", later.meta.get("name", "-"), problem, _("bring it into the same system"))
    made: dict[str, pd.DataFrame] = {}
    parts: list[pd.DataFrame] = []
    rows: dict[str, Ints] = {}
    same: dict[str, int] = {}
    touched: dict[str, Ints] = {}
    for name in ("points", "lines"):
        made[name], changes, rows[name] = _laid(name, getattr(earlier, name), getattr(later, name), whole)
        parts.append(changes)
        touched[name] = np.unique(changes["row"].to_numpy(dtype=np.int64))
        same[name] = int((~made[name]["row"].isin(touched[name])).sum())
    survey = replace(
        earlier,
        points=made["points"],
        lines=made["lines"],
        cells=_cells(earlier, later, rows, touched, made),
        headers=pd.concat([earlier.headers, later.headers], ignore_index=True).drop_duplicates(
            ignore_index=True
        ),
        repairs=_repairs(earlier, touched),
        meta={**earlier.meta, **{key: later.meta[key] for key in _LATER if later.meta.get(key)}},
        tables={**earlier.tables, **later.tables},
    )
    return Update(survey, pd.concat(parts, ignore_index=True), same)


def _laid(
    name: str, earlier: pd.DataFrame, later: pd.DataFrame, whole: bool
) -> tuple[pd.DataFrame, pd.DataFrame, Ints]:
    """One table of the joined survey, its changes, and the row that each later row got."""
    index = pd.MultiIndex.from_frame(_keys(earlier))
    at = index.get_indexer(pd.MultiIndex.from_frame(_keys(later))).astype(np.int64)
    met = np.flatnonzero(at >= 0)
    differs = _differences(earlier, later, at, met)
    fresh = np.flatnonzero(at < 0)
    start = int(earlier["row"].max()) + 1 if len(earlier) else 0
    rows = np.empty(len(later), dtype=np.int64)
    rows[met] = earlier["row"].to_numpy()[at[met]]
    rows[fresh] = start + np.arange(len(fresh))
    changed = met[differs.any(axis=1)] if len(met) else met
    parts = [_changed(name, earlier, later, at, met, differs)]
    kept = np.ones(len(earlier), dtype=np.bool_)
    if whole:
        kept[np.setdiff1d(np.arange(len(earlier)), at[met])] = False
        parts.append(_whole_rows(name, earlier[~kept], earlier["row"].to_numpy()[~kept], REMOVED))
    parts.append(_whole_rows(name, later.iloc[fresh], rows[fresh], ADDED))
    kept[at[changed]] = False
    table = pd.concat(
        [earlier[kept], later.iloc[np.append(changed, fresh)].assign(row=rows[np.append(changed, fresh)])]
    )
    table = table.sort_values("row", kind="stable").reset_index(drop=True)
    return table[list(SCHEMAS[name].names)], pd.concat(parts, ignore_index=True), rows


def _keys(table: pd.DataFrame) -> pd.DataFrame:
    """What tells rows apart: the id, and the how manieth of that id it is."""
    return pd.DataFrame({"id": table["id"].astype(str), "number": table.groupby("id", sort=False).cumcount()})


def _surveyed(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if name not in _OWN]


def _differences(earlier: pd.DataFrame, later: pd.DataFrame, at: Ints, met: Ints) -> NDArray[np.bool_]:
    """Which surveyed fields of the rows that met differ, shape (met, fields)."""
    names = _surveyed(earlier)
    made = np.zeros((len(met), len(names)), dtype=np.bool_)
    for number, name in enumerate(names):
        one, two = earlier[name].to_numpy()[at[met]], later[name].to_numpy()[met]
        made[:, number] = (one != two) & ~(pd.isna(one) & pd.isna(two))
    return made


def _changed(
    name: str, earlier: pd.DataFrame, later: pd.DataFrame, at: Ints, met: Ints, differs: NDArray[np.bool_]
) -> pd.DataFrame:
    """One change for each field of each row that differs."""
    parts = []
    for number, field in enumerate(_surveyed(earlier)):
        here = met[differs[:, number]]
        if len(here):
            before, after = (
                _texts(table[field], place) for table, place in ((earlier, at[here]), (later, here))
            )
            rows = earlier["row"].to_numpy()[at[here]]
            ids = later["id"].to_numpy()[here]
            parts.append(_framed(name, rows, ids, CHANGED, field, before, after))
    return pd.concat(parts, ignore_index=True) if parts else _framed(name, [], [], CHANGED)


def _whole_rows(name: str, table: pd.DataFrame, rows: Ints, change: str) -> pd.DataFrame:
    return _framed(name, rows, table["id"].to_numpy(), change)


def _framed(
    name: str,
    rows: object,
    ids: object,
    change: str,
    field: str = "",
    before: object = "",
    after: object = "",
) -> pd.DataFrame:
    numbers = np.asarray(rows, dtype=np.int64)
    count = len(numbers)
    given = {"table": name, "id": ids, "change": change, "field": field, "before": before, "after": after}
    made = {
        key: pd.Series([value] * count if isinstance(value, str) else list(np.asarray(value)), dtype=TEXT)
        for key, value in given.items()
    }
    return pd.DataFrame({**made, "row": numbers})[list(COLUMNS)]


def _texts(values: pd.Series, at: Ints) -> list[str]:
    if values.dtype.kind in "fiub":
        return ["" if np.isnan(value) else f"{value:.12g}" for value in values.to_numpy(dtype=np.float64)[at]]
    return [str(value) for value in values.to_numpy(dtype=object)[at]]


def _cells(
    earlier: Survey,
    later: Survey,
    rows: Mapping[str, Ints],
    touched: Mapping[str, Ints],
    made: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Cells that could not be read: those of rows that stayed, and those of rows that came."""
    parts = []
    for name in ("points", "lines"):
        old = earlier.cells[earlier.cells["table"] == name]
        stays = made[name]["row"][~made[name]["row"].isin(touched[name])]
        parts.append(old[old["row"].isin(stays)])
        new = later.cells[later.cells["table"] == name]
        place = pd.Series(rows[name], index=getattr(later, name)["row"].to_numpy())
        new = new.assign(row=place.reindex(new["row"]).to_numpy(dtype=np.int64))
        parts.append(new[new["row"].isin(touched[name])])
    return pd.concat(parts, ignore_index=True)


def _repairs(earlier: Survey, touched: Mapping[str, Ints]) -> pd.DataFrame:
    """The repairs of rows that are as they were; those of others have no meaning any more."""
    log = earlier.repairs
    gone = np.zeros(len(log), dtype=np.bool_)
    for name, rows in touched.items():
        gone |= (log["table"] == name).to_numpy() & log["row"].isin(rows).to_numpy()
    left = log[~gone].reset_index(drop=True)
    return left.assign(number=np.arange(len(left), dtype=np.int64) + 1)
