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

CHOICES = 8
"""Points that a customer asks."""
ROUNDS = 40


def attach(
    customers: pd.DataFrame,
    plants: pd.DataFrame,
    devices: pd.DataFrame,
    intake: Intake,
    meetings: Meetings,
    findings: list[Finding],
) -> Mapping[str, pd.DataFrame]:
    """The customers of each layer with the `point` (row) that serves them.

    A customer with a demand is served by the nearest point of a line in use within the limit of its class
    (data/attachment.csv); where points have room for so much demand only, by the nearest that is not full.
    Customers without one become a finding.
    """
    found = {}
    for one in records("attachment"):
        layer, name = _layer(intake, one["class"])
        wish = customers[customers[one["demand"]] > 0].reset_index(drop=True)
        if layer < 0 or wish.empty:
            continue
        points = _serving(intake, meetings, layer, one, _stations(intake, meetings, layer, name, plants))
        room = _room(devices, intake, points, one)
        nearest, far = _assigned(wish, one["demand"], intake, points, room, float(one["limit_m"]))
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


def _room(
    devices: pd.DataFrame, intake: Intake, points: NDArray[np.int64], one: Mapping[str, Any]
) -> NDArray[np.float64]:
    """The demand that each point has room for by the rated devices there; infinite where nothing is rated.

    What is fed from a point takes its part, in full: it does not share peaks as customers do.
    """
    room = np.full(len(points), np.inf)
    if not one["room"] or devices.empty:
        return room
    per_unit, share = float(one["room_per_unit"]), float(one["coincide"])
    at, feeder = (intake.rows_of(devices[name].tolist()) for name in ("point", "fed_by"))
    rated = pd.Series(devices[one["room"]].to_numpy(dtype=float), index=at)
    total = rated[rated > 0].groupby(level=0).sum().reindex(points).to_numpy(dtype=float)
    fed = pd.Series(devices["power_kw"].to_numpy(dtype=float), index=feeder).fillna(0.0)
    taken = fed.groupby(level=0).sum().reindex(points).fillna(0.0).to_numpy(dtype=float)
    return np.where(np.isnan(total), np.inf, np.maximum(total * per_unit - taken / share, 0.0))


def _assigned(
    wish: pd.DataFrame,
    demand: str,
    intake: Intake,
    points: NDArray[np.int64],
    room: NDArray[np.float64],
    limit: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Point of each customer and the way to it, m (infinite where there is none).

    Everybody asks the nearest point first; a point takes those nearest to it until it is full, the others
    ask their next one. Who finds none with room goes to the largest that was asked.
    """
    from scipy.spatial import KDTree

    if not len(points):
        return np.full(len(wish), -1, dtype=np.int64), np.full(len(wish), np.inf)
    number = min(CHOICES if np.isfinite(room).any() else 1, len(points))
    tree = KDTree(intake.points[["x_m", "y_m"]].to_numpy(dtype=np.float64)[points])
    found = tree.query(wish[["x_m", "y_m"]].to_numpy(dtype=np.float64), k=[*range(1, number + 1)])
    far, index = (np.asarray(values) for values in found)
    rows, choice = np.arange(len(wish)), np.zeros(len(wish), dtype=np.int64)
    size = wish[demand].to_numpy(dtype=np.float64)
    for _round in range(ROUNDS if number > 1 else 0):
        at = index[rows, choice]
        order = np.lexsort((far[rows, choice], at))
        used = pd.Series(size[order]).groupby(at[order]).cumsum().to_numpy()
        full = np.zeros(len(wish), dtype=bool)
        full[order] = used > room[at[order]]
        further = np.minimum(choice + 1, number - 1)
        move = full & (choice < number - 1) & (far[rows, further] <= limit)
        if not move.any():
            largest = np.where(far <= limit, room[index], -1.0).argmax(axis=1)
            choice = np.where(full, largest, choice)
            break
        choice = np.where(move, further, choice)
    return points[index[rows, choice]], np.asarray(far[rows, choice], dtype=np.float64)


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
