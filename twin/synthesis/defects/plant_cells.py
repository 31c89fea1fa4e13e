"""Defects in single cells: G02, G03, P01, P04 to P06, L04, J03 and A01 to A11; one function per rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.synthesis.defects import words
from twin.synthesis.defects.garden import PLAIN, Garden
from twin.synthesis.defects.view import SIDES, among

MISREAD = ("3O.12", "12..5", "l.75", "1.2.3", "??")
FOREIGN = {"JS": "TC", "PS": "QM", "RQ": "T", "RL": "QM", "DL": "ZT", "TX": "ZT"}
"""A material that is known but not used for the class."""
OTHER_CLASS = {"JS": "RQ", "PS": "JS", "RQ": "DL", "RL": "TX", "DL": "JS", "TX": "RL"}
ODD_MM = (97, 117, 137, 173, 223, 267, 333, 417)
"""Diameters that no series has."""


def g02(garden: Garden, count: int) -> None:
    """A mandatory cell is left empty."""
    half = count // 2
    texts = ("map_no", "code")
    for place, row in enumerate(garden.rows("points", among(garden.view.point_class, PLAIN), half)):
        name = texts[place % 2]
        garden.change("points", row, **{name: ""})
        garden.label("G02", "points", str(garden.draft.points["id"][row]))
    for place, row in enumerate(garden.rows("lines", garden.is_laid(), count - half)):
        name = ("owner", "road", "built", "material", "start_depth_m")[place % 5]
        empty = np.nan if name in ("built", "start_depth_m") else ""
        garden.change("lines", row, **{name: empty})
        _label_line(garden, "G02", row)


def g03(garden: Garden, count: int) -> None:
    """A text stands where a number belongs."""
    half = count // 2
    points = among(garden.view.point_class, PLAIN) & np.isfinite(garden.draft.points["ground_m"])
    for place, row in enumerate(garden.rows("points", points, half)):
        column = ("ground_m", "well_depth_m", "built")[place % 3]
        garden.write("points", row, column, MISREAD[place % len(MISREAD)])
        garden.label("G03", "points", str(garden.draft.points["id"][row]))
    for place, row in enumerate(garden.rows("lines", garden.is_laid(), count - half)):
        column = ("start_depth_m", "end_z_m", "built", "end_depth_m")[place % 4]
        garden.write("lines", row, column, MISREAD[place % len(MISREAD)])
        _label_line(garden, "G03", row)


def p01(garden: Garden, count: int) -> None:
    """The number on the map is not the number of the survey."""
    names = garden.draft.points["id"]
    for row in garden.rows("points", among(garden.view.point_class, PLAIN), count):
        name = str(names[row])
        garden.change("points", row, map_no=name[:-1] + str((int(name[-1]) + 1) % 10))
        garden.label("P01", "points", name)


def p04(garden: Garden, count: int) -> None:
    """Feature and attachment are both given, or neither is."""
    view = garden.view
    plain = view.bare & among(view.points["feature"], words.PLAIN_FEATURES) & (view.degree == 2)
    plain &= among(view.point_class, PLAIN)
    for row in garden.rows("points", plain, count // 2):
        garden.change("points", row, feature="")
        garden.label("P04", "points", str(view.points["id"][row]))
    for row in garden.rows("points", garden.is_site(), count - count // 2):
        garden.change("points", row, feature="转折点")
        garden.label("P04", "points", str(view.points["id"][row]))


def p05(garden: Garden, count: int) -> None:
    """The element code belongs to another class, or to a line."""
    points = garden.draft.points
    coded = among(garden.view.point_class, PLAIN) & np.array([len(code) == 8 for code in points["code"]])
    for place, row in enumerate(garden.rows("points", coded, count)):
        code = str(points["code"][row])
        wrong = f"5{int(code[1]) % 6 + 1}{code[2:]}" if place % 2 else f"{code[:4]}1000"
        garden.change("points", row, code=wrong)
        garden.label("P05", "points", str(points["id"][row]))


def p06(garden: Garden, count: int) -> None:
    """A wrong digit puts a point far outside the survey area."""
    points = garden.draft.points
    for place, row in enumerate(garden.places("points", among(garden.view.point_class, PLAIN), count)):
        name, far = (("x_m", 1e5), ("y_m", 1e5), ("x_m", -1e5), ("y_m", -1e5))[place % 4]
        garden.change("points", row, **{name: round(points[name][row] + far, 3)})
        garden.label("P06", "points", str(points["id"][row]))


def l04(garden: Garden, count: int) -> None:
    """A line is deeper than lines of its class can be."""
    view, lines = garden.view, garden.draft.lines
    for row in garden.rows("lines", garden.is_laid(), count):
        side = int(garden.rng.integers(2))
        depth = round(float(view.deepest[row] * garden.rng.uniform(1.5, 2.5)), 2)
        z = round(float(view.ground[side, row]) - depth, 3)
        garden.change("lines", row, **{f"{SIDES[side]}_depth_m": depth, f"{SIDES[side]}_z_m": z})
        garden.label("L04", "lines", str(lines["id"][row]))


def j03(garden: Garden, count: int) -> None:
    """Ground elevation, depth and elevation do not agree."""
    lines = garden.draft.lines
    for row in garden.rows("lines", garden.is_laid(), count):
        name = f"{SIDES[int(garden.rng.integers(2))]}_z_m"
        shift = garden.rng.choice([-1, 1]) * garden.rng.uniform(0.1, 1.5)
        garden.change("lines", row, **{name: round(lines[name][row] + shift, 3)})
        _label_line(garden, "J03", row)


def a01(garden: Garden, count: int) -> None:
    """A design pressure lies above the band of its class."""
    bands = {row["pressure"]: float(row["most_mpa"]) for row in words.rows("pressures")}
    lines = garden.draft.lines
    mask = (garden.view.line_class == "RQ") & among(lines["pressure"], bands)
    for row in garden.rows("lines", mask, count):
        design = round(bands[str(lines["pressure"][row])] * garden.rng.uniform(1.5, 3) + 0.01, 3)
        garden.change("lines", row, design_mpa=design)
        _label_line(garden, "A01", row)


def a02(garden: Garden, count: int) -> None:
    """A line is operated above its design pressure."""
    lines = garden.draft.lines
    for place, row in enumerate(garden.rows("lines", lines["design_mpa"] > 0, count)):
        most = lines["design_mpa"][row] * garden.rng.uniform(1.3, 2) + 0.01
        text = f"{most:.3f}" if place % 2 else f"{most * 0.7:.3f}{'-~'[place // 2 % 2]}{most:.3f}"
        garden.change("lines", row, operating=text)
        _label_line(garden, "A02", row)


def a03(garden: Garden, count: int) -> None:
    """A diameter is in no series."""
    view, lines = garden.view, garden.draft.lines
    mask = among(view.line_class, ("JS", "RQ", "RL")) & among(lines["material"], ("G", "PE"))
    for row in garden.rows("lines", mask & view.round_pipe & (lines["size"] != ""), count):
        prefix = "DN" if str(lines["size"][row]).startswith("DN") else ""
        garden.change("lines", row, size=f"{prefix}{garden.rng.choice(ODD_MM)}")
        _label_line(garden, "A03", row)


def a04(garden: Garden, count: int) -> None:
    """A plastic pipe is said to be protected against corrosion."""
    mask = (garden.draft.lines["material"] == "PE") & garden.is_laid()
    for row in garden.rows("lines", mask, count):
        garden.change("lines", row, coating=str(garden.rng.choice(["3PE", "环氧煤沥青"])))
        _label_line(garden, "A04", row)


def a05(garden: Garden, count: int) -> None:
    """More flows than a line is designed for."""
    for row in garden.rows("lines", among(garden.view.line_class, ("JS", "RQ", "RL")), count):
        design = garden.draft.lines["design_flow_m3h"][row]
        design = design if design > 0 else float(garden.rng.integers(50, 500))
        real = round(design * garden.rng.uniform(1.1, 2) + 0.1, 1)
        garden.change("lines", row, design_flow_m3h=design, real_flow_m3h=real)
        _label_line(garden, "A05", row)


def a06(garden: Garden, count: int) -> None:
    """A material that is not used for the class."""
    for row in garden.rows("lines", garden.is_laid() & (garden.draft.lines["built"] >= 1960), count):
        garden.change("lines", row, material=FOREIGN[str(garden.view.line_class[row])])
        _label_line(garden, "A06", row)


def a07(garden: Garden, count: int) -> None:
    """The length is not the difference of the mileages."""
    for row in garden.rows("lines", garden.is_laid(), count):
        length = round(float(garden.view.plan_length[row]), 3)
        off = round(float(garden.rng.uniform(0.02, 5)), 3)
        garden.change(
            "lines", row, length_m=length, start_mileage_m=0.0, end_mileage_m=round(length + off, 3)
        )
        _label_line(garden, "A07", row)


def a08(garden: Garden, count: int) -> None:
    """The facility belongs to another class."""
    for row in garden.rows("lines", garden.is_laid(), count):
        other = OTHER_CLASS[str(garden.view.line_class[row])]
        garden.change("lines", row, facility_code=f"{other}{garden.rng.integers(1000, 9999)}")
        _label_line(garden, "A08", row)


def a09(garden: Garden, count: int) -> None:
    """A year before there were such lines, or after the survey."""
    third = count // 3
    for row in garden.rows("points", among(garden.view.point_class, PLAIN), third):
        garden.change("points", row, built=float(garden.rng.choice([1808, 1890, 2062, 2099])))
        garden.label("A09", "points", str(garden.draft.points["id"][row]))
    for row in garden.rows("lines", garden.is_laid(), third):
        garden.change("lines", row, built=float(garden.rng.choice([1808, 1890, 2062, 2099])))
        _label_line(garden, "A09", row)
    mask = garden.is_laid() & among(garden.draft.lines["material"], ("PE", "PVC", "QM"))
    for row in garden.rows("lines", mask, count - 2 * third):
        garden.change("lines", row, built=float(garden.rng.integers(1905, 1930)))
        _label_line(garden, "A09", row)


def a10(garden: Garden, count: int) -> None:
    """More holes in use than there are, no voltage, or no cables."""
    view, lines = garden.view, garden.draft.lines
    third = count // 3
    for row in garden.rows("lines", lines["hole_count"] > 0, third):
        garden.change("lines", row, hole_used=lines["hole_count"][row] + float(garden.rng.integers(1, 4)))
        _label_line(garden, "A10", row)
    for row in garden.rows("lines", (view.line_class == "DL") & (lines["voltage_kv"] > 0), third):
        garden.change("lines", row, voltage_kv=np.nan)
        _label_line(garden, "A10", row)
    direct = among(view.line_class, ("DL", "TX")) & (lines["embed"] == "ZM")
    left = count - 2 * third
    rest = sum(1 for row in garden.rows("lines", direct, left) if _no_cables(garden, row))
    for row in garden.rows("lines", lines["hole_count"] > 0, left - rest):
        garden.change("lines", row, hole_used=lines["hole_count"][row] + 1.0)
        _label_line(garden, "A10", row)


def _no_cables(garden: Garden, row: int) -> bool:
    garden.change("lines", row, cable_count=0.0)
    _label_line(garden, "A10", row)
    return True


def a11(garden: Garden, count: int) -> None:
    """A word that no dictionary has."""
    half = count // 2
    view = garden.view
    bare = view.bare & among(view.points["feature"], words.PLAIN_FEATURES) & (view.degree == 2)
    for place, row in enumerate(garden.rows("points", bare & among(view.point_class, PLAIN), half)):
        values = {"feature": "不明点"} if place % 2 else {"status": "9"}
        garden.change("points", row, **values)
        garden.label("A11", "points", str(garden.draft.points["id"][row]))
    for place, row in enumerate(garden.rows("lines", garden.is_laid(), count - half)):
        name, word = (("material", "XQ"), ("embed", "QZ"), ("source", "8"), ("status", "9"))[place % 4]
        garden.change("lines", row, **{name: word})
        _label_line(garden, "A11", row)


def _label_line(garden: Garden, rule: str, row: int) -> None:
    garden.label(rule, "lines", str(garden.draft.lines["id"][row]))


CELLS: dict[str, Callable[[Garden, int], None]] = {
    "A01": a01, "A02": a02, "A03": a03, "A04": a04, "A05": a05, "A06": a06, "A07": a07, "A08": a08,
    "A09": a09, "A10": a10, "A11": a11, "G02": g02, "G03": g03, "J03": j03, "L04": l04, "P01": p01,
    "P04": p04, "P05": p05, "P06": p06,
}  # fmt: skip
"""The planting function of each rule that one cell can break."""
