from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from engine.errors import InvalidInput
from engine.warehouse.fields import UNREACHABLE, Fields
from engine.warehouse.graph import Graph, build_graph
from engine.warehouse.grid import Grid
from tests.engine.warehouse.floors import LOOPS, draw

OPEN = LOOPS["open"]


def random_graph(seed: int, height: int = 9, width: int = 11, dearest: int = 9) -> Graph:
    """Random walls, one-way edges, costs and bars."""
    rng = np.random.default_rng(seed)
    free = rng.random(height * width) < 0.8
    grid = Grid(height, width, free, np.where(free, 46, 64).astype(np.uint8))
    return build_graph(
        grid, forbidden=rng.random((grid.cells, 4)) < 0.15,
        cost=rng.integers(1, dearest + 1, (grid.cells, 4), np.uint8),
        bars=rng.integers(0, 4, grid.cells, np.uint8) * (rng.random(grid.cells) < 0.3),
    )


def oracle(graph: Graph, goal: int, klass: int) -> np.ndarray:
    """Distances by scipy: no edge enters a barred cell except the goal."""
    u, k = np.nonzero(graph.nbr >= 0)
    v = graph.nbr[u, k]
    enter = ((graph.bars[v] & klass) == 0) | (v == goal)
    u, k, v = u[enter], k[enter], v[enter]
    cells = len(graph.nbr)
    reverse = csr_matrix((graph.cost[u, k].astype(float), (v, u)), (cells, cells))
    found = dijkstra(reverse, indices=goal)
    return np.where(np.isinf(found), UNREACHABLE, found).astype(np.uint16)


@pytest.fixture
def fields():
    made = Fields(build_graph(OPEN), 25 * 2 * 6)
    yield made
    made.close()


def ask(fields: Fields, goals: list[int], classes: list[int] | None = None) -> np.ndarray:
    """The table rows of some goals."""
    klass = np.zeros(len(goals), np.uint8) if classes is None else np.array(classes, np.uint8)
    return fields.table[fields.rows(np.array(goals, np.int32), klass)]


def test_hops_by_hand(fields):
    assert ask(fields, [12])[0].reshape(5, 5).tolist() == [
        [4, 3, 2, 3, 4], [3, 2, 1, 2, 3], [2, 1, 0, 1, 2], [3, 2, 1, 2, 3], [4, 3, 2, 3, 4],
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([1, 2, 9, 200]), st.data())
def test_distances_equal_dijkstra(seed, dearest, data):
    graph = random_graph(seed, dearest=dearest)
    goals = data.draw(st.lists(st.integers(0, len(graph.nbr) - 1), min_size=1, max_size=4))
    classes = data.draw(st.lists(st.integers(0, 3), min_size=len(goals), max_size=len(goals)))
    fields = Fields(graph, 1_000_000)
    for row, goal, klass in zip(ask(fields, goals, classes), goals, classes, strict=True):
        assert np.array_equal(row, oracle(graph, goal, klass))
    fields.close()


def test_a_barred_cell_is_left_but_not_crossed():
    graph = build_graph(draw("...", ".@."), bars=np.array([0, 2, 0, 0, 0, 0], np.uint8))
    fields = Fields(graph, 1000)
    free, barred, to_bar = ask(fields, [0, 0, 1], [1, 2, 2])
    assert free.tolist() == [0, 1, 2, 1, UNREACHABLE, 3]
    assert barred.tolist() == [0, 1, UNREACHABLE, 1, UNREACHABLE, UNREACHABLE]
    assert to_bar.tolist() == [1, 0, 1, 2, UNREACHABLE, 2]
    fields.close()


def test_same_pair_shares_a_row_and_is_computed_once(fields):
    rows = fields.rows(np.array([3, 7, 3], np.int32), np.array([0, 0, 0], np.uint8))
    assert rows[0] == rows[2] != rows[1]
    fields.rows(np.array([7], np.int32), np.zeros(1, np.uint8))
    assert fields.computed == 2
    fields.rows(np.array([7], np.int32), np.ones(1, np.uint8))
    assert fields.computed == 3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.lists(st.integers(0, 24), min_size=1, max_size=6),
                                       min_size=1, max_size=20))
def test_a_bounded_cache_answers_like_an_unbounded_one(seed, calls):
    rng = np.random.default_rng(seed)
    graph = build_graph(OPEN, cost=rng.integers(1, 5, (25, 4), np.uint8))
    small, large = Fields(graph, 25 * 2 * 6), Fields(graph, 1_000_000)
    for goals in calls:
        classes = [goal % 2 for goal in goals]
        assert np.array_equal(ask(small, goals, classes), ask(large, goals, classes))
    assert small.used_bytes <= 25 * 2 * 6
    small.close()
    large.close()


def test_the_least_recently_used_row_goes_first(fields):
    ask(fields, [0, 1, 2, 3, 4, 5])
    ask(fields, [0, 1, 2, 4, 5])
    ask(fields, [6])
    computed = fields.computed
    ask(fields, [0, 1, 2, 4, 5, 6])
    assert fields.computed == computed
    ask(fields, [3])
    assert fields.computed == computed + 1


def test_rows_in_use_are_never_evicted(fields):
    ask(fields, [0, 1, 2, 3, 4, 5])
    with pytest.raises(InvalidInput, match="need 350 bytes of distance tables; the bound is 300"):
        ask(fields, [0, 1, 2, 3, 4, 5, 6])
    assert np.array_equal(ask(fields, [5])[0], oracle(build_graph(OPEN), 5, 0))


def test_many_rows_by_threads_equal_one_by_one():
    graph = random_graph(5, 20, 20)
    goals = np.arange(400, dtype=np.int32)
    together, single = Fields(graph, 10_000_000), Fields(graph, 10_000_000)
    batch = together.table[together.rows(goals, np.zeros(400, np.uint8))]
    for goal in goals.tolist():
        assert np.array_equal(batch[goal], ask(single, [goal])[0])
    together.close()
    single.close()


def test_a_new_graph_takes_effect_by_refresh_and_by_invalidate(fields):
    before = ask(fields, [0, 24]).copy()
    dear = build_graph(OPEN, cost=np.full((25, 4), 3, np.uint8))
    fields.set_graph(dear)
    assert np.array_equal(ask(fields, [0, 24]), before)
    assert np.array_equal(ask(fields, [5])[0], oracle(dear, 5, 0))
    assert fields.refresh(1) == 1
    assert [np.array_equal(*pair) for pair in zip(ask(fields, [0, 24]), before * 3, strict=True)
            ] == [True, False]
    assert fields.refresh(10) == 1
    assert fields.refresh(10) == 0
    assert np.array_equal(ask(fields, [0, 24]), before * 3)
    fields.set_graph(build_graph(OPEN))
    fields.invalidate(np.array([24], np.int32))
    assert np.array_equal(ask(fields, [0, 24]), [before[0] * 3, before[1]])
    fields.invalidate()
    assert fields.used_bytes == 0
    assert np.array_equal(ask(fields, [0, 24]), before)


def test_rows_in_use_are_refreshed_before_others(fields):
    ask(fields, [0, 1, 2])
    before = ask(fields, [1]).copy()
    fields.set_graph(build_graph(OPEN, cost=np.full((25, 4), 2, np.uint8)))
    assert fields.refresh(1) == 1
    assert np.array_equal(ask(fields, [1]), before * 2)
    assert fields.refresh(5) == 2


def test_ways_too_long_in_cost_are_counted_in_hops():
    width = 400
    graph = build_graph(draw("." * width, "." * width),
                        cost=np.full((2 * width, 4), 255, np.uint8))
    fields = Fields(graph, 10_000)
    row = ask(fields, [0])[0]
    assert row[width - 1] == width - 1
    assert row[2 * width - 1] == width
    fields.close()


def test_ways_too_long_even_in_hops_are_refused():
    width = 66_000
    fields = Fields(build_graph(draw("." * width)), 1_000_000)
    for _ in range(2):
        with pytest.raises(InvalidInput, match="a way to cell 0 takes more than 65534 moves"):
            ask(fields, [0])
    assert ask(fields, [width // 2])[0, 0] == width // 2
    fields.close()


@pytest.mark.parametrize("goal", [-1, 25])
def test_goals_outside_are_refused(fields, goal):
    with pytest.raises(InvalidInput, match=f"goal {goal} is no cell; cells are 0 to 24"):
        ask(fields, [goal])


def test_bound_too_small_for_one_row_is_refused():
    with pytest.raises(InvalidInput, match=r"max_bytes is 49; .* takes 50 bytes"):
        Fields(build_graph(OPEN), 49)


def test_a_graph_of_another_floor_is_refused(fields):
    with pytest.raises(InvalidInput, match="the new graph has 9 cells, the tables 25"):
        fields.set_graph(build_graph(draw("...", "...", "...")))


def test_nothing_asked_nothing_computed(fields):
    assert len(ask(fields, [])) == 0
    assert fields.computed == 0
