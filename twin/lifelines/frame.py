"""A solution as a table: one row per component, the quantities that its lifeline declares as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.lifelines.registry import declaration
from twin.model.network import Network
from twin.physics.solution import Solution

if TYPE_CHECKING:
    import pandas as pd


def solution_frame(network: Network, solution: Solution) -> pd.DataFrame:
    """The solution of a network, in SI units.

    Returns
    -------
    A frame with the columns `id` (full id), `kind`, every result column that a declared quantity names
    (empty where it does not apply to a component) and `outcome`; nodes first, then links, then devices.
    """
    import pandas as pd

    names = list(dict.fromkeys(quantity.column for quantity in declaration(network.lifeline).quantities))
    parts = []
    for table, rows in network.components.items():
        results = solution.tables.get(table, {})
        columns = {name: results.get(name, np.full(len(rows), np.nan)) for name in names}
        parts.append(pd.DataFrame({"id": network.ids(table), "kind": rows["kind"], **columns}))
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    frame["outcome"] = str(solution.outcome)
    return frame.dropna(axis="columns", how="all")
