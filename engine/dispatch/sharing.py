"""Rides shared by up to four: who agreed to share is planned together with cars that may be shared.

A round takes the riders who share and wait, the cars nearest to them (free ones, and cars that
carry or fetch none but sharers), and the riders those cars are on their way to. `pooling` finds the
best plans for all of them. A rider who has a car keeps a car: leaving one waiting costs more than
any detour, and a result that did it all the same is not carried out.

Shape letters: R riders, V cars, O riders aboard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from engine.dispatch import pooling
from engine.dispatch.drivers import IDLE, MOVING
from engine.dispatch.riders import ABOARD, ASSIGNED, NOBODY, WAITING
from engine.dispatch.rides import Stop
from engine.dispatch.shortlist import Asking, shortlist

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

EVERY_S: Final = 10.0
"""Time between two rounds; planning groups costs more than matching pairs."""
_ASKED: Final = 6
_OFFERED: Final = 16
"""Cars a rider is offered to: more than are looked for, so that the one a rider has is in."""
_MOST_RIDERS: Final = 40
"""Waiting riders a round, the oldest first: where cars are scarce, more would wait all the same."""
_MOST_TRIPS: Final = 80
_WORTH_S: Final = 3600.0
_PROMISED_S: Final = 36_000.0
_WAIT_S: Final = 180.0
"""Longest a sharer waits beyond the nearest car's way; half of it may come on top of the detour."""
_GRAIN_S: Final = 1.0
"""Above the rounding of times: the plan in force always stays one of those allowed."""


class Sharing:
    """Plans shared rides.

    Attributes:
        rounds: Rounds so far.
        kept: Rounds in which a promise would have been broken, so that cars under way to somebody
            kept their plans.
    """

    def __init__(self, world: DispatchSimulation) -> None:
        self._world = world
        self.rounds = 0
        self.kept = 0

    def tick(self, step: int) -> None:
        """Run the round that is due at a step, if any."""
        if step % round(EVERY_S / self._world.step_s) == 0:
            self.run()

    def run(self) -> None:
        """One round."""
        world = self._world
        r = world.riders
        waiting = np.flatnonzero((r.state == WAITING) & r.shares).astype(np.int32)
        if not len(waiting):
            return
        waiting = waiting[np.argsort(r.number[waiting])][:_MOST_RIDERS]
        cars, soonest_s = self._cars(waiting)
        self.rounds += 1
        if self._plan(waiting, soonest_s, cars):
            return
        # too many groups to find the one in force: cars that are to fetch somebody keep their plans
        self.kept += 1
        r, seats = world.riders, world.fleet.riders[cars]
        fetching = ((seats != NOBODY) & (r.state[seats] == ASSIGNED)).any(axis=1)
        self._plan(waiting, soonest_s, cars[~fetching])

    # ---- private ------------------------------------------------------------------------------

    def _plan(self, waiting: Int32, soonest_s: Float32, cars: Int32) -> bool:
        """Plan some cars anew; False, and nothing done, if a promise would be broken."""
        world = self._world
        r = world.riders
        if not len(cars):
            return True
        coming = [int(s) for d in cars.tolist() for s in world.fleet.riders[d]
                  if s != NOBODY and r.state[s] == ASSIGNED]
        slots = np.concatenate([waiting, np.array(coming, np.int32)]).astype(np.int32)
        eta = self._planned(cars)
        riders = self._riders(slots, soonest_s, eta)
        vehicles, aboard = self._vehicles(cars, eta)
        plans = pooling.pool(world.streets.router, riders, vehicles, asked=_OFFERED,
                             most=_MOST_TRIPS)
        if (plans.vehicle_of[len(waiting):] < 0).any():
            return False
        world.rides.replan(self._stops(cars, slots, aboard, plans),
                           self._pickups(slots, plans))
        return True

    def _cars(self, waiting: Int32) -> tuple[Int32, Float32]:
        """Cars among the nearest of any waiting rider, int32 [V]; seconds to each one's nearest."""
        world = self._world
        r, fleet, p = world.riders, world.fleet, world.params
        free = (fleet.state == IDLE) | (fleet.state == MOVING)
        taken = fleet.riders != NOBODY
        sharers = taken.any(axis=1) & (~taken | r.shares[fleet.riders]).all(axis=1)
        driver = np.flatnonzero(free | sharers).astype(np.int32)
        if not len(driver):
            return driver, np.zeros(0, np.float32)
        world.fill_fields(waiting)
        asking = Asking(world.x[r.origin[waiting]], world.y[r.origin[waiting]], r.row[waiting],
                        r.declined[waiting], r.driver[waiting])
        count, index, time_s, _ = shortlist(
            asking, world.dispatcher.offering(driver), world.fields.rows, p.radius_km * 1000.0,
            p.longest_pickup_min * 60.0, _ASKED)
        used = np.arange(index.shape[1]) < count[:, None]
        return np.unique(driver[index[used]]), time_s[:, 0]

    def _planned(self, cars: Int32) -> dict[tuple[int, bool], float]:
        """Seconds from now to each stop of the cars' present plans, by (slot, pickup)."""
        world = self._world
        r, plan = world.riders, world.rides.plan
        offering = world.dispatcher.offering(cars)
        source: list[int] = []
        target: list[int] = []
        for head, driver in zip(offering.head.tolist(), cars.tolist(), strict=True):
            here = head
            for stop in plan[driver]:
                there = int((r.origin if stop.pickup else r.destination)[stop.slot])
                source.append(here)
                target.append(there)
                here = there
        leg = world.streets.router.pair_times(np.array(source, np.int32),
                                              np.array(target, np.int32))
        out: dict[tuple[int, bool], float] = {}
        k = 0
        for rest_s, driver in zip(offering.rest_s.tolist(), cars.tolist(), strict=True):
            clock = rest_s
            for stop in plan[driver]:
                clock += float(leg[k])
                k += 1
                out[stop.slot, stop.pickup] = clock
        return out

    def _riders(self, slots: Int32, soonest_s: Float32, eta: dict[tuple[int, bool], float]
                ) -> pooling.Riders:
        """Limits of riders who are not aboard.

        Both count from when the nearest car could have been there, and stand once there is a car:
        what sharing adds is a wait and a detour. They give way only as far as kerbs and red lights,
        which planning does not know of, have delayed the plan in force.
        """
        world = self._world
        r, p = world.riders, world.params
        new = slots[:len(soonest_s)]
        there = world.now_s + np.where(np.isfinite(soonest_s), soonest_s, 0.0)
        r.agreed_s[new, 0] = there + _WAIT_S
        r.agreed_s[new, 1] = there + 0.5 * _WAIT_S + r.direct_s[new] * (
            1.0 + p.pool_detour_percent / 100.0)
        pickup, arrival = (r.agreed_s[slots] - world.now_s).T
        for i, slot in enumerate(slots.tolist()):
            if (slot, True) in eta:
                pickup[i] = max(pickup[i], eta[slot, True] + _GRAIN_S)
                arrival[i] = max(arrival[i], eta[slot, False] + _GRAIN_S)
        worth = np.where(r.state[slots] == ASSIGNED, _PROMISED_S, _WORTH_S)
        return pooling.Riders(r.origin[slots], r.destination[slots], pickup.astype(np.float32),
                              arrival.astype(np.float32), worth.astype(np.float32))

    def _vehicles(self, cars: Int32, eta: dict[tuple[int, bool], float]
                  ) -> tuple[pooling.Vehicles, list[int]]:
        """Cars with who is aboard, and the slots of those in order."""
        world = self._world
        r = world.riders
        offering = world.dispatcher.offering(cars)
        first = [0]
        aboard: list[int] = []
        latest: list[float] = []
        for driver in cars.tolist():
            for stop in world.rides.plan[driver]:
                if stop.pickup or r.state[stop.slot] != ABOARD:
                    continue
                aboard.append(stop.slot)
                agreed = float(r.agreed_s[stop.slot, 1]) - world.now_s
                latest.append(max(agreed, eta[stop.slot, False] + _GRAIN_S))
            first.append(len(aboard))
        return pooling.Vehicles(
            offering.head, offering.rest_s, np.array(first, np.int32),
            r.destination[np.array(aboard, np.int32)] if aboard else np.zeros(0, np.int32),
            np.array(latest, np.float32)), aboard

    def _stops(self, cars: Int32, slots: Int32, aboard: list[int], plans: pooling.Plans
               ) -> dict[int, list[Stop]]:
        out = {}
        for v, driver in enumerate(cars.tolist()):
            span = slice(int(plans.stop_first[v]), int(plans.stop_first[v + 1]))
            out[driver] = [
                Stop(int(slots[k]) if k >= 0 else aboard[-1 - k], kind == pooling.PICKUP)
                for k, kind in zip(plans.rider[span].tolist(), plans.kind[span].tolist(),
                                   strict=True)]
        return out

    def _pickups(self, slots: Int32, plans: pooling.Plans) -> dict[int, float]:
        """Promised seconds to each pickup, by slot."""
        return {int(slots[k]): s for k, kind, s in zip(
            plans.rider.tolist(), plans.kind.tolist(), plans.arrival_s.tolist(), strict=True)
            if k >= 0 and kind == pooling.PICKUP}
