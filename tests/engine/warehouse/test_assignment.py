from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.warehouse import assignment
from engine.warehouse.assignment import NONE, Weights, costs, optimal_batch, source_rule, total_cost

INF = np.inf


def test_cost_is_the_sources_sum_worked_by_hand() -> None:
    distance = np.array([[10.0, 4.0], [3.0, INF]])
    battery = np.array([0.9, 0.25])
    congestion = np.array([[0.5, 2.0], [0.0, INF]])
    able = np.array([[True, True], [True, True]])
    # 2·10 + 1·(1 − 0.9)·100 + 4·0.5 = 32;  2·4 + 75 + 8 = 91;  6 + 10 + 0 = 16
    got = costs(distance, battery, congestion, able, Weights(2.0, 1.0, 4.0))
    assert got == pytest.approx(np.array([[32.0, 91.0], [16.0, INF]]))


def test_a_robot_whose_charge_does_not_last_costs_infinity() -> None:
    got = costs(np.array([[1.0, 1.0]]), np.array([0.05, 0.5]), np.zeros((1, 2)),
                np.array([[False, True]]), Weights(1.0, 0.0, 0.0))
    assert got.tolist() == [[INF, 1.0]]


def test_source_rule_takes_the_cheapest_in_order_and_the_batch_does_better() -> None:
    cost = np.array([[1.0, 2.0, 9.0], [1.0, 8.0, 9.0]])
    assert source_rule(cost).tolist() == [0, 1]
    assert total_cost(cost, source_rule(cost)) == 9.0
    assert optimal_batch(cost).tolist() == [1, 0]
    assert total_cost(cost, optimal_batch(cost)) == 3.0


def test_ties_go_to_the_lowest_robot() -> None:
    assert source_rule(np.full((3, 4), 7.0)).tolist() == [0, 1, 2]


def test_an_urgent_task_is_never_left_out_for_a_cheaper_one() -> None:
    # one robot: the first task is dear, the second cheap
    assert optimal_batch(np.array([[90.0], [1.0]])).tolist() == [0, NONE]
    # both can be served only if the first leaves its cheapest robot
    cost = np.array([[1.0, 50.0], [2.0, INF]])
    assert source_rule(cost).tolist() == [0, NONE]
    assert optimal_batch(cost).tolist() == [1, 0]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (1, 1)])
def test_empty_and_single(shape: tuple[int, int]) -> None:
    cost = np.ones(shape)
    expected = [0] if shape == (1, 1) else [NONE] * shape[0]
    assert source_rule(cost).tolist() == expected
    assert optimal_batch(cost).tolist() == expected


def brute_force(cost: np.ndarray) -> tuple[tuple[bool, ...], float]:
    """Lexicographically most served tasks, then the least total, over all assignments."""
    tasks, robots = cost.shape
    best: tuple[tuple[bool, ...], float] = ((False,) * tasks, 0.0)
    for choice in itertools.product([NONE, *range(robots)], repeat=tasks):
        used = [r for r in choice if r != NONE]
        if len(set(used)) < len(used):
            continue
        total = sum(cost[t, r] for t, r in enumerate(choice) if r != NONE)
        if not np.isfinite(total):
            continue
        served = tuple(r != NONE for r in choice)
        if served > best[0] or (served == best[0] and total < best[1]):
            best = (served, total)
    return best


PRICES = st.one_of(st.integers(0, 12).map(float), st.just(INF))


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 4).flatmap(lambda m: st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(PRICES, min_size=n, max_size=n), min_size=m, max_size=m))))
def test_batch_equals_brute_force(rows: list[list[float]]) -> None:
    cost = np.array(rows)
    choice = optimal_batch(cost)
    served, total = brute_force(cost)
    assert tuple(r >= 0 for r in choice.tolist()) == served
    assert total_cost(cost, choice) == pytest.approx(total)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(1, 40))
def test_batch_never_costs_more_than_the_source_rule(seed: int, tasks: int, robots: int) -> None:
    cost = np.random.default_rng(seed).uniform(0.0, 100.0, (tasks, robots))
    by_source, best = source_rule(cost), optimal_batch(cost)
    assert ((by_source >= 0) == (best >= 0)).all()
    assert total_cost(cost, best) <= total_cost(cost, by_source) + 1e-9
    for choice in (by_source, best):
        taken = choice[choice >= 0]
        assert len(set(taken.tolist())) == len(taken) == min(tasks, robots)


@pytest.mark.parametrize("holes", [0.0, 0.3])
def test_sparse_and_dense_solvers_agree(monkeypatch: pytest.MonkeyPatch, holes: float) -> None:
    rng = np.random.default_rng(3)
    cost = rng.integers(0, 50, (30, 200)).astype(np.float64)
    cost[rng.random(cost.shape) < holes] = INF
    dense = total_cost(cost, optimal_batch(cost))
    monkeypatch.setattr(assignment, "_DENSE", 0)
    sparse = optimal_batch(cost)
    assert (sparse >= 0).all()
    assert total_cost(cost, sparse) == pytest.approx(dense)
