from __future__ import annotations

import numpy as np
import pytest

from engine.warehouse.layout import Station
from engine.warehouse.params import WarehouseParams
from engine.warehouse.stations import Stations

SITES = (Station("P01", 0, (0, 1, 2), "left"), Station("P02", 10, (10, 11), "right"))


def make(seed: int = 1) -> Stations:
    return Stations(SITES, 20, np.random.default_rng(seed))


def test_pick_times_have_the_mean_and_variation_asked_for() -> None:
    params = WarehouseParams(pick_s=10.0, pick_variation=0.4)
    stations = make()
    steps = np.array([stations.pick_steps(0, 4, params) for _ in range(4000)])
    # the sum of four gamma lines: mean 40, deviation 0.4 · 10 · sqrt 4 = 8
    assert steps.mean() == pytest.approx(40.0, abs=4 * 8 / np.sqrt(4000))
    assert steps.std() == pytest.approx(8.0, rel=0.08)
    exact = params.with_changes(pick_variation=0.0)
    assert stations.pick_steps(0, 3, exact) == 30
    assert stations.pick_steps(0, 1, params.with_changes(pick_s=1.0)) >= 1


def test_room_is_the_queue_limit_and_what_littles_law_asks_for() -> None:
    params = WarehouseParams(pick_s=8.0, pick_variation=0.0, queue_limit=5)
    stations = make()
    assert stations.room(params) == [5, 5]
    stations.note_trip(0, 100.0)
    # a pod every 8 + 2 s, 100 s under way: 10 pods, and 5 at hand
    assert stations.room(params) == [15, 5]
    stations.in_flight[0] = 12
    assert stations.room(params) == [3, 5]
    stations.in_flight[0] = 99
    stations.stopped_until[1] = 50
    assert stations.room(params) == [0, 0]


def test_queues_count_robots_in_each_lane() -> None:
    stations = make()
    assert stations.queues(np.array([2, 5, 0, 11, 19], np.int32)).tolist() == [2, 1]
    assert stations.lane_of(np.array([1, 5, 10], np.int32)).tolist() == [0, 2, 1]
