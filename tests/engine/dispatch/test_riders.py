from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.riders import (
    ABOARD,
    ASSIGNED,
    FREE,
    NOBODY,
    WAITING,
    Riders,
    kerb_s,
    patience_s,
)
from engine.dispatch.streams import keys


def test_a_slot_rests_for_a_step_before_it_is_used_again() -> None:
    r = Riders(2)
    a, b = (r.enter(np.uint64(k), 0, 1, 0.0, 60.0) for k in (1, 2))
    r.leave(a, completed=True)
    assert r.state.tolist() == [FREE, WAITING]
    third = r.enter(np.uint64(3), 0, 1, 0.0, 60.0)
    assert third == 2, "the table grows: a free slot that rests is not taken"
    assert r.slots == 4
    r.begin_step()
    assert r.enter(np.uint64(4), 0, 1, 0.0, 60.0) == a
    assert r.number[[a, b, third]].tolist() == [4, 2, 3]


def test_the_ledger_balances_through_growth() -> None:
    r = Riders(2)
    rng = np.random.default_rng(1)
    for k in range(400):
        r.begin_step()
        r.enter(np.uint64(k), 0, 1, float(k), 60.0)
        taken = np.flatnonzero(r.state != FREE)
        if rng.random() < 0.9 and len(taken):
            r.leave(int(rng.choice(taken)), completed=bool(rng.random() < 0.5))
        assert r.asked == (r.count(WAITING) + r.count(ASSIGNED) + r.count(ABOARD) + r.completed
                           + r.abandoned)
    assert r.slots >= 40
    assert len(set(r.number[r.state == WAITING].tolist())) == r.count(WAITING)
    with pytest.raises(AssertionError, match="closed once"):
        r.leave(int(np.flatnonzero(r.state == FREE)[0]), completed=True)


def test_the_latest_refusals_are_remembered() -> None:
    r = Riders(1)
    slot = r.enter(np.uint64(1), 0, 1, 0.0, 60.0)
    for driver in (5, 6, 7, 8, 9):
        r.decline(slot, driver)
    assert r.declined[slot].tolist() == [9, 8, 7, 6]
    r.leave(slot, completed=False)
    r.begin_step()
    assert r.declined[r.enter(np.uint64(2), 0, 1, 0.0, 60.0)].tolist() == [NOBODY] * 4


def test_half_of_the_riders_wait_longer_than_the_median_patience() -> None:
    key = keys(1, 1, 20_000)
    patience = patience_s(key, 5.0)
    assert np.median(patience) == pytest.approx(300.0, rel=0.02)
    # log-logistic with shape 4: the quartiles are the median over and times 3 ** 0.25
    assert np.quantile(patience, [0.25, 0.75]) == pytest.approx(
        [300.0 / 3 ** 0.25, 300.0 * 3 ** 0.25], rel=0.02)
    assert patience_s(key, 10.0) == pytest.approx(2.0 * patience)
    kerb = kerb_s(key)
    assert kerb.min(axis=0) == pytest.approx([15.0, 8.0], abs=0.1)
    assert kerb.max(axis=0) == pytest.approx([40.0, 20.0], abs=0.1)
