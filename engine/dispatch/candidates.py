"""Which drivers could serve which riders, and how soon: radius search and many-to-many routing.

A driver finishes the arc it is on, so its time to a rider is the rest of that arc and the routed
time from its head.

Shape letters: R riders, D drivers, K candidate pairs, H distinct heads.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.dispatch.routing import Router

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_RIDERS_AT_ONCE: Final = 1_024
"""Riders a table of times is made for; bounds it to 12 MB with 3,000 heads."""


class Drivers(NamedTuple):
    """Drivers that may be sent.

    head: int32 [D], node at the end of the arc a driver is on.
    rest_s: float32 [D], seconds to it.
    x, y: float32 [D], metres, where the driver is.
    """

    head: Int32
    rest_s: Float32
    x: Float32
    y: Float32


class Candidates(NamedTuple):
    """Pairs in rows of riders, the soonest first.

    rider_first: int32 [R + 1]; the candidates of rider r are rider_first[r]:rider_first[r + 1].
    driver: int32 [K].
    time_s: float32 [K], until the driver is at the pickup.
    distance_m: float32 [K], as the crow flies.
    """

    rider_first: Int32
    driver: Int32
    time_s: Float32
    distance_m: Float32


def find_candidates(
    router: Router, pickup: Int32, drivers: Drivers, *, radius_m: float, limit_s: float, most: int
) -> Candidates:
    """The soonest drivers of every rider within a radius and a time.

    Args:
        router: With the traffic of the moment.
        pickup: int32 [R], nodes.
        drivers: Who may be sent.
        radius_m: As the crow flies.
        limit_s: Longest time to the pickup.
        most: Candidates a rider, at least 1; ties go to the lowest driver.
    """
    network = router.network
    head, column = np.unique(drivers.head, return_inverse=True)
    first = np.zeros(len(pickup) + 1, np.int32)
    parts: list[tuple[Int32, Float32, Float32]] = []
    for start in range(0, len(pickup), _RIDERS_AT_ONCE):
        nodes = pickup[start:start + _RIDERS_AT_ONCE]
        node, row = np.unique(nodes, return_inverse=True)
        times = router.times(head.astype(np.int32), node.astype(np.int32), limit_s)
        count, driver, time_s, distance_m = _soonest(
            np.ascontiguousarray(times.T), row.astype(np.int64), column.astype(np.int64),
            network.x[nodes], network.y[nodes], drivers.x.astype(np.float32),
            drivers.y.astype(np.float32), drivers.rest_s.astype(np.float32),
            np.float32(radius_m), np.float32(limit_s), most)
        first[start + 1:start + 1 + len(nodes)] = count
        parts.append((driver, time_s, distance_m))
    np.cumsum(first, out=first)
    if not parts:
        return Candidates(first, *_nothing())
    driver, time_s, distance_m = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Candidates(first, driver, time_s, distance_m)


def _nothing() -> tuple[Int32, Float32, Float32]:
    return np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.float32)


@njit(cache=True, nogil=True)
def _soonest(
    times: Float32, row: Int64, column: Int64, rider_x: Float32, rider_y: Float32, x: Float32,
    y: Float32, rest_s: Float32, radius_m: np.float32, limit_s: np.float32, most: int,
) -> Any:
    """Keep the `most` soonest drivers a rider by insertion.

    Args:
        times: float32 [riders' nodes, H].
        row: int64 [R], row of `times` a rider has.
        column: int64 [D], column of `times` a driver has.
        rider_x: float32 [R], metres.
        rider_y: float32 [R], metres.
        x: float32 [D], metres.
        y: float32 [D], metres.
        rest_s: float32 [D].
        radius_m: As the crow flies.
        limit_s: Longest time.
        most: Candidates a rider.

    Returns:
        count int32 [R], then driver int32, time and distance float32 [K].
    """
    riders = row.size
    drivers = column.size
    most = min(most, drivers)
    count = np.zeros(riders, np.int32)
    driver = np.empty(riders * most, np.int32)
    time_s = np.empty(riders * most, np.float32)
    size = 0
    reach = radius_m * radius_m
    for r in range(riders):
        here = times[row[r]]
        kept = 0
        for d in range(drivers):
            seconds = here[column[d]] + rest_s[d]
            if seconds > limit_s or (kept == most and seconds >= time_s[size + kept - 1]):
                continue
            dx = x[d] - rider_x[r]
            dy = y[d] - rider_y[r]
            if dx * dx + dy * dy > reach:
                continue
            if kept < most:
                kept += 1
            i = size + kept - 1
            while i > size and time_s[i - 1] > seconds:
                time_s[i] = time_s[i - 1]
                driver[i] = driver[i - 1]
                i -= 1
            time_s[i] = seconds
            driver[i] = d
        count[r] = kept
        size += kept
    distance = np.empty(size, np.float32)
    k = 0
    for r in range(riders):
        for _ in range(count[r]):
            d = driver[k]
            dx = x[d] - rider_x[r]
            dy = y[d] - rider_y[r]
            distance[k] = np.sqrt(dx * dx + dy * dy)
            k += 1
    return count, driver[:size].copy(), time_s[:size].copy(), distance
