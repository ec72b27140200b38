"""The selection rule on a node with made-up statistics, against a table worked by hand."""

import numpy as np

from engine.go.board import new_board
from engine.go.params import SearchParams
from engine.go.searches import Searches
from engine.go.selection import select_child
from engine.go.tree import (
    EDGE_UTILITY,
    EDGES,
    EXPLORE,
    MOVE,
    OPEN_MASS,
    OPENED,
    PRIOR,
    SUM_UTILITY,
    TRIES,
    VISITS,
    WAITING,
)
from tests.engine.go.minds import Counter

PARAMS = SearchParams(c_puct=1.5, c_growth=0.0, fpu_reduction=0.2, root_fpu_reduction=0.2,
                      virtual_loss=1.0, symmetry=False, max_nodes=64, cache=0, score_weight=0.0)


def table(rows, *, visits, utility, opened):
    """A root whose edges hold (prior, tries, summed utility, waiting); the rest have none."""
    searches = Searches(Counter(), 1, 3, PARAMS, np.random.default_rng(0))
    searches.begin(0, new_board(3, 0.0))
    searches.think(0, 1)
    searches.step()
    tree = searches.tree(0)
    tree.weights[:10, PRIOR] = 0
    for e, (prior, tries, summed, waiting) in enumerate(rows):
        tree.edges[e, TRIES], tree.edges[e, WAITING] = tries, waiting
        tree.weights[e, PRIOR], tree.weights[e, EDGE_UTILITY] = prior, summed
    tree.nodes[0, VISITS], tree.nodes[0, OPENED] = visits, opened
    tree.sums[0, SUM_UTILITY] = visits * utility
    tree.sums[0, OPEN_MASS] = sum(r[0] for r in rows[:opened])
    return tree


def chosen(tree, params=PARAMS):
    return int(tree.edges[select_child(tree, 0, params.knobs()), MOVE])


def test_q_plus_u_decides():
    """N = 16, c√N = 6: Q + U = 0.5 + 6·0.4/9, −0.2 + 6·0.4/6, 0.1 + 6·0.2/2 = 0.77, 0.2, 0.7."""
    rows = [(0.4, 8, 4.0, 0), (0.4, 5, -1.0, 0), (0.2, 1, 0.1, 0)]
    assert chosen(table(rows, visits=16, utility=0.0, opened=3)) == 0
    rows[2] = (0.2, 1, 0.2, 0)  # 0.8 now
    assert chosen(table(rows, visits=16, utility=0.0, opened=3)) == 2


def test_a_simulation_in_flight_counts_as_a_loss():
    """With one in flight N = 16 still and the first edge has (4 − 1)/9 + 2.4/10 = 0.573."""
    rows = [(0.4, 8, 4.0, 1), (0.4, 5, -1.0, 0), (0.2, 1, 0.1, 0)]
    assert chosen(table(rows, visits=16, utility=0.0, opened=3)) == 2


def test_an_untried_move_waits_at_the_parents_mean_less_its_reduction():
    """Tried mass 0.64: 0.3 − 0.2·0.8 + 3·0.36 = 1.22, against Q + 3·0.64/4 = Q + 0.48."""
    for q, best in ((0.73, 1), (0.75, 0)):
        rows = [(0.64, 3, 3 * q, 0), (0.36, 0, 0.0, 0)]
        assert chosen(table(rows, visits=4, utility=0.3, opened=1)) == best


def test_ties_go_to_the_lowest_move():
    rows = [(0.25, 2, 1.0, 0)] * 4
    tree = table(rows, visits=9, utility=0.0, opened=4)
    tree.edges[[0, 3], MOVE] = tree.edges[[3, 0], MOVE]
    assert chosen(tree) == 0
    assert select_child(tree, 0, PARAMS.knobs()) == 3


def test_exploration_grows_with_the_logarithm_of_visits():
    """c = 1.5 + 2·ln((16 + 10)/10) = 3.41 makes U of the last move 1.36 and not 0.6."""
    rows = [(0.4, 8, 6.0, 0), (0.4, 5, -1.0, 0), (0.2, 1, 0.1, 0)]
    grown = PARAMS.with_changes(c_growth=2.0, c_base=10.0)
    assert chosen(table(rows, visits=16, utility=0.0, opened=3)) == 0
    assert chosen(table(rows, visits=16, utility=0.0, opened=3), grown) == 2


def test_forced_playouts_come_first_where_the_root_explores():
    """√(2 · 0.5 · 16) = 4 visits are due to the second move; it has 3 at a bad Q."""
    rows = [(0.5, 11, 9.0, 0), (0.5, 3, -3.0, 0)]
    forced = PARAMS.with_changes(forced=2.0)
    tree = table(rows, visits=16, utility=0.0, opened=2)
    tree.nodes[0, EDGES] = 2
    assert chosen(tree, forced) == 0
    tree.counts[EXPLORE] = 1
    assert chosen(tree, forced) == 1
    tree.edges[1, TRIES] = 4
    assert chosen(tree, forced) == 0
