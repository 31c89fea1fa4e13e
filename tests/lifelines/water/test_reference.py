"""States put to EPANET, and networks taken over from WNTR."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from tests.lifelines.water.made import TOWN, model, network, write
from twin.errors import InputError
from twin.lifelines.water.epanet import write_inp
from twin.lifelines.water.present import initial_state
from twin.lifelines.water.reference import FLOW_FLOOR_M3S, REFERENCE
from twin.lifelines.water.wntr import from_wntr, reading_of
from twin.model.city import Manifest
from twin.verify.engine import ask

T_S = 5 * 3600.0


def disturbed():
    """A town with a leak, a hole in a pipe, a broken pipe, a dark junction and a tank half full."""
    net = network(
        TOWN
        + "[PUMPS]\n P R B POWER 4\n[PATTERNS]\n 1 1 0.8 1.2\n[VALVES]\n V B D 150 TCV 20\n"
        + "[JUNCTIONS]\n E 12 3\n[PIPES]\n CE C E 100 100 110\n[CONTROLS]\n LINK AB CLOSED AT TIME 5\n"
    )
    state = initial_state(net)
    write(state, net, "nodes", "D", "leak_area_m2", 3e-4)
    write(state, net, "links", "RA", "leak_area_m2", 1e-4)
    write(state, net, "links", "CD", "failed", True)
    write(state, net, "links", "CE", "isolated", True)
    write(state, net, "nodes", "T", "level_m", 1.5)
    write(state, net, "nodes", "B", "demand_factor", 1.3)
    return net, state


@pytest.mark.parametrize("demand_model", ["dda", "pda"])
def test_a_disturbed_state_agrees_with_epanet(demand_model, engines, tmp_path):
    net, state = disturbed()
    rows = {name: list(column) for name, column in net.tables["options"].columns.items()}
    rows |= {"demand_model": [demand_model], "p_required_m": [45.0]}
    table = net.tables["options"]
    net = type(net)("water", {**net.tables, "options": type(table).build(table.schema, rows)[0]})
    solution = model(net).solve(state, T_S)
    job = REFERENCE.export(net, Manifest("town"), state, solution, T_S, tmp_path)
    answer = REFERENCE.read(net, solution, ask(REFERENCE.script, (), job, engines.parent.parent, tmp_path))
    for quantity in REFERENCE.compared:
        ours, theirs = (
            solution.tables[quantity.table][quantity.column],
            answer[quantity.table][quantity.column],
        )
        scale = 1.0 if quantity.floor is None else abs(theirs) + quantity.floor
        assert (abs(ours - theirs) / scale).max() < quantity.tolerance
    assert solution.tables["nodes"]["leak_m3s"].sum() > FLOW_FLOOR_M3S
    assert solution.tables["nodes"]["reached"].tolist().count(0.0) == 1


def answers(net, *flows):
    """What the engine's script would answer: a flow through every link for each of its answers."""
    nodes, links = net.tables["nodes"]["id"].tolist(), net.tables["links"]["id"].tolist()
    still = [0.0] * len(nodes)
    steps = [[{"head": still, "delivered": still, "flow": [flow] * len(links)}] for flow in flows]
    result = {"nodes": nodes, "links": links, "steps": steps[0], "unbalanced": False, "reached": 2e-5}
    return result | {"again": [{"reached": 5e-5, "steps": more} for more in steps[1:]]}


@pytest.mark.core
@pytest.mark.parametrize(("ours", "nearest"), [(0.9, 1.0), (1.0, 1.0), (1.15, 1.15), (1.3, 1.2)])
def test_of_several_answers_what_lies_nearest_to_ours_in_their_range_is_compared(ours, nearest):
    net = network()
    solution = model(net).solve(initial_state(net), T_S)
    solution.tables["links"]["flow_m3s"][:] = ours
    theirs = REFERENCE.read(net, solution, answers(net, 1.2, 1.0))
    np.testing.assert_array_equal(theirs["links"]["flow_m3s"], nearest)


@pytest.mark.core
def test_an_answer_with_other_heads_is_another_state_and_does_not_count():
    net = network()
    solution = model(net).solve(initial_state(net), T_S)
    solution.tables["links"]["flow_m3s"][:] = 0.5
    given = answers(net, 1.2, 0.0)
    given["again"][0]["steps"][0]["head"] = [0.02] * len(given["nodes"])
    np.testing.assert_array_equal(REFERENCE.read(net, solution, given)["links"]["flow_m3s"], 1.2)
    assert "in 0 links" in str(REFERENCE.remark(given))


@pytest.mark.core
def test_a_coarse_answer_is_remarked():
    net = network()
    said = str(REFERENCE.remark(answers(net, 1.2, 1.0)))
    assert "2e-05, 5e-05" in said
    assert "in 6 links" in said
    assert "in 0 links" in str(REFERENCE.remark(answers(net, 1.2, 1.2005)))
    assert "unbalanced" in str(REFERENCE.remark(answers(net, 1.2) | {"unbalanced": True}))
    assert REFERENCE.remark(answers(net, 1.2) | {"reached": 1e-6}) is None


@pytest.mark.core
def test_a_model_of_wntr_comes_over_through_its_own_file_format(monkeypatch):
    def write_inpfile(wn, path):
        write_inp(network(), path, clock_s=7200.0)

    package = types.ModuleType("pretended_wntr")
    package.network = types.SimpleNamespace(write_inpfile=write_inpfile)
    monkeypatch.setitem(sys.modules, "pretended_wntr", package)
    kind = type("WaterNetworkModel", (), {"__module__": "pretended_wntr.network.model"})
    assert from_wntr(kind()).tables["links"]["id"].tolist() == ["AB", "BC", "BT", "CD", "DA", "RA"]
    assert reading_of(kind()).clock_s == 7200


@pytest.mark.core
def test_what_is_no_model_of_wntr_is_refused():
    with pytest.raises(InputError, match="a list is no network of WNTR"):
        from_wntr([])
