"""The truth about a synthetic city: terrain, streets, lifelines, plants, people, before anyone surveys it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.synthesis.design import design
from twin.synthesis.gazetteer import tables
from twin.synthesis.ground import Ground, Ints, Terrain, dipped, ground, terrain
from twin.synthesis.land import land
from twin.synthesis.people import register
from twin.synthesis.places import customer_table, facility_rows
from twin.synthesis.records import line_frame, links, point_frame, point_ids
from twin.synthesis.sites import sites
from twin.synthesis.streets import Streets, streets
from twin.synthesis.town import Built, Town


@dataclass(frozen=True)
class Plan:
    """A city without survey errors.

    Attributes
    ----------
    points, lines
        Survey points and lines in canonical columns (`x_m` east, `y_m` north, EPSG:4548; 1985 datum).
        Drains have one invert at each point, except at pumping stations (泵站) and drop manholes (跌水井).
    tables
        Joined tables by name: plants, devices, dependencies, customers, facilities, agencies, depots,
        streets, areas, names.
    terrain
        Ground elevation on a grid, `z[row, column]`, row 0 in the south.
    """

    points: pd.DataFrame
    lines: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    terrain: Terrain


def plan(area_km2: float, rng: np.random.Generator) -> Plan:
    """A city of about `area_km2`; equal generators give equal cities."""
    town = found(area_km2, rng)
    built = design(town, rng)
    points, lines = _records(town, built, rng)
    return Plan(points, lines, tables(town, built), terrain(town.ground))


def found(area_km2: float, rng: np.random.Generator) -> Town:
    """Ground, streets, land and names, before anything is laid."""
    under = ground(float(np.sqrt(area_km2 * 1e6) * 1.08), rng)
    made, drawn = streets(area_km2, under, rng)
    low = _underpasses(made, under, area_km2, rng)
    under = dipped(under, *made.along(low, made.length_m[low] / 2, np.zeros(len(low))))
    blocks = land(made, drawn, under, rng)
    middle = blocks.x.mean(), blocks.y.mean()
    section_x = (made.x[made.start] + made.x[made.end]) / 2
    section_y = (made.y[made.start] + made.y[made.end]) / 2
    away = np.hypot(section_x - middle[0], section_y - middle[1]) / (0.55 * under.extent_m)
    year = np.round(1972.0 + 42.0 * np.minimum(away, 1.1) + rng.normal(0.0, 4.0, len(away)))
    town = Town(
        area_km2,
        under,
        made,
        blocks,
        sites(made, under),
        register(made, rng),
        under.elevation(made.x, made.y),
        np.clip(year, 1958.0, 2023.0),
    )
    town.underpasses = low
    town.facilities = facility_rows(town, rng)
    town.customers = customer_table(town, town.facilities, rng)
    return town


def _underpasses(made: Streets, under: Ground, area_km2: float, rng: np.random.Generator) -> Ints:
    """Arterial sections that dip under a railway: about one in 6 km2, away from the water."""
    x, y = made.along(np.arange(len(made.start)), made.length_m / 2, np.zeros(len(made.start)))
    fitting = made.main & ~made.bridge & (made.length_m > 180.0) & ~under.wet(x, y, 300.0)
    choice = np.flatnonzero(fitting)
    number = min(max(1, round(area_km2 / 6.0)), len(choice))
    return np.sort(rng.permutation(choice)[:number])


def _records(town: Town, built: list[Built], rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Canonical points and lines of all lanes."""
    counts: dict[str, int] = {}
    points, lines = [], []
    for work in built:
        prefix = work.laid.lane.prefix
        first = counts.get(prefix, 1)
        work.ids = point_ids(work.laid, first)
        counts[prefix] = first + len(work.ids)
        section = work.route.section
        points.append(point_frame(work.laid, work.ids, town.streets, section, town.register, rng))
        lines.append(line_frame(work.laid, work.ids, town.streets, section, town.register, work.ends()))
    lines += links(town, built)
    return pd.concat(points, ignore_index=True), pd.concat(lines, ignore_index=True)
