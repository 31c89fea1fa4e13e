"""TNTP road files, good and bad."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from twin.errors import DatasetError
from twin.importers.tntp import read_flows, read_tntp
from twin.model.finding import errors
from twin.physics.traffic import Delay, equilibrium, road_graph

NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 3
<FIRST THRU NODE> 3
<NUMBER OF LINKS> 3
<END OF METADATA>

~ \tstart\tend\tcapacity\tlength\ttime\tb\tpower\tspeed\ttoll\ttype\t;
\t1\t3\t1000\t2.5\t6\t0.15\t4\t0\t0\t1\t;
\t3\t2\t1000\t2.5\t6\t0.15\t4\t0\t0\t1\t;
\t3\t2\t500\t2.5\t7\t0.15\t4\t0\t0\t1\t;
"""
TRIPS = """<NUMBER OF ZONES> 2
<TOTAL OD FLOW> 30.0
<END OF METADATA>
Origin 1
    1 :    0.0;     2 :   30.0;
"""


def write(folder, net=NET, trips=TRIPS):
    (folder / "net.tntp").write_text(net, encoding="utf-8")
    (folder / "trips.tntp").write_text(trips, encoding="utf-8")
    return folder / "net.tntp", None, folder / "trips.tntp"


def rules(findings):
    return [finding.rule for finding in findings]


@pytest.mark.core
def test_links_are_one_way_and_named_after_their_ends(tmp_path):
    roads, findings = read_tntp(*write(tmp_path), metres=1000.0)
    links = roads.tables["links"]
    assert findings == []
    assert links["id"].tolist() == ["1-3", "3-2", "3-2-2"]
    assert links["oneway"].all()
    assert links["travel_min"].tolist() == [6.0, 6.0, 7.0]
    assert links["length_m"].tolist() == [2500.0] * 3


@pytest.mark.core
def test_nodes_before_the_first_through_node_are_centroids(tmp_path):
    roads, _findings = read_tntp(*write(tmp_path), metres=1.0)
    assert roads.tables["nodes"]["kind"].tolist() == ["centroid", "centroid", "junction"]


@pytest.mark.core
def test_trips_that_go_nowhere_are_left_out(tmp_path):
    roads, _findings = read_tntp(*write(tmp_path), metres=1.0)
    assert list(roads.tables["trips"].records()) == [{"origin": "1", "destination": "2", "trips_vph": 30.0}]


@pytest.mark.core
def test_lengths_without_a_unit_stay_empty_with_a_warning(tmp_path):
    roads, findings = read_tntp(*write(tmp_path))
    assert np.isnan(roads.tables["links"]["length_m"]).all()
    assert rules(findings) == ["tntp.length"]
    assert errors(findings) == ()


@pytest.mark.core
def test_packed_files_are_read_as_they_are(tmp_path):
    net, _node, trips = write(tmp_path)
    packed = tmp_path / "net.tntp.gz"
    packed.write_bytes(gzip.compress(net.read_bytes()))
    plain, _ = read_tntp(net, None, trips, metres=1.0)
    unpacked, _ = read_tntp(packed, None, trips, metres=1.0)
    for name, table in plain.tables.items():
        assert repr(list(table.records())) == repr(list(unpacked.tables[name].records()))


@pytest.mark.core
@pytest.mark.parametrize(
    ("old", "new", "rule", "message"),
    [
        ("LINKS> 3", "LINKS> 9", "tntp.count", "<NUMBER OF LINKS> says 9, the file holds 3"),
        ("1000\t2.5\t6\t0.15\t4\t0\t0\t1\t;\n\t3", "x\t2.5\t6\t0.15\t4\t0\t0\t1\t;\n\t3", "tntp.row", ":8:"),
        ("\t0\t0\t1\t;\n\t3\t2\t500", "\t0\t2\t1\t;\n\t3\t2\t500", "tntp.toll", "tolls"),
        ("500\t2.5\t7", "500\t2.5\t-7", "table.bad-value", "travel_min must be >= 0"),
        ("500\t2.5\t7", "0\t2.5\t7", "table.bad-value", "capacity_vph must be > 0"),
        ("500\t2.5\t7", "500\t2.5\tnan", "tntp.row", "is no link row"),
    ],
)
def test_defects_of_a_net_file_are_findings(tmp_path, old, new, rule, message):
    assert old in NET
    _roads, findings = read_tntp(*write(tmp_path, net=NET.replace(old, new)), metres=1.0)
    found = [finding for finding in findings if finding.rule == rule]
    assert found
    assert message in str(found[0])
    assert "net.tntp" in str(found[0])


@pytest.mark.core
@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("30.0\n<END", "31.0\n<END", "tntp.count"),
        ("2 :   30.0", "2    30.0", "tntp.row"),
        ("2 :   30.0", "2 :  -30.0", "tntp.row"),
        ("2 :   30.0", "7 :   30.0", "tntp.stranger"),
        ("Origin 1\n", "", "tntp.row"),
    ],
)
def test_defects_of_a_trips_file_are_findings(tmp_path, old, new, rule):
    assert old in TRIPS
    _roads, findings = read_tntp(*write(tmp_path, trips=TRIPS.replace(old, new)), metres=1.0)
    assert rule in rules(findings)


@pytest.mark.core
def test_nodes_without_a_place_are_named(tmp_path):
    net, _node, trips = write(tmp_path)
    (tmp_path / "node.tntp").write_text("Node X Y ;\n1 0 0 ;\n3 5 five ;\n", encoding="utf-8")
    roads, findings = read_tntp(net, tmp_path / "node.tntp", trips, metres=1.0)
    assert rules(findings) == ["tntp.row", "tntp.place"]
    assert findings[1].ids == ("2", "3")
    assert roads.tables["nodes"]["x"][0] == 0.0


@pytest.mark.core
@pytest.mark.parametrize("content", ["", "<END OF METADATA>\n~ nothing\n", "\xff\xfe"])
def test_files_that_are_no_tntp_files_are_refused(tmp_path, content):
    (tmp_path / "net.tntp").write_bytes(content.encode("latin-1"))
    with pytest.raises(DatasetError, match=r"net\.tntp"):
        read_tntp(tmp_path / "net.tntp")


@pytest.mark.core
def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        read_tntp(tmp_path / "net.tntp")


@pytest.mark.core
def test_a_flow_row_without_numbers_is_refused(tmp_path):
    (tmp_path / "flow.tntp").write_text("From To Volume Cost\n1 2 many 3\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="line 2 is no flow row"):
        read_flows(tmp_path / "flow.tntp")


def paths(data, folder):
    place = data / "interdependent" / "infrarisk" / folder
    return [place / f"transpo_{name}.tntp" for name in ("net", "node", "trips")]


def assigned(roads):
    links, nodes, trips = (roads.tables[name] for name in ("links", "nodes", "trips"))
    graph = road_graph(len(nodes), *roads.ends, links["oneway"], nodes["kind"] != "centroid")
    columns = ("travel_min", "capacity_vph", "bpr_b", "bpr_power")
    delay = Delay(*(links[name][graph.link] for name in columns))
    origin, destination = (
        np.array([nodes.rows[name] for name in trips[end]]) for end in ("origin", "destination")
    )
    return graph, equilibrium(graph, delay, origin, destination, trips["trips_vph"])


@pytest.mark.parametrize(
    ("folder", "sizes", "warnings"),
    [
        ("in2/transportation", (9, 22, 72), ["tntp.length"]),
        ("micropolis/transportation/high", (68, 210, 1333), ["tntp.length"]),
        ("micropolis/transportation/med", (68, 176, 1333), ["tntp.count", "tntp.length"]),
        ("micropolis/transportation/low", (68, 144, 1333), ["tntp.count", "tntp.length"]),
    ],
)
def test_the_test_beds_roads_are_read_and_carry_their_traffic(data, folder, sizes, warnings):
    roads, findings = read_tntp(*paths(data, folder))
    assert tuple(len(roads.tables[name]) for name in ("nodes", "links", "trips")) == sizes
    assert rules(findings) == warnings
    _graph, result = assigned(roads)
    assert result.gap <= 1e-4
    assert result.stranded == 0.0


def test_the_published_flows_of_in2_are_not_an_assignment_of_its_trips(data):
    """They violate conservation by thousands of vehicles at most nodes, so they cannot be compared with."""
    flows = read_flows(paths(data, "in2/transportation")[0].with_name("transpo_flow.tntp"))
    roads, _findings = read_tntp(*paths(data, "in2/transportation"))
    trips = roads.tables["trips"]
    names = [name.removeprefix("T_J") for name in roads.tables["nodes"]["id"]]
    assert {f"T_J{a}-T_J{b}" for a, b in flows} == {
        f"{a}-{b}" for a, b in zip(roads.tables["links"]["start"], roads.tables["links"]["end"], strict=True)
    }
    excess = {
        name: sum(flow for (a, b), (flow, _cost) in flows.items() if a == name)
        - sum(flow for (a, b), (flow, _cost) in flows.items() if b == name)
        - trips["trips_vph"][trips["origin"] == f"T_J{name}"].sum()
        + trips["trips_vph"][trips["destination"] == f"T_J{name}"].sum()
        for name in names
    }
    assert sum(abs(value) > 1000 for value in excess.values()) >= 8
