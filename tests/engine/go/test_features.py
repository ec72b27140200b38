import numpy as np
import pytest

from engine.go import features
from engine.go.board import BLACK, new_board
from engine.go.features import PLANES, SYMMETRIES, symmetry_table, write, write_planes
from engine.go.kernels import legal_mask, play
from tests.engine.go.boards import SlowBoard, drawn, moves


def planes(board, symmetry=0):
    size = round(len(board.stones) ** 0.5)
    legal = np.empty(size * size + 1, np.uint8)
    legal_mask(board, legal)
    out = np.full((PLANES, size, size), 9.0, np.float32)
    write_planes(board, legal, symmetry_table(size)[symmetry], out)
    return out


def ones(plane):
    return sorted(zip(*(i.tolist() for i in np.nonzero(plane)), strict=True))


def test_every_plane_of_a_position_worked_by_hand():
    board = drawn("""
        .X...
        XO...
        .X...
        ....O
        .....""", komi=7.5)
    moves(board, "C4", "D1", "pass")  # Black takes B4; White's turn
    x = planes(board)
    assert (x[features.ON_BOARD] == 1).all()
    assert ones(x[features.OWN]) == [(3, 4), (4, 3)]
    assert ones(x[features.THEIRS]) == [(0, 1), (1, 0), (1, 2), (2, 1)]
    assert ones(x[features.OWN_LIBERTIES]) == []
    assert ones(x[features.OWN_LIBERTIES + 1]) == []
    assert ones(x[features.OWN_LIBERTIES + 2]) == [(3, 4), (4, 3)]
    assert ones(x[features.THEIR_LIBERTIES]) == []
    assert ones(x[features.THEIR_LIBERTIES + 1]) == []
    assert ones(x[features.THEIR_LIBERTIES + 2]) == [(0, 1), (1, 0)]
    assert ones(x[features.ILLEGAL]) == [(0, 0), (1, 1)]
    assert ones(x[features.LAST_MOVES]) == []
    assert ones(x[features.LAST_MOVES + 1]) == [(4, 3)]
    assert ones(x[features.LAST_MOVES + 2]) == [(1, 2)]
    assert [float(p.min()) for p in x[features.LAST_PASSES:features.KOMI]] == [1, 0, 0, 0, 0]
    assert np.allclose(x[features.KOMI], 7.5 / 20)
    assert (x[features.MAY_SUICIDE] == 0).all()


def test_the_same_position_from_the_other_side():
    board = drawn("X.\n.O", komi=3.0, suicide=True)
    mine = planes(board)
    board.state[2] = -BLACK
    theirs = planes(board)
    assert np.array_equal(mine[features.OWN], theirs[features.THEIRS])
    assert np.array_equal(mine[3:6], theirs[6:9])
    assert np.allclose(mine[features.KOMI], -theirs[features.KOMI])
    assert (mine[features.MAY_SUICIDE] == 1).all()


@pytest.mark.parametrize("size", [3, 7, 9])
def test_liberties_are_counted_as_a_person_counts_them(size):
    rng = np.random.default_rng(size)
    board, slow = new_board(size), SlowBoard(size, False)
    mask = np.empty(size * size + 1, np.uint8)
    counted = np.zeros(size * size + 1, np.int32)
    for _ in range(3 * size * size // 4):
        legal_mask(board, mask)
        choice = np.flatnonzero(mask[:-1])
        if not choice.size:
            break
        move = int(rng.choice(choice))
        play(board, move)
        slow.play(move)
        features.count_liberties(board, counted)
        for p, v in enumerate(slow.cells):
            if v:
                assert counted[board.head[p]] == slow.liberties(p)


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_turning_the_game_turns_the_planes(symmetry):
    """Equivariance: the planes of the turned game are the turned planes of the game."""
    size = 7
    where = symmetry_table(size)[symmetry]
    rng = np.random.default_rng(symmetry)
    board, turned = new_board(size), new_board(size)
    mask = np.empty(size * size + 1, np.uint8)
    for i in range(60):
        legal_mask(board, mask)
        move = size * size if i == 50 else int(rng.choice(np.flatnonzero(mask)))
        play(board, move)
        play(turned, int(where[move]))
    assert np.array_equal(planes(board, symmetry), planes(turned))


def test_symmetries_are_the_eight_of_the_square():
    table = symmetry_table(4)
    assert table[0].tolist() == list(range(17))
    assert len({tuple(row) for row in table.tolist()}) == SYMMETRIES
    for row in table:
        assert sorted(row.tolist()) == list(range(17))
        assert row[16] == 16


def test_write_is_the_planes_as_they_lie():
    board = moves(new_board(5), "C3", "pass", "B2")
    out = np.empty((PLANES, 5, 5), np.float32)
    write(board, out)
    assert np.array_equal(out, planes(board))
