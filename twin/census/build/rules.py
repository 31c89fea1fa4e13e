"""The assumptions of a build, from its data files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from twin.census.survey import TEXT

_FOLDER = Path(__file__).parent / "data"


@cache
def rule(name: str) -> pd.DataFrame:
    """A table of rules: numbers where a whole column holds numbers, else text; nothing is "" or NaN."""
    table = pd.read_csv(_FOLDER / f"{name}.csv", dtype=TEXT, keep_default_na=False, encoding="utf-8")
    for column in table:
        if column in ("verified", "class", "material", "category", "term", "terms"):
            continue
        filled = table[column] != ""
        numbers = pd.to_numeric(table[column].where(filled), errors="coerce")
        if filled.any() and not numbers[filled].isna().any():
            table[column] = numbers.astype(float)
    return table.astype({name: object for name in table.columns if table[name].dtype == TEXT})


def records(name: str, class_code: str = "") -> list[dict[str, Any]]:
    """The rows of a table of rules as mappings, all or those of one class."""
    table = rule(name)
    own = table[table["class"] == class_code] if class_code else table
    return [{str(key): value for key, value in row.items()} for row in own.to_dict("records")]


def rules_of(class_code: str) -> dict[str, pd.DataFrame]:
    """The tables of one class by name, each without the rows of other classes."""
    found = {}
    for path in sorted(_FOLDER.glob("*.csv")):
        table = rule(path.stem)
        if "class" in table and "kind" not in table:
            found[path.stem] = (
                table[table["class"] == class_code].drop(columns="class").reset_index(drop=True)
            )
    return found
