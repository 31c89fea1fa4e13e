"""Small synthetic surveys for tests, each made once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from twin.synthesis.plan import plan
from twin.synthesis.raw import file_names
from twin.synthesis.survey import survey
from twin.synthesis.survey_tables import TABLES, Draft, columns_of

AREA_KM2 = 5.0


@cache
def truth(seed: int = 3) -> Any:
    """The true city."""
    return plan(AREA_KM2, np.random.default_rng([seed, 0]))


@cache
def exact(seed: int = 3) -> Draft:
    """The true city as columns."""
    made = truth(seed)
    return Draft(columns_of("points", made.points), columns_of("lines", made.lines), dict(made.tables))


@cache
def surveyed(seed: int = 3) -> Draft:
    """The city as surveyed, without defects."""
    made = truth(seed)
    draft = survey(made.points, made.lines, made.tables, np.random.default_rng([seed, 1]))
    for table in TABLES:
        draft.table(table)["file"] = file_names(table, draft.table(table))
    return draft


@cache
def planted(seed: int = 3) -> tuple[Draft, pd.DataFrame]:
    """The survey with defects, and the list of them."""
    from twin.synthesis.defects import plant

    return plant(surveyed(seed), 0.01, np.random.default_rng([seed, 2]))
