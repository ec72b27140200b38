import numpy as np
import pytest

from engine.go import analysis
from engine.go.board import new_board
from engine.go.params import SearchParams
from engine.go.searches import Searches
from engine.go.tree import EXPLORE, NODES_USED
from tests.engine.go.boards import drawn, moves
from tests.engine.go.minds import Counter, Leaning

PARAMS = SearchParams(symmetry=False, max_nodes=500, cache=0, batch=1)


def searched(evaluator, visits, board=None, params=PARAMS, explore=False):
    searches = Searches(evaluator, 1, 5, params, np.random.default_rng(1))
    searches.begin(0, new_board(5) if board is None else board)
    searches.think(0, visits, explore=explore)
    searches.run()
    return searches.tree(0)


def test_an_empty_tree_has_nothing_to_say():
    tree = Searches(Counter(), 1, 5, PARAMS, np.random.default_rng(1)).tree(0)
    assert analysis.opinion(tree).visits == 0
    assert analysis.opinion(tree).win_rate == 0.5
    assert analysis.candidates(tree).move.size == 0
    assert analysis.variation(tree, 0) == []
    assert analysis.depth_histogram(tree).size == 0
    assert not analysis.ownership(tree).any()
    assert analysis.choose(tree, PARAMS, 0.0, np.random.default_rng(0)) == 25


def test_one_evaluation_leaves_the_priors_choice():
    tree = searched(Leaning(3), 1)
    prior = tree.root[1]
    assert analysis.choose(tree, PARAMS, 0.0, np.random.default_rng(0)) == prior.argmax()
    assert np.allclose(analysis.policy_target(tree, PARAMS), prior)


def test_the_policy_to_learn_is_the_share_of_visits():
    tree = searched(Leaning(3), 101)
    rows = analysis.candidates(tree)
    target = analysis.policy_target(tree, PARAMS)
    assert np.allclose(target[rows.move], rows.visits / 100)
    assert target.sum() == pytest.approx(1)


def test_forced_playouts_are_taken_off_the_target():
    """One move takes three stones; the rest were visited because they had to be."""
    params = PARAMS.with_changes(forced=2.0)
    board = drawn("""
        ..X..
        .XOX.
        .XO..
        .XOX.
        ..X..""", komi=14.5)
    tree = searched(Counter(), 301, board, params, explore=True)
    rows = analysis.candidates(tree)
    target = analysis.policy_target(tree, params)
    tree.counts[EXPLORE] = 0
    plain = analysis.policy_target(tree, params)
    assert plain[rows.move[1]] == pytest.approx(7 / 300)
    kept = target[rows.move] / target[rows.move[0]] * rows.visits[0]
    assert kept[0] == rows.visits[0] == 198
    # U = 1.42 / (1 + n) must lift Q = −0.68 to −0.32 + 1.42 / 199: n = 2.9
    assert kept[1] == pytest.approx(3)
    assert (kept[1:] < rows.visits[1:]).all()


def test_a_temperature_draws_by_visits():
    tree = searched(Leaning(3), 101)
    rows = analysis.candidates(tree)
    rng = np.random.default_rng(0)
    drawn = [analysis.choose(tree, PARAMS, 1.0, rng) for _ in range(4000)]
    share = np.array([drawn.count(int(m)) for m in rows.move]) / len(drawn)
    assert np.abs(share - rows.visits / 100).max() < 0.04
    assert {analysis.choose(tree, PARAMS, 0.0, rng) for _ in range(5)} == {int(rows.move[0])}


def test_bounds_lie_below_the_mean_and_tighten_with_visits():
    tree = searched(Leaning(3), 400)
    rows = analysis.candidates(tree)
    several = rows.visits > 1
    assert (rows.bound[several] <= rows.utility[several]).all()
    assert np.isneginf(rows.bound[rows.visits == 1]).all()
    gap = rows.utility - rows.bound
    assert gap[0] < np.median(gap[several])


def test_ownership_is_the_mean_over_the_nodes_from_one_side():
    """Recounted node by node with the depth's sign; once from the root, once from a child."""
    tree = searched(Leaning(3), 60, moves(new_board(5), "B2", "D4"))
    used = int(tree.counts[NODES_USED])
    for start in (0, int(analysis.candidates(tree).node[0])):
        total, judged = np.zeros(25), 0
        for node in range(used):
            depth, here = 0, node
            while here not in (start, -1):
                here = int(tree.nodes[here, 0])
                depth += 1
            if here == start:
                total += (-1) ** depth * tree.owned[node] / 127
                judged += 1
        assert np.allclose(analysis.ownership(tree, start), total / judged, atol=1e-5)


def test_ownership_may_be_left_out():
    searches = Searches(Counter(), 1, 5, PARAMS, np.random.default_rng(1), keep_ownership=False)
    searches.begin(0, new_board(5))
    searches.think(0, 20)
    searches.run()
    assert not analysis.ownership(searches.tree(0)).any()


def test_depths_are_those_of_the_paths():
    tree = searched(Leaning(3), 80)
    deep = analysis.depths(tree)
    for node in range(int(tree.counts[NODES_USED])):
        assert len(analysis.path_to(tree, node)) == deep[node]
