"""A power network from a pandapower JSON file (dialects 2 and 3), and what of it is not simulated.

Ids are pandapower's names where these are unique, else `<element>_<index>`. A switch at a line or a
transformer becomes a switch between the bus and a `terminal` node that the line or transformer then ends
at; a three-winding transformer becomes three `winding` links that meet in a `star` node (their
short-circuit voltages are the star equivalent of the three pairs); a ward becomes a load and a shunt.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from twin.errors import DatasetError
from twin.lifelines.power.declaration import DECLARATION
from twin.lifelines.power.pandapower_elements import (
    DEVICES,
    LINE,
    NO_OPERATION,
    NOT_SIMULATED,
    TRANSFORMER,
    Columns,
)
from twin.lifelines.power.pandapower_frames import PandapowerFile, read_frames
from twin.lifelines.power.three_windings import SIDES, star_windings
from twin.model.finding import Finding, Severity, errors
from twin.model.network import Network
from twin.model.table import Table
from twin.text import Message, _

Row = dict[str, Any]
BRANCHES = {"l": "line", "t": "trafo", "t3": "trafo3w"}


def read_pandapower(path: Path) -> tuple[Network, list[Finding]]:
    """The network in a pandapower JSON file and its findings (all warnings).

    Raises `DatasetError` with every finding where the file cannot be read or its values make no network.
    """
    reader = _Reader(read_frames(Path(path)))
    tables = {"nodes": reader.nodes, "links": reader.links, "devices": reader.devices}
    built = {}
    for name, rows in tables.items():
        schema = DECLARATION.schemas[name]
        raw = {column: [row.get(column) for row in rows] for column in schema.names}
        built[name], found = Table.build(schema, raw, f"{path} ({name})")
        reader.findings += found
    if errors(reader.findings):
        raise DatasetError(_("{path} cannot be used", path=str(path)), tuple(reader.findings))
    return Network("power", built), reader.findings


class _Reader:
    """Rows of the three tables, filled element by element."""

    def __init__(self, file: PandapowerFile) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.nodes: list[Row] = []
        self.links: list[Row] = []
        self.devices: list[Row] = []
        self.node_ids = _ids(file, ("bus", "trafo3w"))
        self.link_ids = _ids(file, (*BRANCHES.values(), "impedance", "switch"))
        self.device_ids = _ids(file, (*DEVICES, *_SUMMED, *_WARDS))
        self._node: dict[str, Row] = {}
        self._branch: dict[tuple[str, int], list[Row]] = {}
        self._buses()
        self._lines()
        self._transformers()
        self._three_windings()
        self._impedances()
        self._switches()
        self._plain_devices()
        self._summed_devices()
        self._wards()
        self._left_out()

    def report(
        self,
        rule: str,
        table: str,
        problem: Message,
        remedy: Message,
        ids: Iterable[str] = (),
        severity: Severity = Severity.WARNING,
    ) -> None:
        """Add a finding about an element table of the file, unless `ids` is an empty list."""
        named = tuple(ids)
        if named:
            file = f"{self.file.path} ({table})"
            self.findings.append(Finding(rule, severity, file, problem, remedy, ids=named))

    def _bus(self, index: Any, element: str, name: str) -> str:
        known = self.node_ids.get(("bus", index), "")
        if not known:
            problem = _("stands at bus {bus}, which the file does not have", bus=str(index)[:40])
            remedy = _("correct the bus or remove the row")
            self.report("pandapower.dangling", element, problem, remedy, (name,), Severity.ERROR)
        return known

    def _add_node(self, node: Row) -> None:
        self.nodes.append(node)
        self._node[node["id"]] = node

    def _buses(self) -> None:
        points = _coordinates(self.file)
        for row in self.file["bus"].rows():
            x, y = points.get(row["index"], (None, None))
            self._add_node(
                {
                    "id": self.node_ids["bus", row["index"]],
                    "kind": "bus",
                    "name": row.get("name"),
                    "x": x,
                    "y": y,
                    "vn_kv": row.get("vn_kv"),
                    "in_service": _given(row, "in_service", True),
                    "zone": row.get("zone"),
                }
            )

    def _link(self, element: str, row: Row, kind: str, start: str, end: str, columns: Columns) -> Row:
        name = self.link_ids[element, row["index"]]
        link = {"id": name, "kind": kind, "name": row.get("name")}
        link |= {
            "start": self._bus(row.get(start), element, name),
            "end": self._bus(row.get(end), element, name),
        }
        link |= {ours: _given(row, theirs, default) for ours, (theirs, default) in columns.items()}
        self._branch[element, row["index"]] = [link]
        self.links.append(link)
        return link

    def _lines(self) -> None:
        for row in self.file["line"].rows():
            link = self._link("line", row, "line", "from_bus", "to_bus", LINE)
            link["f_hz"] = self.file.f_hz
            if not link["max_i_ka"]:
                link["max_i_ka"] = None

    def _transformers(self) -> None:
        for row in self.file["trafo"].rows():
            link = self._link("trafo", row, "transformer", "hv_bus", "lv_bus", TRANSFORMER)
            link["tap_changer"] = _tap_changer(row)
            link["tap_side"] = "end" if row.get("tap_side") == "lv" else "start"
            link["tap_pos"] = _given(row, "tap_pos", link["tap_neutral"])
        self._tap_findings("trafo")
        self._tap_findings("trafo3w")

    def _tap_findings(self, element: str) -> None:
        rows = self.file[element].rows()
        names = {row["index"]: self.link_ids[element, row["index"]] for row in rows}
        tabled = [
            row for row in rows if row.get("tap_dependency_table") or row.get("tap_dependent_impedance")
        ]
        tabled += [row for row in rows if row.get("tap_changer_type") == "Tabular" and row not in tabled]
        problem = _("has a tap changer given as a table, which is not simulated: its tap has no effect")
        remedy = _("give tap_step_percent instead")
        self.report("power.tap-table", element, problem, remedy, [names[row["index"]] for row in tabled])
        second = [row for row in rows if _given(row, "tap2_pos", 0) != _given(row, "tap2_neutral", 0)]
        problem = _("has a second tap changer off its neutral position, which is not simulated")
        remedy = _("put its effect into the first one")
        self.report("power.second-tap", element, problem, remedy, [names[row["index"]] for row in second])

    def _three_windings(self) -> None:
        for row in self.file["trafo3w"].rows():
            star = self.node_ids["trafo3w", row["index"]]
            unit = self.link_ids["trafo3w", row["index"]]
            try:
                windings = star_windings(row)
            except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
                problem = _("has no usable ratings ({reason})", reason=str(error)[:80])
                remedy = _("give sn, vn, vk and vkr of all three windings")
                self.report("pandapower.trafo3w", "trafo3w", problem, remedy, (unit,), Severity.ERROR)
                continue
            near = self._node.get(self._bus(row.get("hv_bus"), "trafo3w", unit), {})
            place = {key: near.get(key) for key in ("x", "y", "zone")}
            self._add_node(
                {**place, "id": star, "kind": "star", "name": row.get("name"), "vn_kv": row["vn_hv_kv"]}
            )
            for side, winding in zip(SIDES, windings, strict=True):
                bus = self._bus(row.get(f"{side}_bus"), "trafo3w", unit)
                start, end = (bus, star) if side == "hv" else (star, bus)
                ends = {"id": f"{unit}-{side}", "kind": "winding", "start": start, "end": end, "unit": unit}
                link = {**winding, **ends, "name": row.get("name"), "tap_changer": _tap_changer(row)}
                self._branch.setdefault(("trafo3w", row["index"]), []).append(link)
                self.links.append(link)

    def _impedances(self) -> None:
        uneven = []
        for row in self.file["impedance"].rows():
            link = self._link(
                "impedance", row, "impedance", "from_bus", "to_bus", {"closed": ("in_service", True)}
            )
            link["sn_mva"] = row.get("sn_mva")
            for part in "rx":
                there, back = _number(row, f"{part}ft_pu"), _number(row, f"{part}tf_pu")
                link[f"{part}_pu"] = (there + back) / 2
                if there != back and link["id"] not in uneven:
                    uneven.append(link["id"])
            for part in "gb":
                link[f"{part}_start_pu"] = _given(row, f"{part}f_pu", 0.0)
                link[f"{part}_end_pu"] = _given(row, f"{part}t_pu", 0.0)
        problem = _("differs between the two directions; the mean is simulated")
        self.report("power.uneven-impedance", "impedance", problem, _("give one value"), uneven)

    def _switches(self) -> None:
        for row in self.file["switch"].rows():
            name = self.link_ids["switch", row["index"]]
            bus = self._bus(row.get("bus"), "switch", name)
            link = {"id": name, "kind": "switch", "name": row.get("name"), "start": bus}
            link |= {"closed": _given(row, "closed", True), "model": row.get("type")}
            link |= {"z_ohm": _given(row, "z_ohm", 0.0), "max_i_ka": row.get("in_ka") or None}
            if row.get("et") == "b":
                link["end"] = self._bus(row.get("element"), "switch", name)
            else:
                link["z_ohm"] = 0.0
                self._behind_switch(row, link, bus)
            self.links.append(link)

    def _behind_switch(self, row: Row, link: Row, bus: str) -> None:
        """Put a terminal between the bus and the branch that the switch stands at."""
        element = BRANCHES.get(str(row.get("et")), "")
        branches = self._branch.get((element, row.get("element", -1)), [])
        ends = [
            (branch, end) for branch in branches for end in ("start", "end") if _origin(branch, end) == bus
        ]
        if not bus or not ends:
            problem = _("stands at no end of the line or transformer it names")
            remedy = _("correct its bus and element")
            self.report("pandapower.switch", "switch", problem, remedy, (link["id"],), Severity.ERROR)
            link["end"] = bus
            return
        branch, end = ends[0]
        terminal = {**self._node[bus], "id": f"{branch['id']}@{bus}", "kind": "terminal", "in_service": True}
        while terminal["id"] in self._node:
            terminal["id"] += "'"
        self._add_node(terminal)
        link["start"], link["end"] = branch[end], terminal["id"]
        branch.setdefault("origin", {}).setdefault(end, bus)
        branch[end] = terminal["id"]

    def _device(self, element: str, row: Row, kind: str, columns: Columns) -> Row:
        name = self.device_ids[element, row["index"]]
        device = {"id": name, "kind": kind, "name": row.get("name")}
        device |= {"node": self._bus(row.get("bus"), element, name)}
        device |= {"in_service": _given(row, "in_service", True)}
        device |= {ours: _given(row, theirs, default) for ours, (theirs, default) in columns.items()}
        self.devices.append(device)
        return device

    def _plain_devices(self) -> None:
        for element, (kind, columns) in DEVICES.items():
            for row in self.file[element].rows():
                device = self._device(element, row, kind, columns)
                if element == "load":
                    device |= _voltage_dependence(row)

    def _summed_devices(self) -> None:
        for element, kind in _SUMMED.items():
            rows = self.file[element].rows()
            for row in rows:
                device = self._device(element, row, kind, {"scaling": ("scaling", 1.0)})
                for part in ("p_{}_mw", "q_{}_mvar"):
                    device[part.replace("_{}", "")] = sum(_number(row, part.format(phase)) for phase in "abc")
            problem = _("is unbalanced; the sum of its phases is simulated as a balanced one")
            named = [self.device_ids[element, row["index"]] for row in rows]
            self.report("power.unbalanced", element, problem, _("check that this is what you want"), named)

    def _wards(self) -> None:
        for element in _WARDS:
            for row in self.file[element].rows():
                self._device(element, row, "load", {"p_mw": ("ps_mw", 0.0), "q_mvar": ("qs_mvar", 0.0)})
                columns = {"p_mw": ("pz_mw", 0.0), "q_mvar": ("qz_mvar", 0.0)}
                shunt = self._device(element, row, "shunt", columns)
                shunt["id"] += "-z"
        problem = _("is simulated without its inner voltage source")
        named = [self.device_ids["xward", index] for index in self.file["xward"].index]
        self.report("power.xward", "xward", problem, _("give a generator instead"), named)

    def _left_out(self) -> None:
        for element, frame in self.file.frames.items():
            names = [f"{element}_{index}" for index in frame.index]
            if element in NOT_SIMULATED:
                problem = _("is not simulated")
                self.report("power.not-simulated", element, problem, _("put its effect into loads"), names)
            elif not _known(element):
                problem = _("is no table of a power flow and was left out")
                self.report("power.unknown-table", element, problem, _("check that nothing is lost"), names)
        if self.file.has_profiles:
            problem = _("holds time series of loads and generators; the constant values are simulated")
            remedy = _("scale loads in a scenario instead")
            self.report("power.profiles", "profiles", problem, remedy, ("profiles",))


_SUMMED = {"asymmetric_load": "load", "asymmetric_sgen": "static_generator"}
_WARDS = ("ward", "xward")


def _known(element: str) -> bool:
    ours = {"bus", *BRANCHES.values(), "impedance", "switch", *DEVICES, *_SUMMED, *_WARDS}
    return element in ours | NO_OPERATION or element.startswith(("res_", "_")) or element.endswith("geodata")


def _origin(branch: Row, end: str) -> str:
    """The bus that this end of a branch stood at before switches were put between."""
    origin: Mapping[str, str] = branch.get("origin", {})
    return origin.get(end, branch[end])


def _given(row: Mapping[str, Any], name: str, default: Any) -> Any:
    value = row.get(name)
    return default if value is None else value


def _number(row: Mapping[str, Any], name: str) -> float:
    """A number, 0 where it is missing and NaN (which the table refuses) where it is something else."""
    value = _given(row, name, 0.0)
    return float(value) if isinstance(value, int | float) else math.nan


def _ids(file: PandapowerFile, elements: Iterable[str]) -> dict[tuple[str, int], str]:
    """Ids that are unique over these elements together, by (element, index)."""
    wishes = {
        (element, index): str(name).strip().replace("/", "_")
        for element in elements
        for index, name in zip(file[element].index, file[element].column("name", ""), strict=True)
    }
    counts = Counter(wishes.values())
    result: dict[tuple[str, int], str] = {}
    for key, wish in wishes.items():
        name = wish if wish and counts[wish] == 1 else f"{key[0]}_{key[1]}"
        while name != wish and counts[name]:
            name += "_"
        result[key] = name
    return result


def _coordinates(file: PandapowerFile) -> dict[int, tuple[Any, Any]]:
    """Coordinates of buses by index: GeoJSON texts (dialect 3) or the table of coordinates (dialect 2)."""
    points = {}
    for row in file["bus_geodata"].rows():
        points[row["index"]] = (row.get("x"), row.get("y"))
    for index, text in zip(file["bus"].index, file["bus"].column("geo"), strict=True):
        try:
            x, y = json.loads(text)["coordinates"][:2]
        except (TypeError, ValueError, KeyError, RecursionError):
            continue
        points[index] = (x, y)
    return points


def _tap_changer(row: Mapping[str, Any]) -> str:
    if row.get("tap_pos") is None or row.get("tap_dependency_table"):
        return "none"
    if "tap_changer_type" in row:
        names = {"Ratio": "ratio", "Symmetrical": "ratio", "Ideal": "ideal"}
        return names.get(str(row["tap_changer_type"]), "none")
    return "ideal" if row.get("tap_phase_shifter") else "ratio"


def _voltage_dependence(row: Mapping[str, Any]) -> dict[str, float]:
    """Percentages of the ZIP model; dialect 2 has one pair for active and reactive power."""
    return {
        f"const_{law}_{part}_percent": _given(
            row, f"const_{law}_{part}_percent", _given(row, f"const_{law}_percent", 0.0)
        )
        for law in "zi"
        for part in "pq"
    }
