"""What a repair is asked: a survey, and the findings it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from twin.census.rules import View
from twin.census.survey import Survey

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """A survey with the findings about it, and the rows that are not to be touched (`table`, `row`)."""

    survey: Survey
    findings: pd.DataFrame
    untouched: frozenset[tuple[str, int]] = frozenset()

    @cached_property
    def view(self) -> View:
        """The survey as the rules look at it."""
        return View(self.survey)

    def at(self, rule: str, table: str, field: str = "") -> Ints:
        """Positions of the rows with a finding of `rule` (in `field`), ascending."""
        found = self.findings
        own = found[(found["rule"] == rule) & (found["table"] == table)]
        own = own[own["field"] == field] if field else own
        rows = np.unique(own["row"].to_numpy(dtype=np.int64))
        kept = [row for row in rows if (table, int(row)) not in self.untouched] if self.untouched else rows
        whole = getattr(self.view, table)["row"].to_numpy()
        return np.flatnonzero(np.isin(whole, np.asarray(kept, dtype=np.int64))).astype(np.int64)

    def unread(self, table: str) -> Mask:
        """Rows of a table with a cell that could not be read."""
        cells = self.survey.cells
        own = cells.loc[cells["table"] == table, "row"].to_numpy()
        return np.isin(getattr(self.view, table)["row"].to_numpy(), own)
