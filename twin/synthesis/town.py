"""What all networks of a city share while they are designed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from twin.synthesis.ground import Floats, Ground, Ints, Texts
from twin.synthesis.land import Land
from twin.synthesis.laying import Laid, Route
from twin.synthesis.people import Register
from twin.synthesis.sites import Sites
from twin.synthesis.streets import Streets


@dataclass
class Town:
    """Ground, streets, land and free sites; rows of joined tables as they come up."""

    area_km2: float
    ground: Ground
    streets: Streets
    land: Land
    sites: Sites
    register: Register
    level: Floats
    year: Floats
    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def add(self, table: str, **row: object) -> None:
        """A row of a joined table; points are given as `Spot`."""
        self.rows.setdefault(table, []).append(row)

    def years(self, section: Ints, rng: np.random.Generator, first: int = 1965) -> Floats:
        """Years in which lines along sections were laid: mostly with the street, some renewed since."""
        base = self.year[section]
        renewed = rng.random(len(section)) < 0.25
        later = np.minimum(base + rng.integers(8, 30, len(section)), 2024)
        return np.clip(np.where(renewed, later, base), first, 2025)


@dataclass(frozen=True)
class Spot:
    """A point of a lane, which has no id yet."""

    lane: str
    point: int


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


def frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows of a joined table as a frame."""
    return pd.DataFrame(rows)
