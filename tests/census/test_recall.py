"""Planted defects are found, and little else, on seeds that nobody chose."""

from __future__ import annotations

import secrets
from pathlib import Path

import pandas as pd
import pytest

from twin import api
from twin.census.check import check
from twin.census.read import read_raw
from twin.census.rules import register

SMALL_KM2, AREA_KM2, LARGE_KM2 = 5.0, 12.0, 60.0
LEAST = 30
RECALL, PRECISION = 0.99, 0.98


def defects(findings: pd.DataFrame) -> set[tuple[str, str, str]]:
    """What is compared: rule, table and id."""
    return set(findings[["rule", "table", "id"]].itertuples(index=False, name=None))


def misses(wanted: pd.DataFrame, found: set[tuple[str, str, str]]) -> list[str]:
    """Rules whose recall or precision is too low; what the noise of the survey causes counts for neither."""
    noise = defects(wanted[wanted["origin"] == "noise"])
    there = defects(wanted[wanted["origin"] != "noise"])
    said = []
    for rule in sorted({one[0] for one in there | found}):
        own, got = ({one for one in group if one[0] == rule} for group in (there, found - noise))
        right = len(own & got)
        if right < RECALL * len(own) or right < PRECISION * len(got):
            said.append(
                f"{rule}: {right} of {len(own)} found, {len(got - own)} too many {sorted(own ^ got)[:3]}"
            )
    return said


def measured(tmp_path: Path, area: float) -> tuple[pd.DataFrame, list[str]]:
    """What is wrong in a synthetic census of a seed drawn now, and which rules do not see it well enough."""
    seed = secrets.randbelow(2**31)
    raw = tmp_path / "raw"
    api.synth(area, seed, 0.01, raw)
    wanted = pd.read_csv(raw / "defects.csv", dtype=str, keep_default_na=False)
    survey, _said = read_raw(raw)
    findings = check(survey)
    (raw / "defects.csv").unlink()
    pd.testing.assert_frame_equal(check(read_raw(raw)[0]), findings)
    return wanted, [f"seed {seed}: {line}" for line in misses(wanted, defects(findings))]


def test_planted_defects_of_a_small_city_are_found_and_little_else(tmp_path: Path):
    wanted, said = measured(tmp_path, SMALL_KM2)
    assert not said
    planted = wanted[wanted["origin"] == "planted"]["rule"].value_counts().drop("G01")
    assert planted.min() >= LEAST
    assert set(planted.index) == set(register()) - {"G01"}


@pytest.mark.verify
@pytest.mark.parametrize("area", [AREA_KM2, AREA_KM2, LARGE_KM2])
def test_planted_defects_are_found_and_little_else(tmp_path: Path, area: float):
    wanted, said = measured(tmp_path, area)
    assert not said
    noise = wanted[wanted["origin"] == "noise"]
    assert len(noise) < 0.05 * len(wanted)


@pytest.mark.verify
def test_a_city_without_planted_defects_has_hardly_any(tmp_path: Path):
    seed = secrets.randbelow(2**31)
    api.synth(AREA_KM2, seed, 0.0, tmp_path / "raw")
    survey, _said = read_raw(tmp_path / "raw")
    findings = check(survey)
    records = len(survey.points) + len(survey.lines)
    assert len(findings) <= 0.001 * records, f"seed {seed}: {findings['rule'].value_counts().to_dict()}"


@pytest.mark.core
def test_the_measure_counts_what_is_missed_and_what_is_too_much():
    wanted = pd.DataFrame(
        [("P01", "points", f"J{i}", "planted") for i in range(100)] + [("T01", "lines", "Y1", "noise")],
        columns=["rule", "table", "id", "origin"],
    )
    every = defects(wanted)
    assert misses(wanted, every) == []
    assert misses(wanted, {one for one in every if one[2] not in ("J1", "J2")})
    assert misses(wanted, every | {("P01", "points", f"K{i}") for i in range(3)})
    assert misses(wanted, every | {("P02", "points", "J1")})
