"""All lifelines of a city, designed together: routes, then the depths at which they cross, then details."""

from __future__ import annotations

import numpy as np

from twin.synthesis.depths import sink
from twin.synthesis.drainage import rain_drains, rain_route, sewage_drains, sewage_route
from twin.synthesis.gas import build_gas, gas_design
from twin.synthesis.heat import build_heat, heat_design
from twin.synthesis.others import build_industrial, build_tunnel, industrial_route, tunnel_route
from twin.synthesis.power import build_power, power_design
from twin.synthesis.stack import crossing_depths
from twin.synthesis.telecom import build_telecom, telecom_design
from twin.synthesis.town import Built, Town
from twin.synthesis.water import build_water, water_route


def design(town: Town, rng: np.random.Generator) -> list[Built]:
    """Every lane as it lies, in order of class and lane."""
    rain, rain_up = rain_route(town, rng)
    sewage = sewage_route(town, rng)
    water = water_route(town, rng)
    gas = gas_design(town, rng)
    heat = heat_design(town, rng)
    telecom = telecom_design(town, rng)
    industrial, tunnel = industrial_route(town, rng), tunnel_route(town)
    power = power_design(town, rng)
    routes = [
        power.route,
        telecom.route,
        *heat.pipes,
        gas.low,
        gas.high,
        industrial,
        water[0],
        rain,
        sewage[0],
    ]
    tops = crossing_depths([*routes, tunnel], town.streets, town.spurred())
    without_rain = [route for route in routes if route is not rain]
    sewer_top = crossing_depths(without_rain, town.streets, town.spurred())["sewage"]
    drains = rain_drains(town, rain, rain_up, tops["rain"]), sewage_drains(town, sewage, sewer_top)
    rains, sewers = sink(town, *drains, tops["rain"], sewer_top)
    cables, transformers = build_power(town, power, tops["power"], rng)
    made = [
        *cables,
        build_telecom(town, telecom, tops["telecom"], rng),
        *build_heat(town, heat, tops, rng),
        *build_gas(town, gas, tops, rng),
        build_water(town, water, tops["water"], rng),
        rains,
        sewers,
        build_industrial(town, industrial, tops["industrial"]),
        build_tunnel(town, tunnel, [rains, sewers], tops["tunnel"]),
    ]
    town.transformers = transformers
    return made
