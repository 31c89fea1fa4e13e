"""InfraRisk's disruption files as scenario files."""

from __future__ import annotations

import math
from collections.abc import Iterable

from twin.importers.infrarisk.city import bare_ids
from twin.importers.infrarisk.files import Disruption
from twin.importers.infrarisk.repairs import repaired
from twin.model.city import City

MINUTE_S = 60.0
CM2 = 1e4


def scenario_text(
    title: str,
    disruptions: Iterable[Disruption],
    city: City,
    *,
    at_s: float | None = None,
    hours: float = 24.0,
) -> str:
    """A scenario file that does what a disruption file says.

    Parameters
    ----------
    title
        The scenario's title.
    disruptions
        Rows of the file (`files.read_disruptions`); those that the city does not have are left out.
    city
        The imported city.
    at_s
        When everything strikes, in seconds from the start; None: when the rows say. InfraRisk itself
        overrides the file: it strikes at twice its step and shifts all times by one more step (180 s).
    hours
        Length of the run.
    """
    known = bare_ids(city)
    lines = [f"scenario: {title}", f"city: {city.name}", "start: 00:00", f"duration: {hours:g} h", "script:"]
    for row in disruptions:
        if row.component not in known:
            continue
        minutes = (row.t_s if at_s is None else at_s) / MINUTE_S
        lines.append(f"  - {{at: T+{minutes:g} min, do: {_incident(row, city, known)}}}")
    return "\n".join(lines) + "\n"


def _incident(row: Disruption, city: City, known: dict[str, str]) -> str:
    """A damaged pipe leaks through a hole of that share of its bore; anything else fails."""
    target = repaired(row.component, known)
    if target == known[row.component]:
        return f"fail {row.damage * 100:g} % {target}"
    links = city.networks["water"].tables["links"]
    bore = math.pi / 4 * (links["diameter_mm"][links.rows[row.component]] / 1000) ** 2
    return f"leak {row.damage * bore * CM2:.4f} cm2 at {target}"
