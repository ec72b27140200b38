"""Proven results on their way up, and the names of positions in the cache."""

import numpy as np
import pytest

from engine.go.board import new_board
from engine.go.kernels import copy_board, legal_mask
from engine.go.params import SearchParams
from engine.go.search_kernels import position_key
from engine.go.searches import Searches
from engine.go.tree import EDGES, HIGH, LOW, OPENED
from engine.go.tree_kernels import prove
from tests.engine.go.boards import moves
from tests.engine.go.minds import Counter

BROAD = SearchParams(c_puct=10.0, c_growth=0.0, batch=1, symmetry=False, max_nodes=64, cache=0,
                     score_weight=0.0)


def proven_family(children, untried):
    """A root with children of given bounds; returns the root's bounds once they are carried up."""
    searches = Searches(Counter(), 1, 3, BROAD, np.random.default_rng(0))
    searches.begin(0, new_board(3, 0.0))
    searches.think(0, 1 + len(children))
    searches.run()
    tree = searches.tree(0)
    assert tree.nodes[0, OPENED] == len(children)
    tree.nodes[0, EDGES] = len(children) + untried
    for i, (low, high) in enumerate(children):
        tree.nodes[1 + i, LOW], tree.nodes[1 + i, HIGH] = low, high
    for i in range(len(children)):
        prove(tree.nodes, tree.edges, 1 + i)
    return int(tree.nodes[0, LOW]), int(tree.nodes[0, HIGH])


@pytest.mark.parametrize(("children", "untried", "bounds"), [
    ([(-1, -1), (-1, 1)], 3, (1, 1)),      # one reply lost for the other side: won
    ([(1, 1), (1, 1)], 0, (-1, -1)),       # every reply wins for the other side: lost
    ([(1, 1), (1, 1)], 1, (-1, 1)),        # an untried move may still do better
    ([(0, 0), (1, 1)], 0, (0, 0)),         # a draw is the best there is
    ([(0, 0), (-1, 1)], 0, (0, 1)),        # at least a draw
])
def test_bounds_are_the_best_of_the_childrens(children, untried, bounds):
    assert proven_family(children, untried) == bounds


def test_a_position_has_one_name_by_any_order_of_moves():
    def name(board):
        legal = np.empty(26, np.uint8)
        legal_mask(board, legal)
        return int(position_key(board, legal))

    one = moves(new_board(5), "A1", "E5", "C3", "B2")
    other = moves(new_board(5), "C3", "B2", "A1", "E5")
    assert name(one) == name(other) != 0
    passed = moves(copy_board(one), "pass")
    assert len({name(one), name(passed), name(moves(passed, "pass"))}) == 3
    assert name(moves(new_board(5, 6.5), "A1")) != name(moves(new_board(5, 7.0), "A1"))
