"""The report of a build: tables beside the city that say what became of the survey."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from twin.census.build.city import Built
from twin.census.build.elements import REJECTED
from twin.io.export import write_csv

SUFFIX = "-build"


def report_folder(city: Path) -> Path:
    """Where the report of a city's build stands: beside its folder, whose files are sealed."""
    return city.parent / f"{city.name}{SUFFIX}"


def write_report(built: Built, folder: Path) -> None:
    """Write `elements.csv` (what rows became), `rejected.csv`, `provenance.csv` and `findings.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(built.elements, folder / "elements.csv")
    lost = built.fates[built.fates["became"] == REJECTED]
    write_csv(lost[["table", "row", "id", "category", "reason"]], folder / "rejected.csv")
    write_csv(built.provenance, folder / "provenance.csv")
    rows = [finding.record() for finding in built.findings]
    for row in rows:
        ids = row["ids"]
        row["count"] = len(ids) if isinstance(ids, list) else 0
        row["ids"] = " ".join(ids) if isinstance(ids, list) else ""
    columns = ["rule", "severity", "file", "field", "count", "problem", "remedy", "ids"]
    write_csv(pd.DataFrame(rows, columns=columns), folder / "findings.csv")
