"""The fleet: who is out, where and doing what; stars, pace and readiness to accept.

Shape letters: D drivers, N nodes, M arcs, L route capacity.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.movement_kernels import Roads, Vehicles
from engine.dispatch.network import MOTORWAY, Network, tails
from engine.dispatch.params import DispatchParams
from engine.dispatch.streams import ACCEPT, ATTEND, RESPOND, UInt64, keys, pairwise, uniform
from engine.dispatch.zones import HOURLY

Bool = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

ABSENT, IDLE, PICKUP, RIDING, MOVING = range(5)
POOLED: Final = 7
MOST_PLANNED: Final = 8
"""Riders in one plan: four aboard at most, and four more to come."""
_GROUP: Final = 1 << 41
_DAY_S: Final = 86_400.0
_ROUTE_ARCS: Final = 256
_CRUISE_S: Final = 150.0
_FAR_S: Final = 900.0
"""Pickup time at which acceptance has fallen by a factor e."""


class Fleet:
    """All drivers.

    Attributes:
        state: uint8 [D], ABSENT, IDLE, PICKUP, RIDING or MOVING (repositioning).
        vehicles: Where they are and drive; see `movement_kernels.Vehicles`.
        key: uint64 [D].
        rating: float32 [D], stars in [1, 5].
        riders: int32 [D, MOST_PLANNED], slots assigned or aboard, -1 where none.
        shift_begin_s, shift_end_s: float64 [D], seconds of the day; the end may be past midnight.
        stays_until_s: float64 [D], called out by surge until then.
        since_s: float64 [D], when the present state began.
        earned: float64 [D].
        rides: int64 [D], completed.
    """

    def __init__(self, network: Network, params: DispatchParams, seed: int,
                 home_weight: Float64) -> None:
        """Place every driver at home.

        Args:
            network: Roads.
            params: Number of drivers and their shifts.
            seed: Of the run.
            home_weight: float64 [N], where drivers live, not negative and not all 0.
        """
        count = params.drivers
        self.key: UInt64 = keys(seed, _GROUP, count)
        rng = np.random.default_rng((seed, _GROUP))
        nodes = rng.choice(len(network.x), count, p=home_weight / home_weight.sum())
        into = np.full(len(network.x), -1, np.int64)
        slow_last = np.argsort(-network.rank.astype(np.int64), kind="stable")
        into[network.head[slow_last]] = slow_last
        arc = into[nodes].astype(np.int32)
        # ratings of large platforms crowd near five stars
        self.rating: Float32 = np.clip(5.0 - rng.gamma(2.0, 0.11, count), 1.0, 5.0).astype(
            np.float32)
        pace = 1.0 + 0.12 * rng.random(count)
        self.vehicles = Vehicles(
            arc, network.length_m[arc].copy(), np.zeros((count, _ROUTE_ARCS), np.int32),
            np.zeros(count, np.int32), np.zeros(count, np.int32), np.zeros(count),
            pace.astype(np.float32), np.full(count, -np.inf), np.zeros(count, np.int64),
            self.key, np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count))
        self.shift_begin_s, self.shift_end_s = _shifts(params, count, rng)
        self.state: UInt8 = np.zeros(count, np.uint8)
        self.riders: Int32 = np.full((count, MOST_PLANNED), -1, np.int32)
        self.stays_until_s: Float64 = np.full(count, -np.inf)
        self.since_s: Float64 = np.full(count, params.start_h * 3600.0)
        self.earned: Float64 = np.zeros(count)
        self.rides: Int64 = np.zeros(count, np.int64)
        self._attend = uniform(self.key, ATTEND)

    @property
    def online_s(self) -> Float64:
        """Time out since the start, float64 [D]."""
        return self.vehicles.online_s

    @property
    def occupied_s(self) -> Float64:
        """Time with a rider aboard since the start, float64 [D]."""
        return self.vehicles.occupied_s

    @property
    def loaded_m(self) -> Float64:
        """Metres with a rider aboard since the start, float64 [D]."""
        return self.vehicles.loaded_m

    @property
    def empty_m(self) -> Float64:
        """Metres without a rider since the start, float64 [D]."""
        return self.vehicles.driven_m - self.vehicles.loaded_m

    @property
    def count(self) -> int:
        """D."""
        return len(self.state)

    def on_duty(self, now_s: float, params: DispatchParams) -> Bool:
        """Who should be out now, bool [D]."""
        time_s = now_s % _DAY_S
        begin, end = self.shift_begin_s, self.shift_end_s
        inside = ((begin <= time_s) & (time_s < end)) | (time_s < end - _DAY_S)
        called = self.stays_until_s > now_s
        return np.asarray((inside & (self._attend * 100.0 < params.out_percent)) | called, np.bool_)

    def attend(self, now_s: float, params: DispatchParams) -> tuple[Int64, Int64]:
        """Begin and end shifts; who is under way ends when done.

        Returns:
            Drivers that came out and drivers that went home.
        """
        duty = self.on_duty(now_s, params)
        come = np.flatnonzero(duty & (self.state == ABSENT))
        go = np.flatnonzero(~duty & ((self.state == IDLE) | (self.state == MOVING)))
        self.state[come] = IDLE
        self.since_s[come] = now_s
        self.vehicles.ready_s[come] = now_s
        self.vehicles.cruise_until_s[come] = now_s + _CRUISE_S if params.cruising else -np.inf
        self.state[go] = ABSENT
        self.since_s[go] = now_s
        self.stop(go)
        return come, go

    def stop(self, who: Int64) -> None:
        """Take the rest of their routes away."""
        self.vehicles.at[who] = 0
        self.vehicles.end[who] = 0

    def rest(self, driver: int, now_s: float, params: DispatchParams) -> None:
        """A driver has nothing to do any more."""
        self.state[driver] = IDLE
        self.since_s[driver] = now_s
        self.vehicles.at[driver] = self.vehicles.end[driver] = 0
        self.vehicles.cruise_until_s[driver] = (
            now_s + _CRUISE_S if params.cruising else -np.inf)

    def send(self, driver: int, route: Int32, state: int, now_s: float) -> None:
        """Give a driver a route (int32 arcs from the head of its present arc) and a state."""
        if len(route) > self.vehicles.route.shape[1]:
            self._widen(len(route))
        v = self.vehicles
        v.route[driver, :len(route)] = route
        v.at[driver], v.end[driver] = 0, len(route)
        if self.state[driver] != state:
            self.since_s[driver] = now_s
        self.state[driver] = state

    def accepts(self, drivers: Int32, rider: UInt64, pickup_s: Float32,
                params: DispatchParams) -> Bool:
        """Whether each driver takes the offer, bool [K]; the same pair always answers alike.

        Args:
            drivers: int32 [K].
            rider: uint64 [K], riders' keys.
            pickup_s: float32 [K], way to the rider.
            params: Acceptance.
        """
        if params.acceptance_percent >= 100.0:
            return np.ones(len(drivers), np.bool_)
        chance = params.acceptance_percent / 100.0 * np.exp(
            -np.maximum(pickup_s.astype(np.float64) - 240.0, 0.0) / _FAR_S)
        return np.asarray(pairwise(self.key[drivers], rider, ACCEPT) < chance, np.bool_)

    def answer_surge(self, now_s: float, surge: Float64, params: DispatchParams,
                     every_s: float, lasts_s: float) -> Int64:
        """Drivers at home come out where fares are high.

        Args:
            now_s: Time; the draw belongs to (driver, now).
            surge: float64 [D], highest multiplier within reach of each.
            params: Response.
            every_s: Time since the last call.
            lasts_s: How long they stay.

        Returns:
            Who comes.
        """
        chance = params.driver_response * np.maximum(surge - 1.0, 0.0) * every_s / 300.0
        draw = uniform(self.key ^ np.uint64(int(now_s)), RESPOND)
        come = np.flatnonzero((self.state == ABSENT) & (draw < chance))
        self.stays_until_s[come] = now_s + lasts_s
        return come

    def _widen(self, arcs: int) -> None:
        wide = np.zeros((self.count, 2 * max(arcs, self.vehicles.route.shape[1])), np.int32)
        wide[:, :self.vehicles.route.shape[1]] = self.vehicles.route
        self.vehicles = self.vehicles._replace(route=wide)


def roads(network: Network, seed: int) -> Roads:
    """The network as driving needs it, with signals where larger streets cross.

    Args:
        network: Roads.
        seed: Of the city's signals; the same city has the same signals in every run.
    """
    tail = tails(network)
    arms = np.bincount(network.head, minlength=len(network.x))
    big = np.zeros(len(network.x), np.int64)
    np.add.at(big, network.head[network.rank >= 1], 1)
    crossing = (arms >= 3) & (big >= 2)
    motorway = network.rank == MOTORWAY
    crossing[network.head[motorway]] = False
    phase = np.random.default_rng(seed).random(len(network.x))
    # arms of a crossing show red in turn: east–west against north–south
    dx = network.x[network.head] - network.x[tail]
    dy = network.y[network.head] - network.y[tail]
    across = np.where(np.abs(dx) > np.abs(dy), 0.0, 0.5)
    signal = np.where(crossing[network.head], (phase[network.head] + across) % 1.0, -1.0)
    return Roads(network.first, network.head, tail, network.length_m, network.rank,
                 signal.astype(np.float32))


def _shifts(params: DispatchParams, count: int, rng: np.random.Generator
            ) -> tuple[Float64, Float64]:
    """Begin and end by the hour's demand: middles of shifts are drawn from it."""
    hourly = np.array(HOURLY[params.day])
    length = np.clip(rng.normal(params.shift_h, 0.15 * params.shift_h, count), 0.5, 24.0) * 3600.0
    hour = rng.choice(24, count, p=hourly / hourly.sum())
    middle = (hour + rng.random(count)) * 3600.0
    begin = (middle - 0.5 * length) % _DAY_S
    return begin, begin + length
