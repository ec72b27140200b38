"""The rules against two programs that share nothing with them."""

import subprocess

import numpy as np
import pyspiel
import pytest

from engine.go.board import BLACK, TO_PLAY, new_board
from engine.go.kernels import area_score, ended, is_legal, legal_mask, play
from engine.go.opponent import Opponent
from engine.go.vertices import point_of, vertex_of
from tests.engine.go.boards import picture


def a_random_move(board, rng, passes=0.0):
    mask = np.empty(board.stones.size, np.uint8)
    legal_mask(board, mask)
    choice = np.flatnonzero(mask[:-1])
    if not choice.size or rng.random() < passes:
        return board.stones.size - 1
    return int(rng.choice(choice))


@pytest.mark.parametrize(("size", "games", "length"), [(5, 6, 120), (9, 2, 200), (19, 1, 300)])
def test_gnu_go_finds_the_same_moves_legal_and_the_same_stones_captured(
        gnugo, size, games, length):
    for game in range(games):
        rng = np.random.default_rng((size, game))
        board = new_board(size)
        script = [f"boardsize {size}", "clear_board"]
        expected = []
        for i in range(length):
            move = a_random_move(board, rng, passes=0.02)
            colour = "black" if board.state[TO_PLAY] == BLACK else "white"
            if i % 3 == 0:
                mask = np.empty(board.stones.size, np.uint8)
                legal_mask(board, mask)
                script.append(f"all_legal {colour}")
                expected.append(("legal", {vertex_of(int(p), size)
                                           for p in np.flatnonzero(mask[:-1])}))
            play(board, move)
            script.append(f"play {colour} {vertex_of(move, size)}")
            script += ["list_stones black", "list_stones white"]
            for stone in (1, -1):
                points = np.flatnonzero(board.stones[:-1] == stone)
                expected.append(("stones", {vertex_of(int(p), size) for p in points}))
        said = subprocess.run(gnugo.split(), input="\n".join([*script, "quit\n"]), text=True,
                              capture_output=True, timeout=120, check=True).stdout
        blocks = [b.strip() for b in said.split("\n\n") if b.strip()]
        assert all(b.startswith("=") for b in blocks), [b for b in blocks if b[0] != "="]
        answers = [b[1:].split() for b, asked in zip(blocks, script, strict=False)
                   if asked.startswith(("all_legal", "list_stones"))]
        assert len(answers) == len(expected)
        for i, (answer, (kind, points)) in enumerate(zip(answers, expected, strict=True)):
            assert set(answer) == points, (size, game, i, kind)


@pytest.mark.parametrize(("size", "games"), [(5, 40), (9, 15), (13, 3)])
def test_openspiel_plays_the_same_games(size, games):
    """OpenSpiel knows the simple ko alone and ends a game at any other repetition.

    So its legal moves are ours and those that superko forbids; the score is Tromp–Taylor's.
    """
    game = pyspiel.load_game("go", {"board_size": size, "komi": 6.5,
                                    "max_game_length": 4 * size * size})
    finished = 0
    for number in range(games):
        rng = np.random.default_rng((size, number))
        board = new_board(size, 6.5)
        state = game.new_initial_state()
        for _ in range(3 * size * size):
            if state.is_terminal():
                break
            theirs = {point_of(state.action_to_string(a).split()[1], size)
                      for a in state.legal_actions()}
            mask = np.empty(size * size + 1, np.uint8)
            legal_mask(board, mask)
            ours = set(np.flatnonzero(mask).tolist())
            assert ours <= theirs, picture(board)
            for p in theirs - ours:  # only superko may stand between
                assert not is_legal(board, p)
                again = state.clone()
                again.apply_action(action(again, p, size))
                assert again.is_terminal(), (vertex_of(p, size), picture(board))
            move = a_random_move(board, rng, passes=0.1)
            state.apply_action(action(state, move, size))
            play(board, move)
        if ended(board) and board.state[3] >= 2:
            finished += 1
            assert state.is_terminal()
            assert state.returns()[0] == np.sign(area_score(board))
    assert finished > 0


def action(state, move, size):
    name = vertex_of(move, size).lower()
    for a in state.legal_actions():
        if state.action_to_string(a).split()[1].lower() == name:
            return a
    raise AssertionError(f"OpenSpiel does not allow {name}")


def test_the_opponents_client_sees_the_same_score(gnugo):
    """A whole game over the wire, scored by GNU Go with everything alive."""
    board = new_board(5, 0.5)
    with Opponent(gnugo) as opponent:
        opponent.begin(5, 0.5)
        for colour, name in ((1, "C3"), (-1, "D4"), (1, "C4"), (-1, "D3"), (1, "C2"),
                             (-1, "D2"), (1, "C5"), (-1, "D5"), (1, "C1"), (-1, "D1")):
            play(board, point_of(name, 5))
            opponent.play(colour, point_of(name, 5), 5)
        assert area_score(board) == 4.5
        assert opponent.final_score() == 4.5
