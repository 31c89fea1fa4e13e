"""The ledger of a build: what every row of the survey became."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.drafts import Draft
from twin.census.build.intake import REASONS, Intake, text
from twin.census.vocabulary import OTHER
from twin.model.finding import Finding, Severity
from twin.text import Message, _

REJECTED = "rejected"
COLUMNS = ("table", "category", "layer", "became", "reason", "count")


def fates(intake: Intake, drafts: Mapping[str, Draft]) -> pd.DataFrame:
    """One row for each point and line: `table, row, id, category, layer, became, reason`.

    `became` is `node`, `device` (it stands between nodes), `inner vertex`, `link member` or `rejected`;
    what belongs to no lifeline is of the layer `other`.
    """
    points, lines = intake.points, intake.lines
    became = np.full(len(points), REJECTED, dtype=object)
    layer = np.full(len(points), "", dtype=object)
    ids = pd.Index(text(points, "id"))
    order = sorted(drafts, key=lambda name: (name == OTHER, name))
    for name in reversed(order):
        one = drafts[name]
        inner = (
            intake.rows_of(list(pd.unique(one.vertices["source_id"])))
            if len(one.vertices)
            else np.zeros(0, int)
        )
        for rows, word in (
            (inner[inner >= 0], "inner vertex"),
            (np.unique(one.nodes["at"].to_numpy()), "node"),
            (np.unique(one.devices["at"].to_numpy(dtype=np.int64)), "device"),
        ):
            became[rows], layer[rows] = word, name
    named = np.array([intake.layers[number] if number >= 0 else "" for number in intake.layer], dtype=object)
    line = pd.DataFrame({"table": "lines", "row": lines["row"], "id": text(lines, "id")})
    line["category"], line["layer"] = text(lines, "category"), named
    line["became"] = np.where(intake.layer >= 0, "link member", REJECTED)
    line["reason"] = intake.line_reason
    point = pd.DataFrame({"table": "points", "row": points["row"], "id": np.asarray(ids)})
    point["category"], point["layer"], point["became"] = text(points, "category"), layer, became
    point["reason"] = np.where(became == REJECTED, intake.point_reason, "")
    return pd.concat([point, line], ignore_index=True)


def summary(fate: pd.DataFrame) -> pd.DataFrame:
    """How many rows of each category became what."""
    keys = list(COLUMNS[:-1])
    return fate.groupby(keys, sort=True).size().rename("count").reset_index()


def rejections(fate: pd.DataFrame) -> list[Finding]:
    """A finding for each reason why rows were not taken."""
    found = []
    for reason, problem in REASONS.items():
        lost = fate[(fate["became"] == REJECTED) & (fate["reason"] == reason)]
        if len(lost):
            ids = tuple(
                f"#{row}" if name == "" else str(name)
                for row, name in zip(lost["row"], lost["id"], strict=True)
            )
            remedy = _("correct the survey; the row is left out of the city")
            found.append(
                Finding(
                    f"build.{reason}",
                    Severity.WARNING,
                    reason.split(".")[0] + "s",
                    Message(problem),
                    remedy,
                    "",
                    ids,
                )
            )
    return found


def without_source(drafts: Mapping[str, Draft]) -> list[Finding]:
    """A finding for each layer that has nodes which no source reaches."""
    found = []
    for name, one in sorted(drafts.items()):
        if name == OTHER or not len(one.nodes):
            continue
        lost = one.nodes[~np.isfinite(one.nodes["away"].to_numpy(dtype=float))]
        if len(lost):
            pieces = _pieces(one, lost["node"].to_numpy())
            problem = _(
                "are joined to no source: {pieces} pieces of network, {count} nodes",
                pieces=len(pieces),
                count=len(lost),
            )
            remedy = _("survey the missing lines; until then they are in the city and not served")
            found.append(
                Finding("build.no-source", Severity.WARNING, name, problem, remedy, "", tuple(pieces))
            )
    return found


def _pieces(one: Draft, lost: NDArray[np.int64]) -> list[str]:
    """The first node of each connected piece among those nodes."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    place = pd.Series(np.arange(len(one.nodes)), index=one.nodes["node"])
    s, t = (place[one.links[end]].to_numpy() for end in ("s", "t"))
    graph = coo_array((np.ones(len(s)), (s, t)), shape=(len(place), len(place)))
    part = connected_components(graph, directed=False)[1]
    rows = place[lost].to_numpy()
    first = rows[np.unique(part[rows], return_index=True)[1]]
    return sorted(one.nodes["id"].to_numpy(dtype=object)[first].tolist())
