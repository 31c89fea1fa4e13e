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
LEAST_VK_PERCENT = 1e-4
Columns = dict[str, list[Any]]


class Build:
    """A pandapower network made from a job, with the ids that its rows stand for."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.pp: Any = import_module("pandapower")
        self.net = self.pp.create_empty_network(f_hz=job["f_hz"])
        self.ids: dict[str, list[str]] = {}
        self.buses: dict[str, int] = {}
        makers: dict[str, tuple[str, Callable[[Columns], None]]] = {
            "buses": ("bus", self._buses),
            "lines": ("line", self._lines),
            "transformers": ("trafo", self._transformers),
            "impedances": ("impedance", self._impedances),
            "switches": ("switch", self._switches),
            "loads": ("load", self._loads),
            "motors": ("motor", self._motors),
            "feeds": ("sgen", self._feeds),
            "shunts": ("shunt", self._shunts),
            "sources": ("ext_grid", self._sources),
        }
        for section, (element, maker) in makers.items():
            columns = by_column(job[section])
            self.ids[element] = columns.get("id", [])
            if columns:
                maker(columns)

    def _ends(self, columns: Columns) -> tuple[list[int], list[int]]:
        start, end = ([self.buses[name] for name in columns[side]] for side in ("start", "end"))
        return start, end

    def _nodes(self, columns: Columns) -> list[int]:
        return [self.buses[name] for name in columns["node"]]

    def _buses(self, columns: Columns) -> None:
        made = self.pp.create_buses(self.net, len(columns["id"]), **chosen(columns, "vn_kv", "in_service"))
        self.buses = dict(zip(columns["id"], map(int, made), strict=True))

    def _lines(self, columns: Columns) -> None:
        same = ("length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "g_us_per_km", "parallel")
        self.pp.create_lines_from_parameters(
            self.net,
            *self._ends(columns),
            **chosen(columns, *same, "in_service"),
            max_i_ka=[rating or math.inf for rating in columns["max_i_ka"]],
            df=columns["derating"],
        )

    def _transformers(self, columns: Columns) -> None:
        same = ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vkr_percent", "pfe_kw", "i0_percent", "shift_degree")
        taps = ("tap_neutral", "tap_pos", "tap_step_percent", "tap_step_degree", "parallel", "in_service")
        kinds = {"ratio": "Ratio", "ideal": "Ideal", "none": None}
        self.pp.create_transformers_from_parameters(
            self.net,
            *self._ends(columns),
            **chosen(columns, *same, *taps),
            vk_percent=[value or LEAST_VK_PERCENT for value in columns["vk_percent"]],
            tap_side=[{"start": "hv", "end": "lv"}[side] for side in columns["tap_side"]],
            tap_changer_type=[kinds[kind] for kind in columns["tap_changer"]],
            df=columns["derating"],
        )
        self.net.trafo["leakage_resistance_ratio_hv"] = columns["leak_r_start"]
        self.net.trafo["leakage_reactance_ratio_hv"] = columns["leak_x_start"]

    def _impedances(self, columns: Columns) -> None:
        self.pp.create_impedances(
            self.net,
            *self._ends(columns),
            rft_pu=columns["r_pu"],
            xft_pu=columns["x_pu"],
            gf_pu=columns["g_start_pu"],
            bf_pu=columns["b_start_pu"],
            gt_pu=columns["g_end_pu"],
            bt_pu=columns["b_end_pu"],
            **chosen(columns, "sn_mva", "in_service"),
        )

    def _switches(self, columns: Columns) -> None:
        ends = self._ends(columns)
        self.pp.create_switches(self.net, *ends, et="b", closed=columns["in_service"], z_ohm=columns["z_ohm"])

    def _loads(self, columns: Columns) -> None:
        parts = {key: [value or 0.0 for value in columns[key]] for key in columns if key.startswith("const_")}
        drawn = chosen(columns, "p_mw", "q_mvar", "scaling", "in_service")
        self.pp.create_loads(self.net, self._nodes(columns), **drawn, **parts)

    def _motors(self, columns: Columns) -> None:
        same = ("pn_mech_mw", "loading_percent", "cos_phi", "efficiency_percent", "scaling", "in_service")
        for row, bus in enumerate(self._nodes(columns)):
            self.pp.create_motor(self.net, bus, **{key: columns[key][row] for key in same})

    def _feeds(self, columns: Columns) -> None:
        reactive = [value or 0.0 for value in columns["q_mvar"]]
        active = chosen(columns, "p_mw", "scaling", "in_service")
        self.pp.create_sgens(self.net, self._nodes(columns), q_mvar=reactive, **active)

    def _shunts(self, columns: Columns) -> None:
        buses = self._nodes(columns)
        rated = [value or self.net.bus.vn_kv[bus] for value, bus in zip(columns["vn_kv"], buses, strict=True)]
        same = chosen(columns, "q_mvar", "p_mw", "in_service")
        self.pp.create_shunts(self.net, buses, **same, vn_kv=rated)
        self.net.shunt["step"] = columns["step"]

    def _sources(self, columns: Columns) -> None:
        for row, bus in enumerate(self._nodes(columns)):
            held = {key: columns[key][row] for key in ("vm_pu", "va_degree", "in_service")}
            self.pp.create_ext_grid(self.net, bus, **held)


def by_column(rows: Sequence[Mapping[str, Any]]) -> Columns:
    """Rows as columns; a value that some rows lack is None there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def chosen(columns: Columns, *names: str) -> Columns:
    """Some of the columns."""
    return {name: columns[name] for name in names}


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
