"""Hostile input: paths that lead outside, bombs, formulas, foreign code; places that cannot be written."""

from __future__ import annotations

import ast
import csv
import gzip
import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

import twin
from tests.cli.conftest import Ask
from tests.io.spoiling import edit, put
from twin import api
from twin.errors import DatasetError
from twin.io import files, tables
from twin.io.export import write_csv, write_workbook
from twin.io.manifest import read_manifest
from twin.lifelines.power.pandapower_json import read_pandapower
from twin.model.schema import Column, Schema
from twin.model.table import Table

PACKAGE = Path(twin.__file__).parent
CODE = ("pickle", "cPickle", "dill", "shelve", "marshal", "cloudpickle", "joblib")
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", " =1+1", "=cmd|'/c calc'!A0"]


def calls(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def dangerous(path: Path) -> Iterator[str]:
    """What in a file could run or unpack what data say."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for line, name in calls(tree):
        if name in ("eval", "exec", "compile", "__import__", "os.system") or name.endswith("read_pickle"):
            yield f"{path}:{line}: {name}"
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (f"{path}: {name}" for name in names if name.split(".")[0] in (*CODE, "yaml", "tarfile"))
        if isinstance(node, ast.keyword) and node.arg in ("shell", "allow_pickle"):
            yield f"{path}: {node.arg}"
        unsafe = isinstance(node, ast.keyword) and node.arg == "typ" and ast.unparse(node.value)
        if unsafe and unsafe not in ("'safe'", "'rt'"):
            yield f"{path}: YAML of type {unsafe}"


@pytest.mark.core
def test_nothing_in_the_package_runs_what_data_say():
    assert [found for path in sorted(PACKAGE.rglob("*.py")) for found in dangerous(path)] == []


def test_the_search_for_dangerous_code_finds_it(tmp_path: Path):
    (tmp_path / "a.py").write_text("import pickle\neval('1')\nYAML(typ='unsafe')\nrun(shell=True)\n")
    assert len(list(dangerous(tmp_path / "a.py"))) == 4


OUTSIDE = [
    "../secret.csv",
    "/etc/passwd",
    "water/../../secret.csv",
    "C:/secret.csv",
    "..\\secret.csv",
    "a\0b",
]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.core
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str):
    with pytest.raises(DatasetError, match="leads out of its folder"):
        files.inside(tmp_path, name)


@pytest.mark.parametrize("name", OUTSIDE[:-1])
def test_a_manifest_cannot_reach_outside_its_folder(ask: Ask, city: Path, name: str):
    (city.parent / "secret.csv").write_text("id\nsecret\n")
    quoted = json.dumps(name)
    edit("manifest.yaml", "  agencies.csv:", f"  {quoted}:")(city)
    answer = ask("check", city)
    assert answer.code == 2
    assert "leads out of its folder" in answer.err


@pytest.mark.parametrize("folder", [False, True])
def test_a_link_out_of_the_folder_is_not_followed(ask: Ask, city: Path, tmp_path: Path, folder: bool):
    (city / "water").rename(tmp_path / "water")
    if folder:
        (city / "water").symlink_to(tmp_path / "water")
    else:
        (city / "water").mkdir()
        for path in (tmp_path / "water").iterdir():
            (city / "water" / path.name).symlink_to(path)
    answer = ask("check", city)
    assert answer.code == 2
    assert "leads out of its folder" in answer.err


def test_links_inside_the_folder_and_to_it_are_fine(city: Path, tmp_path: Path):
    (city / "depots.csv").rename(city / "depots.txt")
    (city / "depots.csv").symlink_to("depots.txt")
    (tmp_path / "link").symlink_to(city)
    assert api.check(tmp_path / "link")[1] == []


BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x]"]
    + [f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(9)]
)


@pytest.mark.parametrize(
    "text",
    [f"{BOMB}\nname: x\ntitle: *j\n", "name: !!python/object/apply:os.system [id]\n", "name: !!int 7\n",
     "name: x\nassumed: " + "[" * 5000, "name: x\nassumed: " + "[" * 50 + "]" * 50, "? [a]\n: 1\n", "\x01"],
    ids=["billion laughs", "python object", "tag", "open brackets", "nested", "list as key", "control"],
)  # fmt: skip
def test_a_manifest_cannot_blow_up(tmp_path: Path, text: str):
    (tmp_path / "manifest.yaml").write_text(text, encoding="utf-8")
    begun = time.perf_counter()
    with pytest.raises(DatasetError) as error:
        read_manifest(tmp_path)
    assert error.value.findings[0].rule == "manifest.broken"
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize("text", [BOMB, "drill: &a x\nscript: [*a]\n", "drill: x\nscript: " + "[" * 5000])
def test_a_scenario_cannot_blow_up(ask: Ask, tmp_path: Path, text: str):
    (tmp_path / "bomb.yaml").write_text(text, encoding="utf-8")
    begun = time.perf_counter()
    assert ask("check", "bomb.yaml").code == 2
    assert time.perf_counter() - begun < 5


def test_a_large_manifest_is_refused_by_its_size(tmp_path: Path):
    (tmp_path / "manifest.yaml").write_text("name: x\n#" + "x" * 1_000_000)
    with pytest.raises(DatasetError, match="is larger than 1000000 bytes"):
        read_manifest(tmp_path)


@pytest.mark.core
def test_a_packed_file_is_unpacked_no_further_than_the_limit(tmp_path: Path):
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(bytes(10_000_000)))
    assert path.stat().st_size < 20_000
    with pytest.raises(DatasetError, match="is larger than 1000 bytes"):
        files.read_bytes(path, 1000)


def packed() -> bytes:
    return gzip.compress(bytes(np.random.default_rng(1).integers(0, 256, 5000, dtype=np.uint8)))


@pytest.mark.parametrize(
    "content",
    [packed()[:100], packed()[:60] + bytes(40) + packed()[100:], b"\x1f\x8bjunk junk", b"no gzip"],
    ids=["cut short", "damaged", "junk", "not packed"],
)
@pytest.mark.core
def test_a_damaged_packed_file_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(DatasetError, match="cannot be read"):
        files.read_bytes(tmp_path / "a.gz")


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 100)
    (tmp_path / "a.csv").write_text("id\n" + "x\n" * 101)
    tables.write_table(
        Table("b", Schema("b", (Column("id", "id"),)), {"id": np.arange(60_000)}), tmp_path, "b"
    )
    for name in ("a.csv", "b.parquet"):
        with pytest.raises(DatasetError, match="has more than 100 rows"):
            tables.read_raw(tmp_path / name)


def test_numbers_of_a_parquet_file_are_checked_like_those_of_a_csv():
    schema = Schema(
        "t",
        (
            Column("id", "id", default=None, key=1),
            Column("whole", "int", default="3"),
            Column("share", "float", default="0.5"),
            Column("on", "bool", default="true"),
        ),
    )
    given = {
        "whole": np.array([1.5, np.nan, np.inf]),
        "share": np.array([np.nan, 1e300, 1.0]),
        "on": np.array([1.0, np.nan, 7.0]),
    }
    by_number, found = Table.build(schema, {"id": ["a", "b", "c"], **given}, "t")
    texts = {name: ["" if np.isnan(x) else f"{x:g}" for x in values] for name, values in given.items()}
    by_text, same = Table.build(schema, {"id": ["a", "b", "c"], **texts}, "t")
    assert {(one.field, str(one.remedy)) for one in found} >= {
        ("whole", "drop the fraction"),
        ("share", "check the unit"),
        ("on", "write true or false"),
    }
    assert [one.field for one in found] == [one.field for one in same]
    for table in (by_number, by_text):
        assert table["whole"][1] == 3
        assert table["share"][0] == 0.5
        assert table["on"][:2].tolist() == [True, True]


@pytest.mark.core
def test_no_text_of_an_exported_csv_is_a_formula(tmp_path: Path):
    plain = ["-12.5", "1e-3", "J-1", "第三医院"]
    frame = pd.DataFrame({"=name": FORMULAS + plain, "value": np.arange(len(FORMULAS + plain)) - 5.0})
    write_csv(frame, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[0] == "'=name"
    assert [row[0] for row in rows] == [f"'{text}".replace("\r", "\n") for text in FORMULAS] + plain
    assert [float(row[1]) for row in rows] == frame["value"].tolist()


def test_no_text_of_an_exported_workbook_is_a_formula(tmp_path: Path):
    write_workbook({"=s": pd.DataFrame({"=name": [*FORMULAS, "\ufffe\x00x"]})}, tmp_path / "a.xlsx")
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells[1:-1]] == [text.replace("\r", "\n") for text in FORMULAS]
    assert cells[-1].value == "x"


def workbook(parts: dict[str, bytes]) -> bytes:
    """A packed file of these parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def damaged_workbook() -> bytes:
    content = bytearray(workbook({"xl/workbook.xml": packed()}))
    content[60:120] = bytes(60)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (workbook({"xl/workbook.xml": bytes(60_000_000)}), "unpacks to more than"),
        (workbook({f"xl/{n}.xml": b"" for n in range(300)}), "unpacks to more than"),
        (workbook({"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "aaa">]><x/>'}), "holds XML"),
        (damaged_workbook(), "is no workbook"),
        (b"PK\x03\x04", "is no workbook"),
    ],
    ids=["zip bomb", "many parts", "entities", "damaged", "cut short"],
)
def test_a_hostile_workbook_is_refused(ask: Ask, tmp_path: Path, content: bytes, problem: str):
    (tmp_path / "bomb.xlsx").write_bytes(content)
    answer = ask("check", "bomb.xlsx")
    assert answer.code == 2, answer.said
    assert problem in answer.err


def test_a_pandapower_file_loads_no_module_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "armed.py").write_text("raise SystemExit('loaded')")
    monkeypatch.syspath_prepend(tmp_path)
    frame = {"_module": "armed", "_class": "DataFrame", "_object": '{"columns": [], "index": [], "data": []}'}
    evil = {"_module": "armed", "_class": "Armed", "_object": "x"}
    net = {
        "_module": "armed",
        "_class": "pandapowerNet",
        "_object": {"bus": frame, "load": evil, "f_hz": 50.0},
    }
    (tmp_path / "net.json").write_text(json.dumps(net))
    network, _found = read_pandapower(tmp_path / "net.json")
    assert network.size() == "0 nodes, 0 links, 0 devices"
    assert "armed" not in sys.modules


def test_markup_in_names_stays_text_in_the_report(ask: Ask, city: Path, tmp_path: Path):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    put("facility/nodes.csv", "name", evil)(city)
    put("power/links.csv", "name", f"]]>{evil}")(city)
    put("agencies.csv", "name", evil)(city)
    edit("manifest.yaml", "title: ", f"title: {evil} ")(city)
    drill = (api.SCENARIOS / "drills" / "pump-blackout.yaml").read_text(encoding="utf-8")
    drill = (
        drill.replace("泵站停电", evil).replace("The water tower", evil).replace("Smoke", f"</script>{evil}")
    )
    (tmp_path / "evil.yaml").write_text(drill, encoding="utf-8")
    assert ask("seal", city).code == 0
    assert ask("run", "evil.yaml", "--city", city, "-o", "out").code == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
    assert "<img" not in page
