"""A run as tables and files for other programs."""

from __future__ import annotations

import pandas as pd
import pyogrio
import pytest
from openpyxl import load_workbook

from tests.sample_run import sample_city, write_sample_run
from twin.analysis import tables
from twin.analysis.tables import component_table, run_tables
from twin.io.export import write_csv, write_geopackage, write_parquet, write_workbook
from twin.io.runs import StoredRun, open_run
from twin.text import use_language


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> StoredRun:
    return open_run(write_sample_run(tmp_path_factory.mktemp("run") / "run"))


def test_all_tables_are_there(run):
    found = run_tables(run, sample_city())
    assert list(found)[:5] == ["summary", "events", "service", "outages", "expectations"]
    assert {"power/devices.p_w", "water/nodes.pressure_pa"} <= set(found)
    assert len(found["events"]) == len(run.journal)
    assert found["expectations"]["evidence"].tolist()[0] == "11"
    assert dict(found["summary"].itertuples(index=False))["score.coverage"] == 0.8
    assert "expectations" not in set(found["summary"]["key"])


def test_large_results_are_thinned(run, monkeypatch):
    monkeypatch.setattr(tables, "MOST_CELLS", 20)
    monkeypatch.setattr(tables, "MOST_COMPONENTS", 3)
    whole = run.results("water")[0]
    frame = run_tables(run, sample_city())["water/nodes.pressure_pa"]
    assert 1 <= len(frame) < len(whole)
    assert frame["t_s"].tolist() == whole[:: -(-len(whole) // len(frame))].tolist()
    assert len(frame.columns) == 1 + 3


def test_what_befell_each_component(run):
    frame = component_table(run)
    assert frame.loc["power/line/F-1", "struck"]
    assert frame.loc["water/pump/PU-1", "stopped"]
    assert frame.loc["water/junction/J12", "out_at_end"]
    assert frame.loc["facility/hospital/H1", "out_s"] == 6000.0
    assert "water/pipe/M1" not in frame.index


@pytest.mark.core
def test_a_csv_opens_right_in_excel(run, tmp_path):
    with use_language("en"):
        write_csv(run_tables(run)["events"], tmp_path / "events.csv")
    content = (tmp_path / "events.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfevent,t_s,time,what,")
    assert len(pd.read_csv(tmp_path / "events.csv")) == len(run.journal)


def test_a_workbook_has_a_sheet_per_table_and_no_formula(run, tmp_path):
    found = run_tables(run, sample_city())
    found["events"].loc[0, "value"] = "=1+1"
    write_workbook(found, tmp_path / "run.xlsx")
    book = load_workbook(tmp_path / "run.xlsx")
    assert book.sheetnames[:5] == ["summary", "events", "service", "outages", "expectations"]
    cells = [cell for row in book["events"].iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert any(cell.value == "=1+1" for cell in cells)


@pytest.mark.parametrize("name", ["summary", "events", "service", "expectations"])
def test_a_table_goes_to_parquet_and_back(run, tmp_path, name):
    frame = run_tables(run)[name]
    write_parquet(frame, tmp_path / "table.parquet")
    back = pd.read_parquet(tmp_path / "table.parquet")
    assert list(back.columns) == list(frame.columns)
    assert len(back) == len(frame)


def test_a_geopackage_carries_what_befell_each_component(run, tmp_path):
    write_geopackage(sample_city(), tmp_path / "run.gpkg", run_tables(run), component_table(run))
    layers = dict(pyogrio.list_layers(tmp_path / "run.gpkg").tolist())
    assert layers["water_nodes"] == "Point"
    assert layers["power_links"] == "LineString"
    assert layers["events"] is None
    meta, _, shapes, values = pyogrio.raw.read(tmp_path / "run.gpkg", layer="water_nodes")
    found = dict(zip(meta["fields"], values, strict=True))
    row = found["component"].tolist().index("water/junction/J12")
    befell = [found[name][row] for name in ("out_s", "out_since_s", "out_at_end")]
    assert befell == [12_000.0, 6000.0, 1.0]
    assert all(shape is not None for shape in shapes)
    assert [path.name for path in tmp_path.iterdir()] == ["run.gpkg"]
