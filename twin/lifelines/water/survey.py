"""A water network from a pipeline census: roughness, pumps, tanks and demands that a survey lacks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.lifelines.surveyed import (
    ASSUMED,
    JOINED,
    Surveyed,
    ages,
    bores,
    device_bores,
    device_origins,
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

DAY_S = 86_400.0


def tables(surveyed: Surveyed) -> Mapping[str, pd.DataFrame]:
    """The tables of the network; hydraulics by Hazen-Williams, demands that follow the pressure."""
    links = surveyed.links
    kind = links["kind"].astype(str).to_numpy()
    pipe = kind == "pipe"
    bores(surveyed, pipe)
    device_bores(surveyed, kind == "valve")
    least_lengths(surveyed, pipe)
    states(surveyed, "open")
    known = links.assign(age=ages(links, surveyed.year))
    fill(
        links,
        "roughness",
        matched(known, surveyed.rules["roughness"], ("material", "age_min"), "roughness"),
        pipe,
        ASSUMED,
    )
    fill(links, "setting", factor(surveyed, "tcv_loss"), kind == "valve", ASSUMED)
    links["valve_type"] = np.where(kind == "valve", "TCV", "")
    curves = _pumps(surveyed, kind == "pump")
    _elevations(surveyed)
    _tanks(surveyed)
    _demands(surveyed)
    _say(surveyed)
    patterns = surveyed.rules["patterns"][["pattern", "step", "factor"]]
    return {
        "nodes": surveyed.nodes,
        "links": links,
        "curves": curves,
        "patterns": patterns,
        "options": _options(surveyed),
    }


def _pumps(surveyed: Surveyed, pump: NDArray[np.bool_]) -> pd.DataFrame:
    """Give pumps a curve through their rated point (EPANET's one-point curve); the table of curves."""
    links = surveyed.links
    stated = device_origins(surveyed) == JOINED
    for column, name in (("q_m3h", "pump_q_m3h"), ("head_m", "pump_head_m")):
        given = pump & (links[column].to_numpy(dtype=float) > 0)
        usual = np.where(given, links[column].to_numpy(dtype=float), factor(surveyed, name))
        fill(links, column, usual, pump & ~given, ASSUMED)
        stated &= given
    rated = links.loc[pump, ["q_m3h", "head_m"]].drop_duplicates().sort_values(["q_m3h", "head_m"])
    rated["curve"] = [f"P-{q:g}-{h:g}" for q, h in zip(rated["q_m3h"], rated["head_m"], strict=True)]
    merged = links[["q_m3h", "head_m"]].merge(rated, on=["q_m3h", "head_m"], how="left")
    called = merged["curve"].astype(object).fillna("").to_numpy(dtype=object)
    fill(links, "curve", called, pump & stated, JOINED)
    fill(links, "curve", called, pump & ~stated, ASSUMED)
    fill(links, "setting", 1.0, pump, ASSUMED)
    flow = np.round(rated["q_m3h"].to_numpy(dtype=float) / 3600, 9)
    return pd.DataFrame(
        {
            "curve": rated["curve"].to_numpy(),
            "point": 0,
            "use": "pump",
            "x": flow,
            "y": rated["head_m"].to_numpy(),
        }
    )


def _elevations(surveyed: Surveyed) -> None:
    nodes = surveyed.nodes
    kind = nodes["kind"].astype(str).to_numpy()
    ground = nodes["ground_m"].to_numpy(dtype=float)
    joined = nodes["level_m"].to_numpy(dtype=float)
    bottom = nodes.pop("elevation_m").to_numpy(dtype=float)
    put_elevations(surveyed, "elevation_m", ground)
    reservoir, tank = kind == "reservoir", kind == "tank"
    fill(nodes, "elevation_m", ground + factor(surveyed, "clear_well_depth_m"), reservoir, ASSUMED)
    fill(nodes, "elevation_m", joined, reservoir & np.isfinite(joined), JOINED)
    fill(nodes, "elevation_m", ground + factor(surveyed, "tank_height_m"), tank, ASSUMED)
    fill(nodes, "elevation_m", bottom, tank & np.isfinite(bottom), JOINED)


def _tanks(surveyed: Surveyed) -> None:
    nodes = surveyed.nodes
    tank = nodes["kind"].astype(str).to_numpy() == "tank"
    usual = {
        "level_m": factor(surveyed, "tank_level_m"),
        "level_min_m": 0.0,
        "level_max_m": factor(surveyed, "tank_level_max_m"),
        "diameter_m": factor(surveyed, "tank_diameter_m"),
    }
    for column, value in usual.items():
        given = nodes.pop(column).to_numpy(dtype=float)
        fill(nodes, column, given, tank & np.isfinite(given), JOINED)
        fill_missing(nodes, column, value, tank, ASSUMED)
    top = np.fmax(nodes["level_max_m"].to_numpy(dtype=float), nodes["level_m"].to_numpy(dtype=float))
    fill(nodes, "level_max_m", top, tank & (top > nodes["level_max_m"].to_numpy(dtype=float)), ASSUMED)


def _demands(surveyed: Surveyed) -> None:
    nodes = surveyed.nodes
    junction = nodes["kind"].astype(str).to_numpy() == "junction"
    demand = np.round(per_node(surveyed, "water_m3d") * 1000 / DAY_S, 6)
    fill(nodes, "demand_ls", demand, junction & (demand > 0), JOINED)
    fill_missing(nodes, "demand_ls", 0.0, junction, wanted(surveyed))
    pattern = str(surveyed.rules["patterns"]["pattern"].iloc[0])
    fill(nodes, "pattern", pattern, junction & (demand > 0), ASSUMED)


def _options(surveyed: Surveyed) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "flow_units": ["LPS"],
            "headloss": ["HW"],
            "demand_model": ["pda"],
            "p_min_m": [factor(surveyed, "p_min_m")],
            "p_required_m": [factor(surveyed, "p_required_m")],
            "hydraulic_step_s": [3600.0],
        }
    )


def _say(surveyed: Surveyed) -> None:
    surveyed.assumed.extend(
        (
            _("Water: roughness of pipes by material and age (handbook values of Hazen-Williams C)."),
            _("Water: customers draw from the nearest point of the mains, with one pattern of the day."),
            _("Water: pumps of unknown curve have one through their rated point; valves throttle nothing."),
            _("Water: full demand from {p} m of pressure at the main.", p=factor(surveyed, "p_required_m")),
        )
    )
