import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go.board import (
    BLACK,
    WHITE,
    colour_name,
    diagram,
    neighbour_table,
    new_board,
    size_of,
    to_play,
    zobrist_table,
)
from tests.engine.go.boards import moves


def test_a_new_board_is_empty_and_black_begins():
    board = new_board(9, 6.5, suicide=True)
    assert size_of(board) == 9
    assert to_play(board) == BLACK
    assert board.komi[0] == 6.5
    assert not board.stones[:-1].any()


@pytest.mark.parametrize(("size", "komi", "said"), [
    (1, 7.0, "2 to 19"), (20, 7.0, "2 to 19"), (9, 163.0, "162"), (9, float("nan"), "komi")])
def test_what_cannot_be_a_board_is_refused_with_its_limits(size, komi, said):
    with pytest.raises(InvalidInput, match=said):
        new_board(size, komi)


def test_neighbours_of_corner_edge_and_centre():
    table = neighbour_table(3)
    assert sorted(table[0].tolist()) == [1, 3, 9, 9]
    assert sorted(table[1].tolist()) == [0, 2, 4, 9]
    assert sorted(table[4].tolist()) == [1, 3, 5, 7]
    assert table[9].tolist() == [9, 9, 9, 9]


def test_hash_words_are_fixed_and_differ():
    words = zobrist_table(19)
    assert np.unique(words).size == words.size
    assert zobrist_table.__wrapped__(19).tolist() == words.tolist()


def test_a_diagram_shows_rows_from_the_top():
    board = moves(new_board(3, 0.0), "A3", "C1")
    assert diagram(board) == "X . .\n. . .\n. . O"
    assert (colour_name(BLACK), colour_name(WHITE)) == ("Black", "White")
