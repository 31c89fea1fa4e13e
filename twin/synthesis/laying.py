"""Lines laid along streets: from the sections a network uses to survey points and lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.synthesis.ground import Bools, Floats, Ground, Ints, Texts
from twin.synthesis.lanes import Lane
from twin.synthesis.streets import Streets

ZONE_M = (19.0, 29.0)
"""Half width of the zone in which the lines of a crossing street may lie: local street, arterial."""


@dataclass(frozen=True)
class Route:
    """The sections that one lane of a network uses.

    Attributes
    ----------
    lane
        Where in the street it lies.
    section
        Section of each row; a section is used once.
    od_m
        Outer height of the line.
    open_start, open_end
        The line does not reach the junction at that end: it begins at the edge of the junction.
    values
        Attributes of the lines by canonical column, one value per row.
    """

    lane: Lane
    section: Ints
    od_m: Floats
    open_start: Bools
    open_end: Bools
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass
class Laid:
    """Points and lines of one lane while its details are being worked out.

    Attributes
    ----------
    lane
        The lane it is laid in.
    x, y, ground
        Place and ground elevation of the points.
    depth
        Depth of the top of the line at the points (negative overhead).
    junction, row, distance
        Junction of a point at a junction (else -1); row of the route and distance from the section's start of
        an inner point (else -1 and 0).
    zone
        Junction in whose zone a point lies, else -1.
    feature, attachment
        Chinese terms; exactly one of the two is given.
    start, end, line_row
        Points of the lines and their row of the route (-1: a spur).
    values
        Attributes of the lines by canonical column.
    at_junction
        Point of each junction, -1 where there is none.
    """

    lane: Lane
    x: Floats
    y: Floats
    ground: Floats
    depth: Floats
    junction: Ints
    row: Ints
    distance: Floats
    zone: Ints
    feature: Texts
    attachment: Texts
    start: Ints
    end: Ints
    line_row: Ints
    values: dict[str, NDArray[Any]]
    at_junction: Ints

    def degree(self) -> Ints:
        """Lines that meet at each point."""
        return np.bincount(np.concatenate([self.start, self.end]), minlength=len(self.x))


def zones(streets: Streets, section: Ints) -> tuple[Floats, Floats]:
    """Half widths of the crossing zones at both ends of sections."""
    crossing = np.where(streets.column[section], 1, 0)
    start = streets.arterial[streets.start[section], crossing]
    end = streets.arterial[streets.end[section], crossing]
    return np.where(start, ZONE_M[1], ZONE_M[0]), np.where(end, ZONE_M[1], ZONE_M[0])


def lay(
    route: Route, streets: Streets, ground: Ground, top_m: Floats, middle_m: Floats | None = None
) -> Laid:
    """Points and lines of a route.

    Parameters
    ----------
    route
        What is laid.
    streets, ground
        Where.
    top_m
        Depth of the top of this lane in the zone of each junction.
    middle_m
        Depth of the top between junctions, one per row; the lane's cover where None.
    """
    lane, section = route.lane, route.section
    nodes = _nodes(route, streets)
    number = np.full(len(streets.x), -1)
    number[nodes] = np.arange(len(nodes))
    column, row = streets.arterial[nodes].T
    node_x, node_y = streets.corner(nodes, lane.offset(column), lane.offset(row))
    inner_row, distance, rank, count = _stations(route, streets)
    lateral = lane.offset(streets.main[section])[inner_row]
    inner_x, inner_y = streets.along(section[inner_row], distance, lateral)
    x, y = np.concatenate([node_x, inner_x]), np.concatenate([node_y, inner_y])
    zone = np.full(len(inner_row), -1)
    first, last = rank == 0, rank == count[inner_row] - 1
    zone[last] = streets.end[section[inner_row[last]]]
    zone[first] = streets.start[section[inner_row[first]]]
    middle = np.full(len(section), lane.cover_m) if middle_m is None else middle_m
    depth = np.where(zone >= 0, top_m[zone], middle[inner_row])
    elevation = ground.elevation(x, y)
    start, end, line_row = _chains(route, streets, number, len(nodes), inner_row, count)
    made = Laid(
        lane,
        x,
        y,
        elevation,
        _overhead(ground, x, y, elevation, np.concatenate([top_m[nodes], depth])),
        np.concatenate([nodes, np.full(len(inner_row), -1)]),
        np.concatenate([np.full(len(nodes), -1), inner_row]),
        np.concatenate([np.zeros(len(nodes)), distance]),
        np.concatenate([nodes, zone]),
        np.full(len(x), "", dtype=object),
        np.full(len(x), "", dtype=object),
        start,
        end,
        line_row,
        {name: column_values[line_row] for name, column_values in route.values.items()},
        number,
    )
    return made


def _nodes(route: Route, streets: Streets) -> Ints:
    starts = streets.start[route.section[~route.open_start]]
    ends = streets.end[route.section[~route.open_end]]
    return np.unique(np.concatenate([starts, ends]))


def _stations(route: Route, streets: Streets) -> tuple[Ints, Floats, Ints, Ints]:
    """Inner points of all rows: row, distance, rank within the row; and how many each row has."""
    length = streets.length_m[route.section]
    near, far = zones(streets, route.section)
    span = length - near - far
    spacing = np.where(streets.bridge[route.section], 22.0, route.lane.spacing_m)
    gaps = np.maximum(np.ceil(span / spacing), 1).astype(np.int64)
    count = gaps + 1
    row = np.repeat(np.arange(len(route.section)), count)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, near[row] + span[row] * rank / gaps[row], rank, count


def _chains(
    route: Route, streets: Streets, number: Ints, nodes: int, inner_row: Ints, count: Ints
) -> tuple[Ints, Ints, Ints]:
    """Lines of all rows in order: junction, inner points, junction."""
    inner = np.arange(len(inner_row)) + nodes
    within = inner_row[1:] == inner_row[:-1]
    first = nodes + np.cumsum(count) - count
    last = nodes + np.cumsum(count) - 1
    rows = np.arange(len(count))
    a, b = ~route.open_start, ~route.open_end
    start = np.concatenate([number[streets.start[route.section[a]]], inner[:-1][within], last[b]])
    end = np.concatenate([first[a], inner[1:][within], number[streets.end[route.section[b]]]])
    row = np.concatenate([rows[a], inner_row[1:][within], rows[b]])
    place = np.concatenate([np.full(a.sum(), -1), inner[:-1][within], np.full(b.sum(), len(inner) + nodes)])
    order = np.lexsort((place, row))
    return start[order], end[order], row[order]


def _overhead(ground: Ground, x: Floats, y: Floats, elevation: Floats, depth: Floats) -> Floats:
    """Depths, where lines over water lie on the bridge."""
    deck = ground.plain(x, y) + 0.3
    over = deck - elevation > 0.35
    return np.where(over, elevation - deck, depth)


def name_joints(laid: Laid, words: Mapping[int, str], plain: str = "转折点") -> None:
    """Give each point without a term the feature of its degree; `plain` to inner points."""
    degree = laid.degree()
    bare = (laid.feature == "") & (laid.attachment == "")
    for lines, word in words.items():
        laid.feature[bare & (degree == lines)] = word
    laid.feature[bare & (degree == 2) & (laid.junction < 0)] = plain
