"""Small boards solved with our rules: superko, area scoring, two passes.

Values: 2×2 is 1 point for Black, 3×3 is 9 (J. Tromp; E. van der Werf, "Solving Go on small
boards", 2003).
"""

import numpy as np
import pytest
from numba import njit

from engine.go.board import AREA, TO_PLAY, new_board
from engine.go.kernels import area_score, copy_board, ended, legal_mask, play


@njit(nogil=True)
def can_force(board, player, points, plies, order):
    """Whether a player can reach so many points within so many plies, whatever the other does."""
    if ended(board):
        return player * area_score(board) >= points
    if plies == 0:
        return False
    area = board.state[AREA]
    own_turn = board.state[TO_PLAY] == player
    legal = np.empty(area + 1, np.uint8)
    legal_mask(board, legal)
    for i in range(-1, area):
        move = area if i < 0 else order[i]
        if legal[move]:
            after = copy_board(board)
            play(after, move)
            reached = can_force(after, player, points, plies - 1, order)
            if reached == own_turn:
                return reached
    return not own_turn


def from_the_centre(size):
    row, col = np.divmod(np.arange(size * size), size)
    far = np.abs(2 * row - size + 1) + np.abs(2 * col - size + 1)
    return np.argsort(far, kind="stable")


@pytest.mark.parametrize(("size", "player", "points", "plies"), [
    (2, 1, 1.0, 11), (2, -1, -1.0, 10), (3, 1, 9.0, 15)])
def test_the_boards_are_worth_what_is_known(size, player, points, plies):
    """Black gets it, and White can hold Black to it; 9 points on 3×3 are all there are."""
    order = from_the_centre(size)
    assert can_force(new_board(size, 0.0), player, points, plies, order)
    assert not can_force(new_board(size, 0.0), player, points + 1, plies - 3, order)
