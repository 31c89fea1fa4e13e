"""Relations: what lies so near to what that one's failure reaches the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.networks import built_table
from twin.census.build.polylines import stations
from twin.census.build.rules import records
from twin.census.vocabulary import dictionary
from twin.model.city import CITY_SCHEMAS
from twin.model.finding import Finding
from twin.model.network import Network
from twin.model.table import Table

PARALLEL = 0.94
"""Cosine of the angle up to which two pieces count as parallel (20 degrees)."""


def relations(
    networks: Mapping[str, Network], codes: Mapping[str, str], wells: pd.DataFrame, findings: list[Finding]
) -> Table:
    """The relations between links of all networks, and between gas links and wells (data/relations.csv).

    Parameters
    ----------
    networks
        By lifeline name.
    codes
        Class code of each.
    wells
        Underground spaces that are nodes: `component, class, x, y`.
    """
    lines = _lines(networks, codes)
    if lines.empty:
        return Table.empty(CITY_SCHEMAS["relations"])
    parts = []
    for one in records("relations"):
        if one["kind"] == "crossing":
            parts.append(_crossings(lines, one))
        elif one["kind"] == "shared":
            shared = {code for code, row in dictionary("embeddings").items() if row["shared"] == "true"}
            own = lines[lines["embed"].isin(shared)].reset_index(drop=True)
            parts.append(_beside(own, own, one))
        else:
            others = lines[lines["class"].isin(one["others"].split())].reset_index(drop=True)
            own = lines[lines["class"] == one["class"]].reset_index(drop=True)
            parts.append(_beside(own, others, one))
            if one["kind"] == "adjacent":
                parts.append(_spaces(own, wells[wells["class"].isin(one["others"].split())], one))
    found = pd.concat(parts, ignore_index=True).drop_duplicates(["component", "other", "kind"])
    return built_table(CITY_SCHEMAS["relations"], found, "relations", findings)


def _lines(networks: Mapping[str, Network], codes: Mapping[str, str]) -> pd.DataFrame:
    """Every straight piece of the surveyed links of all networks.

    Columns: `component, class, shape, half_m, tall_m, embed`, `low, high` (elevations of its axis at both
    ends) and `start, end` (points at the ends of its link: links that meet there are no pair).
    """
    import shapely

    frames = [pd.DataFrame({"component": [], "class": [], "shape": [], "embed": []}, dtype=object)]
    for name, network in networks.items():
        links = network.tables["links"]
        found = stations(network)
        same = found["link"].to_numpy()[1:] == found["link"].to_numpy()[:-1]
        a, b = found[:-1][same], found[1:][same]
        row = a["link"].to_numpy(dtype=np.int64)
        ends = np.stack([a[["x", "y"]].to_numpy(dtype=float), b[["x", "y"]].to_numpy(dtype=float)], axis=1)
        surveyed = (ends[:, 0] != ends[:, 1]).any(axis=1)
        frame = pd.DataFrame({"component": network.ids("links")[row], "class": codes[name]})
        frame["shape"] = shapely.linestrings(ends)
        width = links["width_mm"][row]
        height = np.where(np.isnan(links["height_mm"][row]), width, links["height_mm"][row])
        frame["half_m"], frame["tall_m"] = np.nan_to_num(width) / 2000, np.nan_to_num(height) / 2000
        frame["embed"] = links["embed"][row]
        frame["low"], frame["high"] = a["z_m"].to_numpy(dtype=float), b["z_m"].to_numpy(dtype=float)
        of_node = network.tables["nodes"]["source_id"]
        for side, end in zip(("start", "end"), network.ends, strict=True):
            frame[side] = of_node[end][row]
        frames.append(frame[surveyed])
    return pd.concat(frames, ignore_index=True)


def _pairs(own: pd.DataFrame, others: pd.DataFrame, limit: float | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows of pieces that are near (or cross) and belong to links without a common end."""
    import shapely

    if own.empty or others.empty:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    tree = shapely.STRtree(others["shape"].to_numpy())
    if limit is None:
        a, b = tree.query(own["shape"].to_numpy(), predicate="intersects")
    else:
        a, b = tree.query(own["shape"].to_numpy(), predicate="dwithin", distance=limit)
    n, m = len(own), len(others)
    link = pd.factorize(pd.concat([own["component"], others["component"]]))[0]
    keep = link[:n][a] != link[n:][b]
    ends = pd.factorize(pd.concat([own["start"], own["end"], others["start"], others["end"]]))[0]
    for one in (ends[:n], ends[n : 2 * n]):
        for other in (ends[2 * n : 2 * n + m], ends[2 * n + m :]):
            keep &= one[a] != other[b]
    return a[keep], b[keep]


def _beside(own: pd.DataFrame, others: pd.DataFrame, one: Mapping[str, Any]) -> pd.DataFrame:
    """Links whose pieces lie side by side, over a least length where the rule asks for one."""
    import shapely

    a, b = _pairs(own, others, float(one["limit_m"]))
    first, second = own["shape"].to_numpy()[a], others["shape"].to_numpy()[b]
    least = float(one["least_m"])
    if least == least:  # noqa: PLR0124 (NaN is the only value unequal to itself)
        alike = np.abs((_headings(first) * _headings(second)).sum(axis=1)) >= PARALLEL
        a, b, first, second = a[alike], b[alike], first[alike], second[alike]
    feet = [shapely.line_locate_point(first, shapely.get_point(second, place)) for place in (0, -1)]
    clear = shapely.distance(first, second) - own["half_m"].to_numpy()[a] - others["half_m"].to_numpy()[b]
    pieces = _ordered(
        own["component"].to_numpy()[a],
        others["component"].to_numpy()[b],
        one["kind"],
        clear,
        np.abs(feet[0] - feet[1]),
    )
    keys = ["component", "other", "kind"]
    found = pieces.groupby(keys, sort=True).agg({"distance_m": "min", "length_m": "sum"}).reset_index()
    if own is others:
        found["length_m"] /= 2
    return found[~(found["length_m"] < least)]


def _headings(shape: NDArray[Any]) -> NDArray[np.float64]:
    """Unit vectors along straight pieces, shape (pieces, 2)."""
    import shapely

    ends = shapely.get_coordinates(shape).reshape(-1, 2, 2)
    along = ends[:, 1] - ends[:, 0]
    return np.asarray(along / np.linalg.norm(along, axis=1, keepdims=True), dtype=np.float64)


def _spaces(own: pd.DataFrame, wells: pd.DataFrame, one: Mapping[str, Any]) -> pd.DataFrame:
    """Lines and the wells near them."""
    import shapely

    if own.empty or wells.empty:
        return _ordered(np.zeros(0, object), np.zeros(0, object), one["kind"], np.zeros(0), np.zeros(0))
    places = shapely.points(wells[["x", "y"]].to_numpy(dtype=float))
    a, b = shapely.STRtree(places).query(
        own["shape"].to_numpy(), predicate="dwithin", distance=float(one["limit_m"])
    )
    clear = shapely.distance(own["shape"].to_numpy()[a], places[b]) - own["half_m"].to_numpy()[a]
    return _ordered(
        own["component"].to_numpy()[a],
        wells["component"].to_numpy()[b],
        one["kind"],
        clear,
        np.full(len(a), np.nan),
    )


def _crossings(lines: pd.DataFrame, one: Mapping[str, Any]) -> pd.DataFrame:
    """Lines that cross in plan with less than the limit between them in height."""
    import shapely

    a, b = _pairs(lines, lines, None)
    a, b = a[a < b], b[a < b]
    shape = lines["shape"].to_numpy()
    where = shapely.centroid(shapely.intersection(shape[a], shape[b]))
    z = []
    for rows in (a, b):
        share = shapely.line_locate_point(shape[rows], where, normalized=True)
        low, high = (lines[name].to_numpy(dtype=float)[rows] for name in ("low", "high"))
        z.append(low + (high - low) * share)
    clear = np.abs(z[0] - z[1]) - lines["tall_m"].to_numpy()[a] - lines["tall_m"].to_numpy()[b]
    fits = ~(clear > float(one["limit_m"]))
    name = lines["component"].to_numpy()
    return _ordered(name[a[fits]], name[b[fits]], one["kind"], clear[fits], np.full(int(fits.sum()), np.nan))


def _ordered(
    one: NDArray[Any], other: NDArray[Any], kind: str, clear: NDArray[Any], along: NDArray[Any]
) -> pd.DataFrame:
    """Rows with the components of each pair in order of id."""
    swap = one.astype(str) > other.astype(str) if len(one) else np.zeros(0, dtype=bool)
    frame = pd.DataFrame({"component": np.where(swap, other, one), "other": np.where(swap, one, other)})
    frame["kind"] = kind
    frame["distance_m"] = np.round(np.maximum(clear, 0.0), 3)
    frame["length_m"] = np.round(along, 2)
    return frame
