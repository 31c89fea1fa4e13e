"""Roads: shortest times, closures, delay and equilibrium, checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import SolveError
from twin.physics.traffic import Delay, Roads, equilibrium, road_graph, shortest

pytestmark = pytest.mark.core


def ints(*values):
    return np.array(values, dtype=np.int64)


def delay(free, capacity, b, power):
    return Delay(*(np.array(values, dtype=float) for values in (free, capacity, b, power)))


def grid(size):
    """A size x size grid of two-way streets."""
    number = np.arange(size * size).reshape(size, size)
    pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    start = np.concatenate([a.ravel() for a, b in pairs])
    end = np.concatenate([b.ravel() for a, b in pairs])
    return road_graph(size * size, start, end, np.zeros(len(start), dtype=bool))


def square():
    """0 -> 1 -> 3 takes 2, 0 -> 2 -> 3 takes 4; all one-way."""
    roads = road_graph(4, ints(0, 1, 0, 2), ints(1, 3, 2, 3), np.ones(4, dtype=bool))
    return roads, np.array([1.0, 1.0, 2.0, 2.0])


def test_the_quickest_way_is_taken():
    roads, seconds = square()
    tree = shortest(roads, seconds, ints(0))
    assert tree.seconds.tolist() == [[0.0, 1.0, 2.0, 2.0]]
    assert tree.path(0, 3) == [0, 1]


def test_a_closed_link_forces_the_detour():
    roads, seconds = square()
    tree = shortest(roads, seconds, ints(0), closed=np.array([False, True, False, False]))
    assert tree.seconds[0, 3] == 4.0
    assert tree.path(0, 3) == [2, 3]


def test_nowhere_to_go_is_infinitely_far():
    roads, seconds = square()
    tree = shortest(roads, seconds, ints(3))
    assert tree.seconds[0, 3] == 0.0
    assert np.isinf(tree.seconds[0, :3]).all()
    assert tree.path(0, 0) == []


def test_everything_closed_leaves_only_home():
    roads, seconds = square()
    tree = shortest(roads, seconds, ints(0), closed=np.ones(4, dtype=bool))
    assert tree.seconds[0].tolist() == [0.0, np.inf, np.inf, np.inf]


def test_a_two_way_street_is_two_arcs_of_one_link():
    roads = road_graph(2, ints(0), ints(1), np.array([False]))
    tree = shortest(roads, np.array([5.0, 7.0]), ints(0, 1))
    assert tree.seconds.tolist() == [[0.0, 5.0], [7.0, 0.0]]
    assert roads.link.tolist() == [0, 0]
    shut = shortest(roads, np.array([5.0, 7.0]), ints(0, 1), closed=np.array([True]))
    assert np.isinf(shut.seconds[[0, 1], [1, 0]]).all()


def test_the_quicker_of_two_parallel_roads_counts():
    roads = road_graph(2, ints(0, 0, 0), ints(1, 1, 1), np.ones(3, dtype=bool))
    tree = shortest(roads, np.array([5.0, 3.0, 4.0]), ints(0))
    assert tree.seconds[0, 1] == 3.0
    assert tree.path(0, 1) == [1]


def test_a_road_without_travel_time_is_still_a_road():
    roads = road_graph(3, ints(0, 1), ints(1, 2), np.ones(2, dtype=bool))
    tree = shortest(roads, np.zeros(2), ints(0))
    assert tree.seconds[0].tolist() == [0.0, 0.0, 0.0]
    assert tree.path(0, 2) == [0, 1]


def test_trips_do_not_pass_through_a_centroid_but_start_and_end_there():
    through = np.array([True, False, True, True])
    one = np.ones(4, dtype=bool)
    roads = road_graph(4, ints(0, 1, 0, 2), ints(1, 3, 2, 3), one, through)
    seconds = np.array([1.0, 1.0, 2.0, 2.0])
    tree = shortest(roads, seconds, ints(0, 1))
    assert tree.path(0, 3) == [2, 3]
    assert tree.seconds[0, 1] == 1.0
    assert tree.path(1, 3) == [1]
    assert tree.seconds[1].tolist() == [np.inf, 0.0, np.inf, 1.0]


@given(st.integers(2, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_a_path_takes_the_time_the_tree_says(size, seed):
    roads = grid(size)
    seconds = np.random.default_rng(seed).uniform(1, 9, len(roads.tail))
    tree = shortest(roads, seconds, np.arange(roads.nodes))
    for row in range(roads.nodes):
        for node in range(roads.nodes):
            assert seconds[tree.path(row, node)].sum() == pytest.approx(tree.seconds[row, node])
    assert (tree.seconds[:, None, :] <= tree.seconds[:, :, None] + tree.seconds[None] + 1e-9).all()


def test_delay_follows_the_bpr_law_and_its_derivative():
    law = delay([60.0, 60.0, 60.0], [1000.0, 1000.0, np.nan], [0.15] * 3, [4.0] * 3)
    assert law.seconds(np.array([0.0, 1000.0, 500.0])).tolist() == pytest.approx([60.0, 69.0, 60.0])
    flow = np.array([700.0, 1500.0, 3.0])
    numeric = (law.seconds(flow + 0.01) - law.seconds(flow - 0.01)) / 0.02
    assert law.slope(flow) == pytest.approx(numeric, abs=1e-9)


def test_two_routes_share_the_traffic_so_that_both_take_the_same_time():
    """10 + x/10 = 15 + (100 - x)/20 at x = 200/3."""
    roads = road_graph(2, ints(0, 0), ints(1, 1), np.ones(2, dtype=bool))
    law = delay([10.0, 15.0], [100.0, 300.0], [1.0, 1.0], [1.0, 1.0])
    result = equilibrium(roads, law, ints(0), ints(1), np.array([100.0]), gap=1e-10)
    assert result.flow == pytest.approx([200 / 3, 100 / 3], abs=1e-4)
    assert result.seconds == pytest.approx([50 / 3, 50 / 3], abs=1e-4)


def braess(with_shortcut):
    """Braess (1968): 6 vehicles, s-A and B-t take 10 x, s-B and A-t take 50 + x, A-B takes 10 + x."""
    roads = road_graph(4, ints(0, 2, 0, 1, 1), ints(1, 3, 2, 3, 2), np.ones(5, dtype=bool))
    law = delay([1e-6, 1e-6, 50, 50, 10], [1.0] * 5, [1e7, 1e7, 0.02, 0.02, 0.1], [1.0] * 5)
    shut = np.array([False, False, False, False, not with_shortcut])
    return equilibrium(roads, law, ints(0), ints(3), np.array([6.0]), closed=shut, gap=1e-9)


def test_a_new_road_makes_everybody_slower():
    before, after = braess(False), braess(True)
    assert before.flow == pytest.approx([3, 3, 3, 3, 0], abs=1e-3)
    assert before.seconds[0] + before.seconds[3] == pytest.approx(83.0, abs=1e-3)
    assert after.flow == pytest.approx([4, 4, 2, 2, 2], abs=1e-3)
    assert after.seconds[0] + after.seconds[3] == pytest.approx(92.0, abs=1e-3)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_traffic_is_conserved_and_nobody_gains_by_another_route(seed):
    roads = grid(4)
    random = np.random.default_rng(seed)
    arcs = len(roads.tail)
    law = Delay(
        random.uniform(60, 300, arcs),
        random.uniform(500, 2000, arcs),
        np.full(arcs, 0.15),
        np.full(arcs, 4.0),
    )
    origin, destination = random.integers(0, 16, (2, 40))
    demand = np.where(origin != destination, random.uniform(10, 200, 40), 0.0)
    result = equilibrium(roads, law, origin, destination, demand)
    net = np.bincount(roads.tail, result.flow, 16) - np.bincount(roads.head, result.flow, 16)
    wanted = np.bincount(origin, demand, 16) - np.bincount(destination, demand, 16)
    assert net == pytest.approx(wanted, abs=1e-6)
    assert 0 <= result.gap <= 1e-4
    assert result.stranded == 0.0
    again = equilibrium(roads, law, origin, destination, demand)
    assert again.flow.tobytes() == result.flow.tobytes()


def test_demand_without_a_way_is_stranded_not_lost():
    roads, seconds = square()
    law = delay(seconds, [np.inf] * 4, [0.15] * 4, [4.0] * 4)
    result = equilibrium(roads, law, ints(0, 3), ints(3, 0), np.array([5.0, 7.0]))
    assert result.stranded == 7.0
    assert result.flow.tolist() == [5.0, 5.0, 0.0, 0.0]
    assert result.gap == 0.0


def test_no_traffic_at_all_is_an_equilibrium():
    roads, seconds = square()
    law = delay(seconds, [1.0] * 4, [0.15] * 4, [4.0] * 4)
    result = equilibrium(roads, law, ints(), ints(), np.array([]))
    assert result.flow.tolist() == [0.0] * 4
    assert (result.gap, result.stranded) == (0.0, 0.0)


def test_impossible_roads_are_refused():
    with pytest.raises(SolveError, match="from 0 to 1"):
        Roads(2, ints(0), ints(2), ints(0), np.ones(2, dtype=bool))
    with pytest.raises(SolveError, match="3 values for 2 nodes"):
        Roads(2, ints(0), ints(1), ints(0), np.ones(3, dtype=bool))
    roads, _seconds = square()
    with pytest.raises(SolveError, match="not negative"):
        shortest(roads, np.array([1.0, -1.0, 1.0, 1.0]), ints(0))
