"""Customers and the points of the networks that serve them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.intake import Intake, text
from twin.census.build.meetings import Meetings
from twin.census.build.rules import records
from twin.lifelines import registry
from twin.model.finding import Finding, Severity
from twin.text import _


def attach(
    customers: pd.DataFrame,
    plants: pd.DataFrame,
    intake: Intake,
    meetings: Meetings,
    findings: list[Finding],
) -> Mapping[str, pd.DataFrame]:
    """The customers of each layer with the `point` (row) that serves them.

    A customer with a demand is served by the nearest point of a line in use within the limit of its class
    (data/attachment.csv). Customers without one become a finding.
    """
    from scipy.spatial import KDTree

    found = {}
    for one in records("attachment"):
        layer, name = _layer(intake, one["class"])
        wish = customers[customers[one["demand"]] > 0].reset_index(drop=True)
        if layer < 0 or wish.empty:
            continue
        points = _serving(intake, meetings, layer, one, _stations(intake, meetings, layer, name, plants))
        place = wish[["x_m", "y_m"]].to_numpy(dtype=np.float64)
        far: NDArray[np.float64] = np.full(len(wish), np.inf)
        nearest = np.full(len(wish), -1, dtype=np.int64)
        if len(points):
            tree = KDTree(intake.points[["x_m", "y_m"]].to_numpy(dtype=np.float64)[points])
            found_far, index = tree.query(place)
            far, nearest = np.asarray(found_far, dtype=np.float64), points[np.asarray(index)]
        served = far <= one["limit_m"]
        if not served.all():
            findings.append(_unserved(name, wish["id"][~served], one["limit_m"]))
        found[name] = wish.assign(point=nearest)[served].reset_index(drop=True)
    return found


def _layer(intake: Intake, class_code: str) -> tuple[int, str]:
    for name, declared in registry.declarations().items():
        if declared.census is not None and declared.census.class_code == class_code:
            return (
                (intake.layers.index(name), name)
                if (intake.layer == intake.layers.index(name)).any()
                else (-1, name)
            )
    return -1, ""


def _serving(
    intake: Intake,
    meetings: Meetings,
    layer: int,
    one: Mapping[str, Any],
    stations: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Points that may serve: ends of admitted lines, or the admitted equipment; no stations."""
    here = meetings.layer == layer
    if one["terms"]:
        here = here & np.isin(meetings.words.astype(str), one["terms"].split())
        if not here.any():
            here = meetings.layer == layer
    elif one["categories"]:
        taken = intake.taken
        fits = np.isin(text(intake.lines, "category")[taken].astype(str), one["categories"].split())
        ends = np.zeros(len(meetings.point), dtype=bool)
        ends[meetings.start[fits]] = ends[meetings.end[fits]] = True
        here = here & ends
    return np.setdiff1d(np.unique(meetings.point[here]), stations)


def _stations(
    intake: Intake, meetings: Meetings, layer: int, name: str, plants: pd.DataFrame
) -> NDArray[np.int64]:
    """Points of sources and stores: what is drawn there would be drawn from nothing."""
    kinds = registry.declaration(name).kinds
    holding = [
        word for word, kind in kinds.items() if kind.role in ("source", "store") and kind.table == "nodes"
    ]
    here = (meetings.layer == layer) & np.isin(meetings.of("kind").astype(str), holding)
    stated = intake.rows_of(plants["point"][plants["kind"].isin(holding)].tolist())
    return np.union1d(meetings.point[here], stated[stated >= 0]).astype(np.int64)


def _unserved(layer: str, ids: pd.Series[str], limit: float) -> Finding:
    problem = _("want supply but no main lies within {limit} m", limit=limit)
    remedy = _("survey the missing mains, or correct the places of the customers")
    return Finding(
        "build.unserved",
        Severity.WARNING,
        "customers",
        problem,
        remedy,
        layer,
        tuple(str(name) for name in ids),
    )
