"""Supply from sources along streets: which way it comes, and how much passes each section."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from twin.synthesis.drains import gathered, order
from twin.synthesis.ground import Bools, Floats, Ints
from twin.synthesis.streets import Streets


@dataclass(frozen=True)
class Supply:
    """A forest of shortest ways from sources.

    Attributes
    ----------
    section
        Sections of the network, all reached.
    tree
        Whether a section is part of the forest.
    flow
        What passes each section (0 beside the forest), in the unit of the loads.
    from_start
        Whether it runs from start to end.
    before, distance, source
        Of each junction: the one it is fed from (-1 for none), its distance to its source, its source (-1).
    """

    section: Ints
    tree: Bools
    flow: Floats
    from_start: Bools
    before: Ints
    distance: Floats
    source: Ints


def supply(section: Ints, sources: Ints, load: Floats, streets: Streets, weight: Floats) -> Supply:
    """The forest from `sources` over `section` and what flows in it.

    Parameters
    ----------
    section
        Sections that may be used; those that no source reaches are left out.
    sources
        Junctions.
    load
        Load of each junction; that of junctions without a line goes to nobody.
    weight
        Cost per metre of each section (same order as `section`).
    """
    number = len(streets.x)
    start, end = streets.start[section], streets.end[section]
    graph = coo_array((streets.length_m[section] * weight, (start, end)), shape=(number, number)).tocsr()
    distance, before, source = dijkstra(
        graph, directed=False, indices=np.unique(sources), min_only=True, return_predecessors=True
    )
    before = np.where(before >= 0, before, -1).astype(np.int64)
    fed_by = np.asarray(before, dtype=np.int64)
    total = gathered(order(fed_by), load)
    reached = np.isfinite(distance[start])
    section, start, end = section[reached], start[reached], end[reached]
    to_end, to_start = before[end] == start, before[start] == end
    flow = np.where(to_end, total[end], np.where(to_start, total[start], 0.0))
    return Supply(
        section,
        to_end | to_start,
        flow,
        to_end,
        fed_by,
        distance,
        np.where(source >= 0, source, -1).astype(np.int64),
    )


def linked(section: Ints, streets: Streets) -> Ints:
    """The sections of the largest connected part of `section`."""
    number = len(streets.x)
    start, end = streets.start[section], streets.end[section]
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(number, number))
    part = connected_components(graph, directed=False)[1]
    largest = int(np.bincount(part[start]).argmax())
    return np.asarray(section[part[start] == largest], dtype=np.int64)
