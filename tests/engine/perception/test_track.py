from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.bev import Objects, nothing
from engine.perception.track import CONFIRM, LOSE, Tracker

STILL = (0.0, 0.0, 0.0)


def seen(places: list[tuple[float, float]], kinds: list[int] | None = None,
         sigma: float = 0.3) -> Objects:
    n = len(places)
    return Objects(
        np.array([[x, y, 0.8] for x, y in places]).reshape(n, 3),
        np.tile(np.eye(2) * sigma**2, (n, 1, 1)), np.zeros(n),
        np.tile([4.5, 1.8, 1.5], (n, 1)), np.array(kinds or [0] * n), np.full(n, 0.8),
        np.zeros(n, np.int64), np.ones(n, np.int64))


def test_a_steady_car_is_followed_with_its_speed() -> None:
    rng = np.random.default_rng(2)
    tracker = Tracker()
    for k in range(40):
        x = 5.0 + 8.0 * 0.1 * k
        tracks = tracker.step(seen([(x + rng.normal(0, 0.2), rng.normal(0, 0.2))]), STILL, 0.1)
    assert len(tracks) == 1
    assert tracks[0].state[:2] == pytest.approx([5.0 + 8.0 * 3.9, 0.0], abs=0.3)
    assert tracks[0].state[2:] == pytest.approx([8.0, 0.0], abs=0.8)
    assert np.diff(tracks[0].past[:, 0]) == pytest.approx([0.8] * 9, abs=0.25)


def test_the_cars_own_motion_is_taken_out() -> None:
    # a parked car at (20, 5) of the world, seen from a car that drives a left-hand bend
    tracker = Tracker()
    x = y = yaw = 0.0
    for k in range(50):
        moved = STILL if k == 0 else (1.0, 0.0, 0.02)
        if k:
            x, y = x + np.cos(yaw), y + np.sin(yaw)
            yaw += 0.02
        away = np.array([20.0 - x, 5.0 - y])
        c, s = np.cos(yaw), np.sin(yaw)
        place = (float(c * away[0] + s * away[1]), float(-s * away[0] + c * away[1]))
        tracks = tracker.step(seen([place], sigma=0.1), moved, 0.1)
        assert tracker.tracks[0].state[:2] == pytest.approx(place, abs=0.15)
    assert len(tracks) == 1
    assert np.linalg.norm(tracks[0].state[2:]) < 0.3


def test_crossing_cars_keep_their_numbers() -> None:
    tracker = Tracker()
    for k in range(30):
        t = 0.1 * k
        tracks = tracker.step(seen([(10 + 10 * t, 1.2), (40 - 10 * t, -1.2)], sigma=0.15), STILL,
                              0.1)
    assert [t.number for t in tracks] == [1, 2]
    assert tracks[0].state[0] == pytest.approx(39.0, abs=0.3)
    assert tracks[1].state[0] == pytest.approx(11.0, abs=0.3)


def test_births_wait_and_deaths_wait() -> None:
    tracker = Tracker()
    for k in range(CONFIRM):
        tracks = tracker.step(seen([(10.0, 0.0)]), STILL, 0.1)
        assert len(tracks) == (1 if k == CONFIRM - 1 else 0)
    for k in range(LOSE + 1):
        tracks = tracker.step(nothing(), STILL, 0.1)
        assert len(tracks) == (1 if k < LOSE else 0)
    assert tracker.tracks == []


def test_what_is_far_or_of_another_kind_is_another_track() -> None:
    tracker = Tracker()
    tracker.step(seen([(10.0, 0.0)]), STILL, 0.1)
    tracker.step(seen([(10.0, 0.0), (30.0, 0.0)], [6, 0]), STILL, 0.1)
    assert sorted(t.number for t in tracker.tracks) == [1, 2, 3]
    assert [t.sightings for t in tracker.tracks] == [1, 1, 1]


def test_the_covariance_stays_symmetric_and_positive() -> None:
    tracker = Tracker()
    for k in range(60):
        tracker.step(seen([(10.0 + k, 0.0)]) if k % 3 else nothing(), (0.5, 0.0, 0.05), 0.1)
        for track in tracker.tracks:
            assert np.allclose(track.covariance, track.covariance.T)
            assert np.linalg.eigvalsh(track.covariance).min() > 0


def test_the_error_of_a_distance_is_no_speed_across_the_road() -> None:
    # a car parked along the road, seen from the side: its distance jitters across its heading
    rng = np.random.default_rng(7)
    tracker = Tracker()
    for _ in range(30):
        place = np.array([[4.0, 6.0 + rng.normal(0, 0.7), 0.8]])
        covariance = np.diag([0.3, 0.7])[None] ** 2
        tracks = tracker.step(seen([(4.0, 0.0)])._replace(place=place, covariance=covariance),
                              STILL, 0.1)
        assert not any(t.moves for t in tracks)
    assert abs(tracks[0].state[3]) < 0.8


@pytest.mark.parametrize(("kind", "speed"), [(0, 8.0), (2, 4.0), (3, 1.6)])
def test_what_moves_is_soon_said_to_move(kind: int, speed: float) -> None:
    tracker = Tracker()
    for k in range(12):
        tracks = tracker.step(seen([(10.0 + 0.1 * k * speed, 2.0)], [kind], 0.2), STILL, 0.1)
    assert [t.moves for t in tracks] == [True]
    assert tracks[0].state[2] == pytest.approx(speed, rel=0.25)


def test_one_wrong_reading_does_not_change_a_light() -> None:
    tracker = Tracker()
    for light in (1, 1, 1, 3, 1, 0):
        tracks = tracker.step(seen([(20.0, 3.0)], [5])._replace(light=np.array([light])), STILL,
                              0.1)
    assert tracks[0].light == 1
    for _ in range(2):
        tracks = tracker.step(seen([(20.0, 3.0)], [5])._replace(light=np.array([3])), STILL, 0.1)
    assert tracks[0].light == 3


@pytest.mark.parametrize(("moved", "dt"), [(STILL, 0.0), ((np.nan, 0.0, 0.0), 0.1)])
def test_impossible_motion_is_refused(moved: tuple[float, float, float], dt: float) -> None:
    with pytest.raises(InvalidInput, match="finite"):
        Tracker().step(nothing(), moved, dt)
