"""A drainage network from a pipeline census: sections, inverts, roughness and dry-weather inflow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.lifelines.surveyed import (
    ASSUMED,
    JOINED,
    MEASURED,
    NOT_MEANT,
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

SYSTEMS = {"YS": "storm", "WS": "sewage", "HS": "combined"}
DAY_S = 86_400.0


def tables(surveyed: Surveyed) -> Mapping[str, pd.DataFrame]:
    """The tables of the network."""
    links = surveyed.links
    kind = links["kind"].astype(str).to_numpy()
    conduit = kind == "conduit"
    bores(surveyed, conduit)
    device_bores(surveyed, np.isin(kind, ("gate", "orifice")))
    least_lengths(surveyed, conduit)
    states(surveyed, "open")
    _sections(surveyed, conduit)
    links["system"] = links["category"].map(SYSTEMS).fillna("none")
    pump = kind == "pump"
    for column, name in (("q_m3h", "pump_q_m3h"), ("head_m", "pump_head_m")):
        given = links[column].to_numpy(dtype=float) if column in links else np.full(len(links), np.nan)
        fill(links, column, given, pump & (given > 0), JOINED)
        fill(links, column, factor(surveyed, name), pump & ~(given > 0), ASSUMED)
    _nodes(surveyed)
    surveyed.assumed.extend(
        (
            _(
                "Drainage: roughness by material (GB 50014); customers drain {share} of the water they use.",
                share=factor(surveyed, "sewage_share"),
            ),
            _("Drainage: pumps of unknown rating have a usual one."),
        )
    )
    return {"nodes": surveyed.nodes, "links": links}


def _sections(surveyed: Surveyed, conduit: NDArray[np.bool_]) -> None:
    links = surveyed.links
    width, height = (links[name].to_numpy(dtype=float) for name in ("width_mm", "height_mm"))
    box = conduit & (height > 0) & (np.abs(width - height) > 1)
    links["shape"] = np.where(box, "box", "circle")
    links["rise_mm"] = np.where(box, height, np.nan)
    fill(
        links,
        "roughness",
        matched(links, surveyed.rules["roughness"], ("material",), "roughness"),
        conduit,
        ASSUMED,
    )
    tall = np.where(box, height, links["diameter_mm"].to_numpy(dtype=float)) / 1000
    for side in ("start", "end"):
        axis = links[f"{side}_z_m"].to_numpy(dtype=float)
        links[f"{side}_invert_m"] = np.where(conduit, np.round(axis - tall / 2, 3), np.nan)


def _nodes(surveyed: Surveyed) -> None:
    nodes, links = surveyed.nodes, surveyed.links
    every = np.ones(len(nodes), dtype=bool)
    ends = pd.concat(
        [
            links[[end, f"{end}_invert_m", "system"]].set_axis(["node", "invert", "system"], axis=1)
            for end in ("start", "end")
        ]
    )
    lowest = ends.groupby("node")["invert"].min().reindex(nodes["id"]).to_numpy(dtype=float)
    ground, depth = (nodes[name].to_numpy(dtype=float) for name in ("ground_m", "depth_m"))
    well = np.where(np.isfinite(lowest), np.fmin(lowest, ground - depth), ground - np.nan_to_num(depth))
    put_elevations(surveyed, "invert_m", np.round(well, 3))
    fill(nodes, "invert_m", np.round(well, 3), np.isfinite(lowest), MEASURED)
    fill_missing(nodes, "invert_m", 0.0, every, ASSUMED)
    kind = nodes["kind"].astype(str).to_numpy()
    deep = np.maximum(np.nan_to_num(ground - nodes["invert_m"].to_numpy(dtype=float)), 0.0)
    nodes["max_depth_m"] = np.where(np.isin(kind, ("manhole", "inlet", "storage")), np.round(deep, 3), 0.0)
    fill(
        nodes, "area_m2", factor(surveyed, "manhole_area_m2"), np.isin(kind, ("manhole", "storage")), ASSUMED
    )
    fill_missing(nodes, "area_m2", 1.0, every, NOT_MEANT)
    inflow = per_node(surveyed, "water_m3d") * 1000 / DAY_S * factor(surveyed, "sewage_share")
    fill(nodes, "inflow_ls", np.round(inflow, 6), every, wanted(surveyed))
    nodes["people"] = per_node(surveyed, "people")
    first = ends.drop_duplicates("node").set_index("node")["system"]
    nodes["system"] = first.reindex(nodes["id"]).fillna("none").to_numpy(dtype=object)
    level = nodes["level_m"].to_numpy(dtype=float)
    fill(nodes, "outfall_m", level, np.isin(kind, ("outfall", "plant")) & np.isfinite(level), JOINED)
