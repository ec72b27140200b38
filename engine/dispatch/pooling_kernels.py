"""Compiled parts of pooling: the best order of stops, and which riders a vehicle can combine.

Points of a problem, in this order: V vehicles, R origins, R targets, O targets of riders on board.

Shape letters: V vehicles, R riders, O riders on board, P points, G trips, C candidate pairs.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

Bool = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

SEATS: Final = 4
"""Riders of one trip at most, those on board included; the order of stops is searched in full."""
_STOPS: Final = 2 * SEATS


@njit(cache=True, nogil=True)
def best_order(
    time_s: Float32, point: Int32, latest: Float32, after: Int32, stops: int, start: int,
    rest_s: float, order: Int32,
) -> Any:
    """Order of stops with the least sum of arrivals, by depth first search with pruning.

    Args:
        time_s: float32 [P, P].
        point: int32 [8], where each stop is.
        latest: float32 [8], seconds from now by which each stop must be reached.
        after: int32 [8], the pickup that must come before a stop; -1 for none, -2 for a pickup.
        stops: How many of the eight are used.
        start: Point the vehicle starts from.
        rest_s: Seconds until it is there.
        order: int32 [8], written: the best order.

    Returns:
        Σ arrivals at drop-offs in seconds; infinite if no order keeps all limits.
    """
    best = np.inf
    if stops == 0:
        return 0.0
    path = np.empty(_STOPS, np.int32)
    at = np.empty(_STOPS + 1, np.float64)
    cost = np.empty(_STOPS + 1, np.float64)
    following = np.zeros(_STOPS + 1, np.int32)
    done = np.zeros(_STOPS, np.bool_)
    at[0] = rest_s
    cost[0] = 0.0
    depth = 0
    while depth >= 0:
        here = start if depth == 0 else point[path[depth - 1]]
        s = following[depth]
        if s == 0:
            # A stop that cannot be reached in time even directly ends the branch, and the sum of
            # direct arrivals is a bound.
            bound = cost[depth]
            for i in range(stops):
                if not done[i]:
                    reach = at[depth] + time_s[here, point[i]]
                    if reach > latest[i]:
                        bound = np.inf
                        break
                    if after[i] != -2:
                        bound += reach
            if bound >= best:
                s = stops
        moved = False
        while s < stops:
            if not done[s] and (after[s] < 0 or done[after[s]]):
                arrival = at[depth] + time_s[here, point[s]]
                total = cost[depth] + (arrival if after[s] != -2 else 0.0)
                if arrival <= latest[s] and total < best:
                    following[depth] = s + 1
                    path[depth] = s
                    if depth + 1 == stops:
                        best = total
                        order[:stops] = path[:stops]
                    else:
                        done[s] = True
                        at[depth + 1] = arrival
                        cost[depth + 1] = total
                        following[depth + 1] = 0
                        depth += 1
                        moved = True
                        break
            s += 1
        if not moved:
            depth -= 1
            if depth >= 0:
                done[path[depth]] = False
    return best


@njit(cache=True, nogil=True)
def lay_stops(
    vehicles: int, riders: int, rider: Int32, count: int, first_board: int, boards: int,
    latest_pickup: Float32, latest_arrival: Float32, latest_board: Float32, point: Int32,
    latest: Float32, after: Int32,
) -> Any:
    """Write the stops of one trip: pickup and drop-off of each rider, then those on board."""
    n = 0
    for i in range(count):
        r = rider[i]
        point[n] = vehicles + r
        latest[n] = latest_pickup[r]
        after[n] = -2
        point[n + 1] = vehicles + riders + r
        latest[n + 1] = latest_arrival[r]
        after[n + 1] = n
        n += 2
    for i in range(boards):
        point[n] = vehicles + 2 * riders + first_board + i
        latest[n] = latest_board[first_board + i]
        after[n] = -1
        n += 1
    return n


@njit(cache=True, nogil=True)
def find_trips(
    time_s: Float32, rest_s: Float32, board_first: Int32, latest_pickup: Float32,
    latest_arrival: Float32, latest_board: Float32, could_first: Int32, could: Int32, most: int,
) -> Any:
    """Every group of riders that a vehicle can serve with those on board, by growing size.

    A group is tried if all its pairs are served by the same vehicle: a group that can be served
    can be with any rider left out.

    Args:
        time_s: float32 [P, P].
        rest_s: float32 [V].
        board_first: int32 [V + 1].
        latest_pickup: float32 [R], seconds from now.
        latest_arrival: float32 [R].
        latest_board: float32 [O].
        could_first: int32 [V + 1].
        could: int32 [C], riders a vehicle is asked about, ascending within its row.
        most: Trips a vehicle.

    Returns:
        vehicle int32 [G]; riders int32 [G, 4], -1 where fewer; cost float64 [G], Σ arrivals in
        seconds; and whether `most` cut nothing off. Every vehicle has the trip without new riders;
        its cost is infinite if those on board are late already.
    """
    vehicles = rest_s.size
    riders = latest_pickup.size
    room = 4 * vehicles + 64
    vehicle = np.empty(room, np.int32)
    group = np.empty((room, SEATS), np.int32)
    cost = np.empty(room, np.float64)
    size = 0
    complete = True
    point = np.empty(_STOPS, np.int32)
    latest = np.empty(_STOPS, np.float32)
    after = np.empty(_STOPS, np.int32)
    order = np.empty(_STOPS, np.int32)
    member = np.empty(SEATS, np.int32)
    pairs = np.zeros((riders, riders), np.bool_)
    for v in range(vehicles):
        boards = board_first[v + 1] - board_first[v]
        begin = size
        level = size
        for width in range(SEATS - boards + 1):
            above = size
            # A group of `width` is a group one smaller and a higher-numbered rider.
            for g in range(level, above if width else level + 1):
                for k in range(could_first[v], could_first[v + 1] if width else
                               could_first[v] + 1):
                    if width:
                        r = could[k]
                        if width > 1 and r <= group[g, width - 2]:
                            continue
                        fits = True
                        for i in range(width - 1):
                            member[i] = group[g, i]
                            if width > 2 and not pairs[member[i], r]:
                                fits = False
                                break
                        if not fits:
                            continue
                        member[width - 1] = r
                    if size - begin >= most:
                        complete = False
                        break
                    stops = lay_stops(vehicles, riders, member, width, board_first[v], boards,
                                      latest_pickup, latest_arrival, latest_board, point, latest,
                                      after)
                    total = best_order(time_s, point, latest, after, stops, v, rest_s[v], order)
                    if width and total == np.inf:
                        continue
                    if size == room:
                        room *= 2
                        wide_v = np.empty(room, np.int32)
                        wide_g = np.empty((room, SEATS), np.int32)
                        wide_c = np.empty(room, np.float64)
                        wide_v[:size] = vehicle[:size]
                        wide_g[:size] = group[:size]
                        wide_c[:size] = cost[:size]
                        vehicle, group, cost = wide_v, wide_g, wide_c
                    vehicle[size] = v
                    group[size] = -1
                    group[size, :width] = member[:width]
                    cost[size] = total
                    size += 1
                    if width == 2:
                        pairs[member[0], member[1]] = True
            level = above
            if size == above:
                break
        for g in range(begin, size):
            if group[g, 1] >= 0 and group[g, 2] < 0:
                pairs[group[g, 0], group[g, 1]] = False
    return vehicle[:size].copy(), group[:size].copy(), cost[:size].copy(), complete
