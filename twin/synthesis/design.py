"""All lifelines of a city, designed together: routes first, then the depths at which they cross, then details."""

from __future__ import annotations

import numpy as np

from twin.synthesis.drainage import build_rain, build_sewage, rain_route, sewage_route
from twin.synthesis.stack import crossing_depths
from twin.synthesis.town import Built, Town
from twin.synthesis.water import build_water, water_route


def design(town: Town, rng: np.random.Generator) -> list[Built]:
    """Every lane as it lies, in order of class and lane."""
    rain, rain_up = rain_route(town, rng)
    sewage = sewage_route(town, rng)
    water = water_route(town, rng)
    tops, _ = crossing_depths([rain, sewage[0], water[0]], town.streets)
    made = [build_water(town, water, tops["water"], rng)]
    rain_built = build_rain(town, rain, rain_up, tops["rain"], rng)
    made.append(rain_built[0])
    made.append(build_sewage(town, sewage, tops["rain"], rain_built, rng)[0])
    return made
