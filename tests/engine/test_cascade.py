"""The cascade: losses travel along dependencies, backups delay them, returns travel back."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Play, town
from twin.engine.incidents import act
from twin.engine.world import World

pytestmark = pytest.mark.core
SHOP = "facility/shop/A"


def needs(supplier: str = "power/load/LO2", **more: object) -> dict[str, object]:
    return {"supplier": supplier, "consumer": SHOP, "kind": "power", **more}


def break_(name: str):
    return lambda world: act(world, "break", name)


def mend(name: str):
    return lambda world: act(world, "repair", name)


def events(world: World, component: str) -> list[tuple[float, str]]:
    return [(event.t_s, event.kind) for event in world.journal if event.component == component]


def test_a_shop_is_unserved_the_moment_its_load_is(play: Play):
    world = play(town([needs()]), 100, {10: break_("power/line/L1")})
    assert events(world, SHOP) == [(10, "lost"), (10, "unserved")]


def test_a_backup_carries_the_shop_for_its_time_and_no_longer(play: Play):
    world = play(town([needs(backup_min=5)]), 1000, {10: break_("power/line/L1")})
    assert events(world, SHOP) == [(10, "backup"), (310, "backup_empty"), (310, "lost"), (310, "unserved")]


def test_a_backup_that_is_relieved_in_time_never_lets_go(play: Play):
    acts = {10: break_("power/line/L1"), 200: mend("power/line/L1")}
    world = play(town([needs(backup_min=5)]), 1000, acts)
    assert events(world, SHOP) == [(10, "backup"), (200, "backup_ends")]


def test_a_backup_that_recharges_slowly_is_shorter_the_second_time(play: Play):
    acts = {
        0: break_("power/line/L1"),
        240: mend("power/line/L1"),
        300: break_("power/line/L1"),
    }
    world = play(town([needs(backup_min=5, recharge_min=10)]), 1000, acts)
    empty = next(event.t_s for event in world.journal if event.kind == "backup_empty")
    assert empty == pytest.approx(300 + 60 + 60 / 600 * 300)


def test_restarting_takes_its_time(play: Play):
    acts = {10: break_("power/line/L1"), 100: mend("power/line/L1")}
    world = play(town([needs(restart_min=2)]), 1000, acts)
    assert (100, "restarting") in events(world, SHOP)
    assert (220, "returns") in events(world, SHOP)


def test_suppliers_of_one_group_stand_in_for_each_other(play: Play):
    rows = [needs("power/load/LO1", group="a"), needs("power/load/LO3", group="a")]
    world = play(town(rows), 100, {10: break_("power/line/L3")})
    assert events(world, SHOP) == []
    world = play(town(rows), 100, {10: break_("power/line/L1")})
    assert (10, "lost") in events(world, SHOP)


def test_every_need_must_be_met(play: Play):
    rows = [needs("power/load/LO1"), needs("power/load/LO3")]
    world = play(town(rows), 100, {10: break_("power/line/L3")})
    assert (10, "lost") in events(world, SHOP)


def test_the_chain_of_causes_leads_from_the_shop_to_the_broken_line(play: Play):
    world = play(town([needs(backup_min=5)]), 1000, {10: break_("power/line/L2")})
    last = max(event.event for event in world.journal if event.component == SHOP)
    chain = [(event.kind, event.component) for event in world.journal.chain(last)]
    assert chain == [
        ("unserved", SHOP),
        ("lost", SHOP),
        ("backup_empty", SHOP),
        ("backup", SHOP),
        ("unserved", "power/load/LO2"),
        ("incident", "power/line/L2"),
    ]


def test_of_two_simultaneous_changes_the_guilty_one_is_blamed(play: Play):
    def both(world: World) -> None:
        act(world, "break", "power/line/L3")
        act(world, "break", "power/line/L2")

    world = play(town([needs()]), 100, {10: both})
    lost = next(event for event in world.journal if event.component == SHOP)
    assert world.journal.chain(lost.event)[-1].component == "power/line/L2"


def test_a_repaired_network_equals_the_intact_one(play: Play):
    intact = play(town([needs()]), 1000, {})
    mended = play(town([needs()]), 1000, {10: break_("power/line/L1"), 500: mend("power/line/L1")})
    for key, share in intact.share.items():
        assert (mended.share[key] == share).all()
    assert mended.solutions["power"].tables["nodes"]["voltage_pu"] == pytest.approx(
        intact.solutions["power"].tables["nodes"]["voltage_pu"], abs=1e-9
    )


def test_changes_of_one_instant_are_solved_once(play: Play):
    def both(world: World) -> None:
        act(world, "break", "power/line/L3")
        act(world, "break", "power/line/L2")

    one = play(town([]), 100, {10: break_("power/line/L2")})
    two = play(town([]), 100, {10: both})
    assert one.counters.work["power"].solves == two.counters.work["power"].solves == 2
