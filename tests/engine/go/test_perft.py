"""Positions counted from the empty board against tables that others published or recomputed."""

import itertools
from collections import Counter

import numpy as np
import pytest
from numba import njit

from engine.go.board import AREA, new_board
from engine.go.features import symmetry_table
from engine.go.kernels import copy_board, ended, legal_mask, play, put

PERFT = {2: (5, 21, 69, 161, 337, 673, 1249, 2521), 3: (10, 91, 739, 5291, 33475),
         4: (17, 273, 4113, 58001), 5: (26, 651, 15651), 9: (82, 6643)}
LEGAL = {2: 57, 3: 12675, 4: 24318165}


@njit(nogil=True)
def perft(board, depth):
    if depth == 0 or ended(board):
        return 1
    legal = np.empty(board.state[AREA] + 1, np.uint8)
    legal_mask(board, legal)
    total = 0
    for move in range(legal.size):
        if legal[move]:
            after = copy_board(board)
            play(after, move)
            total += perft(after, depth - 1)
    return total


@pytest.mark.parametrize("size", PERFT)
@pytest.mark.parametrize("suicide", [False, True])
def test_sequences_are_as_many_as_the_published_ones(size, suicide):
    board = new_board(size, 0.0, suicide)
    counts = tuple(perft(board, depth) for depth in range(1, len(PERFT[size]) + 1))
    assert counts == PERFT[size]


@njit(nogil=True)
def count_standing(board, order, filled):
    """Ways to fill the points of `order` from `filled` on so that no stone ever comes off."""
    if filled == order.size:
        return 1
    total = count_standing(board, order, filled + 1)
    for colour in (1, -1):
        after = copy_board(board)
        if put(after, order[filled], colour) == 0:
            total += count_standing(after, order, filled + 1)
    return total


@pytest.mark.parametrize("size", LEGAL)
def test_legal_positions_are_as_many_as_tromp_counted(size):
    """Part of a legal position is legal: each chain reaches its liberty or a point not yet filled.

    So a position is legal exactly when its stones, placed in any order, capture nothing. Corners
    come first, and of those that mirror, turn or swap colours into each other only one is counted.
    """
    corners = [0, size - 1, size * (size - 1), size * size - 1]
    order = np.array(corners + [p for p in range(size * size) if p not in corners])
    turns = [[corners.index(row[c]) for c in corners] for row in symmetry_table(size)]
    classes = Counter(
        min(tuple(sign * stones[t] for t in turn) for turn in turns for sign in (1, -1))
        for stones in itertools.product((0, 1, -1), repeat=4))
    total = 0
    for stones, weight in classes.items():
        board = new_board(size, 0.0)
        if all(put(board, c, v) == 0 for c, v in zip(corners, stones, strict=True) if v):
            total += weight * count_standing(board, order, 4)
    assert total == LEGAL[size]
