"""TNTP road files (net, node, trips, flow) as the road layer of a city.

The format is that of the Transportation Networks for Research collection: `<TAG> value` lines up to
`<END OF METADATA>`, `~` comments, rows that end in `;`. Numbers of a net row: start, end, capacity (veh/h),
length, free-flow time (min), B and power of the BPR law, speed limit, toll, type and, in InfraRisk's files,
an id. Packed files (`.gz`) are read as they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from twin.io.files import read_text, refuse
from twin.model.city import LAYER_SCHEMAS, ROAD
from twin.model.finding import Finding, Severity
from twin.model.network import Network
from twin.model.table import Table
from twin.text import Message, _

LIMIT = 512 * 1024**2
_END = "END OF METADATA"
_NET = ("start", "end", "capacity_vph", "length", "travel_min", "bpr_b", "bpr_power", "speed", "toll", "type")


@dataclass
class _File:
    """One TNTP file: its tags and, with their line numbers, its rows without comments."""

    path: Path
    tags: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[int, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def report(
        self,
        rule: str,
        problem: Message,
        remedy: Message,
        *,
        line: int = 0,
        ids: tuple[str, ...] = (),
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Add a finding about this file."""
        self.findings.append(Finding(rule, severity, self.path.name, problem, remedy, ids=ids, line=line))

    def compare(self, tag: str, found: float) -> None:
        """Warn where the metadata announce another number than the file holds."""
        said = self.tags.get(tag, "")
        if _number(said) is None or abs(float(said) - found) <= 1e-6 * max(abs(found), 1.0):
            return
        problem = _("<{tag}> says {said}, the file holds {found}", tag=tag, said=said, found=f"{found:g}")
        remedy = _("the rows are used; correct the tag")
        self.report("tntp.count", problem, remedy, severity=Severity.WARNING)


def read_tntp(
    net: Path, node: Path | None = None, trips: Path | None = None, *, metres: float | None = None
) -> tuple[Network, list[Finding]]:
    """The road layer of TNTP files and every finding about them.

    Parameters
    ----------
    net, node, trips
        The files; without `node` the roads have no coordinates, without `trips` no traffic.
    metres
        Metres per unit of the net file's length column; None leaves lengths empty, as TNTP fixes no unit.

    Raises
    ------
    DatasetError
        Where a file is missing, not text, or has no rows.
    """
    files = [_read(path) if path else None for path in (net, node, trips)]
    links, places, demand = files
    assert links is not None
    columns = _links(links, metres)
    names = sorted({*columns["start"], *columns["end"]})
    raw = {
        "nodes": _nodes(links, places, names),
        "links": columns,
        "trips": _trips(demand, set(names)) if demand else {},
    }
    findings = [finding for file in files if file for finding in file.findings]
    shown = {"nodes": places or links, "links": links, "trips": demand or links}
    tables = {}
    for name, schema in LAYER_SCHEMAS[ROAD].items():
        if not raw[name]:
            tables[name] = Table.empty(schema)
            continue
        tables[name], found = Table.build(schema, raw[name], shown[name].path.name)
        findings += found
    return Network(ROAD, tables), findings


def read_flows(path: Path) -> dict[tuple[str, str], tuple[float, float]]:
    """Published volume and cost of each link `(start, end)` of a TNTP flow file."""
    file = _read(path, header=1)
    flows = {}
    for line, row in file.rows:
        words = row.split()
        numbers = [_number(word) for word in words[2:]]
        if len(numbers) < 2 or numbers[0] is None or numbers[-1] is None:
            problem = _("line {line} is no flow row", line=line)
            raise refuse("tntp.row", path, problem, _("give start, end, volume and cost"))
        flows[words[0], words[1]] = (numbers[0], numbers[-1])
    return flows


def _read(path: Path, header: int = 0) -> _File:
    file = _File(path)
    for number, text in enumerate(read_text(path, LIMIT).splitlines(), start=1):
        line = text.split("~", 1)[0].strip()
        tag = re.match(r"<([^<>]+)>\s*(.*)", line)
        if tag:
            file.tags[tag[1].strip().upper()] = tag[2].strip()
        elif line.strip("; \t"):
            file.rows.append((number, line))
    del file.rows[:header]
    if not file.rows:
        raise refuse("tntp.empty", path, _("has no rows"), _("give a TNTP file"))
    return file


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _links(file: _File, metres: float | None) -> dict[str, Any]:
    rows = []
    for line, text in file.rows:
        words = text.rstrip("; \t").split()
        numbers = [_number(word) for word in words[2:10]]
        if len(numbers) < 8 or None in numbers or len(words) > 11:
            problem = _("is no link row")
            remedy = _("give start, end and eight numbers, then an id or nothing, then ;")
            file.report("tntp.row", problem, remedy, line=line)
            continue
        rows.append([*words[:2], *numbers, words[10] if len(words) == 11 else ""])
    file.compare("NUMBER OF LINKS", len(rows))
    columns: dict[str, Any] = {name: [row[place] for row in rows] for place, name in enumerate((*_NET, "id"))}
    _ignored(file, columns)
    columns["id"] = _link_ids(columns)
    columns["oneway"] = np.ones(len(rows), dtype=bool)
    length = np.array(columns.pop("length"), dtype=np.float64)
    if metres is not None:
        columns["length_m"] = length * metres
    elif length.any():
        problem = _("has lengths whose unit the format does not fix")
        remedy = _("travel times are used; lengths stay empty unless you name the unit")
        file.report("tntp.length", problem, remedy, severity=Severity.WARNING)
    for name in ("capacity_vph", "travel_min", "bpr_b", "bpr_power"):
        columns[name] = np.array(columns[name], dtype=np.float64)
    return columns


def _ignored(file: _File, columns: dict[str, Any]) -> None:
    """Take out what is not simulated, and say so where it would matter."""
    ids = columns["id"]
    for name in ("speed", "toll", "type"):
        values = columns.pop(name)
        if name == "toll" and any(values):
            tolled = tuple(ids[row] or columns["start"][row] for row, value in enumerate(values) if value)
            problem = _("has tolls, which are not simulated")
            file.report("tntp.toll", problem, _("none"), ids=tolled, severity=Severity.WARNING)


def _link_ids(columns: Mapping[str, list[str]]) -> list[str]:
    """The ids of the file, or `start-end` (with a number where roads are parallel)."""
    seen: Counter[str] = Counter()
    ids = []
    for name, start, end in zip(columns["id"], columns["start"], columns["end"], strict=True):
        made = f"{start}-{end}"
        seen[made] += 1
        ids.append(name or (made if seen[made] == 1 else f"{made}-{seen[made]}"))
    return ids


def _rank(name: str) -> float:
    """The number in a node name; files count nodes from 1, some with a prefix."""
    digits = re.search(r"\d+", name)
    return float(digits[0]) if digits else np.inf


def _nodes(links: _File, places: _File | None, names: list[str]) -> dict[str, Any]:
    first = _rank(links.tags.get("FIRST THRU NODE", "0"))
    first = first if np.isfinite(first) else 0.0
    links.compare("NUMBER OF NODES", len(names))
    columns: dict[str, Any] = {
        "id": names,
        "kind": ["centroid" if _rank(name) < first else "junction" for name in names],
    }
    if places is None:
        return columns
    known = _places(places)
    if missing := tuple(name for name in names if name not in known):
        problem, remedy = _("gives no place for these nodes"), _("add them")
        places.report("tntp.place", problem, remedy, ids=missing, severity=Severity.WARNING)
    xy = np.array([known.get(name, (np.nan, np.nan)) for name in names])
    return {**columns, "x": xy[:, 0], "y": xy[:, 1]}


def _places(file: _File) -> dict[str, tuple[float, float]]:
    known = {}
    for line, text in file.rows:
        words = text.rstrip("; \t").split()
        x, y = (_number(word) for word in (*words[1:3], "", "")[:2])
        if x is not None and y is not None:
            known[words[0]] = (x, y)
        elif words[0].lower() != "node":
            file.report("tntp.row", _("is no node row"), _("give node, x and y"), line=line)
    return known


def _trips(file: _File, names: set[str]) -> dict[str, Any]:
    rows = list(_demand(file))
    file.compare("TOTAL OD FLOW", sum(amount for _start, _end, amount in rows))
    strangers = {name for start, end, _amount in rows for name in (start, end)} - names
    if strangers:
        problem, remedy = _("names nodes that no road touches"), _("correct the nodes or add roads")
        file.report("tntp.stranger", problem, remedy, ids=tuple(sorted(strangers)))
    kept = [row for row in rows if row[2] and row[0] != row[1] and not {row[0], row[1]} & strangers]
    return {
        "origin": [row[0] for row in kept],
        "destination": [row[1] for row in kept],
        "trips_vph": np.array([row[2] for row in kept], dtype=np.float64),
    }


def _demand(file: _File) -> Iterator[tuple[str, str, float]]:
    """Origin, destination and trips of each entry of a trips file."""
    origin = ""
    for line, text in file.rows:
        if text.lower().startswith("origin"):
            origin = text[len("origin") :].strip(" \t;")
            continue
        for entry in filter(None, (part.strip() for part in text.split(";"))):
            destination, colon, value = (part.strip() for part in entry.partition(":"))
            amount = _number(value)
            if not origin or not colon or amount is None or amount < 0:
                problem, remedy = _("is no trip entry"), _("write 'destination : trips;' below an Origin")
                file.report("tntp.row", problem, remedy, line=line, ids=(entry,))
                continue
            yield origin, destination, amount
