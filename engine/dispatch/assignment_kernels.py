"""Compiled assignment: riders in turn, and the exact sparse batch.

The batch is the shortest augmenting path method on sparse rows with an opt-out a rider, after two
passes of augmenting row reduction; it keeps u_r + v_d ≤ c_rd at all times.

Source: Jonker and Volgenant 1987, doi:10.1007/BF02278710; without their column reduction, which
would give drivers that stay free a price.

Shape letters: R riders, D drivers, K candidate pairs.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

FAR: Final = np.int64(2**62)
_PASSES: Final = 2


@njit(cache=True, nogil=True)
def take_in_turn(rider_first: Int32, driver: Int32, key: Float32, drivers: int) -> Any:
    """Each rider in turn takes the free driver of lowest key; int32 [R] pairs, −1 without."""
    riders = rider_first.size - 1
    pair = np.full(riders, -1, np.int32)
    free = np.ones(drivers, np.bool_)
    for r in range(riders):
        best = -1
        for k in range(rider_first[r], rider_first[r + 1]):
            if free[driver[k]] and (best < 0 or key[k] < key[best]):
                best = k
        if best >= 0:
            pair[r] = best
            free[driver[best]] = False
    return pair


@njit(cache=True, nogil=True)
def _push(keys: Int64, items: Int32, size: int, key: int, item: int) -> Any:
    """Put one entry on a binary heap."""
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if keys[up] <= key:
            break
        keys[i] = keys[up]
        items[i] = items[up]
        i = up
    keys[i] = key
    items[i] = item
    return size + 1


@njit(cache=True, nogil=True)
def _pop(keys: Int64, items: Int32, size: int) -> Any:
    """Take the top off a binary heap; the entry itself was read before."""
    size -= 1
    key = keys[size]
    item = items[size]
    i = 0
    while True:
        c = 2 * i + 1
        if c >= size:
            break
        if c + 1 < size and keys[c + 1] < keys[c]:
            c += 1
        if keys[c] >= key:
            break
        keys[i] = keys[c]
        items[i] = items[c]
        i = c
    keys[i] = key
    items[i] = item
    return size


@njit(cache=True, nogil=True)
def assign(
    rider_first: Int32, driver: Int32, cost: Int64, opt_out: Int64, drivers: int
) -> Any:
    """Cheapest matching with opt-out.

    Args:
        rider_first: int32 [R + 1].
        driver: int32 [K].
        cost: int64 [K], ≥ 0.
        opt_out: int64 [R], > 0.
        drivers: D.

    Returns:
        pair int32 [R], −1 where opted out; u int64 [R]; v int64 [D].
    """
    riders = rider_first.size - 1
    v = np.zeros(drivers, np.int64)
    pair = np.full(riders, -1, np.int32)
    owner = np.full(drivers, -1, np.int32)
    out = np.zeros(riders, np.bool_)
    waiting = np.arange(riders).astype(np.int32)
    left = riders
    for _ in range(_PASSES):
        left = _reduce_rows(rider_first, driver, cost, opt_out, v, pair, owner, out, waiting,
                            left)
    _augment(rider_first, driver, cost, opt_out, v, pair, owner, out, waiting, left)
    u = np.empty(riders, np.int64)
    for r in range(riders):
        u[r] = opt_out[r]
        if pair[r] >= 0:
            u[r] = cost[pair[r]] - v[driver[pair[r]]]
    return pair, u, v


@njit(cache=True, nogil=True)
def _reduce_rows(
    rider_first: Int32, driver: Int32, cost: Int64, opt_out: Int64, v: Int64, pair: Int32,
    owner: Int32, out: npt.NDArray[np.bool_], waiting: Int32, left: int,
) -> Any:
    """Let every waiting rider bid up to its second choice; returns how many wait after it."""
    after = 0
    k = 0
    budget = 8 * left + 64
    while k < left:
        r = waiting[k]
        k += 1
        best = opt_out[r]
        second = FAR
        first_at = -1
        second_at = -1
        for a in range(rider_first[r], rider_first[r + 1]):
            c = cost[a] - v[driver[a]]
            if c < best:
                second = best
                second_at = first_at
                best = c
                first_at = a
            elif c < second:
                second = c
                second_at = a
        if first_at < 0:
            out[r] = True
            continue
        at = first_at
        if best == second and owner[driver[at]] >= 0 and second_at >= 0:
            at = second_at
        j = driver[at]
        v[j] -= second - best
        loser = owner[j]
        owner[j] = r
        pair[r] = at
        if loser >= 0:
            pair[loser] = -1
            budget -= 1
            if second > best and budget > 0:
                k -= 1
                waiting[k] = loser
            else:
                waiting[after] = loser
                after += 1
    return after


@njit(cache=True, nogil=True)
def _augment(
    rider_first: Int32, driver: Int32, cost: Int64, opt_out: Int64, v: Int64, pair: Int32,
    owner: Int32, out: npt.NDArray[np.bool_], waiting: Int32, left: int,
) -> None:
    """Seat every waiting rider along a cheapest chain of changes, which may end in an opt-out."""
    drivers = v.size
    far = np.full(drivers, FAR, np.int64)
    by = np.full(drivers, -1, np.int32)
    done = np.zeros(drivers, np.bool_)
    seen = np.empty(drivers, np.int32)
    settled = np.empty(drivers, np.int32)
    keys = np.empty(driver.size + 1, np.int64)
    items = np.empty(driver.size + 1, np.int32)
    pred = np.empty(drivers, np.int32)
    for w in range(left):
        start = waiting[w]
        if out[start]:
            continue
        size = 0
        seen_count = 0
        settled_count = 0
        r = start
        shift = np.int64(0)
        exit_cost = FAR
        exit_rider = -1
        end = -1
        least = np.int64(0)
        while True:
            if opt_out[r] + shift < exit_cost:
                exit_cost = opt_out[r] + shift
                exit_rider = r
            for a in range(rider_first[r], rider_first[r + 1]):
                j = driver[a]
                if done[j]:
                    continue
                c = cost[a] - v[j] + shift
                if c < far[j] and c < exit_cost:
                    if far[j] == FAR:
                        seen[seen_count] = j
                        seen_count += 1
                    far[j] = c
                    by[j] = a
                    pred[j] = r
                    size = _push(keys, items, size, c, j)
            while size > 0 and (done[items[0]] or keys[0] > far[items[0]]):
                size = _pop(keys, items, size)
            if size == 0 or keys[0] >= exit_cost:
                least = exit_cost
                break
            least = keys[0]
            j = items[0]
            size = _pop(keys, items, size)
            if owner[j] < 0:
                end = j
                break
            done[j] = True
            settled[settled_count] = j
            settled_count += 1
            r = owner[j]
            shift = least - (cost[pair[r]] - v[j])
        for i in range(settled_count):
            j = settled[i]
            v[j] += far[j] - least
        if end < 0:
            # The rider at the exit gives up its driver; the chain before it moves up.
            out[exit_rider] = True
            if exit_rider == start:
                end = -1
            else:
                end = driver[pair[exit_rider]]
                pair[exit_rider] = -1
        j = end
        while j >= 0:
            r = pred[j]
            before = driver[pair[r]] if pair[r] >= 0 else -1
            pair[r] = by[j]
            owner[j] = r
            j = before if r != start else -1
        for i in range(seen_count):
            far[seen[i]] = FAR
            done[seen[i]] = False
