"""Who asks for a ride: inhomogeneous Poisson arrivals by zone, hour and event.

Arrivals are thinned from a stream of candidates with independent marks (Lewis and Shedler 1979,
doi:10.1002/nav.3800260304). A candidate's mark is its *level*; it asks when the rate in force, in
units of the stream's rate, is above its level. So more demand adds riders and moves nobody, and
every rider keeps origin, destination, patience and price limit under every policy.

Shape letters: K candidates or requests, Z zones, H 24 hours.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from engine.dispatch.network import Network
from engine.dispatch.params import DispatchParams
from engine.dispatch.streams import keys
from engine.dispatch.zones import HOURLY, Zones

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]

CHUNK_S: Final = 300.0
"""Candidates are drawn for this long at a time."""
UNIT_PER_DAY: Final = 5000.0
"""Requests a day that one level stands for."""
_LEVELS: Final = 16
_DAY_S: Final = 86_400.0
_CROWD_GROUP: Final = 1 << 40
_NEAR_CROWD_M: Final = 700.0


class Requests(NamedTuple):
    """People who open the app, in order of time.

    time_s: float64 [K], seconds since midnight of day 0.
    origin, destination: int32 [K], nodes.
    key: uint64 [K], what their other random numbers hang on.
    """

    time_s: Float64
    origin: Int32
    destination: Int32
    key: UInt64


class Source(Protocol):
    """Where requests come from: the model below, or a file of trips."""

    def until(self, now_s: float, params: DispatchParams, rain: bool) -> Requests:
        """Requests after the last call's time and up to `now_s`."""

    def crowd(self, now_s: float, x: float, y: float, riders: int, lasts_s: float,
              toward: bool) -> int:
        """Let a crowd leave (or come to) a place; returns how many will ask."""


class _Candidates(NamedTuple):
    """What is drawn of a candidate before it is known whether it asks; [K] each."""

    time_s: Float64
    level: Float64
    zone: Int64
    marks: Float64
    key: UInt64


class Demand:
    """The city's own demand model."""

    def __init__(self, network: Network, zones: Zones, seed: int, start_s: float) -> None:
        """Begin at `start_s`, seconds since midnight; all draws come from `seed`."""
        self._zones = zones
        self._x, self._y = network.x, network.y
        self._seed = seed
        self._now = start_s
        self._chunk = int(start_s // CHUNK_S)
        self._blocks = 0
        self._pool = _empty()
        self._crowds: list[Requests] = []
        self._reach_m = -1.0
        self._to: Float64 = np.zeros((24, 1, 1))

    def rate_per_s(self, time_s: float, params: DispatchParams, rain: bool = False) -> Float64:
        """Requests a second by zone, float64 [Z]."""
        hour = time_s / 3600.0 % 24.0
        whole, part = int(hour), hour % 1.0
        nxt = (whole + 1) % 24
        table = HOURLY[params.day]
        # profiles are given for the middle of an hour's stretch: straight lines between them
        volume = (1.0 - part) * table[whole] + part * table[nxt]
        share = (1.0 - part) * self._zones.origin[whole] + part * self._zones.origin[nxt]
        total = params.trips_per_day / sum(HOURLY["weekday"]) * volume / 3600.0
        return np.asarray(total * (1.35 if rain else 1.0) * share, np.float64)

    def until(self, now_s: float, params: DispatchParams, rain: bool) -> Requests:
        """Requests after the last call's time and up to `now_s`."""
        parts = []
        while self._now < now_s:
            end = min(now_s, (self._chunk + 1) * CHUNK_S)
            parts.append(self._stretch(end, params, rain))
            self._now = end
            if end >= (self._chunk + 1) * CHUNK_S:
                self._chunk += 1
                self._blocks = 0
                self._pool = _empty()
        parts += self._due_crowds(now_s)
        return _joined([p for p in parts if len(p.time_s)])

    def crowd(self, now_s: float, x: float, y: float, riders: int, lasts_s: float,
              toward: bool) -> int:
        """Let a crowd leave (or come to) a place; returns how many will ask.

        Args:
            now_s: Begin.
            x: Place, metres.
            y: Place, metres.
            riders: Mean number of requests, >= 0.
            lasts_s: Length; the rate is a triangle with its peak after a third.
            toward: Whether they come instead of leave.
        """
        rng = np.random.default_rng((self._seed, _CROWD_GROUP, int(now_s), int(toward)))
        count = int(rng.poisson(riders))
        zones = self._zones
        node = zones.nodes
        far = np.hypot(self._x[node] - x, self._y[node] - y)
        near = node[far <= max(_NEAR_CROWD_M, float(far.min()))]
        time_s = np.sort(now_s + lasts_s * rng.triangular(0.0, 1.0 / 3.0, 1.0, count))
        here = rng.choice(near, count).astype(np.int32)
        hour = int(now_s / 3600.0) % 24
        weight = zones.attraction[hour] if not toward else zones.origin[hour]
        zone = rng.choice(len(weight), count, p=weight / weight.sum())
        there = _pick(zones, zone, rng.random(count))
        group = _CROWD_GROUP + int(now_s)
        origin, destination = (there, here) if toward else (here, there)
        self._crowds.append(Requests(
            time_s, origin, _elsewhere(origin, destination, zones), keys(self._seed, group, count)))
        return count

    def _due_crowds(self, now_s: float) -> list[Requests]:
        due = []
        for i, c in enumerate(self._crowds):
            k = int(np.searchsorted(c.time_s, now_s, side="right"))
            due.append(_cut(c, slice(k)))
            self._crowds[i] = _cut(c, slice(k, None))
        self._crowds = [c for c in self._crowds if len(c.time_s)]
        return due

    def _stretch(self, end: float, params: DispatchParams, rain: bool) -> Requests:
        """Requests of (self._now, end], within one chunk."""
        zones = self._zones
        rate = self.rate_per_s(0.5 * (self._now + end), params, rain)
        level = rate / (UNIT_PER_DAY / _DAY_S * zones.mean)
        need = int(np.ceil(float(level.max()) / _LEVELS))
        if need > self._blocks:
            fresh = [self._draw(block) for block in range(self._blocks, need)]
            # the stretch before `_now` is over for levels that nobody needed then
            self._pool = _merged([self._pool, *fresh], self._now)
            self._blocks = need
        pool = self._pool
        k = int(np.searchsorted(pool.time_s, end, side="right"))
        now, self._pool = _taken(pool, slice(k)), _taken(pool, slice(k, None))
        asks = now.level < level[now.zone]
        if not asks.any():
            return _none()
        zone, marks = now.zone[asks], now.marks[asks]
        hour = int(end / 3600.0) % 24
        if self._reach_m != params.trip_km * 1000.0:
            self._reach_m = params.trip_km * 1000.0
            self._to = zones.destinations(self._reach_m)
        toward = (marks[:, :1] >= self._to[hour, zone]).sum(axis=1)
        origin = _pick(zones, zone, marks[:, 1])
        destination = _elsewhere(origin, _pick(zones, toward, marks[:, 2]), zones)
        return Requests(now.time_s[asks], origin, destination, now.key[asks])

    def _draw(self, block: int) -> _Candidates:
        """Candidates of `_LEVELS` levels over the present chunk."""
        rng = np.random.default_rng((self._seed, self._chunk, block))
        count = int(rng.poisson(_LEVELS * UNIT_PER_DAY * CHUNK_S / _DAY_S))
        time_s = (self._chunk + rng.random(count)) * CHUNK_S
        level = _LEVELS * (block + rng.random(count))
        zone = np.searchsorted(np.cumsum(self._zones.mean), rng.random(count), side="right")
        return _Candidates(
            time_s, level, np.minimum(zone, len(self._zones.x) - 1), rng.random((count, 3)),
            keys(self._seed, (self._chunk << 16) + block, count))


def _pick(zones: Zones, zone: Int64, mark: Float64) -> Int32:
    """A node of each zone."""
    first, last = zones.first[zone], zones.first[zone + 1]
    return np.asarray(zones.nodes[first + (mark * (last - first)).astype(np.int64)], np.int32)


def _elsewhere(origin: Int32, destination: Int32, zones: Zones) -> Int32:
    """Nobody asks for a ride to where he stands: the zone list's next node instead."""
    same = origin == destination
    if not same.any():
        return destination
    out = destination.copy()
    at = np.array([int(np.flatnonzero(zones.nodes == n)[0]) for n in destination[same]])
    out[same] = zones.nodes[(at + 1) % len(zones.nodes)]
    return out


def _empty() -> _Candidates:
    return _Candidates(np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 3)),
                       np.zeros(0, np.uint64))


def _none() -> Requests:
    return Requests(np.zeros(0), np.zeros(0, np.int32), np.zeros(0, np.int32),
                    np.zeros(0, np.uint64))


def _merged(parts: list[_Candidates], after_s: float) -> _Candidates:
    whole = _Candidates(
        np.concatenate([p.time_s for p in parts]), np.concatenate([p.level for p in parts]),
        np.concatenate([p.zone for p in parts]), np.concatenate([p.marks for p in parts]),
        np.concatenate([p.key for p in parts]))
    order = np.argsort(whole.time_s, kind="stable")
    return _taken(whole, order[whole.time_s[order] > after_s])


def _taken(c: _Candidates, which: slice | Int64) -> _Candidates:
    return _Candidates(c.time_s[which], c.level[which], c.zone[which], c.marks[which],
                       c.key[which])


def _cut(r: Requests, which: slice | Int64) -> Requests:
    return Requests(r.time_s[which], r.origin[which], r.destination[which], r.key[which])


def _joined(parts: list[Requests]) -> Requests:
    if not parts:
        return _none()
    if len(parts) == 1:
        return parts[0]
    whole = Requests(
        np.concatenate([p.time_s for p in parts]), np.concatenate([p.origin for p in parts]),
        np.concatenate([p.destination for p in parts]), np.concatenate([p.key for p in parts]))
    return _cut(whole, np.argsort(whole.time_s, kind="stable"))
