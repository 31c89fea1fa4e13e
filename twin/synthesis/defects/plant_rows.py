"""Defects of whole rows and of what they name: P02, P03, L01 to L03, J01, J02, J06 and T02 to T06."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from twin.synthesis.defects import words
from twin.synthesis.defects.garden import PLAIN, Garden, depths
from twin.synthesis.defects.present_topology import SINKS, directed
from twin.synthesis.defects.view import SIDES, View, among
from twin.synthesis.survey_tables import Mask, Rows

SIZES = {"JS": "DN100 DN150 DN200 DN300 DN400", "RQ": "110 160 200 250 315", "RL": "DN100 DN150 DN200 DN300"}
MATERIALS = {"JS": ("QM", "ZT", "G"), "DL": ("PVC", "T"), "TX": ("PVC", "PE")}


def _touching(garden: Garden) -> Mask:
    """Ordinary lines between two points with attachments, whose degree nobody counts."""
    view = garden.view
    site = garden.is_site()
    both = view.at_ends(site, False).astype(np.bool_).all(axis=0)
    return np.asarray(garden.is_laid() & both & (view.line_class != "PS"))


def _ends(view: View, row: int) -> tuple[str, str]:
    return str(view.lines["start"][row]), str(view.lines["end"][row])


def p02(garden: Garden, count: int) -> None:
    """A point number is given twice: the same row again, or one that says something else."""
    points = garden.draft.points
    for place, row in enumerate(garden.places("points", among(garden.view.point_class, PLAIN), count)):
        name = str(points["id"][row])
        changes: Mapping[str, Any] = {"road": str(points["road"][row]) + "(复测)"} if place % 2 else {}
        garden.add_point(row, id=name, **changes)
        garden.label("P02", "points", name)


def p03(garden: Garden, count: int) -> None:
    """A point is surveyed again under another number, in the same place or almost."""
    points = garden.draft.points
    mask = among(garden.view.point_class, PLAIN) & np.isfinite(points["ground_m"])
    for place, row in enumerate(garden.places("points", mask, count)):
        shift = round(float(garden.rng.uniform(0.02, 0.06)), 3) if place % 3 == 2 else 0.0
        name = garden.add_point(row, x_m=round(points["x_m"][row] + shift, 3))
        garden.label("P03", "points", name)


def l01(garden: Garden, count: int) -> None:
    """A line does not say where it starts or ends."""
    for place, row in enumerate(garden.places("lines", _touching(garden), count)):
        garden.change("lines", row, **{SIDES[place % 2]: ""})
        garden.label("L01", "lines", str(garden.draft.lines["id"][row]))


def l02(garden: Garden, count: int) -> None:
    """A line ends where it starts."""
    lines = garden.draft.lines
    for row in garden.places("lines", _touching(garden), count):
        values = {f"end_{kind}_m": lines[f"start_{kind}_m"][row] for kind in ("depth", "z")}
        garden.change("lines", row, end=str(lines["start"][row]), **values)
        garden.label("L02", "lines", str(lines["id"][row]))


def l03(garden: Garden, count: int) -> None:
    """A line is surveyed twice, in the same direction or in the other."""
    lines = garden.draft.lines
    swap = {"+": "-", "-": "+"}
    for place, row in enumerate(garden.places("lines", garden.is_laid(), count)):
        start, end = _ends(garden.view, row)
        flow = str(lines["flow_dir"][row])
        ends = [(lines[f"{side}_depth_m"][row], lines[f"{side}_z_m"][row]) for side in SIDES]
        if place % 2:
            start, end, flow, ends = end, start, swap.get(flow, flow), ends[::-1]
        (start_depth, start_z), (end_depth, end_z) = ends
        name = garden.add_line(
            row, start, end, flow_dir=flow,
            start_depth_m=start_depth, start_z_m=start_z, end_depth_m=end_depth, end_z_m=end_z,
        )  # fmt: skip
        garden.label("L03", "lines", name)


def j01(garden: Garden, count: int) -> None:
    """A point is missing from its table, or a line names one that never was."""
    view = garden.view
    missing = count // 2
    plants = garden.draft.tables.get("plants")
    kept = set() if plants is None else set(plants["point"].astype(str))
    done = 0
    for row in garden.places("points", garden.is_plain() & ~among(view.points["id"], kept), missing):
        garden.remove("points", row)
        for line in garden.lines_at(row):
            garden.label("J01", "lines", str(view.lines["id"][line]))
            done += 1
        if done >= missing:
            break
    for place, row in enumerate(garden.places("lines", _touching(garden), max(count - done, 0))):
        side = SIDES[place % 2]
        garden.change("lines", row, **{side: garden.new_name(str(view.lines[side][row]))})
        garden.label("J01", "lines", str(view.lines["id"][row]))


def j02(garden: Garden, count: int) -> None:
    """A point that no line leads to."""
    points = garden.draft.points
    for row in garden.places("points", garden.is_plain(), count):
        dx, dy = _way(garden, 1.5, 4.0)
        name = garden.add_plain_point(
            row, "转折点", x_m=round(points["x_m"][row] + dx, 3), y_m=round(points["y_m"][row] + dy, 3)
        )
        garden.label("J02", "points", name)


def _way(garden: Garden, least: float, most: float) -> tuple[float, float]:
    angle, far = garden.rng.uniform(0, 2 * np.pi), garden.rng.uniform(least, most)
    return float(far * np.cos(angle)), float(far * np.sin(angle))


def j06(garden: Garden, count: int) -> None:
    """A point is called a tee, a cross or an end where another number of lines meets."""
    view = garden.view
    for row in garden.places("points", garden.is_plain(), count):
        known = words.terms()[str(view.point_class[row])]
        fitting = [word for word in ("三通", "四通", "终点") if ("feature", word) in known and word != ""]
        garden.rename(row, str(garden.rng.choice(fitting)))
        garden.label("J06", "points", str(view.points["id"][row]))


def t02(garden: Garden, count: int) -> None:
    """A direction of flow is turned round, so that a manhole has no way out."""
    view = garden.view
    known, upper = directed(view)
    every = np.arange(len(upper))
    begins = view.end_row[upper, every]
    out = np.bincount(begins[known], minlength=len(view.bare))
    into = np.bincount(view.end_row[1 - upper, every][known], minlength=len(view.bare))
    sink = among(view.points["attachment"], SINKS) | among(view.points["feature"], SINKS)
    good = (out == 1) & (into >= 1) & ~sink & garden.is_site()
    mask = known & (begins >= 0) & garden.is_laid() & good[begins]
    for row in garden.places("lines", mask, count):
        garden.change("lines", row, flow_dir="+" if view.lines["flow_dir"][row] == "-" else "-")
        garden.label("T02", "points", str(view.points["id"][begins[row]]))


def _joints(garden: Garden, classes: Mapping[str, Any]) -> tuple[Mask, Rows]:
    """Lines with a plain joint of two lines at one end, and the side of that end."""
    view = garden.view
    plain = view.at_ends(garden.is_plain(), False).astype(np.bool_)
    mask = garden.is_laid() & plain.any(axis=0) & among(view.line_class, classes)
    return mask, np.where(plain[0], 0, 1)


def t03(garden: Garden, count: int) -> None:
    """The section changes where no reducer is, or a drain gets narrower."""
    view, lines = garden.view, garden.draft.lines
    mask, side = _joints(garden, SIZES)
    done = 0
    for row in garden.places("lines", mask & view.round_pipe, count // 2):
        own, old = str(view.line_class[row]), view.sections[0, row]
        other = [size for size in SIZES[own].split() if float(size.removeprefix("DN")) != old]
        good = words.diameters(str(lines["material"][row]))
        other = [size for size in other if not good or float(size.removeprefix("DN")) in good]
        prefix = "DN" if str(lines["size"][row]).startswith("DN") else ""
        garden.change("lines", row, size=prefix + str(garden.rng.choice(other)).removeprefix("DN"))
        garden.label("T03", "points", str(view.points["id"][view.end_row[side[row], row]]))
        done += 1
    for row, point in _leaving(garden, count - done):
        garden.change("lines", row, size=f"{str(lines['size'][row]).rstrip('0123456789.')}150")
        garden.label("T03", "points", str(view.points["id"][point]))


def _leaving(garden: Garden, count: int) -> list[tuple[int, int]]:
    """Drains that are the only way out of a manhole into which a drain of at least DN200 leads."""
    view = garden.view
    known, upper = directed(view)
    every = np.arange(len(upper))
    begins, ends = view.end_row[upper, every], view.end_row[1 - upper, every]
    wide = known & view.round_pipe & (view.sections[0] >= 200)
    out = np.bincount(begins[known & (begins >= 0)], minlength=len(view.bare))
    into = np.bincount(ends[wide & (ends >= 0)], minlength=len(view.bare))
    mask = wide & garden.is_laid() & (begins >= 0) & ((out == 1) & (into >= 1))[begins]
    exempt = among(view.points["attachment"], ("泵站", "溢流井"))[begins]
    return [(row, int(begins[row])) for row in garden.places("lines", mask & ~exempt, count)]


def t04(garden: Garden, count: int) -> None:
    """A piece of a line that nothing feeds."""
    view = garden.view
    points = garden.draft.points
    mask = garden.is_laid() & view.at_ends(garden.is_plain(), False).astype(np.bool_).any(axis=0)
    for row in garden.places("lines", mask & (view.plan_length > 8), count):
        one, two = view.end_row[:, row]
        dx, dy = (view.x[1, row] - view.x[0, row]), (view.y[1, row] - view.y[0, row])
        aside = float(garden.rng.choice([-1, 1]) * garden.rng.uniform(0.9, 1.4) / view.plan_length[row])
        names = []
        for source, share, feature in ((one, 0.25, "起点"), (one, 0.75, "预留口")):
            ground = (1 - share) * points["ground_m"][one] + share * points["ground_m"][two]
            names.append(
                garden.add_plain_point(
                    int(source), feature, ground_m=round(float(ground), 3),
                    x_m=round(float(view.x[0, row] + share * dx - aside * dy), 3),
                    y_m=round(float(view.y[0, row] + share * dy + aside * dx), 3),
                )
            )  # fmt: skip
        grounds = [points["ground_m"][one], points["ground_m"][two]]
        near = [0.75 * grounds[0] + 0.25 * grounds[1], 0.25 * grounds[0] + 0.75 * grounds[1]]
        depth = float(view.depth[:, row].mean())
        elevations = depths(depth, depth, round(float(near[0]), 3), round(float(near[1]), 3))
        garden.add_line(row, names[0], names[1], **elevations)
        garden.label("T04", "points", min(names))


def t05(garden: Garden, count: int) -> None:
    """The material changes where no change of material is."""
    view, lines = garden.view, garden.draft.lines
    mask, side = _joints(garden, MATERIALS)
    steel = among(lines["size"], [f"DN{value}" for value in (100, 150, 200, 300, 400, 500, 600)])
    cast = ~among(view.line_class, ("JS",)) | steel
    usual = among(lines["material"], {name for names in MATERIALS.values() for name in names})
    for row in garden.places("lines", mask & cast & usual & (lines["built"] >= 1960), count):
        old = str(lines["material"][row])
        other = [name for name in MATERIALS[str(view.line_class[row])] if name != old]
        if other:
            garden.change("lines", row, material=other[0], coating="")
            garden.label("T05", "points", str(view.points["id"][view.end_row[side[row], row]]))


def t06(garden: Garden, count: int) -> None:
    """A storm drain is joined to a sewer."""
    import shapely

    view, points = garden.view, garden.draft.points
    site = garden.is_site() & (points["attachment"] != "溢流井") & ~view.outside
    rows = {code: np.flatnonzero(site & (points["category"] == code)) for code in ("YS", "WS")}
    if not all(len(found) for found in rows.values()):
        return
    places = {code: shapely.points(points["x_m"][own], points["y_m"][own]) for code, own in rows.items()}
    tree = shapely.STRtree(places["WS"])
    pairs, gap = tree.query_nearest(places["YS"], max_distance=40.0, return_distance=True, all_matches=False)
    ground = points["ground_m"]
    near = {}
    for (a, b), far in zip(pairs.T, gap, strict=True):
        one, two = int(rows["YS"][a]), int(rows["WS"][b])
        fall = (ground[one] - _lowest(garden, one)) - (ground[two] - _lowest(garden, two))
        if far > 1 and abs(fall) < 0.4 * far:
            near[one] = two
    mask = np.zeros(len(points["id"]), dtype=np.bool_)
    mask[list(near)] = True
    done = 0
    for row in garden.places("points", mask, 2 * count):
        other = near[row]
        if done >= count or not garden.take("points", other):
            continue
        done += 1
        line = int(next(at for at in garden.lines_at(row)))
        names = [str(points["id"][point]) for point in (row, other)]
        values = [_lowest(garden, point) for point in (row, other)]
        elevations = depths(values[0], values[1], points["ground_m"][row], points["ground_m"][other])
        garden.add_line(line, names[0], names[1], **elevations)
        garden.label("T06", "points", names[1])


def _lowest(garden: Garden, point: int) -> float:
    """Depth of one of the lines that meet at a point."""
    line = int(garden.lines_at(point)[0])
    return float(garden.view.depth[0 if garden.view.end_row[0, line] == point else 1, line])


ROWS: dict[str, Callable[[Garden, int], None]] = {
    "T06": t06, "T02": t02, "T03": t03, "T05": t05, "J06": j06, "J01": j01, "L01": l01, "L02": l02,
    "L03": l03, "P02": p02, "P03": p03, "J02": j02, "T04": t04,
}  # fmt: skip
"""The planting function of each rule about rows and what they name; scarce sites first."""
