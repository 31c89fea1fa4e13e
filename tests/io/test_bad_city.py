"""Bad city data sets: the exact finding, exit code 2, no traceback, nothing written."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Ask
from tests.io.spoiling import (
    Found,
    Spoil,
    both,
    cycle,
    edit,
    found,
    listing,
    parquet,
    pipe_line,
    put,
    sealed,
    write,
)

LINKS, NODES = "water/links.csv", "water/nodes.csv"
DEFECTS: dict[str, Spoil] = {
    "wrong encoding": write("agencies.csv", "id,name\nwater,自来水\n".encode("gbk")),
    "text in a number column": pipe_line("350 m"),
    "negative length": pipe_line("-350"),
    "wrong sign": edit("dependencies.csv", ",1440,", ",-1440,"),
    "infinity": pipe_line("inf"),
    "NaN": pipe_line("nan"),
    "a length beyond the Earth": pipe_line("1e300"),
    "infinitely many crews": edit("agencies.csv", "water,1", "water,inf"),
    "no number of crews": edit("agencies.csv", "water,1", "water,nan"),
    "unknown kind": edit(NODES, "R-1,reservoir", "R-1,lake"),
    "duplicate id": edit(LINKS, "W-14,", "W-12,"),
    "dangling end": edit(LINKS, "J-1,J-2", "J-1,J-99"),
    "depot that does not exist": edit("agencies.csv", "yard south", "yard north"),
    "unknown component in dependencies": edit("dependencies.csv", "power/motor/M-1,", "power/motor/M-9,"),
    "unknown device of isolation": write(
        "isolation.csv", b"component,device\nwater/pipe/W-12,water/valve/V-1\n"
    ),
    "instant cycle": cycle,
    "empty file": write(NODES, b""),
    "empty table": write(NODES, b"id,kind,elevation_m\n"),
    "misspelt table": lambda city: (city / "dependencies.csv").rename(city / "dependancies.csv"),
    "ragged rows": edit(LINKS, "true,350,350", "true,350,350,7"),
    "double column": edit(LINKS, "minor_loss", "roughness"),
    "double column of a Parquet file": parquet(cut=False),
    "open quotation mark": edit("agencies.csv", "自来水", '"自来水'),
    "null characters": write("agencies.csv", b"id\n\0\n"),
}
UNSEALED: dict[str, Spoil] = {
    "checksum mismatch": edit("agencies.csv", "water,1", "water,2"),
    "missing table": lambda city: (city / "jobs.csv").unlink(),
    "unnamed table": write("isolation.csv", b"component,device\n"),
    "missing folder": shutil.rmtree,
    "missing manifest": lambda city: (city / "manifest.yaml").unlink(),
    "unknown key of the manifest": edit("manifest.yaml", "title:", "tittle:"),
    "manifest of another format": edit("manifest.yaml", "format: 1", "format: 2"),
    "manifest without a name": edit("manifest.yaml", "name: quarter", "name: 7"),
    "manifest with values of the wrong types": both(
        edit("manifest.yaml", "clock_s: 0.0", "clock_s: noon"),
        edit("manifest.yaml", "protection: true", "protection: perhaps"),
        edit("manifest.yaml", "rows: 2", "rows: two"),
    ),
    "manifest with no day of the calendar": edit(
        "manifest.yaml", "name: quarter", "name: q\ncensus_date: 2026-13-45"
    ),
}


def expected(defect: str) -> Found:
    """The finding that a defect must give, from `findings.csv`."""
    with (Path(__file__).parent / "findings.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row.pop("defect") == defect)
    ids = tuple(filter(None, row.pop("ids").split("|")))
    return Found(ids=ids, **row)


def refused(ask: Ask, city: Path) -> list[Found]:
    """What `check` finds; `run` finds it too, and neither writes anything."""
    before = listing(city.parent)
    checked = ask("check", city, "--json")
    run = ask("run", "pump-blackout", "--city", city, "-o", "out")
    assert (checked.code, run.code) == (2, 2)
    assert "Traceback" not in checked.said + run.said
    records = checked.json["findings"]
    for record in records:
        assert record["severity"] == "error"
        assert f"{record['problem']}" in run.err
        assert f"{record['remedy']}" in run.err
    assert listing(city.parent) == before
    return [found(record, city) for record in records]


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_exactly_one_finding(ask: Ask, city: Path, defect: str):
    DEFECTS[defect](city)
    sealed(city)
    assert [one for one in refused(ask, city) if one.rule != "seal.unnamed"] == [expected(defect)]


@pytest.mark.parametrize("defect", UNSEALED)
def test_a_defect_of_manifest_or_seal_is_exactly_one_finding(ask: Ask, city: Path, defect: str):
    UNSEALED[defect](city)
    assert refused(ask, city) == [expected(defect)]


@pytest.mark.core
def test_a_misspelt_column_is_unknown_and_missing(ask: Ask, city: Path):
    edit(LINKS, "length_m", "lenght_m")(city)
    sealed(city)
    assert refused(ask, city) == [
        expected("misspelt column"),
        expected("missing column"),
    ]


@pytest.mark.core
def test_all_defects_are_reported_together(ask: Ask, city: Path):
    together = ("wrong encoding", "infinity", "empty table", "wrong sign", "misspelt table")
    for defect in together[:-1]:
        DEFECTS[defect](city)
    write("dependancies.csv", b"a\n")(city)
    sealed(city)
    assert {one for one in refused(ask, city) if one.rule != "seal.unnamed"} == set(map(expected, together))


@pytest.mark.parametrize("cut", ["truncated", "text"])
def test_a_parquet_file_that_is_none_is_one_finding(ask: Ask, city: Path, cut: str):
    (parquet(cut=True) if cut == "truncated" else lambda c: (c / "depots.csv").rename(c / "depots.parquet"))(
        city
    )
    sealed(city)
    (one,) = (one for one in refused(ask, city) if one.rule.startswith("table."))
    assert (one.rule, one.file, one.remedy) == ("table.broken", "depots.parquet", "write the table again")
    assert one.problem.startswith("is no readable Parquet file (")


def test_a_manifest_that_is_no_yaml_says_where(ask: Ask, city: Path):
    edit("manifest.yaml", "name: quarter", "name: [quarter")(city)
    (one,) = refused(ask, city)
    assert one.rule == "manifest.broken"
    assert "line 3" in one.problem


def test_a_table_in_both_formats_is_found(ask: Ask, city: Path):
    shutil.copy(city / "depots.csv", city / "depots.parquet")
    rules = {(one.rule, one.file) for one in refused(ask, city)}
    assert ("table.twice", "depots.parquet") in rules


def test_sealing_a_table_that_cannot_be_read_leaves_the_manifest(ask: Ask, city: Path):
    write("agencies.csv", b"\xff\xfe")(city)
    before = listing(city)
    answer = ask("seal", city)
    assert answer.code == 2
    assert "is not UTF-8" in answer.err
    assert listing(city) == before


def test_a_row_without_a_kind_has_what_its_default_kind_needs(ask: Ask, city: Path):
    both(put(LINKS, "kind", ""), edit(LINKS, "J-1,J-2,true,350,", "J-1,J-2,true,,"))(city)
    sealed(city)
    (one,) = (one for one in refused(ask, city) if "W-12" in one.ids)
    assert (one.field, one.problem) == ("length_m", "is missing")


def test_what_a_kind_has_no_use_for_does_no_harm(ask: Ask, city: Path):
    edit(LINKS, "R-1,J-1,true,,,", "R-1,J-1,true,5,300,")(city)
    sealed(city)
    assert ask("check", city).code == 0
    assert ask("solve", city, "water").out == ask("solve", "quarter", "water").out
