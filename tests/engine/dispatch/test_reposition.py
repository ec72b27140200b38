from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.drivers import IDLE, MOVING
from engine.dispatch.params import DispatchParams
from engine.dispatch.reposition import HORIZON_MIN, wanted
from engine.dispatch.simulation import DispatchSimulation
from tests.engine.dispatch.towns import check_laws, world

SPARSE = DispatchParams(drivers=150, trips_per_day=8000, shift_h=24.0, start_h=17.0,
                        repositioning="min-cost flow", reposition_every_min=2.0)


def test_free_drivers_go_where_the_forecast_lacks_them() -> None:
    w = DispatchSimulation(SPARSE, 2)
    moved = False
    for _ in range(400):
        w.step()
        if (w.fleet.state == MOVING).any() and not moved:
            moved = True
            check_laws(w)
            assert w.repositioning.sent > 0
            assert w.repositioning.gap_s == 0.0
            assert (w.frame().state[:150] & 7 == MOVING).any()
    assert moved
    assert (w.repositioning.forecast() >= 0.0).all()


def test_none_means_none() -> None:
    w = world(1, driver_response=0.0)
    for _ in range(200):
        w.step()
    assert w.repositioning.sent == 0
    assert not (w.fleet.state == MOVING).any()


def test_shares_by_hand() -> None:
    """12 free drivers, nothing asked: rates 8, 1, 0 share by 4 : 1 : 0; the band begins at 0.6."""
    rate, nothing = np.array([8.0, 1.0, 0.0]), np.zeros(3)
    assert wanted(np.array([0, 0, 12]), nothing, rate) == pytest.approx([5.76, 1.44, 0.0])
    # 6 of 9.6 are within the band and stay; 6 of 2.4 are above it and give
    assert wanted(np.array([6, 6, 0]), nothing, rate) == pytest.approx([6.0, 2.4, 0.0])
    # three asked for in the third zone leave nine to share
    assert wanted(np.array([0, 0, 12]), np.array([0.0, 0.0, 3.0]), rate) == pytest.approx(
        [0.6 * 7.2, 0.6 * 1.8, 3.0])
    # who comes by himself is wanted there already
    assert wanted(np.array([9, 3, 0]), np.array([-4.0, 0.0, 0.0]), rate)[0] == pytest.approx(8.8)


def test_in_a_shortage_the_requests_alone_count() -> None:
    asked = np.array([5.0, 0.0, 2.0])
    assert wanted(np.array([1, 2, 0]), asked, np.ones(3)).tolist() == [5.0, 0.0, 2.0]
    assert wanted(np.zeros(3, np.int64), np.zeros(3), np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


def test_a_forecast_asks_for_no_more_than_there_are_requests_and_drivers() -> None:
    w = world(1, surge_smoothing_min=0.5)
    for _ in range(200):
        w.step()
    most = HORIZON_MIN * float(w.surge.demand.sum()) + np.count_nonzero(w.fleet.state == IDLE)
    assert 0.0 <= w.repositioning.forecast().sum() <= most


def test_no_free_driver_is_no_round() -> None:
    w = world(1, drivers=0, repositioning="min-cost flow", reposition_every_min=1.0)
    for _ in range(61):
        w.step()
    assert w.repositioning.sent == 0
    assert not np.any(w.fleet.state == IDLE)


def test_free_drivers_are_drawn_to_dearer_cells_and_to_no_others() -> None:
    w = world(3, trips_per_day=0, driver_response=1.0)
    dear = int(np.argmax(w.hexes.x))
    w.surge.shown[dear] = 2.0
    cell = w.hexes.cell[w.streets.roads.head[w.fleet.vehicles.arc]]
    two = w.hexes.highest_near(w.hexes.highest_near(w.surge.shown)) > 1.0
    near = np.flatnonzero(two[cell] & (cell != dear) & (w.fleet.state == IDLE))
    assert len(near)
    for _ in range(40):
        w.step_count += 1  # a draw belongs to driver and step
        w.repositioning.chase()
    gone = np.flatnonzero(w.fleet.state == MOVING)
    assert set(gone.tolist()) == set(near.tolist())
    v = w.fleet.vehicles
    goal = w.hexes.cell[w.streets.roads.head[v.route[gone, v.end[gone] - 1]]]
    assert (goal == dear).all()


def test_without_high_fares_or_response_nobody_is_drawn() -> None:
    for response, shown in ((1.0, 1.0), (0.0, 2.0)):
        w = world(3, trips_per_day=0, driver_response=response)
        w.surge.shown[:3] = shown
        w.repositioning.chase()
        assert not (w.fleet.state == MOVING).any()
