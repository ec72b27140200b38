from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.drivers import ABSENT, IDLE, MOVING, PICKUP, Fleet, roads
from engine.dispatch.streams import keys
from engine.dispatch.zones import HOURLY
from tests.engine.dispatch.towns import SMALL, town, world

NODES = len(town().network.x)


def fleet(**changes: object) -> Fleet:
    return Fleet(town().network, SMALL.with_changes(**{"drivers": 4000, "shift_h": 8.0} | changes),
                 3, np.ones(NODES))


def test_shifts_follow_demand_and_last_as_long_as_said() -> None:
    f = fleet()
    length = f.shift_end_s - f.shift_begin_s
    assert length.mean() == pytest.approx(8 * 3600.0, rel=0.01)
    out = np.array([f.on_duty(h * 3600.0, SMALL).sum() for h in range(24)])
    # every hour of a shift is counted once a driver
    assert out.sum() == pytest.approx(4000 * 8.0, rel=0.03)
    assert np.corrcoef(out, HOURLY["weekday"])[0, 1] > 0.6
    assert out[4] < out[18]


def test_a_shift_over_midnight_goes_on_the_next_day() -> None:
    f = fleet()
    late = np.flatnonzero((f.shift_begin_s < 22 * 3600.0) & (f.shift_end_s > 26 * 3600.0))
    assert len(late)
    for hour in (23.0, 24.5, 48.5):
        assert f.on_duty(hour * 3600.0, SMALL)[late].all()
    assert not f.on_duty(12 * 3600.0, SMALL)[late].any()


def test_fewer_come_out_when_told_so_and_the_same_ones() -> None:
    f = fleet()
    all_out = f.on_duty(18 * 3600.0, SMALL)
    half = f.on_duty(18 * 3600.0, SMALL.with_changes(out_percent=50.0))
    assert half.sum() == pytest.approx(0.5 * all_out.sum(), rel=0.1)
    assert not (half & ~all_out).any()


def test_who_is_under_way_ends_the_shift_when_done() -> None:
    f = fleet()
    f.attend(18 * 3600.0, SMALL)
    out = np.flatnonzero(f.state == IDLE)
    busy, moving, free = out[0], out[1], out[2]
    f.state[busy], f.state[moving] = PICKUP, MOVING
    closed = SMALL.with_changes(out_percent=0.0)
    _, gone = f.attend(18 * 3600.0 + 60.0, closed)
    assert busy not in gone
    assert {moving, free} <= set(gone.tolist())
    assert f.state[busy] == PICKUP
    assert (f.state[gone] == ABSENT).all()


def test_offers_are_taken_as_often_as_said_and_far_ones_less() -> None:
    f = fleet()
    rider = keys(9, 9, 4000)
    who = np.arange(4000, dtype=np.int32)

    def share(seconds: float, percent: float = 90.0) -> float:
        params = SMALL.with_changes(acceptance_percent=percent)
        return float(f.accepts(who, rider, np.full(4000, seconds, np.float32), params).mean())

    assert share(100.0) == pytest.approx(0.9, abs=0.02)
    assert share(240.0 + 900.0) == pytest.approx(0.9 / np.e, abs=0.03)
    assert share(5000.0, 100.0) == 1.0
    near = np.full(4000, 60.0, np.float32)
    first, again = (f.accepts(who, rider, near, SMALL) for _ in range(2))
    assert np.array_equal(first, again)


def test_ratings_are_stars_and_nobody_beats_the_clock() -> None:
    f = fleet()
    assert 1.0 <= f.rating.min() <= f.rating.max() <= 5.0
    assert 4.6 < f.rating.mean() < 4.9
    assert f.vehicles.pace.min() >= 1.0
    assert (f.vehicles.along_m == town().network.length_m[f.vehicles.arc]).all()


def test_a_long_route_widens_the_table() -> None:
    f = fleet(drivers=2)
    before = f.vehicles.route.shape[1]
    route = np.arange(before + 50, dtype=np.int32)
    f.send(1, route, MOVING, 5.0)
    assert f.vehicles.route[1, :len(route)].tolist() == route.tolist()
    assert f.vehicles.end.tolist() == [0, len(route)]
    assert f.since_s[1] == 5.0


def test_signals_stand_where_larger_streets_cross_and_repeat() -> None:
    one, two = roads(town().network, 5), roads(town().network, 5)
    assert np.array_equal(one.signal, two.signal)
    lit = one.signal >= 0.0
    assert 0 < lit.sum() < len(lit)
    assert one.signal.max() < 1.0
    # north–south is half a cycle behind east–west at the same corner
    node = one.head[np.flatnonzero(lit)[0]]
    phases = np.unique(np.round(one.signal[one.head == node], 5))
    assert len(phases) == 2
    assert phases[1] - phases[0] == pytest.approx(0.5, abs=1e-4)


def test_surge_calls_drivers_out_for_a_while() -> None:
    w = world(1, shift_h=4.0, driver_response=2.0)
    absent = int((w.fleet.state == ABSENT).sum())
    come = w.fleet.answer_surge(w.now_s, np.full(60, 3.0), w.params, 300.0, 600.0)
    assert 0 < len(come) <= absent
    w.fleet.attend(w.now_s, w.params)
    assert (w.fleet.state[come] == IDLE).all()
    w.fleet.attend(w.now_s + 601.0, w.params)
    assert (w.fleet.state[come] == ABSENT).any()
