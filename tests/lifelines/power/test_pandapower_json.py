"""Reading pandapower files: both dialects, every element, and files that are broken or hostile."""

from __future__ import annotations

import copy
import gzip
import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lifelines.power.grids import LINE, SMALL, TRAFO, Play, frame, write_file
from twin.errors import DatasetError
from twin.lifelines.power.pandapower_frames import read_frames
from twin.lifelines.power.pandapower_json import read_pandapower
from twin.model.finding import Severity

pytestmark = pytest.mark.core


def read(tmp_path: Path, **changes):
    return read_pandapower(write_file(tmp_path / "net.json", **{**SMALL, **changes}))


def row_of(network, name: str) -> dict[str, object]:
    ref = network.refs[f"power/{name}"]
    return {column: values[ref.row] for column, values in network.tables[ref.table].columns.items()}


def rules(findings) -> list[str]:
    return [finding.rule for finding in findings]


def test_names_become_ids_and_the_switch_stands_before_a_terminal(tmp_path):
    network, findings = read(tmp_path)
    assert not findings
    assert set(network.refs) == {
        "power/bus/B0",
        "power/bus/B1",
        "power/bus/B2",
        "power/terminal/L@B1",
        "power/transformer/T",
        "power/line/L",
        "power/switch/S",
        "power/load/D",
        "power/external_grid/G",
    }
    assert row_of(network, "switch/S")["end"] == row_of(network, "line/L")["start"] == "L@B1"
    assert row_of(network, "terminal/L@B1")["vn_kv"] == 10


def test_one_percentage_of_the_older_dialect_counts_for_active_and_reactive_power(tmp_path):
    load = row_of(read(tmp_path)[0], "load/D")
    assert load["const_z_p_percent"] == load["const_z_q_percent"] == 30
    later = {"name": "D", "bus": 2, "p_mw": 1.0, "const_z_p_percent": 10.0, "const_i_q_percent": 20.0}
    load = row_of(read(tmp_path, load=[later])[0], "load/D")
    assert [load[f"const_{law}_percent"] for law in ("z_p", "i_p", "z_q", "i_q")] == [10, 0, 0, 20]


def test_coordinates_come_from_the_table_or_from_geojson(tmp_path):
    older = read(tmp_path, bus_geodata=[{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}, {"x": 5.0, "y": 6.0}])[0]
    assert row_of(older, "bus/B1")["x"] == 3
    point = '{"type":"Point", "coordinates":[11.4, 53.6]}'
    later = read(tmp_path, bus=[{**bus, "geo": point} for bus in SMALL["bus"]])[0]
    assert (row_of(later, "bus/B2")["x"], row_of(later, "bus/B2")["y"]) == (11.4, 53.6)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"tap_phase_shifter": True}, "ideal"),
        ({"tap_phase_shifter": False}, "ratio"),
        ({"tap_changer_type": "Ratio"}, "ratio"),
        ({"tap_changer_type": "Symmetrical"}, "ratio"),
        ({"tap_changer_type": "Ideal"}, "ideal"),
        ({"tap_changer_type": None}, "none"),
        ({"tap_pos": None}, "none"),
    ],
)
def test_tap_changers_of_both_dialects(tmp_path, columns, expected):
    network, _ = read(tmp_path, trafo=[{**TRAFO, **columns}])
    assert row_of(network, "transformer/T")["tap_changer"] == expected


def test_names_that_are_missing_double_or_full_of_slashes(tmp_path):
    names = [None, "X", "X", "A/B"]
    loads = [{"name": name, "bus": 2, "p_mw": 1.0} for name in names]
    network, _ = read(tmp_path, load=loads)
    assert {name for name in network.refs if "/load/" in name} == {
        "power/load/load_0",
        "power/load/load_1",
        "power/load/load_2",
        "power/load/A_B",
    }


def test_a_gzipped_file_is_read_the_same(tmp_path):
    plain = write_file(tmp_path / "net.json", **SMALL)
    packed = tmp_path / "net.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_pandapower(packed)[0].refs == read_pandapower(plain)[0].refs


def test_a_three_winding_transformer_becomes_three_windings_and_a_star(tmp_path):
    unit = {
        "name": "T3",
        "hv_bus": 0,
        "mv_bus": 1,
        "lv_bus": 2,
        "sn_hv_mva": 40,
        "sn_mv_mva": 30,
        "sn_lv_mva": 10,
    }
    unit |= {"vn_hv_kv": 110, "vn_mv_kv": 10, "vn_lv_kv": 10, "pfe_kw": 30, "i0_percent": 0.1}
    unit |= {f"vk_{side}_percent": vk for side, vk in (("hv", 10), ("mv", 11), ("lv", 12))}
    unit |= {f"vkr_{side}_percent": 0.3 for side in ("hv", "mv", "lv")}
    network, findings = read(tmp_path, trafo3w=[unit])
    assert not findings
    hv, mv, lv = (row_of(network, f"winding/T3-{side}") for side in ("hv", "mv", "lv"))
    assert (hv["start"], hv["end"], mv["start"], lv["end"]) == ("B0", "T3", "T3", "B2")
    assert {hv["unit"], mv["unit"], lv["unit"]} == {"T3"}
    reactive = [(w["vk_percent"] ** 2 - w["vkr_percent"] ** 2) ** 0.5 / w["sn_mva"] for w in (hv, mv)]
    assert sum(reactive) == pytest.approx((10**2 - 0.3**2) ** 0.5 / 30)
    assert hv["pfe_kw"] == 30
    assert mv["pfe_kw"] == lv["pfe_kw"] == 0


def test_wards_motors_and_unbalanced_loads_are_kept(tmp_path):
    ward = {"name": "W", "bus": 2, "ps_mw": 1, "qs_mvar": 2, "pz_mw": 3, "qz_mvar": 4}
    loads = {"p_a_mw": 1, "p_b_mw": 2, "p_c_mw": 3, "q_a_mvar": 1, "q_b_mvar": 1, "q_c_mvar": 1}
    network, findings = read(
        tmp_path,
        ward=[ward],
        motor=[{"name": "M", "bus": 2, "pn_mech_mw": 0.2, "cos_phi": 0.8, "efficiency_percent": 90}],
        asymmetric_load=[{"name": "U", "bus": 2, **loads}],
        storage=[{"name": "B", "bus": 2, "p_mw": 0.1, "max_e_mwh": 2}],
        shunt=[{"name": "C", "bus": 2, "p_mw": 0.0, "q_mvar": -1.0, "step": 2}],
        gen=[{"name": "V", "bus": 2, "p_mw": 1.0, "vm_pu": 1.01, "slack": False}],
    )
    assert row_of(network, "load/W")["p_mw"] == 1
    assert row_of(network, "shunt/W-z")["q_mvar"] == 4
    assert row_of(network, "motor/M")["efficiency_percent"] == 90
    assert row_of(network, "load/U")["p_mw"] == 6
    assert row_of(network, "storage/B")["energy_mwh"] == 2
    assert row_of(network, "generator/V")["vm_pu"] == 1.01
    assert rules(findings) == ["power.unbalanced"]


@pytest.mark.parametrize(
    ("table", "row", "rule"),
    [
        ("controller", {"object": "x"}, "power.not-simulated"),
        ("dcline", {"name": "DC", "p_mw": 1}, "power.not-simulated"),
        ("svc", {"name": "SVC"}, "power.not-simulated"),
        ("xward", {"name": "X", "bus": 2, "ps_mw": 1}, "power.xward"),
        ("my_table", {"a": 1}, "power.unknown-table"),
    ],
)
def test_what_is_not_simulated_is_a_finding(tmp_path, table, row, rule):
    _, findings = read(tmp_path, **{table: [row]})
    assert rules(findings) == [rule]
    assert findings[0].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"tap_dependency_table": True}, "power.tap-table"),
        ({"tap2_pos": 3, "tap2_neutral": 0}, "power.second-tap"),
    ],
)
def test_tap_changers_that_are_not_simulated_are_findings(tmp_path, columns, rule):
    assert rules(read(tmp_path, trafo=[{**TRAFO, **columns}])[1]) == [rule]


def test_results_costs_and_drawings_are_no_findings(tmp_path):
    extra = {"res_bus": [{"vm_pu": 1}], "poly_cost": [{"cost": 1}], "line_geodata": [{"coords": [[1, 2]]}]}
    assert read(tmp_path, **extra)[1] == []


def test_time_series_are_a_finding(tmp_path):
    assert rules(read(tmp_path, profiles={"load": frame([{"p": 1}])})[1]) == ["power.profiles"]


def test_nothing_the_file_names_is_imported(tmp_path):
    trap = {"_module": "this_module_must_stay_away", "_class": "Trap", "_object": "{}"}
    hostile = {"std_types": trap, "controller": [{"object": trap, "in_service": True}], "danger": trap}
    network, findings = read(tmp_path, **hostile)
    assert "power/load/D" in network.refs
    assert rules(findings) == ["power.not-simulated"]
    assert "this_module_must_stay_away" not in sys.modules


def with_object(content: object) -> str:
    return json.dumps({"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": content})


BROKEN_FRAME = {"_module": "pandas.core.frame", "_class": "DataFrame", "orient": "split"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[1, 2]",
        "{}",
        "[" * 100_000,
        json.dumps({"_class": "Something", "_object": {}}),
        with_object([]),
        with_object({"line": frame([LINE])}),
        with_object({"bus": {**BROKEN_FRAME, "_object": "{"}}),
        with_object({"bus": {**BROKEN_FRAME, "_object": {"index": [0]}}}),
        with_object({"bus": {**BROKEN_FRAME, "_object": {"index": [0], "columns": ["a"], "data": [[]]}}}),
        with_object({"bus": {**BROKEN_FRAME, "orient": "records", "_object": "[]"}}),
        with_object({"bus": frame([{"vn_kv": 1}]), "f_hz": "fast"}),
        with_object({"bus": frame([{"vn_kv": 1}]), "f_hz": float("nan")}),
    ],
)
def test_broken_files_are_refused_with_a_finding(tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        read_pandapower(path)
    assert caught.value.findings[0].rule == "pandapower.broken"


def test_a_missing_file_and_a_wrong_encoding_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        read_frames(tmp_path / "nowhere.json")
    path = tmp_path / "latin.json"
    path.write_bytes('{"ä": 1}'.encode("latin-1"))
    with pytest.raises(DatasetError, match="not UTF-8"):
        read_frames(path)


@pytest.mark.parametrize(
    ("table", "change", "rule"),
    [
        ("line", {"to_bus": 99}, "pandapower.dangling"),
        ("load", {"bus": [1]}, "pandapower.dangling"),
        ("line", {"r_ohm_per_km": "much"}, "table.bad-value"),
        ("line", {"length_km": -1}, "table.bad-value"),
        ("trafo", {"sn_mva": 0}, "table.bad-value"),
        ("bus", {"vn_kv": None}, "table.bad-value"),
        ("switch", {"element": 7}, "pandapower.switch"),
        ("switch", {"et": "?"}, "pandapower.switch"),
        ("switch", {"bus": 99}, "pandapower.dangling"),
    ],
)
def test_bad_values_are_refused_with_the_place(tmp_path, table, change, rule):
    rows = copy.deepcopy(SMALL[table])
    rows[-1] |= change
    with pytest.raises(DatasetError) as caught:
        read(tmp_path, **{table: rows})
    assert rule in rules(caught.value.findings)
    assert all("net.json" in finding.file for finding in caught.value.findings)


def test_a_three_winding_transformer_without_ratings_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no usable ratings"):
        read(tmp_path, trafo3w=[{"name": "T3", "hv_bus": 0, "mv_bus": 1, "lv_bus": 2}])


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_values_are_read_or_refused_and_never_crash(tmp_path, data):
    tables = copy.deepcopy(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        table = data.draw(st.sampled_from(sorted(tables)))
        row = data.draw(st.sampled_from(tables[table]))
        row[data.draw(st.sampled_from(sorted(row)))] = data.draw(CELLS)
    path = write_file(tmp_path / "fuzz.json", **tables)
    try:
        network, _ = read_pandapower(path)
    except DatasetError as error:
        assert error.findings
    else:
        Play(network).solve()
