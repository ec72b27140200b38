"""The compiled loops of the street: driving along arcs, waiting at signals, walking downhill.

A vehicle is on an arc, some metres along it; one that stands at a node is at the end of the arc by
which it came. Within a step time runs on for each vehicle by itself, so arrivals are exact.

Shape letters: N nodes, M arcs, D drivers, L route capacity, K asked.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.dispatch.streams import CRUISE, mix, unit

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
UInt8 = npt.NDArray[np.uint8]
UInt64 = npt.NDArray[np.uint64]

CYCLE_S: Final = 60.0
"""Length of a signal cycle."""
_CRUISE_SALT: Final = np.uint64(CRUISE)
_CRUISE_PACE: Final = 1.6
"""Seconds a cruising driver takes for what a driver under way does in one."""


class Roads(NamedTuple):
    """The network as driving needs it.

    first: int32 [N + 1] and head: int32 [M], arcs by tail.
    tail: int32 [M].
    length_m: float32 [M].
    rank: uint8 [M].
    signal: float32 [M], phase of the signal at the arc's head in [0, 1); below 0 for none.
    """

    first: Int32
    head: Int32
    tail: Int32
    length_m: Float32
    rank: UInt8
    signal: Float32


class Vehicles(NamedTuple):
    """Where everybody is and where they drive; changed in place.

    arc: int32 [D]; along_m: float32 [D].
    route: int32 [D, L], arcs to come; at: int32 [D], next of them; end: int32 [D], their number.
    ready_s: float64 [D], standing until then (kerb, signal).
    pace: float32 [D], seconds needed for a second of routed time, >= 1.
    cruise_until_s: float64 [D], a free driver drives around until then.
    moves: int64 [D], turns taken while cruising: counts the draws.
    key: uint64 [D].
    driven_m, loaded_m: float64 [D], since the start, all and with a rider aboard.
    online_s, occupied_s: float64 [D], since the start, out and with a rider aboard.
    """

    arc: Int32
    along_m: Float32
    route: Int32
    at: Int32
    end: Int32
    ready_s: Float64
    pace: Float32
    cruise_until_s: Float64
    moves: npt.NDArray[np.int64]
    key: UInt64
    driven_m: Float64
    loaded_m: Float64
    online_s: Float64
    occupied_s: Float64


@njit(cache=True, nogil=True)
def advance(
    roads: Roads, v: Vehicles, cost_s: Float32, active: UInt8, red_s: float, now_s: float,
    step_s: float, arrived: Int32, arrived_s: Float64,
) -> int:
    """Drive everybody for one step.

    Args:
        roads: Network.
        v: Vehicles; changed.
        cost_s: float32 [M], seconds an arc takes now.
        active: uint8 [D]; 0 off shift, 1 free (may cruise), 2 on a route, 3 the same with a
            rider aboard.
        red_s: Longest wait at a signal, seconds.
        now_s: Time at the end of the step.
        step_s: Its length.
        arrived: int32 [D], written: drivers that came to the end of their route.
        arrived_s: float64 [D], written: when.

    Returns:
        How many arrived.
    """
    count = 0
    begin = now_s - step_s
    for d in range(len(active)):
        if active[d] == 0:
            continue
        t = max(begin, v.ready_s[d])
        before = v.driven_m[d]
        a = v.arc[d]
        along = v.along_m[d]
        while t < now_s:
            length = roads.length_m[a]
            pace = v.pace[d] if active[d] >= 2 else v.pace[d] * _CRUISE_PACE
            if along < length:
                speed = length / (cost_s[a] * pace)
                left_s = (length - along) / speed
                if t + left_s > now_s:
                    gone = speed * (now_s - t)
                    along = min(along + gone, length)
                    v.driven_m[d] += gone
                    t = now_s
                    break
                v.driven_m[d] += length - along
                along = length
                t += left_s
                last = active[d] >= 2 and v.at[d] >= v.end[d]
                if roads.signal[a] >= 0.0 and red_s > 0.0 and not last:
                    t += signal_wait(roads.signal[a], t, red_s)
                    if t > now_s:
                        break
            if active[d] >= 2:
                if v.at[d] >= v.end[d]:
                    arrived[count] = d
                    arrived_s[count] = t
                    count += 1
                    break
                a = v.route[d, v.at[d]]
                v.at[d] += 1
                along = np.float32(0.0)
            elif t < v.cruise_until_s[d]:
                a = _turn(roads, a, mix(v.key[d], np.uint64(v.moves[d])))
                v.moves[d] += 1
                along = np.float32(0.0)
            else:
                t = now_s
                break
        v.arc[d] = a
        v.along_m[d] = along
        v.online_s[d] += step_s
        if active[d] == 3:
            v.loaded_m[d] += v.driven_m[d] - before
            v.occupied_s[d] += step_s
        if t > now_s or v.ready_s[d] < t:
            v.ready_s[d] = t
    return count


@njit(cache=True, nogil=True, inline="always")
def signal_wait(phase: float, time_s: float, red_s: float) -> float:
    """Seconds until the signal shows green; it is red at the start of its cycle.

    Args:
        phase: In [0, 1).
        time_s: Now.
        red_s: Length of red, seconds, at most `CYCLE_S`.
    """
    into = (time_s + phase * CYCLE_S) % CYCLE_S
    return red_s - into if into < red_s else 0.0


@njit(cache=True, nogil=True, inline="always")
def _turn(roads: Roads, a: int, key: np.uint64) -> Any:
    """An arc out of a's head: slow streets only where there are, back only where it must be."""
    node = roads.head[a]
    back = roads.tail[a]
    choices = 0
    for e in range(roads.first[node], roads.first[node + 1]):
        if roads.head[e] != back and roads.rank[e] < 3:
            choices += 1
    if choices == 0:
        span = roads.first[node + 1] - roads.first[node]
        return roads.first[node] + int(unit(key, _CRUISE_SALT) * span)
    pick = int(unit(key, _CRUISE_SALT) * choices)
    for e in range(roads.first[node], roads.first[node + 1]):
        if roads.head[e] != back and roads.rank[e] < 3:
            if pick == 0:
                return e
            pick -= 1
    return roads.first[node]


@njit(cache=True, nogil=True)
def downhill(
    roads: Roads, cost_s: Float32, row: Float32, source: int, route: Int32
) -> int:
    """The fastest way to the node that `row` counts seconds to.

    Args:
        roads: Network.
        cost_s: float32 [M], the seconds `row` was computed with.
        row: float32 [N], seconds from every node; 0 at the target alone.
        source: Node.
        route: int32 [L], written: arcs in driving order.

    Returns:
        Their number; -1 if the way has more than L arcs.
    """
    node = source
    count = 0
    while row[node] > 0.0:
        best = -1
        low = np.float32(np.inf)
        for e in range(roads.first[node], roads.first[node + 1]):
            through = cost_s[e] + row[roads.head[e]]
            # an arc shorter than the rounding of `row` must not lead in a circle
            if through < low and row[roads.head[e]] < row[node]:
                low = through
                best = e
        if best < 0 or count >= len(route):
            return -1
        route[count] = best
        count += 1
        node = roads.head[best]
    return count


@njit(cache=True, nogil=True)
def rest(roads: Roads, v: Vehicles, cost_s: Float32, who: Int32, out_s: Float32, out_m: Float32
         ) -> None:
    """Seconds and metres from each vehicle to the head of its arc.

    Args:
        roads: Network.
        v: Vehicles.
        cost_s: float32 [M].
        who: int32 [K], vehicles.
        out_s: float32 [K], written.
        out_m: float32 [K], written.
    """
    for i in range(len(who)):
        d = who[i]
        a = v.arc[d]
        left = max(roads.length_m[a] - v.along_m[d], np.float32(0.0))
        out_m[i] = left
        out_s[i] = left / roads.length_m[a] * cost_s[a] * v.pace[d]


@njit(cache=True, nogil=True)
def ahead(roads: Roads, v: Vehicles, cost_s: Float32, who: Int32, out_s: Float32, out_m: Float32
          ) -> None:
    """Seconds and metres from each vehicle to the end of its route; arguments as in `rest`."""
    for i in range(len(who)):
        d = who[i]
        a = v.arc[d]
        left = max(roads.length_m[a] - v.along_m[d], np.float32(0.0))
        metres = float(left)
        seconds = left / roads.length_m[a] * float(cost_s[a])
        for k in range(v.at[d], v.end[d]):
            e = v.route[d, k]
            metres += roads.length_m[e]
            seconds += cost_s[e]
        out_s[i] = seconds * v.pace[d]
        out_m[i] = metres


@njit(cache=True, nogil=True)
def place(roads: Roads, v: Vehicles, x: Float32, y: Float32, unit_m: float, xy: Int16,
          turn: UInt8) -> None:
    """Where vehicles are on the picture.

    Args:
        roads: Network.
        v: Vehicles.
        x: float32 [N], metres.
        y: float32 [N], metres.
        unit_m: Metres a unit.
        xy: int16 [at least D, 2], written.
        turn: uint8 [at least D], written: heading in 32nds of a turn, 0 east, counter-clockwise.
    """
    for d in range(len(v.arc)):
        a = v.arc[d]
        i, j = roads.tail[a], roads.head[a]
        share = v.along_m[d] / roads.length_m[a]
        dx, dy = x[j] - x[i], y[j] - y[i]
        xy[d, 0] = np.int16(np.rint((x[i] + share * dx) / unit_m))
        xy[d, 1] = np.int16(np.rint((y[i] + share * dy) / unit_m))
        angle = np.arctan2(dy, dx) / (2.0 * np.pi)
        turn[d] = np.uint8(int(np.rint(angle * 32.0)) & 31)
