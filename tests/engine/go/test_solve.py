"""Values known from J. Tromp and from van der Werf, van den Herik & Uiterwijk 2003."""

import json

import pytest

from engine.go.__main__ import main
from engine.go.bit_kernels import safe_points
from engine.go.board import BLACK, WHITE
from engine.go.solve import column_edges, force
from engine.go.solve_kernels import stones_of
from tests.engine.go.boards import drawn


@pytest.mark.parametrize(("size", "player", "target"), [(2, BLACK, 1), (2, WHITE, -1),
                                                        (3, BLACK, 9)])
def test_the_boards_are_worth_what_is_known(size, player, target):
    assert force(size, player, target)["proved"]


@pytest.mark.parametrize(("size", "player", "target"), [(2, BLACK, 2), (2, WHITE, 0),
                                                        (3, WHITE, -8)])
def test_more_than_the_value_is_never_shown(size, player, target):
    facts = force(size, player, target, nodes=20_000)
    assert not facts["proved"]


def test_the_command_prints_value_nodes_and_seconds(capsys):
    assert main(["solve", "--size", "2"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["lower"], facts["value"], facts["upper"]) == (1, 1, 1)
    assert facts["nodes"] > 0
    assert main(["solve", "--size", "3", "--target", "9"]) == 0
    assert json.loads(capsys.readouterr().out)["proved"] is True


def test_too_few_nodes_leave_bounds_and_no_value(capsys):
    assert main(["solve", "--size", "3", "--nodes", "10"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["value"] is None
    assert facts["lower"] < 9 <= facts["upper"]


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("--size", "6"), "size is 6"), (("--size", "3", "--target", "10"), "target is 10")])
def test_what_cannot_be_solved_is_refused(capsys, arguments, sentence):
    assert main(["solve", *arguments]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(("picture", "points"), [
    (".X.X XXXX .... ....", 8),   # two eyes
    (".X.. XX.. .... ....", 0),   # one eye, and the rest of the board
    ("XX.X X.XX XXXX ....", 12),  # two eyes; a row of four could hold stones
    (".X.X XXXX .O.. ....", 8),
])
def test_safe_points_are_those_of_two_eyes(picture, points):
    board = drawn(picture)
    bits = stones_of(board)
    own, other = bits & (1 << 25) - 1, bits >> 25
    safe, _ = safe_points(own, other, (1 << 16) - 1, column_edges(4))
    assert int(safe).bit_count() == points
