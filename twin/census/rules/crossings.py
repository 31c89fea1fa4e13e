"""Rules of space: lines that collide, run too close, or end just beside what they should join."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pandas as pd
import shapely

from twin.census.rules.hits import Floats, Hits, Ints, hits, texts
from twin.census.rules.solids import Solids
from twin.census.rules.view import View


@lru_cache(maxsize=1)
def solids_of(view: View) -> Solids:
    """The solids of a survey, made once for both rules."""
    return Solids(view)


def collisions(view: View) -> Iterator[Hits]:
    """C01: lines that cross in plan overlap (error) or keep less than the vertical minimum (warning)."""
    solids = solids_of(view)
    one, other, _t, _u = solids.crossings
    clear = solids.clear_height()
    slack = solids.limit_z[one] + solids.limit_z[other]
    least = np.nan_to_num(solids.minimum(one, other)[1])
    bad = clear < least - slack - 1e-9
    yield _pairs(view, solids, one[bad], other[bad], clear[bad], least[bad], (clear < -slack - 1e-9)[bad])


def crowding(view: View) -> Iterator[Hits]:
    """C02: lines of the clearance table that run side by side keep less than the horizontal minimum."""
    solids = solids_of(view)
    one, other = solids.neighbours()
    beside = solids.side_by_side(one, other, view.limit("parallel_deg")) >= view.limit("parallel_least_m")
    trench = view.laid("GG")[solids.rows]
    beside &= ~(trench[one] & trench[other])
    one, other = one[beside], other[beside]
    clear = solids.distance(one, other) - solids.wide[one] - solids.wide[other]
    least = solids.minimum(one, other)[0]
    bad = clear < least - solids.limit_xy[one] - solids.limit_xy[other] - 1e-9
    one, other, clear, least = one[bad], other[bad], clear[bad], least[bad]
    apart = ~shapely.intersects(solids.shapes[one], solids.shapes[other])
    one, other = one[apart], other[apart]
    yield _pairs(view, solids, one, other, clear[apart], least[apart], np.zeros(len(one), dtype=np.bool_))


def _pairs(
    view: View, solids: Solids, one: Ints, other: Ints, clear: Floats, least: Floats, grave: np.ndarray
) -> Hits:
    """One hit for each line of a pair: against the partner with the least clear distance."""
    found = pd.DataFrame(
        {
            "at": solids.rows[np.append(one, other)],
            "with": solids.rows[np.append(other, one)],
            "clear": np.round(np.append(clear, clear), 3),
            "least": np.append(least, least),
            "grave": np.append(grave, grave),
        }
    )
    found = found.sort_values(["at", "grave", "clear", "with"], ascending=[True, False, True, True])
    found = found.drop_duplicates("at")
    ids = view.lines["id"].iloc[found["with"]]
    said = [f"{clear} {name}" for clear, name in zip(texts(found["clear"]), ids, strict=True)]
    severity = ["error" if bad else "warning" for bad in found["grave"]]
    expected = [f">= {one}" for one in texts(found["least"])]
    return hits("lines", found["at"].to_numpy(np.int64), "start_z_m", said, expected, severity)


def missed_ends(view: View) -> Iterator[Hits]:
    """S01: an end without cause lies beside a line of its category that it does not join."""
    joints = view.joints
    lone = (joints.degree == 1) & (view.first[: joints.size] >= 0)
    open_end = np.append(~view.plain | view.marked("open end") | view.outside, True)[
        view.first[: joints.size]
    ]
    side, index = np.nonzero((lone & ~open_end)[view.ends[:, joints.lines]])
    own = joints.lines[index]
    kept = view.sound[own]
    side, own = side[kept], own[kept]
    rows = np.flatnonzero(view.sound & (view.plan > 0))
    shapes = shapely.linestrings(np.stack([view.x[:, rows].T, view.y[:, rows].T], axis=2))
    ends = shapely.points(view.x[side, own], view.y[side, own])
    at, near = shapely.STRtree(shapes).query(ends, predicate="dwithin", distance=view.limit("miss_plan_m"))
    category = pd.factorize(view.lines["category"])[0]
    mine, theirs = own[at], rows[near]
    kept = (category[mine] == category[theirs]) & (view.filled("lines", "category")[mine]) & (mine != theirs)
    for number in (view.ends[side[at], mine], view.ends[1 - side[at], mine]):
        kept &= (view.ends[:, theirs] != number).all(axis=0)
    at, near, mine, theirs = at[kept], near[kept], mine[kept], theirs[kept]
    kept = _level(view, ends[at], shapes[near], (side[at], mine), theirs)
    at, theirs = at[kept], theirs[kept]
    found = pd.DataFrame({"at": view.end_at[side[at], own[at]], "with": theirs})
    found = found.sort_values(["at", "with"]).drop_duplicates("at")
    yield hits("points", found["at"].to_numpy(np.int64), "x_m", view.lines["id"].iloc[found["with"]], "")


def _level(
    view: View, ends: np.ndarray, shapes: np.ndarray, mine: tuple[Ints, Ints], theirs: Ints
) -> np.ndarray:
    """Whether an end and the line beside it are level; true where an elevation is not trusted."""
    share = shapely.line_locate_point(shapes, ends, normalized=True)
    z = view.z[0, theirs] + share * (view.z[1, theirs] - view.z[0, theirs])
    slack = view.limit("miss_z_m") + view.limit_z[mine] + view.limit_z[:, theirs].max(axis=0)
    known = view.sure[mine] & view.sure[:, theirs].all(axis=0)
    return np.asarray(~known | (np.abs(view.z[mine] - z) <= slack))


RULES = {"C01": collisions, "C02": crowding, "S01": missed_ends}
