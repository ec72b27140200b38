"""Which matching a policy's name stands for.

Shape letters: R riders.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.dispatch.matching import Matching, Problem, batch, greedy_score, nearest
from engine.dispatch.params import DispatchParams
from engine.dispatch.score import Weights

Float64 = npt.NDArray[np.float64]


def weights(params: DispatchParams) -> Weights:
    """The weights on the sliders."""
    return Weights(params.weight_distance, params.weight_eta, params.weight_rating,
                         params.weight_direction)


def decide(problem: Problem, policy: str, params: DispatchParams, precedence: Float64) -> Matching:
    """Let a policy decide on a snapshot.

    Args:
        problem: The snapshot.
        policy: "nearest", "greedy score" or "optimal batch".
        params: Weights of the score.
        precedence: float64 [R], for the batch.
    """
    if policy == "nearest":
        return nearest(problem)
    if policy == "greedy score":
        return greedy_score(problem, weights(params))
    return batch(problem, weights(params), precedence)
