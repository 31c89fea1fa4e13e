"""Splits: a device that stands at a point comes between two nodes of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from twin.census.build.equipment import PLANT_NUMBERS, TURNS
from twin.lifelines.surveyed import MARK, NOT_MEANT

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LEVEL_OFF = 0.3
"""Relative difference up to which two voltages are one."""


def sourceward(nodes: pd.DataFrame, links: pd.DataFrame) -> Floats:
    """The way from each node to the nearest source along the links, m; infinite where there is none."""
    sources = np.flatnonzero(nodes["source"].to_numpy(dtype=bool))
    if not len(sources):
        return np.full(len(nodes), np.inf)
    place = pd.Series(np.arange(len(nodes)), index=nodes["node"])
    ends = [place[links[name]].to_numpy() for name in ("s", "t")]
    weight = np.maximum(links["length_m"].to_numpy(dtype=np.float64), 0.01)
    pairs = pd.DataFrame({"a": np.minimum(*ends), "b": np.maximum(*ends), "w": weight})
    keep = pairs[pairs["a"] != pairs["b"]].groupby(["a", "b"])["w"].min().reset_index()
    graph = coo_array((keep["w"], (keep["a"], keep["b"])), shape=(len(nodes), len(nodes))).tocsr()
    return np.asarray(dijkstra(graph, directed=False, indices=sources, min_only=True), dtype=np.float64)


def put_between_levels(
    nodes: pd.DataFrame, links: pd.DataFrame, devices: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables with each transformer between the nodes of its two voltages at its point.

    A node that is missing at the point is made. Without rated voltages a device joins the highest voltage at
    its point with the next lower one.
    """
    turning = devices[devices["kind"] == TURNS]
    if turning.empty:
        return nodes, links
    highest = turning.groupby("at")["vn_hv_kv"].max().reindex(nodes["at"]).to_numpy(dtype=float)
    nodes = nodes.assign(level=nodes["level"].fillna(pd.Series(highest, index=nodes.index)))
    here = nodes[nodes["at"].isin(turning["at"])]
    sides = {}
    for side, column in (("s", "vn_hv_kv"), ("t", "vn_lv_kv")):
        found = _nearest_level(here, turning, column)
        missing = found < 0
        made = turning[missing].drop_duplicates(["at", column])
        fresh = _more_nodes(nodes, made["at"].to_numpy(), made[column].to_numpy())
        index = pd.Series(fresh["node"].to_numpy(), index=pd.MultiIndex.from_frame(made[["at", column]]))
        if missing.any():
            wanted = pd.MultiIndex.from_frame(turning.loc[missing, ["at", column]])
            found[missing] = index.reindex(wanted).to_numpy()
            nodes = pd.concat([nodes, fresh], ignore_index=True)
        here = nodes[nodes["at"].isin(turning["at"])]
        sides[side] = found
    return nodes, pd.concat([links, _as_links(turning, sides["s"], sides["t"])], ignore_index=True)


def _nearest_level(here: pd.DataFrame, turning: pd.DataFrame, column: str) -> Ints:
    """The node at each device's point whose voltage is that of `column`; -1 where there is none."""
    pairs = turning[["at", column]].reset_index().merge(here[["at", "node", "level"]], on="at")
    off = np.abs(pairs["level"] - pairs[column]) / pairs[column]
    pairs = pairs.assign(off=off)[off < LEVEL_OFF].sort_values("off", kind="stable").drop_duplicates("index")
    found = pd.Series(pairs["node"].to_numpy(), index=pairs["index"]).reindex(turning.index)
    return np.asarray(found.fillna(-1).to_numpy(), dtype=np.int64)


def _more_nodes(nodes: pd.DataFrame, at: Ints, level: Floats) -> pd.DataFrame:
    """New plain nodes at points that have some, with what is known of the point and nothing of its plant."""
    first = nodes.drop_duplicates("at").set_index("at")
    fresh = first.reindex(at).reset_index()
    fresh["node"] = nodes["node"].max() + 1 + np.arange(len(fresh))
    fresh["level"] = level
    fresh["source"] = False
    fresh["kind"] = fresh["plain"]
    for column in PLANT_NUMBERS:
        fresh[column] = np.nan
    for column in ("plant_kind", "name", "unit"):
        fresh[column] = ""
    fresh[f"{MARK}kind"] = NOT_MEANT
    return fresh[nodes.columns]


def lifted(nodes: pd.DataFrame) -> pd.DataFrame:
    """The nodes with sources at the highest level of their point alone."""
    highest = nodes["level"].isna() | (nodes["level"] == nodes.groupby("at")["level"].transform("max"))
    fed = nodes.groupby("at")["source"].transform("any")
    return nodes.assign(
        source=(fed & highest).to_numpy(dtype=bool) if nodes["level"].notna().any() else nodes["source"]
    )


def _as_links(devices: pd.DataFrame, s: Ints, t: Ints) -> pd.DataFrame:
    made = devices.drop(columns=["origin"]).rename(columns={"id": "wish"})
    return made.assign(s=s, t=t, device=True, length_m=0.0, device_origin=devices["origin"].to_numpy())


def put_between(
    nodes: pd.DataFrame, links: pd.DataFrame, devices: pd.DataFrame, upstream: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables with every other device between two nodes of its point.

    Parameters
    ----------
    nodes
        `node` (key), `at` (row of its point), `level`, `source`, `away` (way to the nearest source) and more.
    links
        `s, t` (keys of nodes), `level`, `flow` and more.
    devices
        As `equipment` makes them. Devices of one kind at a point stand side by side, those of different
        kinds one behind the other.
    upstream
        1 where the sources feed (water comes from where the way to a source is shorter), -1 where they drain.
    """
    devices = devices[devices["kind"] != TURNS]
    if devices.empty:
        none = np.zeros(0, dtype=np.int64)
        kinds = _as_links(devices, none, none).dtypes
        more = {name: kind for name, kind in kinds.items() if name not in links}
        texts = {name: object for name, kind in more.items() if kind.kind not in "fi"}
        return nodes, links.reindex(columns=[*links.columns, *more]).astype(texts)
    first = nodes.sort_values(["at", "level"], ascending=[True, False], kind="stable").drop_duplicates("at")
    devices = devices.assign(node=first.set_index("at")["node"].reindex(devices["at"]).to_numpy())
    key = devices["kind"].astype(str)
    behind = (key != key.shift()) | (devices["at"] != devices["at"].shift())
    stage = behind.groupby(devices["at"]).cumsum() - 1
    stages = stage.groupby(devices["at"]).max() + 1
    fresh = _more_nodes(nodes, np.repeat(stages.index.to_numpy(), stages), np.full(stages.sum(), np.nan))
    fresh["level"] = first.set_index("at")["level"].reindex(fresh["at"]).to_numpy()
    step = fresh.groupby("at").cumcount() + 1
    steps = pd.Series(fresh["node"].to_numpy(), index=pd.MultiIndex.from_arrays([fresh["at"], step]))
    before = steps.reindex(pd.MultiIndex.from_arrays([devices["at"], stage])).to_numpy(dtype=float)
    s = np.where(stage == 0, devices["node"], before).astype(np.int64)
    t = steps.reindex(pd.MultiIndex.from_arrays([devices["at"], stage + 1])).to_numpy(dtype=np.int64)
    last = pd.Series(fresh.loc[~fresh["at"].duplicated(keep="last"), "node"].to_numpy(), index=stages.index)
    split = devices.drop_duplicates("at").set_index("node")["at"]
    links = _moved(nodes, links, split, last, upstream)
    nodes = pd.concat([nodes, fresh], ignore_index=True)
    return nodes, pd.concat([links, _as_links(devices, s, t)], ignore_index=True)


def _moved(
    nodes: pd.DataFrame, links: pd.DataFrame, split: pd.Series[int], last: pd.Series[int], upstream: int
) -> pd.DataFrame:
    """The links with the ends that lie behind a device moved to its far side."""
    known = nodes.set_index("node")[["away", "source", "level"]]
    parts = []
    for end, other, leaving in (("s", "t", 1), ("t", "s", -1)):
        rows = np.flatnonzero(links[end].isin(split.index).to_numpy())
        part = pd.DataFrame({"row": rows, "end": end, "node": links[end].to_numpy()[rows]})
        part["flow"] = links["flow"].fillna(0).to_numpy()[rows] * leaving
        part["away"] = known["away"].reindex(links[other].to_numpy()[rows]).to_numpy()
        part["level"] = links["level"].to_numpy(dtype=float)[rows]
        parts.append(part)
    ends = pd.concat(parts, ignore_index=True)
    far = _far_side(ends, known, upstream)
    links = links.copy()
    for end in ("s", "t"):
        moved = ends[far & (ends["end"] == end).to_numpy()]
        values = links[end].to_numpy(copy=True)
        values[moved["row"]] = last.reindex(split.reindex(moved["node"])).to_numpy()
        links[end] = values
    return links


def _far_side(ends: pd.DataFrame, known: pd.DataFrame, upstream: int) -> NDArray[np.bool_]:
    """Which ends of lines lie behind the device at their node.

    In order: all lines of a source; the lower of two pressures or voltages; what flows away from the device;
    what is farther from the sources. Where two lines meet and all would lie on one side, the one farthest
    behind (or least so) changes sides.
    """
    own = known.reindex(ends["node"])
    highest = ends.groupby("node")["level"].transform("max")
    lowest = ends.groupby("node")["level"].transform("min")
    lower = np.where(highest > lowest, np.where(ends["level"] < highest, 2.0, -2.0), 0.0)
    away = ends["away"].to_numpy(dtype=float)
    finite = np.where(np.isfinite(away), away, 0.0)
    with np.errstate(invalid="ignore"):
        gap = np.nan_to_num(away - own["away"].to_numpy(dtype=float), nan=0.0, posinf=0.0, neginf=0.0)
    behind = np.sign(gap) * upstream * 0.5
    flow = ends["flow"].to_numpy(dtype=float)
    score = np.where(np.abs(np.nan_to_num(lower)) > 0, lower, np.where(flow != 0, flow, behind))
    score = score + np.tanh(finite / 1e5) * upstream * 0.1 + ends.index.to_numpy() * 1e-12
    far = score > 0
    size = ends.groupby("node")["row"].transform("size").to_numpy()
    count = pd.Series(far).groupby(ends["node"].to_numpy()).transform("sum").to_numpy()
    ranked = pd.Series(score).groupby(ends["node"].to_numpy()).rank(method="first").to_numpy()
    far = np.where((size > 1) & (count == 0), ranked == size, far)
    far = np.where((size > 1) & (count == size), ranked > 1, far)
    from_source = own["source"].to_numpy(dtype=bool)
    return np.asarray(np.where(from_source, upstream > 0, far), dtype=bool)
