"""Controls, rules and pump patterns, one law at a time."""

from __future__ import annotations

import pytest

from tests.lifelines.water.made import NOTHING, TOWN, model, network, read, ref, run
from twin.lifelines.water.present import initial_state
from twin.lifelines.water.rules import compare

pytestmark = pytest.mark.core

PUMP = "[PUMPS]\n P R B POWER 2\n Q R B POWER 2\n"


def position(instants, net, link, t_s):
    """Whether a link is open at the last instant up to `t_s`."""
    last = [one for one in instants if one.t_s <= t_s][-1]
    return bool(last.open[ref(net, "links", link).row])


def test_a_time_control_at_zero_acts_before_the_first_solve():
    net = network(TOWN + "[CONTROLS]\n LINK CD CLOSED AT TIME 0\n")
    bound, state = model(net), initial_state(net)
    writes = bound.advance(state, NOTHING, 0.0, 0.0)
    assert [(write.ref, write.column, write.value, write.rule) for write in writes] == [
        (ref(net, "links", "CD"), "open", False, "control/1")
    ]


def test_time_controls_act_at_their_second():
    net = network(TOWN + "[CONTROLS]\n LINK CD CLOSED AT TIME 1:17\n LINK CD OPEN AT TIME 2.5\n")
    instants = list(run(model(net), 4 * 3600))
    times = {one.t_s: one.rules for one in instants if one.rules}
    assert times == {77 * 60.0: ("control/1",), 2.5 * 3600: ("control/2",)}


def test_clock_controls_act_every_day():
    reading = read(TOWN + "[CONTROLS]\n LINK CD CLOSED AT CLOCKTIME 1 AM\n LINK CD OPEN AT CLOCKTIME 3 AM\n")
    instants = run(model(reading.network, clock_s=22 * 3600), 48 * 3600)
    times = [(one.t_s / 3600, one.rules[0]) for one in instants if one.rules]
    assert times == [(3, "control/1"), (5, "control/2"), (27, "control/1"), (29, "control/2")]


def test_a_level_control_acts_when_the_level_is_reached():
    net = network(TOWN + "[CONTROLS]\n LINK RA CLOSED IF NODE T ABOVE 4\n LINK RA OPEN IF NODE T BELOW 2\n")
    instants = list(run(model(net), 24 * 3600))
    tank = ref(net, "nodes", "T").row
    acts = [one for one in instants if one.rules]
    assert len(acts) > 2
    for one in acts:
        wanted = 4.0 if one.rules == ("control/1",) else 2.0
        assert one.level_m[tank] == pytest.approx(wanted, abs=0.001)


def test_the_later_of_two_controls_wins():
    net = network(TOWN + "[CONTROLS]\n LINK CD CLOSED AT TIME 1\n LINK CD OPEN AT TIME 1\n")
    assert position(list(run(model(net), 7200)), net, "CD", 3600)


def test_a_simple_control_overrules_a_rule_at_the_same_instant():
    net = network(
        TOWN
        + "[CONTROLS]\n LINK CD OPEN AT TIME 1\n"
        + "[RULES]\nRULE 1\nIF SYSTEM TIME >= 1\nTHEN PIPE CD STATUS IS CLOSED\n"
        + "[STATUS]\n CD Closed\n"
    )
    instants = list(run(model(net), 3600))
    assert position(instants, net, "CD", 3600)


def test_a_pump_pattern_overrules_a_rule():
    net = network(
        TOWN
        + "[PUMPS]\n P R B POWER 2 PATTERN on\n[PATTERNS]\n on 1 0\n"
        + "[RULES]\nRULE 1\nIF SYSTEM TIME >= 1\nTHEN PUMP P STATUS IS OPEN\n"
    )
    instants = list(run(model(net), 2 * 3600))
    assert position(instants, net, "P", 0)
    assert not position(instants, net, "P", 3600)
    assert position(instants, net, "P", 7200)


def test_the_rule_with_the_higher_priority_wins_and_then_the_earlier():
    def opened(first: str, second: str) -> bool:
        rules = (
            f"[RULES]\nRULE a\nIF SYSTEM TIME > 0\nTHEN PUMP P STATUS IS OPEN\n{first}\n"
            f"RULE b\nIF SYSTEM TIME > 0\nTHEN PUMP P STATUS IS CLOSED\n{second}\n"
        )
        net = network(TOWN + PUMP + rules)
        return position(list(run(model(net), 3600)), net, "P", 3600)

    assert opened("", "")
    assert not opened("PRIORITY 1", "PRIORITY 2")
    assert opened("PRIORITY 2", "PRIORITY 1")


def test_else_acts_where_the_premises_fail_and_or_rescues_them():
    rules = (
        "[RULES]\nRULE a\nIF TANK T LEVEL > 5.9\nOR SYSTEM DEMAND > 1\nAND SYSTEM TIME > 0\n"
        "THEN PUMP P STATUS IS CLOSED\nELSE PUMP Q STATUS IS CLOSED\n"
    )
    net = network(TOWN + PUMP + rules)
    instants = list(run(model(net), 3600))
    assert not position(instants, net, "P", 3600)
    assert position(instants, net, "Q", 3600)


def test_rules_act_at_multiples_of_the_rule_step():
    net = network(
        TOWN
        + "[RULES]\nRULE a\nIF SYSTEM TIME = 0:17\nTHEN PIPE CD STATUS IS CLOSED\n"
        + "[TIMES]\n RULE TIMESTEP 0:05\n"
    )
    acts = [(one.t_s, one.rules) for one in run(model(net), 3600) if one.rules]
    assert acts == [(20 * 60.0, ("rule/a",))]


def test_an_interruption_neither_hurries_nor_loses_a_rule():
    net = network(
        TOWN
        + "[RULES]\nRULE a\nIF SYSTEM TIME = 0:17\nTHEN PIPE CD STATUS IS CLOSED\n"
        + "[TIMES]\n RULE TIMESTEP 0:05\n"
    )
    bound, state = model(net), initial_state(net)
    before = bound.solve(state, 0.0)
    assert not [write for write in bound.advance(state, before, 0.0, 1100.0) if write.rule]
    later = bound.solve(state, 1100.0, before)
    assert bound.horizon(state, later, 1100.0).seconds == 100
    writes = bound.advance(state, later, 1100.0, 100.0)
    assert [write.rule for write in writes if write.rule] == ["rule/a"]


def test_a_rule_sees_a_pump_that_is_out_as_closed():
    net = network(
        TOWN
        + PUMP
        + "[RULES]\nRULE spare\nIF PUMP P STATUS IS CLOSED\nTHEN PUMP Q STATUS IS OPEN\n[STATUS]\n Q Closed\n"
    )
    state = initial_state(net)
    instants = list(run(model(net), 3600, state))
    assert not position(instants, net, "Q", 3600)
    state.write(ref(net, "links", "P"), "supplied", False)
    instants = list(run(model(net), 3600, state))
    assert position(instants, net, "Q", 3600)


def test_a_control_on_a_junction_s_pressure_reacts_at_once():
    net = network(
        TOWN + PUMP + "[CONTROLS]\n LINK P CLOSED IF NODE B ABOVE 44\n LINK P OPEN IF NODE B BELOW 30\n"
    )
    bound, state = model(net), initial_state(net)
    solution = bound.solve(state, 0.0)
    writes = bound.react(state, solution)
    assert [(write.value, write.rule) for write in writes] == [(False, "control/1")]


def test_controls_that_contradict_each_other_come_to_rest():
    pump = "[PUMPS]\n P R B POWER 20\n"
    contradiction = "[CONTROLS]\n LINK P CLOSED IF NODE B ABOVE 50\n LINK P OPEN IF NODE B BELOW 48\n"
    net = network(TOWN + pump + contradiction)
    bound, state = model(net), initial_state(net)
    solution = bound.solve(state, 0.0)
    reactions = 0
    while writes := bound.react(state, solution):
        reactions += 1
        assert reactions < 10
        for write in writes:
            state.write(write.ref, write.column, write.value)
        solution = bound.solve(state, 0.0, solution)
    assert reactions > 1


def test_opening_a_pump_by_a_control_gives_it_full_speed():
    net = network(
        TOWN + "[PUMPS]\n P R B POWER 2 SPEED 0.8\n[STATUS]\n P Closed\n[CONTROLS]\n LINK P OPEN AT TIME 0\n"
    )
    first = next(run(model(net), 0.0))
    assert first.setting[ref(net, "links", "P").row] == 1.0


@pytest.mark.parametrize(
    ("left", "relation", "expected"),
    [
        (1.0005, "=", True),
        (1.002, "=", False),
        (1.0005, "<", True),
        (1.002, "<", False),
        (0.9995, "<=", False),
        (0.998, "<=", True),
        (0.9995, ">", True),
        (1.0005, ">=", False),
        (1.002, ">=", True),
        (1.002, "<>", True),
    ],
)
def test_rules_compare_with_epanets_slack(left, relation, expected):
    assert compare(left, relation, 1.0) is expected
