"""Games of a network against GNU Go, to learn from."""

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.go import kernels
from engine.go.board import new_board
from engine.go.evaluator import UniformEvaluator
from engine.go.opponent import Opponent
from engine.go.replay import Sampler, read_games
from engine.go.sparring import JOB, Sparring, count, play_game, spar
from engine.go.teacher import SPARRER, Curriculum, abilities

QUICK = Sparring(Curriculum(size=5, komi=0.5, levels=((1, 1.0),), opening_moves=1), visits=8)


@pytest.fixture
def engine(gnugo):
    with Opponent(SPARRER) as running:
        yield running


def one(engine, number, able=None):
    able = abilities(engine) if able is None else able
    return play_game(engine, UniformEvaluator(), QUICK, np.random.default_rng(5), number, able)


@pytest.mark.parametrize("number", [0, 1])
def test_a_game_is_legal_and_counted_as_the_teacher_counts(engine, number):
    games = one(engine, number)
    board = new_board(5, 0.5)
    for move in games.move:
        assert kernels.is_legal(board, int(move))
        kernels.play(board, int(move))
    assert kernels.ended(board)
    assert games.score[0] == engine.final_score()
    assert games.owner[0].sum() - 0.5 == games.score[0]


def test_the_search_teaches_one_side_and_the_teacher_the_other(engine):
    """Opening moves teach no policy; the network's have many targets, the teacher's one."""
    games = one(engine, 0)
    targets = np.diff(games.target_start)
    opening = int((targets == 0).sum())
    assert opening <= 1
    assert (games.policy_weight[:opening] == 0).all()
    mine = np.arange(opening, len(games.move)) % 2 == 0
    assert (targets[opening:][~mine] == 1).all()
    assert (targets[opening:][mine] > 1).any()
    assert (games.policy_weight[opening:][mine] == 1).all()
    assert (games.policy_weight[opening:][~mine] == np.float32(0.3)).all()  # level 1
    assert np.isnan(games.search_value).all()  # the result alone is believed
    assert len(Sampler(games)) == len(games.move)


def test_an_engine_that_can_only_play_is_counted_by_area(engine):
    games = one(engine, 0, frozenset())
    board = new_board(5, 0.5)
    for move in games.move:
        kernels.play(board, int(move))
    assert games.score[0] == kernels.area_score(board)


def test_a_folder_is_filled_file_by_file_and_gone_on_with(engine, tmp_path):
    def fill(games):
        return list(spar(engine, UniformEvaluator(), QUICK, tmp_path, games, seed=2))

    assert count(tmp_path) == 0
    first, = fill(1)
    assert count(tmp_path) == JOB == len(first.komi)
    assert fill(JOB) == []
    second, = fill(JOB + 1)
    assert count(tmp_path) == 2 * JOB
    files = sorted(tmp_path.iterdir())
    np.testing.assert_array_equal(read_games(files[0]).move, first.move)
    np.testing.assert_array_equal(read_games(files[1]).move, second.move)


@pytest.mark.parametrize("change", [{"visits": 1}, {"visits": 10_001}, {"temperature": -0.1}])
def test_plans_out_of_range_are_refused(change):
    with pytest.raises(InvalidInput, match="choose"):
        Sparring(Curriculum(), **change)
