"""Every verb does what it says, in tables and in JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ask

SOLVE_COLUMNS = {"id", "kind", "head_m", "pressure_pa", "demand_m3s", "flow_m3s", "status", "outcome"}


@pytest.mark.core
def test_version_is_printed(ask: Ask):
    assert ask("version").out == ask("--version").out == "twin 0.1.0\n"
    assert ask("version", "--json").json["lifeline-twin"] == "0.1.0"


@pytest.mark.core
def test_run_tells_the_story_and_writes_folder_and_report(ask: Ask, tmp_path: Path):
    answer = ask("run", "pump-blackout", "-o", "out", "--profile")
    assert answer.code == 0
    assert "power/transformer/XB-1 is damaged" in answer.out
    assert "ms a solve" in answer.out
    assert "unserved" in answer.out.split("ms a solve")[1]
    assert (tmp_path / "out" / "summary.json").is_file()
    assert "<html" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")[:200]


def test_run_numbers_its_folders(ask: Ask, tmp_path: Path):
    for number in (1, 2):
        assert ask("run", "pump-blackout", "--no-report", "-q").code == 0
        assert (tmp_path / "runs" / f"pump-blackout-{number}" / "summary.json").is_file()
        assert not (tmp_path / "runs" / f"pump-blackout-{number}" / "report.html").exists()


def test_run_takes_seed_settings_and_start(ask: Ask):
    wishes = ("--seed", 7, "--set", "duration=1 h", "--start", "2026-07-18 17:30", "--no-report", "--json")
    answer = ask("run", "pump-blackout", "-o", "out", *wishes)
    assert answer.code == 0
    assert answer.json["seed"] == 7
    assert answer.json["duration_s"] == 3600
    assert answer.json["start"].endswith("17:30")


@pytest.mark.core
def test_check_lists_no_finding_for_what_is_bundled(ask: Ask):
    for name in ("quarter", "pump-blackout"):
        answer = ask("check", name)
        assert (answer.code, answer.err) == (0, "")
        assert "0 errors" in answer.out


def test_why_leads_back_to_the_incident(ask: Ask, drill: Path):
    chain = ask("why", drill, "facility/hospital/no3", "--json").json
    assert chain[0]["component"] == "facility/hospital/no3"
    assert chain[-1]["cause"] == -1
    assert "XB-1 is damaged" in ask("why", drill, "hospital/no3").out


def test_why_says_when_nothing_happened(ask: Ask, drill: Path):
    answer = ask("why", drill, "hospital/no3", "--at", "T+1 min")
    assert (answer.code, answer.out) == (0, "Nothing happened to hospital/no3.\n")


def test_report_goes_where_it_is_asked(ask: Ask, drill: Path, tmp_path: Path):
    assert ask("report", drill, "-o", "page.html").code == 0
    assert (tmp_path / "page.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("name", "head"), [("x.csv", b"\xef\xbb\xbf"), ("x.xlsx", b"PK"), ("x.gpkg", b"SQLite")]
)
def test_run_is_exported_by_the_ending(ask: Ask, drill: Path, tmp_path: Path, name: str, head: bytes):
    answer = ask("export", drill, "-o", name)
    assert (answer.code, answer.err) == (0, "")
    assert (tmp_path / name).read_bytes().startswith(head)
    assert ask("export", drill, "-o", name).code == 2
    assert ask("export", drill, "-o", name, "--overwrite").code == 0


def test_city_goes_out_to_epanet_and_comes_back(ask: Ask):
    assert ask("export", "quarter", "-o", "quarter.inp").code == 0
    assert ask("import", "epanet", "quarter.inp", "-o", "again").code == 0
    assert ask("check", "again").code == 0
    there, back = (ask("solve", name, "water", "--json").json for name in ("quarter", "again"))
    heads = [{row["id"]: row["head_m"] for row in rows if row.get("head_m")} for rows in (there, back)]
    assert heads[0].keys() == heads[1].keys()
    assert all(abs(heads[0][name] - heads[1][name]) < 1e-3 for name in heads[0])


def test_equal_runs_compare_equal(ask: Ask, drill: Path):
    answer = ask("compare", drill, drill)
    assert (answer.code, answer.out) == (0, "The results are the same.\n")


def test_another_seed_drifts(ask: Ask, drill: Path):
    assert ask("run", "pump-blackout", "--seed", 99, "-o", "other", "--no-report", "-q").code == 0
    assert ask("compare", drill, "other").code == 1
    assert ask("compare", drill, "other", "--json").json["differs"] is True


@pytest.mark.core
def test_solve_prints_its_table_as_csv(ask: Ask, tmp_path: Path):
    said = ask("solve", "quarter", "water", "--csv", "-")
    assert said.out.startswith("id,kind,head_m")
    assert not (Path.cwd() / "-").exists()


@pytest.mark.parametrize(("given", "meant"), [("pump-blackot", "pump-blackout"), ("quarte", "quarter")])
def test_check_knows_what_a_misspelt_name_means(ask: Ask, given: str, meant: str):
    said = ask("check", given)
    assert said.code == 2
    assert f"did you mean {meant}?" in said.err


def test_solve_gives_the_columns_of_the_contract(ask: Ask, tmp_path: Path):
    answer = ask("solve", "quarter", "water", "--at", "6 h", "--csv", "water.csv")
    assert answer.code == 0
    with (tmp_path / "water.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert set(rows[0]) >= SOLVE_COLUMNS
    assert {row["outcome"] for row in rows} == {"converged"}
    assert len(ask("solve", "quarter", "water", "--json").json) == len(rows)


def test_a_clock_time_is_read_from_the_clock_of_the_city(ask: Ask):
    by_clock = ask("solve", "quarter", "water", "--at", "06:00", "--json").json
    assert by_clock == ask("solve", "quarter", "water", "--at", "T+6 h", "--json").json
    assert by_clock == ask("solve", "quarter", "water", "--at", "21600", "--json").json
    assert by_clock != ask("solve", "quarter", "water", "--at", "19 h", "--json").json


@pytest.mark.core
def test_list_names_what_there_is(ask: Ask):
    found = ask("list", "--json").json
    assert "quarter" in {row["name"] for row in found["cities"]}
    assert "pump-blackout" in {row["name"] for row in found["scenarios"]}
    assert {row["name"] for row in found["lifelines"]} >= {"water", "power"}
    assert "quarter" in ask("list", "cities").out


def test_show_shows_a_city_a_scenario_a_run_and_a_component(ask: Ask, drill: Path):
    assert {"lifeline": "water", "kind": "pump", "count": 2} in ask("show", "quarter", "--json").json[
        "components"
    ]
    assert "out(pump 1)" in ask("show", "pump-blackout").out
    assert "XB-1 is damaged" in ask("show", drill).out
    assert ask("show", "quarter", "water/pump/PU-1", "--json").json[0]["needs"] == "power/motor/M-1"
    assert len(ask("show", "quarter", "water/pump/*", "--json").json) == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_new_scenario_runs_as_it_stands(ask: Ask, language: str):
    assert ask("new", "scenario", "mine", "--lang", language).code == 0
    assert ask("check", "mine.yaml").code == 0
    assert ask("run", "mine.yaml", "-o", "out", "-q", "--no-report").code == 0
    assert ask("new", "scenario", "mine").code == 2


def test_seal_makes_an_edited_city_good_again(ask: Ask, city: Path):
    table = city / "water" / "nodes.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("T-1", "T-9"), encoding="utf-8")
    links = city / "water" / "links.csv"
    links.write_text(links.read_text(encoding="utf-8").replace("T-1", "T-9"), encoding="utf-8")
    assert "seal.differs" in {item["rule"] for item in ask("check", city, "--json").json["findings"]}
    assert ask("seal", city).code == 0
    rules = {item["rule"] for item in ask("check", city, "--json").json["findings"]}
    assert "seal.differs" not in rules


@pytest.mark.core
def test_schema_is_json_schema_and_tables_have_columns(ask: Ask, tmp_path: Path):
    assert "properties" in ask("schema").json
    assert "diameter_mm" in ask("schema", "water/links").out
    assert ask("schema", "-o", "scenario.json").code == 0
    assert "properties" in json.loads((tmp_path / "scenario.json").read_text(encoding="utf-8"))


def test_warmup_leaves_nothing_to_compile(ask: Ask):
    assert ask("warmup", "-q").code == 0
    assert ask("warmup", "--json").json["compiled"] == 0


@pytest.mark.core
def test_quiet_prints_nothing(ask: Ask):
    assert ask("list", "--quiet").said == ""
    assert ask("--quiet", "list").said == ""


@pytest.mark.core
def test_options_for_all_verbs_stand_before_or_after_the_verb(ask: Ask):
    assert ask("--json", "list", "cities").json == ask("list", "cities", "--json").json
