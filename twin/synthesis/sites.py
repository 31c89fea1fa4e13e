"""Where plants, stations and outfalls can stand: ways out of a junction that no street takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from twin.errors import InputError
from twin.model.finding import Finding, Severity
from twin.synthesis.ground import Bools, Floats, Ground, Ints, Texts
from twin.synthesis.laying import ZONE_M, Laid
from twin.synthesis.streets import Streets
from twin.text import _

_REACH_M = 300.0
_STEP_M = 10.0
_CLEAR_M = 38.0
"""How far from the centre line of another street a site ends."""


@dataclass
class Sites:
    """Free ways: junction, whether along its column, direction, how far they go, where they meet water.

    `taken` marks those that something stands on.
    """

    junction: Ints
    column: Bools
    sign: Floats
    room_m: Floats
    water_m: Floats
    taken: Bools

    def nearest(self, x: float, y: float, streets: Streets, room_m: float, outer: bool | None = None) -> int:
        """The free site nearest to a place, which becomes taken; -1 where none is left."""
        open_ = ~self.taken & (self.room_m >= room_m) & ~np.isfinite(self.water_m)
        if outer is not None:
            wide = open_ & ((self.room_m >= _REACH_M) == outer)
            open_ = wide if wide.any() else open_
        if not open_.any():
            return -1
        away = np.hypot(streets.x[self.junction] - x, streets.y[self.junction] - y)
        found = int(np.argmin(np.where(open_, away, np.inf)))
        self.taken[found] = True
        return found


def required(found: list[int]) -> Ints:
    """Those of the sites that were found; InputError where there is none at all."""
    chosen = np.array([site for site in found if site >= 0], dtype=np.int64)
    if not len(chosen):
        problem = _("has no room for all its plants")
        remedy = _("give a larger area, or another seed")
        raise InputError(
            _("this city cannot be made"), (Finding("synth.room", Severity.ERROR, "", problem, remedy),)
        )
    return chosen


def sites(streets: Streets, ground: Ground) -> Sites:
    """All free ways of a street network."""
    junction, kind, sign = streets.free.T
    column, direction = kind == 1, sign.astype(np.float64)
    distance = np.arange(_STEP_M, _REACH_M + _STEP_M, _STEP_M)
    x, y = way(streets, junction, column, direction, distance, np.zeros(len(junction)))
    tree = cKDTree(_centre_lines(streets))
    clear = np.asarray(tree.query(np.column_stack([x.ravel(), y.ravel()]))[0]).reshape(x.shape)
    hit = (clear < np.minimum(_CLEAR_M, distance - 5.0)).cumsum(axis=1) > 0
    wet = ground.wet(x, y, 0.0) & ~hit
    room = np.where(hit, 0, 1).sum(axis=1) * _STEP_M
    water = np.where(wet.any(axis=1), distance[wet.argmax(axis=1)], np.inf)
    return Sites(junction, column, direction, room, water, np.zeros(len(junction), dtype=np.bool_))


def _centre_lines(streets: Streets) -> Floats:
    count = np.ceil(streets.length_m / _STEP_M).astype(np.int64) + 1
    section = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(section)) - np.repeat(np.cumsum(count) - count, count)
    distance = streets.length_m[section] * rank / (count[section] - 1)
    return np.column_stack(streets.along(section, distance, np.zeros(len(section))))


def way(
    streets: Streets, junction: Ints, column: Bools, sign: Floats, distance: Floats, lateral: Floats
) -> tuple[Floats, Floats]:
    """Places [site, distance] along free ways, `lateral` m beside their axis."""
    step = sign[:, None] * distance
    shape = step.shape
    along_column = np.broadcast_to(column[:, None], shape)
    return streets.beyond(
        np.broadcast_to(junction[:, None], shape),
        along_column,
        np.where(along_column, 0.0, step),
        np.where(along_column, step, 0.0),
        np.broadcast_to(lateral[:, None], shape),
    )


def extend(
    laid: Laid,
    streets: Streets,
    ground: Ground,
    spot: tuple[int, bool, float],
    distance: Floats,
    depth: Floats,
) -> Ints:
    """Lead a lane out of a junction along a free way; the new points, from the junction outwards.

    The first of them is at the edge of the junction, as deep as the lane is in it; the others follow.

    Parameters
    ----------
    laid
        The lane, which has a point at the junction.
    streets, ground
        Where.
    spot
        Junction, whether along its column, direction.
    distance, depth
        Of the other points from the junction's centre, and of their tops below the ground.
    """
    junction, column, sign = spot
    first = int(laid.at_junction[junction])
    distance = np.append(edge_m(streets, junction, column), distance)
    depth = np.append(laid.depth[first], depth)
    arterial = streets.arterial[junction, 0 if column else 1]
    lateral = laid.lane.offset_m[int(arterial)]
    x, y = way(
        streets, np.array([junction]), np.array([column]), np.array([sign]), distance, np.array([lateral])
    )
    return append(laid, ground, first, x[0], y[0], depth, junction)


def edge_m(streets: Streets, junction: int, column: bool) -> float:
    """How far the zone of a junction reaches along its column or row."""
    return ZONE_M[int(streets.arterial[junction, 1 if column else 0])]


def append(
    laid: Laid, ground: Ground, first: int, x: Floats, y: Floats, depth: Floats, zone: int = -1
) -> Ints:
    """A chain of new points behind the point `first`; lines run outwards and belong to no row (-1)."""
    made = _append_points(laid, ground, x, y, depth, np.full(len(x), -1))
    laid.zone[made[0]] = zone
    _append_lines(laid, np.concatenate([[first], made[:-1]]), made, np.full(len(made), first))
    return made


def stubs(
    laid: Laid, streets: Streets, ground: Ground, section: Ints, points: Ints, outward_m: float
) -> Ints:
    """One new point beside each of these inner points, `outward_m` farther from the centre line; the points.

    `section` is that of each row of the lane's route.
    """
    rows = laid.row[points]
    lateral = laid.lane.offset(streets.main[section[rows]])
    away = lateral + np.sign(lateral) * outward_m
    x, y = streets.along(section[rows], laid.distance[points], away)
    made = _append_points(laid, ground, x, y, laid.depth[points], rows)
    _append_lines(laid, points, made, points)
    return made


def _append_points(laid: Laid, ground: Ground, x: Floats, y: Floats, depth: Floats, row: Ints) -> Ints:
    base, number = len(laid.x), len(x)
    laid.x, laid.y = np.concatenate([laid.x, x]), np.concatenate([laid.y, y])
    laid.ground = np.concatenate([laid.ground, ground.elevation(x, y)])
    laid.depth = np.concatenate([laid.depth, depth])
    laid.junction = np.concatenate([laid.junction, np.full(number, -1)])
    laid.row = np.concatenate([laid.row, row])
    laid.distance = np.concatenate([laid.distance, np.full(number, -1.0)])
    laid.zone = np.concatenate([laid.zone, np.full(number, -1)])
    blank: Texts = np.full(number, "", dtype=object)
    laid.feature = np.concatenate([laid.feature, blank])
    laid.attachment = np.concatenate([laid.attachment, blank])
    return np.arange(base, base + number)


def _append_lines(laid: Laid, start: Ints, end: Ints, like: Ints) -> None:
    """New lines, each with the attributes of a line at the point `like`."""
    model = np.zeros(len(laid.x), dtype=np.int64)
    model[laid.end] = np.arange(len(laid.end))
    model[laid.start] = np.arange(len(laid.start))
    laid.start, laid.end = np.concatenate([laid.start, start]), np.concatenate([laid.end, end])
    laid.line_row = np.concatenate([laid.line_row, np.full(len(start), -1)])
    for name, values in laid.values.items():
        laid.values[name] = np.concatenate([values, values[model[like]]])
