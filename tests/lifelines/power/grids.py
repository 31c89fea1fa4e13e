"""Small power networks made of rows, and pandapower files made of rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.lifelines.power.binding import PowerModel, bind
from twin.lifelines.power.declaration import DECLARATION
from twin.model.city import Manifest
from twin.model.network import Network
from twin.model.state import State
from twin.model.table import Table

Rows = Sequence[Mapping[str, Any]]


def network(nodes: Rows, links: Rows, devices: Rows) -> Network:
    """A network of rows; columns left out take their defaults."""
    tables = {}
    for name, rows in {"nodes": nodes, "links": links, "devices": devices}.items():
        schema = DECLARATION.schemas[name]
        raw = {column: [row.get(column) for row in rows] for column in schema.names}
        tables[name], findings = Table.build(schema, raw, name)
        assert not findings, [str(finding) for finding in findings]
    return Network("power", tables)


def bus(name: str, vn_kv: float = 10, **more: Any) -> dict[str, Any]:
    return {"id": name, "vn_kv": vn_kv, **more}


def line(name: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    given = {"id": name, "kind": "line", "start": start, "end": end, "length_km": 1}
    return {**given, "r_ohm_per_km": 0.3, "x_ohm_per_km": 0.3, "max_i_ka": 0.2, **more}


def switch(name: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "switch", "start": start, "end": end, **more}


def device(name: str, kind: str, node: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "node": node, **more}


def ring(*, load_mw: float = 2.0, **line_columns: Any) -> Network:
    """A source, two loads on a ring of three lines; L3 closes it behind a switch that is open."""
    return network(
        [bus("A"), bus("B"), bus("C"), bus("T")],
        [
            line("L1", "A", "B", **line_columns),
            line("L2", "A", "C", **line_columns),
            line("L3", "B", "T", **line_columns),
            switch("S", "T", "C", closed=False),
        ],
        [
            device("G", "external_grid", "A"),
            device("D1", "load", "B", p_mw=load_mw, q_mvar=0.5),
            device("D2", "load", "C", p_mw=load_mw, q_mvar=0.5),
        ],
    )


class Play:
    """A bound network and its state, written by component name."""

    def __init__(self, given: Network, *, protection: bool = True) -> None:
        self.network = given
        self.model: PowerModel = bind(given, Manifest("play", protection=protection))
        self.state = State({"power": given}, {"power": DECLARATION.state})

    def write(self, name: str, column: str, value: float | bool = True) -> None:
        self.state.write(self.network.refs[f"power/{name}"], column, value)

    def solve(self):
        return self.model.solve(self.state, 0.0)

    def row(self, name: str) -> int:
        return self.network.refs[f"power/{name}"].row

    def value(self, solution, name: str, column: str) -> float:
        ref = self.network.refs[f"power/{name}"]
        return float(solution.tables[ref.table][column][ref.row])


def frame(rows: Rows) -> dict[str, Any]:
    """A DataFrame as pandapower writes it."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    data = {
        "columns": names,
        "index": list(range(len(rows))),
        "data": [[row.get(n) for n in names] for row in rows],
    }
    head = {"_module": "pandas.core.frame", "_class": "DataFrame", "orient": "split"}
    return {**head, "_object": json.dumps(data)}


def write_file(path: Path, **tables: Any) -> Path:
    """A pandapower file of the given tables (rows) and other members."""
    content = {"f_hz": 50.0, **{name: frame(v) if isinstance(v, list) else v for name, v in tables.items()}}
    outer = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": content}
    path.write_text(json.dumps(outer), encoding="utf-8")
    return path


BUSES = [{"name": "B0", "vn_kv": 110.0}, {"name": "B1", "vn_kv": 10.0}, {"name": "B2", "vn_kv": 10.0}]
TRAFO = {
    "name": "T",
    "hv_bus": 0,
    "lv_bus": 1,
    "sn_mva": 25.0,
    "vn_hv_kv": 110.0,
    "vn_lv_kv": 10.0,
    "vk_percent": 12.0,
    "vkr_percent": 0.4,
    "pfe_kw": 14.0,
    "i0_percent": 0.07,
    "shift_degree": 150.0,
    "tap_side": "hv",
    "tap_neutral": 0,
    "tap_pos": -2,
    "tap_step_percent": 1.5,
}
LINE = {
    "name": "L",
    "from_bus": 1,
    "to_bus": 2,
    "length_km": 2.0,
    "r_ohm_per_km": 0.1,
    "x_ohm_per_km": 0.1,
    "c_nf_per_km": 200.0,
    "max_i_ka": 0.3,
    "in_service": True,
}
SMALL: dict[str, Any] = {
    "bus": BUSES,
    "trafo": [TRAFO],
    "line": [LINE],
    "load": [{"name": "D", "bus": 2, "p_mw": 1.0, "q_mvar": 0.2, "const_z_percent": 30.0}],
    "ext_grid": [{"name": "G", "bus": 0, "vm_pu": 1.02}],
    "switch": [{"name": "S", "bus": 1, "element": 0, "et": "l", "closed": True}],
}
