"""From a seed to the folder a surveyor delivers: plan, survey, defects, files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.model.finding import Finding, Severity
from twin.synthesis.raw import Report, check_place, file_names, write_raw
from twin.synthesis.survey import accuracy, survey
from twin.synthesis.survey_tables import TABLES, Draft
from twin.text import _

SMALLEST_KM2, LARGEST_KM2 = 1.0, 2000.0
"""A smaller area has no room for what feeds its networks."""
MOST_DEFECTS = 0.05
"""Beyond this share, defects get in each other's way and can no longer be told apart."""
Say = Callable[[object], None]


@dataclass(frozen=True)
class Delivery:
    """What was written: where, how many rows, and how many violations of each origin."""

    folder: Path
    points: int
    lines: int
    violations: pd.DataFrame

    def record(self) -> dict[str, Any]:
        """The delivery as plain values."""
        origins = self.violations["origin"].value_counts().sort_index()
        return {
            "folder": str(self.folder),
            "points": self.points,
            "lines": self.lines,
            "violations": {str(origin): int(count) for origin, count in origins.items()},
        }


def deliver(
    area_km2: float,
    seed: int,
    folder: Path,
    *,
    defects: float = 0.0,
    overwrite: bool = False,
    report: Report = lambda share: None,
) -> Delivery:
    """Make a city of this size from a seed, survey it and write the survey into `folder`.

    Parameters
    ----------
    area_km2, seed
        Size of the city and what it grows from; equal numbers give equal bytes.
    folder
        Where to.
    defects
        Share of the rows that get a defect; each kind of defect gets as many (and at least 30 where there is
        room). Without defects there are none at all.
    overwrite
        Whether a synthetic survey that is there may be replaced.
    report
        Told the share of the work that is done.

    Raises
    ------
    InputError
        Where a number is out of its range, or the folder is not to be written.
    """
    _check(area_km2, seed, defects)
    check_place(folder, overwrite=overwrite)
    draft, violations = synthetic_survey(area_km2, seed, defects, lambda share: report(0.85 * share))
    meta = {**_meta(), "area_km2": area_km2, "seed": seed, "defects": defects}
    write_raw(
        draft, violations, folder, meta, overwrite=overwrite, report=lambda share: report(0.85 + 0.15 * share)
    )
    return Delivery(folder, len(draft.points["id"]), len(draft.lines["id"]), violations)


def synthetic_survey(
    area_km2: float, seed: int, defects: float, report: Report = lambda share: None
) -> tuple[Draft, pd.DataFrame]:
    """A survey in memory and every violation in it; random streams of plan, errors and defects are apart."""
    from twin.synthesis.defects import plant
    from twin.synthesis.plan import plan

    streams = [np.random.default_rng([seed, number]) for number in range(3)]
    made = plan(area_km2, streams[0])
    report(0.6)
    draft = survey(made.points, made.lines, made.tables, streams[1])
    for table in TABLES:
        draft.table(table)["file"] = file_names(table, draft.table(table))
    report(0.75)
    planted = plant(draft, defects, streams[2])
    report(1.0)
    return planted


def _check(area_km2: float, seed: int, defects: float) -> None:
    wrong = []
    if not SMALLEST_KM2 <= area_km2 <= LARGEST_KM2:
        limits = {"least": SMALLEST_KM2, "most": LARGEST_KM2}
        wrong.append(("area", area_km2, _("give an area between {least} and {most} km2", **limits)))
    if seed < 0:
        wrong.append(("seed", seed, _("give a seed of 0 or more")))
    if not 0 <= defects <= MOST_DEFECTS:
        wrong.append(("defects", defects, _("give a share between 0 and {limit}", limit=MOST_DEFECTS)))
    if wrong:
        findings = [
            Finding(
                "synth.range",
                Severity.ERROR,
                "",
                _("{name} = {value} is out of range", name=name, value=value),
                remedy,
            )
            for name, value, remedy in wrong
        ]
        raise InputError(_("this city cannot be made"), tuple(findings))


def _meta() -> dict[str, Any]:
    known = accuracy()
    return {
        "name": '"澜京 Lanjing, SYNTHETIC 合成数据"',
        "licence": "Apache-2.0",
        "crs": "EPSG:4548",
        "vertical_datum": '"1985 国家高程基准"',
        "census_date": "2026-06-30",
        "standard": "CJJ 61-2017",
        "axes": '"X north, Y east"',
        "accuracy_plan_m": known["plan_m"],
        "accuracy_elevation_m": known["elevation_m"],
    }
