"""Polylines of links, and the way back from links to the lines of the survey."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.model.network import Network


def stations(network: Network) -> pd.DataFrame:
    """Every point of every link in order: `link` (row), `x, y, z_m, source_id`."""
    nodes, links, inner = (network.tables[name] for name in ("nodes", "links", "vertices"))
    if not len(links):
        return pd.DataFrame({"link": [], "x": [], "y": [], "z_m": [], "source_id": []})
    ends = []
    for side, end in enumerate(network.ends):
        z = links["start_z_m"] if side == 0 else links["end_z_m"]
        ends.append(
            pd.DataFrame(
                {
                    "link": np.arange(len(links)),
                    "rank": -1 if side == 0 else np.iinfo(np.int64).max,
                    "x": nodes["x"][end],
                    "y": nodes["y"][end],
                    "z_m": z,
                    "source_id": nodes["source_id"][end],
                }
            )
        )
    between = pd.DataFrame({name: inner[name] for name in ("x", "y", "z_m", "source_id")})
    between["link"] = pd.Index(links["id"]).get_indexer(pd.Index(inner["link"]))
    between["rank"] = inner["point"]
    both = pd.concat([ends[0], between, ends[1]], ignore_index=True)
    order = np.lexsort((both["rank"].to_numpy(), both["link"].to_numpy()))
    return both.iloc[order].drop(columns="rank").reset_index(drop=True)


def shapes(network: Network) -> NDArray[Any]:
    """A shapely line for each link, in plan."""
    import shapely

    found = stations(network)
    if found.empty:
        return np.zeros(0, dtype=object)
    return np.asarray(
        shapely.linestrings(
            found[["x", "y"]].to_numpy(dtype=float), indices=found["link"].to_numpy(dtype=np.int64)
        )
    )


def source_lines(network: Network) -> pd.DataFrame:
    """The survey's lines as the network remembers them.

    Columns: `row, id, start, end` and the places `x0, y0, x1, y1` of their ends; ordered by row.
    """
    found = stations(network)
    members = network.tables["members"]
    last = np.append(found["link"].to_numpy()[1:] != found["link"].to_numpy()[:-1], True)
    first = np.append(True, last[:-1])
    own = np.isin(network.tables["links"]["id"].astype(str), np.unique(members["link"].astype(str)))
    surveyed = own[found["link"].to_numpy(dtype=np.int64)]
    a, b = found[~last & surveyed].reset_index(drop=True), found[~first & surveyed].reset_index(drop=True)
    rows = pd.DataFrame({name: members[name] for name in ("link", "number", "row", "source_id", "reversed")})
    rows["place"] = pd.Index(network.tables["links"]["id"]).get_indexer(pd.Index(rows["link"]))
    rows = rows.sort_values(["place", "number"], kind="stable").reset_index(drop=True)
    turned = rows["reversed"].to_numpy(dtype=bool)
    result = pd.DataFrame({"row": rows["row"], "id": rows["source_id"]})
    for name, (one, other) in {"start": (a, b), "end": (b, a)}.items():
        result[name] = np.where(turned, other["source_id"], one["source_id"])
    for number, (one, other) in enumerate(((a, b), (b, a))):
        for axis in ("x", "y"):
            result[f"{axis}{number}"] = np.where(turned, other[axis], one[axis])
    return result.sort_values("row", kind="stable").reset_index(drop=True)
