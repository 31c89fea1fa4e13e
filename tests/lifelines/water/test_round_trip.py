"""What is written for EPANET means what was read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.lifelines.water.made import NETWORKS, TOWN, epanet, network, read, write
from twin.errors import DatasetError
from twin.io.tables import read_table, write_table
from twin.lifelines.water.declaration import DECLARATION
from twin.lifelines.water.epanet import export_inp, parse_inp, read_inp, write_inp
from twin.lifelines.water.present import initial_state
from twin.model.network import Network

DAY_S = 86_400


def same_tables(one: Network, other: Network) -> None:
    for name, table in one.tables.items():
        for column, values in table.columns.items():
            theirs = other.tables[name][column]
            if values.dtype.kind == "f":
                np.testing.assert_allclose(values, theirs, rtol=1e-12, atol=1e-12, err_msg=f"{name}.{column}")
            else:
                assert values.tolist() == theirs.tolist(), f"{name}.{column}"


@pytest.mark.core
@pytest.mark.parametrize("units", ["LPS", "GPM", "CMH", "AFD"])
def test_a_network_reads_back_as_it_was_written(units):
    text = (NETWORKS / "operated.inp").read_text(encoding="utf-8").replace(" LPS", f" {units}")
    reading = parse_inp(text)
    again = parse_inp(export_inp(reading.network, clock_s=reading.clock_s).text)
    same_tables(reading.network, again.network)
    assert again.clock_s == reading.clock_s


def test_every_reference_network_reads_back_as_it_was_written(data):
    for path in sorted((data / "water").rglob("*.inp")):
        reading = read_inp(path)
        again = parse_inp(export_inp(reading.network, clock_s=reading.clock_s).text)
        same_tables(reading.network, again.network)


@pytest.mark.core
def test_tables_in_files_keep_every_digit(tmp_path):
    net = read_inp(NETWORKS / "operated.inp").network
    tables = {}
    for name, table in net.tables.items():
        path = write_table(table, tmp_path, name)
        tables[name], findings = read_table(path, DECLARATION.schemas[name])
        assert not findings
    assert export_inp(Network("water", tables)).text == export_inp(net).text


def agree_in_epanet(python: Path, folder: Path, path: Path) -> None:
    """The file and our export of it give the same results in EPANET, 24 h."""
    reading = read_inp(path)
    own = folder / "own.inp"
    write_inp(reading.network, own, clock_s=reading.clock_s)
    job = {"duration_s": DAY_S, "accuracies": [1e-6]}
    theirs = epanet(python, folder, job | {"inp": str(path)})
    ours = epanet(python, folder, job | {"inp": str(own)})
    assert not ours["error"]
    nodes = [ours["nodes"].index(name) for name in theirs["nodes"]]
    links = [ours["links"].index(name) for name in theirs["links"]]
    assert [step["t_s"] for step in ours["steps"]] == [step["t_s"] for step in theirs["steps"]]
    for one, other in zip(theirs["steps"], ours["steps"], strict=True):
        np.testing.assert_allclose(np.array(other["head"])[nodes], one["head"], rtol=1e-6, atol=1e-5)
        np.testing.assert_allclose(np.array(other["flow"])[links], one["flow"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["ky2", "ky3", "BWSN_Network_1"])
def test_epanet_sees_no_difference_between_a_file_and_our_export(name, data, engines, tmp_path):
    agree_in_epanet(engines, tmp_path, data / "water" / f"{name}.inp")


def test_epanet_sees_no_difference_in_the_operated_town(engines, tmp_path):
    agree_in_epanet(engines, tmp_path, NETWORKS / "operated.inp")


def test_a_file_that_epanet_rejects_for_an_irrelevant_line_is_accepted_after_export(data, engines, tmp_path):
    for name in ("Bellingham_BELL_CL1", "epanet-tests/small/simplenet"):
        write_inp(read_inp(data / "water" / f"{name}.inp").network, tmp_path / "own.inp")
        assert not epanet(engines, tmp_path, {"inp": str(tmp_path / "own.inp"), "duration_s": 0})["error"]


@pytest.mark.core
def test_an_export_holds_the_state_and_starts_at_its_instant():
    reading = read(
        TOWN
        + "[PATTERNS]\n 1 1 2 3\n[CONTROLS]\n LINK CD CLOSED AT TIME 5\n LINK CD OPEN AT TIME 1\n"
        + "[TIMES]\n START CLOCKTIME 22:00\n"
    )
    net, state = reading.network, initial_state(reading.network)
    write(state, net, "nodes", "T", "level_m", 4.5)
    write(state, net, "nodes", "C", "demand_factor", 0.5)
    write(state, net, "links", "BC", "failed", True)
    again = parse_inp(export_inp(net, state, t_s=3 * 3600, clock_s=reading.clock_s).text)
    nodes, links = again.network.tables["nodes"], again.network.tables["links"]
    assert nodes["level_m"][nodes.rows["T"]] == 4.5
    assert nodes["demand_ls"][nodes.rows["C"]] == 4
    assert not links["open"][links.rows["BC"]]
    assert again.clock_s == 3600
    assert again.network.tables["options"]["pattern_start_s"][0] == 3 * 3600
    assert again.network.tables["controls"]["value"].tolist() == [2 * 3600]


@pytest.mark.core
def test_ids_that_epanet_cannot_take_get_stand_ins():
    net = network()
    rows = {name: list(column) for name, column in net.tables["nodes"].columns.items()}
    rows["id"] = ["阀门一号" * 4 if name == "A" else name for name in rows["id"]]
    links = {name: list(column) for name, column in net.tables["links"].columns.items()}
    for end in ("start", "end"):
        links[end] = ["阀门一号" * 4 if name == "A" else name for name in links[end]]
    build = DECLARATION.schemas
    tables = dict(net.tables) | {
        "nodes": type(net.tables["nodes"]).build(build["nodes"], rows)[0],
        "links": type(net.tables["nodes"]).build(build["links"], links)[0],
    }
    export = export_inp(Network("water", tables))
    assert sorted(export.nodes) == ["B", "C", "D", "N5", "R", "T"]
    assert "阀" not in export.text


@pytest.mark.core
def test_leaks_beside_emitters_of_another_exponent_are_refused():
    net = network(TOWN + " EMITTER EXPONENT 0.7\n[EMITTERS]\n B 0.1\n")
    state = initial_state(net)
    write(state, net, "nodes", "C", "leak_area_m2", 1e-3)
    with pytest.raises(DatasetError, match="repair the leaks or remove the emitters"):
        export_inp(net, state)
