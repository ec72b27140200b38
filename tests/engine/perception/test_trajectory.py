import numpy as np
import pytest

from engine.perception import idm
from engine.perception.bodies import PEDESTRIAN
from engine.perception.scene import STEP_S, STEPS
from engine.perception.trajectory import (
    ACCEL,
    BRAKE,
    HEADWAY_S,
    JAM_M,
    LATERAL_ACCEL,
    NO_GATE,
    NOSE_M,
    lateral,
    obstacles,
    roll_out,
    speed_caps,
    start,
    to_plane,
)
from tests.engine.perception.plans import scene, track


def candidates(s, stop_at=NO_GATE, previous=0.0):
    return roll_out(s, obstacles(s), stop_at, previous)


def row(c, target, share):
    return int(np.flatnonzero((np.abs(c.target - target) < 1e-6) & (c.share == share))[0])


def test_a_quintic_starts_and_ends_as_it_should():
    s = np.linspace(0, 30, 601)
    d = lateral(s, np.full(601, 3.5), 0.4, 0.05, np.full(601, 25.0))
    rate = np.gradient(d, s)
    bend = np.gradient(rate, s)
    assert d[0] == pytest.approx(0.4)
    assert rate[0] == pytest.approx(0.05, abs=1e-3)
    assert d[s >= 25] == pytest.approx(3.5)
    assert abs(rate[-1]) < 1e-9
    assert abs(bend[2]) < 0.01


def test_the_start_is_where_the_car_is_beside_its_route():
    d, slope = start(scene(aside=0.7))
    assert (d, slope) == pytest.approx((0.7, 0.0))


def test_on_a_free_road_it_follows_idm_up_to_the_jerk():
    c = candidates(scene(speed=6.0))
    q = row(c, 0.0, 1.0)
    driver = idm.Driver(HEADWAY_S, JAM_M, ACCEL, BRAKE)
    k = 10
    expected = idm.acceleration(float(c.v[q, k]), 12.5, np.inf, 0.0, driver)
    assert c.a[q, k + 1] == pytest.approx(expected, rel=1e-6)
    assert (c.hit > STEPS).all()
    assert int(c.cost.argmin()) == q


def test_candidates_never_reverse_and_keep_time():
    c = candidates(scene(speed=8.0, tracks=[track(30, 0)]))
    assert (np.diff(c.s, axis=1) >= 0).all()
    assert c.s[:, 1] == pytest.approx(0.5 * (c.v[:, 0] + c.v[:, 1]) * STEP_S)


def test_it_stops_behind_what_stands_with_room_to_spare():
    s = scene(speed=10.0, tracks=[track(50.0, 0.0)])
    c = candidates(s)
    best = int(c.cost.argmin())
    assert c.hit[best] > STEPS
    assert c.s[best, -1] + NOSE_M < 50.0 - 2.3
    assert c.leader[row(c, 0.0, 1.0)] == 0


def test_it_stops_before_a_closed_line():
    c = candidates(scene(speed=10.0), stop_at=40.0)
    best = int(c.cost.argmin())
    assert (c.s[:, -1] + NOSE_M < 40.0).all()
    assert c.leader[best] == -2


def test_it_passes_what_stands_when_the_next_lane_is_free_and_waits_when_it_is_not():
    blocked = [track(32.0, 0.0)]
    free = candidates(scene(speed=8.0, tracks=blocked, offsets=(0.0, 3.5)))
    assert free.target[int(free.cost.argmin())] == 3.5
    rear = track(-6.0, 3.5, number=2, speed=12.0)
    shut = candidates(scene(speed=8.0, tracks=[*blocked, rear], offsets=(0.0, 3.5)))
    assert shut.target[int(shut.cost.argmin())] < 2.0


def test_a_collision_is_found_where_a_brute_force_finds_it():
    crossing = track(25.0, -8.0, yaw=np.pi / 2, speed=2.5, cls=PEDESTRIAN, length=0.5, width=0.5)
    s = scene(speed=10.0, tracks=[crossing])
    c = candidates(s)
    for q in range(0, len(c.target), 5):
        first = STEPS + 1
        for k in range(22):
            ego = [(c.x[q, k] + (1.42 + o) * np.cos(c.yaw[q, k]),
                    c.y[q, k] + (1.42 + o) * np.sin(c.yaw[q, k])) for o in (-1.45, 0.0, 1.45)]
            px, py = 25.0, -8.0 + 2.5 * STEP_S * k
            if min(np.hypot(px - x, py - y) for x, y in ego) < 0.92 + 0.12 + 0.25 + 0.35:
                first = k
                break
        assert c.hit[q] == first


def test_who_comes_from_behind_is_not_a_collision_of_who_keeps_the_lane():
    c = candidates(scene(speed=6.0, tracks=[track(-12.0, 0.0, speed=14.0)]))
    assert (c.hit[np.abs(c.target) < 0.1] > STEPS).all()


def test_bends_are_taken_at_what_the_tyres_like():
    caps = speed_caps(scene(bend=1 / 30.0))
    assert caps[10] == pytest.approx(np.sqrt(LATERAL_ACCEL * 30.0))
    c = candidates(scene(speed=8.0, bend=1 / 30.0, limit=13.0))
    best = int(c.cost.argmin())
    assert (c.v[best] ** 2 / 30.0).max() < 2.6


def test_the_end_of_the_route_is_a_stop():
    c = candidates(scene(speed=8.0, left=25.0))
    best = int(c.cost.argmin())
    assert c.v[best, -1] < 1.0
    assert c.s[best, -1] + NOSE_M < 25.0


def test_route_coordinates_become_points_beside_the_route():
    s = scene(bend=1 / 40.0)
    x, y, yaw = to_plane(s, np.array([[0.0, 20.0]]), np.array([[1.0, 1.0]]))
    a = 20.0 / 40.0
    assert (x[0, 0], y[0, 0]) == pytest.approx((0.0, 1.0), abs=0.02)
    assert (x[0, 1], y[0, 1]) == pytest.approx((39.0 * np.sin(a), 40 - 39.0 * np.cos(a)), abs=0.03)
    assert yaw[0, 1] == pytest.approx(a, abs=0.02)


def test_no_tracks_at_all_is_a_free_road():
    others = obstacles(scene())
    assert others.s.shape == (0, STEPS + 1)
    c = candidates(scene())
    assert np.isinf(c.ttc).all()
