"""A power network in one state as a neutral job: tables of plain values that an engine script reads.

The job states what the network *is* at that moment, in the units of its tables and with the names of
its components; nothing of the file it came from is passed on. Sections and their columns:
`buses` (id, vn_kv, in_service), `lines`, `transformers`, `impedances`, `switches` (ideal connections and
contacts), `loads`, `motors`, `feeds` (static generators), `shunts`, `sources`; ends are bus ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.lifelines.power.binding import PowerModel
from twin.lifelines.power.electrical import series_ohm
from twin.model.state import State
from twin.model.table import Table

FORMAT = "twin-power-job-1"
F_HZ = 50.0
"""The job's frequency; capacitances of lines at another frequency are rescaled to it."""
Row = dict[str, Any]

LINE = ("length_km", "r_ohm_per_km", "x_ohm_per_km", "g_us_per_km", "max_i_ka", "parallel", "derating")
TRANSFORMER = (
    "sn_mva",
    "vn_hv_kv",
    "vn_lv_kv",
    "vk_percent",
    "vkr_percent",
    "pfe_kw",
    "i0_percent",
    "shift_degree",
    "leak_r_start",
    "leak_x_start",
    "tap_changer",
    "tap_side",
    "tap_neutral",
    "tap_step_percent",
    "tap_step_degree",
    "parallel",
    "derating",
)
IMPEDANCE = ("sn_mva", "r_pu", "x_pu", "g_start_pu", "b_start_pu", "g_end_pu", "b_end_pu")
LOAD = ("p_mw", "q_mvar", "const_z_p_percent", "const_i_p_percent", "const_z_q_percent", "const_i_q_percent")
MOTOR = ("pn_mech_mw", "loading_percent", "cos_phi", "efficiency_percent")


def job(model: PowerModel, state: State) -> dict[str, Any]:
    """The job for the network of `model` in `state`; JSON-able."""
    return {
        "format": FORMAT,
        "f_hz": F_HZ,
        **_buses(model, state),
        **_links(model, state),
        **_devices(model, state),
    }


def _values(table: Table, row: int, columns: Iterable[str]) -> Row:
    """Values of a row as plain Python; missing numbers are None."""
    values = {column: table[column][row] for column in ("id", *columns)}
    return {column: _plain(value) for column, value in values.items()}


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _buses(model: PowerModel, state: State) -> Mapping[str, list[Row]]:
    table = model.network.tables["nodes"]
    on = _available(model, state, "nodes") & state.column(model.network.lifeline, "nodes", "on")
    return {
        "buses": [
            {**_values(table, row, ("vn_kv",)), "in_service": bool(on[row])} for row in range(len(table))
        ]
    }


def _available(model: PowerModel, state: State, table: str) -> NDArray[np.bool_]:
    return state.available(model.network.lifeline, table)


def _links(model: PowerModel, state: State) -> Mapping[str, list[Row]]:
    table, layer = model.network.tables["links"], model.network.lifeline
    on = _available(model, state, "links") & state.column(layer, "links", "closed")
    tap = state.column(layer, "links", "tap")
    joint = series_ohm(model.network) == 0
    sections: dict[str, list[Row]] = {"lines": [], "transformers": [], "impedances": [], "switches": []}
    for row, kind in enumerate(table["kind"].astype(str)):
        ends = {"start": str(table["start"][row]), "end": str(table["end"][row]), "in_service": bool(on[row])}
        if joint[row] or kind == "switch":
            section, own = "switches", {**_values(table, row, ()), "z_ohm": _contact_ohm(table, row)}
        elif kind == "line":
            own = _values(table, row, LINE)
            own["c_nf_per_km"] = float(table["c_nf_per_km"][row] * table["f_hz"][row] / F_HZ)
            section = "lines"
        elif kind == "impedance":
            section, own = "impedances", _values(table, row, IMPEDANCE)
        else:
            section, own = "transformers", {**_values(table, row, TRANSFORMER), "tap_pos": float(tap[row])}
        sections[section].append({**own, **ends})
    return sections


def _contact_ohm(table: Table, row: int) -> float:
    return float(table["z_ohm"][row]) if table["kind"][row] == "switch" else 0.0


def _devices(model: PowerModel, state: State) -> Mapping[str, list[Row]]:
    table, layer = model.network.tables["devices"], model.network.lifeline
    on = _available(model, state, "devices") & state.column(layer, "devices", "on")
    factor = state.column(layer, "devices", "factor")
    sources = model.source_devices(state)
    sections: dict[str, list[Row]] = {"loads": [], "motors": [], "feeds": [], "shunts": [], "sources": []}
    for row, kind in enumerate(table["kind"].astype(str)):
        common: Row = {"node": str(table["node"][row]), "in_service": bool(on[row])}
        if kind in ("load", "motor", "storage", "static_generator", "generator"):
            common["scaling"] = float(table["scaling"][row] * factor[row])
        if sources[row]:
            sections["sources"].append({**_values(table, row, ("vm_pu", "va_degree")), **common})
        elif kind in ("load", "storage"):
            columns = LOAD if kind == "load" else LOAD[:2]
            sections["loads"].append({**_values(table, row, columns), **common})
        elif kind == "motor":
            sections["motors"].append({**_values(table, row, MOTOR), **common})
        elif kind in ("static_generator", "generator"):
            sections["feeds"].append({**_values(table, row, LOAD[:2]), **common})
        elif kind == "shunt":
            own = _values(table, row, ("p_mw", "q_mvar", "vn_kv"))
            sections["shunts"].append({**own, "step": float(table["step"][row] * factor[row]), **common})
    return sections
