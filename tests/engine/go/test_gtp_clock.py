import pytest

from engine.go.board import BLACK, WHITE
from engine.go.game import Game
from engine.go.gtp_clock import Clock


def test_without_settings_there_is_no_limit():
    assert Clock().seconds(BLACK, Game(9)) is None


def test_a_period_without_stones_is_no_limit():
    clock = Clock()
    clock.settings(0, 10, 0)
    assert clock.seconds(BLACK, Game(9)) is None


def test_main_time_is_spread_over_the_moves_to_come():
    clock = Clock()
    clock.settings(600, 0, 0)
    first = clock.seconds(BLACK, Game(19))
    assert first == pytest.approx(600 / (0.35 * 361))
    clock.left(BLACK, 60, 0)
    assert clock.seconds(BLACK, Game(19)) == pytest.approx(first / 10)
    assert clock.seconds(WHITE, Game(19)) == pytest.approx(first)


def test_byo_yomi_gives_each_stone_its_share():
    clock = Clock()
    clock.settings(0, 30, 5)
    assert clock.seconds(WHITE, Game(9)) == pytest.approx(0.9 * 6)
    clock.left(WHITE, 4, 1)
    assert clock.seconds(WHITE, Game(9)) == pytest.approx(3.6)


def test_out_of_time_is_still_a_moment():
    clock = Clock()
    clock.settings(10, 0, 0)
    clock.left(BLACK, 0, 0)
    assert clock.seconds(BLACK, Game(9)) == pytest.approx(0.05)
