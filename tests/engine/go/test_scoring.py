import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go.board import new_board
from engine.go.scoring import (
    chains,
    cleaned_score,
    dead_stones,
    ownership_by_playouts,
    result_text,
    score,
)
from engine.go.status import statuses
from engine.go.vertices import point_of
from tests.engine.go.boards import drawn

FINISHED = """
    .X.XO.O
    XXXXOOO
    ...XO..
    .O.XO..
    XXXXOX.
    OOOXO.O
    .O.XOO."""
SEKI = """
    .X.O.
    XXXOO
    OOOXX
    ..OX.
    ..OX."""

LARGE_SEKI = """
    .X.O.OX
    XXXOOOX
    OOOXXXX
    .OOX.X.
    O.OXXXX
    OOOX.X.
    .O.OXXX"""


def at(board, *names):
    size = round(len(board.stones) ** 0.5)
    return tuple(sorted(point_of(n, size) for n in names))


def test_dead_stones_come_off_before_the_count():
    """Row by row: 1 1 0 −1 4 −4 −4 as it stands; Black has four columns when all dead are off."""
    board = drawn(FINISHED, komi=0.5)
    dead = at(board, "B4", "F3")
    corner = at(board, "A2", "B2", "C2", "B1")
    assert score(board).margin == 1 + 1 + 0 - 1 + 4 - 4 - 4 - 0.5
    counted = score(board, dead)
    assert counted.dead == dead
    assert counted.margin == 1 + 1 + 1 + 1 + 1 - 5 - 4 - 0.5
    assert counted.owner.sum() == -4
    assert score(board, dead + corner).margin == 4 * 7 - 3 * 7 - 0.5


def test_random_games_find_the_dead():
    board = drawn(FINISHED, komi=0.5)
    owned = ownership_by_playouts(board, np.random.default_rng(1))
    assert dead_stones(board, owned) == at(board, "A2", "B1", "B2", "B4", "C2", "F3")
    assert cleaned_score(board, np.random.default_rng(2)).text() == "B+6.5"


def test_stones_in_seki_stay_and_are_named():
    board = drawn(SEKI)
    counted = score(board)
    found = statuses(board, counted)
    assert counted.margin == -2
    assert found["dead"] == []
    assert found["seki"] == []  # both have an eye: alive by the map, and neutral between them
    assert sum(len(c) for c in found["alive"]) == int(np.count_nonzero(board.stones[:-1]))


def test_random_games_leave_a_seki_on_the_board():
    board = drawn(LARGE_SEKI)
    owned = ownership_by_playouts(board, np.random.default_rng(1))
    assert dead_stones(board, owned) == ()


def test_chains_without_any_eye_are_in_seki():
    board = drawn("""
        .XO.XO
        .XO.XO
        XXOOXO
        OOXXXO
        .OOOOO
        O.OO.O""")
    found = statuses(board, score(board))
    assert found["dead"] == []
    eyeless = [set(c) for c in found["seki"]]
    assert any(point_of("E6", 6) in c for c in eyeless)
    assert all(point_of("A1", 6) not in c for c in eyeless)


def test_the_status_of_every_chain_is_said_once():
    board = drawn(FINISHED)
    found = statuses(board, score(board, at(board, "B4")))
    assert found["dead"] == [at(board, "B4")]
    told = sorted(p for kind in found.values() for chain in kind for p in chain)
    assert told == np.flatnonzero(board.stones[:-1]).tolist()
    assert sum(map(len, found.values())) == len(chains(board))


def test_ownership_by_random_games_is_seeded_and_bounded():
    board = drawn(FINISHED)
    first = ownership_by_playouts(board, np.random.default_rng(5), 40)
    again = ownership_by_playouts(board, np.random.default_rng(5), 40)
    assert np.array_equal(first, again)
    assert np.abs(first).max() <= 1


def test_an_empty_board_belongs_to_nobody():
    board = new_board(5, 3.5)
    assert score(board).text() == "W+3.5"
    assert dead_stones(board, np.zeros(25, np.float32)) == ()
    assert np.abs(ownership_by_playouts(board, np.random.default_rng(0))).max() < 0.4


@pytest.mark.parametrize(("margin", "text"), [(0.0, "0"), (3.5, "B+3.5"), (-7.0, "W+7")])
def test_results_are_written_as_in_sgf(margin, text):
    assert result_text(margin) == text


def test_what_is_no_stone_cannot_be_dead():
    with pytest.raises(InvalidInput, match="holds no stone"):
        score(new_board(5), (3,))
    with pytest.raises(InvalidInput, match="25 points"):
        dead_stones(new_board(5), np.zeros(9, np.float32))
