"""What all networks of a city share while they are designed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from twin.synthesis.ground import Bools, Floats, Ground, Ints, Texts
from twin.synthesis.land import Land
from twin.synthesis.laying import Laid, Route
from twin.synthesis.people import Register
from twin.synthesis.sites import Sites
from twin.synthesis.streets import Streets


@dataclass(frozen=True)
class Spot:
    """A point of a lane, which has no id yet."""

    lane: str
    point: int


@dataclass(frozen=True)
class Pipe:
    """A line between two points of a lane, which has no id yet."""

    lane: str
    start: int
    end: int


@dataclass(frozen=True)
class Feed:
    """A plant at a site that takes power: its load and the components or spots that stop without it."""

    site: int
    load_kw: float
    name: str
    consumers: tuple[str | Spot, ...]
    backup_min: float = 0.0
    store: str = ""


@dataclass
class Town:
    """Ground, streets, land and free sites; what comes up while networks are designed.

    Attributes
    ----------
    level, year
        Ground elevation of junctions, year in which sections were built.
    facilities, customers
        Key users and customers, as their joined tables have them.
    rows
        Rows of joined tables.
    feeds
        Plants that need a supply of power of their own.
    links
        Lines between points of two lanes, with the attributes of the second.
    outfalls
        Sites by which rain drains reach the water.
    underpasses
        Sections that dip under a railway.
    transformers
        Points of the power lane that customers are fed from.
    """

    area_km2: float
    ground: Ground
    streets: Streets
    land: Land
    sites: Sites
    register: Register
    level: Floats
    year: Floats
    facilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    customers: pd.DataFrame = field(default_factory=pd.DataFrame)
    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    feeds: list[Feed] = field(default_factory=list)
    links: list[tuple[Spot, Spot]] = field(default_factory=list)
    outfalls: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    underpasses: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    transformers: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def add(self, table: str, **row: object) -> None:
        """A row of a joined table; points are given as `Spot`."""
        self.rows.setdefault(table, []).append(row)

    def spurred(self) -> Bools:
        """Junctions that lines leave by ways without a street."""
        made = np.zeros(len(self.streets.x), dtype=np.bool_)
        made[self.sites.junction[self.sites.taken]] = True
        return made

    def years(self, section: Ints, rng: np.random.Generator, first: int = 1965) -> Floats:
        """Years in which lines along sections were laid: mostly with the street, some renewed since."""
        base = self.year[section]
        renewed = rng.random(len(section)) < 0.25
        later = np.minimum(base + rng.integers(8, 30, len(section)), 2024)
        return np.clip(np.where(renewed, later, base), first, 2025)


@dataclass
class Built:
    """A lane as it lies: its route, its points and lines, depths at the ends of lines where these differ."""

    route: Route
    laid: Laid
    depths: tuple[Floats, Floats] | None = None
    ids: Texts | None = None

    def ends(self) -> tuple[Floats, Floats]:
        """Depths at the starts and ends of the lines."""
        if self.depths is not None:
            return self.depths
        return self.laid.depth[self.laid.start], self.laid.depth[self.laid.end]
