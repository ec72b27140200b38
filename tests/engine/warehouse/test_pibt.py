from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.warehouse.fields import Fields
from engine.warehouse.graph import EAST, Graph, build_graph
from engine.warehouse.grid import Grid
from engine.warehouse.guidance import lane_costs
from engine.warehouse.pibt import (
    AT_GOAL_OR_MOVING,
    BLOCKED_BY_PINNED,
    BLOCKED_BY_TRAFFIC,
    YIELDED,
    Pibt,
)
from tests.engine.warehouse import pibt_by_hand
from tests.engine.warehouse.floors import LOOPS, NO_LOOPS, Crowd, draw, faults, place

seeds = st.integers(0, 2**32)


def random_crowd(seed: int) -> Crowd:
    """A crowd on a random 3×3 to 5×5 floor with costs, one-way edges, bars and pinned robots."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(3, 6, 2).tolist()
    free = rng.random(height * width) < 0.9
    free[:2] = True
    grid = Grid(height, width, free, np.where(free, 46, 64).astype(np.uint8))
    graph = build_graph(
        grid, forbidden=rng.random((grid.cells, 4)) < 0.05,
        cost=rng.integers(1, 4, (grid.cells, 4), np.uint8),
        bars=rng.integers(0, 4, grid.cells, np.uint8) * (rng.random(grid.cells) < 0.2),
    )
    agents = int(rng.integers(1, free.sum() + 1))
    crowd = Crowd(
        graph, place(grid, agents, rng), rng.choice(np.flatnonzero(free), agents),
        seed=seed, age_cap=int(rng.integers(0, 8)),
        classes=rng.integers(0, 4, agents, np.uint8), pinned=rng.random(agents) < 0.1,
    )
    crowd.age[:] = rng.integers(0, 12, agents)
    return crowd


@settings(max_examples=150, deadline=None)
@given(seeds)
def test_equals_the_recursive_algorithm(seed):
    crowd = random_crowd(seed)
    rng = np.random.default_rng(seed)
    for _ in range(4):
        row = crowd.fields.rows(crowd.goal, crowd.classes)
        expected = pibt_by_hand.step(
            crowd.graph, crowd.fields.table[row].tolist(), crowd.pos.tolist(),
            crowd.goal.tolist(), crowd.classes.tolist(), crowd.pinned.tolist(),
            crowd.age.tolist(), crowd.pibt.age_cap, pibt_by_hand.seed_of(rng),
        )
        assert crowd.step().next.tolist() == expected
    crowd.close()


def test_every_placement_of_three_robots_on_a_small_floor_is_legal():
    graph = build_graph(draw("...", ".@.", "..."))
    cells = [0, 1, 2, 3, 5, 6, 7, 8]
    fields = Fields(graph, 10_000)
    goal = np.array([8, 0, 2], np.int32)
    row = fields.rows(goal, np.zeros(3, np.uint8))
    pibt = Pibt(graph, 3, np.random.default_rng(3))
    for placed in itertools.permutations(cells, 3):
        pos = np.array(placed, np.int32)
        result = pibt.step(pos, goal, row, fields.table, np.zeros(3, np.uint8),
                           np.zeros(3, np.bool_), np.zeros(3, np.int32))
        assert faults(graph, pos, result.next) == []
    fields.close()


@settings(max_examples=150, deadline=None)
@given(seeds)
def test_no_step_breaks_a_rule(seed):
    crowd = random_crowd(seed)
    pinned = crowd.pinned
    for _ in range(6):
        before = crowd.pos
        result = crowd.step()
        after = result.next
        assert faults(crowd.graph, before, after) == []
        assert np.array_equal(after[pinned], before[pinned])
        moved = after != before
        barred = (crowd.graph.bars[after] & crowd.classes) != 0
        assert not (moved & barred & (after != crowd.goal)).any()
    crowd.close()


@settings(max_examples=50, deadline=None)
@given(seeds)
def test_same_seed_same_run_and_nothing_given_changes(seed):
    one, two = random_crowd(seed), random_crowd(seed)
    for _ in range(5):
        before = one.pos.copy()
        given_pos = one.pos
        first, second = one.step(), two.step()
        assert np.array_equal(given_pos, before)
        assert np.array_equal(first.next, second.next)
        assert np.array_equal(first.pusher, second.pusher)
        assert np.array_equal(first.cause, second.cause)
        assert first.counters == second.counters
    one.close()
    two.close()


@settings(max_examples=50, deadline=None)
@given(seeds)
def test_numbers_of_robots_do_not_matter_where_nothing_ties(seed):
    """Renumbering the robots renumbers the outcome once costs leave no ties to coins."""
    rng = np.random.default_rng(seed)
    grid = LOOPS["open"]
    # every cell is differently far from a goal, so that no coin is needed
    graph = build_graph(grid)
    table = np.empty((25, 25), np.uint16)
    for goal in range(25):
        table[goal] = rng.permutation(np.arange(1, 26))
        table[goal, goal] = 0
    pos = place(grid, 12, rng)
    goal = rng.permutation(25)[:12].astype(np.int32)
    distance = table[goal, pos]
    kept = np.unique(distance, return_index=True)[1]
    pos, goal = pos[kept], goal[kept]
    agents = len(pos)
    order = rng.permutation(agents)
    nothing = (np.zeros(agents, np.uint8), np.zeros(agents, np.bool_), np.zeros(agents, np.int32))
    plain = Pibt(graph, agents, np.random.default_rng(1)).step(pos, goal, goal, table, *nothing)
    mixed = Pibt(graph, agents, np.random.default_rng(2)).step(
        pos[order], goal[order], goal[order], table, *nothing)
    assert np.array_equal(mixed.next, plain.next[order])


def test_a_robot_at_its_goal_makes_room():
    crowd = Crowd(build_graph(draw("...", "...")), np.array([0, 1]), np.array([2, 1]))
    result = crowd.step()
    assert result.next.tolist()[0] == 1
    assert result.next.tolist()[1] in {2, 4}
    assert result.pusher.tolist() == [-1, 0]
    assert result.counters.inheritances == 1
    assert result.counters.reroutes == 1
    crowd.close()


def test_a_pinned_robot_is_waited_for():
    crowd = Crowd(build_graph(draw("...")), np.array([0, 1]), np.array([2, 1]),
                  pinned=np.array([False, True]))
    result = crowd.step()
    assert result.next.tolist() == [0, 1]
    assert result.cause.tolist() == [BLOCKED_BY_PINNED, AT_GOAL_OR_MOVING]
    assert result.counters.waits == 1
    assert result.counters.vertex >= 1
    crowd.close()


def test_a_tail_waits_for_blocked_traffic():
    crowd = Crowd(build_graph(draw("....")), np.array([2, 1, 0]), np.array([3, 3, 3]),
                  pinned=np.array([False, False, False]))
    crowd.pos = np.array([2, 1, 0], np.int32)
    crowd.pinned = np.array([True, False, False])
    result = crowd.step()
    assert result.cause.tolist() == [AT_GOAL_OR_MOVING, BLOCKED_BY_PINNED, BLOCKED_BY_TRAFFIC]
    crowd.close()


def test_the_farther_robot_yields_at_a_crossing():
    crowd = Crowd(build_graph(draw("@.@", "...", "@.@")), np.array([1, 3]), np.array([7, 5]))
    crowd.goal = np.array([7, 4], np.int32)
    result = crowd.step()
    assert result.next.tolist() == [1, 4]
    assert result.cause.tolist() == [YIELDED, AT_GOAL_OR_MOVING]
    crowd.close()


def test_a_swap_is_prevented_and_counted():
    crowd = Crowd(build_graph(draw("..")), np.array([0, 1]), np.array([1, 0]))
    result = crowd.step()
    assert result.next.tolist() == [0, 1]
    assert result.counters.swap >= 1
    assert result.counters.backtracks == 1
    crowd.close()


def test_three_robots_rotate_on_a_full_loop():
    """No cell is empty, yet each moves on: a rotation is no swap."""
    crowd = Crowd(build_graph(draw("..", "..")), np.array([0, 1, 3, 2]), np.array([1, 3, 2, 0]))
    assert crowd.step().next.tolist() == [1, 3, 2, 0]
    crowd.close()


def test_the_eldest_starving_robot_goes_first():
    grid = draw("@.@", "...", "@.@")
    crowd = Crowd(build_graph(grid), np.array([1, 3]), np.array([7, 4]), age_cap=5)
    crowd.age[0] = 6
    assert crowd.step().next.tolist() == [4, 3]
    crowd.age[:] = (7, 9)
    crowd.pos = np.array([1, 3], np.int32)
    assert crowd.step().next.tolist() == [1, 4]
    crowd.close()


def test_a_pushed_robot_does_not_enter_barred_cells():
    # robot 1 can only dodge into cell 4, which is barred for class 1
    bars = np.array([0, 0, 0, 0, 1, 0], np.uint8)
    for klass, room in ((1, False), (2, True)):
        crowd = Crowd(build_graph(draw("..@", "@.@"), bars=bars), np.array([0, 1]),
                      np.array([1, 1]), classes=np.array([0, klass], np.uint8))
        assert (crowd.step().next[0] == 1) == room
        crowd.close()


def test_one_way_edges_hold_for_pushed_robots():
    forbidden = np.zeros((3, 4), np.bool_)
    forbidden[1, EAST] = True
    crowd = Crowd(build_graph(draw("..."), forbidden=forbidden), np.array([0, 1]),
                  np.array([1, 1]))
    assert crowd.step().next.tolist() == [0, 1]
    crowd.close()


@pytest.mark.parametrize("name", [*LOOPS, *NO_LOOPS])
@pytest.mark.parametrize("share", [0.3, 0.97])
def test_adversarial_floors_stay_legal(name, share):
    grid = (LOOPS | NO_LOOPS)[name]
    rng = np.random.default_rng(11)
    agents = max(1, int(grid.free.sum() * share))
    crowd = Crowd(build_graph(grid), place(grid, agents, rng), place(grid, agents, rng))
    for _ in range(60):
        before = crowd.pos
        assert faults(crowd.graph, before, crowd.step().next) == []
    crowd.close()


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("lanes", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_every_robot_reaches_its_goal_where_passages_lie_on_loops(name, lanes, share):
    grid = LOOPS[name]
    rng = np.random.default_rng(5)
    agents = int(grid.free.sum() * share)
    cost = lane_costs(grid) if lanes else None
    crowd = Crowd(build_graph(grid, cost=cost), place(grid, agents, rng),
                  place(grid, agents, rng), age_cap=10)
    reached = crowd.pos == crowd.goal
    # Theorem 1: within diameter steps for each robot in turn, once it is the eldest
    for _ in range(agents * (grid.height + grid.width) * 4 + 10):
        crowd.step()
        reached |= crowd.pos == crowd.goal
        crowd.age[reached] = 0
        if reached.all():
            break
    assert reached.all()
    crowd.close()


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_counters_add_up(seed):
    crowd = random_crowd(seed)
    for _ in range(5):
        before = crowd.pos
        row = crowd.fields.rows(crowd.goal, crowd.classes)
        distance = crowd.fields.table[row]
        result = crowd.step()
        everybody = np.arange(len(before))
        away = distance[everybody, before] > 0
        waits = (result.next == before) & away & ~crowd.pinned
        back = (result.next != before) & (
            distance[everybody, result.next] >= distance[everybody, before])
        assert result.counters.waits == waits.sum() == (result.cause > 0).sum()
        assert result.counters.reroutes == back.sum()
        assert result.counters.inheritances == (result.pusher >= 0).sum()
    crowd.close()


def test_no_robots_and_one_robot():
    graph = build_graph(LOOPS["open"])
    nobody = Crowd(graph, np.zeros(0), np.zeros(0))
    assert len(nobody.step().next) == 0
    alone = Crowd(graph, np.array([0]), np.array([24]))
    for _ in range(8):
        alone.step()
    assert alone.pos.tolist() == [24]
    nobody.close()
    alone.close()


def test_a_new_graph_is_walked_from_the_next_step():
    crowd = Crowd(build_graph(draw("..", "..")), np.array([0]), np.array([1]))
    forbidden = np.zeros((4, 4), np.bool_)
    forbidden[0, EAST] = True
    closed: Graph = build_graph(draw("..", ".."), forbidden=forbidden)
    crowd.pibt.set_graph(closed)
    crowd.fields.set_graph(closed)
    crowd.fields.invalidate()
    assert crowd.step().next.tolist() == [2]
    crowd.close()


def test_bad_input_is_refused():
    graph = build_graph(draw("..", ".."))
    with pytest.raises(InvalidInput, match="5 robots do not fit on 4 cells"):
        Pibt(graph, 5, np.random.default_rng(0))
    crowd = Crowd(graph, np.array([2, 2]), np.array([0, 1]))
    with pytest.raises(InvalidInput, match="robot 1 shares cell 2 with another"):
        crowd.step()
    crowd.pos = np.array([2], np.int32)
    with pytest.raises(InvalidInput, match="pos has shape"):
        crowd.step()
    crowd.close()
