"""A gas network from a pipeline census: bores, roughness, pressure tiers, regulators and demands."""

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
    per_node,
    put_elevations,
    states,
    wanted,
)
from twin.text import _


def tables(surveyed: Surveyed) -> Mapping[str, pd.DataFrame]:
    """The tables of the network."""
    links, nodes = surveyed.links, surveyed.nodes
    kind = links["kind"].astype(str).to_numpy()
    pipe, acting = kind == "pipe", np.isin(kind, ("regulator", "compressor"))
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
    links["tier"] = links["pressure"]
    setting = links["setting"].to_numpy(dtype=float) if "setting" in links else np.full(len(links), np.nan)
    fill(links, "setting_mpa", setting, acting & (setting > 0), JOINED)
    fill_missing(links, "setting_mpa", _behind(surveyed), acting, ASSUMED)
    flow = links["q_m3h"].to_numpy(dtype=float) if "q_m3h" in links else np.full(len(links), np.nan)
    fill(links, "capacity_m3h", flow, acting & (flow > 0), JOINED)
    fill_missing(links, "capacity_m3h", factor(surveyed, "regulator_m3h"), acting, ASSUMED)
    _nodes(surveyed)
    surveyed.assumed.extend(
        (
            _("Gas: roughness by material; regulators of unknown setting keep what their tier allows."),
            _(
                "Gas: customers draw from the nearest point, in the peak hour {peak} times the mean.",
                peak=factor(surveyed, "peak"),
            ),
        )
    )
    return {"nodes": nodes, "links": links}


def _behind(surveyed: Surveyed) -> NDArray[np.float64]:
    """The lowest pressure class among the pipes at the far node of each link, MPa."""
    links = surveyed.links
    ends = pd.concat([links[[end, "level"]].set_axis(["node", "level"], axis=1) for end in ("start", "end")])
    least = ends.groupby("node")["level"].min()
    return np.asarray(least.reindex(links["end"]).to_numpy(dtype=np.float64))


def _nodes(surveyed: Surveyed) -> None:
    nodes = surveyed.nodes
    kind = nodes["kind"].astype(str).to_numpy()
    junction, feeding = kind == "junction", np.isin(kind, ("gate", "storage"))
    nodes.pop("elevation_m")
    depth = np.nan_to_num(nodes["depth_m"].to_numpy(dtype=float))
    put_elevations(surveyed, "elevation_m", nodes["ground_m"].to_numpy(dtype=float) - depth)
    demand = np.round(per_node(surveyed, "gas_m3d") / 24 * factor(surveyed, "peak"), 4)
    fill(nodes, "demand_m3h", demand, junction, wanted(surveyed))
    nodes["people"] = np.where(junction, per_node(surveyed, "people"), 0.0)
    given = nodes.pop("p_mpa").to_numpy(dtype=float)
    fill(nodes, "p_mpa", given, feeding & (given >= 0), JOINED)
    capacity = nodes["capacity"].to_numpy(dtype=float)
    fill(nodes, "capacity_m3h", capacity, feeding & (capacity >= 0), JOINED)
