"""InfraRisk's disruption files as scenario files."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from twin.importers.infrarisk.city import bare_ids
from twin.importers.infrarisk.files import Disruption, disruption_files, read_disruptions
from twin.importers.infrarisk.repairs import repaired
from twin.model.city import City

MINUTE_S = 60.0
CM2 = 1e4
LONG_H = 48.0
"""Length of an imported scenario: time to repair what the test-beds' files damage."""


def scenarios(folder: Path, city: City, place: str) -> dict[str, str]:
    """An InfraRisk folder's disruption files as scenario files by name; `place` is where the city lies."""
    made = {}
    for name, path in sorted(disruption_files(folder).items()):
        title = f"InfraRisk {city.name} {name}"
        made[name] = scenario_text(title, read_disruptions(path), city, place=place, hours=LONG_H)
    return made


def scenario_text(
    title: str,
    disruptions: Iterable[Disruption],
    city: City,
    *,
    place: str = "",
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
    place
        Where its data set lies; "": its name.
    at_s
        When everything strikes, in seconds from the start; None: when the rows say. InfraRisk itself
        overrides the file: it strikes at twice its step and shifts all times by one more step (180 s).
    hours
        Length of the run.
    """
    known = bare_ids(city)
    lines = [
        f"scenario: {title}",
        f"city: {place or city.name}",
        "start: 00:00",
        f"duration: {hours:g} h",
        "script:",
    ]
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
