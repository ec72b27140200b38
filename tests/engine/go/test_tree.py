"""The arrays hang together, whatever a game does to them."""

from itertools import pairwise

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go import analysis
from engine.go.board import new_board
from engine.go.params import SearchParams
from engine.go.search import Search
from engine.go.tree import (
    CHILD,
    EDGE_UTILITY,
    EDGES,
    EDGES_USED,
    EXPANDED,
    FIRST,
    MOVE,
    NODES_USED,
    OPEN_MASS,
    OPENED,
    PARENT,
    PLACE,
    PRIOR,
    STATUS,
    SUM_UTILITY,
    TERMINAL,
    TRIES,
    VISITS,
    new_forest,
)
from tests.engine.go.minds import Counter, Leaning

CACHED = SearchParams(visits=60, max_nodes=600, cache=256, batch=4, noise=0.25, forced=2.0)


def hangs_together(tree, tidy):
    """Every node and edge against its relatives."""
    used, edge_end = int(tree.counts[NODES_USED]), int(tree.counts[EDGES_USED])
    spans = []
    for node in range(used):
        row = tree.nodes[node]
        first, edges, opened = int(row[FIRST]), int(row[EDGES]), int(row[OPENED])
        spans.append((first, first + edges))
        assert 0 <= opened <= edges
        assert (node == 0) == (row[PARENT] < 0)
        if node:
            parent = int(row[PARENT])
            assert parent < node
            assert tree.edges[tree.nodes[parent, FIRST] + row[PLACE], CHILD] == node
        tried = tree.edges[first:first + opened]
        assert (tree.edges[first + opened:first + edges, CHILD] == -1).all()
        assert np.unique(tree.edges[first:first + edges, MOVE]).size == edges
        if row[STATUS] == EXPANDED:
            below = tree.nodes[tried[:, CHILD], VISITS]
            assert np.array_equal(tried[:, TRIES], below)
            proven = row[8] == row[9]
            assert row[VISITS] == 1 + below.sum() or (proven and row[VISITS] > below.sum())
            prior = tree.weights[first:first + edges, PRIOR]
            assert prior.sum() == pytest.approx(1, abs=1e-4)
            untried = prior[opened:]
            assert untried.size == 0 or untried[0] == untried.max()
            assert tree.sums[node, OPEN_MASS] == pytest.approx(prior[:opened].sum(), abs=1e-4)
            summed = tree.weights[first:first + opened, EDGE_UTILITY]
            assert np.allclose(summed, -tree.sums[tried[:, CHILD], SUM_UTILITY], atol=1e-3)
        else:
            assert row[STATUS] == TERMINAL
            assert edges == 0
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert not tidy or spans[-1][1] == edge_end


@pytest.mark.parametrize("params", [
    CACHED, CACHED.with_changes(gumbel=8), CACHED.with_changes(batch=32, solve=False),
    CACHED.with_changes(cache=0, max_nodes=70)])
def test_a_tree_survives_a_whole_game(params):
    search = Search(Leaning(), 4, params, np.random.default_rng(2))
    search.begin(new_board(4, 0.5))
    rng = np.random.default_rng(3)
    for turn in range(40):
        if search.run(visits=60, explore=turn % 3 == 0) == "ended":
            break
        hangs_together(search.tree, tidy=False)
        move = analysis.choose(search.tree, params, 1.0, rng)
        if search.advance(move):
            hangs_together(search.tree, tidy=True)
    assert turn > 4


def test_a_move_nobody_tried_leaves_an_empty_tree():
    search = Search(Counter(), 4, CACHED, np.random.default_rng(2))
    search.begin(new_board(4))
    assert not search.advance(3)
    assert search.tree.counts[NODES_USED] == 0


def test_room_must_be_positive():
    with pytest.raises(InvalidInput, match="at least 1"):
        new_forest(1, 9, nodes=0, batch=1, cache=0, seeds=np.zeros(1, np.uint64))
    with pytest.raises(InvalidInput, match="one seed a game"):
        new_forest(2, 9, nodes=8, batch=1, cache=0, seeds=np.zeros(1, np.uint64))


def test_a_cache_is_rounded_up_and_may_be_left_out():
    seeds = np.zeros(1, np.uint64)
    assert new_forest(1, 5, nodes=8, batch=1, cache=100, seeds=seeds).cache.keys.size == 128
    assert new_forest(1, 5, nodes=8, batch=1, cache=0, seeds=seeds).cache.keys.size == 0
