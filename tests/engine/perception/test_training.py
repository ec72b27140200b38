from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import InvalidInput, ModelUnavailable
from engine.perception.dataset import Dataset
from engine.perception.decode import RawDetection, decode
from engine.perception.metrics import Scored, average_precision
from engine.perception.train_params import TrainingParams, learning_rate
from engine.perception.training import Trainer
from tests.engine.perception.pictures import hand_made

SMALL = (64, 96)
SHORT = TrainingParams(size="tiny", steps=6, batch=3, warm_up=2, rate=0.005)


def trainer(params: TrainingParams = SHORT, seed: int = 4) -> Trainer:
    return Trainer(Dataset([hand_made(7, size=SMALL)], 2), params, seed)


def test_a_resumed_run_ends_with_the_bits_of_one_that_was_not_killed(tmp_path: Path) -> None:
    whole = trainer()
    facts = [whole.step() for _ in range(6)]
    first = trainer()
    for _ in range(3):
        first.step()
    first.save(tmp_path / "state.safetensors")
    second = trainer()
    second.resume(tmp_path / "state.safetensors")
    assert second.step_count == 3
    for k in range(3, 6):
        again = second.step()
        assert again["loss.total"] == facts[k]["loss.total"]
    for ours, theirs in ((second.network, whole.network), (second.average, whole.average)):
        for name, tensor in ours.state_dict().items():
            assert torch.equal(tensor, theirs.state_dict()[name]), name


def test_a_state_of_another_run_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "state.safetensors"
    with pytest.raises(ModelUnavailable):
        trainer().resume(place)
    trainer().save(place)
    with pytest.raises(InvalidInput, match="seed"):
        trainer(seed=5).resume(place)
    with pytest.raises(InvalidInput, match="params"):
        trainer(SHORT.with_changes(batch=2)).resume(place)


def test_eight_pictures_are_learnt_by_heart() -> None:
    shard = hand_made(8, size=SMALL)
    data = Dataset([shard], 1, augment=False)
    params = TrainingParams(size="tiny", steps=110, batch=8, rate=0.02, warm_up=5, average=0.9,
                            decay=0.0, weighting="fixed")
    run = Trainer(data, params, 1)
    for _ in range(params.steps):
        run.step()
    batch = data.batch(range(8))
    with torch.inference_mode():
        out = run.average(batch.images, batch.planes).detection
    pictures = []
    for k in range(8):
        raw = RawDetection(*(t[k].numpy() for t in out))
        found, truth = decode(raw, data.points.numpy(), *SMALL, 0.01), shard.boxes_of(k)
        pictures.append(Scored(found.boxes, found.scores, found.classes, truth["box"],
                               truth["kind"], truth["pixels"]))
    assert np.mean([average_precision(pictures, k, 0.5) for k in range(7)]) > 0.99


def test_the_rate_rises_and_falls() -> None:
    params = TrainingParams(steps=100, warm_up=10, rate=0.01)
    rates = [learning_rate(params, k) for k in range(101)]
    assert rates[0] == pytest.approx(0.001)
    assert max(rates) == pytest.approx(0.01)
    assert rates[9:] == sorted(rates[9:], reverse=True)
    assert rates[100] == pytest.approx(0.0)


def test_the_order_shows_each_picture_once_an_epoch() -> None:
    data = Dataset([hand_made(5, size=SMALL), hand_made(4, 1, size=SMALL)], 2)
    assert len(data) == 9
    seen = np.concatenate([data.rows(k, 3) for k in range(3)])
    assert sorted(seen) == list(range(9))
    assert not np.array_equal(seen, np.concatenate([data.rows(k, 3) for k in range(3, 6)]))


def test_a_diverging_run_says_so() -> None:
    run = trainer(SHORT.with_changes(rate=0.1))
    with torch.no_grad():
        run.network.stem[0][0].weight.fill_(float("nan"))
    with pytest.raises(InvalidInput, match="learning rate"):
        run.step()
