"""How long people take: lognormal times per kind of component, replaced row by row by the city's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from twin.model.city import City

MINUTE_S = 60.0
STAGES = ("detect", "mobilise", "travel", "isolate", "repair")


@cache
def _rows() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    text = files("twin.response").joinpath("times.yaml").read_text(encoding="utf-8")
    return {(str(row["of"]), str(row["stage"])): row for row in YAML(typ="safe", pure=True).load(text)}


def _row(component: str, stage: str) -> Mapping[str, Any]:
    """The most specific row of the times table for a stage of work on a component."""
    layer, kind, _name = component.split("/", 2)
    return next(_rows()[of, stage] for of in (f"{layer}/{kind}", layer, "any") if (of, stage) in _rows())


@dataclass
class Times:
    """Draws stage times; remembers which unverified figures were used.

    Each stage of each component has a random stream of its own: what one draws never moves another,
    whoever comes first, so that runs of one seed can be compared (with more crews nothing takes longer).
    """

    city: City
    stream: Callable[[str], np.random.Generator]

    def __post_init__(self) -> None:
        self._streams: dict[str, np.random.Generator] = {}
        self.used: dict[str, dict[str, object]] = {}
        self._jobs = {str(name): row for row, name in enumerate(self.city.jobs["component"])}

    def seconds(self, stage: str, component: str) -> float:
        """The time one stage takes for a component: from the city's jobs table, else drawn."""
        given = self.given(stage, component)
        if given is not None:
            return given
        row = _row(component, stage)
        if not row["verified"]:
            name = f"response/{row['of']}/{stage}"
            value = f"{row['median']:g} min"
            self.used[name] = {"name": name, "value": value, "source": str(row["source"])}
        median_s = float(row["median"]) * MINUTE_S
        spread = float(row["sigma"]) * self._normal(f"response.{stage}.{component}")
        return round(median_s * math.exp(spread))

    def _normal(self, process: str) -> float:
        """The next standard normal number of a process."""
        if process not in self._streams:
            self._streams[process] = self.stream(process)
        return float(self._streams[process].standard_normal())

    def given(self, stage: str, component: str) -> float | None:
        """The city's own time for this stage in seconds, or None."""
        row = self._jobs.get(component)
        column = f"{stage}_min"
        if row is None or column not in self.city.jobs:
            return None
        minutes = float(self.city.jobs[column][row])
        return None if math.isnan(minutes) else minutes * MINUTE_S

    def order(self, component: str) -> float:
        """The rank of a component in its agency's repair order; those without one come last."""
        row = self._jobs.get(component)
        rank = math.nan if row is None else float(self.city.jobs["order"][row])
        return math.inf if math.isnan(rank) else rank
