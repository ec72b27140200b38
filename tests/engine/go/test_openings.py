"""Handicap stones against the GTP specification's own list, and drawn openings."""

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go import kernels
from engine.go.board import new_board
from engine.go.openings import handicap_points, random_opening
from engine.go.vertices import vertex_of

# Farnebäck, GTP 2 draft 2, §4.1.1, table for 19×19
SPECIFIED = {
    2: "D4 Q16", 3: "D4 Q16 D16", 4: "D4 Q16 D16 Q4", 5: "D4 Q16 D16 Q4 K10",
    6: "D4 Q16 D16 Q4 D10 Q10", 7: "D4 Q16 D16 Q4 D10 Q10 K10",
    8: "D4 Q16 D16 Q4 D10 Q10 K4 K16", 9: "D4 Q16 D16 Q4 D10 Q10 K4 K16 K10",
}


@pytest.mark.parametrize("stones", SPECIFIED)
def test_handicap_on_the_large_board(stones):
    assert [vertex_of(p, 19) for p in handicap_points(19, stones)] == SPECIFIED[stones].split()


def test_small_boards_have_their_stars_on_the_third_line():
    assert [vertex_of(p, 9) for p in handicap_points(9, 4)] == ["C3", "G7", "C7", "G3"]
    assert vertex_of(handicap_points(13, 5)[-1], 13) == "G7"


@pytest.mark.parametrize(("size", "stones"), [(5, 2), (7, 5), (10, 5), (19, 1), (19, 10)])
def test_a_handicap_that_does_not_exist_is_refused(size, stones):
    with pytest.raises(InvalidInput, match="choose"):
        handicap_points(size, stones)


@pytest.mark.parametrize("size", [2, 5, 9, 19])
def test_a_drawn_opening_is_legal_seeded_and_away_from_the_edge(size):
    board = new_board(size)
    moves = random_opening(board, 6, np.random.default_rng(3))
    assert moves == random_opening(board, 6, np.random.default_rng(3))
    assert not board.stones[:-1].any()
    for move in moves:
        assert kernels.is_legal(board, move)
        kernels.play(board, move)
    if size >= 9:
        assert all(2 <= v < size - 2 for p in moves for v in divmod(p, size))
