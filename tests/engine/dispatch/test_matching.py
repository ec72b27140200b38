import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching, min_weight_full_bipartite_matching

from engine.dispatch.matching import (
    Problem,
    batch,
    batch_costs,
    greedy_score,
    nearest,
    opt_out_costs,
)
from engine.dispatch.score import PICKUP, SOURCE, Weights
from engine.errors import InvalidInput
from tests.engine.dispatch.snapshots import cheapest, drawn, problem_of


def paid(problem, found, weights, precedence=None):
    cost = batch_costs(problem, weights)
    opt_out = opt_out_costs(problem, cost, precedence)
    return int(cost[found.pair[found.pair >= 0]].sum() + opt_out[found.pair < 0].sum())


def test_nearest_first_can_cost_the_others_dearly():
    problem = problem_of([{0: 10, 1: 20}, {0: 15, 1: 90}], 2)
    assert nearest(problem).driver_of.tolist() == [0, 1]
    assert batch(problem, PICKUP).driver_of.tolist() == [1, 0]


def test_the_batch_serves_two_badly_before_one_well():
    problem = problem_of([{0: 1, 1: 99}, {0: 2}], 2)
    assert nearest(problem).driver_of.tolist() == [0, -1]
    assert batch(problem, PICKUP).driver_of.tolist() == [1, 0]


def test_greedy_takes_the_best_score_and_nearest_the_least_time():
    problem = problem_of([{0: 10, 1: 20}], 2)
    problem.terms[:, 2] = [0.0, 1.0]
    assert nearest(problem).driver_of.tolist() == [0]
    assert greedy_score(problem, SOURCE).driver_of.tolist() == [1]
    assert greedy_score(problem, PICKUP).driver_of.tolist() == [0]


def test_policies_that_serve_in_turn_claim_no_proof():
    found = nearest(problem_of([{0: 10}], 1))
    assert np.isnan(found.gap)
    assert len(found.dual_rider) == len(found.dual_driver) == 0


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.booleans())
def test_the_batch_costs_what_trying_everything_finds(seed, ties, favour):
    problem = drawn(seed, ties=ties)
    rng = np.random.default_rng(seed)
    weights = PICKUP if ties else Weights(*rng.random(4))
    precedence = rng.random(len(problem.rider_first) - 1) if favour else None
    found = batch(problem, weights, precedence)
    cost = batch_costs(problem, weights)
    opt_out = opt_out_costs(problem, cost, precedence)
    assert paid(problem, found, weights, precedence) == cheapest(problem, cost, opt_out)
    assert found.gap == 0
    taken = found.driver_of[found.driver_of >= 0]
    assert len(set(taken.tolist())) == len(taken)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_no_matching_serves_more_riders(seed):
    problem = drawn(seed, riders=40, drivers=30)
    graph = csr_array((np.ones(len(problem.driver)), problem.driver, problem.rider_first),
                      shape=(40, 30))
    most = int((maximum_bipartite_matching(graph, perm_type="column") >= 0).sum())
    for weights in (SOURCE, PICKUP):
        assert int((batch(problem, weights).driver_of >= 0).sum()) == most


@pytest.mark.parametrize("seed", range(6))
def test_a_large_batch_costs_what_scipy_finds(seed):
    problem = drawn(seed, riders=150, drivers=130, ties=seed % 2 == 0)
    cost = batch_costs(problem, SOURCE)
    opt_out = opt_out_costs(problem, cost)
    rows = np.repeat(np.arange(150), np.diff(problem.rider_first))
    # an explicit zero would be no edge, so every edge costs one more
    graph = csr_array((np.concatenate([cost, opt_out]) + 1.0,
                       (np.concatenate([rows, np.arange(150)]),
                        np.concatenate([problem.driver, 130 + np.arange(150)]))),
                      shape=(150, 280))
    row, column = min_weight_full_bipartite_matching(graph)
    found = batch(problem, SOURCE)
    assert paid(problem, found, SOURCE) == int(graph.tocsr()[row, column].sum()) - 150
    assert found.gap == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_a_driver_more_never_makes_it_worse(seed):
    rng = np.random.default_rng(seed)
    full = drawn(seed, riders=6, drivers=7)
    gone = int(rng.integers(0, 7))
    keep = full.driver != gone
    rows = np.repeat(np.arange(6), np.diff(full.rider_first))[keep]
    first = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=6))]).astype(np.int32)
    less = Problem(7, first, full.driver[keep], full.time_s[keep], full.distance_m[keep],
                   full.terms[keep])
    opt_out = int(opt_out_costs(full, batch_costs(full, SOURCE))[0])

    def total(problem):
        found = batch(problem, SOURCE)
        cost = batch_costs(problem, SOURCE)
        return (int(cost[found.pair[found.pair >= 0]].sum())
                + opt_out * int((found.pair < 0).sum()))

    assert total(full) <= total(less)


def test_precedence_decides_who_goes_without():
    problem = problem_of([{0: 10}, {0: 40}], 1)
    assert batch(problem, PICKUP).driver_of.tolist() == [0, -1]
    late = np.array([0.0, 1.0])
    assert batch(problem, PICKUP, late).driver_of.tolist() == [-1, 0]


def test_precedence_never_costs_a_match():
    problem = problem_of([{0: 10, 1: 90}, {0: 40}], 2)
    found = batch(problem, PICKUP, np.array([1.0, 0.0]))
    assert found.driver_of.tolist() == [1, 0]


@pytest.mark.parametrize(("riders", "drivers"), [(0, 0), (0, 5), (5, 0)])
def test_nobody_is_matched_where_there_is_nobody(riders, drivers):
    problem = problem_of([{}] * riders, drivers)
    for found in (nearest(problem), greedy_score(problem, SOURCE), batch(problem, SOURCE)):
        assert found.driver_of.tolist() == [-1] * riders
    assert batch(problem, SOURCE).gap == 0


def test_weights_of_nothing_still_match_as_many_as_can_be():
    problem = problem_of([{0: 10, 1: 20}, {0: 15}], 2)
    assert sorted(batch(problem, Weights(0, 0, 0, 0)).driver_of.tolist()) == [0, 1]


def test_the_scale_of_the_weights_does_not_matter():
    problem = drawn(5, riders=7, drivers=7)
    small = batch(problem, SOURCE)
    large = batch(problem, Weights(*(1e6 * w for w in SOURCE)))
    assert paid(problem, small, SOURCE) == pytest.approx(paid(problem, large, SOURCE), rel=1e-6)


def test_precedence_out_of_range_is_refused():
    with pytest.raises(InvalidInput, match="precedence must be 1 numbers from 0 to 1"):
        batch(problem_of([{0: 10}], 1), SOURCE, np.array([1.5]))


def test_a_pair_is_a_place_among_the_candidates():
    problem = drawn(9, riders=7, drivers=7)
    found = batch(problem, SOURCE)
    for r, (driver, pair) in enumerate(zip(found.driver_of, found.pair, strict=True)):
        if driver >= 0:
            assert problem.rider_first[r] <= pair < problem.rider_first[r + 1]
            assert problem.driver[pair] == driver
