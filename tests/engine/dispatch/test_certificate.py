import numpy as np
import pytest

from engine.dispatch.certificate import certify
from engine.dispatch.matching import batch, batch_costs, nearest, opt_out_costs
from engine.dispatch.score import PICKUP
from tests.engine.dispatch.snapshots import drawn, problem_of

FIRST = np.array([0, 2, 4], np.int32)
DRIVER = np.array([0, 1, 0, 1], np.int32)
COST = np.array([10, 20, 15, 90], np.int64)
OUT = np.array([1_000, 1_000], np.int64)
U = np.array([20, 15], np.int64)
"""Prices by hand: rider 0 pays 20, rider 1 pays 15, driver 0 is free of rent."""
V = np.array([0, 0], np.int64)


def judge(pair, u=U, v=V):
    return certify(FIRST, DRIVER, COST, OUT, np.array(pair, np.int32), u, v)


def test_a_hand_worked_optimum_is_proven():
    # u₀ + v₀ ≤ 10 needs v₀ = −10, then u₁ = 25
    proof = judge([1, 2], np.array([20, 25]), np.array([-10, 0]))
    assert (proof.matched, proof.cost, proof.primal, proof.bound, proof.gap) == (2, 35, 35, 35, 0)


def test_a_worse_matching_has_the_difference_as_its_gap():
    proof = judge([0, 3], np.array([20, 25]), np.array([-10, 0]))
    assert proof.gap == pytest.approx((100 - 35) / 100)


def test_a_rider_left_out_costs_its_opt_out():
    assert judge([0, -1], np.array([20, 25]), np.array([-10, 0])).primal == 1_010


@pytest.mark.parametrize(("pair", "u", "v"), [
    ([1, 2], U, V),                                          # u₀ + v₀ > c₀₀
    ([1, 2], np.array([20, 25]), np.array([-10, 1])),        # a driver's price above 0
    ([1, 2], np.array([1_001, 25]), np.array([-1_010, -990])),  # a rider's above its opt-out
    ([0, 2], np.array([20, 25]), np.array([-10, 0])),        # one driver twice
    ([2, 1], np.array([20, 25]), np.array([-10, 0])),        # another rider's candidate
])
def test_what_proves_nothing_has_an_infinite_gap(pair, u, v):
    assert judge(pair, np.array(u), np.array(v)).gap == np.inf


def test_the_batchs_prices_bound_any_other_policy():
    for seed in range(30):
        problem = drawn(seed, riders=7, drivers=5)
        best, other = batch(problem, PICKUP), nearest(problem)
        cost = batch_costs(problem, PICKUP)
        opt_out = opt_out_costs(problem, cost)
        proof = certify(problem.rider_first, problem.driver, cost, opt_out, other.pair,
                        best.dual_rider, best.dual_driver)
        assert proof.gap >= 0
        assert (proof.gap == 0) == (proof.primal == proof.bound)


def test_nobody_is_trivially_optimal():
    problem = problem_of([], 0)
    assert batch(problem, PICKUP).gap == 0
