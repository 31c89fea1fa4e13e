"""A made-up test-bed in InfraRisk's layout: one pump and motor, two pipes, a triangle of roads."""

from __future__ import annotations

import json
from pathlib import Path

INP = """[JUNCTIONS]
W_J1 10 5
W_J2 20 50
[RESERVOIRS]
W_R1 15
[TANKS]
W_T1 60 5 0 10 20 0
[PIPES]
W_P1 W_J1 W_J2 1000 200 100 0 Open
W_PMA2 W_J2 W_T1 500 300 100 0 Open
[PUMPS]
W_WP1 W_R1 W_J1 HEAD C1
[CURVES]
C1 60 60
[RULES]
RULE R1
IF TANK W_T1 LEVEL ABOVE 9
THEN PUMP W_WP1 STATUS IS CLOSED
[OPTIONS]
Units LPS
Headloss H-W
[COORDINATES]
W_J1 0 0
W_J2 100 0
W_R1 -10 0
W_T1 100 80
[END]
"""
NET = """<NUMBER OF NODES> 3
<FIRST THRU NODE> T_J1
<NUMBER OF LINKS> 3
<END OF METADATA>
~ start end capacity length time b power speed toll type id ;
T_J1 T_J2 1000 0 4 0.15 4 0 0 1 T_L1 ;
T_J2 T_J8 1000 0 3 0.15 4 0 0 1 T_L2 ;
T_J8 T_J1 1000 0 2 0.15 4 0 0 1 T_L3 ;
"""
NODE = "Node\tX\tY\t;\nT_J1\t0\t10\t;\nT_J2\t100\t10\t;\nT_J8\t50\t90\t;\n"
TRIPS = "<TOTAL OD FLOW> 20\n<END OF METADATA>\nOrigin T_J1\nT_J2 : 20;\n"
DISRUPTION = "time_stamp,components,fail_perc\n6000,W_P1,50\n6000,W_WP1,10\n6000,T_L2,50\n6000,P_L1,25\n"


def frame(columns: list[str], *rows: list[object]) -> dict[str, object]:
    """A pandapower table as its JSON files hold it."""
    data = {"columns": columns, "index": list(range(len(rows))), "data": list(rows)}
    return {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": json.dumps(data),
        "orient": "split",
    }


def power() -> str:
    """Two buses, a line, an external grid, a load and a motor."""
    line = (
        "name std_type from_bus to_bus length_km r_ohm_per_km x_ohm_per_km c_nf_per_km g_us_per_km max_i_ka"
    )
    motor = "name bus pn_mech_mw loading_percent cos_phi efficiency_percent scaling in_service"
    tables = {
        "bus": frame(
            ["name", "vn_kv", "type", "zone", "in_service"],
            ["P_B1", 10.0, "b", None, True],
            ["P_B2", 10.0, "b", None, True],
        ),
        "bus_geodata": frame(["x", "y"], [0.0, 20.0], [100.0, 20.0]),
        "line": frame(
            [*line.split(), "df", "parallel", "in_service"],
            ["P_L1", "x", 0, 1, 1.0, 0.2, 0.1, 0.0, 0.0, 1.0, 1.0, 1, True],
        ),
        "ext_grid": frame(["name", "bus", "vm_pu", "va_degree", "in_service"], ["P_EG1", 0, 1.0, 0.0, True]),
        "load": frame(
            ["name", "bus", "p_mw", "q_mvar", "scaling", "in_service"], ["P_LO1", 1, 0.5, 0.1, 1.0, True]
        ),
        "motor": frame(motor.split(), ["P_MP1", 1, 0.1, 100.0, 0.8, 100.0, 1.0, True]),
        "version": "2.6.0",
        "f_hz": 50.0,
        "sn_mva": 1,
        "name": "made up",
    }
    return json.dumps({"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": tables})


def write_folder(folder: Path) -> Path:
    """Write the test-bed into `folder` and return it."""
    contents = {
        "water/water.inp": INP,
        "water/pipe_to_valve_map.csv": "pipe,V1,V2\nW_P1,W_PMA2,\nW_P1,W_PMA2,W_PV9\n",
        "power/power.json": power(),
        "transportation/transpo_net.tntp": NET,
        "transportation/transpo_node.tntp": NODE,
        "transportation/transpo_trips.tntp": TRIPS,
        "dependecies.csv": "water_id,power_id\nW_WP1,P_MP1\nW_R1,P_G3\n",
        "scenarios/test1/disruption_file.csv": DISRUPTION,
    }
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
