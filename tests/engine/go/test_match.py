import json
import shlex
from threading import Event

import numpy as np
import pytest

from engine.errors import InvalidInput, ModelUnavailable
from engine.go import checkpoint, kernels
from engine.go.board import new_board
from engine.go.evaluator import UniformEvaluator
from engine.go.match import (
    Conditions,
    Played,
    append_played,
    play_match,
    read_played,
    run_match,
    tally,
)
from engine.go.match_players import GtpPlayer, PolicyPlayer, SearchPlayer
from engine.go.params import SearchParams
from engine.go.runtime import open_evaluator
from tests.engine.go.learning import random_checkpoint
from tests.engine.go.test_opponent import program

FIVE = Conditions(size=5, komi=0.5, games=4, opening_moves=2, seed=3)


def searcher(visits, name, games=2, size=5):
    params = SearchParams(visits=visits, max_nodes=max(64, 4 * visits))
    return SearchPlayer(name, UniformEvaluator(), games, size, params, np.random.default_rng(1))


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    path = tmp_path_factory.mktemp("nets") / "a.safetensors"
    checkpoint.write(path, random_checkpoint())
    return open_evaluator(str(path), device="cpu")


def test_openings_come_in_pairs_with_both_colours():
    played = list(play_match(searcher(20, "a"), searcher(20, "b"), FIVE, 2, Event()))
    by_number = {g.number: g for g in played}
    assert sorted(by_number) == [0, 1, 2, 3]
    for n in (0, 2):
        assert by_number[n].moves[:2] == by_number[n + 1].moves[:2]
        assert by_number[n].first_is_black
        assert not by_number[n + 1].first_is_black
    assert by_number[0].moves[:2] != by_number[2].moves[:2]


def test_every_game_is_legal_and_counted():
    for game in play_match(searcher(20, "a"), searcher(8, "b"), FIVE, 2, Event()):
        board = new_board(5, 0.5)
        for move in game.moves:
            assert kernels.is_legal(board, move)
            kernels.play(board, move)
        assert game.area == kernels.area_score(board)
        if game.by == "area":
            assert game.score == game.area
        assert game.points == float((game.score > 0) == game.first_is_black)


class Heard(SearchPlayer):
    """A search that remembers in how many games it was asked, and how patiently."""

    def work(self, waiting, *, patient=True):
        self.asked = [*getattr(self, "asked", []), (len(waiting), patient)]
        return super().work(waiting, patient=patient)


def test_nobody_waits_while_the_other_side_has_something_to_think_about():
    """Of two games with colours changed, each side has one on the move; one left is its own."""
    params = SearchParams(visits=8, max_nodes=64)
    first = Heard("a", UniformEvaluator(), 2, 5, params, np.random.default_rng(1))
    second = Heard("b", UniformEvaluator(), 2, 5, params, np.random.default_rng(2))
    pair = Conditions(5, 0.5, 2, 2, 1)
    assert len(list(play_match(first, second, pair, 2, Event()))) == 2
    assert first.asked[0] == (1, False)
    assert {n for n, patient in first.asked + second.asked if not patient} == {1}
    assert all(patient for n, patient in first.asked + second.asked if n == 2)
    alone = list(play_match(first, second, pair, 1, Event()))
    assert len(alone) == 2
    assert first.asked[-1] == (1, True)


def test_more_simulations_win():
    facts = run_match(searcher(400, "deep", 8), searcher(2, "shallow", 8),
                      Conditions(5, 0.5, 8, 2, 5), 8, Event())
    assert facts["wins"] >= 6
    assert facts["first"] == "deep"
    assert facts["interval"][0] > 0.3


def test_a_raw_policy_plays_to_the_end(policy):
    played = list(play_match(PolicyPlayer("p", policy, 2, 5), searcher(30, "s"), FIVE, 2, Event()))
    assert len(played) == 4


def test_gnu_go_takes_part_and_counts(gnugo):
    conditions = Conditions(size=5, komi=0.5, games=4, opening_moves=1, seed=1)
    second = GtpPlayer(f"{gnugo} --level 1 --never-resign", 2)
    try:
        facts = run_match(searcher(200, "tree"), second, conditions, 2, Event())
    finally:
        second.close()
    assert facts["second"].startswith("GNU Go 3.8")
    assert facts["games"] == 4
    assert facts["by"]["opponent"] + facts["by"]["resignation"] == 4
    assert facts["by"]["illegal"] == 0


def test_a_match_goes_on_where_it_was_stopped(tmp_path):
    record = tmp_path / "games.jsonl"
    straight = list(play_match(searcher(12, "a", 1), searcher(12, "b", 1), FIVE, 1, Event()))
    for game in straight[:2]:
        append_played(record, game)
    with record.open("ab") as file:
        file.write(b'{"number": 2, "mo')
    facts = run_match(searcher(12, "a", 1), searcher(12, "b", 1), FIVE, 1, Event(), record)
    again = read_played(record)
    assert [g.number for g in again] == [0, 1, 2, 3]
    assert again[:2] == straight[:2]
    assert facts["games"] == 4


def test_a_stopped_match_counts_whole_games_alone():
    stop = Event()
    stop.set()
    facts = run_match(searcher(8, "a"), searcher(8, "b"), FIVE, 2, stop)
    assert facts["games"] == 0
    assert facts["interval"] == [0.0, 1.0]


def game(number, points, *, black=True):
    return Played(number, black, (), 1.0, points, "area", 1.0)


def test_a_tally_worked_by_hand():
    counts = tally([game(0, 1.0), game(1, 0.5, black=False), game(2, 0.0), game(3, 1.0,
                                                                                black=False)])
    assert (counts.wins, counts.draws, counts.losses) == (2, 1, 1)
    assert counts.points == 2.5
    assert (counts.black_points, counts.games_as_black) == (1.0, 2)
    assert counts.facts()["share"] == 0.625


@pytest.mark.parametrize("values", [{"games": 3}, {"games": 0}, {"opening_moves": 21}])
def test_conditions_out_of_range_are_refused(values):
    with pytest.raises(InvalidInput):
        Conditions(**values)


def test_a_record_that_is_none_is_refused(tmp_path):
    path = tmp_path / "games.jsonl"
    path.write_text(json.dumps({"number": 1}) + "\n", "utf-8")
    with pytest.raises(InvalidInput, match="line 1 is no game"):
        read_played(path)


def test_a_program_that_does_not_play_this_size_is_named(tmp_path):
    body = "print('? unacceptable size\\n' if words[0] == 'boardsize' else '= x\\n')"
    second = GtpPlayer(shlex.join(program(tmp_path, body)), 1)
    try:
        with pytest.raises(ModelUnavailable, match=r"cannot take up a game on 5×5.*unacceptable"):
            list(play_match(searcher(4, "a", 1), second, FIVE, 1, Event()))
    finally:
        second.close()


def test_a_program_that_cannot_start_is_named():
    with pytest.raises(ModelUnavailable, match="cannot be started"):
        GtpPlayer("no-such-engine", 2)
