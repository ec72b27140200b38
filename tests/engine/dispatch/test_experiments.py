from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.experiments import (
    FIGURES,
    arms_of_blocks,
    designs,
    difference,
    paired,
    split,
    switchback,
)
from engine.errors import InvalidInput
from tests.engine.dispatch.towns import SMALL, town

BUSY = SMALL.with_changes(drivers=40, policy="nearest")
BATCH = BUSY.with_changes(policy="optimal batch")


def test_differences_and_their_interval_by_hand() -> None:
    """Gaps -1, -2, -3: mean -2, sd 1, Student's t(2) at 97.5 % is 4.303."""
    got = difference(np.array([[10.0, 9.0], [12.0, 10.0], [14.0, 11.0]]))
    assert (got.control, got.treatment, got.mean) == (12.0, 10.0, -2.0)
    assert (got.low, got.high) == pytest.approx((-2.0 - 4.303 / 3 ** 0.5, -2.0 + 4.303 / 3 ** 0.5),
                                                abs=1e-3)
    assert got.percent == pytest.approx(-100.0 / 6.0)
    assert not got.settled
    assert difference(np.array([[10.0, 9.0], [12.0, 11.1], [14.0, 12.9]])).settled


def test_a_policy_against_itself_differs_by_nothing() -> None:
    same = paired(BUSY, BUSY, range(2), 0.25, city=town(), warm_up_h=0.1)
    # earnings an hour are known after half an hour
    known = {n: d for n, d in same.figures.items() if n != "earned_per_h"}
    for name, d in known.items():
        assert d.mean == 0.0, name
        assert d.control == d.treatment
    facts = same.facts()
    assert facts["seeds"] == [0, 1]
    assert set(facts["figures"]) == set(known) == set(FIGURES) - {"earned_per_h"}
    assert not any(facts["settled"].values())


def test_the_optimal_batch_shortens_pickups_on_the_same_riders() -> None:
    got = paired(BUSY, BATCH, range(3), 0.35, city=town(), warm_up_h=0.1).figures["pickup_mean_s"]
    assert got.mean < 0.0
    assert got.percent < -5.0
    assert got.high < 0.0


def test_blocks_come_in_pairs_of_one_each() -> None:
    arms = arms_of_blocks(3, 40).reshape(-1, 2)
    assert (arms.sum(axis=1) == 1).all()
    assert 5 < arms[:, 0].sum() < 15
    assert np.array_equal(arms_of_blocks(3, 40), arms.ravel())
    assert not np.array_equal(arms_of_blocks(4, 40), arms.ravel())


def test_a_switchback_of_a_policy_with_itself_stays_near_zero() -> None:
    got = switchback(BUSY, BUSY, 1, 0.6, 180.0, city=town(), warm_up_h=0.1)
    assert got.low < 0.0 < got.high
    assert abs(got.mean) < 0.6 * got.control


def test_a_split_gives_riders_of_both_halves_the_same_drivers() -> None:
    a, b = split(BUSY, BUSY, 1, 0.4, city=town(), warm_up_h=0.1)
    assert a == pytest.approx(b, rel=0.4)


def test_every_design_stands_beside_the_truth() -> None:
    facts = designs(BUSY, BATCH, 2, 0.4, 240.0, city=town(), warm_up_h=0.1)
    truth = facts["truth"]["difference"]
    assert truth == facts["truth"]["treatment"] - facts["truth"]["control"]
    assert truth < 0.0
    for name, estimate in (("switchback", facts["switchback"]["mean"]),
                           ("split", facts["split"]["difference"])):
        assert facts[name]["bias"] == pytest.approx(estimate - truth)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: paired(BUSY, BATCH, [1], 1.0), "1 seed gives no interval; use at least 2"),
    (lambda: paired(BUSY, BATCH, range(2), 0.1), "hours is 0.1; it must be more than the warm-up"),
    (lambda: switchback(BUSY, BATCH, 1, 1.0, 1800.0, city=town()),
     "hold 0 blocks of 30 min after the warm-up; a switchback needs at least 4"),
    (lambda: designs(BUSY, BATCH.with_changes(drivers=10), 1, 1.0, 300.0),
     "drivers cannot switch while the city runs"),
])
def test_designs_that_cannot_work_are_refused(call, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
