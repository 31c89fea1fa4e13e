"""Run by the reference engines' Python: writes a pandapower file with one of everything that is simulated."""

import sys

import pandapower as pp


def build() -> pp.pandapowerNet:
    net = pp.create_empty_network(f_hz=60.0)
    hv, hv2 = (pp.create_bus(net, 110.0, name=name, geodata=(1.0, 2.0)) for name in ("HV", "HV2"))
    mv = [pp.create_bus(net, 20.0, name=f"MV{place}") for place in range(6)]
    lv = [pp.create_bus(net, 0.4, name=f"LV{place}") for place in range(3)]
    alone = [pp.create_bus(net, 20.0, name=f"A{place}") for place in range(2)]
    off = pp.create_bus(net, 20.0, name="OFF", in_service=False)
    pp.create_ext_grid(net, hv, vm_pu=1.03, va_degree=10.0, name="GRID")
    pp.create_line_from_parameters(
        net, hv, hv2, 12.0, 0.06, 0.4, 9.0, 0.6, g_us_per_km=0.05, name="HVL", parallel=2
    )
    turned = pp.create_transformer_from_parameters(
        net, hv, mv[0], 25.0, 110.0, 21.0, 0.4, 12.0, 14.0, 0.07, shift_degree=150.0, name="T1",
        parallel=2, df=0.9,
        tap_side="hv", tap_neutral=0, tap_pos=3, tap_step_percent=1.5, tap_step_degree=20.0,
        tap_changer_type="Ratio",
    )  # fmt: skip
    pp.create_transformer_from_parameters(
        net, mv[1], lv[0], 0.63, 20.0, 0.4, 1.1, 6.0, 1.2, 0.3, shift_degree=-30.0, name="T2",
        tap_side="lv", tap_neutral=0, tap_pos=-2, tap_step_percent=2.5, tap_step_degree=0.0,
        tap_changer_type="Ratio",
    )  # fmt: skip
    pp.create_transformer_from_parameters(
        net, mv[2], mv[3], 10.0, 20.0, 20.0, 0.3, 8.0, 5.0, 0.1, name="SHIFTER",
        tap_side="lv", tap_neutral=0, tap_pos=1, tap_step_percent=0.0, tap_step_degree=2.0,
        tap_changer_type="Ideal",
    )  # fmt: skip
    net.trafo["leakage_resistance_ratio_hv"] = 0.5
    net.trafo["leakage_reactance_ratio_hv"] = 0.5
    net.trafo.loc[turned, ["leakage_resistance_ratio_hv", "leakage_reactance_ratio_hv"]] = [0.3, 0.7]
    for name, side, star in (("T3", "mv", False), ("T3STAR", "hv", True)):
        pp.create_transformer3w_from_parameters(
            net, hv2, mv[4], lv[1] if star else lv[2], 110.0, 20.0, 0.4, 40.0, 30.0, 10.0, 10.0, 11.0, 12.0,
            0.3, 0.31, 0.32, 30.0, 0.1, shift_mv_degree=-150.0, shift_lv_degree=30.0, name=name,
            tap_side=side, tap_neutral=0, tap_pos=-2, tap_step_percent=1.2, tap_step_degree=0.0,
            tap_at_star_point=star,
        tap_changer_type="Ratio",
        )  # fmt: skip
    for place, (one, other) in enumerate(((0, 1), (1, 2), (0, 2), (3, 0))):
        pp.create_line_from_parameters(
            net, mv[one], mv[other], 2.0 + place, 0.2, 0.35, 250.0, 0.3, g_us_per_km=0.1, name=f"L{place}"
        )
    pp.create_line_from_parameters(net, mv[4], off, 3.0, 0.2, 0.35, 250.0, 0.3, name="LOFF")
    pp.create_line_from_parameters(net, mv[4], mv[5], 3.0, 0.2, 0.35, 250.0, 0.3, name="LSW")
    pp.create_line_from_parameters(net, alone[0], alone[1], 3.0, 0.2, 0.35, 250.0, 0.3, name="LALONE")
    pp.create_impedance(
        net, mv[1], mv[3], 0.01, 0.05, 10.0, gf_pu=0.001, bf_pu=-0.002, gt_pu=0.003, bt_pu=0.004, name="Z"
    )
    pp.create_switch(net, mv[4], 6, et="l", closed=False, name="SW1")
    pp.create_switch(net, mv[5], 6, et="l", closed=True, name="SW2")
    pp.create_switch(net, mv[5], mv[2], et="b", closed=True, z_ohm=0.2, name="SW3")
    pp.create_switch(net, mv[0], 1, et="l", closed=True, name="SW4")
    pp.create_switch(net, mv[1], 1, et="t", closed=True, name="SW5")
    pp.create_switch(net, mv[4], 0, et="t3", closed=True, name="SW6")
    pp.create_switch(net, lv[1], 1, et="t3", closed=False, name="SW7")
    pp.create_load(net, lv[0], 0.3, 0.1, name="D1", const_z_p_percent=20, const_i_p_percent=30,
                   const_z_q_percent=40, const_i_q_percent=10, scaling=1.1)  # fmt: skip
    pp.create_load(net, mv[3], 2.0, 0.7, name="D2")
    pp.create_load(net, mv[4], 1.0, 0.7, name="D3", in_service=False)
    pp.create_load(net, alone[1], 1.0, 0.7, name="D4")
    pp.create_load(net, lv[2], 0.4, 0.1, name="D5")
    pp.create_motor(net, mv[2], 0.1, 0.85, efficiency_percent=92, loading_percent=70, scaling=0.9, name="M")
    pp.create_sgen(net, mv[2], 1.5, -0.2, scaling=0.8, name="PV")
    pp.create_storage(net, mv[1], 0.4, 1.0, q_mvar=0.1, name="BAT")
    pp.create_shunt(net, mv[3], -1.2, p_mw=0.01, vn_kv=21.0, step=2, name="CAP")
    pp.create_ward(net, mv[2], 0.1, 0.05, 0.2, 0.1, name="WARD")
    pp.create_asymmetric_load(net, mv[1], 0.1, 0.2, 0.3, 0.01, 0.02, 0.03, name="ASYM")
    pp.create_asymmetric_sgen(net, mv[1], 0.1, 0.05, 0.02, 0.0, 0.0, 0.01, name="ASYMG")
    return net


if __name__ == "__main__":
    pp.to_json(build(), sys.argv[1])
