from __future__ import annotations

import numpy as np
import pytest

from engine.perception.autolabel import label_drive
from engine.perception.bev import Objects
from engine.perception.cli_fleet import PRODUCTION
from engine.perception.fleet import job_of
from engine.perception.label_errors import Everyone, Task, drive_vehicle, matched, summary
from engine.perception.pipeline import Motion
from engine.perception.runtime import load_runtime

LOOKS, STEP_S, SPEED = 30, 0.2, 8.0


def seen(places: np.ndarray, spread: float) -> Objects:
    n = len(places)
    return Objects(np.column_stack([places, np.full(n, 0.8)]),
                   np.tile(np.eye(2) * spread**2, (n, 1, 1)), np.zeros(n),
                   np.tile([4.5, 1.8, 1.5], (n, 1)), np.zeros(n, np.int64), np.full(n, 0.8),
                   np.zeros(n, np.int64), np.ones(n, np.int64))


def drive(rng: np.random.Generator) -> tuple[list[Objects], list[Motion], np.ndarray]:
    """A straight drive past a parked car, behind one that moves; truth float64 [T, 2, 2]."""
    t = STEP_S * np.arange(LOOKS)
    parked = np.stack([45.0 - SPEED * t, np.full(LOOKS, -4.0)], axis=1)
    leader = np.stack([12.0 + 1.5 * t, np.zeros(LOOKS)], axis=1)
    truth = np.stack([parked, leader], axis=1)
    objects = [seen(p + rng.normal(0.0, 0.7, p.shape), 0.7) for p in truth]
    return objects, [Motion(SPEED * STEP_S, 0.0, 0.0, STEP_S)] * LOOKS, truth


def test_the_future_labels_the_past() -> None:
    objects, motions, truth = drive(np.random.default_rng(3))
    labels = label_drive(objects, motions)
    assert [len(q.thing) for q in labels] == [2] * LOOKS
    error = np.array([np.linalg.norm(q.place - t, axis=1) for q, t in zip(labels, truth,
                                                                       strict=True)])
    raw = np.array([np.linalg.norm(o.place[:, :2] - t, axis=1) for o, t in zip(objects, truth,
                                                                            strict=True)])
    # thirty sightings of one place, and a smooth path
    assert error[:, 0].mean() < 0.35 * raw[:, 0].mean()
    assert error[:, 1].mean() < 0.65 * raw[:, 1].mean()
    assert np.abs(labels[5].velocity[0]).max() == 0.0
    assert labels[15].velocity[1] == pytest.approx([SPEED + 1.5, 0.0], abs=0.6)


def test_one_wild_sighting_does_little() -> None:
    objects, motions, truth = drive(np.random.default_rng(3))
    objects[10].place[0, :2] += (1.9, 0.0)
    labels = label_drive(objects, motions)
    assert np.linalg.norm(labels[10].place[0] - truth[10, 0]) < 0.4


def test_a_turning_car_sees_what_stands_in_one_place() -> None:
    turn = 0.05
    place, yaw, objects = np.zeros(2), 0.0, []
    for _ in range(12):
        c, s = np.cos(yaw), np.sin(yaw)
        objects.append(seen((np.array([[20.0, 5.0]]) - place) @ np.array([[c, -s], [s, c]]), 0.3))
        place = place + np.array([c, s])
        yaw += turn
    labels = label_drive(objects, [Motion(1.0, 0.0, turn, STEP_S)] * 12)
    for q, o in zip(labels, objects, strict=True):
        assert q.place[0] == pytest.approx(o.place[0, :2], abs=1e-6)


def test_too_few_sightings_and_none_label_nothing() -> None:
    objects, motions, _ = drive(np.random.default_rng(3))
    empty = seen(np.zeros((0, 2)), 0.5)
    assert all(len(q.thing) == 0 for q in label_drive([*objects[:2], empty, empty], motions[:4]))
    assert label_drive([], []) == []


def test_a_drive_is_labelled_and_measured() -> None:
    row = drive_vehicle(Task(job_of("held-out", 70, 3), 2.0), [load_runtime(PRODUCTION)] * 2)
    assert row["both"] > 0
    assert row["offline_found"] >= row["online_found"]
    there = Everyone(np.array([7, 8]), np.array([[10.0, 0.0], [30.0, 3.0]]), np.array([0, 3]))
    assert matched(np.array([[11.0, 0.0], [30.0, 3.0]]), np.array([0, 0]), there) == {7: 1.0}
    assert matched(np.zeros((0, 2)), np.zeros(0, np.int64), there) == {}
    half = {**row, "online_error_m": 4.0 * row["both"], "offline_error_m": 1.0 * row["both"]}
    assert summary([half])["change_percent"] == -75.0
    assert summary([half])["interval"] == [-75.0, -75.0]
    assert summary([]) == {"vehicles": 0, "pairs": 0}
