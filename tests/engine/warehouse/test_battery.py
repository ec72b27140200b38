from __future__ import annotations

import numpy as np
import pytest

from engine.warehouse.battery import Batteries, Bays, trip_need
from engine.warehouse.params import WarehouseParams

PARAMS = WarehouseParams(drain_moving=1.2, drain_loaded=0.6, drain_idle=0.6, charge_rate=30.0,
                         charge_until=90.0)


def make(*charge: float) -> Batteries:
    batteries = Batteries(len(charge), PARAMS, np.random.default_rng(1))
    batteries.charge[:] = charge
    return batteries


def cells(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def test_drain_by_action_and_load_worked_by_hand() -> None:
    batteries = make(50.0, 50.0, 50.0, 50.0, 50.0, 89.8)
    batteries.asleep[3] = True
    batteries.charging[4:] = True
    before, after = cells(1, 2, 3, 4, 5, 6), cells(11, 12, 3, 4, 5, 6)
    loaded = np.array([False, True, True, False, False, False])
    batteries.drain(before, after, loaded, PARAMS)
    # 1.2, 1.8 and 0.6 percent a minute, nothing asleep, 0.5 percent a second in a bay up to 90
    assert batteries.charge == pytest.approx([49.98, 49.97, 49.99, 50.0, 50.5, 90.0])
    assert batteries.totals == pytest.approx([0.06, 0.7, 1.0, 1.0])


def test_charge_never_leaves_its_range() -> None:
    batteries = make(0.01, 89.999)
    batteries.charging[1] = True
    for _ in range(5):
        batteries.drain(cells(1, 2), cells(2, 2), np.array([True, False]), PARAMS)
    assert batteries.charge.tolist() == [0.0, 90.0]
    batteries.lift(0, PARAMS)
    assert batteries.charge[0] == 0.0


def test_charging_time_covers_what_is_missing() -> None:
    batteries = make(40.0, 95.0)
    assert batteries.charge_steps(0, PARAMS) == 100
    assert batteries.charge_steps(1, PARAMS) == 1


def test_trip_need_worked_by_hand() -> None:
    # 2 · (50 · 0.02 + 100 · 0.03) + 10 · 0.6 + 0.3 + 3
    assert trip_need(50.0, 100.0, PARAMS) == pytest.approx(8.0 + 6.0 + 0.3 + 3.0)


def test_threshold_follows_the_knob_and_what_trips_need() -> None:
    batteries = make(50.0)
    assert batteries.threshold(PARAMS) == 30.0
    batteries.note_need(40.0)
    assert batteries.threshold(PARAMS) == 50.0
    for _ in range(1000):
        batteries.note_need(500.0)
    assert batteries.threshold(PARAMS) == 85.0


def test_a_bay_has_one_owner_and_the_nearest_open_one_is_taken() -> None:
    bays = Bays(cells(10, 14, 18), width=20)
    everywhere = np.ones(40, np.bool_)
    assert bays.nearest(35, everywhere) == 1
    assert bays.reserve(1, 7) == 14
    assert bays.nearest(35, everywhere) == 2
    everywhere[18] = False
    assert bays.nearest(35, everywhere) == 0
    bays.reserve(0, 8)
    assert bays.nearest(35, everywhere) == -1
    assert bays.free == 1
    bays.release(1)
    assert bays.nearest(35, everywhere) == 1
