"""In which units service is shown: chosen by dimension and size from `scales.csv`."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np

from twin import units
from twin.analysis.resilience import amounts
from twin.io.runs import StoredRun
from twin.model.city import FACILITY, City
from twin.text import N_
from twin.views.names import declared

AMOUNTS = {
    "energy": N_("Energy not supplied"),
    "volume": N_("Volume not supplied"),
    "mass": N_("Mass not supplied"),
}
"""What the integral of missing service is called, by its dimension."""


@cache
def service_dimension(layer: str) -> str:
    """The dimension of a lifeline's service: that of its consumers' first quantity that adds up over time."""
    found = declared(layer)
    if found is None:
        return ""
    summed = (
        q.dimension for q in found.quantities if q.table == found.consumers and q.dimension in amounts()
    )
    return next(summed, "")


@cache
def _scales() -> tuple[tuple[str, float, str], ...]:
    with files("twin.views").joinpath("scales.csv").open(encoding="utf-8") as table:
        return tuple((row["dimension"], float(row["from_si"]), row["unit"]) for row in csv.DictReader(table))


def scale(dimension: str, largest: float) -> tuple[float, str]:
    """The SI size of the unit that suits values up to `largest`, and its symbol (1 and "" for none)."""
    fitting = [symbol for name, low, symbol in _scales() if name == dimension and largest >= low]
    unit = units.unit(fitting[-1]) if fitting else None
    return (unit.factor, shown(unit.symbol)) if unit else (1.0, "")


def shown(symbol: str) -> str:
    """A unit's symbol as it is printed."""
    return symbol.replace("m3", "m³").replace("m2", "m²")


def rounded(value: float) -> str:
    """A number with three significant digits and no needless zeros."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 99.95 else f"{value:.3g}"


def consumers(run: StoredRun, city: City) -> dict[str, int]:
    """How many consumers each layer has: components of a consuming kind that ever had a demand or an outage.

    Demand is read from the stored result columns `<table>.required_...`; layers without any count all
    components of a consuming kind.
    """
    affected = {event.component for event in run.journal if event.kind == "unserved"}
    counts = {FACILITY: len(city.facilities.tables["nodes"])}
    stored = run.lifelines()
    for layer, network in city.networks.items():
        found = declared(layer)
        if found is None:
            continue
        kinds = [kind for kind, one in found.kinds.items() if one.role == "consumer"]
        rows = network.tables[found.consumers].of_kind(*kinds)
        results = run.results(layer)[1] if layer in stored else {}
        required = [
            values for name, values in results.items() if name.startswith(f"{found.consumers}.required_")
        ]
        counts[layer] = len(rows)
        if required:
            ids = network.ids(found.consumers)[rows]
            wants = np.any(required[0][:, rows] > 0, axis=0)
            counts[layer] = int(np.sum(wants | np.array([ident in affected for ident in ids], dtype=bool)))
    return counts
