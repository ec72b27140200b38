"""Who picks up whom: nearest first, greedy by score, and the optimal batch.

Each policy is a pure function of one snapshot. The batch is solved lexicographically: first as many
riders as can be served, then the best sum of scores. Costs are whole numbers and staying unmatched
costs more than all of them together, so one exact assignment does both, and its duals prove it.

Shape letters: R riders by falling precedence, D drivers, K candidate pairs.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.assignment_kernels import assign, take_in_turn
from engine.dispatch.certificate import certify
from engine.dispatch.score import Weights, score
from engine.errors import InvalidInput

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

NONE: Final = -1
STEPS: Final = 1_000_000
"""Whole cost units between the best and the worst score that the weights allow."""


class Problem(NamedTuple):
    """One snapshot.

    drivers: Number of drivers.
    rider_first: int32 [R + 1]; the candidates of rider r are rider_first[r]:rider_first[r + 1].
    driver: int32 [K], no driver twice in a row.
    time_s: float32 [K], to the pickup.
    distance_m: float32 [K], to the pickup.
    terms: float32 [K, 4], see `score.terms`.
    """

    drivers: int
    rider_first: Int32
    driver: Int32
    time_s: Float32
    distance_m: Float32
    terms: Float32


class Matching(NamedTuple):
    """Who gets whom.

    driver_of: int32 [R], NONE where unmatched.
    pair: int32 [R], the chosen candidate's place among K, NONE where unmatched.
    dual_rider: int64 [R], cost units; empty unless solved as a batch.
    dual_driver: int64 [D], cost units, ≤ 0; empty unless solved as a batch.
    gap: How far from the optimum it may be, as a share of the matched cost; 0 is proven optimal,
        NaN where there is no proof.
    """

    driver_of: Int32
    pair: Int32
    dual_rider: Int64
    dual_driver: Int64
    gap: float


def nearest(problem: Problem) -> Matching:
    """Each rider in turn takes the soonest driver that is left."""
    return _in_turn(problem, problem.time_s)


def greedy_score(problem: Problem, weights: Weights) -> Matching:
    """Each rider in turn takes the driver of best score that is left (the source's rule).

    Raises:
        InvalidInput: If a weight is negative or not finite.
    """
    return _in_turn(problem, -score(problem.terms, weights))


def batch(problem: Problem, weights: Weights, precedence: Float64 | None = None) -> Matching:
    """Most riders matched, then the best sum of scores, with a proof.

    Args:
        problem: The snapshot.
        weights: Of the score.
        precedence: float64 [R] in [0, 1]; among riders who cannot all be served, how much score a
            rider may cost the others, as a share of the whole range. None treats all alike.

    Raises:
        InvalidInput: If a weight is negative or not finite.
    """
    cost = batch_costs(problem, weights)
    opt_out = opt_out_costs(problem, cost, precedence)
    pair, dual_rider, dual_driver = assign(
        np.ascontiguousarray(problem.rider_first), np.ascontiguousarray(problem.driver), cost,
        opt_out, problem.drivers)
    proof = certify(problem.rider_first, problem.driver, cost, opt_out, pair, dual_rider,
                    dual_driver)
    return Matching(_drivers(problem, pair), pair, dual_rider, dual_driver, proof.gap)


def batch_costs(problem: Problem, weights: Weights) -> Int64:
    """Whole costs of the pairs, int64 [K], from 0 for the best possible score to STEPS.

    Raises:
        InvalidInput: If a weight is negative or not finite.
    """
    value = score(problem.terms, weights).astype(np.float64)
    high = float(weights.rating + weights.direction)
    width = high + float(weights.distance + weights.eta)
    if width == 0:
        return np.zeros(len(value), np.int64)
    return np.rint(np.clip((high - value) / width, 0, 1) * STEPS).astype(np.int64)


def opt_out_costs(
    problem: Problem, cost: Int64, precedence: Float64 | None = None
) -> Int64:
    """Cost of leaving each rider unmatched, int64 [R]: more than any two matchings can differ."""
    riders = len(problem.rider_first) - 1
    extra = np.zeros(riders, np.int64)
    if precedence is not None:
        if precedence.shape != (riders,) or not ((precedence >= 0) & (precedence <= 1)).all():
            raise InvalidInput(f"precedence must be {riders} numbers from 0 to 1")
        extra = np.rint(precedence * STEPS).astype(np.int64)
    most = min(riders, problem.drivers)
    dearest = int(cost.max(initial=0)) + int(extra.max(initial=0))
    return np.int64(dearest * most + 1) + extra


def _in_turn(problem: Problem, key: Float32) -> Matching:
    pair = take_in_turn(
        np.ascontiguousarray(problem.rider_first), np.ascontiguousarray(problem.driver),
        np.ascontiguousarray(key, np.float32), problem.drivers)
    none = np.zeros(0, np.int64)
    return Matching(_drivers(problem, pair), pair, none, none, float("nan"))


def _drivers(problem: Problem, pair: Int32) -> Int32:
    out = np.full(len(pair), NONE, np.int32)
    out[pair >= 0] = problem.driver[pair[pair >= 0]]
    return out
