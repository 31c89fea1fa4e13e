"""A small hand-made city and the stored run of a drill on it, for tests of the reading wing.

The story: a feeder is switched off at T+0:10; its loads go dark, the hospital runs on its generator, the pump
stops, the water tank empties, crews bring the feeder back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from twin.io.runs import RunWriter
from twin.lifelines import registry
from twin.model.city import CITY_SCHEMAS, FACILITY, LAYER_SCHEMAS, ROAD, City, Manifest
from twin.model.journal import NO_CAUSE, Journal
from twin.model.network import Network
from twin.model.table import Table

HOUR = 3600.0
END_S = 5 * HOUR
NEED_PUMP = "power: power/load/P1"
NEED_HOSPITAL = "power: power/load/L3"


def table(schema: Any, rows: list[dict[str, Any]]) -> Table:
    names = {name for row in rows for name in row}
    if not rows:
        return Table.empty(schema)
    built, findings = Table.build(schema, {name: [row.get(name) for row in rows] for name in sorted(names)})
    assert not findings, [str(finding) for finding in findings]
    return built


def network(lifeline: str, rows: dict[str, list[dict[str, Any]]]) -> Network:
    schemas = LAYER_SCHEMAS.get(lifeline) or registry.declaration(lifeline).schemas
    return Network(lifeline, {name: table(schema, rows.get(name, [])) for name, schema in schemas.items()})


def power(xy: bool) -> dict[str, list[dict[str, Any]]]:
    places = {
        "B0": (80, 420),
        "B1": (160, 420),
        "B2": (330, 430),
        "B3": (470, 330),
        "B4": (620, 420),
        "B5": (330, 180),
    }
    nodes = [
        {"id": name, "vn_kv": 10, "zone": "north" if y > 300 else "south"} | ({"x": x, "y": y} if xy else {})
        for name, (x, y) in places.items()
    ]
    lines = [("F-0", "B1", "B2"), ("F-1", "B2", "B3"), ("F-2", "B3", "B4"), ("F-3", "B2", "B5")]
    links = [{"id": "T-1", "kind": "transformer", "start": "B0", "end": "B1"}]
    links += [{"id": name, "kind": "line", "start": start, "end": end} for name, start, end in lines]
    devices = [{"id": "grid", "kind": "external_grid", "node": "B0"}]
    loads = [("L2", "B2", 0.4), ("L3", "B3", 0.25), ("L4", "B4", 0.3), ("L5", "B5", 0.5), ("P1", "B4", 0.055)]
    devices += [{"id": name, "kind": "load", "node": node, "p_mw": p} for name, node, p in loads]
    return {"nodes": nodes, "links": links, "devices": devices}


def water(xy: bool) -> dict[str, list[dict[str, Any]]]:
    places = {
        "R1": (700, 480, "reservoir"), "S1": (640, 440, "junction"), "TK": (300, 470, "tank"),
        "J1": (560, 400, "junction"), "J2": (440, 400, "junction"), "J3": (330, 380, "junction"),
        "J4": (220, 380, "junction"), "J5": (560, 260, "junction"), "J6": (440, 260, "junction"),
        "J7": (330, 250, "junction"), "J8": (220, 250, "junction"), "J9": (560, 120, "junction"),
        "J10": (440, 120, "junction"), "J11": (330, 110, "junction"), "J12": (220, 120, "junction"),
    }  # fmt: skip
    nodes = []
    for name, (x, y, kind) in places.items():
        node: dict[str, Any] = {"id": name, "kind": kind, "zone": "upper town" if y > 200 else "lower town"}
        if kind == "tank":
            node |= {"level_m": 3, "level_max_m": 5, "diameter_m": 12}
        nodes.append(node | ({"x": x, "y": y} if xy else {}))
    pairs = "S1-J1 J1-J2 J2-J3 J3-J4 TK-J3 J1-J5 J2-J6 J3-J7 J4-J8 J5-J6 J6-J7 J7-J8 J5-J9 J6-J10 J7-J11"
    pairs += " J8-J12 J9-J10 J10-J11 J11-J12"
    pipe = {"kind": "pipe", "length_m": 150, "diameter_mm": 200, "roughness": 120}
    links: list[dict[str, Any]] = [
        {"id": "PU-1", "kind": "pump", "name": "", "start": "R1", "end": "S1", "power_kw": 40}
    ]
    for number, pair in enumerate(pairs.split()):
        start, end = pair.split("-")
        links.append({"id": f"M{number + 1}", "start": start, "end": end, **pipe})
    return {"nodes": nodes, "links": links}


def sample_city(*, chinese: bool = False, xy: bool = True) -> City:
    """Power and water, a road grid, a hospital, a school and two agencies."""
    streets = [{"id": f"N{x}{y}", "x": 120 + 140 * x, "y": 90 + 120 * y} for x in range(5) for y in range(4)]
    ways = [(f"N{x}{y}", f"N{x + 1}{y}") for x in range(4) for y in range(4)] + [
        (f"N{x}{y}", f"N{x}{y + 1}") for x in range(5) for y in range(3)
    ]
    roads = [{"id": f"{a}-{b}", "start": a, "end": b, "travel_min": 1} for a, b in ways]
    hospital = "第三人民医院" if chinese else "St. Anne's Hospital"
    facilities: list[dict[str, Any]] = [
        {"id": "H1", "kind": "hospital", "name": hospital, "x": 480, "y": 310, "people": 420},
        {
            "id": "S1",
            "kind": "school",
            "name": "实验小学" if chinese else "",
            "x": 260,
            "y": 140,
            "people": 800,
        },
    ]
    needs = [
        {"supplier": "power/load/P1", "consumer": "water/pump/PU-1", "kind": "power", "restart_min": 5},
        {
            "supplier": "power/load/L3",
            "consumer": "facility/hospital/H1",
            "kind": "power",
            "backup_min": 60,
            "store": "generator",
        },
        {"supplier": "water/junction/J11", "consumer": "facility/school/S1", "kind": "water"},
    ]
    agencies = [
        {"id": "power-co", "name": "供电公司" if chinese else "Power company", "layers": "power", "crews": 1},
        {
            "id": "water-co",
            "name": "自来水公司" if chinese else "Water company",
            "layers": "water",
            "crews": 1,
        },
    ]
    assumed = (
        "Pipe roughness 120 (Hazen-Williams) where the census gives none (12 of 19 pipes).",
        "The hospital's generator lasts 60 min on the fuel it holds.",
    )
    if chinese:
        assumed = (
            "普查未给出糙率的管段按海曾-威廉系数 120 取值（19 段中的 12 段）。",
            "医院发电机按现有燃油可运行 60 分钟。",
        )
    return City(
        Manifest("sample", title="老城片区" if chinese else "The old quarter", assumed=assumed),
        {"power": network("power", power(xy)), "water": network("water", water(xy))},
        network(ROAD, {"nodes": streets, "links": roads} if xy else {}),
        network(
            FACILITY,
            {"nodes": [row if xy else {k: v for k, v in row.items() if k not in "xy"} for row in facilities]},
        ),
        table(CITY_SCHEMAS["dependencies"], needs),
        table(CITY_SCHEMAS["agencies"], agencies),
        Table.empty(CITY_SCHEMAS["depots"]),
    )


class _Story:
    """Writes the events of the sample drill."""

    def __init__(self, journal: Journal, chinese: bool) -> None:
        self.journal = journal
        self.chinese = chinese

    def say(self, minute: float, kind: str, component: str, value: str, cause: int, rule: str = "") -> int:
        layer = component.split("/", 1)[0] if "/" in component else ""
        return self.journal.append(
            minute * 60, kind, lifeline=layer, component=component, value=value, cause=cause, rule=rule
        )

    def unserved(self, minute: float, names: list[str], cause: int) -> list[int]:
        return [self.say(minute, "unserved", name, "0.0", cause) for name in names]

    def served(self, minute: float, names: list[str], cause: int) -> list[int]:
        return [self.say(minute, "served", name, "1.0", cause) for name in names]

    def tell(self) -> dict[str, int]:
        """All events; returns the numbers of those that expectations point to."""
        say, far = self.say, [f"water/junction/J{n}" for n in (9, 10, 11, 12)]
        near = [f"water/junction/J{n}" for n in (5, 6, 7, 8)]
        loads = ["power/load/L3", "power/load/L4", "power/load/P1"]
        fires = say(10, "fires", "", "T+10 min", NO_CAUSE, "row 1")
        told = say(
            10,
            "told",
            "",
            "馈线 F-1 停电，水泵停运" if self.chinese else "Feeder F-1 is dead, your pump has stopped",
            fires,
            "water-co",
        )
        hit = say(10, "incident", "power/line/F-1", "failed=true", fires, "row 1: break power/line/F-1")
        self.unserved(10, loads, hit)
        backup = say(10, "backup", "facility/hospital/H1", "3600.0", hit, NEED_HOSPITAL)
        pump = say(10, "lost", "water/pump/PU-1", "supplied=false", hit, NEED_PUMP)
        reported = say(15, "reported", "power/line/F-1", "", hit, "power-co")
        sent = say(25, "dispatched", "power/line/F-1", "power-co 1", reported, "power-co")
        arrived = say(40, "arrived", "power/line/F-1", "power-co 1", sent, "power-co")
        closed = say(47, "action", "power/line/F-1", "isolate", arrived, "power-co")
        met = say(47, "met", "", "isolate power/line/F-1", closed, "isolate")
        empty = say(70, "backup_empty", "facility/hospital/H1", "", backup, NEED_HOSPITAL)
        lost = say(70, "lost", "facility/hospital/H1", "supplied=false", empty, NEED_HOSPITAL)
        dark = self.unserved(70, ["facility/hospital/H1"], lost)[0]
        missed = say(70, "missed", "", "served(hospital/*) >= 90 %", dark, "hospital")
        low = say(95, "control", "water/valve/V1", "open=false", pump, "LINK V1 CLOSED IF NODE TK BELOW 0.5")
        first = self.unserved(100, far, pump)
        dry = say(100, "lost", "facility/school/S1", "supplied=false", first[2], "water: water/junction/J11")
        self.unserved(100, ["facility/school/S1"], dry)
        self.unserved(125, near, pump)
        fixed = say(170, "restored", "power/line/F-1", "failed=false", arrived, "power-co")
        say(170, "repaired", "power/line/F-1", "", fixed, "power-co")
        self.served(170, loads, fixed)
        back = say(170, "returns", "facility/hospital/H1", "supplied=true", fixed, NEED_HOSPITAL)
        self.served(170, ["facility/hospital/H1"], back)
        restart = say(170, "restarting", "water/pump/PU-1", "300.0", fixed, NEED_PUMP)
        runs = say(175, "returns", "water/pump/PU-1", "supplied=true", restart, NEED_PUMP)
        self.served(180, near, runs)
        last = self.served(195, far[:3], runs)
        say(195, "returns", "facility/school/S1", "supplied=true", last[2], "water: water/junction/J11")
        self.served(195, ["facility/school/S1"], last[2])
        water = say(195, "met", "", "served(water/*) >= 75 %", last[0], "water back")
        return {
            "fires": fires,
            "told": told,
            "met": met,
            "missed": missed,
            "dark": dark,
            "low": low,
            "water": water,
            "closed": closed,
        }


def _service(writer: RunWriter, low: float) -> None:
    """Service curves that go with the events: power drops by its dark loads, water falls with the tank."""
    loads = 1_505_000.0
    for minute, share in ((0, 1.0), (10, low), (170, 1.0), (300, 1.0)):
        writer.service(minute * 60.0, "power", "", share * loads, loads)
        writer.service(minute * 60.0, "power", "north", share * loads * 0.6, loads * 0.6)
    steps = {
        0: 1.0,
        60: 1.0,
        95: 0.97,
        100: 0.64,
        110: 0.6,
        125: 0.29,
        150: 0.22,
        175: 0.22,
        180: 0.7,
        195: 0.93,
        240: 0.96,
        300: 0.96,
    }
    for minute, share in steps.items():
        demand = 0.048 * (1 + 0.25 * np.sin(2 * np.pi * (minute + 30) / 300))
        writer.service(minute * 60.0, "water", "", share * demand, demand)
        for zone, part in (("lower town", max(0.0, 2 * share - 1)), ("upper town", min(1.0, 1.3 * share))):
            writer.service(minute * 60.0, "water", zone, part * demand / 2, demand / 2)


def expectations(chinese: bool, numbers: dict[str, int]) -> list[dict[str, Any]]:
    n, power, water = numbers, "power-co", "water-co"
    deed = "隔离 F-1" if chinese else "isolate power/line/F-1"
    tanker = "派水车去医院" if chinese else "send tanker to facility/hospital/H1"
    notice = "首条公众信息准确" if chinese else "The first public notice is accurate"
    kept, got = "served(hospital/*) >= 90 %", "served(water/*) >= 75 %"
    never = "its row never fired"
    times = ("fired_s", "knew_s", "done_s", "deadline_s")
    rows: list[tuple[Any, ...]] = [
        ("isolate", 1, power, "does", deed, "met", (600.0, 900.0, 2820.0, 3300.0), "closed", ""),
        ("hospital", 1, power, "keeps", kept, "missed", (600.0, 900.0, 4200.0, END_S), "dark", "not kept"),
        ("water back", 2, water, "gets", got, "met", (6000.0, None, 11700.0, 15000.0), "water", ""),
        ("tanker", 3, water, "does", tanker, "not_exercised", (None, None, None, None), "", never),
        ("notice", 1, water, "shows", notice, "person_judges", (600.0, None, None, 4200.0), "told", ""),
    ]
    names = ("id", "row", "who", "what", "text", "verdict", "times", "evidence", "reason")
    found = []
    for line, row in enumerate(rows, start=9):
        one = dict(zip(names, row, strict=True)) | dict(zip(times, row[6], strict=True)) | {"line": line}
        one |= {"weight": 2.0 if row[0] == "hospital" else 1.0, "fatal": row[0] == "hospital"}
        one |= {"after_s": 0.0, "within_s": 3600.0, "evidence": [n[row[7]]] if row[7] else []}
        decided = row[3] in ("does", "gets") and one["done_s"] is not None
        found.append(one | {"margin_s": one["deadline_s"] - one["done_s"] if decided else None})
    return found


def summary(chinese: bool, numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "status": "done",
        "scenario": {
            "title": "泵站停电演练" if chinese else "Blackout of the pump station",
            "file": "pump-blackout.yaml",
        },
        "city": "sample",
        "seed": 7,
        "start": "2026-07-18 08:00",
        "duration_s": END_S,
        "end_s": END_S,
        "versions": {"twin": "0.1.0", "python": "3.11.9", "numpy": "2.1.0"},
        "counters": {
            "instants": 31,
            "fallbacks": 0,
            "work": {"power": {"solves": 14}, "water": {"solves": 27}},
        },
        "timing": {"wall_s": 1.42},
        "expectations": expectations(chinese, numbers),
        "score": {
            "met": 2,
            "missed": 1,
            "not_exercised": 1,
            "person_judges": 1,
            "score": 0.0,
            "coverage": 0.8,
            "fatal": ["hospital"],
        },
        "unverified": [
            {
                "name": "repair.line.median",
                "value": "4 h",
                "source": "Design guide of the utility, from memory",
            },
            {"name": "within.isolate", "value": "60 min", "source": "Drill doctrine, section 5.4"},
        ],
        "assumed": [],
        "fallbacks": 0,
    }


def write_sample_run(folder: Path, *, chinese: bool = False, seed: int = 7, low: float = 0.598) -> Path:
    """The run folder of the sample drill; `low` is the share of power that is left."""
    request = {"scenario": "pump-blackout", "city": "sample", "seed": seed}
    writer = RunWriter(folder, request, overwrite=True)
    journal = Journal(writer.event)
    numbers = _Story(journal, chinese).tell()
    _service(writer, low)
    city = sample_city()
    for minute in (0, 10, 100, 170, 300):
        dark = 10 <= minute < 170
        p_w = np.array(
            [250e3 * (not dark or i % 2) for i in range(len(city.networks["power"].tables["devices"]))]
        )
        writer.result(
            "power", minute * 60.0, {"devices.p_w": p_w, "devices.required_w": np.full(len(p_w), 250e3)}
        )
        nodes = city.networks["water"].tables["nodes"]
        wanted = np.where(nodes["kind"] == "junction", 0.004, 0.0)
        wanted[nodes.rows["S1"]] = 0.0
        writer.result(
            "water", minute * 60.0, {"nodes.required_m3s": wanted, "nodes.pressure_pa": wanted * 1e8}
        )
    writer.flush()
    writer.seal(summary(chinese, numbers))
    return folder
