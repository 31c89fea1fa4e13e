"""How the elements of pandapower become rows of our tables: columns that carry over one by one.

Each mapping is `our column -> (its column, default)`.
"""

from __future__ import annotations

from collections.abc import Mapping

Columns = Mapping[str, tuple[str, object]]

LINE: Columns = {
    "model": ("std_type", ""),
    "length_km": ("length_km", None),
    "r_ohm_per_km": ("r_ohm_per_km", 0.0),
    "x_ohm_per_km": ("x_ohm_per_km", 0.0),
    "c_nf_per_km": ("c_nf_per_km", 0.0),
    "g_us_per_km": ("g_us_per_km", 0.0),
    "max_i_ka": ("max_i_ka", None),
    "parallel": ("parallel", 1),
    "derating": ("df", 1.0),
    "closed": ("in_service", True),
}
TRANSFORMER: Columns = {
    "model": ("std_type", ""),
    "sn_mva": ("sn_mva", None),
    "vn_hv_kv": ("vn_hv_kv", None),
    "vn_lv_kv": ("vn_lv_kv", None),
    "vk_percent": ("vk_percent", 0.0),
    "vkr_percent": ("vkr_percent", 0.0),
    "pfe_kw": ("pfe_kw", 0.0),
    "i0_percent": ("i0_percent", 0.0),
    "shift_degree": ("shift_degree", 0.0),
    "leak_r_start": ("leakage_resistance_ratio_hv", 0.5),
    "leak_x_start": ("leakage_reactance_ratio_hv", 0.5),
    "tap_neutral": ("tap_neutral", 0.0),
    "tap_step_percent": ("tap_step_percent", 0.0),
    "tap_step_degree": ("tap_step_degree", 0.0),
    "parallel": ("parallel", 1),
    "derating": ("df", 1.0),
    "closed": ("in_service", True),
}
DEVICES: Mapping[str, tuple[str, Columns]] = {
    "load": ("load", {"p_mw": ("p_mw", 0.0), "q_mvar": ("q_mvar", 0.0), "scaling": ("scaling", 1.0)}),
    "motor": (
        "motor",
        {
            "pn_mech_mw": ("pn_mech_mw", 0.0),
            "loading_percent": ("loading_percent", 100.0),
            "cos_phi": ("cos_phi", 1.0),
            "efficiency_percent": ("efficiency_percent", 100.0),
            "scaling": ("scaling", 1.0),
        },
    ),
    "sgen": (
        "static_generator",
        {"p_mw": ("p_mw", 0.0), "q_mvar": ("q_mvar", 0.0), "scaling": ("scaling", 1.0)},
    ),
    "storage": (
        "storage",
        {
            "p_mw": ("p_mw", 0.0),
            "q_mvar": ("q_mvar", 0.0),
            "scaling": ("scaling", 1.0),
            "energy_mwh": ("max_e_mwh", None),
        },
    ),
    "gen": (
        "generator",
        {
            "p_mw": ("p_mw", 0.0),
            "vm_pu": ("vm_pu", 1.0),
            "scaling": ("scaling", 1.0),
            "slack": ("slack", False),
        },
    ),
    "ext_grid": ("external_grid", {"vm_pu": ("vm_pu", 1.0), "va_degree": ("va_degree", 0.0)}),
    "shunt": (
        "shunt",
        {"p_mw": ("p_mw", 0.0), "q_mvar": ("q_mvar", 0.0), "vn_kv": ("vn_kv", None), "step": ("step", 1.0)},
    ),
}
NOT_SIMULATED = (
    "dcline",
    "svc",
    "tcsc",
    "ssc",
    "vsc",
    "b2b_vsc",
    "bus_dc",
    "line_dc",
    "load_dc",
    "source_dc",
    "controller",
)
"""Elements whose presence changes a power flow and which are not simulated."""
NO_OPERATION = frozenset(
    {
        "measurement",
        "pwl_cost",
        "poly_cost",
        "group",
        "characteristic",
        "trafo_characteristic_spline",
        "trafo_characteristic_table",
        "shunt_characteristic_table",
        "shunt_characteristic_spline",
        "q_capability_curve_table",
        "q_capability_characteristic",
        "loadcases",
        "substation",
    }
)
"""Tables that say nothing about a power flow as it is run by default: costs, measurements, drawings."""
