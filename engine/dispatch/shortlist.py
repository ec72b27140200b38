"""Which drivers a rider could have: the nearest ones in time among those within the radius.

Shape letters: R riders, D drivers, F rows of times, N nodes, K candidates a rider.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Bool = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]


class Asking(NamedTuple):
    """Riders of a round.

    x, y: float32 [R], metres.
    row: int32 [R], row of the table of times.
    declined: int32 [R, 4], drivers that are not offered again, -1 where none.
    present: int32 [R], driver on the way already, -1 for none.
    """

    x: Float32
    y: Float32
    row: Int32
    declined: Int32
    present: Int32


class Offering(NamedTuple):
    """Drivers of a round.

    driver: int32 [D], who.
    x, y: float32 [D], metres.
    head: int32 [D], node at the end of the present arc.
    rest_s: float32 [D], seconds to it, and until the driver is ready.
    """

    driver: Int32
    x: Float32
    y: Float32
    head: Int32
    rest_s: Float32


@njit(cache=True, nogil=True)
def shortlist(
    asking: Asking, offering: Offering, rows: Float32, radius_m: float, limit_s: float, keep: int,
) -> Any:
    """Candidates of every rider, nearest in time first.

    The driver already on the way stays a candidate whatever radius and limit say.

    Args:
        asking: Riders.
        offering: Drivers.
        rows: float32 [F, N], seconds from every node to the riders' origins.
        radius_m: As the crow flies.
        limit_s: Longest way.
        keep: K, >= 1.

    Returns:
        count int32 [R]; index int32 [R, K] into `offering`; time_s float32 [R, K]; far_m float32
        [R, K], as the crow flies.
    """
    riders = len(asking.row)
    drivers = len(offering.driver)
    count = np.zeros(riders, np.int32)
    index = np.full((riders, keep), -1, np.int32)
    time_s = np.full((riders, keep), np.inf, np.float32)
    far_m = np.zeros((riders, keep), np.float32)
    square = np.float32(radius_m * radius_m)
    for r in range(riders):
        row = rows[asking.row[r]]
        n = 0
        present = -1
        for j in range(drivers):
            if offering.driver[j] == asking.present[r]:
                present = j
            dx = offering.x[j] - asking.x[r]
            dy = offering.y[j] - asking.y[r]
            if dx * dx + dy * dy > square:
                continue
            t = offering.rest_s[j] + row[offering.head[j]]
            if t > limit_s or (n == keep and t >= time_s[r, keep - 1]):
                continue
            refused = False
            for q in range(asking.declined.shape[1]):
                if asking.declined[r, q] == offering.driver[j]:
                    refused = True
            if refused:
                continue
            at = min(n, keep - 1)
            while at > 0 and time_s[r, at - 1] > t:
                time_s[r, at] = time_s[r, at - 1]
                index[r, at] = index[r, at - 1]
                far_m[r, at] = far_m[r, at - 1]
                at -= 1
            time_s[r, at] = t
            index[r, at] = j
            far_m[r, at] = np.sqrt(dx * dx + dy * dy)
            n = min(n + 1, keep)
        if present >= 0 and not (index[r, :n] == present).any():
            at = min(n, keep - 1)
            dx = offering.x[present] - asking.x[r]
            dy = offering.y[present] - asking.y[r]
            time_s[r, at] = offering.rest_s[present] + row[offering.head[present]]
            index[r, at] = present
            far_m[r, at] = np.sqrt(dx * dx + dy * dy)
            n = min(n + 1, keep)
        count[r] = n
    return count, index, time_s, far_m
