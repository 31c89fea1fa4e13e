"""A town of a few streets, surveyed by hand: every lifeline, one of each thing that a build knows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from twin.census.survey import JOINED, SCHEMAS, Survey, empty, frame

GROUND = 40.0


class Hand:
    """Writes a survey row by row."""

    def __init__(self):
        self.points, self.lines, self.tables = [], [], {}

    def point(self, name, x, y, category, feature="转折点", attachment="", **more):
        self.points.append(
            {
                "id": name,
                "x_m": x,
                "y_m": y,
                "category": category,
                "ground_m": GROUND + 0.001 * x,
                "feature": "" if attachment else feature,
                "attachment": attachment,
            }
            | more
        )
        return name

    def line(self, start, end, category, size="200", **more):
        width, _, height = size.partition("*")
        self.lines.append(
            {
                "id": f"{start}-{end}",
                "start": start,
                "end": end,
                "category": category,
                "size": size,
                "embed": "ZM",
                "width_mm": float(width or "nan"),
                "height_mm": float(height or width or "nan"),
                "built": 2005.0,
                "status": "0",
                "start_depth_m": 1.2,
                "end_depth_m": 1.2,
            }
            | more
        )

    def way(self, prefix, places, category, first=1, **more):
        """Points along a way, and the lines between them."""
        names = [f"{prefix}{number}" for number in range(first, first + len(places))]
        for name, (x, y, *what) in zip(names, places, strict=True):
            self.point(name, x, y, category, attachment=what[0] if what else "")
        for start, end in pairwise(names):
            self.line(start, end, category, **more)
        return names

    def join(self, table, **row):
        self.tables.setdefault(table, []).append(row)

    def survey(self, **meta):
        def made(schema, rows):
            given = pd.DataFrame(rows).reindex(columns=list(schema.names))
            values = {}
            for column in schema.columns:
                if column.name in given and not given[column.name].isna().all():
                    fill = {"int": 1, "bool": False}.get(column.type, "")
                    own = given[column.name]
                    if column.type == "float" and column.default:
                        own = own.fillna(float(column.default))
                    values[column.name] = (own if column.type == "float" else own.fillna(fill)).to_numpy()
                elif column.type == "float" and column.default:
                    values[column.name] = np.full(len(rows), float(column.default))
            return frame(schema, values, len(rows))

        points, lines = made(SCHEMAS["points"], self.points), made(SCHEMAS["lines"], self.lines)
        points["row"], lines["row"] = np.arange(len(points)), np.arange(len(lines))
        joined = {name: made(JOINED[name], rows) for name, rows in self.tables.items()}
        about = {"crs": "EPSG:4548", "census_date": "2025-01-01"} | meta
        return Survey(points, lines, empty("cells"), empty("headers"), empty("repairs"), about, joined)


def town():
    """The hand that wrote the town: change what you like, then ask for its survey."""
    hand = Hand()
    _water(hand)
    _power(hand)
    _gas_and_heat(hand)
    _telecom(hand)
    _drains(hand)
    _others(hand)
    _joined(hand)
    return hand


def _water(hand):
    hand.way(
        "JS",
        [(0, 0, "水厂出水"), (50, 5), (100, 0), (150, 0, "阀门"), (200, 0), (300, 0, "消防栓"), (400, 0)],
        "JP",
        material="QM",
        size="300",
    )
    hand.way("JS", [(200, 100), (200, 200), (400, 200)], "JP", first=8, material="PE", size="200")
    hand.line("JS5", "JS8", "JP", material="PE", size="200")
    hand.line("JS10", "JS7", "JP", material="PE", size="200")
    hand.line("JS10", "JS9", "JP", material="PE", size="200", status="1")
    hand.join(
        "plants", point="JS1", **{"class": "JS"}, kind="reservoir", name="East waterworks", level_m=42.0
    )
    for number in (1, 2):
        hand.join(
            "devices",
            point="JS1",
            number=number,
            id=f"PU-{number}",
            **{"class": "JS"},
            kind="pump",
            state="on",
            q_m3h=300.0,
            head_m=40.0,
            fed_by="DL4",
        )


def _power(hand):
    hand.way(
        "DL",
        [
            (-200, -30, "变电站"),
            (-100, -30),
            (-50, -30, "环网柜"),
            (20, -30, "箱变"),
            (200, -30),
            (390, -30, "箱变"),
        ],
        "GD",
        voltage_kv=10.0,
        material="TZ",
        size="150",
        cable_count=1.0,
    )
    hand.way(
        "DL", [(20, -60), (60, -60, "灯杆"), (120, -60, "灯杆")], "LD", first=7, voltage_kv=0.4, size="50"
    )
    hand.line("DL4", "DL7", "LD", voltage_kv=0.4, size="50")
    hand.join(
        "plants",
        point="DL1",
        **{"class": "DL"},
        kind="substation",
        name="South substation",
        vn_kv=110.0,
        capacity=50.0,
        unit="MVA",
    )
    hand.join(
        "devices",
        point="DL1",
        number=1,
        **{"class": "DL"},
        kind="transformer",
        sn_mva=50.0,
        vn_hv_kv=110.0,
        vn_lv_kv=10.0,
    )
    hand.join(
        "devices",
        point="DL4",
        number=1,
        id="XB-1",
        **{"class": "DL"},
        kind="transformer",
        sn_mva=0.63,
        vn_hv_kv=10.0,
        vn_lv_kv=0.4,
    )


def _gas_and_heat(hand):
    hand.way(
        "RQ",
        [(0, 30, "门站"), (100, 30), (200, 30, "阀门")],
        "TR",
        material="G",
        pressure="中压A",
        size="219",
    )
    hand.way("RQ", [(300, 30, "调压箱")], "TR", first=4)
    hand.line("RQ3", "RQ4", "TR", material="G", pressure="中压A", size="219")
    hand.way("RQ", [(350, 30), (400, 30)], "TR", first=5, material="PE", pressure="低压", size="110")
    hand.line("RQ4", "RQ5", "TR", material="PE", pressure="低压", size="110")
    hand.join("plants", point="RQ1", **{"class": "RQ"}, kind="gate", name="Gate", p_mpa=0.4, capacity=5000.0)
    hand.way(
        "RL",
        [(0, 60, "热源"), (100, 60), (200, 60, "补偿器"), (300, 60, "换热站")],
        "RS",
        material="G",
        size="400",
    )
    hand.join(
        "plants", point="RL1", **{"class": "RL"}, kind="plant", id="H-1", capacity=50.0, unit="MW", t_c=120.0
    )


def _telecom(hand):
    hand.way(
        "TX",
        [(0, -80, "局站"), (100, -80, "人孔"), (200, -80, "人孔"), (300, -80, "交接箱"), (400, -80, "基站")],
        "TX",
        size="300*200",
        embed="GK",
        hole_count=6.0,
        hole_used=3.0,
        material="PVC",
    )


def _drains(hand):
    drop = {"start_depth_m": 2.0, "end_depth_m": 2.2, "flow_dir": "+"}
    hand.way(
        "WS",
        [(400, 12, "污水井"), (300, 12, "污水井"), (200, 12, "污水井"), (100, 12, "污水处理场")],
        "WS",
        size="400",
        material="T",
        **drop,
    )
    hand.point(
        "YS1", 400, -12, "YS", attachment="雨水井", well_depth_m=2.0, cover_type="D400", defect="破损 异响"
    )
    hand.point("YS2", 300, -12, "YS", attachment="雨水井", well_depth_m=2.1)
    hand.point("YS3", 250, -12, "YS")
    hand.point("YS4", 200, -12, "YS", feature="出水口")
    hand.line("YS1", "YS2", "YS", "1200*800", **drop)
    hand.line("YS3", "YS2", "YS", "1200*800", **(drop | {"flow_dir": "-"}))
    hand.line("YS3", "YS4", "YS", "1200*800", **drop)


def _others(hand):
    hand.way("GY", [(0, 300), (100, 300), (200, 310)], "QQ", material="G", size="100")
    hand.line("JS9", "GY1", "??", size="100")


def _joined(hand):
    for number, (x, kind) in enumerate([(150, "residential"), (250, "residential"), (380, "hospital")]):
        hand.join(
            "customers",
            id=f"C{number}",
            kind=kind,
            x_m=float(x),
            y_m=20.0,
            people=100.0,
            water_m3d=40.0,
            gas_m3d=30.0,
            heat_kw=200.0,
            power_kw=80.0,
            lines=30.0,
        )
    hand.join(
        "facilities",
        id="no3",
        kind="hospital",
        name="No. 3 Hospital",
        x_m=380.0,
        y_m=20.0,
        people=600.0,
        backup_power_min=600.0,
    )
    for name, start, end, wkt in (
        ("S-1", "K1", "K2", "LINESTRING (0 15, 200 15)"),
        ("S-2", "K2", "K3", "LINESTRING (200 15, 400 15)"),
    ):
        hand.join("streets", id=name, name="East Road", start=start, end=end, wkt=wkt)
    hand.join("agencies", id="water company", layers="water", crews=1, depot="yard")
    hand.join("depots", id="yard", road_node="K1", x_m=0.0, y_m=15.0)
    hand.join(
        "areas",
        id="east",
        kind="region",
        name="East",
        level="district",
        wkt="POLYGON ((-300 -300, 500 -300, 500 500, -300 500, -300 -300))",
    )
    hand.join("names", name="pump 1", component="water/pump/PU-1")
    hand.join("names", name="waterworks", component="JS1")
    hand.join("names", name="nothing", component="JS999")
    hand.join("dependencies", supplier="DL4", consumer="TX1", kind="power", backup_min=480.0, store="battery")
