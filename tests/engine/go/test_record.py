"""Games through SGF and back, and files that mean ill."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.go import record
from engine.go.board import BLACK, WHITE
from engine.go.game import Game, Setup, handicap_setup, walk
from engine.go.openings import handicap_points
from engine.go.review import Report
from engine.go.vertices import point_of

NAMES = {"PB": "You", "PW": "main, 400 visits"}


def shape(node):
    """A tree as nested tuples of moves, colours and setups."""
    return (node.move, node.colour, node.setup, tuple(shape(c) for c in node.children))


def test_a_small_game_is_written_as_one_would_by_hand():
    game = Game(9, 6.5)
    game.play(point_of("E5", 9))
    game.play(point_of("C3", 9))
    game.play(game.pass_move)
    text = record.write(game, NAMES, "B+3.5")
    for part in ("GM[1]", "FF[4]", "SZ[9]", "KM[6.5]", "PB[You]", "RE[B+3.5]",
                 ";B[ee]", ";W[cg]", ";B[]"):
        assert part in text.replace("\n", "")


def test_variations_handicap_and_names_come_back():
    game = Game(9, 0.5, setup=handicap_setup(handicap_points(9, 3)), handicap=3)
    game.play(point_of("E5", 9))
    game.play(point_of("E6", 9))
    game.go(1)
    game.play(point_of("D5", 9))
    game.root.report = Report(100, 0.25, -3.0)
    opened = record.read(record.write(game, NAMES, "W+R"))
    again = opened.game
    assert opened.left_out == 0
    assert (again.size, again.komi, again.handicap) == (9, 0.5, 3)
    assert shape(again.root) == shape(game.root)
    assert again.info["PB"] == "You"
    assert again.info["RE"] == "W+R"
    assert again.node is again.line()[-1]
    assert again.node.move == point_of("E6", 9)
    assert again.root.properties["SBKV"] == ["25.00"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_tree_comes_back_as_it_was(data):
    game = Game(data.draw(st.sampled_from([5, 9])), data.draw(st.sampled_from([0.5, 7.0, -3.5])))
    for _ in range(data.draw(st.integers(0, 25))):
        if data.draw(st.integers(0, 3)) == 0:
            game.go(data.draw(st.integers(0, len(game.nodes) - 1)))
        elif not game.ended:
            game.play(int(data.draw(st.sampled_from(np.flatnonzero(game.legal()).tolist()))))
    again = record.read(record.write(game, {})).game
    assert shape(again.root) == shape(game.root)
    assert again.komi == game.komi
    assert record.write(again, {}) == record.write(game, {})


def test_what_is_not_understood_stays_in_the_file():
    text = "(;GM[1]SZ[9]GN[Final]DT[2026-11-22];B[ee]C[a good point\\]]TR[ee][cc];W[cc]XX[y])"
    written = record.write(record.read(text).game, {})
    for part in ("GN[Final]", "DT[2026-11-22]", "C[a good point\\]]", "TR[ee][cc]", "XX[y]"):
        assert part in written


def test_stones_put_down_within_a_game_and_rectangles():
    game = record.read("(;SZ[9]AB[aa:bc]PL[W];W[ee];AE[aa]AW[ii];B[gg])").game
    stones = game.board.stones
    assert [int(stones[point_of(v, 9)]) for v in ("A9", "B7", "J1", "E5", "G3")] == [
        0, BLACK, WHITE, WHITE, BLACK]
    assert game.line()[0].setup.to_play == WHITE


def test_a_game_that_two_passes_ended_may_go_on_in_a_record():
    game = record.read("(;SZ[5];B[cc];W[];B[];W[];B[];W[bb])").game
    assert game.node.number == 6
    assert not game.ended


def test_a_variation_against_the_rules_is_left_out_and_told():
    opened = record.read("(;SZ[9];B[ee](;W[cc])(;W[ee];B[aa])(;W[dd]))")
    assert opened.left_out == 1
    assert len(opened.game.nodes[1].children) == 2


@pytest.mark.parametrize(("text", "says"), [
    ("", "no game found"), ("hello", "no game found"), (b"\xff\xfe\x00(;", "no game found"),
    ("(;SZ[9];B[ee];W[ee])", "after move 1: E5 has a black stone"),
    ("(;SZ[99])", "board size is 99"), ("(;SZ[9:13])", "square"), ("(;SZ[nine])", "whole number"),
    ("(;SZ[9];B[zz])", "no point"),
    ("(;SZ[5]AW[ab][ba]AB[aa])", "without a liberty"),
    ("(;SZ[9]" + "(;B[ee]" * 500 + ")" * 501, "after move 1"),
    ("(;SZ[9]" + "(;B[ee]" * 30_000 + ")" * 30_001, "nested more than"),
], ids=lambda v: str(v)[:20])
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(text, says):
    with pytest.raises(InvalidInput, match=says) as error:
        record.read(text)
    assert len(str(error.value)) < 500


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes():
    assert record.read("(;SZ[9];B[ee]").game.node.number == 1


def test_a_deep_file_does_not_exhaust_the_stack():
    game = record.read("(;SZ[9]" + "(;C[x]" * 15_000 + ")" * 15_001).game
    assert len(list(walk(game.root))) == 15_001
    assert record.read(record.write(game, {})).game.nodes[-1].index == 15_000


def test_a_file_with_many_branches_keeps_few_boards():
    wide = "(;SZ[19]" + "".join(f"(;B[{a}{b}])" for a in "abcdefghij" for b in "abcdefghij") + ")"
    game = record.read(wide).game
    assert len(game.root.children) == 100


@pytest.mark.parametrize("komi", ["nan", "inf", "1e9", "6,5", "none", ""])
def test_a_strange_komi_is_read_or_replaced(komi):
    game = record.read(f"(;SZ[9]KM[{komi}];B[ee])").game
    assert game.komi == (6.5 if komi == "6,5" else record.DEFAULT_KOMI)


def test_putting_stones_down_is_told_apart_from_moves():
    game = Game(9)
    game.put_down(Setup(((3, BLACK), (4, WHITE)), WHITE))
    assert "AB[da]" in record.write(game, {})
    assert "PL[W]" in record.write(game, {})
