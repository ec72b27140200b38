"""What can happen to a ride: assigned, released, boarded, ended, given up; all is written down.

A driver's plan is the list of stops ahead. Whoever is assigned is in exactly one plan; boarding and
alighting take the first stop off it. This file alone changes riders and plans together, so that
nobody is booked twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch.drivers import PICKUP, RIDING
from engine.dispatch.movement_kernels import downhill
from engine.dispatch.riders import ABOARD, ASSIGNED, NOBODY, WAITING

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Int32 = npt.NDArray[np.int32]

_GRACE_S: Final = 300.0
"""A rider with a driver gives up this long after the promised time."""


class Stop(NamedTuple):
    """Where a driver goes next, and for whom.

    slot: Rider.
    pickup: Whether the rider gets in; else out.
    """

    slot: int
    pickup: bool


@dataclass(frozen=True, slots=True)
class Done:
    """A request that is over.

    Attributes:
        number: Of the rider.
        driver: Who drove; -1 for a rider who gave up.
        asked_s, assigned_s, boarded_s, ended_s: Times; NaN for what never came.
        wait_s: From asking to boarding, or to giving up.
        quoted_s: Promised way at the first assignment.
        direct_s, direct_m: The direct way when it was asked for.
        pickup_m: Driven by who came, from taking the rider to arriving; NaN for who gave up.
        fare: Paid, 0 if it came to nothing.
        surge: Multiplier of the fare.
        origin, destination: Nodes.
        arm: Half the rider was in, -1 where riders are not split.
    """

    number: int
    driver: int
    asked_s: float
    assigned_s: float
    boarded_s: float
    ended_s: float
    wait_s: float
    quoted_s: float
    direct_s: float
    direct_m: float
    pickup_m: float
    fare: float
    surge: float
    origin: int
    destination: int
    arm: int


class Rides:
    """Plans of all drivers, and what was driven of rides that go on.

    Attributes:
        plan: Stops ahead, by driver.
        track: Arcs driven with a rider aboard, by slot, in stretches.
        declined: Offers that drivers refused so far.
        swapped: Riders who got another driver before pickup so far.
    """

    def __init__(self, world: DispatchSimulation, drivers: int) -> None:
        self._world = world
        self.plan: list[list[Stop]] = [[] for _ in range(drivers)]
        self.track: dict[int, list[Int32]] = {}
        self.declined = 0
        self.swapped = 0

    def assign(self, slot: int, driver: int, pickup_s: float) -> None:
        """Give a waiting rider to a driver who has nobody, and send the driver.

        Args:
            slot: Rider, WAITING.
            driver: Driver without a plan.
            pickup_s: Promised way to the rider, seconds.
        """
        assert not self.plan[driver], "a driver serves one plan"
        self._take(slot, driver, pickup_s)
        self.plan[driver] = [Stop(slot, True), Stop(slot, False)]
        self.drive_on(driver)

    def replan(self, plans: Mapping[int, list[Stop]], pickup_s: Mapping[int, float]) -> None:
        """Give several drivers new plans at once; riders may change cars before pickup.

        Args:
            plans: Stops ahead by driver. Together they hold everybody these drivers were assigned,
                each once; who is aboard stays in the same car.
            pickup_s: Promised way by slot, of riders who are to be picked up.
        """
        world = self._world
        riders = world.riders
        changed = {d: stops for d, stops in plans.items() if stops != self.plan[d]}
        for driver in changed:
            for slot in world.fleet.riders[driver].tolist():
                if slot != NOBODY and riders.state[slot] == ASSIGNED and (
                        Stop(slot, True) not in plans[driver]):
                    self._untie(slot, driver)
                    self.swapped += 1
        for driver, stops in changed.items():
            for stop in stops:
                if stop.pickup and riders.driver[stop.slot] != driver:
                    self._take(stop.slot, driver, pickup_s[stop.slot])
        for driver, stops in changed.items():
            first = self.plan[driver][:1]
            self.plan[driver] = list(stops)
            if stops[:1] != first:
                world.arrivals.drop(driver)
                self.drive_on(driver)

    def release(self, slot: int) -> None:
        """Take an assigned rider from the driver; both are free again."""
        world = self._world
        riders = world.riders
        assert riders.state[slot] == ASSIGNED, "only who waits for a driver is released"
        driver = int(riders.driver[slot])
        world.arrivals.drop(driver)
        self._untie(slot, driver)
        self._strike(slot, driver)

    def arrive(self, driver: int, time_s: float) -> None:
        """A driver has come to the end of the route."""
        if not self.plan[driver]:
            self._world.fleet.rest(driver, time_s, self._world.params)
            return
        stop = self.plan[driver].pop(0)
        self._world.arrivals.end(driver, time_s)
        if stop.pickup:
            self._board(stop.slot, driver, time_s)
        else:
            self._alight(stop.slot, driver, time_s)
        self.drive_on(driver, time_s)

    def give_up(self, slot: int) -> None:
        """A rider leaves without a ride."""
        world = self._world
        riders = world.riders
        time_s = max(float(riders.leaves_s[slot]), world.now_s - world.step_s)
        if riders.state[slot] == ASSIGNED:
            driver = int(riders.driver[slot])
            world.arrivals.drop(driver)
            self._untie(slot, driver, time_s)
            self._strike(slot, driver)
        world.log("give up", slot, NOBODY, time_s - riders.asked_s[slot], time_s)
        self._close(slot, NOBODY, time_s, time_s - riders.asked_s[slot], 0.0)

    def drive_on(self, driver: int, now_s: float | None = None) -> None:
        """Send a driver to the first stop of the plan, or to rest."""
        world = self._world
        fleet = world.fleet
        now = world.now_s if now_s is None else now_s
        if not self.plan[driver]:
            fleet.rest(driver, now, world.params)
            return
        stop = self.plan[driver][0]
        aboard = [int(s) for s in fleet.riders[driver]
                  if s != NOBODY and world.riders.state[s] == ABOARD]
        route = self._route(driver, stop)
        for slot in aboard:
            self.track.setdefault(slot, []).append(route)
        fleet.send(driver, route, RIDING if aboard else PICKUP, now)
        world.arrivals.begin(driver)

    def reroute(self, closed: npt.NDArray[np.bool_]) -> None:
        """Find other ways for all whose way leads over closed arcs, bool [M]."""
        world = self._world
        v, fleet = world.fleet.vehicles, world.fleet
        for slot, way in world.riders.way.items():
            if closed[way].any():
                r = world.riders
                world.riders.way[slot] = world.streets.router.path(
                    int(r.origin[slot]), int(r.destination[slot]))
        for driver in np.flatnonzero(v.at < v.end).tolist():
            if not closed[v.route[driver, v.at[driver]:v.end[driver]]].any():
                continue
            head = int(world.streets.roads.head[v.arc[driver]])
            last = int(world.streets.roads.head[v.route[driver, v.end[driver] - 1]])
            route = world.streets.router.path(head, last)
            world.arrivals.drop(driver)
            fleet.send(driver, route, int(fleet.state[driver]), world.now_s)

    # ---- private ------------------------------------------------------------------------------

    def _route(self, driver: int, stop: Stop) -> Int32:
        """Arcs from the head of a driver's arc to a stop."""
        world = self._world
        riders, streets = world.riders, world.streets
        head = int(streets.roads.head[world.fleet.vehicles.arc[driver]])
        if stop.pickup:
            row = world.fields.rows[riders.row[stop.slot]]
            count = downhill(streets.roads, streets.route_s, row, head, world.scratch)
            if count >= 0:
                return world.scratch[:count].copy()
            return streets.router.path(head, int(riders.origin[stop.slot]))
        if head == riders.origin[stop.slot]:
            return riders.way[stop.slot]
        return streets.router.path(head, int(riders.destination[stop.slot]))

    def _board(self, slot: int, driver: int, time_s: float) -> None:
        world = self._world
        riders = world.riders
        riders.state[slot] = ABOARD
        riders.boarded_s[slot] = time_s
        riders.leaves_s[slot] = np.inf
        riders.taken_m[slot] = world.fleet.vehicles.driven_m[driver] - riders.taken_m[slot]
        world.fields.give_back(int(riders.row[slot]))
        riders.row[slot] = -1
        world.fleet.vehicles.ready_s[driver] = time_s + riders.kerb_s[slot, 0]
        world.log("board", slot, driver, time_s - riders.asked_s[slot], time_s)

    def _alight(self, slot: int, driver: int, time_s: float) -> None:
        world = self._world
        riders, fleet = world.riders, world.fleet
        fleet.riders[driver][fleet.riders[driver] == slot] = NOBODY
        fare = float(riders.fare[slot])
        fleet.earned[driver] += fare * (1.0 - world.params.commission_percent / 100.0)
        fleet.rides[driver] += 1
        fleet.vehicles.ready_s[driver] = time_s + riders.kerb_s[slot, 1]
        world.log("alight", slot, driver, fare, time_s)
        self._close(slot, driver, time_s, float(riders.boarded_s[slot] - riders.asked_s[slot]),
                    fare)

    def _take(self, slot: int, driver: int, pickup_s: float) -> None:
        """Tie a waiting rider to a driver."""
        world = self._world
        riders, fleet, now = world.riders, world.fleet, world.now_s
        assert riders.state[slot] == WAITING, "only a waiting rider is assigned"
        riders.state[slot] = ASSIGNED
        riders.driver[slot] = driver
        if np.isnan(riders.assigned_s[slot]):
            riders.assigned_s[slot] = now
            riders.quoted_s[slot] = pickup_s
        riders.leaves_s[slot] = max(riders.leaves_s[slot], now + pickup_s + _GRACE_S)
        riders.taken_m[slot] = fleet.vehicles.driven_m[driver]
        seats = fleet.riders[driver]
        assert (seats == NOBODY).any(), "a plan holds so many riders"
        seats[int(np.argmax(seats == NOBODY))] = slot
        world.log("assign", slot, driver, pickup_s)

    def _untie(self, slot: int, driver: int, time_s: float | None = None) -> None:
        """Take a rider who is not aboard from a driver; the plan is the caller's to mend."""
        world = self._world
        seats = world.fleet.riders[driver]
        seats[seats == slot] = NOBODY
        world.riders.state[slot] = WAITING
        world.riders.driver[slot] = NOBODY
        world.log("release", slot, driver, 0.0, time_s)

    def _strike(self, slot: int, driver: int) -> None:
        """Take a rider's stops out of a driver's plan."""
        self.plan[driver] = [s for s in self.plan[driver] if s.slot != slot]
        self.drive_on(driver)

    def _close(self, slot: int, driver: int, time_s: float, wait_s: float, fare: float) -> None:
        world = self._world
        r = world.riders
        stretches = self.track.pop(slot, [])
        track = np.concatenate(stretches) if stretches else np.zeros(0, np.int32)
        arm = -1
        if world.dispatcher.splits:
            arm = int(world.dispatcher.arm(np.array([slot], np.int32))[0])
        done = Done(
            int(r.number[slot]), driver, float(r.asked_s[slot]), float(r.assigned_s[slot]),
            float(r.boarded_s[slot]), time_s, wait_s, float(r.quoted_s[slot]),
            float(r.direct_s[slot]), float(r.direct_m[slot]),
            float(r.taken_m[slot]) if driver != NOBODY else np.nan, fare, float(r.surge[slot]),
            int(r.origin[slot]), int(r.destination[slot]), arm)
        world.tally.ended(done, track)
        if r.row[slot] >= 0:
            world.fields.give_back(int(r.row[slot]))
            r.row[slot] = -1
        world.dispatcher.why.pop(slot, None)
        r.leave(slot, completed=driver != NOBODY)
