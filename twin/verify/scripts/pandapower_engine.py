"""Run pandapower on a neutral power job, on a pandapower file, or write out a SimBench grid.

Stands alone: it imports nothing of the package it is shipped with and talks by JSON files.

    python pandapower_engine.py solve JOB RESULT       # a job as exported from a city
    python pandapower_engine.py run FILE RESULT        # a pandapower JSON file as it is
    python pandapower_engine.py simbench CODE FILE     # write a SimBench grid as pandapower JSON

Several commands may follow one another (loading the engine takes seconds). Exit code 0 when all results
were written, 3 with one line on standard error when the engine failed. Options of the power flow:
Newton-Raphson, T model of transformers, voltage angles, the mismatch below 1e-10 MVA (1e-8 where rounding
forbids that; the result says which).
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

TOLERANCES_MVA = (1e-10, 1e-8)
Row = Mapping[str, Any]


class Build:
    """A pandapower network made from a job, with the ids that its rows stand for."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.pp: Any = import_module("pandapower")
        self.net = self.pp.create_empty_network(f_hz=job["f_hz"])
        self.ids: dict[str, list[str]] = {}
        self.buses: dict[str, int] = {}
        makers: dict[str, tuple[str, Callable[[Row], Any]]] = {
            "buses": ("bus", self._bus),
            "lines": ("line", self._line),
            "transformers": ("trafo", self._transformer),
            "impedances": ("impedance", self._impedance),
            "switches": ("switch", self._switch),
            "loads": ("load", self._load),
            "motors": ("motor", self._motor),
            "feeds": ("sgen", self._feed),
            "shunts": ("shunt", self._shunt),
            "sources": ("ext_grid", self._source),
        }
        for section, (element, maker) in makers.items():
            for row in job[section]:
                maker(row)
            self.ids[element] = [row["id"] for row in job[section]]
        if job["transformers"]:
            self._leakage(job["transformers"])

    def _ends(self, row: Row) -> tuple[int, int]:
        return self.buses[row["start"]], self.buses[row["end"]]

    def _bus(self, row: Row) -> None:
        self.buses[row["id"]] = self.pp.create_bus(self.net, row["vn_kv"], in_service=row["in_service"])

    def _line(self, row: Row) -> None:
        columns = {key: row[key] for key in ("length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km")}
        self.pp.create_line_from_parameters(
            self.net,
            *self._ends(row),
            **columns,
            g_us_per_km=row["g_us_per_km"],
            max_i_ka=row["max_i_ka"] or math.inf,
            parallel=row["parallel"],
            df=row["derating"],
            in_service=row["in_service"],
        )

    def _transformer(self, row: Row) -> None:
        start, end = self._ends(row)
        same = ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vkr_percent", "pfe_kw", "i0_percent", "shift_degree")
        taps = ("tap_neutral", "tap_pos", "tap_step_percent", "tap_step_degree", "parallel", "in_service")
        kinds = {"ratio": "Ratio", "ideal": "Ideal", "none": None}
        self.pp.create_transformer_from_parameters(
            self.net,
            start,
            end,
            **{key: row[key] for key in (*same, *taps)},
            vk_percent=row["vk_percent"] or 1e-4,
            tap_side={"start": "hv", "end": "lv"}[row["tap_side"]],
            tap_changer_type=kinds[row["tap_changer"]],
            df=row["derating"],
        )

    def _leakage(self, rows: Sequence[Row]) -> None:
        self.net.trafo["leakage_resistance_ratio_hv"] = [row["leak_r_start"] for row in rows]
        self.net.trafo["leakage_reactance_ratio_hv"] = [row["leak_x_start"] for row in rows]

    def _impedance(self, row: Row) -> None:
        self.pp.create_impedance(
            self.net,
            *self._ends(row),
            rft_pu=row["r_pu"],
            xft_pu=row["x_pu"],
            sn_mva=row["sn_mva"],
            gf_pu=row["g_start_pu"],
            bf_pu=row["b_start_pu"],
            gt_pu=row["g_end_pu"],
            bt_pu=row["b_end_pu"],
            in_service=row["in_service"],
        )

    def _switch(self, row: Row) -> None:
        start, end = self._ends(row)
        self.pp.create_switch(self.net, start, end, et="b", closed=row["in_service"], z_ohm=row["z_ohm"])

    def _load(self, row: Row) -> None:
        parts = {key: row[key] for key in row if key.startswith("const_")}
        self.pp.create_load(self.net, **self._drawn(row), **parts)

    def _drawn(self, row: Row) -> dict[str, Any]:
        same = {key: row[key] for key in ("p_mw", "scaling", "in_service")}
        return {**same, "q_mvar": row["q_mvar"] or 0.0, "bus": self.buses[row["node"]]}

    def _motor(self, row: Row) -> None:
        same = ("pn_mech_mw", "loading_percent", "cos_phi", "efficiency_percent", "scaling", "in_service")
        self.pp.create_motor(self.net, self.buses[row["node"]], **{key: row[key] for key in same})

    def _feed(self, row: Row) -> None:
        self.pp.create_sgen(self.net, **self._drawn(row))

    def _shunt(self, row: Row) -> None:
        same = {key: row[key] for key in ("q_mvar", "p_mw", "in_service")}
        bus = self.buses[row["node"]]
        rated = row["vn_kv"] or float(self.net.bus.vn_kv[bus])
        self.pp.create_shunt(self.net, bus, **same, vn_kv=rated)
        self.net.shunt["step"] = self.net.shunt["step"].astype(float)
        self.net.shunt.loc[self.net.shunt.index[-1], "step"] = row["step"]

    def _source(self, row: Row) -> None:
        held = {key: row[key] for key in ("vm_pu", "va_degree", "in_service")}
        self.pp.create_ext_grid(self.net, self.buses[row["node"]], **held)


def solve(job_path: str, result_path: Path) -> None:
    """Build the job's network, run it and write its results by component id, in SI units."""
    build = Build(json.loads(Path(job_path).read_text(encoding="utf-8")))
    tolerance = run_power_flow(build.net)
    net = build.net
    nodes = {
        "id": build.ids["bus"],
        "voltage_pu": net.res_bus.vm_pu,
        "voltage_angle_rad": net.res_bus.va_degree,
    }
    nodes["voltage_angle_rad"] = [math.radians(value) for value in net.res_bus.va_degree]
    links: dict[str, list[Any]] = {}
    for element, start, end in (("line", "from", "to"), ("trafo", "hv", "lv"), ("impedance", "from", "to")):
        result = net[f"res_{element}"]
        add(links, "id", build.ids[element])
        for column, name, factor in (
            ("p_from_w", f"p_{start}_mw", 1e6),
            ("q_from_var", f"q_{start}_mvar", 1e6),
            ("p_to_w", f"p_{end}_mw", 1e6),
            ("q_to_var", f"q_{end}_mvar", 1e6),
            ("loading", "loading_percent", 0.01),
        ):
            values = result[name] if name in result else [None] * len(result)
            add(links, column, [value if value is None else value * factor for value in values])
    devices: dict[str, list[Any]] = {}
    for element in ("load", "motor", "sgen", "shunt", "ext_grid"):
        result = net[f"res_{element}"]
        add(devices, "id", build.ids[element])
        add(devices, "p_w", [value * 1e6 for value in result.p_mw])
        add(devices, "q_var", [value * 1e6 for value in result.q_mvar])
    write(result_path, {"tolerance_mva": tolerance, "nodes": nodes, "links": links, "devices": devices})


def add(table: dict[str, list[Any]], column: str, values: Sequence[Any]) -> None:
    """Append values to a column."""
    table.setdefault(column, []).extend(values)


def run_file(file: str, result_path: Path) -> None:
    """Run a pandapower file as it is and write its result tables by element, index and column."""
    pandapower: Any = import_module("pandapower")
    net = pandapower.from_json(file)
    tolerance = run_power_flow(net)
    results: dict[str, Any] = {"tolerance_mva": tolerance}
    for element in (
        "bus",
        "line",
        "trafo",
        "trafo3w",
        "impedance",
        "load",
        "motor",
        "sgen",
        "shunt",
        "ext_grid",
    ):
        table = net[f"res_{element}"]
        named = {"index": list(net[element].index), "name": list(net[element]["name"])}
        results[element] = named | {str(column): list(table[column]) for column in table.columns}
    write(result_path, results)


def run_power_flow(net: Any) -> float:
    """Run the power flow in place and return the tolerance (MVA) that it reached.

    Missing parts of voltage-dependent loads count as 0: pandapower would sum them up to no number.
    """
    pandapower: Any = import_module("pandapower")
    for column in net.load.columns:
        if column.startswith("const_"):
            net.load[column] = net.load[column].fillna(0.0)
    for tolerance in TOLERANCES_MVA:
        try:
            pandapower.runpp(
                net,
                algorithm="nr",
                calculate_voltage_angles=True,
                trafo_model="t",
                init="dc",
                max_iteration=50,
                tolerance_mva=tolerance,
                numba=False,
            )
        except pandapower.LoadflowNotConverged:
            continue
        return tolerance
    raise RuntimeError("the power flow did not converge")


def simbench(code: str, file: Path) -> None:
    """Write the SimBench grid `code` as pandapower JSON, without its time series."""
    library: Any = import_module("simbench")
    net = library.get_simbench_net(code)
    del net["profiles"]
    import_module("pandapower").to_json(net, str(file))


def write(path: Path, results: Mapping[str, Any]) -> None:
    """Write results as JSON; what is no number becomes null."""
    engine = {"engine": "pandapower", "version": version("pandapower")}
    path.write_text(json.dumps(plain(engine | dict(results))), encoding="utf-8")


def plain(value: Any) -> Any:
    """Nested values with NumPy numbers as Python's and NaN as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None:
        return value
    if hasattr(value, "__iter__"):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says, one command after the other."""
    warnings.filterwarnings("ignore")
    commands: dict[str, Callable[[str, Path], None]] = {"solve": solve, "run": run_file, "simbench": simbench}
    steps = [arguments[place : place + 3] for place in range(0, len(arguments), 3)]
    if not steps or len(steps[-1]) < 3 or any(step[0] not in commands for step in steps):
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        for command, given, path in steps:
            commands[command](given, Path(path))
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
