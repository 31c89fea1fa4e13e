"""Rules of joints: lines and points that must fit together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.census.rules.columns import SIDES
from twin.census.rules.hits import Floats, Hits, Ints, hits, texts
from twin.census.rules.view import View
from twin.census.vocabulary import vocabulary


def missing_points(view: View) -> Iterator[Hits]:
    """J01: an end names an id that no point has."""
    for side, numbers, at in zip(SIDES, view.ends, view.end_at, strict=True):
        found = (numbers >= 0) & (at < 0)
        yield hits("lines", found, side, view.names[numbers[found]], "")


def lone_points(view: View) -> Iterator[Hits]:
    """J02: no line names the point."""
    found = (view.number >= 0) & ~np.append(view.joints.used, False)[view.number]
    yield hits("points", found, "id", view.points["id"][found], "")


def broken_sums(view: View) -> Iterator[Hits]:
    """J03: ground elevation is not depth plus elevation; either sign of depth will do overhead."""
    for number, side in enumerate(SIDES):
        found = view.gap[number] > view.limit("joint_m") + 1e-9
        wanted = (view.ground - view.depth)[number][found]
        yield hits("lines", found, f"{side}_z_m", view.z[number][found], np.round(wanted, 3))


def odd_lengths(view: View) -> Iterator[Hits]:
    """J04: longer or shorter in space than a line can be; links inside chambers may be short."""
    for found, expected in (
        (view.too_long, f"<= {view.limit('longest_m'):g}"),
        (view.too_short, f">= {view.limit('shortest_m'):g}"),
    ):
        yield hits("lines", found, "length_m", np.round(view.length[found], 3), expected)


def steep_lines(view: View) -> Iterator[Hits]:
    """J05: steeper than 30 degrees beyond doubt; not overhead, in chambers, at risers and poles."""
    upright = view.marked_ends(view.marked("riser") | view.marked("house") | view.poles).any(axis=0)
    judged = view.sound & view.sure.all(axis=0) & ~upright & ~view.laid("JK SJ JN")
    rise = np.abs(view.z[1] - view.z[0])
    found = judged & (
        rise - view.limit_z.sum(axis=0) > view.plan * np.tan(np.radians(view.limit("steepest_deg")))
    )
    angle = np.degrees(np.arctan2(rise, view.plan))[found]
    yield hits("lines", found, "end_z_m", np.round(angle, 1), f"<= {view.limit('steepest_deg'):g}")


def odd_degrees(view: View) -> Iterator[Hits]:
    """J06: the feature of a point without attachment asks for another number of neighbours than there are."""
    known = vocabulary().classes
    asked = np.zeros(len(view.points), dtype=np.int64)
    for number, code in enumerate(view.classes):
        lines = {term.term: term.lines for term in known[code].terms if term.role == "feature"}
        own = view.coded("points", "feature", lambda text, lines=lines: lines.get(text, 0))  # type: ignore[misc]
        asked = np.where(view.point_class == number, own, asked)
    degree = np.append(view.joints.degree, 0)[view.number]
    found = (asked > 0) & view.plain & (degree > 0) & (degree != asked)
    said = [
        f"{name} {count}" for name, count in zip(view.points["feature"][found], degree[found], strict=True)
    ]
    yield hits("points", found, "feature", said, texts(asked[found]))


def sharp_angles(view: View) -> Iterator[Hits]:
    """J07: two lines of one class leave a point without attachment at a sharp angle beyond doubt."""
    turned = view.marked_ends(view.marked("riser") | view.marked("house")).any(axis=0)
    long = view.sound & (view.plan >= view.limit("angle_least_m")) & ~turned & ~view.laid("JN JK")
    numbers, rows, sides = view.joints.meetings(long & view.marked_ends(view.plain))
    sharpest = np.full(view.joints.size, np.inf)
    away = _directions(view, rows, sides)
    step = 1
    while step < len(rows):
        pair = numbers[step:] == numbers[:-step]
        if not pair.any():
            break
        one, other = np.flatnonzero(pair), np.flatnonzero(pair) + step
        same = view.line_class[rows[one]] == view.line_class[rows[other]]
        one, other = one[same], other[same]
        angle = np.arccos(np.clip((away[one] * away[other]).sum(axis=1), -1, 1))
        doubt = view.limit("angle_error_m") * (1 / view.plan[rows[one]] + 1 / view.plan[rows[other]])
        sharp = angle + doubt < np.radians(view.limit("sharpest_deg"))
        np.minimum.at(sharpest, numbers[one[sharp]], angle[sharp])
        step += 1
    found = np.flatnonzero(np.isfinite(sharpest))
    at = view.first[found]
    degrees = np.round(np.degrees(sharpest[found]), 1)
    order = np.argsort(at)
    yield hits("points", at[order], "x_m", degrees[order], f">= {view.limit('sharpest_deg'):g}")


def _directions(view: View, rows: Ints, sides: Ints) -> Floats:
    """Unit vectors from a point along its lines, shape (n, 3); level where an elevation is not trusted."""
    rise = np.where(view.sure.all(axis=0), view.z[1] - view.z[0], 0.0)
    along = np.column_stack([view.x[1] - view.x[0], view.y[1] - view.y[0], rise])[rows]
    along *= np.where(sides == 0, 1.0, -1.0)[:, None]
    return np.asarray(along / np.linalg.norm(along, axis=1)[:, None], dtype=np.float64)


RULES = {
    "J01": missing_points,
    "J02": lone_points,
    "J03": broken_sums,
    "J04": odd_lengths,
    "J05": steep_lines,
    "J06": odd_degrees,
    "J07": sharp_angles,
}
