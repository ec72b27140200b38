"""Proof that a matching is optimal, by code that knows no solver.

Linear duality: with u_r ≤ opt_out_r, v_d ≤ 0 and u_r + v_d ≤ c_rd for every pair, no matching costs
less than Σ u + Σ v. A matching that costs as much is optimal. All numbers are whole, so the
comparison is exact.

Source: Kuhn 1955, doi:10.1002/nav.3800020109; Ahuja, Magnanti and Orlin 1993, ch. 9.4.

Shape letters: R riders, D drivers, K candidate pairs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


class Certificate(NamedTuple):
    """What the duals prove.

    matched: Riders served.
    cost: Cost of the pairs chosen.
    primal: The same and what the unmatched cost.
    bound: Σ u + Σ v; no matching has a lower `primal`.
    gap: (primal − bound) / max(cost, 1); infinite if the duals prove nothing.
    """

    matched: int
    cost: int
    primal: int
    bound: int
    gap: float


def certify(
    rider_first: Int32, driver: Int32, cost: Int64, opt_out: Int64, pair: Int32,
    dual_rider: Int64, dual_driver: Int64,
) -> Certificate:
    """Compare a matching with what duals say is possible.

    Args:
        rider_first: int32 [R + 1].
        driver: int32 [K].
        cost: int64 [K].
        opt_out: int64 [R], cost of leaving a rider unmatched.
        pair: int32 [R], chosen candidate among K, negative where unmatched; of any policy.
        dual_rider: int64 [R], of any solver.
        dual_driver: int64 [D].
    """
    taken = pair[pair >= 0]
    served = driver[taken]
    paid = int(cost[taken].sum())
    primal = paid + int(opt_out[pair < 0].sum())
    rider = np.repeat(np.arange(len(pair)), np.diff(rider_first))
    lawful = (
        np.array_equal(rider[taken], np.flatnonzero(pair >= 0))
        and len(np.unique(served)) == len(served)
        and bool((dual_rider <= opt_out).all()) and bool((dual_driver <= 0).all())
        and bool((dual_rider[rider] + dual_driver[driver] <= cost).all())
    )
    bound = int(dual_rider.sum()) + int(dual_driver.sum())
    gap = (primal - bound) / max(paid, 1) if lawful else float("inf")
    return Certificate(len(taken), paid, primal, bound, gap)
