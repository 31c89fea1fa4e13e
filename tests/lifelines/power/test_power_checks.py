"""What the checks of a power network find, and what they leave alone."""

from __future__ import annotations

import pytest

from tests.lifelines.power.grids import bus, device, line, network, ring
from twin.lifelines.power.checks import check
from twin.model.finding import Severity

pytestmark = pytest.mark.core


def found(nodes, links, devices) -> dict[str, tuple[str, ...]]:
    return {finding.rule: finding.ids for finding in check(network(nodes, links, devices))}


GRID = device("G", "external_grid", "A")


def test_a_sound_network_has_no_findings():
    assert check(ring()) == []


def test_overloads_of_the_undisturbed_network_are_named_worst_first():
    findings = check(ring(max_i_ka=0.1))
    assert [finding.rule for finding in findings] == ["power.overloaded"]
    assert findings[0].severity is Severity.WARNING
    assert [text.split(":")[0] for text in findings[0].ids] == ["L1", "L2"]
    assert "exempt from overload trips" in str(findings[0])


def test_dangling_ends_are_errors():
    given = network([bus("A")], [line("L1", "A", "B")], [device("G", "external_grid", "Z")])
    findings = check(given)
    assert [(finding.rule, finding.severity) for finding in findings] == [
        ("power.dangling", Severity.ERROR)
    ] * 2


def test_a_network_without_a_source_and_a_load_in_the_dark():
    assert set(found([bus("A")], [], [device("D", "load", "A", p_mw=1)])) == {"power.no-source"}
    two = [bus("A"), bus("B")]
    assert found(two, [], [GRID, device("D", "load", "B", p_mw=1)]) == {"power.dark": ("D",)}


def test_lines_between_different_voltages_and_windings_far_off():
    turned = {"id": "T", "kind": "transformer", "start": "B", "end": "A", "sn_mva": 1, "vk_percent": 10}
    turned |= {"vn_hv_kv": 110, "vn_lv_kv": 10}
    links = [line("L", "A", "B"), turned]
    names = found([bus("A", 110), bus("B", 10)], links, [GRID])
    assert names["power.voltages"] == ("L",)
    assert names["power.winding"] == ("T",)


def test_lines_and_transformers_without_impedance():
    links = [line("L", "A", "B", length_km=0)]
    assert found([bus("A"), bus("B")], links, [GRID]) == {"power.no-impedance": ("L",)}
    free = {
        "id": "T",
        "kind": "transformer",
        "start": "A",
        "end": "B",
        "sn_mva": 1,
        "vn_hv_kv": 10,
        "vn_lv_kv": 10,
    }
    assert found([bus("A"), bus("B")], [free], [GRID]) == {"power.no-impedance": ("T",)}


def test_generators_that_hold_a_voltage_and_rival_sources():
    devices = [GRID, device("H", "external_grid", "A", vm_pu=1.02), device("V", "generator", "A", p_mw=1)]
    names = found([bus("A")], [], devices)
    assert names == {"power.generator": ("V",), "power.rival-source": ("H",)}


def test_parts_of_a_load_above_the_whole():
    load = device("D", "load", "A", p_mw=1, const_z_p_percent=60, const_i_p_percent=60)
    assert found([bus("A")], [], [GRID, load]) == {"power.parts": ("D",)}


def test_a_network_without_a_solution():
    assert [finding.rule for finding in check(ring(load_mw=500))] == ["power.no-solution"]
