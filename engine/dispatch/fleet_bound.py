"""The fewest vehicles that could have served these trips, had all been known beforehand.

A vehicle may serve trip j after trip i if it gets from i's end to j's start in time; a fleet is a
cover of all trips by such chains, and the fewest chains are the trips less a maximum matching of
ends to starts. No dispatcher, however good, does with fewer vehicles.

The graph of a day has hundreds of millions of links, so it is never written down: a link is looked
up in a table of times when a search meets it. A search that ends without a longer matching has
looked at every link that could make one, which is the proof (König 1931).

Source: Vazifeh, Santi, Resta, Strogatz and Ratti 2018, doi:10.1038/s41586-018-0095-1; without
their limit on the time between trips, which would make it no bound. Search: Pothen and Fan 1990,
doi:10.1145/98267.98287.

Shape letters: K trips, T distinct targets, S distinct origins.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.dispatch.routing import Router
from engine.errors import InvalidInput

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt16 = npt.NDArray[np.uint16]

_LARGEST_TABLE: Final = 200_000_000
"""Pairs of nodes a table may have; 400 MB."""
_STEP_S: Final = 0.25
"""Times are rounded down to this, which can only lower the bound."""
_ROWS: Final = 1_024


class FleetBound(NamedTuple):
    """A smallest fleet.

    fleet: Vehicles.
    after: int32 [K], trip a vehicle serves next, -1 for its last.
    searches: Times all trips were searched for a longer matching; the last found none.
    """

    fleet: int
    after: Int32
    searches: int


def minimum_fleet(
    router: Router, start_s: Float64, end_s: Float64, origin: Int32, target: Int32,
    wait_s: float = 0.0,
) -> FleetBound:
    """Fewest vehicles for trips that are known beforehand.

    Args:
        router: Times between trips; with the freest traffic of the period it stays a lower bound.
        start_s: float64 [K], when each rider asks.
        end_s: float64 [K], when the trip ends if it starts at once.
        origin: int32 [K], nodes.
        target: int32 [K], nodes.
        wait_s: How long a rider waits at most. Every chain in which nobody waits longer is
            allowed, and some in which waits add up: with it the fleet is a bound alone.

    Raises:
        InvalidInput: If a trip ends before it starts, `wait_s` is negative, or the trips touch
            too many nodes.
    """
    if not (end_s >= start_s).all() or not wait_s >= 0:
        raise InvalidInput("every trip must end after it starts, and the wait must be 0 s or more; "
                           f"the wait is {wait_s} s")
    if not len(start_s):
        return FleetBound(0, np.zeros(0, np.int32), 0)
    order = np.argsort(start_s, kind="stable")
    from_node, row = np.unique(target[order], return_inverse=True)
    to_node, column = np.unique(origin[order], return_inverse=True)
    if len(from_node) * len(to_node) > _LARGEST_TABLE:
        raise InvalidInput(
            f"the trips end at {len(from_node):,} nodes and start at {len(to_node):,}; a table of "
            f"times holds {_LARGEST_TABLE:,} pairs: take a shorter period"
        )
    table = np.empty((len(from_node), len(to_node)), np.uint16)
    for at in range(0, len(from_node), _ROWS):
        seconds = router.times(from_node[at:at + _ROWS].astype(np.int32),
                               to_node.astype(np.int32))
        table[at:at + _ROWS] = np.minimum(seconds / _STEP_S, np.iinfo(np.uint16).max)
    follows, searches = longest_matching(
        end_s[order], start_s[order] + wait_s, table, row.astype(np.int32),
        column.astype(np.int32))
    after = np.full(len(order), -1, np.int32)
    after[order] = np.where(follows >= 0, order[follows], -1)
    return FleetBound(len(order) - int((follows >= 0).sum()), after, int(searches))


@njit(cache=True, nogil=True)
def _next_unseen(skip: Int32, at: int) -> Any:
    """The first start from `at` on that no search has met, by path halving."""
    while skip[at] != at:
        skip[at] = skip[skip[at]]
        at = skip[at]
    return at


@njit(cache=True, nogil=True)
def longest_matching(
    end_s: Float64, latest_s: Float64, table: UInt16, row: Int32, column: Int32
) -> Any:
    """Match ends to starts, as many as can be.

    Args:
        end_s: float64 [K].
        latest_s: float64 [K], ascending, when a vehicle must be at a start.
        table: uint16 [T, S], quarters of a second; the largest number stands for no way.
        row: int32 [K], row of `table` a trip ends at.
        column: int32 [K], column a trip starts from.

    Returns:
        int32 [K], the trip served after each, -1 for none; and how many searches there were.
    """
    count = end_s.size
    follows = np.full(count, -1, np.int32)
    before = np.full(count, -1, np.int32)
    earliest = np.searchsorted(latest_s, end_s).astype(np.int32)
    skip = np.empty(count + 1, np.int32)
    at = np.empty(count, np.int32)
    stack = np.empty(count, np.int32)
    chosen = np.empty(count, np.int32)
    no_way = np.iinfo(np.uint16).max
    searches = 0
    while True:
        searches += 1
        found = 0
        for j in range(count + 1):
            skip[j] = j
        for start in range(count):
            if follows[start] >= 0:
                continue
            # Depth first over ends; a start is met once a search, by whoever comes first.
            top = 0
            stack[0] = start
            at[start] = earliest[start]
            while top >= 0:
                i = stack[top]
                j = _next_unseen(skip, at[i])
                spare = np.int64(0)
                while j < count:
                    drive = table[row[i], column[j]]
                    spare = np.int64((latest_s[j] - end_s[i]) * 4.0) - drive
                    if spare >= 0 and drive < no_way and i != j:
                        break
                    j = _next_unseen(skip, j + 1)
                at[i] = j
                if j == count:
                    top -= 1
                    continue
                skip[j] = j + 1
                chosen[top] = j
                if before[j] < 0:
                    for k in range(top + 1):
                        follows[stack[k]] = chosen[k]
                        before[chosen[k]] = stack[k]
                    found += 1
                    break
                top += 1
                stack[top] = before[j]
                at[before[j]] = earliest[before[j]]
        if found == 0:
            return follows, searches
