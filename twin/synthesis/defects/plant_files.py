"""Defects of whole files: G01."""

from __future__ import annotations

from twin.synthesis.defects.garden import Garden
from twin.synthesis.survey_tables import TABLES

HEADER = "备注"
COLUMN = "note"


def g01(garden: Garden, share: float) -> None:
    """A header is empty, or stands twice, in this share of the files (and in one of each table at least)."""
    for table in TABLES:
        names = sorted(set(garden.draft.table(table)["file"]))
        chosen = garden.rng.permutation(len(names))[: max(1, round(share * len(names)))]
        for place, number in enumerate(chosen):
            name = str(names[number])
            garden.draft.headers[name] = [(COLUMN, "")] if place % 2 else [("", HEADER)]
            garden.label("G01", table, name)
