"""`twin census build` writes a sealed city and a report beside it, or nothing."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from tests.census.small_town import town
from twin import api
from twin.census.store import write_survey
from twin.cli.app import command


@pytest.fixture
def census(tmp_path):
    write_survey(town().survey(), tmp_path / "census.gpkg")
    return tmp_path / "census.gpkg"


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def asked(*words):
    texts = [str(word) for word in words]
    return CliRunner().invoke(command(texts), texts)


def test_a_city_is_written_with_its_report(census, tmp_path):
    result = asked("census", "build", census, "-o", tmp_path / "town", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert {finding["rule"] for finding in told["findings"]} == {"build.name"}
    city = api.load_city(tmp_path / "town")
    assert city.name == "town"
    report = tmp_path / "town-build"
    survey = town().survey()
    count = sum(int(row["count"]) for row in rows(report / "elements.csv"))
    assert count == len(survey.points) + len(survey.lines)
    assert [row["rule"] for row in rows(report / "findings.csv")] == ["build.name"]
    assert rows(report / "rejected.csv") == []
    assert {"measured", "joined", "repaired", "assumed"} <= set(rows(report / "provenance.csv")[0])


def test_a_city_in_the_way_is_not_replaced_unasked(census, tmp_path):
    (tmp_path / "town").mkdir()
    (tmp_path / "town" / "mine.txt").write_text("mine")
    result = asked("census", "build", census, "-o", tmp_path / "town")
    assert result.exit_code == 2
    assert [path.name for path in (tmp_path / "town").iterdir()] == ["mine.txt"]
    assert not (tmp_path / "town-build").exists()


def test_strict_stops_at_a_warning_and_writes_nothing(census, tmp_path):
    result = asked("census", "build", census, "-o", tmp_path / "town", "--strict")
    assert result.exit_code == 2
    assert not (tmp_path / "town").exists()
