"""Repair jobs as InfraRisk schedules them: hours by kind and damage, the largest capacity first."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.importers.infrarisk.files import Disruption
from twin.importers.infrarisk.water import leak_node
from twin.lifelines import registry
from twin.model.city import CITY_SCHEMAS, City
from twin.model.finding import Finding, Severity
from twin.model.table import Table
from twin.text import _

Floats = NDArray[np.float64]
HOUR_MIN = 60.0
PREPARATION_MIN = 10.0
HOURS_OF_DAY = 24
FLOWS = {"water": "flow_m3s", "power": "p_from_w"}


@cache
def _hours() -> Mapping[str, float]:
    path = Path(__file__).parent / "repair_hours.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["prefix"]: float(row["hours"]) for row in csv.DictReader(file)}


def repair_hours(component: str) -> float:
    """Hours to repair a component that is wholly damaged, by the longest known prefix of its InfraRisk id.

    Raises
    ------
    KeyError
        Where no prefix is known.
    """
    letters = re.match(r"[A-Z]_[A-Z]*", component)
    prefix = letters[0] if letters else ""
    while prefix and prefix not in _hours():
        prefix = prefix[:-1]
    return _hours()[prefix]


def repaired(component: str, known: Mapping[str, str]) -> str:
    """Full id of what a crew repairs when a component is damaged: of a pipe the leak in its middle."""
    return known.get(leak_node(component)) or known[component]


def jobs(
    city: City, disruptions: Iterable[Disruption], known: Mapping[str, str]
) -> tuple[Table, list[Finding]]:
    """The city's table of jobs for the components that scenarios damage.

    Parameters
    ----------
    known
        Full ids by InfraRisk's ids.
    """
    worst: dict[str, float] = {}
    for row in disruptions:
        worst[row.component] = max(worst.get(row.component, 0.0), row.damage)
    findings = []
    if strangers := tuple(name for name in worst if name not in known or not _has_hours(name)):
        problem = _("names components that this variant of the city does not have")
        remedy = _("left out; correct the ids")
        findings.append(
            Finding(
                "infrarisk.disruption",
                Severity.WARNING,
                "disruption_file.csv",
                problem,
                remedy,
                ids=strangers,
            )
        )
    kept = [name for name in worst if name not in strangers]
    rank = {name: place for place, name in enumerate(_by_capacity(city, kept, known), start=1)}
    columns = {
        "component": [repaired(name, known) for name in kept],
        "order": [str(rank[name]) for name in kept],
        "detect_min": ["0"] * len(kept),
        "mobilise_min": [repr(PREPARATION_MIN)] * len(kept),
        "isolate_min": ["0"] * len(kept),
        "repair_min": [repr(repair_hours(name) * HOUR_MIN * worst[name]) for name in kept],
    }
    table, found = Table.build(CITY_SCHEMAS["jobs"], columns)
    return table, findings + found


def _has_hours(component: str) -> bool:
    try:
        repair_hours(component)
    except KeyError:
        return False
    return True


def _by_capacity(city: City, components: list[str], known: Mapping[str, str]) -> list[str]:
    """Components by what they carry in the undisturbed city, most first; roads in file order."""
    carried: dict[str, float] = {}
    for layer, column in FLOWS.items():
        flows = _largest_flows(city, layer, column)
        links = city.networks[layer].tables["links"].rows
        carried |= {name: float(flows[links[name]]) for name in components if name in links}
    return sorted(components, key=lambda name: -carried.get(name, np.inf if name.startswith("T_") else 0.0))


def _largest_flows(city: City, layer: str, column: str) -> Floats:
    """The largest flow through each link over the hours of a day with stores as at the beginning."""
    network = city.networks[layer]
    model = registry.bind(network, city.manifest)
    state = registry.initial_state(city)
    largest = np.zeros(len(network.tables["links"]))
    solution = None
    for hour in range(HOURS_OF_DAY if layer == "water" else 1):
        solution = model.solve(state, hour * 3600.0, solution)
        flow: Any = solution.tables["links"][column]
        largest = np.maximum(largest, np.abs(flow))
    return largest
