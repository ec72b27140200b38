from threading import Event

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.go import checkpoint, journal, supervised
from engine.go.learning_params import TrainingParams
from engine.go.replay import write_games
from engine.go.runtime import OnnxEvaluator
from tests.engine.go.learning import TINY, random_checkpoint, random_games, random_planes

SMALL = TrainingParams(batch=16, warm_up=2, steps=60, averaging=0.9)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def games(tmp_path):
    write_games(tmp_path / "library" / "games-00000.npz", random_games(5, 4, moves=15))
    return [tmp_path / "library"]


class After(Event):
    """Set once it has been asked so many times: a stop in the middle of a run."""

    def __init__(self, times):
        super().__init__()
        self.left = times

    def is_set(self):
        self.left -= 1
        return self.left < 0


def test_a_stopped_run_ends_like_one_that_was_not(tmp_path, games):
    straight, broken = tmp_path / "a", tmp_path / "b"
    supervised.train(straight, games, TINY, SMALL, 5, Event())
    supervised.train(broken, games, TINY, SMALL, 5, After(23))
    assert journal.state(broken)["phase"] == "supervised"
    write_games(games[0] / "games-00001.npz", random_games(5, 2, seed=9))  # seen from step 500 on
    supervised.train(broken, games, TINY, SMALL, 5, Event())
    a, b = (checkpoint.read(f / "latest.safetensors") for f in (straight, broken))
    for name, value in a.weights.items():
        np.testing.assert_array_equal(b.weights[name], value)
    assert b.card["steps"] == 60


def test_what_it_leaves_can_play(tmp_path, games):
    facts = supervised.train(tmp_path / "run", games, TINY, SMALL, 5, Event(), steps=52)
    net = checkpoint.read(tmp_path / "run" / "latest.safetensors")
    assert set(net.ranges) == set(TINY.places())
    assert OnnxEvaluator(net).evaluate(random_planes(5, 2)).policy_logits.shape == (2, 26)
    assert facts["step"] == 50  # the last report
    assert facts["network"] == str(tmp_path / "run" / "latest.safetensors")
    entries, _ = journal.read(tmp_path / "run", 0)
    assert entries[0].step == 50
    assert {"loss.policy", "loss.outcome", "loss.score", "loss.owner", "train.samples_per_s",
            "train.learning_rate"} <= set(entries[0].values)
    assert journal.running(tmp_path / "run") is None


def test_it_begins_from_a_network_of_another_board(tmp_path, games):
    start = tmp_path / "start.safetensors"
    net = random_checkpoint()
    checkpoint.write(start, net)
    supervised.train(tmp_path / "run", games, TINY, SMALL, 5, Event(), steps=0, start=start)
    begun = checkpoint.read(tmp_path / "run" / "latest.safetensors")
    for name, value in net.weights.items():
        np.testing.assert_array_equal(begun.weights[name], value)


def test_no_games_are_said(tmp_path):
    with pytest.raises(InvalidInput, match="There are no games"):
        supervised.train(tmp_path / "run", [tmp_path], TINY, SMALL, 5, Event())
