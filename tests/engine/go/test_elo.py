import math

import pytest

from engine.errors import InvalidInput
from engine.go.elo import Result, difference, expected, ratings, read_results, table, wilson


@pytest.mark.parametrize(("wins", "games", "low", "high"), [
    (0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 100, 0.7222, 0.8749),
])
def test_the_interval_is_wilsons(wins, games, low, high):
    # the textbook formula, worked by hand to four places
    assert wilson(wins, games) == pytest.approx((low, high), abs=5e-5)


def test_no_games_say_nothing():
    assert wilson(0, 0) == (0.0, 1.0)


def test_more_wins_than_games_are_refused():
    with pytest.raises(InvalidInput, match="11 wins in 10 games"):
        wilson(11, 10)


def test_four_hundred_points_are_ten_to_one():
    assert expected(400.0) == pytest.approx(10 / 11)
    assert difference(10 / 11) == pytest.approx(400.0)
    assert difference(1.0) == math.inf


def test_two_players_are_apart_as_their_share_says():
    # 75 of 100 and half a drawn game each way: log odds of 75.25 to 25.25
    rated = ratings([Result("a", "b", 70, 10, 20)], anchor="b", at=1000.0)
    assert rated["a"].elo - 1000.0 == pytest.approx(400 * math.log10(75.25 / 25.25), abs=0.01)
    assert rated["b"].error == 0.0


def test_a_ladder_adds_up():
    results = [Result("a", "b", 640, 0, 360), Result("b", "c", 640, 0, 360)]
    rated = ratings(results, anchor="c")
    step = 400 * math.log10(640.25 / 360.25)
    assert rated["b"].elo == pytest.approx(step, abs=0.1)
    assert rated["a"].elo == pytest.approx(2 * step, abs=0.1)
    assert list(rated) == ["a", "b", "c"]
    assert rated["a"].error > rated["b"].error > 0


def test_the_standard_error_is_the_information_of_the_games():
    # variance of the log odds of n p (1 - p), here 400.5 games at one half
    rated = ratings([Result("a", "b", 200, 0, 200)], anchor="b")
    assert rated["a"].elo == pytest.approx(0.0, abs=1e-6)
    assert rated["a"].error == pytest.approx(400 / math.log(10) / math.sqrt(400.5 / 4))


def test_a_player_who_always_won_stays_finite():
    rated = ratings([Result("a", "b", 10, 0, 0)], anchor="b")
    assert 300 < rated["a"].elo < 1000


def test_players_who_never_met_are_not_compared():
    with pytest.raises(InvalidInput, match="has met nobody"):
        ratings([Result("a", "b", 1, 0, 1), Result("c", "d", 1, 0, 1)], anchor="a")


def test_printed_results_make_a_ladder(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text('{"first": "a", "second": "b", "wins": 3, "draws": 1, "losses": 1, "x": 0}\n',
                    "utf-8")
    assert read_results(path) == [Result("a", "b", 3, 1, 1)]
    rows = table(ratings(read_results(path), anchor="b", at=100))
    assert rows[1] == {"player": "b", "elo": 100, "error": 0, "games": 5}


@pytest.mark.parametrize("line", ["{", "[]", '{"first": "a"}', '{"first": "a", "second": "a", '
                                  '"wins": 1, "draws": 0, "losses": 0}'])
def test_what_is_no_result_is_refused(tmp_path, line):
    path = tmp_path / "results.jsonl"
    path.write_text(line, "utf-8")
    with pytest.raises(InvalidInput):
        read_results(path)


def test_an_unknown_anchor_is_named():
    with pytest.raises(InvalidInput, match="'z' has played no game"):
        ratings([Result("a", "b", 1, 0, 1)], anchor="z")
