"""The record of a game: turns, captures, variations, setups and what the rules forbid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.go.board import BLACK, WHITE
from engine.go.game import Game, Setup, handicap_setup, path, walk
from engine.go.openings import handicap_points
from engine.go.vertices import point_of


def play(game, moves):
    for vertex in moves.split():
        game.play(point_of(vertex, game.size))


def stones(game):
    return game.board.stones[:-1].tolist()


def test_players_alternate_and_passes_end_the_game():
    game = Game(5)
    play(game, "C3 pass")
    assert (game.to_play, game.node.number, game.ended) == (BLACK, 2, False)
    play(game, "pass")
    assert game.ended
    with pytest.raises(InvalidInput, match="ended here"):
        play(game, "A1")


def test_a_capture_takes_the_stones_off_in_every_later_position():
    game = Game(5)
    play(game, "A2 A1 B1")
    assert game.board.stones[point_of("A1", 5)] == 0
    play(game, "E5")
    assert game.board.stones[point_of("A1", 5)] == 0


@pytest.mark.parametrize(("moves", "move", "says"), [
    ("A1", "A1", "A1 has a black stone"),
    ("A2 E5 B1", "A1", "suicide"),
    ("B1 C1 A2 D2 B3 C3 C2 B2", "C2", "superko"),
])
def test_a_forbidden_move_is_named_and_nothing_changes(moves, move, says):
    game = Game(5)
    play(game, moves)
    before = (stones(game), game.node, len(game.nodes))
    with pytest.raises(InvalidInput, match=says):
        play(game, move)
    assert (stones(game), game.node, len(game.nodes)) == before


def test_suicide_of_many_stones_is_played_where_the_rules_allow_it():
    moves = "A1 A2 pass B2 pass C1"
    game = Game(5, suicide=True)
    play(game, moves)
    play(game, "B1")
    assert game.board.stones[point_of("A1", 5)] == game.board.stones[point_of("B1", 5)] == 0


def test_a_move_that_was_tried_is_walked_into_and_not_added_again():
    game = Game(9)
    play(game, "E5 C3 G7")
    first = game.node
    game.go(1)
    play(game, "C3 G7")
    assert game.node is first
    assert len(game.nodes) == 4


def test_the_line_follows_what_was_last_walked():
    game = Game(9)
    play(game, "E5 C3 G7")
    game.go(1)
    play(game, "D4")
    game.go(0)
    assert [n.move for n in game.line()[1:]] == [point_of(v, 9) for v in ("E5", "D4")]
    game.go(3)
    game.go(0)
    assert game.line()[-1].index == 3


def test_deleting_a_branch_steps_out_of_it_and_frees_its_indices():
    game = Game(9)
    play(game, "E5 C3 G7")
    game.delete(2)
    assert game.node.index == 1
    assert not game.node.children
    with pytest.raises(InvalidInput, match="may have been deleted"):
        game.go(3)
    with pytest.raises(InvalidInput, match="beginning"):
        game.delete(0)


def test_handicap_stones_stand_and_white_begins():
    game = Game(9, setup=handicap_setup(handicap_points(9, 4)), handicap=4)
    assert game.to_play == WHITE
    assert sum(stones(game)) == 4
    play(game, "E5")
    assert game.board.stones[point_of("E5", 9)] == WHITE


def test_a_setup_that_leaves_a_chain_without_liberty_is_refused():
    game = Game(5)
    corner = tuple((point_of(v, 5), c) for v, c in (("A1", 1), ("A2", -1), ("B1", -1)))
    with pytest.raises(InvalidInput, match="without a liberty"):
        game.put_down(Setup(corner))
    assert not any(stones(game))
    assert game.root.setup is None


def test_stones_are_put_down_only_at_the_end_of_a_line():
    game = Game(5)
    play(game, "C3")
    game.go(0)
    with pytest.raises(InvalidInput, match="moves after it"):
        game.put_down(Setup(((0, BLACK),)))


def test_either_colour_may_be_played_as_records_of_problems_do():
    game = Game(9)
    game.play(point_of("E5", 9), WHITE)
    game.play(point_of("C3", 9), WHITE)
    assert game.to_play == BLACK
    game.go(0)
    game.go(2)
    assert sum(stones(game)) == -2


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_walk_through_the_tree_shows_the_board_of_its_own_moves(data):
    game = Game(5)
    for _ in range(data.draw(st.integers(1, 40))):
        if data.draw(st.booleans()) and len(game.nodes) > 1:
            game.go(data.draw(st.integers(0, len(game.nodes) - 1)))
        elif not game.ended:
            moves = np.flatnonzero(game.legal())
            game.play(int(data.draw(st.sampled_from(moves.tolist()))))
    fresh = Game(5)
    for node in path(game.node)[1:]:
        fresh.play(node.move)
    assert stones(game) == stones(fresh)
    assert game.to_play == fresh.to_play
    assert int(game.board.hash[0]) == int(fresh.board.hash[0])


def test_a_game_may_be_deeper_than_the_interpreter_recurses():
    long = Game(9)
    for i in range(3000):
        long.add_empty()
        assert long.node.index == i + 1
    assert len(list(walk(long.root))) == 3001
    long.go(0)
    assert long.line()[-1].index == 3000
