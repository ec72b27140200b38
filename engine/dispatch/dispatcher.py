"""The dispatch cycle: a snapshot, a matching, offers, and what drivers say to them.

Every `batch_window_s` the waiting riders meet the free drivers. An optimal batch with re-assignment
also reconsiders, every `reassign_every_s`, drivers who are on their way to a pickup: a rider keeps
the driver he has until one who has accepted already is better for all together, and none loses his
driver without getting another.

Shape letters: R riders, D drivers, K candidate pairs.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.dispatch import score
from engine.dispatch.drivers import IDLE, MOVING, PICKUP
from engine.dispatch.matching import NONE, Matching, Problem
from engine.dispatch.movement_kernels import ahead, rest
from engine.dispatch.params import DispatchParams
from engine.dispatch.policies import decide, weights
from engine.dispatch.riders import ASSIGNED, NOBODY, WAITING
from engine.dispatch.shortlist import Asking, Offering, shortlist
from engine.dispatch.streams import ARM, uniform

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

STAY_S: Final = np.float32(12.0)
"""What a swap must save at least: the present driver counts as this much nearer."""
_SETTLED_S: Final = 45.0
"""Nearer than this to the rider a driver is left alone."""
_OLD_S: Final = 600.0
"""A wait that gives a rider the most precedence a rider without a driver has."""


class Snapshot(NamedTuple):
    """One round as the policies see it.

    slot: int32 [R], riders in order of asking.
    driver: int32 [D], drivers.
    problem: Their candidates; `problem.driver` indexes `driver`.
    promised: bool [R], riders who have a driver already.
    present: int32 [R], index of that driver, NONE where none.
    precedence: float64 [R].
    """

    slot: Int32
    driver: Int32
    problem: Problem
    promised: npt.NDArray[np.bool_]
    present: Int32
    precedence: Float64


class Why(NamedTuple):
    """Why a rider got a driver: the candidates of that round, nearest first.

    driver: int32 [K].
    time_s: float32 [K].
    distance_m: float32 [K].
    terms: float32 [K, 4].
    score: float32 [K].
    others: int32 [K], rider slot that got the driver in the same round, -1 for none.
    chosen: Index of the driver sent.
    policy: Name.
    """

    driver: Int32
    time_s: Float32
    distance_m: Float32
    terms: Float32
    score: Float32
    others: Int32
    chosen: int
    policy: str


class Round(NamedTuple):
    """What a round came to: riders and drivers in it, matched, gap (NaN: no proof), wall time."""

    riders: int
    drivers: int
    matched: int
    gap: float
    ms: float


class Dispatcher:
    """Runs the rounds.

    Attributes:
        why: Candidates of the round that gave a rider the present driver, by slot.
        cycles: Rounds so far that had riders.
        last: The latest round.
        proven: Whether every optimal batch so far was proven optimal.
        rounds: Rounds since the last sample; telemetry empties it.
    """

    def __init__(self, world: DispatchSimulation) -> None:
        self._world = world
        self.why: dict[int, Why] = {}
        self.cycles = 0
        self.last = Round(0, 0, 0, float("nan"), 0.0)
        self.proven = True
        self.rounds: list[Round] = []
        self._other: DispatchParams | None = None

    def split_with(self, params: DispatchParams) -> None:
        """Give half of the riders to other knobs from now on; both halves share the drivers."""
        self._other = params

    @property
    def splits(self) -> bool:
        """Whether riders are split between two policies."""
        return self._other is not None

    def arm(self, slots: Int32) -> Int64:
        """Half each rider is in, int64 [K] of 0 and 1; a rider's own, whatever happens."""
        return (uniform(self._world.riders.key[slots], ARM) < 0.5).astype(np.int64)

    def tick(self, step: int) -> None:
        """Run the round that is due at a step, if any."""
        own = self._world.params
        if self._other is None:
            self._tick(step, own, None)
            return
        # neither half always chooses first
        arms = ((own, 0), (self._other, 1))
        for params, arm in arms if step % 4 else arms[::-1]:
            self._tick(step, params, arm)

    def run(self, *, swap: bool, params: DispatchParams | None = None, arm: int | None = None
            ) -> None:
        """One round.

        Args:
            swap: Whether drivers on their way to a pickup are reconsidered.
            params: Knobs; those in force if None.
            arm: Half of the riders to match; all if None.
        """
        started = perf_counter()
        world = self._world
        p = params or world.params
        seen = self.snapshot(p, swap=swap, arm=arm)
        if seen is None:
            return
        matching = decide(seen.problem, p.policy, p, seen.precedence)
        lost = seen.promised & (matching.driver_of == NONE)
        if lost.any():
            # one who has a driver would lose him: the promise stands, the waiting are matched alone
            self.run(swap=False, params=p, arm=arm)
            return
        if not np.isnan(matching.gap):
            self.proven &= matching.gap == 0.0
        world.shadow.observe(seen, matching, p, world.clock(world.now_s))
        self._carry_out(seen, matching, p)
        self.cycles += 1
        self.last = Round(len(seen.slot), len(seen.driver),
                          int(np.count_nonzero(matching.driver_of >= 0)), matching.gap,
                          (perf_counter() - started) * 1e3)
        self.rounds.append(self.last)

    def snapshot(self, p: DispatchParams, *, swap: bool, arm: int | None = None
                 ) -> Snapshot | None:
        """Riders, drivers and candidates of now; None if there is nobody to match."""
        world = self._world
        riders, fleet = world.riders, world.fleet
        waiting = (riders.state == WAITING) & ~riders.shares
        free = (fleet.state == IDLE) | (fleet.state == MOVING)
        if swap:
            slots = self._swappable()
            waiting[slots] = True
        slot = np.flatnonzero(waiting).astype(np.int32)
        if arm is not None:
            slot = slot[self.arm(slot) == arm]
        present = riders.driver[slot]
        free[present[present != NOBODY]] = True
        driver = np.flatnonzero(free).astype(np.int32)
        if not len(slot) or not len(driver):
            return None
        slot = slot[np.argsort(riders.number[slot])]
        world.fill_fields(slot)
        present = riders.driver[slot]
        asking = Asking(world.x[riders.origin[slot]], world.y[riders.origin[slot]],
                        riders.row[slot], riders.declined[slot], present)
        count, index, times, far = shortlist(
            asking, self.offering(driver), world.fields.rows, p.radius_km * 1000.0,
            p.longest_pickup_min * 60.0, p.candidates)
        used = np.arange(index.shape[1]) < count[:, None]
        rider = np.repeat(np.arange(len(slot)), count)
        index = index[used]
        time_s: Float32 = times[used]
        far_m: Float32 = far[used]
        kept = driver[index] == present[rider]
        # who has a driver is offered only those who have said yes already
        asks = (present[rider] != NOBODY) & ~kept
        fine = np.ones(len(rider), np.bool_)
        fine[asks] = fleet.accepts(driver[index[asks]], riders.key[slot[rider[asks]]],
                                   time_s[asks], p)
        rider, index, kept = rider[fine], index[fine], kept[fine]
        time_s, far_m = time_s[fine], far_m[fine]
        first = np.zeros(len(slot) + 1, np.int32)
        np.cumsum(np.bincount(rider, minlength=len(slot)), out=first[1:])
        counted_s = np.where(kept, np.maximum(time_s - STAY_S, 0), time_s).astype(np.float32)
        terms = score.terms(
            far_m, counted_s, fleet.rating[driver[index]], world.heading(driver[index]),
            world.bearing(slot)[rider], radius_m=p.radius_km * 1000.0,
            limit_s=p.longest_pickup_min * 60.0)
        promised = present != NOBODY
        age = np.clip((world.now_s - riders.asked_s[slot]) / _OLD_S, 0.0, 1.0)
        where = np.full(fleet.count, NONE, np.int32)
        where[driver] = np.arange(len(driver), dtype=np.int32)
        return Snapshot(
            slot, driver,
            Problem(len(driver), first, index.astype(np.int32), counted_s, far_m, terms),
            promised, np.where(promised, where[present], NONE).astype(np.int32),
            np.where(promised, 1.0, 0.25 * age))

    def offering(self, driver: Int32) -> Offering:
        """Drivers with the time until each is at the head of its arc and ready."""
        world = self._world
        v, streets = world.fleet.vehicles, world.streets
        rest_s = np.empty(len(driver), np.float32)
        rest_m = np.empty(len(driver), np.float32)
        rest(streets.roads, v, streets.drive_s, driver, rest_s, rest_m)
        rest_s += np.maximum(v.ready_s[driver] - world.now_s, 0.0).astype(np.float32)
        x, y = world.places(driver)
        return Offering(driver, x, y, streets.roads.head[v.arc[driver]], rest_s)

    # ---- private ------------------------------------------------------------------------------

    def _tick(self, step: int, p: DispatchParams, arm: int | None) -> None:
        step_s = self._world.step_s
        if step % max(1, round(p.batch_window_s / step_s)):
            return
        again = p.reassign and p.policy == "optimal batch"
        # in whole windows, so that the two rhythms meet
        every = max(1, round(p.reassign_every_s / p.batch_window_s)) * p.batch_window_s
        self.run(swap=again and step % max(1, round(every / step_s)) == 0, params=p, arm=arm)

    def _swappable(self) -> Int64:
        """Riders whose driver is still some way off and has nobody else."""
        world = self._world
        riders, fleet = world.riders, world.fleet
        slots = np.flatnonzero((riders.state == ASSIGNED) & ~riders.shares)
        alone = (fleet.state[riders.driver[slots]] == PICKUP) & (
            (fleet.riders[riders.driver[slots]] != NOBODY).sum(axis=1) == 1)
        slots = slots[alone]
        v, streets = fleet.vehicles, world.streets
        left_s = np.empty(len(slots), np.float32)
        left_m = np.empty(len(slots), np.float32)
        ahead(streets.roads, v, streets.drive_s, riders.driver[slots], left_s, left_m)
        return np.asarray(slots[left_s > _SETTLED_S], np.int64)

    def _carry_out(self, seen: Snapshot, matching: Matching, p: DispatchParams) -> None:
        world = self._world
        riders, rides = world.riders, world.rides
        changed = np.flatnonzero((matching.driver_of != NONE) &
                                 (matching.driver_of != seen.present))
        swaps = changed[seen.promised[changed]]
        for r in swaps.tolist():
            rides.release(int(seen.slot[r]))
        rides.swapped += len(swaps)
        taker = np.full(len(seen.driver), NOBODY, np.int32)
        matched = matching.driver_of >= 0
        taker[matching.driver_of[matched]] = seen.slot[matched]
        scores = score.score(seen.problem.terms, weights(p))
        pair = matching.pair[changed]
        driver = seen.driver[matching.driver_of[changed]]
        time_s = seen.problem.time_s[pair]
        yes = seen.promised[changed] | world.fleet.accepts(
            driver, riders.key[seen.slot[changed]], time_s, p)
        for r, d, t, ok in zip(changed.tolist(), driver.tolist(), time_s.tolist(), yes.tolist(),
                               strict=True):
            slot = int(seen.slot[r])
            if not ok:
                riders.decline(slot, d)
                rides.declined += 1
                world.log("decline", slot, d, t)
                continue
            self.why[slot] = self._why(seen, scores, r, int(matching.pair[r]), taker, p.policy)
            rides.assign(slot, d, t)

    def _why(self, seen: Snapshot, scores: Float32, r: int, pair: int, taker: Int32,
             policy: str) -> Why:
        problem = seen.problem
        span = slice(int(problem.rider_first[r]), int(problem.rider_first[r + 1]))
        index = problem.driver[span]
        return Why(seen.driver[index], problem.time_s[span], problem.distance_m[span],
                   problem.terms[span], scores[span], taker[index], pair - span.start,
                   policy)
