"""A power network from a pipeline census: voltages, cable types, transformers, sources and loads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.lifelines.surveyed import (
    ASSUMED,
    JOINED,
    MEASURED,
    Surveyed,
    device_origins,
    factor,
    fill,
    fill_missing,
    least_lengths,
    matched,
    numbered,
)
from twin.text import _

GRAVITY = 9.81
MOST_CIRCUITS = 12
CABLE = ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_ka")
RATING = ("vk_percent", "vkr_percent", "pfe_kw", "i0_percent")


def tables(surveyed: Surveyed) -> Mapping[str, pd.DataFrame]:
    """The tables of the network; `supplies` says which motor drives which device of another network."""
    links, nodes = surveyed.links, surveyed.nodes
    kind = links["kind"].astype(str).to_numpy()
    least_lengths(surveyed, kind == "line", 0.5)
    _lines(surveyed, kind == "line")
    _transformers(surveyed, kind == "transformer")
    closed = ~np.isin(links["state"].astype(str), ("open", "off")) | (kind != "switch")
    fill(links, "closed", closed.astype(float), np.ones(len(links), dtype=bool), MEASURED)
    said = links["state"].astype(str).to_numpy() != ""
    fill(links, "closed", closed.astype(float), (kind == "switch") & said, JOINED)
    fill(links, "closed", closed.astype(float), (kind == "switch") & ~said, ASSUMED)
    fill(links, "max_i_ka", factor(surveyed, "switch_ka"), kind == "switch", ASSUMED)
    _voltages(surveyed)
    devices = [_sources(surveyed), _loads(surveyed)]
    motors = _motors(surveyed)
    devices.append(motors.drop(columns="consumer"))
    table = pd.concat([frame for frame in devices if len(frame)] or devices, ignore_index=True)
    motors = motors.assign(supplier="power/motor/" + motors["id"].astype(str))
    surveyed.assumed.extend(
        (
            _("Power: resistance, reactance and rating of lines by voltage and material (usual types)."),
            _("Power: transformers of unknown data are of a usual type for where they stand."),
            _(
                "Power: customers hang on the nearest box transformer; {share} of their peaks coincide.",
                share=factor(surveyed, "simultaneity"),
            ),
            _("Power: the grid above the substations holds its voltage."),
        )
    )
    return {"nodes": nodes, "links": links, "devices": table, "supplies": motors[["supplier", "consumer"]]}


def _lines(surveyed: Surveyed, line: NDArray[np.bool_]) -> None:
    links, cables = surveyed.links, surveyed.rules["cables"]
    links["length_km"] = np.where(line, links["length_m"].to_numpy(dtype=float) / 1000, np.nan)
    keys = ("voltage_kv_min", "material", "embed")
    known = links.assign(voltage_kv=links["level"])
    for column in CABLE:
        fill(links, column, matched(known, cables, keys, column), line, ASSUMED)
    number = matched(known, cables.assign(number=np.arange(len(cables), dtype=float)), keys, "number")
    models = cables["model"].to_numpy(dtype=object)
    fill(links, "model", models[np.nan_to_num(number).astype(int)], line, ASSUMED)
    count = links["cable_count"].to_numpy(dtype=float)
    given = line & (count >= 1)
    fill(links, "parallel", np.clip(np.floor(count), 1, MOST_CIRCUITS), given, MEASURED)
    fill_missing(links, "parallel", 1.0, line, ASSUMED)
    fill(links, "parallel", 1.0, ~line, MEASURED)


def _transformers(surveyed: Surveyed, row: NDArray[np.bool_]) -> None:
    links, types = surveyed.links, surveyed.rules["transformers"]
    stated, joined = _capacities(surveyed, row), device_origins(surveyed) == JOINED
    for column in ("sn_mva", "vn_hv_kv", "vn_lv_kv", *RATING, "tap_step_percent"):
        if column not in links:
            links[column] = np.nan
        given = row & (links[column].to_numpy(dtype=float) > 0)
        fill(links, column, links[column].to_numpy(dtype=float), given & joined, JOINED)
        fill(links, column, links[column].to_numpy(dtype=float), given & ~joined, ASSUMED)
        if column == "sn_mva":
            fill_missing(links, column, stated, row & (stated > 0), JOINED)
        fill_missing(links, column, matched(links, types, ("term",), column), row, ASSUMED)
    fill_missing(links, "sn_mva", float(types["sn_mva"].iloc[-1]), row, ASSUMED)
    for column in RATING:
        fill(links, column, matched(links, surveyed.rules["ratings"], ("sn_mva_min",), column), row, ASSUMED)
    fill(links, "tap_step_percent", 0.0, row & links["tap_step_percent"].isna().to_numpy(), ASSUMED)


def _capacities(surveyed: Surveyed, row: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The capacity of the substation that each transformer stands in, shared among its transformers; NaN."""
    links, nodes = surveyed.links, surveyed.nodes
    stated = nodes[nodes["unit"] == "MVA"].set_index("id")["capacity"]
    beside = np.fmax(*(stated.reindex(links[end]).to_numpy(dtype=float) for end in ("start", "end")))
    number = links["at"].where(row).map(links.loc[row, "at"].value_counts()).to_numpy(dtype=float)
    return np.asarray(beside / number, dtype=np.float64)


def _voltages(surveyed: Surveyed) -> None:
    """Rated voltages: of the lines at a bus, of its transformer's side, of its plant, else the usual one."""
    nodes, links = surveyed.nodes, surveyed.links
    everywhere = np.ones(len(nodes), dtype=bool)
    level = nodes["level"].to_numpy(dtype=float)
    plant = nodes.pop("vn_kv").to_numpy(dtype=float)
    fill(nodes, "vn_kv", level, np.isfinite(level), MEASURED)
    fill_missing(nodes, "vn_kv", plant, np.isfinite(plant), JOINED)
    fill_missing(nodes, "vn_kv", float(surveyed.rules["levels"]["level"].iloc[-1]), everywhere, ASSUMED)
    high = links["kind"].astype(str).to_numpy() == "transformer"
    rated = pd.Series(nodes["vn_kv"].to_numpy(dtype=float), index=nodes["id"])
    for column, end in (("vn_hv_kv", "start"), ("vn_lv_kv", "end")):
        fill_missing(links, column, rated.reindex(links[end]).to_numpy(), high, ASSUMED)


def _sources(surveyed: Surveyed) -> pd.DataFrame:
    """An external grid at the highest voltage of each substation."""
    nodes = surveyed.nodes
    source = nodes[nodes["source"].to_numpy(dtype=bool)]
    return pd.DataFrame(
        {
            "id": "G-" + source["id"].astype(str),
            "kind": "external_grid",
            "name": source["name"].astype(str),
            "node": source["id"].astype(str),
            "vm_pu": factor(surveyed, "vm_pu"),
        }
    )


def _loads(surveyed: Surveyed) -> pd.DataFrame:
    wish = surveyed.customers.groupby("node")["power_kw"].sum().sort_index()
    p_mw = np.round(wish.to_numpy(dtype=float) / 1000 * factor(surveyed, "simultaneity"), 6)
    tan = np.sqrt(1 / factor(surveyed, "cos_phi") ** 2 - 1)
    names = wish.index.astype(str)
    return pd.DataFrame(
        {
            "id": ["LO-" + name for name in names],
            "kind": "load",
            "node": np.asarray(names, dtype=object),
            "p_mw": p_mw,
            "q_mvar": np.round(p_mw * tan, 6),
        }
    )


def _motors(surveyed: Surveyed) -> pd.DataFrame:
    """The motors of what other networks have fed from here: shaft power, else rho g q h, else a usual one."""
    fed = surveyed.fed
    efficiency = factor(surveyed, "motor_efficiency")
    hydraulic = (
        GRAVITY * fed["q_m3h"].to_numpy(dtype=float) / 3600 * fed["head_m"].to_numpy(dtype=float) / 0.75
    )
    given = fed["power_kw"].to_numpy(dtype=float)
    shaft = np.where(given > 0, given, np.where(hydraulic > 0, hydraulic, factor(surveyed, "fed_kw")))
    bare = [str(name).rsplit("/", 1)[-1] for name in fed["consumer"]]
    return pd.DataFrame(
        {
            "id": numbered(["M-" + name for name in bare]),
            "kind": "motor",
            "node": fed["node"].to_numpy(dtype=object),
            "pn_mech_mw": np.round(shaft / 1000, 6),
            "loading_percent": 90.0,
            "cos_phi": factor(surveyed, "motor_cos_phi"),
            "efficiency_percent": efficiency * 100,
            "consumer": fed["consumer"].to_numpy(dtype=object),
        }
    )
