"""What the inspector shows of a driver or a rider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.dispatcher import Why
from engine.dispatch.drivers import ABSENT
from engine.dispatch.metrics import STATES
from engine.dispatch.movement_kernels import ahead
from engine.dispatch.picture import riders_aboard, unit_m
from engine.dispatch.riders import ABOARD, ASSIGNED, DRAWN, FREE, NOBODY
from engine.errors import InvalidInput

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Int32 = npt.NDArray[np.int32]

_SHOWN: Final = 4
_LETTERS: Final = "ABCD"
_COLUMNS: Final = ("Driver", "Pickup", "km", "Stars", "Way", "Score")
_DOING: Final = ("off shift", "free", "to a pickup", "with a rider", "repositioning")


def describe(world: DispatchSimulation, agent: int) -> dict[str, Any]:
    """JSON-able facts about one agent; see the scene's contract with the page."""
    drivers = world.fleet.count
    if agent < drivers:
        return _driver(world, agent)
    return _rider(world, agent - drivers)


def _driver(world: DispatchSimulation, driver: int) -> dict[str, Any]:
    fleet, r = world.fleet, world.riders
    state = int(fleet.state[driver])
    slots = [int(s) for s in fleet.riders[driver] if s != NOBODY]
    aboard = int(riders_aboard(world)[driver])
    plan = world.rides.plan[driver]
    kind = STATES[7] if aboard >= 2 else STATES[state]
    left_s, left_m = _ahead(world, driver)
    rows = [[_DOING[state].capitalize(), f"since {world.clock(float(fleet.since_s[driver]))}"],
            ["Stars", f"{fleet.rating[driver]:.2f}"]]
    why = None
    if plan:
        slot = plan[0].slot
        rows.append(["Rider", f"R-{slot:04d} · pays {r.surge[slot]:.1f}×"])
        what = "Pickup" if plan[0].pickup else "Drop-off"
        rows.append([what, f"{_expected(world, driver, left_s)} · {left_m / 1000:.1f} km"])
        rows.append(["Trip", f"{r.direct_m[slot] / 1000:.1f} km · {r.direct_s[slot] / 60:.1f} min"])
        found = world.dispatcher.why.get(slot)
        why = None if found is None else explain(world, slot, found)
    hours = fleet.online_s[driver] / 3600.0
    rows.append(["Earned", f"€ {fleet.earned[driver]:.0f} in {hours:.1f} h · "
                           f"{fleet.rides[driver]} rides"])
    total = fleet.empty_m[driver] + fleet.loaded_m[driver]
    name = f"D-{driver:04d}"
    goal = f" · {left_s / 60:.1f} min to R-{plan[0].slot:04d}" if plan and plan[0].pickup else ""
    unit = unit_m(world.city)
    return {
        "agent": driver, "name": name, "kind": "driver", "subject": f"D{driver}",
        "state": kind, "tag": _DOING[state].capitalize(), "rows": rows,
        "bars": [] if not total else [{
            "name": "Loaded", "value": float(fleet.loaded_m[driver] / total),
            "text": f"{100.0 * fleet.loaded_m[driver] / total:.0f} % of km", "tone": "good"}],
        "stages": _stages(world, slots[0]) if slots else [],
        "events": [], "callout": f"{name}{goal or ' · ' + _DOING[state]}",
        "route": [] if state == ABSENT else _route(world, driver),
        "onward": _onward(world, driver),
        "stops": [{"x": round(float(x) / unit), "y": round(float(y) / unit),
                   "kind": "pickup" if s.pickup else "dropoff"}
                  for s in plan for x, y in [_stop_xy(world, s.slot, s.pickup)]],
        "driver": -1, "rider": fleet.count + slots[0] if slots and slots[0] < DRAWN else -1,
        "why": why,
    }


def _rider(world: DispatchSimulation, slot: int) -> dict[str, Any]:
    r, fleet = world.riders, world.fleet
    state = int(r.state[slot])
    agent = fleet.count + slot
    name = f"R-{slot:04d}"
    if state == FREE:
        raise InvalidInput(f"{name} is gone: the ride is over or was given up; choose another")
    driver = int(r.driver[slot])
    wait = (r.boarded_s[slot] if state == ABOARD else world.now_s) - r.asked_s[slot]
    tag = ("", "Waiting", "Assigned", "Aboard")[state]
    rows = [
        ["Request", f"#{r.number[slot]:,}".replace(",", "\u202f")],
        ["Waited", f"{wait / 60:.1f} min"],
        ["Fare", f"€ {r.fare[slot]:.2f} · {r.surge[slot]:.1f}×"],
        ["Trip", f"{r.direct_m[slot] / 1000:.1f} km · {r.direct_s[slot] / 60:.1f} min"],
    ]
    route: list[list[int]] = []
    callout = f"{name} · waiting {wait / 60:.1f} min"
    found = world.dispatcher.why.get(slot)
    if state == ASSIGNED:
        left_s, _ = _ahead(world, driver)
        rows.insert(1, ["Driver", f"D-{driver:04d} · {_expected(world, driver, left_s)}"])
        rows.append(["Promised", f"{r.quoted_s[slot] / 60:.1f} min"])
        route = _route(world, driver)
        callout = f"D-{driver:04d} to {name} · {left_s / 60:.1f} min"
    elif state == ABOARD:
        rows.insert(1, ["Driver", f"D-{driver:04d}"])
        route = _route(world, driver)
        callout = f"{name} · aboard D-{driver:04d}"
    else:
        rows.append(["Gives up at", world.clock(float(r.leaves_s[slot]))])
    unit = unit_m(world.city)
    stops = [{"x": round(float(x) / unit), "y": round(float(y) / unit), "kind": kind}
             for kind, pickup in (("pickup", True), ("dropoff", False))
             for x, y in [_stop_xy(world, slot, pickup)]]
    return {
        "agent": agent, "name": name, "kind": "rider", "subject": int(r.number[slot]),
        "state": {1: STATES[5], 2: STATES[6]}.get(state, STATES[0]), "tag": tag, "rows": rows,
        "bars": [], "stages": _stages(world, slot), "events": _events(world, slot),
        "callout": callout,
        "route": route, "onward": _polyline(world, r.way.get(slot, np.zeros(0, np.int32))),
        "stops": stops[1:] if state == ABOARD else stops, "driver": driver, "rider": -1,
        "why": None if found is None else explain(world, slot, found),
    }


def explain(world: DispatchSimulation, slot: int, why: Why) -> dict[str, Any]:
    """The candidates of the round that sent a driver, best first, and a sentence."""
    order = np.argsort(-why.score, kind="stable").tolist()
    if why.policy == "nearest":
        order = np.argsort(why.time_s, kind="stable").tolist()
    shown = order[:_SHOWN]
    if why.chosen not in shown:
        shown = [*shown[:_SHOWN - 1], why.chosen]
    rows = []
    for letter, k in zip(_LETTERS, shown, strict=False):
        driver = int(why.driver[k])
        rows.append({
            "letter": letter, "agent": driver, "chosen": k == why.chosen,
            "cells": [f"{driver:04d}", f"{why.time_s[k] / 60:.1f}",
                      f"{why.distance_m[k] / 1000:.1f}", f"{world.fleet.rating[driver]:.1f}",
                      f"{why.terms[k, 3]:.2f}", f"{why.score[k]:.3f}"]})
    note = "nearest wins" if why.policy == "nearest" else "score, highest wins"
    return {"title": "Why this match", "note": note, "columns": list(_COLUMNS), "rows": rows,
            "sentence": _sentence(why, order[0], shown)}


def _sentence(why: Why, best: int, shown: list[int]) -> str:
    count = len(why.driver)
    if count == 1:
        return "The only driver within reach."
    if best == why.chosen:
        return f"The best of {count} drivers within reach."
    letter = _LETTERS[shown.index(best)] if best in shown else "A"
    other = int(why.others[best])
    if other != NOBODY:
        longer = (why.time_s[why.chosen] - why.time_s[best]) / 60.0
        return (f"{letter} is better for this rider and was sent to R-{other:04d}, who would have "
                f"lost more: {longer:+.1f} min here is the cheaper way for all.")
    return f"{letter} was better for this rider and declined or left the round."


def _stages(world: DispatchSimulation, slot: int) -> list[dict[str, Any]]:
    """How far a ride is: asked, driver on the way, riding."""
    r = world.riders
    state = int(r.state[slot])
    coming = riding = 0.0
    if state in (ASSIGNED, ABOARD):
        left_s, _ = _ahead(world, int(r.driver[slot]))
        since = r.assigned_s[slot] if state == ASSIGNED else r.boarded_s[slot]
        gone = max(world.now_s - float(since), 0.0)
        share = gone / (gone + left_s) if gone + left_s > 0.0 else 1.0
        coming, riding = (share, 0.0) if state == ASSIGNED else (1.0, share)
    matched = 1.0 if state != 1 else 0.0
    return [{"name": n, "done": round(float(v), 2)}
            for n, v in (("Match", matched), ("Pickup", coming), ("Ride", riding))]


def _expected(world: DispatchSimulation, driver: int, left_s: float) -> str:
    """Minutes to the next stop: learned with its 80 % band, or as routed until there is a model."""
    estimate = world.arrivals.estimate(driver)
    if estimate is None:
        return f"{left_s / 60:.1f} min as routed"
    low, median, high = (max(t - world.now_s, 0.0) / 60.0 for t in estimate)
    return f"{median:.1f} min · 80 % in {low:.1f}–{high:.1f}"


def _events(world: DispatchSimulation, slot: int) -> list[list[str]]:
    """What has happened to a rider so far, newest first."""
    r = world.riders
    told = [(float(r.asked_s[slot]), f"Asked, at {r.surge[slot]:.1f}×")]
    if not np.isnan(r.assigned_s[slot]):
        told.append((float(r.assigned_s[slot]),
                     f"Driver found, {r.quoted_s[slot] / 60:.1f} min away"))
    if not np.isnan(r.boarded_s[slot]):
        told.append((float(r.boarded_s[slot]), "Picked up"))
    return [[world.clock(s), text] for s, text in told[::-1]]


def _ahead(world: DispatchSimulation, driver: int) -> tuple[float, float]:
    """Seconds and metres to the end of a driver's route."""
    s, m = np.empty(1, np.float32), np.empty(1, np.float32)
    ahead(world.streets.roads, world.fleet.vehicles, world.streets.drive_s,
          np.array([driver], np.int32), s, m)
    return float(s[0]), float(m[0])


def _stop_xy(world: DispatchSimulation, slot: int, pickup: bool) -> tuple[float, float]:
    node = (world.riders.origin if pickup else world.riders.destination)[slot]
    return float(world.x[node]), float(world.y[node])


def _route(world: DispatchSimulation, driver: int) -> list[list[int]]:
    """Where the driver is, and the nodes to the next stop."""
    v = world.fleet.vehicles
    x, y = world.places(np.array([driver], np.int32))
    unit = unit_m(world.city)
    here = [round(float(x[0]) / unit), round(float(y[0]) / unit)]
    arcs = np.append(v.arc[driver:driver + 1], v.route[driver, v.at[driver]:v.end[driver]])
    return [here, *_polyline(world, arcs)[1:]]


def _onward(world: DispatchSimulation, driver: int) -> list[list[int]]:
    """The way beyond the next stop: the ride itself, while the driver is on the way to it."""
    plan = world.rides.plan[driver]
    if len(plan) != 2 or not plan[0].pickup or plan[0].slot != plan[1].slot:
        unit = unit_m(world.city)
        stops = [_stop_xy(world, s.slot, s.pickup) for s in plan]
        return [[round(x / unit), round(y / unit)] for x, y in stops] if len(stops) > 1 else []
    return _polyline(world, world.riders.way[plan[0].slot])


def _polyline(world: DispatchSimulation, arcs: Int32) -> list[list[int]]:
    if not len(arcs):
        return []
    roads, unit = world.streets.roads, unit_m(world.city)
    node = np.append(roads.tail[arcs[:1]], roads.head[arcs])
    xy = np.stack([world.x[node], world.y[node]], axis=1) / unit
    return [[round(float(x)), round(float(y))] for x, y in xy]
