"""A heat network from a pipeline census: bores, plants, substations and their loads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.lifelines.surveyed import (
    ASSUMED,
    JOINED,
    Surveyed,
    bores,
    device_bores,
    factor,
    fill,
    fill_missing,
    least_lengths,
    matched,
    put_elevations,
    states,
    wanted,
)
from twin.text import _

SIDES = ("supply", "return")
UNKNOWN = "none"
"""The side of what is not known to be supply or return."""


def tables(surveyed: Surveyed) -> Mapping[str, pd.DataFrame]:
    """The tables of the network; a pipe is supply or return where its remark says so, else unknown."""
    links, nodes = surveyed.links, surveyed.nodes
    kind = links["kind"].astype(str).to_numpy()
    pipe, plant = kind == "pipe", kind == "plant"
    bores(surveyed, pipe)
    device_bores(surveyed, kind == "valve")
    least_lengths(surveyed, pipe)
    states(surveyed, "open")
    fill(
        links,
        "roughness_mm",
        matched(links, surveyed.rules["roughness"], ("material",), "roughness"),
        pipe,
        ASSUMED,
    )
    _sides(surveyed, pipe, pipe | np.isin(kind, ("valve", "pump")))
    _plants(surveyed, plant, kind == "pump")
    substation = kind == "substation"
    for column, name in (("heat_kw", "heat_kw"), ("people", "people")):
        fill(links, name, _served(surveyed, column), substation, wanted(surveyed))
    nodes.pop("elevation_m")
    depth = np.nan_to_num(nodes["depth_m"].to_numpy(dtype=float))
    put_elevations(surveyed, "elevation_m", nodes["ground_m"].to_numpy(dtype=float) - depth)
    surveyed.assumed.append(_("Heat: substations serve the nearest customers."))
    if (links["side"][pipe] == UNKNOWN).any():
        surveyed.assumed.append(_("Heat: pipes whose remark does not say supply or return have no side."))
    return {"nodes": nodes, "links": links}


def _sides(surveyed: Surveyed, pipe: NDArray[np.bool_], sided: NDArray[np.bool_]) -> None:
    """Put the side into pipes by the words of their remark, and into nodes and devices by the pipes there."""
    links, nodes, words = surveyed.links, surveyed.nodes, surveyed.rules["sides"]
    known = dict(zip(words["word"], words["side"], strict=True))
    said = links["note"].astype(object).where(pipe, "").map(known).fillna(UNKNOWN)
    at = {
        side: np.unique(links.loc[said == side, ["start", "end"]].to_numpy(dtype=object).astype(str))
        for side in SIDES
    }
    names = nodes["id"].to_numpy(dtype=object).astype(str)
    nodes["side"] = _only({side: np.isin(names, own) for side, own in at.items()})
    ends = links[["start", "end"]].to_numpy(dtype=object).astype(str)
    beside = _only({side: np.asarray(np.isin(ends, own).any(axis=1)) for side, own in at.items()})
    links["side"] = np.where(pipe, said, np.where(sided, beside, ""))


def _only(touched: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.object_]:
    """The side that is touched where it is the only one, else none."""
    supply, back = (touched[side] for side in SIDES)
    known = np.where(supply, SIDES[0], SIDES[1]).astype(object)
    return np.asarray(np.where(supply ^ back, known, UNKNOWN), dtype=object)


def _plants(surveyed: Surveyed, plant: NDArray[np.bool_], pump: NDArray[np.bool_]) -> None:
    links = surveyed.links
    for column in ("capacity", "t_c", "head_m"):
        if column not in links:
            links[column] = np.nan
    capacity, t_c = (links[name].to_numpy(dtype=float) for name in ("capacity", "t_c"))
    fill(links, "capacity_mw", capacity, plant & (capacity >= 0), JOINED)
    fill(links, "t_supply_c", t_c, plant & np.isfinite(t_c), JOINED)
    fill_missing(links, "t_supply_c", factor(surveyed, "plant_t_c"), plant, ASSUMED)
    head = links["head_m"].to_numpy(dtype=float)
    fill(links, "head_m", head, (plant | pump) & (head > 0), JOINED)
    fill_missing(links, "head_m", factor(surveyed, "pump_head_m"), plant | pump, ASSUMED)


def _served(surveyed: Surveyed, column: str) -> NDArray[np.float64]:
    """The sum of a column over the customers at the ends of each link that is a device of their point."""
    total = surveyed.customers.groupby("node")[column].sum()
    found = total.reindex(surveyed.links["start"]).fillna(0.0).to_numpy(dtype=float)
    return np.asarray(found + total.reindex(surveyed.links["end"]).fillna(0.0).to_numpy(dtype=float))
