"""A policy in the shadow: it decides on the same snapshots, and nobody acts on it.

What it would have done is known for one round at a time only: the next snapshot is the other
policy's doing. So decisions are compared, and no KPI is ever claimed from them.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.dispatch.matching import Matching
from engine.dispatch.policies import decide

if TYPE_CHECKING:
    from engine.dispatch.dispatcher import Snapshot
    from engine.dispatch.params import DispatchParams


_KEPT_DECISIONS: Final = 60
_DECISIONS_A_ROUND: Final = 4


class Decision(NamedTuple):
    """A rider whom the two policies treat differently.

    clock: Time of day, hh:mm:ss.
    rider: Slot.
    driver, shadow_driver: -1 for nobody in this round.
    way_s, shadow_way_s: Time to the rider, NaN where nobody comes.
    """

    clock: str
    rider: int
    driver: int
    way_s: float
    shadow_driver: int
    shadow_way_s: float


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
        latest: Decisions that differed, oldest first: a few of each round.
    """

    def __init__(self) -> None:
        self.rounds: list[Comparison] = []
        self.latest: deque[Decision] = deque(maxlen=_KEPT_DECISIONS)

    def observe(
        self, seen: Snapshot, matching: Matching, params: DispatchParams, clock: str
    ) -> None:
        """Let the shadow decide on a snapshot that the policy in force has decided on."""
        if params.shadow == "none":
            return
        other = decide(seen.problem, params.shadow, params, seen.precedence)
        self.rounds.append(compare(seen, matching, other))
        self.latest.extend(differing(seen, matching, other, clock)[:_DECISIONS_A_ROUND])


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


def differing(
    seen: Snapshot, matching: Matching, other: Matching, clock: str
) -> list[Decision]:
    """Riders of one snapshot to whom two matchings give different drivers, in order of asking."""

    def given(m: Matching, r: int) -> tuple[int, float]:
        if m.driver_of[r] < 0:
            return -1, float("nan")
        return int(seen.driver[m.driver_of[r]]), float(seen.problem.time_s[m.pair[r]])

    return [Decision(clock, int(seen.slot[r]), *given(matching, r), *given(other, r))
            for r in np.flatnonzero(matching.driver_of != other.driver_of).tolist()]
