"""A telecom network from a pipeline census: cables, exchanges, cabinets and whom they serve."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from twin.lifelines.surveyed import (
    ASSUMED,
    MEASURED,
    Surveyed,
    factor,
    fill,
    fill_missing,
    least_lengths,
    per_node,
    wanted,
)
from twin.text import _

COPPER = "TZ"


def tables(surveyed: Surveyed) -> Mapping[str, pd.DataFrame]:
    """The tables of the network."""
    links, nodes = surveyed.links, surveyed.nodes
    every = np.ones(len(links), dtype=bool)
    least_lengths(surveyed, every)
    count = links["cable_count"].to_numpy(dtype=float)
    fill(links, "cables", count, count >= 0, MEASURED)
    fill_missing(links, "cables", 1.0, every, ASSUMED)
    links["holes"], links["holes_used"] = links["hole_count"], links["hole_used"]
    material = links["material"].astype(str).to_numpy()
    fill(links, "optical", (material != COPPER).astype(float), every, ASSUMED)
    fill(links, "optical", (material != COPPER).astype(float), np.isin(material, (COPPER, "GX")), MEASURED)
    kind = nodes["kind"].astype(str).to_numpy()
    serving = np.isin(kind, ("cabinet", "base_station", "terminal"))
    fill(nodes, "lines", per_node(surveyed, "lines"), serving, wanted(surveyed))
    fill(nodes, "people", per_node(surveyed, "people"), serving, wanted(surveyed))
    capacity = nodes["capacity"].to_numpy(dtype=float)
    nodes["capacity"] = np.where(kind == "exchange", capacity, np.nan)
    for name in ("exchange", "base_station", "cabinet"):
        fill(nodes, "backup_min", factor(surveyed, f"{name}_backup_min"), kind == name, ASSUMED)
    surveyed.assumed.append(_("Telecom: customers hang on the nearest cabinet; batteries last as is usual."))
    return {"nodes": nodes, "links": links}
