"""Turns what happens in the city into points, flows between districts and trips to replay.

Shape letters: D drivers, H cells, K districts.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.drivers import ABSENT
from engine.dispatch.metrics import SAMPLE_STEPS, STATES, gini
from engine.dispatch.picture import riders_aboard, unit_m
from engine.dispatch.riders import ASSIGNED, WAITING
from engine.dispatch.rides import Done

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

_HOUR_S: Final = 3600.0
_MOST_TRIPS: Final = 20_000
_LONG_ENOUGH_S: Final = 1800.0
"""Time out from which a driver's hourly earnings say something."""


class Tally:
    """Counts between two samples; writes the points of `metrics`.

    Attributes:
        ledger: Every request that ended, if somebody put a list there; else None.
    """

    def __init__(self, world: DispatchSimulation) -> None:
        self._world = world
        self._asked = self._turned = self._completed = self._abandoned = 0
        self._revenue = 0.0
        self._minute: deque[float] = deque()
        self._flows: deque[tuple[float, int, int]] = deque()
        self._trips: deque[tuple[Done, Int32]] = deque(maxlen=_MOST_TRIPS)
        self._empty_m = self._loaded_m = self._online_s = self._occupied_s = 0.0
        self.ledger: list[Done] | None = None

    @property
    def asked_last_minute(self) -> int:
        """Requests of the last 60 s."""
        while self._minute and self._minute[0] <= self._world.now_s - 60.0:
            self._minute.popleft()
        return len(self._minute)

    def asked(self, slot: int) -> None:
        """Note a request."""
        world = self._world
        r, district = world.riders, world.city.network.district
        self._asked += 1
        self._minute.append(float(r.asked_s[slot]))
        self._flows.append((float(r.asked_s[slot]), int(district[r.origin[slot]]),
                            int(district[r.destination[slot]])))

    def turned_away(self) -> None:
        """Note somebody who saw the price and did not ask."""
        self._turned += 1

    def ended(self, done: Done, track: Int32) -> None:
        """Note a request that is over and, if it was driven, the arcs it took."""
        world, add = self._world, self._world.recorder.add
        step = world.step_count
        add("rider.wait_s", step, done.wait_s)
        if self.ledger is not None:
            self.ledger.append(done)
        if done.arm >= 0:
            add("rider.arm", step, done.arm)
        served = done.driver >= 0
        add("rider.matched_percent", step, 100.0 * served)
        add("rider.gave_up_percent", step, 100.0 * (not served))
        if not served:
            self._abandoned += 1
            return
        self._completed += 1
        self._revenue += done.fare
        add("rider.batching_s", step, done.assigned_s - done.asked_s)
        add("rider.pickup_s", step, done.boarded_s - done.assigned_s)
        add("rider.pickup_m", step, done.pickup_m)
        add("ride.fare", step, done.fare)
        add("ride.direct_m", step, done.direct_m)
        add("ride.detour_percent", step,
            100.0 * ((done.ended_s - done.boarded_s) / max(done.direct_s, 1.0) - 1.0))
        self._trips.append((done, track))

    def observe(self, step: int) -> None:
        """Write points every `SAMPLE_STEPS`."""
        if step % SAMPLE_STEPS == 0:
            self._sample(step)

    def flows(self) -> Int32:
        """Requests from district to district in the last hour, int32 [K, K]."""
        world = self._world
        self._forget_flows()
        many = max(len(world.city.districts), int(world.city.network.district.max()) + 1)
        out = np.zeros((many, many), np.int32)
        for _, origin, destination in self._flows:
            out[origin, destination] += 1
        return out

    def recent_trips(self, limit: int) -> list[tuple[Float32, Float32]]:
        """See `DispatchSimulation.recent_trips`."""
        world = self._world
        roads, unit = world.streets.roads, unit_m(world.city)
        since = world.now_s - _HOUR_S
        out = []
        for done, track in list(self._trips)[-limit:]:
            if done.ended_s < since or not len(track):
                continue
            node = np.append(roads.tail[track[:1]], roads.head[track])
            xy = np.stack([world.x[node], world.y[node]], axis=1) / np.float32(unit)
            share = np.append(0.0, np.cumsum(world.streets.drive_s[track], dtype=np.float64))
            time_s = done.boarded_s + share / share[-1] * (done.ended_s - done.boarded_s)
            out.append((xy.astype(np.float32), time_s.astype(np.float32)))
        return out

    # ---- private ------------------------------------------------------------------------------

    def _forget_flows(self) -> None:
        while self._flows and self._flows[0][0] <= self._world.now_s - _HOUR_S:
            self._flows.popleft()

    def _sample(self, step: int) -> None:
        world = self._world
        fleet, r, dispatcher, surge = world.fleet, world.riders, world.dispatcher, world.surge
        minutes = SAMPLE_STEPS * world.step_s / 60.0
        empty, loaded = float(fleet.empty_m.sum()), float(fleet.loaded_m.sum())
        online, occupied = float(fleet.online_s.sum()), float(fleet.occupied_s.sum())
        values: dict[str, float] = {
            "demand.requests_per_min": self._asked / minutes,
            "demand.turned_away_per_min": self._turned / minutes,
            "riders.completed_count": self._completed,
            "riders.abandoned_count": self._abandoned,
            "riders.open_count": r.asked - r.completed - r.abandoned,
            "money.revenue_per_min": self._revenue / minutes,
            "surge.max": float(surge.shown.max()),
            "surge.mean": _weighted(surge.shown, surge.demand),
            "dispatch.declined_count": world.rides.declined,
            "dispatch.swapped_count": world.rides.swapped,
            "dispatch.cycles_count": dispatcher.cycles,
        }
        aboard = riders_aboard(world)
        counts = np.bincount(fleet.state, minlength=len(STATES))
        pooled = int(np.count_nonzero(aboard >= 2))
        counts[3] -= pooled
        for name, count in zip(STATES[:5], counts[:5].tolist(), strict=True):
            values[f"fleet.{name}_count"] = count
        values["riders.waiting_count"] = r.count(WAITING)
        values["riders.assigned_count"] = r.count(ASSIGNED)
        values["fleet.pooled_count"] = pooled
        if aboard.any():
            values["fleet.aboard_mean"] = float(aboard[aboard > 0].mean())
        driven = empty - self._empty_m + loaded - self._loaded_m
        if driven > 0.0:
            values["fleet.empty_km_percent"] = 100.0 * (empty - self._empty_m) / driven
        if online > self._online_s:
            values["fleet.occupancy_percent"] = (
                100.0 * (occupied - self._occupied_s) / (online - self._online_s))
        out = (fleet.online_s >= _LONG_ENOUGH_S) & (fleet.state != ABSENT)
        if out.any():
            hourly = fleet.earned[out] / fleet.online_s[out] * _HOUR_S
            values["money.earned_per_h"] = float(hourly.mean())
            values["money.gini"] = gini(hourly)
        values |= self._rounds() | self._shadow() | self._districts()
        for name, value in values.items():
            world.recorder.add(name, step, float(value))
        self._empty_m, self._loaded_m = empty, loaded
        self._online_s, self._occupied_s = online, occupied
        self._asked = self._turned = self._completed = self._abandoned = 0
        self._revenue = 0.0
        self._forget_flows()

    def _rounds(self) -> dict[str, float]:
        rounds, self._world.dispatcher.rounds = self._world.dispatcher.rounds, []
        if not rounds:
            return {}
        ms = np.array([n.ms for n in rounds])
        gaps = np.array([n.gap for n in rounds])
        out = {
            "dispatch.cycle_ms_p50": float(np.median(ms)),
            "dispatch.cycle_ms_p95": float(np.percentile(ms, 95)),
            "dispatch.riders_mean": float(np.mean([n.riders for n in rounds])),
            "dispatch.drivers_mean": float(np.mean([n.drivers for n in rounds])),
        }
        if not np.isnan(gaps).all():
            out["dispatch.gap_percent"] = 100.0 * float(np.nanmax(gaps))
        return out

    def _shadow(self) -> dict[str, float]:
        rounds, self._world.shadow.rounds = self._world.shadow.rounds, []
        if not rounds:
            return {}
        riders = sum(c.riders for c in rounds)
        out = {
            "shadow.agree_percent": 100.0 * sum(c.agree for c in rounds) / riders,
            "shadow.matched_count": sum(c.shadow_matched for c in rounds),
            "shadow.in_force_matched_count": sum(c.matched for c in rounds),
        }
        both = [c for c in rounds if not np.isnan(c.pickup_s)]
        if both:
            out["shadow.way_s"] = float(np.mean([c.shadow_pickup_s for c in both]))
            out["shadow.in_force_way_s"] = float(np.mean([c.pickup_s for c in both]))
        return out

    def _districts(self) -> dict[str, float]:
        world = self._world
        names = [d.name for d in world.city.districts]
        out = {}
        for k, name in enumerate(names):
            here = world.hexes.district == k
            if here.any():
                out[f"surge.{name}"] = _weighted(world.surge.shown[here], world.surge.demand[here])
        return out


def _weighted(values: Float64, weight: Float64) -> float:
    """Mean of values by weight; the plain mean where nothing weighs."""
    total = float(weight.sum())
    return float(values @ weight) / total if total > 0.0 else float(values.mean())
