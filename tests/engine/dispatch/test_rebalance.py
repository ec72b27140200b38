import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from engine.dispatch.rebalance import min_cost_flow, pick_drivers, rebalance
from engine.errors import InvalidInput

FAR = 2**60


def plan(free, forecast, time_s, worth_s=1_000.0, limit_s=1e6):
    return rebalance(np.array(free, np.int32), np.array(forecast, np.float64),
                     np.array(time_s, np.float32), worth_s=worth_s, limit_s=limit_s)


LINE = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) * 100.0


def test_drivers_go_from_plenty_to_need():
    moves = plan([4, 0, 0], [1, 0, 2], LINE)
    assert [m.tolist() for m in moves[:3]] == [[0], [2], [2]]
    assert (moves.missing, moves.time_s, moves.gap_s) == (0, 400, 0)


def test_the_near_zone_gives_before_the_far_one():
    moves = plan([3, 3, 0], [0, 0, 4], LINE)
    sent = dict(zip(moves.origin.tolist(), moves.drivers.tolist(), strict=True))
    assert sent == {1: 3, 0: 1}


def test_nobody_drives_longer_than_it_is_worth_or_allowed():
    assert plan([2, 0, 0], [0, 0, 2], LINE, worth_s=150).missing == 2
    assert plan([2, 0, 0], [0, 0, 2], LINE, limit_s=150).missing == 2


def test_parts_of_a_driver_are_not_sent():
    assert len(plan([2, 0, 0], [0, 0, 0.9], LINE).drivers) == 0


@pytest.mark.parametrize(("free", "forecast"), [([0, 0, 0], [5, 5, 5]), ([5, 5, 5], [0, 0, 0])])
def test_nobody_moves_where_nobody_can_or_need(free, forecast):
    moves = plan(free, forecast, LINE)
    assert len(moves.drivers) == 0
    assert moves.missing == sum(forecast)
    assert moves.gap_s == 0


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6))
def test_the_flow_costs_what_a_linear_programme_finds(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(1, 6, 2)
    give, take = rng.integers(1, 5, a), rng.integers(1, 5, b)
    cost = rng.integers(0, 10, (a, b)) * 100
    barred = rng.random((a, b)) < 0.2
    worth = int(rng.integers(1, 1_500))
    flow, price_give, price_take = min_cost_flow(give, take, np.where(barred, FAR, cost), worth)
    assert (flow.sum(1) <= give).all()
    assert (flow.sum(0) <= take).all()
    assert not flow[barred].any()
    paid = int((flow * cost).sum() + worth * (take.sum() - flow.sum()))
    sends = np.kron(np.eye(a), np.ones(b))
    gets = np.kron(np.ones(a), np.eye(b))
    truth = linprog(
        np.concatenate([np.where(barred, 1e9, cost).ravel(), np.full(b, worth)]),
        A_ub=np.hstack([sends, np.zeros((a, b))]), b_ub=give,
        A_eq=np.hstack([gets, np.eye(b)]), b_eq=take).fun
    assert paid == pytest.approx(truth)
    assert paid == int((take * price_take).sum() - (give * price_give).sum())
    assert (price_give >= 0).all()
    assert (np.subtract.outer(-price_give, -price_take) <= np.where(barred, FAR, cost)).all()


def test_the_drivers_nearest_to_the_target_go():
    moves = plan([3, 0, 0], [1, 0, 2], LINE)
    zone = np.array([0, 0, 0, -1], np.int32)
    x = np.array([10, 90, 50, 60], np.float32)
    y = np.zeros(4, np.float32)
    goal = pick_drivers(moves, zone, x, y, np.array([0, 100, 200], np.float32),
                        np.zeros(3, np.float32))
    assert goal.tolist() == [-1, 2, 2, -1]


@pytest.mark.parametrize("change", [{"worth_s": 0.0}, {"worth_s": np.inf},
                                    {"forecast": [-1, 0, 0]}, {"forecast": [np.nan, 0, 0]}])
def test_absurd_forecasts_and_worths_are_refused(change):
    with pytest.raises(InvalidInput, match="must be numbers from 0 up"):
        plan(**({"free": [1, 1, 1], "forecast": [1, 1, 1], "time_s": LINE} | change))
