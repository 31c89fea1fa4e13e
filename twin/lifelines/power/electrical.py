"""From tables to the columns of the power-flow kernel: what is a joint, what impedance, what demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.model.network import Network
from twin.model.table import Table
from twin.physics.powerflow import Branches, Ratings, Tap, Topology, transformer

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Flags = NDArray[np.bool_]

LEAST_UK = 1e-6
"""Short-circuit voltage (share) of a transformer whose table says 0: no transformer is without impedance."""
SWITCH_R_X = 2.0
"""Resistance over reactance of a switch with contact impedance (pandapower's `switch_rx_ratio`)."""


def rated_v(network: Network) -> Floats:
    """Rated voltage of the nodes, V."""
    return np.asarray(network.tables["nodes"]["vn_kv"] * 1e3, dtype=np.float64)


def is_transformer(links: Table) -> Flags:
    """Rows with transformer columns: transformers and windings."""
    return np.asarray(np.isin(links["kind"].astype(str), ("transformer", "winding")))


def topology(network: Network) -> Topology:
    """Nodes and links; switches and links without impedance are joints."""
    start, end = network.ends
    return Topology(len(network.tables["nodes"]), start, end, series_ohm(network) == 0)


def series_ohm(network: Network) -> Complexes:
    """Series impedance of lines, impedances and switches, ohm; of transformers a placeholder of 1."""
    links = network.tables["links"]
    kind = links["kind"].astype(str)
    length = links["length_km"] / np.maximum(links["parallel"], 1)
    z = np.zeros(len(links), dtype=np.complex128)
    rows = kind == "line"
    z[rows] = ((links["r_ohm_per_km"] + 1j * links["x_ohm_per_km"]) * length)[rows]
    rows = kind == "impedance"
    base = rated_v(network)[network.ends[1]] ** 2 / (links["sn_mva"] * 1e6)
    z[rows] = ((links["r_pu"] + 1j * links["x_pu"]) * base)[rows]
    rows = kind == "switch"
    z[rows] = (links["z_ohm"] * (SWITCH_R_X + 1j) / abs(SWITCH_R_X + 1j))[rows]
    z[is_transformer(links)] = 1.0
    return z


def branches(network: Network, tap: Floats) -> Branches:
    """Two-ports of all links with the tap changers in positions `tap` [links]."""
    links = network.tables["links"]
    kind = links["kind"].astype(str)
    z = series_ohm(network)
    y_start, y_end = np.zeros_like(z), np.zeros_like(z)
    start, end = network.ends
    rated = rated_v(network)
    rows = kind == "line"
    charging = 2j * np.pi * links["f_hz"] * links["c_nf_per_km"] * 1e-9 + links["g_us_per_km"] * 1e-6
    y_start[rows] = y_end[rows] = (charging * links["length_km"] * links["parallel"] / 2)[rows]
    rows = kind == "impedance"
    base = links["sn_mva"] * 1e6 / rated[end] ** 2
    y_start[rows] = ((links["g_start_pu"] + 1j * links["b_start_pu"]) * base)[rows]
    y_end[rows] = ((links["g_end_pu"] + 1j * links["b_end_pu"]) * base)[rows]
    ratio = np.where(kind == "impedance", rated[start] / rated[end], 1.0 + 0j)
    turned = np.flatnonzero(is_transformer(links))
    if turned.size:
        ports = _transformers(links, tap, turned)
        z[turned], y_start[turned], y_end[turned] = ports.z_ohm, ports.y_start_s, ports.y_end_s
        ratio[turned] = ports.ratio
    return Branches(z, y_start, y_end, ratio)


def _transformers(links: Table, tap: Floats, rows: NDArray[np.intp]) -> Branches:
    column = {name: values[rows] for name, values in links.columns.items()}
    uk = column["vk_percent"] / 100
    ratings = Ratings(
        u_start_v=column["vn_hv_kv"] * 1e3,
        u_end_v=column["vn_lv_kv"] * 1e3,
        s_va=column["sn_mva"] * 1e6,
        uk=np.where(uk == 0, LEAST_UK, uk),
        ur=column["vkr_percent"] / 100,
        i0=column["i0_percent"] / 100,
        iron_w=column["pfe_kw"] * 1e3,
        shift_rad=np.radians(column["shift_degree"]),
        leak_r=column["leak_r_start"],
        leak_x=column["leak_x_start"],
        parallel=column["parallel"].astype(np.float64),
    )
    changer = column["tap_changer"].astype(str)
    steps = np.where(changer == "none", 0.0, tap[rows] - column["tap_neutral"])
    angle = np.radians(column["tap_step_degree"])
    at_start, ideal = column["tap_side"].astype(str) == "start", changer == "ideal"
    return transformer(ratings, Tap(steps, column["tap_step_percent"] / 100, angle, at_start, ideal))


def ratings_a(network: Network) -> tuple[Floats, Floats]:
    """Current rating at the start and at the end of each link, A; infinite where there is none."""
    links = network.tables["links"]
    several = links["parallel"] * links["derating"] * 1.0
    several[links["kind"].astype(str) == "switch"] = 1.0
    rating = np.where(links["max_i_ka"] > 0, links["max_i_ka"] * 1e3 * several, np.inf)
    turned = is_transformer(links)
    with np.errstate(invalid="ignore", divide="ignore"):
        power = links["sn_mva"] * 1e6 * several / np.sqrt(3)
        start = np.where(turned, power / (links["vn_hv_kv"] * 1e3), rating)
        end = np.where(turned, power / (links["vn_lv_kv"] * 1e3), rating)
    return start, end


@dataclass(frozen=True)
class Devices:
    """Electrical columns of the devices, each [k]: demand at rated voltage by law, and held voltages.

    Generation is negative. `source_pu` is the complex voltage an external grid or a generator holds, 0 for
    everything else; `required_w` the active power that consumers ask for; `feeds` marks what feeds in,
    `external` the external grids, `starts_alone` the generators that can feed a network alone.
    """

    power_va: Complexes
    current_va: Complexes
    impedance_va: Complexes
    source_pu: Complexes
    required_w: Floats
    feeds: Flags
    external: Flags
    starts_alone: Flags


def devices(network: Network) -> Devices:
    """The devices' columns with all factors at 1."""
    table = network.tables["devices"]
    kind = table["kind"].astype(str)
    total = _drawn(table, kind)
    shunt = kind == "shunt"
    node_kv = network.tables["nodes"]["vn_kv"][network.device_nodes]
    vn_kv = np.where(table["vn_kv"] > 0, table["vn_kv"], node_kv)
    z_share, i_share = (
        0j
        + np.where(kind == "load", table[f"const_{law}_p_percent"] + 1j * table[f"const_{law}_q_percent"], 0)
        / 100
        for law in "zi"
    )
    impedance, current = _part(total, z_share), _part(total, i_share)
    impedance[shunt] = (total * table["step"] * (node_kv / vn_kv) ** 2)[shunt]
    total[shunt] = impedance[shunt]
    holds = np.isin(kind, ("external_grid", "generator"))
    voltage = np.where(holds, table["vm_pu"] * np.exp(1j * np.radians(table["va_degree"])), 0)
    consumer = np.isin(kind, ("load", "motor"))
    return Devices(
        total - current - impedance,
        current,
        impedance,
        voltage,
        np.where(consumer, np.maximum(total.real, 0.0), 0.0),
        np.isin(kind, ("static_generator", "generator")),
        kind == "external_grid",
        (kind == "generator") & table["slack"],
    )


def _part(total: Complexes, share: NDArray[np.complexfloating]) -> Complexes:
    """Active and reactive power with separate shares (real and imaginary part of `share`)."""
    return np.asarray(total.real * share.real + 1j * total.imag * share.imag, dtype=np.complex128)


def _drawn(table: Table, kind: NDArray[np.str_]) -> Complexes:
    """Complex power drawn at rated voltage, VA; what kinds feed in is negative."""
    given = np.nan_to_num(table["p_mw"]) + 1j * np.nan_to_num(table["q_mvar"])
    mechanical = table["pn_mech_mw"] * table["loading_percent"] / table["efficiency_percent"]
    motor = mechanical * (1 + 1j * np.tan(np.arccos(np.clip(table["cos_phi"], -1, 1))))
    sign = np.where(np.isin(kind, ("static_generator", "generator")), -1.0, 1.0)
    scaling = np.where(kind == "shunt", 1.0, table["scaling"])
    power = np.where(kind == "motor", motor, given * sign) * scaling * 1e6
    return np.where(kind == "external_grid", 0, power)
