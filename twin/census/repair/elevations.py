"""Repairs of ground elevation, depth and elevation of lines: one of them follows from the other two."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.census.repair.asked import Asked, Ints, Mask
from twin.census.repair.patch import Patch
from twin.census.rules.hits import Floats
from twin.census.rules.view import SIDES, View

_SLIPS = (
    (-1.0, "depth * -1"),
    (0.01, "depth / 100"),
    (0.001, "depth / 1000"),
    (0.1, "depth / 10"),
    (10.0, "depth * 10"),
)
"""What a depth may have to be multiplied by: a wrong sign, centimetres, millimetres, a slipped point."""
_DECIMALS = 3


def missing_terms(asked: Asked) -> Iterator[Patch]:
    """G02: the missing one of ground, depth and elevation, where the other two are there."""
    view = asked.view
    plain = ~view.laid("DM JK SJ")
    for number, side in enumerate(SIDES):
        ground, depth, z = view.ground[number], view.depth[number], view.z[number]
        for field, value, told in (
            (f"{side}_z_m", ground - depth, "ground - depth"),
            (f"{side}_depth_m", ground - z, "ground - elevation"),
        ):
            at = asked.at("G02", "lines", field)
            at = at[plain[at] & np.isfinite(value[at])]
            yield Patch("lines", at, field, list(_rounded(value[at])), "G02", [told] * len(at))
    yield from _missing_ground(asked, plain)


def _missing_ground(asked: Asked, plain: Mask) -> Iterator[Patch]:
    """The ground of a point that depth and elevation of all its lines agree on."""
    view = asked.view
    at = asked.at("G02", "points", "ground_m")
    low, high, _count = _spread(view, view.depth + view.z, np.vstack([plain, plain]))
    known = (high[at] - low[at]) <= view.limit("joint_m")
    value = _rounded((low[at] + high[at]) / 2)
    told = ["depth + elevation"] * int(known.sum())
    yield Patch("points", at[known], "ground_m", list(value[known]), "G02", told)


def slips(asked: Asked) -> Iterator[Patch]:
    """J03: a depth whose sign or unit slipped: multiplied by one number it fits ground and elevation."""
    view = asked.view
    near = view.limit("joint_m")
    for number, side in enumerate(SIDES):
        at = _wrong(asked, number)
        gap = (view.ground - view.z)[number][at]
        depth = view.depth[number][at]
        left = np.ones(len(at), dtype=np.bool_)
        for factor, told in _SLIPS:
            fits = left & (np.abs(gap - depth * factor) <= near) & (np.abs(depth) > near)
            left &= ~fits
            values = list(_rounded(depth[fits] * factor))
            yield Patch("lines", at[fits], f"{side}_depth_m", values, "J03", [told] * int(fits.sum()))


def outvoted(asked: Asked) -> Iterator[Patch]:
    """J03: what the other lines at the point contradict.

    Where they confirm the ground and have one elevation, that of this line too, its depth follows; where they
    have one depth, that of this line too, its elevation follows. Where none confirms the ground and all agree
    on another one, the ground follows.
    """
    view = asked.view
    near = view.limit("joint_m")
    good = view.gap <= near + 1e-9
    z_low, z_high, count = _spread(view, view.z, good)
    d_low, d_high, _count = _spread(view, view.depth, good)
    for number, side in enumerate(SIDES):
        at = _wrong(asked, number)
        point = view.end_at[number][at]
        ground, depth, z = (values[number][at] for values in (view.ground, view.depth, view.z))
        by_z = (count[point] > 0) & _within(z, z_low[point], z_high[point], near)
        by_depth = (count[point] > 0) & ~by_z & _within(depth, d_low[point], d_high[point], near)
        for chosen, field, value, told in (
            (by_z, f"{side}_depth_m", ground - z, "ground - elevation"),
            (by_depth, f"{side}_z_m", ground - depth, "ground - depth"),
        ):
            made = list(_rounded(value[chosen]))
            yield Patch("lines", at[chosen], field, made, "J03", [told] * int(chosen.sum()))
    yield from _outvoted_ground(asked, count)


def _outvoted_ground(asked: Asked, confirmed: Ints) -> Iterator[Patch]:
    view = asked.view
    sums = view.depth + view.z
    wrong = np.zeros(sums.shape, dtype=np.bool_)
    for number in range(2):
        wrong[number, _wrong(asked, number)] = True
    low, high, count = _spread(view, sums, wrong)
    every = _spread(view, sums, np.isfinite(view.gap))[2]
    agreed = (count >= 2) & (count == every) & (confirmed == 0) & (high - low <= view.limit("joint_m"))
    rows = view.points["row"].to_numpy()
    at = np.array(
        [n for n in np.flatnonzero(agreed) if ("points", int(rows[n])) not in asked.untouched], dtype=np.int64
    )
    told = [f"depth + elevation of {lines} lines" for lines in count[at]]
    yield Patch("points", at, "ground_m", list(_rounded((low[at] + high[at]) / 2)), "J03", told)


def all_elevations(asked: Asked) -> Iterator[Patch]:
    """J03: the elevation is ground less depth, whichever of the three is wrong."""
    view = asked.view
    for number, side in enumerate(SIDES):
        at = _wrong(asked, number)
        value = (view.ground - view.depth)[number][at]
        yield Patch("lines", at, f"{side}_z_m", list(_rounded(value)), "J03", ["ground - depth"] * len(at))


def _wrong(asked: Asked, number: int) -> Ints:
    """Lines with a finding of J03 at one end that is still wrong and where overhead signs play no part."""
    view = asked.view
    at = asked.at("J03", "lines", f"{SIDES[number]}_z_m")
    bad = (view.gap[number] > view.limit("joint_m") + 1e-9) & ~view.laid("JK SJ")
    return np.asarray(at[bad[at]], dtype=np.int64)


def _spread(view: View, values: Floats, chosen: Mask) -> tuple[Floats, Floats, Ints]:
    """Least, greatest and number of the chosen values (2, lines) at each point; NaN, NaN, 0 for none."""
    use = chosen & (view.end_at >= 0) & np.isfinite(values)
    low, high = np.full(len(view.points), np.inf), np.full(len(view.points), -np.inf)
    count = np.zeros(len(view.points), dtype=np.int64)
    np.minimum.at(low, view.end_at[use], values[use])
    np.maximum.at(high, view.end_at[use], values[use])
    np.add.at(count, view.end_at[use], 1)
    empty = count == 0
    low[empty] = high[empty] = np.nan
    return low, high, count


def _within(values: Floats, low: Floats, high: Floats, near: float) -> Mask:
    """Whether values lie at the one value that others agree on."""
    return np.asarray((high - low <= near) & (np.abs(values - (low + high) / 2) <= near), dtype=np.bool_)


def _rounded(values: Floats) -> Floats:
    return np.asarray(np.round(values, _DECIMALS), dtype=np.float64)


REPAIRS = {
    "sum": missing_terms,
    "slip": slips,
    "agreement": outvoted,
    "elevation": all_elevations,
}
