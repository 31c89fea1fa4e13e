"""Needs: what depends on what, by table and, where no table says it, by the nearest supplier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.build.equipment import table
from twin.census.build.networks import built_table
from twin.census.build.rules import records
from twin.model.city import CITY_SCHEMAS, FACILITY
from twin.model.finding import Finding, Severity
from twin.model.network import Network
from twin.model.table import Table
from twin.text import _

COLUMNS = ("supplier", "consumer", "kind", "threshold", "backup_min", "restart_min", "store", "source")


def dependencies(
    tables: Mapping[str, pd.DataFrame],
    networks: Mapping[str, Network],
    layers: Mapping[str, str],
    facilities: Network,
    supplies: pd.DataFrame,
    called: Mapping[str, Sequence[str]],
    reached: Mapping[str, NDArray[np.bool_]],
    findings: list[Finding],
) -> Table:
    """The table of dependencies.

    Parameters
    ----------
    layers
        Lifeline by class code.
    supplies
        `supplier, consumer, kind` that lifelines made themselves (motors of pumps).
    called
        The components that stand at a survey point, or that a facility is.
    reached
        By lifeline, whether a source reaches each node.
    """
    known = {name for network in (*networks.values(), facilities) for name in network.refs}
    stated = _stated(table(tables, "dependencies"), known, called, findings)
    made = supplies.assign(source="joined table of devices: fed_by", restart_min=2.0)
    rows = pd.concat([stated, made], ignore_index=True).drop_duplicates(["supplier", "consumer", "kind"])
    have = set(zip(rows["consumer"], rows["kind"], strict=True))
    places = {name: _places(network) for name, network in {**networks, FACILITY: facilities}.items()}
    parts = [rows]
    for one in records("dependencies"):
        consumer = layers.get(one["consumer_class"], FACILITY if one["consumer_class"] == FACILITY else "")
        supplier = layers.get(one["supplier_class"], "")
        if consumer not in places or supplier not in places:
            continue
        wish = places[consumer]
        wish = wish[(wish["kind"] == one["consumer_kind"]) | (one["consumer_kind"] == "*")]
        wish = wish[[(name, one["kind"]) not in have for name in wish["component"]]]
        offer = places[supplier]
        offer = offer[offer["table"].eq("nodes") & offer["kind"].isin(one["supplier_kinds"].split())]
        offer = _fit(offer[reached[supplier][offer["row"].to_numpy(dtype=int)]], str(one["supplier_terms"]))
        parts.append(_nearest(wish, offer, one, table(tables, "facilities"), findings))
    found = pd.concat(parts, ignore_index=True)
    return built_table(CITY_SCHEMAS["dependencies"], found, "dependencies", findings)


def _stated(
    rows: pd.DataFrame, known: set[str], called: Mapping[str, Sequence[str]], findings: list[Finding]
) -> pd.DataFrame:
    """The joined rows with components in the place of survey points, one row for each that stands there."""
    made, lost = [], []
    for row in rows.to_dict("records"):
        ends = [
            [row[name]] if row[name] in known else list(called.get(str(row[name]), ()))
            for name in ("supplier", "consumer")
        ]
        if not all(ends):
            lost.append(f"{row['supplier']} -> {row['consumer']}")
        made += [
            {**row, "supplier": supplier, "consumer": consumer, "source": "joined table of dependencies"}
            for supplier in ends[0][-1:]
            for consumer in ends[1]
        ]
    if lost:
        problem, remedy = _("names what this city does not have"), _("correct the component or the point")
        findings.append(
            Finding("build.dependency", Severity.WARNING, "dependencies", problem, remedy, "", tuple(lost))
        )
    return pd.DataFrame(made, columns=["supplier", "consumer", "kind", "backup_min", "store", "source"])


def _places(network: Network) -> pd.DataFrame:
    """Nodes and links of a network with the place of each (of a link: of its start)."""
    nodes = network.tables["nodes"]
    own = {"component": network.ids("nodes")} | {name: nodes[name] for name in ("kind", "x", "y")}
    own["term"] = nodes["term"] if "term" in nodes else np.full(len(nodes), "", dtype=object)
    parts = [pd.DataFrame(own).assign(table="nodes", row=np.arange(len(nodes)))]
    if "links" in network.tables and len(network.tables["links"]):
        start = network.ends[0]
        parts.append(
            pd.DataFrame(
                {
                    "component": network.ids("links"),
                    "kind": network.tables["links"]["kind"],
                    "x": nodes["x"][start],
                    "y": nodes["y"][start],
                    "table": "links",
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _fit(offer: pd.DataFrame, terms: str) -> pd.DataFrame:
    """The suppliers with one of the terms, all where none has; at one place the last, behind the devices."""
    fits = offer["term"].isin(terms.split())
    offer = offer[fits] if fits.any() else offer
    return offer.sort_values("component", kind="stable").drop_duplicates(["x", "y"], keep="last")


def _nearest(
    wish: pd.DataFrame,
    offer: pd.DataFrame,
    one: Mapping[str, Any],
    own: pd.DataFrame,
    findings: list[Finding],
) -> pd.DataFrame:
    """The nearest supplier of each consumer within the limit of the rule."""
    from scipy.spatial import KDTree

    if wish.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    far: NDArray[np.float64] = np.full(len(wish), np.inf)
    place: NDArray[np.int64] = np.zeros(len(wish), dtype=np.int64)
    if len(offer):
        tree = KDTree(offer[["x", "y"]].to_numpy(dtype=float))
        found_far, index = tree.query(wish[["x", "y"]].to_numpy(dtype=float))
        far, place = np.asarray(found_far, dtype=np.float64), np.asarray(index, dtype=np.int64)
    near = far <= float(str(one["limit_m"]))
    if not near.all():
        problem = _("has no supplier of {kind} within {limit} m", kind=str(one["kind"]), limit=one["limit_m"])
        remedy, ids = _("add a row to the joined dependencies"), tuple(wish["component"][~near])
        findings.append(
            Finding("build.no-supplier", Severity.WARNING, "dependencies", problem, remedy, "", ids)
        )
    rows = wish[near].assign(supplier=offer["component"].to_numpy()[place[near]] if len(offer) else "")
    rows = rows.rename(columns={"component": "consumer"})[["supplier", "consumer"]]
    for name in ("kind", "threshold", "backup_min", "restart_min", "store"):
        rows[name] = one[name]
    rows["source"] = f"proposed: {one['source']}"
    column = f"backup_{one['kind']}_min"
    if one["consumer_class"] == FACILITY and column in own:
        backup = own.drop_duplicates("id").set_index("id")[column]
        bare = [str(name).rsplit("/", 1)[-1] for name in rows["consumer"]]
        rows["backup_min"] = backup.reindex(bare).fillna(0.0).to_numpy()
    return rows
