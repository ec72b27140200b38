"""Sequential halving at the root: which candidates get the next simulation.

Source: Danihelka et al. 2022, "Policy improvement by planning with Gumbel", algorithm 2; Karnin,
Koren & Somekh 2013, "Almost optimal exploration in multi-armed bandits".
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]


@lru_cache(maxsize=256)
def considered_visits(candidates: int, simulations: int) -> Int32:
    """How many visits a candidate must have to be eligible for each simulation.

    All candidates are visited equally often, then the better half, and so on down to two; the
    rounds share the simulations evenly.

    Args:
        candidates: Moves to begin with, > 0.
        simulations: Simulations in all, > 0.

    Returns:
        int32 [simulations].
    """
    if candidates == 1:
        return np.arange(simulations, dtype=np.int32)
    rounds = math.ceil(math.log2(candidates))
    plan: list[int] = []
    visits = [0] * candidates
    left = candidates
    while len(plan) < simulations:
        for _ in range(max(1, simulations // (rounds * left))):
            plan += visits[:left]
            for i in range(left):
                visits[i] += 1
        left = max(2, left // 2)
    return np.array(plan[:simulations], np.int32)
