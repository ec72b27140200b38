import numpy as np
import pytest
import torch

from engine.errors import InvalidInput
from engine.go import replay
from engine.go.architecture import Architecture
from engine.go.checkpoint import Checkpoint
from engine.go.learning_params import TrainingParams
from engine.go.replay import Position, Sampler, one_game
from engine.go.runtime import OnnxEvaluator
from engine.go.training import Trainer
from tests.engine.go.learning import TINY, random_games

SMALL = TrainingParams(batch=16, warm_up=2, steps=40, averaging=0.9)


@pytest.fixture(scope="module")
def games():
    return Sampler(random_games(5, 6, moves=20), value_mix=0.5)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_training_overfits_a_few_positions():
    # one game of four moves, its result and its owners: all of it can be learnt by heart
    game = one_game([Position(m, ((m, 1.0),), 1.0, 1.0) for m in (12, 6, 18, 3)], komi=0.5,
                    score=24.5, owner=np.ones(25, np.int8))
    trainer = Trainer(TINY, TrainingParams(batch=32, learning_rate=0.004, warm_up=10, steps=150,
                                           averaging=0.9), seed=1)
    sampler = Sampler(game)
    for _ in range(150):
        last = trainer.learn(sampler)
    # of 26 moves, ln 26 = 3.26; symmetry leaves (ln 4 + ln 2) / 4 = 0.52 that nobody can learn
    assert last.policy < 0.9
    assert last.agreement > 0.5
    assert last.outcome < 0.05
    assert last.owner < 0.05
    assert last.score < 3.0


def test_a_killed_run_goes_on_bit_for_bit(tmp_path, games):
    straight = Trainer(TINY, SMALL, seed=3)
    expected = [straight.learn(games) for _ in range(12)]
    first = Trainer(TINY, SMALL, seed=3)
    for _ in range(5):
        first.learn(games)
    first.save(tmp_path / "state.safetensors", {"games": {"a": 6}})
    resumed, facts = Trainer.load(tmp_path / "state.safetensors")
    assert facts == {"games": {"a": 6}}
    assert resumed.step == 5
    assert [resumed.learn(games) for _ in range(7)] == expected[5:]
    for name, value in straight.weights().items():
        np.testing.assert_array_equal(resumed.weights()[name], value)


def test_a_fresh_state_goes_on_too(tmp_path, games):
    straight = Trainer(TINY, SMALL, seed=3)
    straight.save(tmp_path / "s.safetensors", {})
    resumed, _ = Trainer.load(tmp_path / "s.safetensors")
    assert resumed.learn(games) == straight.learn(games)


def test_seeds_differ_and_repeat(games):
    def run(seed):
        trainer = Trainer(TINY, SMALL, seed)
        return [trainer.learn(games).total for _ in range(3)]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_what_is_judged_and_played_is_the_average(games):
    trainer = Trainer(TINY, SMALL, seed=1)
    for _ in range(10):
        trainer.learn(games)
    raw = trainer.network.weights()
    judged = trainer.judge(games, 64)
    assert trainer.network.weights().keys() == raw.keys()
    for name, value in raw.items():  # judging leaves no trace
        np.testing.assert_array_equal(trainer.network.weights()[name], value)
    average = Trainer(TINY, SMALL, seed=9)
    average.begin_from(Checkpoint(TINY, trainer.weights()))
    assert average.judge(games, 64) == judged
    assert any((raw[n] != v).any() for n, v in trainer.weights().items())


def test_losses_are_what_the_formulas_say(games):
    trainer = Trainer(TINY, SMALL, seed=1)
    batch = games.draw(16, np.random.default_rng(0))
    batch = batch._replace(policy_weight=np.linspace(0, 1, 16, dtype=np.float32))
    out = OnnxEvaluator(Checkpoint(TINY, trainer.network.weights()),
                        precision="float32").evaluate(batch.planes)
    losses = trainer.fit(batch)
    logits = out.policy_logits - out.policy_logits.max(1, keepdims=True)
    log_policy = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    policy = -(batch.policy * log_policy).sum(1)
    assert losses.policy == pytest.approx(np.average(policy, weights=batch.policy_weight), rel=1e-4)
    outcome = -(batch.outcome * np.log(out.win_draw_loss)).sum(1)
    assert losses.outcome == pytest.approx(outcome.mean(), rel=1e-4)
    assert losses.score == pytest.approx(np.abs(out.score - batch.score).mean(), rel=1e-4)
    own = (1 + out.ownership) / 2
    want = (1 + batch.owner) / 2
    owner = -(want * np.log(own) + (1 - want) * np.log(1 - own)).mean()
    assert losses.owner == pytest.approx(owner, rel=1e-3)


def test_the_rate_warms_up_and_falls():
    trainer = Trainer(TINY, TrainingParams(learning_rate=0.01, warm_up=9, steps=100,
                                           lowest_rate=0.1), seed=1)
    rates = []
    for trainer.step in range(120):
        rates.append(trainer.rate())
    assert rates[0] == pytest.approx(0.001, rel=0.01)
    assert rates[50] == pytest.approx(0.0055, rel=0.01)  # half way down the cosine
    assert rates[100] == rates[119] == pytest.approx(0.001)
    assert max(rates) < 0.01


def test_another_file_is_no_state(tmp_path):
    path = tmp_path / "state.safetensors"
    path.write_bytes(b"no state at all")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Trainer.load(path)


def test_a_state_of_other_shapes_is_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    path = tmp_path / "state.safetensors"
    trainer = Trainer(TINY, SMALL, seed=1)
    trainer.save(path, {})
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        header = file.metadata()
    header["architecture"] = '{"blocks": 3, "channels": 24}'
    save_file(load_file(path), path, header)
    with pytest.raises(InvalidInput, match="cannot be read"):
        Trainer.load(path)


def test_two_sizes_train_one_network():
    trainer = Trainer(Architecture(2, 8), SMALL, seed=1)
    for size in (5, 7):
        trainer.learn(Sampler(random_games(size, 2, moves=12)))
    assert trainer.step == 2
    assert replay.size_of(random_games(7, 1)) == 7
