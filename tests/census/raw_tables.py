"""Small deliveries for tests: a street with a water main, written as any surveyor might."""

from __future__ import annotations

from pathlib import Path
from typing import Any

POINTS = ["物探点号", "特征", "附属物", "X", "Y", "地面高程", "井深", "状态", "建设年代", "探测日期"]
LINES = [
    "起点点号",
    "终点点号",
    "起点埋深",
    "终点埋深",
    "起点高程",
    "终点高程",
    "材质",
    "管径或断面尺寸",
    "埋设方式",
]
SETTINGS = "crs: EPSG:4548\nvertical_datum: 1985\n"

Row = list[Any]


def point_rows(count: int = 4) -> list[Row]:
    """Points 10 m apart, north of each other."""
    return [
        [
            f"JS{n}",
            "三通" if n % 2 else "",
            "" if n % 2 else "阀门",
            3793600 + 10 * n + 0.125,
            518400.5,
            30.5,
            1.2,
            0,
            1998,
            "2025-03-01",
        ]
        for n in range(1, count + 1)
    ]


def line_rows(count: int = 4) -> list[Row]:
    """Lines from each point to the next."""
    return [[f"JS{n}", f"JS{n + 1}", 1.25, 1.5, 29.25, 29.0, "QM", "DN300", "ZM"] for n in range(1, count)]


def text_of(headers: list[str], rows: list[Row], delimiter: str = ",") -> str:
    return "".join(delimiter.join(str(cell) for cell in row) + "\n" for row in [headers, *rows])


def deliver(
    folder: Path,
    points: list[Row] | None = None,
    lines: list[Row] | None = None,
    *,
    encoding: str = "utf-8-sig",
    settings: str = SETTINGS,
) -> Path:
    """A folder with JSPOINT.csv and JSLINE.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "JSPOINT.csv").write_bytes(
        text_of(POINTS, point_rows() if points is None else points).encode(encoding)
    )
    (folder / "JSLINE.csv").write_bytes(
        text_of(LINES, line_rows() if lines is None else lines).encode(encoding)
    )
    if settings:
        (folder / "survey.yaml").write_text(settings, encoding="utf-8")
    return folder
