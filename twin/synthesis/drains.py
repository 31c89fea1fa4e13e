"""Drains: forests that fall to outfalls, with diameters and inverts that follow from what flows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from twin.synthesis.ground import Bools, Floats, Ints
from twin.synthesis.streets import Streets

_CLIMB_M = 500.0
"""A metre of rising ground counts like this many metres of way."""
_ROUGHNESS = 0.013
DEEPEST_M = 7.0
"""Inverts below this depth are lifted by a pumping station..."""
LEAST_LIFT_M = 3.0
"""...where that gains as much as this."""


@cache
def series(name: str) -> Floats:
    """A series of nominal diameters in mm, smallest first."""
    with Path(__file__).with_name("diameters.csv").open(encoding="utf-8", newline="") as file:
        found = [float(row["mm"]) for row in csv.DictReader(file) if row["series"] == name]
    return np.array(sorted(found))


def rounded_up(name: str, wanted: Floats) -> Floats:
    """The smallest diameters of a series that are not below `wanted` (the largest where none is)."""
    steps = series(name)
    return steps[np.minimum(np.searchsorted(steps, wanted), len(steps) - 1)]


@dataclass(frozen=True)
class Fall:
    """Which way the sections of a drainage network run.

    `up_start` tells whether the upper end is the section's start; `tree` whether the upper junction drains
    this way (otherwise the drain begins at the edge of that junction); `reached` whether it has an outfall.
    """

    up_start: Bools
    tree: Bools
    reached: Bools


def fall(section: Ints, roots: Ints, level: Floats, streets: Streets) -> Fall:
    """The forest of shortest ways to `roots` that climb as little as may be.

    Parameters
    ----------
    section
        Sections with a drain.
    roots
        Junctions with an outfall.
    level
        Ground elevation of all junctions.
    """
    start, end = streets.start[section], streets.end[section]
    length = streets.length_m[section]
    climb = level[end] - level[start]
    towards = np.concatenate([start, end])
    away = np.concatenate([end, start])
    rise = np.maximum(np.concatenate([-climb, climb]), 0.0)
    length = length * np.where(streets.main[section], 0.7, 1.0)
    cost = np.concatenate([length, length]) + _CLIMB_M * rise
    graph = coo_array((cost, (towards, away)), shape=(len(level), len(level))).tocsr()
    distance, before, _ = dijkstra(graph, indices=roots, min_only=True, return_predecessors=True)
    tree_up_end = before[end] == start
    tree_up_start = before[start] == end
    higher = distance[start] > distance[end]
    up_start = np.where(tree_up_start | tree_up_end, tree_up_start, higher)
    return Fall(up_start, tree_up_start | tree_up_end, np.isfinite(distance[start]))


@dataclass(frozen=True)
class Order:
    """Points of a forest by level: `groups[0]` are the uppermost; `down` the next point, -1 at a root."""

    down: Ints
    groups: tuple[Ints, ...]


def order(down: Ints) -> Order:
    """Points by their number of steps to the root, farthest first."""
    steps = np.where(down >= 0, 1, 0)
    jump = down.copy()
    while (jump >= 0).any():
        steps = steps + np.where(jump >= 0, steps[jump], 0)
        jump = np.where(jump >= 0, jump[jump], -1)
    ranked = np.argsort(-steps, kind="stable")
    ends = np.cumsum(np.bincount(steps.max() - steps))
    return Order(down, tuple(np.split(ranked, ends[:-1])))


def gathered(forest: Order, own: Floats) -> Floats:
    """Sum of `own` over each point and all points above it."""
    total = own.astype(np.float64).copy()
    for group in forest.groups[:-1]:
        moving = group[forest.down[group] >= 0]
        np.add.at(total, forest.down[moving], total[moving])
    return total


def longest(forest: Order, length: Floats) -> Floats:
    """Longest way from the top of the forest to each point; `length` is that of the pipe below a point."""
    made = np.zeros(len(length))
    for group in forest.groups[:-1]:
        moving = group[forest.down[group] >= 0]
        np.maximum.at(made, forest.down[moving], made[moving] + length[moving])
    return made


def grown(forest: Order, wanted: Floats) -> Floats:
    """`wanted` made to grow downstream."""
    made = wanted.copy()
    for group in forest.groups[:-1]:
        moving = group[forest.down[group] >= 0]
        np.maximum.at(made, forest.down[moving], made[moving])
    return made


def full_flow_mm(flow_m3s: Floats, slope: Floats) -> Floats:
    """Diameter in mm that carries a flow just full (Manning, n = 0.013)."""
    return 1000.0 * (flow_m3s * _ROUGHNESS / (0.3117 * np.sqrt(slope))) ** 0.375


def least_slope(diameter_mm: Floats, factor: float = 0.8) -> Floats:
    """Least slope of a drain: `factor` over its diameter in mm, and never below 0.6 per mille."""
    return np.maximum(factor / diameter_mm, 0.0006)


@dataclass(frozen=True)
class Profile:
    """Invert elevations at points: of what comes in (where it is lifted) and of what goes out."""

    inflow: Floats
    outflow: Floats
    lifted: Bools


@dataclass(frozen=True)
class Limits:
    """Between what the inverts of a forest lie.

    Attributes
    ----------
    highest
        Highest allowed invert of each point (cover, crossing lines).
    lowest
        Invert below which a point lifts its water.
    band_low, band_high
        Inverts between which a drain would cut into the drains of another kind.
    drop
        Least fall of the pipe below each point in m.
    may_lift
        Points where a pumping station can stand.
    """

    highest: Floats
    lowest: Floats
    band_low: Floats
    band_high: Floats
    drop: Floats
    may_lift: Bools


def profile(forest: Order, limits: Limits) -> Profile:
    """Inverts that fall all the way: each as high as its limits and what flows to it allow."""
    top = limits.highest
    top = np.where((top > limits.band_low) & (top < limits.band_high), limits.band_low, top)
    inflow = top.copy()
    outflow = top.copy()
    lifted = np.zeros(len(top), dtype=np.bool_)
    for group in forest.groups:
        low, high = limits.band_low[group], limits.band_high[group]
        own = inflow[group]
        own = np.where((own > low) & (own < high), low, own)
        inflow[group] = outflow[group] = own
        deep = group[(own < limits.lowest[group]) & limits.may_lift[group]]
        deep = deep[top[deep] - inflow[deep] > LEAST_LIFT_M]
        lifted[deep] = True
        outflow[deep] = top[deep]
        moving = group[forest.down[group] >= 0]
        np.minimum.at(inflow, forest.down[moving], outflow[moving] - limits.drop[moving])
    return Profile(inflow, outflow, lifted)
