"""Equipment: what stands at points, from the joined tables and from the terms of the survey."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from twin.census.build.intake import Intake, text
from twin.census.build.meetings import Meetings
from twin.census.build.rules import rule
from twin.census.survey import JOINED, frame
from twin.lifelines.base import Declaration
from twin.lifelines.surveyed import ASSUMED
from twin.lifelines.surveyed import JOINED as FROM_JOINED
from twin.model.finding import Finding, Severity
from twin.text import _

NUMBERS = ("q_m3h", "head_m", "power_kw", "setting", "sn_mva", "vn_hv_kv", "vn_lv_kv")
PLANT_NUMBERS = (
    "capacity", "level_m", "level_min_m", "level_max_m", "diameter_m", "elevation_m", "p_mpa", "t_c", "vn_kv",
)  # fmt: skip
TURNS = "transformer"
"""The kind that joins two levels of one point."""


def table(tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """A joined table, or an empty one, with texts as plain objects."""
    found = tables[name] if name in tables else frame(JOINED[name])
    return found.astype({column: object for column in found if found[column].dtype.kind not in "fib"})


def joined_rows(
    tables: Mapping[str, pd.DataFrame], name: str, class_code: str, intake: Intake, findings: list[Finding]
) -> pd.DataFrame:
    """The rows of `devices` or `plants` of one class with the row of their point as `at`."""
    rows = table(tables, name)
    rows = rows[rows["class"] == class_code].reset_index(drop=True)
    at = intake.rows_of(list(rows["point"]))
    if (at < 0).any():
        problem = _("stand at points that the survey does not have")
        ids = tuple(str(point) for point in rows["point"][at < 0])
        findings.append(
            Finding("build.nowhere", Severity.WARNING, name, problem, _("correct the point"), "point", ids)
        )
    return rows.assign(at=at)[at >= 0].reset_index(drop=True)


def equipment(
    intake: Intake,
    meetings: Meetings,
    layer: int,
    declared: Declaration,
    devices: pd.DataFrame,
    plants: pd.DataFrame,
) -> pd.DataFrame:
    """The devices of a layer that stand between two nodes, in order of point and number.

    Columns: `at` (row of the point), `number, id, kind, name, state, fed_by, term`, the numbers of
    `devices` and `plants`, and `origin` of those numbers. A point whose term is such a device has one, unless
    the joined tables have devices for it; so has a point where its term stands for a transformer.
    """
    links = {name for name, kind in declared.kinds.items() if kind.table == "links"}
    parts = [
        devices[devices["kind"].isin(list(links))].assign(origin=FROM_JOINED),
        plants[plants["kind"].isin(list(links))].assign(origin=FROM_JOINED, number=0),
    ]
    known = pd.concat(parts, ignore_index=True)
    here = np.flatnonzero(meetings.layer == layer)
    kind, words = meetings.of("kind")[here], meetings.words[here]
    turning = rule("transformers")
    own = declared.census.class_code if declared.census else ""
    turns = np.isin(words.astype(str), list(turning["term"][turning["class"] == own]))
    kind = np.where(turns & (TURNS in links), TURNS, kind)
    stands = np.isin(kind.astype(str), list(links)) & ~np.isin(meetings.point[here], known["at"])
    said = pd.DataFrame({"at": meetings.point[here][stands], "kind": kind[stands], "term": words[stands]})
    said = said.drop_duplicates("at").assign(origin=ASSUMED, number=1)
    both = pd.concat([known, said], ignore_index=True)
    spoken = pd.Series(words, index=meetings.point[here])
    spoken = spoken[~spoken.index.duplicated()]
    both["term"] = spoken.reindex(both["at"]).fillna("").to_numpy()
    for name in ("id", "name", "state", "fed_by", "unit"):
        both[name] = both[name].fillna("").astype(object) if name in both else ""
    for name in (*NUMBERS, *PLANT_NUMBERS):
        both[name] = both[name].astype(float) if name in both else np.nan
    both = both.sort_values(["at", "number"], kind="stable").reset_index(drop=True)
    both["id"] = _ids(both, intake)
    return both


def _ids(both: pd.DataFrame, intake: Intake) -> pd.Series[str]:
    """The given id, else that of the point, with a number from the second device of a point on."""
    own = pd.Series(text(intake.points, "id")[both["at"]], dtype=object)
    place = both.groupby("at").cumcount()
    made = own.where(place == 0, own + "-" + (place + 1).astype(str))
    return both["id"].where(both["id"] != "", made)
