"""A policy in the shadow: it decides on the same snapshots, and nobody acts on it.

What it would have done is known for one round at a time only: the next snapshot is the other
policy's doing. So decisions are compared, and no KPI is ever claimed from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.dispatch.matching import Matching
from engine.dispatch.policies import decide

if TYPE_CHECKING:
    from engine.dispatch.dispatcher import Snapshot
    from engine.dispatch.params import DispatchParams


class Comparison(NamedTuple):
    """Two policies on one snapshot.

    riders: Riders in it.
    agree: Riders to whom both give the same driver, or none.
    matched: Riders matched by the policy in force; shadow_matched: by the one in the shadow.
    pickup_s, shadow_pickup_s: Mean way to the riders whom both match, NaN if there are none.
    """

    riders: int
    agree: int
    matched: int
    shadow_matched: int
    pickup_s: float
    shadow_pickup_s: float


class Shadow:
    """Compares round by round.

    Attributes:
        rounds: Comparisons since the last sample; telemetry empties it.
    """

    def __init__(self) -> None:
        self.rounds: list[Comparison] = []

    def observe(self, seen: Snapshot, matching: Matching, params: DispatchParams) -> None:
        """Let the shadow decide on a snapshot that the policy in force has decided on."""
        if params.shadow == "none":
            return
        other = decide(seen.problem, params.shadow, params, seen.precedence)
        self.rounds.append(compare(seen, matching, other))


def compare(seen: Snapshot, matching: Matching, other: Matching) -> Comparison:
    """Count what two matchings of one snapshot have in common."""
    both = (matching.driver_of >= 0) & (other.driver_of >= 0)
    time_s = seen.problem.time_s

    def mean(pair: np.ndarray) -> float:
        return float(time_s[pair[both]].mean()) if both.any() else float("nan")

    return Comparison(
        len(seen.slot), int(np.count_nonzero(matching.driver_of == other.driver_of)),
        int(np.count_nonzero(matching.driver_of >= 0)),
        int(np.count_nonzero(other.driver_of >= 0)), mean(matching.pair), mean(other.pair))
