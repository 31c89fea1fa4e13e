"""Defects of shape and place: L05, J04, J05, J07, T01, C01, C02 and S01; one function per rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely

from twin.synthesis.defects import words
from twin.synthesis.defects.garden import Garden, depths
from twin.synthesis.defects.present_crossings import Solids
from twin.synthesis.defects.present_joints import MANHOLE_DROP_M, STEEPEST
from twin.synthesis.defects.present_topology import directed, pressurised
from twin.synthesis.defects.view import SIDES, View, among
from twin.synthesis.survey import accuracy
from twin.synthesis.survey_tables import Floats, Mask

OVER = ("出地", "入户")
REACH_M = 8.0
"""Longest branch to a line of another class."""


def l05(garden: Garden, count: int) -> None:
    """One line meets the others of its class at another depth."""
    view = garden.view
    site = (garden.is_plain() | garden.is_site()) & (view.degree >= 2)
    site &= ~among(view.points["attachment"], ("跌水井", "泵站"))
    ends = view.at_ends(site, False).astype(np.bool_)
    mask = garden.is_laid() & ends.any(axis=0) & (view.plan_length > 8) & (view.depth.min(axis=0) > 0.3)
    done = 0
    for row in garden.places("lines", mask & (view.line_class != "PS"), 3 * count):
        side = 0 if ends[0, row] else 1
        point = int(view.end_row[side, row])
        if done >= count or not _has_others(garden, point, row):
            continue
        heights = np.nan_to_num(view.sections[1, garden.lines_at(point)])
        gap = 2 * _worst(view, side, row, 1.2) + (heights.max() - heights.min()) / 1000
        drop = MANHOLE_DROP_M if view.line_class[row] == "PS" else 0.0
        depth = view.depth[side, row] + gap + drop + garden.rng.uniform(0.1, 0.4)
        _lay(garden, row, side, float(depth))
        garden.label("L05", "points", str(view.points["id"][point]))
        done += 1


def _has_others(garden: Garden, point: int, row: int) -> bool:
    lines = garden.lines_at(point)
    return bool(((garden.view.line_class[lines] == garden.view.line_class[row]) & (lines != row)).any())


def _worst(view: View, side: int, row: int, deeper: float) -> float:
    """Limit of the error of an end that lies this much deeper than now, if not visible."""
    reach = view.reach[side, row] + deeper
    return (
        float(view.limit_z[side, row])
        if view.visible[side, row]
        else 2 * float(np.hypot(0.03, 0.075 * reach))
    )


def _lay(garden: Garden, row: int, side: int, depth: float) -> None:
    """Lay one end of a line at another depth."""
    depth = round(depth, 2)
    z = round(float(garden.view.ground[side, row]) - depth, 3)
    garden.change("lines", row, **{f"{SIDES[side]}_depth_m": depth, f"{SIDES[side]}_z_m": z})


def j04(garden: Garden, count: int) -> None:
    """A line is longer than lines can be, or next to nothing."""
    view, points, lines = garden.view, garden.draft.points, garden.draft.lines
    half = count // 2 if (_doubles(garden)).any() else 0
    done = _merge(garden, half)
    for row in garden.places("lines", garden.is_laid() & (view.plan_length > 4), count - done):
        start = int(view.end_row[0, row])
        name = garden.add_plain_point(
            start, "转折点", category=str(lines["category"][row]), ground_m=float(points["ground_m"][start]),
            code=words.element_code(str(lines["category"][row]), "feature", "转折点"),
            x_m=round(float(points["x_m"][start] + 0.02 * np.sign(view.x[1, row] - view.x[0, row])), 3),
        )  # fmt: skip
        ground, depth = points["ground_m"][start], view.depth[0, row]
        label = garden.add_line(
            row, str(points["id"][start]), name, **depths(depth, depth, ground, ground),
            flow_dir=str(lines["flow_dir"][row]),
        )  # fmt: skip
        garden.change("lines", row, start=name)
        garden.label("J04", "lines", label)


def _doubles(garden: Garden) -> Mask:
    """Plain joints whose two lines are together longer than a line may be."""
    view = garden.view
    total = np.zeros(len(view.bare))
    for side in range(2):
        rows = view.end_row[side]
        np.add.at(total, rows[rows >= 0], np.nan_to_num(view.plan_length)[rows >= 0])
    return np.asarray(garden.is_plain() & (total > 77))


def _merge(garden: Garden, count: int) -> int:
    """Leave out joints, so that their two lines become one that is too long."""
    view = garden.view
    done = 0
    for point in garden.places("points", _doubles(garden), count):
        one, two = (int(line) for line in garden.lines_at(point)[:2])
        near = 0 if view.end_row[0, one] == point else 1
        far = 1 if view.end_row[0, two] == point else 0
        end = int(view.end_row[far, two])
        gap = np.hypot(*(view.points[name][end] - view.points[name][view.end_row[1 - near, one]]
                         for name in ("x_m", "y_m")))  # fmt: skip
        if gap < 76 or view.line_class[one] != view.line_class[two]:
            continue
        side, other = SIDES[near], SIDES[far]
        lines = garden.draft.lines
        values = {f"{side}_{kind}_m": lines[f"{other}_{kind}_m"][two] for kind in ("depth", "z")}
        garden.change("lines", one, **{side: str(lines[other][two])}, **values)
        garden.remove("lines", two)
        garden.remove("points", point)
        garden.label("J04", "lines", str(lines["id"][one]))
        done += 1
    return done


def j05(garden: Garden, count: int) -> None:
    """A short piece that falls far more than a line can."""
    view = garden.view
    for row, point, side in _branches(garden, count):
        angle, far = garden.rng.uniform(0, 2 * np.pi), garden.rng.uniform(0.8, 1.4)
        start = float(view.depth[side, row])
        fall = far * STEEPEST + 2 * float(np.hypot(0.03, 0.075 * (start + 2.5))) + view.limit_z[side, row]
        depth = start + fall + garden.rng.uniform(0.1, 0.4)
        way = (float(far * np.cos(angle)), float(far * np.sin(angle)))
        garden.label("J05", "lines", garden.stub(point, row, way, depth)[1])


def _branches(garden: Garden, count: int) -> list[tuple[int, int, int]]:
    """Line, point and side of places where another line can be joined without anybody counting."""
    view = garden.view
    site = view.at_ends(garden.is_site(), False).astype(np.bool_)
    shallow = np.where(site[0], view.depth[0], view.depth[1]) < view.deepest.min() - 3.5
    found = []
    for row in garden.places("lines", garden.is_laid() & site.any(axis=0) & shallow, count):
        side = 0 if site[0, row] else 1
        found.append((row, int(view.end_row[side, row]), side))
    return found


def j07(garden: Garden, count: int) -> None:
    """A branch leaves at a sharp angle."""
    view = garden.view
    joint = garden.is_plain() & ~_near_riser(garden)
    sides = view.at_ends(joint, False).astype(np.bool_)
    mask = garden.is_laid() & sides.any(axis=0) & (view.plan_length > 5)
    for row in garden.places("lines", mask, count):
        side = 0 if sides[0, row] else 1
        point = int(view.end_row[side, row])
        along = np.arctan2(
            view.y[1 - side, row] - view.y[side, row], view.x[1 - side, row] - view.x[side, row]
        )
        angle = along + garden.rng.choice([-1, 1]) * np.deg2rad(garden.rng.uniform(12, 30))
        far = garden.rng.uniform(3, 5)
        way = (float(far * np.cos(angle)), float(far * np.sin(angle)))
        garden.stub(point, row, way, float(view.depth[side, row]))
        known = words.terms()[str(view.point_class[point])]
        garden.rename(point, "三通" if ("feature", "三通") in known else "分支")
        garden.label("J07", "points", str(view.points["id"][point]))


def _near_riser(garden: Garden) -> Mask:
    """Points next to a point where a line comes up or goes into a house."""
    view = garden.view
    riser = among(view.points["feature"], OVER)
    near = np.zeros(len(view.bare), dtype=np.bool_)
    for side in range(2):
        here, there = view.end_row[side], view.end_row[1 - side]
        use = (here >= 0) & (there >= 0)
        np.logical_or.at(near, here[use], riser[there[use]])
    return near


def t01(garden: Garden, count: int) -> None:
    """A drain rises in the direction of its flow."""
    view = garden.view
    known, upper = directed(view)
    every = np.arange(len(upper))
    pump = view.at_ends(view.points["attachment"] == "泵站", False).astype(np.bool_)[upper, every]
    lower = 1 - upper
    rise = view.z[upper, every] - view.z[lower, every]
    needed = rise + view.limit_z.sum(axis=0) + 0.1
    room = view.depth[lower, every] - needed > 0.4
    mask = known & garden.is_laid() & room & ~pump & ~pressurised(view) & (view.plan_length > 3) & (rise >= 0)
    for row in garden.places("lines", mask, count):
        side = int(lower[row])
        most = max(view.depth[side, row] - needed[row] - 0.35, 0.0)
        depth = view.depth[side, row] - needed[row] - garden.rng.uniform(0, min(0.3, most))
        _lay(garden, row, side, float(depth))
        garden.label("T01", "lines", str(view.lines["id"][row]))


def c01(garden: Garden, count: int) -> None:
    """A branch runs through a line of another class."""
    view, solids = garden.view, Solids(garden.view)
    rows = np.flatnonzero(garden.is_site() & ~view.outside & garden.free["points"])
    lines = np.flatnonzero(garden.is_laid() & solids.use & (view.plan_length > 3) & garden.free["lines"])
    if not len(rows) or not len(lines):
        return
    tree = shapely.STRtree(shapely.linestrings(solids.ends[:, lines, :2].transpose(1, 0, 2)))
    asked = garden.rng.permutation(rows)[: 60 * count]
    places = shapely.points(view.points["x_m"][asked], view.points["y_m"][asked])
    at, found = tree.query(places, predicate="dwithin", distance=REACH_M)
    order = np.argsort(at, kind="stable")
    chosen: dict[int, int] = {}
    for point, line in zip(asked[at[order]], lines[found[order]], strict=True):
        if len(chosen) < 4 * count and int(point) not in chosen and _can_cross(garden, solids, point, line):
            chosen[int(point)] = int(line)
    mask = np.zeros(len(view.bare), dtype=np.bool_)
    mask[list(chosen)] = True
    done = 0
    for point in garden.places("points", mask, 2 * count):
        line = chosen[point]
        if done < count and garden.take("lines", line):
            _cross(garden, solids, point, line)
            done += 1


def _foot(solids: Solids, point: int, line: int) -> tuple[Floats, float]:
    """The nearest place on a line's centre line in plan with its elevation, and the distance to it."""
    view = solids.view
    a, b = solids.ends[:, line]
    here = np.array([view.points["x_m"][point], view.points["y_m"][point]])
    way = b - a
    share = float(((here - a[:2]) * way[:2]).sum() / (way[:2] ** 2).sum())
    foot = a + share * way if 0.15 < share < 0.85 else np.full(3, np.nan)
    return foot, float(np.hypot(*(foot[:2] - here)))


def _branch(garden: Garden, solids: Solids, point: int, line: int) -> tuple[int, float, float, Floats]:
    """What a branch to `line` is like: a line at the point, its length, its end depth, where they meet."""
    view = garden.view
    foot, distance = _foot(solids, point, line)
    own = int(garden.lines_at(point)[0])
    side = 0 if view.end_row[0, own] == point else 1
    reach = distance + 1.0
    slope = (foot[2] - solids.ends[side, own, 2]) / max(distance, 0.1)
    return own, reach, float(view.depth[side, own] - slope * reach), foot


def _can_cross(garden: Garden, solids: Solids, point: int, line: int) -> bool:
    """Whether a branch from the point can meet the line at an ordinary slope, and beyond doubt."""
    view = garden.view
    own, reach, depth, foot = _branch(garden, solids, point, line)
    if view.line_class[line] == view.line_class[own] or not 1.8 < reach < REACH_M + 1:
        return False
    side = 0 if view.end_row[0, own] == point else 1
    slope = (foot[2] - solids.ends[side, own, 2]) / (reach - 1)
    known = accuracy()
    error = max(known["depth_m"], known["deep_share"] * depth)
    doubt = max(float(view.limit_z[side, own]), known["limit"] * float(np.hypot(known["elevation_m"], error)))
    overlap = (solids.size[1, own] + solids.size[1, line]) / 2
    clear = overlap > doubt + solids.limits[1, line] + 0.03
    return bool(clear and abs(slope) < 0.35 and 0.3 < depth < view.deepest[own] - 0.5)


def _cross(garden: Garden, solids: Solids, point: int, line: int) -> None:
    view = garden.view
    own, reach, depth, foot = _branch(garden, solids, point, line)
    away = reach / (reach - 1.0)
    way = [away * float(foot[axis] - view.points[name][point]) for axis, name in enumerate(("x_m", "y_m"))]
    name = garden.stub(point, own, (way[0], way[1]), depth, chamber=True)[1]
    garden.label("C01", "lines", name)
    garden.label("C01", "lines", str(view.lines["id"][line]))


def c02(garden: Garden, count: int) -> None:
    """A piece of gas pipe lies right beside a drain or a water main."""
    view, solids = garden.view, Solids(garden.view)
    gas = garden.is_laid() & (view.line_class == "RQ") & (view.lines["embed"] == "ZM")
    sources = np.flatnonzero(gas)
    mask = garden.is_laid() & solids.use & among(view.line_class, ("PS", "JS")) & (view.plan_length > 10)
    mask &= (view.depth.min(axis=0) > 0.7) & (view.depth.max(axis=0) < 4)
    mask &= solids.limits[0] < np.where(view.line_class == "PS", 0.7, 0.27)
    if not len(sources):
        return
    for row in garden.places("lines", mask, count):
        source = int(garden.rng.choice(sources))
        along, across, middle = _frame(view, row)
        apart = float(solids.size[0, row] + solids.size[0, source]) / 2 + 0.03
        aside = middle + garden.rng.choice([-1, 1]) * apart * across
        ground = round(float(view.ground[:, row].mean()), 3)
        names = [
            garden.add_plain_point(
                int(view.end_row[0, source]), "", words.CHAMBERS["RQ"],
                category=str(view.lines["category"][source]), ground_m=ground,
                x_m=round(float(place[0]), 3), y_m=round(float(place[1]), 3),
            )
            for place in (aside - 3 * along, aside + 3 * along)
        ]  # fmt: skip
        z = solids.ends[:, row, 2]
        tilt = 3.0 / view.plan_length[row] * (z[1] - z[0])
        top = z.mean() + solids.size[1, source] / 2
        elevations = depths(ground - top + tilt, ground - top - tilt, ground, ground)
        garden.label("C02", "lines", garden.add_line(source, names[0], names[1], **elevations))
        garden.label("C02", "lines", str(view.lines["id"][row]))


def s01(garden: Garden, count: int) -> None:
    """A branch that ends just before the line it should join."""
    view = garden.view
    for row in garden.places("lines", garden.is_laid() & (view.plan_length > 10), count):
        _, across, middle = _frame(view, row)
        near = garden.rng.choice([-1, 1]) * garden.rng.uniform(0.2, 0.35) * across
        far = near * (4.0 / np.hypot(*near))
        source = int(view.end_row[0, row])
        category = str(view.lines["category"][row])
        share = view.ground[:, row].mean()
        names = []
        for offset, feature in ((near, "终点"), (far, "预留口")):
            x, y = middle + offset
            names.append(garden.add_plain_point(
                source, feature, category=category, code=words.element_code(category, "feature", feature),
                x_m=round(float(x), 3), y_m=round(float(y), 3), ground_m=round(float(share), 3),
            ))  # fmt: skip
        ground, depth = round(float(share), 3), float(view.depth[:, row].mean())
        garden.add_line(row, names[0], names[1], **depths(depth, depth, ground, ground))
        garden.label("S01", "points", names[0])


def _frame(view: View, row: int) -> tuple[Floats, Floats, Floats]:
    """Direction along a line, direction across it and its middle, in plan."""
    way = np.array([view.x[1, row] - view.x[0, row], view.y[1, row] - view.y[0, row]])
    along = way / np.hypot(*way)
    middle = np.array([view.x[:, row].mean(), view.y[:, row].mean()])
    return along, np.array([-along[1], along[0]]), middle


SHAPES: dict[str, Callable[[Garden, int], None]] = {
    "C01": c01, "J04": j04, "T01": t01, "L05": l05, "J05": j05, "J07": j07, "C02": c02, "S01": s01,
}  # fmt: skip
"""The planting function of each rule about shapes and places; scarce sites first."""
