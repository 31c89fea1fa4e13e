"""A small survey without any defect, written by hand, and the means to spoil it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twin.census.survey import JOINED, SCHEMAS, Survey, empty, frame

CODES = {
    ("JP", "水厂出水"): "51042218",
    ("JP", "阀门"): "51042202",
    ("JP", "弯头"): "51042101",
    ("JP", "三通"): "51042102",
    ("JP", "盖堵"): "51042116",
    ("JP", "消防栓"): "51042207",
    ("JP", "转折点"): "51042114",
    ("YS", "雨水井"): "52012205",
    ("YS", "出水口"): "52012105",
    ("YS", "转折点"): "52012110",
    ("TR", "门站"): "53032210",
    ("TR", "转折点"): "53032107",
    ("TR", "盖堵"): "53032109",
    ("GD", "变电站"): "55012201",
    ("GD", "人孔"): "55012213",
}
GROUND = 30.0
DEPTHS = {"JP": 1.2, "TR": 1.0, "YS": 2.5, "GD": 0.8}
LINE: dict[str, dict[str, Any]] = {
    "JP": {"material": "QM", "size": "200", "width_mm": 200, "height_mm": 200, "embed": "ZM"},
    "TR": {
        "material": "PE", "size": "160", "width_mm": 160, "height_mm": 160, "embed": "ZM",
        "pressure": "中压A", "design_mpa": 0.4, "operating": "0.3", "operating_mpa": 0.3,
    },
    "YS": {"material": "T", "size": "600", "width_mm": 600, "height_mm": 600, "embed": "ZM", "flow_dir": "+"},
    "GD": {
        "material": "TZ", "size": "600*300", "width_mm": 600, "height_mm": 300, "embed": "GK",
        "voltage_kv": 10, "cable_count": 2, "hole_count": 6, "hole_used": 2,
    },
}  # fmt: skip
POINTS = (
    ("J1", "JP", 0, 0, "attachment", "水厂出水"),
    ("J2", "JP", 50, 0, "attachment", "阀门"),
    ("J3", "JP", 100, 0, "feature", "三通"),
    ("J4", "JP", 150, 0, "feature", "盖堵"),
    ("J5", "JP", 100, 50, "feature", "弯头"),
    ("J6", "JP", 50, 50, "attachment", "消防栓"),
    ("G1", "TR", 0, -20, "attachment", "门站"),
    ("G2", "TR", 50, -20, "feature", "转折点"),
    ("G3", "TR", 100, -20, "feature", "盖堵"),
    ("Y1", "YS", 0, -40, "attachment", "雨水井"),
    ("Y2", "YS", 40, -40, "feature", "转折点"),
    ("Y3", "YS", 80, -40, "feature", "出水口"),
    ("D1", "GD", 0, -60, "attachment", "变电站"),
    ("D2", "GD", 60, -60, "attachment", "人孔"),
)
LINES = (
    ("J1", "J2", "JP"), ("J2", "J3", "JP"), ("J3", "J4", "JP"), ("J3", "J5", "JP"), ("J5", "J6", "JP"),
    ("G1", "G2", "TR"), ("G2", "G3", "TR"), ("Y1", "Y2", "YS"), ("Y2", "Y3", "YS"), ("D1", "D2", "GD"),
)  # fmt: skip


class Draft:
    """A survey as rows of mappings; `points` and `lines` by id, further rows appended to `more`."""

    def __init__(self) -> None:
        self.points: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, dict[str, Any]] = {}
        self.more: dict[str, list[dict[str, Any]]] = {"points": [], "lines": []}
        self.cells: list[tuple[str, int, str, str, str]] = []
        self.headers: list[tuple[str, int, str, str, str, str]] = []
        self.tables: dict[str, pd.DataFrame] = {}
        self.meta = {"census_date": "2023-06-30"}
        for name, category, x, y, role, term in POINTS:
            self.point(name, category, x, y, **{role: term})
        for start, end, category in LINES:
            self.line(start, end, category)

    def point(self, name: str, category: str, x: float, y: float, **changes: Any) -> dict[str, Any]:
        """Add a point with the code of its term."""
        term = changes.get("attachment") or changes.get("feature") or ""
        row = {"id": name, "map_no": name, "category": category, "x_m": x, "y_m": y, "ground_m": GROUND}
        row |= {"code": CODES.get((category, term), "51042101"), "built": 2005, "file": "POINT.csv"}
        self.points[name] = row | changes
        return self.points[name]

    def line(self, start: str, end: str, category: str, **changes: Any) -> dict[str, Any]:
        """Add a level line at the usual depth of its category."""
        depth = DEPTHS[category]
        row = {"id": f"{start}-{end}", "category": category, "start": start, "end": end, "file": "LINE.csv"}
        row |= {"start_depth_m": depth, "end_depth_m": depth, "owner": "W", "road": "R", "built": 2005}
        row |= {"start_z_m": GROUND - depth, "end_z_m": GROUND - depth, "surveyed": "2023-05-01"}
        self.lines[row["id"]] = row | LINE[category] | changes
        return self.lines[row["id"]]

    def at(self, name: str, start: float, end: float) -> None:
        """Put a line at other depths."""
        depths = {"start_depth_m": start, "end_depth_m": end}
        self.lines[name] |= depths | {"start_z_m": GROUND - start, "end_z_m": GROUND - end}

    def survey(self) -> Survey:
        """The canonical tables."""
        made = {}
        for table in ("points", "lines"):
            rows = [*getattr(self, table).values(), *self.more[table]]
            made[table] = rows_as_frame(table, rows)
        return Survey(
            made["points"],
            made["lines"],
            tuples_as_frame("cells", self.cells),
            tuples_as_frame("headers", self.headers),
            empty("repairs"),
            self.meta,
            self.tables,
        )

    def areas(self, wkt: str) -> None:
        """Give the survey an area."""
        columns = {"id": ["A"], "kind": ["region"], "wkt": [wkt]}
        self.tables["areas"] = frame(JOINED["areas"], columns, rows=1)

    def plants(self, point: str, code: str) -> None:
        """Say that a plant stands at a point."""
        columns = {"point": [point], "class": [code], "kind": ["plant"]}
        self.tables["plants"] = frame(JOINED["plants"], columns, rows=1)


def rows_as_frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Mappings as a canonical table with its numbers of rows."""
    schema = SCHEMAS[table]
    columns: dict[str, object] = {"row": np.arange(len(rows)), "line_no": np.arange(len(rows)) + 2}
    for column in schema.columns:
        if column.name in columns:
            continue
        blank: object = np.nan if column.type == "float" else ""
        columns[column.name] = [row.get(column.name, blank) for row in rows]
    return frame(schema, columns, rows=len(rows))


def tuples_as_frame(name: str, rows: list[Any]) -> pd.DataFrame:
    """Tuples in the order of the columns as a canonical table."""
    names = [column.name for column in SCHEMAS[name].columns]
    values = list(zip(*rows, strict=True)) or [[] for _ in names]
    return frame(SCHEMAS[name], dict(zip(names, map(list, values), strict=True)), rows=len(rows))
