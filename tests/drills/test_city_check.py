"""Checks against a city behind the resolver protocol: what is unknown, not simulated, or not clear."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

from twin.drills.city_check import check_against
from twin.drills.reader import parse_scenario, read_scenario

SAMPLES = Path(__file__).parent / "samples"


class Town:
    """A small town: two hospitals, a pump, a feeder and a tank."""

    IDS = (
        "facility/hospital/no1",
        "facility/hospital/no2",
        "power/feeder/F-1",
        "water/pump/PU-1",
        "water/tank/T-1",
    )

    def components(self, selector):
        return [each for each in self.IDS if fnmatch(each, selector) or fnmatch(each, f"facility/{selector}")]

    def agencies(self):
        return {"water company", "power company"}

    def provides(self, quantity, component):
        return quantity != "level" or component == "water/tank/T-1"

    def accepts(self, verb, component):
        return verb != "cut power" or component.startswith("power/")

    def simulates(self, hazard):
        return False

    def suggest(self, name):
        return [each for each in self.IDS if each[:7] == name[:7]]


def findings(text: str) -> list[str]:
    """What `check_against` finds in a drill with these lines below its title (line 1)."""
    return [str(each) for each in check_against(parse_scenario("drill: a\n" + text, "d.yaml"), Town())]


def row(rest: str) -> str:
    return f"script:\n  - {{{rest}}}\n"


@pytest.mark.core
def test_a_scenario_that_fits_has_no_finding():
    text = "names: {pump: water/pump/PU-1}\n" + row(
        "at: T+0, do: cut power at power/feeder/F-1, "
        "expect: [{who: water company, keeps: min(served(hospital/*)) >= 80 %}, "
        "{who: power company, does: dispatch crew to pump}]"
    )
    assert findings(text) == []


CASES = {
    "an unknown component": (
        row("at: T+0, do: break water/pump/PU-9"),
        [
            "d.yaml:3:25: do water/pump/PU-9 is nothing in the city: did you mean water/pump/PU-1?",
        ],
    ),
    "an unknown component in a condition": (
        row("when: out(water/tenk/T-1), do: break water/pump/PU-1"),
        ["d.yaml:3:12: when water/tenk/T-1 is nothing in the city: did you mean water/tank/T-1?"],
    ),
    "a name for nothing, once": (
        "names: {pump: water/pump/PU-9}\n" + row("when: out(pump), do: break pump"),
        ["d.yaml:2:15: pump water/pump/PU-9 is nothing in the city: did you mean water/pump/PU-1?"],
    ),
    "a word that is no name": (
        row("at: T+0, do: break xyz"),
        ["d.yaml:3:25: do xyz is nothing in the city: write an id of the city, or add it under names"],
    ),
    "an unknown agency": (
        "agencies: {water compny: {crews: 1}}\n"
        + row("at: T+0, tell: {to: gas, text: t}, expect: [{who: power compny, does: warn x}]"),
        [
            "d.yaml:2:26: agencies water compny is no agency of the city: did you mean water company?",
            "d.yaml:4:26: to gas is no agency of the city: use one of power company, water company",
            "d.yaml:4:56: who power compny is no agency of the city: did you mean power company?",
        ],
    ),
    "several components without an aggregate": (
        row("when: served(hospital/*) < 50 %, do: break water/pump/PU-1"),
        [
            "d.yaml:3:12: when hospital/* names 2 components: "
            "put min(), max(), mean(), any() or all() around it",
        ],
    ),
    "several truths without an aggregate": (
        row("when: out(hospital/*), do: break water/pump/PU-1"),
        ["d.yaml:3:12: when hospital/* names 2 components: put any() or all() around it"],
    ),
    "a quantity that does not apply": (
        row("when: level(water/pump/PU-1) < 1 m, do: break water/pump/PU-1"),
        [
            "d.yaml:3:12: when level cannot be asked here (water/pump/PU-1): "
            "ask another quantity or another component"
        ],
    ),
    "a quantity that nobody simulates": (
        row("when: out(water/pump/PU-1) and depth(water/pump/PU-1) > 1 m, do: break water/pump/PU-1"),
        [
            "d.yaml:3:37: when depth is not simulated by this city's networks: "
            "leave it out, or choose another city"
        ],
    ),
    "a verb without effect": (
        row("at: T+0, do: cut power at water/pump/PU-1"),
        [
            "d.yaml:3:19: do cut power has no effect here (water/pump/PU-1): "
            "use another verb or another component"
        ],
    ),
    "a verb that nobody simulates": (
        row("at: T+0, do: ignite water/pump/PU-1"),
        [
            "d.yaml:3:19: do ignite is not simulated by this city's networks: "
            "leave it out, or choose another city"
        ],
    ),
    "a hazard that nobody simulates": (
        "hazards: [{rain: [5 mm/h for 1 h]}]\n",
        [
            "d.yaml:2:18: hazards rain is not simulated by this city's networks: "
            "leave it out, or choose another city"
        ],
    ),
    "an unknown agency in a condition": (
        row("when: 'eta(gas, water/pump/PU-1) > 30 min', do: break water/pump/PU-1"),
        ["d.yaml:3:13: when gas is no agency of the city: use one of power company, water company"],
    ),
    "an unknown agency in an action": (
        row("at: T+0, expect: [{who: water company, does: notify power compny}]"),
        ["d.yaml:3:58: does power compny is no agency of the city: did you mean power company?"],
    ),
}


@pytest.mark.core
@pytest.mark.parametrize("case", CASES)
def test_a_misfit_is_found_at_its_place(case):
    text, expected = CASES[case]
    assert findings(text) == expected


def test_an_unknown_agency_is_named_once():
    found = findings(row("at: T+0, tell: {to: gas, text: t}, expect: [{who: gas, does: warn x}]"))
    assert [line.split(": ")[1] for line in found] == ["to gas is no agency of the city"]


def test_what_only_players_do_warns_unless_its_agency_is_played():
    text = row("at: T+0, expect: [{who: water company, does: escort power company}]")
    (finding,) = check_against(parse_scenario("drill: a\n" + text), Town())
    assert (finding.severity, str(finding.problem)) == ("warning", "escort is done by players only")
    assert findings("agencies: {water company: {played: true}}\n" + text) == []


def test_a_figure_of_a_whole_selection_needs_no_aggregate():
    assert findings(row("when: failed(hospital/*) >= 2, do: break water/pump/PU-1")) == []


@pytest.mark.core
def test_the_underpass_sample_is_read_but_does_not_fit_a_town_without_drains():
    found = check_against(read_scenario(SAMPLES / "underpass.yaml"), Town())
    assert {finding.rule for finding in found} == {
        "scenario/unknown-component",
        "scenario/unknown-agency",
        "scenario/not-simulated",
    }
    assert all(finding.line and finding.column for finding in found)
    missing = {str(finding.problem) for finding in found if finding.rule == "scenario/not-simulated"}
    networks = "is not simulated by this city's networks"
    assert missing >= {f"{what} {networks}" for what in ("rain", "depth", "people", "ignited")}
