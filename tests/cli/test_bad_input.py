"""Bad input: findings, exit code 2, no traceback, nothing written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Ask

SCENARIO = """\
scenario: small
city: quarter
script:
  - {{at: T+10 min, do: fail {component}}}
"""
WRONG_UNIT = """\
scenario: x
city: quarter
script:
  - {when: level(water/tank/T-1) < 1 Pa, do: fail water/pump/PU-1}
"""


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def refused(answer: Answer) -> str:
    assert answer.code == 2, answer.said
    assert "Traceback" not in answer.said
    assert answer.err.strip()
    return answer.err


BAD = [
    ("run", "no-such-drill"),
    ("run", "pump-blackout", "--city", "no-such-city"),
    ("run", "pump-blackout", "--variant", "no-such-variant"),
    ("run", "pump-blackout", "--set", "durration=1 h"),
    ("run", "pump-blackout", "--set", "nonsense"),
    ("run", "pump-blackout", "--seed", "x"),
    ("run", "pump-blackout", "--start", "noonish"),
    ("check", "no-such-city"),
    ("check", "no-such.yaml"),
    ("solve", "quarter", "sewage"),
    ("solve", "quarter", "water", "--at", "soon"),
    ("solve", "quarter", "water", "--at=-5"),
    ("solve", "no-such-city", "water"),
    ("why", "no-such-run", "water/pump/PU-1"),
    ("report", "no-such-run"),
    ("export", "no-such-run", "-o", "x.csv"),
    ("export", "quarter", "-o", "x.doc"),
    ("export", "quarter", "-o", "x.csv"),
    ("compare", "no-such-run", "no-such-run"),
    ("verify", "quarter"),
    ("verify", "no-such-city", "water"),
    ("verify", "quarter", "sewage"),
    ("show", "no-such-thing"),
    ("show", "quarter", "water/pump/no-such-pump"),
    ("seal", "no-such-city"),
    ("schema", "no/table"),
    ("list", "wishes"),
    ("import", "epanet", "no-such.inp", "-o", "x"),
    ("import", "shapefile", "x.shp", "-o", "x"),
    ("import", "infrarisk", "no-such-folder", "-o", "x"),
    ("import", "epanet", "x.inp", "-o", "x", "--variant", "water"),
    ("bench", "no-such-benchmark"),
    ("bench", "import-twin", "--baseline", "no-such.json"),
    ("new", "scenario", "x", "--city", "no-such-city"),
    ("version", "--lang", "fr"),
    ("no-such-verb",),
    ("run",),
    ("run", "a", "b"),
    ("version", "--no-such-option"),
]


@pytest.mark.parametrize("arguments", BAD, ids=" ".join)
def test_bad_arguments_are_refused_and_write_nothing(ask: Ask, tmp_path: Path, arguments: tuple[str, ...]):
    refused(ask(*arguments))
    assert files(tmp_path) == {}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def pipe(city: Path, column: str, value: str) -> None:
    """Give the first link another value in one column."""
    path = city / "water" / "links.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index(column)
    row = next(number for number, line in enumerate(lines) if ",pipe," in line)
    cells = lines[row].split(",")
    cells[place] = value
    lines[row] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def cycle(city: Path) -> None:
    table = city / "dependencies.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    names = lines[0].split(",")
    first, second = "water/pump/PU-1", "power/motor/M-1"
    for supplier, consumer in ((first, second), (second, first)):
        row = {"supplier": supplier, "consumer": consumer, "kind": "power"}
        lines.append(",".join(row.get(name, "") for name in names))
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")


DEFECTS = {
    "no manifest": (lambda city: (city / "manifest.yaml").unlink(), "manifest"),
    "wrong encoding": (lambda city: (city / "agencies.csv").write_bytes("id\n水务".encode("gbk")), "UTF-8"),
    "unknown column": (lambda city: edit(city / "water" / "links.csv", "length_m", "lenght_m"), "length_m"),
    "unit nonsense": (lambda city: pipe(city, "length_m", "120 m"), "number"),
    "negative length": (lambda city: pipe(city, "length_m", "-1"), "> 0"),
    "NaN": (lambda city: pipe(city, "length_m", "nan"), "length_m"),
    "infinity": (lambda city: pipe(city, "length_m", "inf"), "finite"),
    "duplicate id": (lambda city: pipe(city, "id", "PU-1"), "unique"),
    "dangling end": (lambda city: pipe(city, "end", "J-99"), "J-99"),
    "empty table": (lambda city: (city / "water" / "nodes.csv").write_text(""), "empty"),
    "null characters": (lambda city: (city / "agencies.csv").write_bytes(b"id\n\0\n"), "null"),
    "broken parquet": (lambda city: (city / "depots.csv").rename(city / "depots.parquet"), "Parquet"),
    "cyclic dependency": (cycle, "need each other"),
    "unknown component": (lambda city: edit(city / "dependencies.csv", "PU-1", "PU-77"), "PU-77"),
    "malformed manifest": (lambda city: edit(city / "manifest.yaml", "name:", "nmae:"), "manifest"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_defects_of_a_city_are_findings(ask: Ask, city: Path, defect: str):
    spoil, word = DEFECTS[defect]
    if defect != "no manifest":
        spoil(city)
        ask("seal", city)
    else:
        spoil(city)
    before = files(city)
    assert word in refused(ask("check", city))
    assert word in refused(ask("run", "pump-blackout", "--city", city, "-o", "out"))
    assert word in refused(ask("solve", city, "water"))
    assert files(city) == before
    assert not Path("out").exists()


def test_an_edit_that_was_not_sealed_is_a_finding(ask: Ask, city: Path):
    pipe(city, "length_m", "121")
    assert "checksum" in refused(ask("check", city))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (SCENARIO.format(component="water/pipe/none"), "water/pipe/none"),
        ("scenario: x\nscript:\n  - {at: T+1 h, doo: fail water/pump/PU-1}\n", "doo"),
        (WRONG_UNIT, "Pa"),
        ("scenario: x\nscenario: y\nscript: []\n", "scenario"),
        ("scenario: !!python/object:os.system x\nscript: []\n", "tag"),
        ("scenario: &a x\ncity: *a\nscript: []\n", "alias"),
        ("", "empty"),
        ("- just\n- a list\n", "keys"),
    ],
)
def test_defects_of_a_scenario_are_findings_with_their_place(ask: Ask, tmp_path: Path, text: str, word: str):
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    for answer in (ask("check", "bad.yaml"), ask("run", "bad.yaml", "-o", "out")):
        assert "bad.yaml" in refused(answer)
        assert word in answer.err
    assert set(files(tmp_path)) == {"bad.yaml"}


@pytest.mark.core
def test_a_run_folder_that_exists_is_refused_without_overwrite(ask: Ask, drill: Path, tmp_path: Path):
    shutil.copytree(drill, tmp_path / "out")
    before = files(tmp_path)
    assert "--overwrite" in refused(ask("run", "pump-blackout", "-o", "out"))
    assert files(tmp_path) == before


def test_a_foreign_folder_is_never_overwritten(ask: Ask, tmp_path: Path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear")
    refused(ask("run", "pump-blackout", "-o", "letters", "--overwrite"))
    refused(ask("import", "epanet", "x.inp", "-o", "letters", "--overwrite"))
    assert files(tmp_path) == {"letters/a.txt": b"dear"}


@pytest.mark.skipif(not Path("/dev/full").exists() or os.name != "posix", reason="needs /dev/full")
def test_an_output_place_that_cannot_be_written_is_refused(ask: Ask, tmp_path: Path, drill: Path):
    (tmp_path / "file").write_text("no folder")
    refused(ask("run", "pump-blackout", "-o", "file/out"))
    refused(ask("report", drill, "-o", "file/page.html"))
    refused(ask("export", drill, "-o", "file/x.csv"))
    refused(ask("solve", "quarter", "water", "--csv", "file/x.csv"))
    assert files(tmp_path) == {"file": b"no folder"}


@pytest.mark.core
def test_findings_come_as_json_too(ask: Ask, city: Path):
    pipe(city, "length_m", "-1")
    ask("seal", city)
    answer = ask("check", city, "--json")
    assert answer.code == 2
    assert [item["field"] for item in answer.json["findings"]] == ["length_m"]
    assert answer.json["usable"] is False
    assert ask("solve", city, "water", "--json").json["findings"][0]["field"] == "length_m"


def test_strict_makes_warnings_block(ask: Ask, data: Path):
    source = data / "water" / "ky1.inp"
    assert ask("import", "epanet", source, "-o", "one").code == 0
    strict = ask("import", "epanet", source, "-o", "two", "--strict")
    assert strict.code == (
        2 if ask("import", "epanet", source, "-o", "three", "--json").json["findings"] else 0
    )
