"""What a pipeline census hands to a lifeline: nodes and links with all that was surveyed or joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.text import Message

MEASURED, JOINED, REPAIRED, ASSUMED, NOT_MEANT = 0, 1, 2, 3, -1
ORIGINS = {JOINED: "joined", REPAIRED: "repaired", ASSUMED: "assumed"}
"""How the origins of a value are called in the column `provenance`."""
MARK = "~"
"""A column `~x` says where the values of `x` come from; it has no place in a city."""


@dataclass(frozen=True)
class Surveyed:
    """One lifeline as the census knows it, before the lifeline has put in what a census does not carry.

    Attributes
    ----------
    nodes
        `id, kind, name, x, y`, the survey's columns, `source` (whether it feeds the network), and what was
        joined about plants (`plant_kind, capacity, unit, level_m, ..., p_mpa, t_c, vn_kv`).
    links
        `id, kind, name, start, end, length_m`, the survey's columns, those of lines (`pressure, voltage_kv,
        cable_count, ...`) and, where `device` holds, those of devices (`state, q_m3h, head_m, ...`).
    customers
        Customers that are attached, with the id of their `node`.
    rules
        Tables of assumptions of its class, by name.
    fed
        Devices of other lifelines that this one feeds by the joined tables: `node, consumer` (full id),
        `power_kw, q_m3h, head_m`.
    year
        Year of the census.
    assumed
        Sentences about what was assumed; a lifeline adds its own.
    """

    nodes: pd.DataFrame
    links: pd.DataFrame
    customers: pd.DataFrame
    rules: Mapping[str, pd.DataFrame]
    fed: pd.DataFrame
    year: float
    assumed: list[Message] = field(default_factory=list)


def factor(surveyed: Surveyed, name: str) -> float:
    """A single number of the rules."""
    table = surveyed.rules["factors"]
    return float(table["value"][table["name"] == name].iloc[0])


def per_node(surveyed: Surveyed, column: str) -> NDArray[np.float64]:
    """The sum of a column of the attached customers at each node."""
    total = surveyed.customers.groupby("node")[column].sum()
    return np.asarray(total.reindex(surveyed.nodes["id"]).fillna(0.0).to_numpy(dtype=np.float64))


def wanted(surveyed: Surveyed) -> int:
    """Where demands come from: joined with the customers; assumed to be none where no customer is known."""
    return JOINED if len(surveyed.customers) else ASSUMED


def device_origins(surveyed: Surveyed) -> NDArray[np.int64]:
    """Where each device comes from: the joined tables, or (`ASSUMED`) the survey's word for it alone."""
    links = surveyed.links
    if "device_origin" not in links:
        return np.full(len(links), ASSUMED)
    known = links["device_origin"].to_numpy(dtype=np.float64)
    return np.where(np.isnan(known), ASSUMED, known).astype(np.int64)


def put_elevations(surveyed: Surveyed, column: str, values: NDArray[np.float64]) -> None:
    """Put elevations of nodes that follow from the ground: no better known than the ground is."""
    nodes = surveyed.nodes
    fill(nodes, column, values, np.ones(len(nodes), dtype=bool), MEASURED)
    if MARK + "ground_m" in nodes:
        fill(nodes, column, values, nodes[MARK + "ground_m"].to_numpy() == ASSUMED, ASSUMED)


def bores(surveyed: Surveyed, rows: NDArray[np.bool_]) -> None:
    """Put `diameter_mm` into those links: as surveyed, by material the inner one, else a usual one."""
    links, rules = surveyed.links, surveyed.rules
    width = links["width_mm"].to_numpy(dtype=np.float64)
    measured = rows & (width > 0)
    fill(links, "diameter_mm", width, measured, MEASURED)
    inner = matched(links, rules["bore"], ("material",), "factor")
    fill(links, "diameter_mm", np.round(width * inner, 1), measured & np.isfinite(inner), ASSUMED)
    fill(
        links,
        "diameter_mm",
        matched(links, rules["sizes"], ("category",), "default_mm"),
        rows & ~measured,
        ASSUMED,
    )


def device_bores(surveyed: Surveyed, rows: NDArray[np.bool_]) -> None:
    """Give those devices the largest diameter of the links they stand between."""
    links, nodes = surveyed.links, surveyed.nodes
    largest = pd.Series(largest_beside(links, nodes, "diameter_mm"), index=nodes["id"])
    beside = np.fmax(largest.reindex(links["start"]).to_numpy(), largest.reindex(links["end"]).to_numpy())
    usual = matched(links.assign(category=""), surveyed.rules["sizes"], ("category",), "default_mm")
    fill(links, "diameter_mm", np.where(np.isnan(beside), usual, beside), rows, ASSUMED)


def least_lengths(surveyed: Surveyed, rows: NDArray[np.bool_], least_m: float = 0.1) -> None:
    """Raise lengths that are next to nothing, which no solver likes."""
    short = rows & ~(surveyed.links["length_m"].to_numpy(dtype=np.float64) >= least_m)
    fill(surveyed.links, "length_m", least_m, short, ASSUMED)


def states(
    surveyed: Surveyed, column: str, on: tuple[str, ...] = ("open", "on", "closed-circuit", "")
) -> None:
    """Put the state of devices into a flag; devices of unknown state work, and that is assumed."""
    links = surveyed.links
    device = links["device"].to_numpy(dtype=bool)
    said = links["state"].astype(str).to_numpy(dtype=object)
    fill(
        links, column, np.isin(said.astype(str), on).astype(float), np.ones(len(links), dtype=bool), NOT_MEANT
    )
    fill(links, column, np.isin(said.astype(str), on).astype(float), device & (said != ""), JOINED)
    fill(links, column, 1.0, device & (said == ""), ASSUMED)


def ages(links: pd.DataFrame, year: float) -> NDArray[np.float64]:
    """Age of each link in a year; NaN where its year of construction is unknown."""
    return np.asarray(year - links["built"].to_numpy(dtype=np.float64))


def fill(frame: pd.DataFrame, column: str, values: object, where: object, origin: int) -> None:
    """Put `values` into a column where `where` holds, and mark where they come from.

    A column that is new is made, missing (NaN or "") outside of `where`.
    """
    rows = np.asarray(where, dtype=bool)
    array = np.asarray(values)
    given = array[rows] if array.ndim else array[()]
    blank = np.full(len(frame), NOT_MEANT)
    mark = np.nan_to_num(np.array(frame.get(MARK + column, blank), dtype=float), nan=NOT_MEANT).astype(
        np.int8
    )
    if column in frame:
        target = frame[column].to_numpy(copy=True)
        target[rows] = given
    else:
        text = isinstance(given, str) or np.asarray(given).dtype.kind in "OUT"
        target = np.full(len(frame), "", dtype=object) if text else np.full(len(frame), np.nan)
        target[rows] = given
    mark[rows] = origin
    frame[column] = target
    frame[MARK + column] = mark


def fill_missing(
    frame: pd.DataFrame, column: str, values: object, where: object, origin: int
) -> NDArray[np.bool_]:
    """Like `fill`, but only where the column is missing; the rows that were filled."""
    if column in frame:
        have = frame[column]
        missing = have.isna().to_numpy() if have.dtype.kind == "f" else (have.astype(str) == "").to_numpy()
    else:
        missing = np.ones(len(frame), dtype=bool)
    rows = np.asarray(where, dtype=bool) & missing
    fill(frame, column, values, rows, origin)
    return rows


def matched(frame: pd.DataFrame, rule: pd.DataFrame, keys: Sequence[str], value: str) -> NDArray[np.float64]:
    """The value of the first row of `rule` that fits each row of `frame`; NaN where none does.

    A cell of a key column that is empty fits everything. A key `x_min` or `x_max` bounds the number `x`
    from below (included) or above (excluded), where `x` is known.
    """
    result = np.full(len(frame), np.nan)
    free = np.ones(len(frame), dtype=bool)
    for row in rule.to_dict("records"):
        fits = free.copy()
        for key in keys:
            fits &= _fits(frame, key, row[key])
        result[fits] = float(row[value])
        free &= ~fits
    return result


def _fits(frame: pd.DataFrame, key: str, wanted: object) -> NDArray[np.bool_]:
    if str(wanted) in ("", "nan"):
        return np.ones(len(frame), dtype=bool)
    for suffix, sign in (("_min", 1.0), ("_max", -1.0)):
        if key.endswith(suffix) and key not in frame:
            have = np.asarray(frame[key.removesuffix(suffix)], dtype=np.float64)
            limit = float(str(wanted))
            return np.asarray(have >= limit if sign > 0 else have < limit)
    return np.asarray(frame[key].astype(str).isin(str(wanted).split()))


def numbered(ids: Sequence[str]) -> NDArray[np.object_]:
    """Ids made unique: the second of equal ones gets `#2`, the third `#3`."""
    series = pd.Series(list(ids), dtype=object)
    for _again in range(20):
        count = series.groupby(series).cumcount()
        if not (count > 0).any():
            break
        series = series.where(count == 0, series + "#" + (count + 1).astype(str))
    return np.asarray(series.to_numpy(dtype=object))


def largest_beside(links: pd.DataFrame, nodes: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """For each node the largest value of a column among the links that end there; NaN where there is none."""
    ends = pd.concat(
        [
            links[["start", column]].set_axis(["node", column], axis=1),
            links[["end", column]].set_axis(["node", column], axis=1),
        ]
    )
    best = ends.groupby("node")[column].max()
    return np.asarray(best.reindex(nodes["id"]).to_numpy(dtype=np.float64))
