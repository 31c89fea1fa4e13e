"""The ledger of manholes: every well and chamber of the survey with its cover and its defects."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from twin.census.build.intake import Intake, text
from twin.census.build.meetings import Meetings
from twin.census.build.networks import built_table
from twin.lifelines.surveyed import numbered
from twin.model.city import CITY_SCHEMAS
from twin.model.finding import Finding
from twin.model.table import Table

COLUMNS = ("cover_type", "cover_material", "cover_size", "defect", "owner", "category")


def ledger(intake: Intake, meetings: Meetings, called: Mapping[str, str], findings: list[Finding]) -> Table:
    """One row for each point whose term has a depth; `called` gives the component of a survey point."""
    wells = np.unique(meetings.point[meetings.of("well") == "depth"])
    points = intake.points
    ids = text(points, "id")[wells]
    attachment, feature = text(points, "attachment")[wells], text(points, "feature")[wells]
    rows = pd.DataFrame({name: text(points, name)[wells] for name in COLUMNS})
    rows["id"] = numbered([str(name).replace("/", "_").strip() for name in ids])
    rows["component"] = np.array([called.get(str(name), "") for name in ids], dtype=object)
    rows["term"] = np.where(attachment != "", attachment, feature)
    rows["x"], rows["y"] = (points[name].to_numpy(dtype=float)[wells] for name in ("x_m", "y_m"))
    rows["well_depth_m"] = points["well_depth_m"].to_numpy(dtype=float)[wells]
    rows["found"] = np.where(rows["defect"] != "", text(points, "surveyed")[wells], "")
    return built_table(CITY_SCHEMAS["manholes"], rows, "manholes", findings)
