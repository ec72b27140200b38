import numpy as np

from engine.go.board import BLACK, WHITE, new_board
from engine.go.kernels import copy_board, ended
from engine.go.playouts import (
    below,
    gives_itself_up,
    is_eye,
    playout,
    playout_ownership,
    random_state,
    uniform,
)
from engine.go.vertices import point_of
from tests.engine.go.boards import drawn


def test_a_playout_ends_and_fills_no_eye():
    board = drawn("""
        .XX..
        X.X..
        XXX..
        .....
        .....""")
    eyes = [point_of(v, 5) for v in ("A5", "B4")]
    state = random_state(np.random.default_rng(1))
    for _ in range(20):
        game = copy_board(board)
        playout(game, np.empty(25, np.int32), state)
        assert ended(game)
        assert not game.stones[eyes].any()


def test_eyes_are_told_from_false_eyes():
    board = drawn("""
        .X...
        XO...
        .....
        .X.X.
        X.X..""")
    assert not is_eye(board, point_of("A5", 5), BLACK)  # the diagonal is White's, at the edge
    assert is_eye(board, point_of("B1", 5), BLACK)
    assert not is_eye(board, point_of("B1", 5), WHITE)
    assert not is_eye(board, point_of("C3", 5), BLACK)


def test_who_surrounds_all_wins_all():
    board = drawn("""
        .X.X.
        XXXXX
        .X.X.
        XXXXX
        .X.X.""", komi=20.5)
    out = np.empty(25, np.float32)
    won = playout_ownership(board, 50, random_state(np.random.default_rng(3)), out)
    assert won == 1
    assert (out == 1).all()


def test_the_generator_is_uniform_and_repeats():
    first = random_state(np.random.default_rng(4))
    again = first.copy()
    values = [uniform(first) for _ in range(2000)]
    assert values == [uniform(again) for _ in range(2000)]
    assert 0 <= min(values) < 0.01
    assert 0.99 < max(values) < 1
    assert abs(np.mean(values) - 0.5) < 0.03
    counts = np.bincount([below(first, 6) for _ in range(6000)], minlength=6)
    assert counts.size == 6
    assert counts.min() > 850


def test_an_even_board_is_won_about_half_of_the_time():
    won = playout_ownership(new_board(5, 0.0), 400, random_state(np.random.default_rng(5)),
                            np.empty(25, np.float32))
    assert 0.4 < won < 0.75  # Black moves first


def test_only_long_chains_that_take_nothing_are_kept_from_atari():
    """C7 fills the liberty that both seven-stone groups of the seki share."""
    board = drawn("""
        .X.O.OX
        XXXOOOX
        OOOXXXX
        .OOX.X.
        O.OXXXX
        OOOX.X.
        .O.OXXX""")
    shared = point_of("C7", 7)
    assert gives_itself_up(board, shared, BLACK)
    assert gives_itself_up(board, shared, WHITE)
    assert not gives_itself_up(board, point_of("A7", 7), WHITE)  # one stone alone may
    taking = drawn("""
        .XO..
        XXO..
        OO...
        .....
        .....""")
    assert not gives_itself_up(taking, point_of("A5", 5), WHITE)  # takes three
