"""Two policies on one snapshot, by hand."""

from __future__ import annotations

import numpy as np

from engine.dispatch.dispatcher import Snapshot
from engine.dispatch.matching import batch, nearest
from engine.dispatch.score import PICKUP
from engine.dispatch.shadow import compare, differing
from engine.dispatch.summary import shadow_data
from tests.engine.dispatch.snapshots import problem_of
from tests.engine.dispatch.towns import world

# the first rider is near both drivers, the second near one alone: nearest first leaves him out
PROBLEM = problem_of([{0: 30.0, 1: 40.0}, {0: 20.0}, {2: 10.0}], 3)
SEEN = Snapshot(np.array([7, 4, 9], np.int32), np.array([100, 200, 300], np.int32), PROBLEM,
                np.zeros(3, np.bool_), np.full(3, -1, np.int32), np.zeros(3))


def test_decisions_that_differ_name_both_drivers_and_ways() -> None:
    first, best = nearest(PROBLEM), batch(PROBLEM, PICKUP, np.zeros(3))
    told = differing(SEEN, first, best, "17:00:04")
    assert [(d.clock, d.rider, d.driver, d.shadow_driver) for d in told] == [
        ("17:00:04", 7, 100, 200), ("17:00:04", 4, -1, 100)]
    assert (told[0].way_s, told[0].shadow_way_s, told[1].shadow_way_s) == (30.0, 40.0, 20.0)
    assert np.isnan(told[1].way_s)
    assert differing(SEEN, best, best, "17:00:04") == []


def test_a_comparison_counts_riders_and_the_ways_of_those_whom_both_match() -> None:
    first, best = nearest(PROBLEM), batch(PROBLEM, PICKUP, np.zeros(3))
    got = compare(SEEN, first, best)
    assert (got.riders, got.agree, got.matched, got.shadow_matched) == (3, 1, 2, 3)
    assert (got.pickup_s, got.shadow_pickup_s) == (20.0, 25.0)


def test_a_running_city_keeps_the_latest_decisions_and_sums_a_window() -> None:
    w = world(2, shadow="nearest", drivers=30)
    for _ in range(240):
        w.step()
    assert w.shadow.latest
    assert len(w.shadow.latest) <= 60
    data = w.shadow_data()
    assert len(data.step) == len(data.agree_percent) == 16
    assert 0.0 <= data.agree_recent <= 100.0
    assert data.matched >= data.shadow_matched >= 0
    early = shadow_data(w.recorder, 15)
    assert early.step.tolist() == [15.0]


def test_nobody_in_the_shadow_is_no_data() -> None:
    w = world(1)
    for _ in range(45):
        w.step()
    data = w.shadow_data()
    assert not len(data.step)
    assert np.isnan(data.agree_recent)
    assert (data.matched, data.shadow_matched) == (0, 0)
