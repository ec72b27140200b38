"""Run a city without a browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np

from engine.dispatch.city import City
from engine.dispatch.eventlog import EventLog
from engine.dispatch.fleet_bound import minimum_fleet
from engine.dispatch.metrics import gini
from engine.dispatch.outcome import Outcome
from engine.dispatch.params import DispatchParams
from engine.dispatch.routing import Router
from engine.dispatch.scenarios import Scheduled
from engine.dispatch.simulation import DispatchSimulation
from engine.dispatch.trips import Trips
from engine.errors import InvalidInput

_DRAIN_STEPS: Final = 1800
_STEPS_A_WORD: Final = 30
_LONGEST_H: Final = 24.0 * 14


def run(
    params: DispatchParams, seed: int, hours: float, *, city: City | None = None,
    trips: Trips | None = None, events: EventLog | None = None,
    script: Sequence[Scheduled] = (), bound: bool = False,
    watch: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Run a city and sum it up.

    Args:
        params: Knobs.
        seed: Of everything that is drawn, >= 0.
        hours: Simulated time, in (0, 336].
        city: The shipped one if None.
        trips: Requests to replay; generated ones if None.
        events: Where every event is written down, if anywhere.
        script: Commands to give, in order of time.
        bound: Whether to compute the smallest fleet that could have driven these rides, knowing
            them all beforehand (Vazifeh et al. 2018); takes seconds.
        watch: Is told of every so many steps made.

    Returns:
        A JSON-able summary of the whole run: every request counts, from the first step on.

    Raises:
        InvalidInput: If `hours` or `seed` is out of range, or a command is refused.
    """
    if not 0.0 < hours <= _LONGEST_H:
        raise InvalidInput(f"hours is {hours}; it must be more than 0 and at most {_LONGEST_H:g}")
    if seed < 0:
        raise InvalidInput(f"seed is {seed}; it must be 0 or more")
    began, cpu = perf_counter(), process_time()
    world = DispatchSimulation(params, seed, city, trips, events=events, script=script)
    start_s = perf_counter() - began
    if bound:
        world.tally.ledger = []
    steps = max(1, round(hours * 3600.0 / world.step_s))
    cycles: list[float] = []
    seen = Outcome()
    for _ in range(steps):
        world.step()
        if world.dispatcher.rounds:
            cycles.append(world.dispatcher.last.ms)
        if world.step_count % _DRAIN_STEPS == 0:
            seen.take(world.drain_points())
        if watch is not None and world.step_count % _STEPS_A_WORD == 0:
            watch(_STEPS_A_WORD)
    seen.take(world.drain_points())
    if events is not None:
        events.flush()
    facts = summarise(world, seen, hours)
    if bound:
        facts["fleet"] = fleet_facts(world, facts["figures"]["drivers_out_most"])
    return facts | {
        "cycle_ms": _spread(cycles), "start_s": round(start_s, 3),
        "cpu_s": round(process_time() - cpu, 2), "wall_s": round(perf_counter() - began, 2),
    }


def summarise(world: DispatchSimulation, seen: Outcome, hours: float) -> dict[str, Any]:
    """Figures of a finished run, JSON-able; times of the machine are not among them."""
    fleet, p = world.fleet, world.params
    out = fleet.online_s > 1800.0
    hourly = fleet.earned[out] / fleet.online_s[out] * 3600.0
    driven = float(fleet.empty_m.sum() + fleet.loaded_m.sum())
    online = float(fleet.online_s.sum())
    gaps = seen.values("dispatch.gap_percent")
    return {
        "city": world.city.name, "nodes": len(world.city.network.x), "policy": p.policy,
        "drivers": p.drivers, "seed": world.seed, "hours": hours,
        "counts": world.counts(), "figures": {
            "matched_percent": seen.mean("rider.matched_percent"),
            "wait_mean_s": seen.mean("rider.wait_s"),
            "wait_p50_s": seen.percentile("rider.wait_s", 50),
            "wait_p95_s": seen.percentile("rider.wait_s", 95),
            "batching_s": seen.mean("rider.batching_s"),
            "pickup_mean_s": seen.mean("rider.pickup_s"),
            "pickup_p95_s": seen.percentile("rider.pickup_s", 95),
            "pickup_m": seen.mean("rider.pickup_m"),
            "empty_km_percent": _share(float(fleet.empty_m.sum()), driven),
            "occupancy_percent": _share(float(fleet.occupied_s.sum()), online),
            "drivers_out_mean": online / (hours * 3600.0),
            "drivers_out_most": _most_out(seen),
            "earned_per_h": float(hourly.mean()) if len(hourly) else None,
            "gini": gini(hourly) if len(hourly) else None,
            "revenue": float(seen.values("ride.fare").sum()),
            "surge_mean": seen.mean("surge.mean"),
            "eta_mae_s": seen.mean("eta.error_s"),
            "eta_covered_percent": seen.mean("eta.covered_percent"),
            "gap_percent": float(gaps.max()) if len(gaps) else None,
        },
        "declined": world.rides.declined, "swapped": world.rides.swapped,
        "cycles": world.dispatcher.cycles, "proven": world.dispatcher.proven,
    }


def fleet_facts(world: DispatchSimulation, most_out: float | None) -> dict[str, Any]:
    """The fleet in use beside the smallest that could have driven the same rides.

    The bound knows every ride beforehand, takes each as it was driven (boarding to end) and joins
    them at free flow: no dispatcher that serves these rides at these times needs fewer cars.
    """
    rides = [d for d in world.tally.ledger or () if d.driver >= 0]
    if not rides:
        return {"rides": 0, "most_out": most_out, "bound": 0, "over_bound": None}
    origin = np.array([d.origin for d in rides], np.int32)
    target = np.array([d.destination for d in rides], np.int32)
    router = Router(world.city.network, world.streets.router.hierarchy)
    start = np.array([d.boarded_s for d in rides])
    end = np.array([d.ended_s for d in rides])
    least = minimum_fleet(router, start, end, origin, target).fleet
    return {"rides": len(rides), "most_out": most_out, "bound": least,
            "over_bound": None if not least or most_out is None else most_out / least}


def _share(part: float, whole: float) -> float | None:
    return 100.0 * part / whole if whole > 0.0 else None


def _most_out(seen: Outcome) -> float | None:
    names = ("idle", "pickup", "riding", "moving", "pooled")
    columns = [seen.values(f"fleet.{n}_count") for n in names]
    return float(np.sum(columns, axis=0).max()) if len(columns[0]) else None


def _spread(ms: list[float]) -> dict[str, float | None]:
    if not ms:
        return {"p50": None, "p95": None}
    return {"p50": round(float(np.median(ms)), 2), "p95": round(float(np.percentile(ms, 95)), 2)}
