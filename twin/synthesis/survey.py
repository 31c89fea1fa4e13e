"""The survey of a synthetic city: what a surveyor would write down, with errors within the standard."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.special import ndtr, ndtri

from twin.synthesis.survey_tables import Columns, Draft, Floats, Mask, Rows, columns_of

_ACCURACY = Path(__file__).with_name("accuracy.csv")
ROUNDS = 12
"""How often what looks wrong is measured again, each time twice as carefully."""


@cache
def accuracy() -> Mapping[str, float]:
    """Standard deviations and limits of survey errors (CJJ 61-2017) by name."""
    with _ACCURACY.open(encoding="utf-8", newline="") as file:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}


def survey(
    points: pd.DataFrame, lines: pd.DataFrame, tables: Mapping[str, pd.DataFrame], rng: Generator
) -> Draft:
    """The city as a surveyor delivers it.

    Positions, elevations and depths carry errors of the standard, cut off at its limit. Each point is
    measured once, so that all lines that meet there agree, and ground elevation = depth + pipe elevation
    holds exactly. What a surveyor would doubt in the field (a drain that falls the wrong way, a line that is
    too steep or too short, a sharp angle) is measured again with half the error until it is as in truth.

    Parameters
    ----------
    points, lines
        The true city in canonical columns.
    tables
        Joined tables, which are passed on.
    rng
        Source of the errors.
    """
    truth = Draft(columns_of("points", points), columns_of("lines", lines), dict(tables))
    ends = truth.ends()
    errors = _errors(truth, ends, rng)
    exact = measured(truth, {name: np.zeros_like(error) for name, error in errors.items()}, ends)
    known = doubtful(exact)
    care = np.ones(len(truth.points["id"]))
    for _ in range(ROUNDS):
        found = measured(truth, {name: error * care for name, error in errors.items()}, ends)
        again = doubtful(found) & ~known
        if not again.any():
            return found
        care[again] *= 0.5
    care[again] = 0.0
    return measured(truth, {name: error * care for name, error in errors.items()}, ends)


def measured(truth: Draft, errors: Mapping[str, Floats], ends: tuple[Rows, Rows]) -> Draft:
    """The draft with these errors (`x`, `y`, `ground`, `depth`; one per point), rounded as tables are.

    `ends` are the rows of the points that each line starts and ends at.
    """
    draft = truth.copy()
    points, lines = draft.points, draft.lines
    points["x_m"] = np.round(points["x_m"] + errors["x"], 3)
    points["y_m"] = np.round(points["y_m"] + errors["y"], 3)
    points["ground_m"] = np.round(points["ground_m"] + errors["ground"], 3)
    points["well_depth_m"] = np.round(points["well_depth_m"] + errors["depth"], 2)
    for side, rows in zip(("start", "end"), ends, strict=True):
        depth = np.round(lines[f"{side}_depth_m"] + np.where(rows >= 0, errors["depth"][rows], 0.0), 2)
        ground = np.where(rows >= 0, points["ground_m"][rows], np.nan)
        lines[f"{side}_depth_m"] = depth
        lines[f"{side}_z_m"] = np.round(ground - depth, 3)
    _measure_lengths(draft, ends)
    return draft


def _errors(truth: Draft, ends: tuple[Rows, Rows], rng: Generator) -> dict[str, Floats]:
    known = accuracy()
    deepest = _depths(truth, ends)
    hidden = hidden_points(truth.points, deepest)
    reach = np.maximum(np.abs(deepest), known["shallow_m"])
    rows = len(deepest)
    bias = known["hidden_plan_share"] * reach * hidden
    share = np.where(
        np.abs(deepest) > known["deep_m"], known["deep_share"] * np.abs(deepest), known["depth_m"]
    )
    depth = np.where(hidden, known["hidden_depth_share"] * reach, share) * _truncated(rows, rng)
    return {
        "x": known["plan_m"] * _truncated(rows, rng) + bias * _truncated(rows, rng) / np.sqrt(2),
        "y": known["plan_m"] * _truncated(rows, rng) + bias * _truncated(rows, rng) / np.sqrt(2),
        "ground": known["elevation_m"] * _truncated(rows, rng),
        "depth": np.clip(depth, -0.2 * np.abs(deepest), 0.2 * np.abs(deepest)),
    }


def hidden_points(points: Columns, deepest: Floats) -> Mask:
    """Points without an attachment at the surface, whose place and depth are found by an instrument."""
    return np.asarray((points["attachment"] == "") & (deepest > 0), dtype=np.bool_)


def _depths(truth: Draft, ends: tuple[Rows, Rows]) -> Floats:
    """Depth of the deepest line at each point; 0 where there is none."""
    deepest = np.zeros(len(truth.points["id"]))
    for side, rows in zip(("start", "end"), ends, strict=True):
        depth = np.nan_to_num(truth.lines[f"{side}_depth_m"])
        np.maximum.at(deepest, rows[rows >= 0], depth[rows >= 0])
    return deepest


def _truncated(rows: int, rng: Generator) -> Floats:
    """Standard normal numbers, none beyond the limit."""
    limit = float(accuracy()["limit"])
    return np.asarray(ndtri(rng.uniform(ndtr(-limit), ndtr(limit), rows)), dtype=np.float64)


def _measure_lengths(draft: Draft, rows: tuple[Rows, Rows]) -> None:
    """Lengths and mileages as they follow from the surveyed ends, where the survey gives them."""
    lines = draft.lines
    starts, ends = rows
    both = (starts >= 0) & (ends >= 0)
    points = draft.points
    run = np.hypot(points["x_m"][ends] - points["x_m"][starts], points["y_m"][ends] - points["y_m"][starts])
    length = np.round(np.hypot(run, lines["end_z_m"] - lines["start_z_m"]), 3)
    given = both & np.isfinite(lines["length_m"]) & np.isfinite(length)
    lines["length_m"] = np.where(given, length, lines["length_m"])
    mileage = np.round(lines["start_mileage_m"] + lines["length_m"], 3)
    lines["end_mileage_m"] = np.where(np.isfinite(lines["end_mileage_m"]), mileage, lines["end_mileage_m"])


def doubtful(draft: Draft) -> Mask:
    """Points whose measurements a surveyor would repeat."""
    from twin.synthesis.defects.present_joints import doubtful as doubtful_points
    from twin.synthesis.defects.view import View

    return doubtful_points(View(draft))
