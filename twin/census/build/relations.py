"""Relations: what lies so near to what that one's failure reaches the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.networks import built_table
from twin.census.build.polylines import shapes
from twin.census.build.rules import rule
from twin.census.vocabulary import dictionary
from twin.model.city import CITY_SCHEMAS
from twin.model.finding import Finding
from twin.model.network import Network
from twin.model.table import Table

BESIDE = 0.5
"""Share of the shorter line's length that two lines must run side by side to be parallel."""


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
    for one in rule("relations").to_dict("records"):
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
    """The surveyed links of all networks with their shape and half sizes."""
    frames = []
    for name, network in networks.items():
        links = network.tables["links"]
        frame = pd.DataFrame({"component": network.ids("links"), "class": codes[name]})
        frame["shape"] = shapes(network)
        for column in ("width_mm", "height_mm", "start_z_m", "end_z_m", "embed"):
            frame[column] = links[column]
        for end in ("start", "end"):
            frame[end] = [f"{name}/{node}" for node in links[end]]
        frames.append(
            frame[
                frame["width_mm"].notna()
                | (frame["embed"] != "")
                | (links["length_m"] > 0 if "length_m" in links else True)
            ]
        )
    if not frames:
        return pd.DataFrame()
    both = pd.concat(frames, ignore_index=True)
    both["half_m"] = both["width_mm"].fillna(0.0) / 2000
    both["tall_m"] = both["height_mm"].fillna(both["width_mm"]).fillna(0.0) / 2000
    return both


def _pairs(own: pd.DataFrame, others: pd.DataFrame, limit: float | None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows of pairs that are near (or cross), other than with themselves or over a common node."""
    import shapely

    if own.empty or others.empty:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    tree = shapely.STRtree(others["shape"].to_numpy())
    how = {"predicate": "intersects"} if limit is None else {"predicate": "dwithin", "distance": limit}
    a, b = tree.query(own["shape"].to_numpy(), **how)
    keep = own["component"].to_numpy()[a] != others["component"].to_numpy()[b]
    ends = {
        (side, end): pd.factorize(pd.concat([own["start"], own["end"], others["start"], others["end"]]))[0]
        for side, end in (("own", 0),)
    }[("own", 0)]
    n, m = len(own), len(others)
    for i in (ends[:n], ends[n : 2 * n]):
        for j in (ends[2 * n : 2 * n + m], ends[2 * n + m :]):
            keep &= i[a] != j[b]
    return a[keep], b[keep]


def _beside(own: pd.DataFrame, others: pd.DataFrame, one: Mapping[str, Any]) -> pd.DataFrame:
    """Pairs that run side by side for a length; for `adjacent` any that are near."""
    import shapely

    a, b = _pairs(own, others, float(one["limit_m"]))
    first, second = own["shape"].to_numpy()[a], others["shape"].to_numpy()[b]
    along = _shadow(first, second)
    least = float(one["least_m"])
    if least == least:  # noqa: PLR0124 (NaN is the only value unequal to itself)
        shorter = np.minimum(shapely.length(first), shapely.length(second))
        fits = (along >= least) & (along >= BESIDE * shorter)
        a, b, along, first, second = a[fits], b[fits], along[fits], first[fits], second[fits]
    clear = shapely.distance(first, second) - own["half_m"].to_numpy()[a] - others["half_m"].to_numpy()[b]
    return _ordered(
        own["component"].to_numpy()[a], others["component"].to_numpy()[b], one["kind"], clear, along
    )


def _shadow(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Length of the stretch of each first line between the feet of the other's ends."""
    import shapely

    feet = [shapely.line_locate_point(first, shapely.get_point(second, place)) for place in (0, -1)]
    return np.asarray(np.abs(feet[0] - feet[1]), dtype=np.float64)


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
        low, high = (lines[name].to_numpy(dtype=float)[rows] for name in ("start_z_m", "end_z_m"))
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
