"""Where free drivers should go before anybody asks: the cheapest flow to forecast demand.

Zones with more free drivers than they will need send them to zones with fewer. The flow minimises

    Σ time · drivers sent + worth · requests left without a driver

over whole drivers. The first term is the rebalancing programme of Alonso-Mora et al. 2017,
doi:10.1073/pnas.1611675114, eq. 3; the second lets a far zone wait instead of emptying a near one.

Source of the method: successive shortest paths with potentials, Edmonds and Karp 1972,
doi:10.1145/321694.321699.

Shape letters: Z zones, A zones that send, B zones that receive, F moves, D drivers.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.errors import InvalidInput

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

_FAR: Final = np.int64(2**60)
_PER_S: Final = 1_000
"""Costs are whole milliseconds, so that optimality can be checked exactly."""


class Moves(NamedTuple):
    """Drivers to send.

    origin: int32 [F], zones.
    target: int32 [F], zones.
    drivers: int32 [F], ≥ 1.
    missing: Requests of the forecast that stay without a driver.
    time_s: Seconds driven by all.
    gap_s: Proven distance from the optimum; 0.
    """

    origin: Int32
    target: Int32
    drivers: Int32
    missing: int
    time_s: float
    gap_s: float


def rebalance(
    free: Int32, forecast: Float64, time_s: Float32, *, worth_s: float, limit_s: float
) -> Moves:
    """Plan moves between zones.

    Args:
        free: int32 [Z], drivers who may be sent, by the zone they are in.
        forecast: float64 [Z], drivers each zone will need; parts of a driver are not sent.
        time_s: float32 [Z, Z], from zone to zone.
        worth_s: Seconds of driving that a request with a driver is worth, > 0.
        limit_s: Longest drive.

    Raises:
        InvalidInput: If a forecast is negative or not finite, or `worth_s` is not above 0.
    """
    if not (np.isfinite(forecast) & (forecast >= 0)).all() or not 0 < worth_s < np.inf:
        raise InvalidInput("the forecast must be numbers from 0 up and the worth of a request a "
                           f"number above 0; it is {worth_s} s")
    balance = free.astype(np.int64) - np.floor(forecast).astype(np.int64)
    give, take = np.flatnonzero(balance > 0), np.flatnonzero(balance < 0)
    between = time_s[np.ix_(give, take)].astype(np.float64)
    barred = ~(between <= min(limit_s, worth_s))
    cost = np.where(barred, _FAR, np.rint(np.where(barred, 0, between) * _PER_S).astype(np.int64))
    worth = round(worth_s * _PER_S)
    flow, price_give, price_take = min_cost_flow(balance[give], -balance[take],
                                                 np.ascontiguousarray(cost), worth)
    a, b = np.nonzero(flow)
    paid = int((flow[a, b] * cost[a, b]).sum())
    missing = int(-balance[take].sum() - flow.sum())
    bound = int((-balance[take] * price_take).sum() - (balance[give] * price_give).sum())
    return Moves(give[a].astype(np.int32), take[b].astype(np.int32), flow[a, b].astype(np.int32),
                 missing, paid / _PER_S, (paid + worth * missing - bound) / _PER_S)


def pick_drivers(
    moves: Moves, zone: Int32, x: Float32, y: Float32, zone_x: Float32, zone_y: Float32
) -> Int32:
    """Choose who goes: of a zone's drivers those nearest to the target as the crow flies.

    Args:
        moves: Of `rebalance`, for the same drivers.
        zone: int32 [D], zone of every driver; negative for those who stay.
        x: float32 [D], metres.
        y: float32 [D], metres.
        zone_x: float32 [Z], metres.
        zone_y: float32 [Z], metres.

    Returns:
        int32 [D], zone to drive to, -1 to stay.
    """
    target = np.full(len(zone), -1, np.int32)
    for origin, goal, count in zip(moves.origin, moves.target, moves.drivers, strict=True):
        here = np.flatnonzero((zone == origin) & (target < 0))
        far = np.hypot(x[here] - zone_x[goal], y[here] - zone_y[goal])
        target[here[np.argsort(far, kind="stable")[:count]]] = goal
    return target


@njit(cache=True, nogil=True)
def min_cost_flow(give: Int64, take: Int64, cost: Int64, worth: int) -> Any:
    """Cheapest transport where a unit that does not arrive costs `worth`.

    Args:
        give: int64 [A], units to send at most.
        take: int64 [B], units wanted.
        cost: int64 [A, B], a unit; 2⁶⁰ where barred.
        worth: Cost of a missing unit.

    Returns:
        flow int64 [A, B]; duals int64 [A] ≥ 0 and int64 [B] in [0, worth] with
        take_price[b] − give_price[a] ≤ cost[a, b] on all pairs, tight where units flow.
    """
    givers = give.size
    takers = take.size
    flow = np.zeros((givers, takers), np.int64)
    left = give.copy()
    open_ = take.copy()
    # Potentials of the residual graph source → givers → takers → sink; that of the sink is the
    # length of the last path, and no later path is shorter.
    sink = np.int64(0)
    price_give = np.zeros(givers, np.int64)
    price_take = np.zeros(takers, np.int64)
    far_give = np.empty(givers, np.int64)
    far_take = np.empty(takers, np.int64)
    done_give = np.empty(givers, np.bool_)
    done_take = np.empty(takers, np.bool_)
    from_give = np.empty(takers, np.int32)
    from_take = np.empty(givers, np.int32)
    for b in range(takers):
        least = np.int64(worth)
        for a in range(givers):
            least = min(least, cost[a, b])
        price_take[b] = least
    while True:
        far_take[:] = _FAR
        done_give[:] = False
        done_take[:] = False
        from_take[:] = -1
        for a in range(givers):
            far_give[a] = 0 if left[a] > 0 else _FAR
        end = -1
        best = np.int64(worth)
        while True:
            at = -1
            is_give = True
            key = _FAR
            for a in range(givers):
                if not done_give[a] and far_give[a] < key:
                    key = far_give[a]
                    at = a
            for b in range(takers):
                if not done_take[b] and far_take[b] < key:
                    key = far_take[b]
                    at = b
                    is_give = False
            if at < 0 or key >= best - sink:
                break
            if is_give:
                done_give[at] = True
                for b in range(takers):
                    if done_take[b] or cost[at, b] >= _FAR:
                        continue
                    reach = key + cost[at, b] + price_give[at] - price_take[b]
                    if reach < far_take[b]:
                        far_take[b] = reach
                        from_give[b] = at
            else:
                done_take[at] = True
                if open_[at] > 0 and key + price_take[at] < best:
                    best = key + price_take[at]
                    end = at
                for a in range(givers):
                    if done_give[a] or flow[a, at] == 0:
                        continue
                    if key < far_give[a]:
                        far_give[a] = key
                        from_take[a] = at
        for a in range(givers):
            price_give[a] += min(far_give[a], best - sink)
        for b in range(takers):
            price_take[b] += min(far_take[b], best - sink)
        sink = best
        if end < 0:
            break
        push = open_[end]
        b = end
        while True:
            a = from_give[b]
            if from_take[a] < 0:
                push = min(push, left[a])
                break
            b = from_take[a]
            push = min(push, flow[a, b])
        b = end
        open_[end] -= push
        while True:
            a = from_give[b]
            flow[a, b] += push
            if from_take[a] < 0:
                left[a] -= push
                break
            b = from_take[a]
            flow[a, b] -= push
    return flow, price_give, np.minimum(price_take, worth)
