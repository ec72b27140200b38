import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, ModelUnavailable
from engine.go import checkpoint, features, kernels
from engine.go.board import new_board
from engine.go.evaluator import UniformEvaluator
from engine.go.executors import InlineExecutor, LocalExecutor, open_executor
from engine.go.learning_params import SelfPlayParams
from engine.go.replay import Sampler, join, size_of
from engine.go.selfplay import Job, _Game, play_games, play_job, search_params
from tests.engine.go.boards import moves
from tests.engine.go.learning import random_checkpoint
from tests.waiting import until

ROOT = Path(__file__).parents[3]

QUICK = SelfPlayParams(size=5, komi=0.5, full_visits=12, fast_visits=4, at_once=3, opening=2.0)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("nets") / "a.safetensors"
    checkpoint.write(path, random_checkpoint())
    return path


@pytest.fixture(scope="module")
def harvest(network):
    return play_job(Job(network, QUICK, 5, seed=3, number=1))


def equal(a, b):
    for name, x, y in zip(a._fields, a, b, strict=True):
        np.testing.assert_array_equal(x, y, err_msg=name)


def test_every_game_is_legal_and_ended(harvest):
    games = harvest.games
    assert len(games.komi) == 5
    assert size_of(games) == 5
    for g in range(5):
        board = new_board(5, float(games.komi[g]), bool(games.suicide[g]))
        for move in games.move[games.start[g]:games.start[g + 1]]:
            assert not kernels.ended(board)
            assert kernels.is_legal(board, int(move))
            kernels.play(board, int(move))
        assert kernels.ended(board)
        assert games.owner[g].sum() - games.komi[g] == games.score[g]
    assert harvest.evaluations > 0
    assert harvest.simulations >= harvest.evaluations
    assert harvest.black_points == (games.score > 0).sum() + (games.score == 0).sum() / 2


def test_the_dead_are_off_the_board_when_a_game_is_counted():
    """White's stone in the corner counts 1 and makes B1 neutral, until it is taken off."""
    plain = QUICK.with_changes(komi_share=0.0)
    game = _Game(Job(Path("none"), plain, 1, seed=1, number=0), 0)
    moves(game.board, "A2", "A1", "B2", "pass", "C2", "pass", "D2", "pass", "E2", "pass", "C1",
          "pass", "pass")
    assert kernels.ended(game.board)
    assert kernels.area_score(game.board) == 21.5
    assert game.score == 24.5


def test_deep_searches_alone_teach_the_policy(harvest):
    games = harvest.games
    taught = np.flatnonzero(games.policy_weight)
    assert 0 < len(taught) < len(games.move)
    sums = np.add.reduceat(games.target_share, games.target_start[taught])
    np.testing.assert_allclose(sums, 1.0, rtol=1e-5)
    assert np.isfinite(games.search_value[taught]).all()
    assert np.isnan(games.search_value[games.policy_weight == 0]).all()
    assert len(Sampler(games)) >= len(taught)


def test_the_same_job_plays_the_same_games(network, harvest):
    equal(play_job(Job(network, QUICK, 5, seed=3, number=1)).games, harvest.games)


@pytest.mark.parametrize("change", [{"seed": 4}, {"number": 2}])
def test_other_jobs_play_other_games(network, harvest, change):
    other = play_job(Job(network, QUICK, 5, **{"seed": 3, "number": 1, **change})).games
    assert not np.array_equal(other.move[:60], harvest.games.move[:60])


def test_processes_play_what_one_process_plays(network):
    jobs = [Job(network, QUICK, 2, seed=3, number=n) for n in range(3)]
    alone = join(h.games for h in InlineExecutor().run(play_job, jobs))
    workers = LocalExecutor(2)
    try:
        together = join(h.games for h in workers.run(play_job, jobs))
    finally:
        workers.close()
    equal(alone, together)


def test_what_a_job_raises_reaches_the_caller(tmp_path):
    workers = LocalExecutor(2)
    try:
        with pytest.raises(ModelUnavailable, match=r"gone.safetensors cannot be read"):
            list(workers.run(play_job, [Job(tmp_path / "gone.safetensors", QUICK, 1, 1, 1)]))
    finally:
        workers.close()


KILLED = """
import os, signal, sys
from engine.go.executors import LocalExecutor
if __name__ == "__main__":
    workers = LocalExecutor(2)
    print(*workers.run(pid_of, range(2)), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_worker_outlives_a_killed_parent(tmp_path):
    (tmp_path / "worker.py").write_text("import os\ndef pid_of(job): return os.getpid()\n", "utf-8")
    (tmp_path / "parent.py").write_text("from worker import pid_of\n" + KILLED, "utf-8")
    done = subprocess.run([sys.executable, "parent.py"], cwd=tmp_path, capture_output=True,
                          text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == -signal.SIGKILL
    workers = [int(n) for n in done.stdout.split()]
    assert len(workers) == 2, done.stderr
    until(lambda: not any(alive(n) for n in workers))


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def test_gumbel_roots_play_too(network):
    params = QUICK.with_changes(gumbel=4, full_share=1.0)
    games = play_job(Job(network, params, 2, seed=1, number=1)).games
    taught = np.flatnonzero(games.policy_weight)
    assert len(taught)
    sums = np.add.reduceat(games.target_share, games.target_start[taught])
    np.testing.assert_allclose(sums, 1.0, rtol=1e-5)


def test_komi_and_suicide_are_varied(network):
    params = QUICK.with_changes(komi_share=1.0, suicide_share=1.0)
    games = play_job(Job(network, params, 4, seed=1, number=1)).games
    assert games.suicide.all()
    assert len(set(games.komi.tolist())) > 1
    assert (games.komi * 2 == np.round(games.komi * 2)).all()


class WhiteWins(UniformEvaluator):
    """Whoever gets the komi wins, it says."""

    def evaluate(self, planes):
        said = super().evaluate(planes)
        white = planes[:, features.KOMI, 0, 0] > 0
        return said._replace(win_draw_loss=np.where(white[:, None], (0.99, 0, 0.01),
                                                    (0.01, 0, 0.99)).astype(np.float32))


def test_decided_games_are_played_out_cheaply(network):
    params = QUICK.with_changes(decided=0.05, komi_share=0.0)
    cheap, dear = (
        play_games(WhiteWins(), Job(network, params.with_changes(undecided_share=s), 4, 1, 1))
        for s in (0.0, 1.0))
    tail = (cheap.games.value_weight > 0) & (cheap.games.policy_weight == 0)
    assert tail.any()
    assert not ((dear.games.value_weight > 0) & (dear.games.policy_weight == 0)).any()


def test_the_tree_has_room_for_the_deepest_search():
    params = search_params(QUICK.with_changes(full_visits=500))
    assert params.visits == 500
    assert params.max_nodes >= 1000


def test_a_job_without_games_is_refused(network):
    with pytest.raises(InvalidInput, match="0 games"):
        Job(network, QUICK, 0, 1, 1)


@pytest.mark.parametrize(("kind", "actors"), [("local", 0), ("grid", 1)])
def test_an_unknown_executor_is_refused(kind, actors):
    with pytest.raises(InvalidInput):
        open_executor(kind, actors)


def test_one_actor_needs_no_process():
    assert isinstance(open_executor("local", 1), InlineExecutor)
