"""The compiled loops of the planner: candidates driven among predicted others, and collisions.

Shape letters: Q candidates, T steps, J tracks, P points of the route.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

HARDEST: Final = -8.0
STRONGEST: Final = 2.2
BESIDE_M: Final = 1.2
"""A body that overlaps the car lengthwise, and this far to the side, is beside it."""
GATE: Final = -2
"""Stands for the stop line among the leaders."""
BODY_CIRCLES: Final = (-1.45, 0.0, 1.45)
OTHER_CIRCLES: Final = (-1.0, -0.33, 0.33, 1.0)


class Follow(NamedTuple):
    """How a candidate follows.

    headway_s, jam_m, accel, brake: IDM. jerk_up, jerk_down: m/s³. step_s. nose_m, axle_m: from the
    rear axle to the front and to the middle of the body. width_m: of the body.
    back_m: how far behind the axle the route's points begin.
    """

    headway_s: float
    jam_m: float
    accel: float
    brake: float
    jerk_up: float
    jerk_down: float
    step_s: float
    nose_m: float
    axle_m: float
    width_m: float
    back_m: float


@njit(cache=True, nogil=True)
def onto_route(xy: Float64, route: Float64, heading: Float64, back_m: float, turn: Float64,
               s: Float64, d: Float64) -> None:
    """Stations and offsets of tracks over time.

    Args:
        xy: float64 [J, T + 1, 2], middles of the tracks, ego frame.
        route: float64 [P, 2], points a metre apart.
        heading: float64 [P].
        back_m: How far behind the axle the route's points begin.
        turn: float64 [J]; written: heading of the route beside each track now.
        s: float64 [J, T + 1]; written. d: likewise.
        d: See above.
    """
    P = route.shape[0]
    for j in range(xy.shape[0]):
        lo, hi = 0, P
        for t in range(xy.shape[1]):
            best, at = np.inf, lo
            for i in range(lo, hi):
                dx, dy = xy[j, t, 0] - route[i, 0], xy[j, t, 1] - route[i, 1]
                if dx * dx + dy * dy < best:
                    best, at = dx * dx + dy * dy, i
            h = heading[at]
            dx, dy = xy[j, t, 0] - route[at, 0], xy[j, t, 1] - route[at, 1]
            s[j, t] = at - back_m + dx * math.cos(h) + dy * math.sin(h)
            d[j, t] = dy * math.cos(h) - dx * math.sin(h)
            if t == 0:
                turn[j] = h
            # within a step nobody gets farther along the route than this
            lo, hi = max(0, at - 10), min(P, at + 11)


@njit(cache=True, nogil=True)
def quintic(s: float, target: float, d0: float, slope: float, shift: float) -> float:
    """Offset at s: from (d0, slope, 0) at 0 to (target, 0, 0) at `shift`, constant after it."""
    u = min(1.0, max(0.0, s / shift))
    u3 = u * u * u
    rise = u3 * (10.0 - 15.0 * u + 6.0 * u * u)
    lean = u - u3 * (6.0 - 8.0 * u + 3.0 * u * u)
    return d0 + (target - d0) * rise + slope * shift * lean


@njit(cache=True, nogil=True)
def _idm(v: float, wish: float, gap: float, pace: float, f: Follow) -> float:
    """Treiber et al. 2000, equations 2 and 3, see `idm.acceleration`."""
    ratio = v / wish
    free = max(-3.0, 1.0 - ratio * ratio * ratio * ratio)
    if math.isinf(gap):
        return f.accel * free
    close = v * (v - pace) / (2.0 * math.sqrt(f.accel * f.brake))
    desired = f.jam_m + max(0.0, v * f.headway_s + close)
    pull = desired / max(gap, 0.1)
    return f.accel * (free - pull * pull)


@njit(cache=True, nogil=True)
def roll(js: Float64, jd: Float64, jspeed: Float64, jhalf: Float64, jreach: Float64,
         ahead: Int64, target: Float64, wish: Float64, shift: Float64, caps: Float64, d0: float,
         slope: float, stop_at: float, f: Follow, s: Float64, d: Float64, v: Float64, a: Float64,
         leader: Int64, gap0: Float64, ttc: Float64) -> None:
    """Drive every candidate.

    Args:
        js: float64 [J, T + 1], stations of the tracks' middles. jd: their offsets.
        jd: See above.
        jspeed: float64 [J], speeds along the route, m/s.
        jhalf: float64 [J], half extents along the route, m.
        jreach: float64 [J], half extents across it and the room that is kept, m.
        ahead: int64 [L], steps ahead at which a track in the way counts as a leader.
        target: float64 [Q], lateral targets, m.
        wish: float64 [Q], wanted speeds, m/s.
        shift: float64 [Q], way that each shift takes, m.
        caps: float64 [P], greatest speed at each point of the route.
        d0: Offset now.
        slope: Its slope.
        stop_at: Distance to a closed stop line; a large number for none.
        f: How to follow.
        s: float64 [Q, T + 1]; written, like all that follow. d, v, a: likewise, column 0 given.
        d: See above.
        v: See above.
        a: See above.
        leader: int64 [Q], what limits the first step; -1 nothing, -2 the line.
        gap0: float64 [Q], gap to the leader at the first step.
        ttc: float64 [Q], least time to collision with a leader.
    """
    Q, steps = s.shape[0], s.shape[1] - 1
    J = js.shape[0]
    for q in range(Q):
        ttc[q] = np.inf
        for k in range(steps):
            here, speed = s[q, k], v[q, k]
            gap, pace, who = np.inf, 0.0, -1
            for n in range(ahead.size):
                t = min(steps, k + ahead[n])
                for j in range(J):
                    if js[j, t] <= here + f.axle_m:
                        continue
                    room = js[j, t] - jhalf[j] - here - f.nose_m
                    if room >= gap:
                        continue
                    mine = quintic(max(0.0, js[j, t]), target[q], d0, slope, shift[q])
                    off = abs(jd[j, t] - mine)
                    # who is beside the nose and not before it is no leader
                    if off < jreach[j] and (room > 0.0 or off < BESIDE_M):
                        gap, pace, who = room, jspeed[j], j
            i = min(caps.size - 1, max(0, int(here + f.back_m)))
            want = max(0.1, min(wish[q], caps[i]))
            pull = _idm(speed, want, gap, pace, f)
            if stop_at < 1e8:
                held = _idm(speed, want, max(0.05, stop_at - f.nose_m - here + f.jam_m - 0.8), 0.0,
                            f)
                if held < pull:
                    pull = held
                    if k == 0:
                        who = GATE
            if k == 0:
                leader[q], gap0[q] = who, gap
            if speed - pace > 0.1 and gap < 1e6:
                ttc[q] = min(ttc[q], max(gap, 0.0) / (speed - pace))
            pull = min(a[q, k] + f.jerk_up * f.step_s, max(a[q, k] - f.jerk_down * f.step_s, pull))
            pull = min(STRONGEST, max(HARDEST, pull))
            if speed <= 0.0 and pull < 0.0:
                pull = 0.0
            a[q, k + 1] = pull
            v[q, k + 1] = max(0.0, speed + pull * f.step_s)
            s[q, k + 1] = here + 0.5 * (speed + v[q, k + 1]) * f.step_s
            d[q, k + 1] = quintic(s[q, k + 1], target[q], d0, slope, shift[q])


@njit(cache=True, nogil=True)
def strike(x: Float64, y: Float64, yaw: Float64, ox: Float64, oy: Float64, oyaw: Float64,
           oreach: Float64, oroom: Float64, counts: npt.NDArray[np.bool_], steps: int,
           axle_m: float, hit: Int64, victim: Int64) -> None:
    """First step at which circles along both bodies overlap.

    Args:
        x: float64 [Q, T + 1], rear axle of the candidates. y, yaw: likewise.
        y: See above.
        yaw: See above.
        ox: float64 [J, T + 1], middles of the tracks. oy, oyaw: likewise.
        oy: See above.
        oyaw: See above.
        oreach: float64 [J], from a track's middle to its outermost circle, m.
        oroom: float64 [J], distance of two circles' middles at which they touch, m.
        counts: bool [J], whether a track can be run into.
        steps: Steps looked at.
        axle_m: From the rear axle to the middle of the body.
        hit: int64 [Q]; written: the step, or T + 1.
        victim: int64 [Q]; written: the track, or -1.
    """
    Q, J = x.shape[0], ox.shape[0]
    for q in range(Q):
        hit[q] = x.shape[1]
        victim[q] = -1
        for k in range(steps):
            c, n = math.cos(yaw[q, k]), math.sin(yaw[q, k])
            for j in range(J):
                if not counts[j]:
                    continue
                dx, dy = ox[j, k] - x[q, k] - axle_m * c, oy[j, k] - y[q, k] - axle_m * n
                far = oreach[j] + oroom[j] + 1.5
                if dx * dx + dy * dy > far * far:
                    continue
                jc, jn = math.cos(oyaw[j, k]) * oreach[j], math.sin(oyaw[j, k]) * oreach[j]
                for mine in BODY_CIRCLES:
                    for theirs in OTHER_CIRCLES:
                        ex = dx + theirs * jc - mine * c
                        ey = dy + theirs * jn - mine * n
                        if ex * ex + ey * ey < oroom[j] * oroom[j]:
                            hit[q], victim[q] = k, j
                if victim[q] >= 0:
                    break
            if victim[q] >= 0:
                break
