from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.perception import collect, rounds, triggers
from engine.perception.cache import open_shard
from engine.perception.cli_fleet import PRODUCTION
from engine.perception.clips import ClipStore
from engine.perception.collect import Collected, CollectParams, drive_vehicle, task_of
from engine.perception.dataset import Dataset
from engine.perception.ood import STATISTICS, Familiar
from engine.perception.runtime import load_runtime
from engine.perception.sensing import NOTHING
from engine.perception.triggers import TRIGGERS, Fitted

PARAMS = CollectParams(vehicles=1, seconds=2.0, fault_percent=100.0)
EAGER = Fitted(dict.fromkeys(TRIGGERS, -99.0), dict.fromkeys(TRIGGERS, 1.0),
               Familiar(np.random.default_rng(0).normal(size=(20, len(STATISTICS)))), None,
               {})
"""Triggers that fire at once."""


@pytest.fixture(scope="module")
def back() -> Collected:
    network = load_runtime(PRODUCTION)
    return drive_vehicle(task_of("held-out", PARAMS, 0, EAGER), (network, network))


def test_a_vehicle_brings_clips_with_labels_back(back: Collected, tmp_path: Path) -> None:
    assert {c.trigger for c in back.clips} == set(TRIGGERS)
    assert back.fault is not None
    assert back.record.truth["out of distribution"].all()
    assert len(back.record.time) == len(back.known) == back.row["looks"] == 10
    # two networks that are one never disagree
    assert back.record.apart == (None,) * 10
    assert back.record.scores["disagreement"].max() == NOTHING
    assert [f["time_s"] for f in back.row["fired"]] == [0.0] * len(TRIGGERS)
    store = ClipStore(tmp_path)
    assert all(store.add(c) for c in back.clips)
    clip = back.clips[0]
    assert len(clip.images) == 1 + collect.AFTER  # nothing lies before the first moment
    assert len(clip.labels) == 2 * len(clip.images)
    assert np.array_equal(clip.labels[0].image, clip.images[0][0])


def test_clips_become_a_shard_that_training_reads(back: Collected, tmp_path: Path) -> None:
    store = ClipStore(tmp_path / "clips")
    store.add(back.clips[0])
    count = rounds.write_shard(store, tmp_path / "learn" / "shard-90000")
    shard = open_shard(tmp_path / "learn" / "shard-90000")
    assert count == len(shard.images) == 6
    assert sorted(set(shard.view.tolist())) == [0, 2]
    assert shard.first[-1] == len(shard.boxes) == sum(len(v.boxes) for v in back.clips[0].labels)
    batch = Dataset([shard], 1).batch([0, 3])
    assert tuple(batch.images.shape) == (2, 3, 192, 320)
    assert rounds.write_shard(store, tmp_path / "learn" / "shard-90000") == count


def test_a_collection_goes_on_where_it_stopped(tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "triggers.json"
    triggers.save(EAGER, place)
    monkeypatch.setattr(triggers.load, "__defaults__", (place,))
    facts = collect.run(tmp_path / "run", PARAMS, PRODUCTION, PRODUCTION)
    assert facts["vehicles"] == 1
    assert facts["clips"] == facts["kept"] == len(TRIGGERS)
    assert facts["bytes"] <= facts["quota"]
    assert facts["triggers"]["out of distribution"]["f1"] == 1.0
    again = collect.run(tmp_path / "run", PARAMS, PRODUCTION, PRODUCTION)
    assert {**again, "vehicles_a_minute": 0} == {**facts, "vehicles_a_minute": 0}


def test_triggers_are_fitted_to_what_came_back(back: Collected) -> None:
    got = collect.fitted_to([back], EAGER.familiar, {"split": "val"})
    assert set(got.thresholds) == set(TRIGGERS)
    assert got.facts["fit"]["triggers"]["out of distribution"]["f1"] == 1.0
    assert collect.smoothed(np.array([1.0, 9.0, 2.0, 3.0])).tolist() == [2.5] * 4
