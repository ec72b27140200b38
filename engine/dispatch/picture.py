"""What the player draws: frames, the static scene, slow layers and the figures of the legend.

Shape letters: D drivers, S rider slots of the picture, E segments, H cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from engine.dispatch.city import City
from engine.dispatch.drivers import IDLE, MOVING, POOLED
from engine.dispatch.metrics import STATES
from engine.dispatch.movement_kernels import place
from engine.dispatch.network import segments
from engine.dispatch.riders import ABOARD, ASSIGNED, DRAWN, FREE, WAITING
from engine.live.simulation import Array, Frame, Scene

if TYPE_CHECKING:
    from engine.dispatch.simulation import DispatchSimulation

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

_KIND: Final = np.array([0, 5, 6, 0], np.uint8)
"""Kind of a rider's state: free, waiting, assigned, aboard."""
AGE_S: Final = 15.0
"""Seconds a step of a waiting rider's age."""
_ONE_UNIT_M: Final = 30_000.0


def unit_m(city: City) -> float:
    """Metres a unit: 1 while the city fits, so that int16 holds every coordinate."""
    return max(1.0, max(city.width_m, city.height_m) / _ONE_UNIT_M)


def frame(world: DispatchSimulation) -> Frame:
    """Drivers, then rider slots."""
    fleet, r, slots = world.fleet, world.riders, DRAWN
    drivers = fleet.count
    unit = unit_m(world.city)
    xy = np.zeros((drivers + slots, 2), np.int16)
    high = np.zeros(drivers + slots, np.uint8)
    place(world.streets.roads, fleet.vehicles, world.x, world.y, unit, xy, high)
    kind = np.zeros(drivers + slots, np.uint8)
    kind[:drivers] = fleet.state
    kind[:drivers][riders_aboard(world) >= 2] = POOLED
    state = r.state[:slots]
    kind[drivers:] = _KIND[state]
    used = state != FREE
    origin = r.origin[:slots]
    xy[drivers:, 0] = np.where(used, np.rint(world.x[origin] / unit), 0)
    xy[drivers:, 1] = np.where(used, np.rint(world.y[origin] / unit), 0)
    age = np.clip((world.now_s - r.asked_s[:slots]) // AGE_S, 0, 31)
    high[drivers:] = np.where(kind[drivers:] > 0, age, 0).astype(np.uint8)
    return Frame(xy, kind | (high << np.uint8(3)))


def riders_aboard(world: DispatchSimulation) -> Int32:
    """Riders in each car, int32 [D]."""
    r = world.riders
    out = np.zeros(world.fleet.count, np.int32)
    np.add.at(out, r.driver[r.state == ABOARD], 1)
    return out


def scene(world: DispatchSimulation) -> Scene:
    """What does not move, and which streets are closed."""
    city, hexes = world.city, world.hexes
    unit = unit_m(city)
    network = city.network
    pairs, rank = city_segments(city)
    arc_xy = np.concatenate([
        np.stack([network.x[pairs[:, k]], network.y[pairs[:, k]]], axis=1) for k in (0, 1)],
        axis=1) / unit
    roads = world.streets.roads
    shut = np.flatnonzero(world.streets.closed)
    low = np.minimum(roads.tail[shut], roads.head[shut])
    high = np.maximum(roads.tail[shut], roads.head[shut])
    many = len(network.x)
    closed = np.isin(pairs[:, 0].astype(np.int64) * many + pairs[:, 1],
                     low.astype(np.int64) * many + high)
    facts = {
        "domain": "dispatch", "width": int(np.ceil(city.width_m / unit)),
        "height": int(np.ceil(city.height_m / unit)), "unit_m": unit,
        "agents": world.fleet.count + DRAWN, "drivers": world.fleet.count,
        "rider_slots": DRAWN, "step_s": world.step_s,
        "origin_s": world.params.start_h * 3600.0, "states": list(STATES), "city": city.name,
        "groups": [{"prefix": "D-", "noun": "driver", "count": world.fleet.count},
                   {"prefix": "R-", "noun": "rider", "count": DRAWN}],
        "districts": [{"name": d.name, "x": round(d.x / unit), "y": round(d.y / unit)}
                      for d in city.districts],
        "places": [{"name": p.name, "kind": p.kind, "x": round(float(network.x[p.node]) / unit),
                    "y": round(float(network.y[p.node]) / unit)} for p in city.places],
        "waters": [{"name": w.name, "spots": [[round(x / unit), round(y / unit)]
                                              for x, y in w.spots]} for w in city.waters],
        "bridges": [b.name for b in city.bridges],
        "polygons": {kind: [np.rint(ring / unit).astype(int).tolist() for ring in rings]
                     for kind, rings in city.polygons.items()},
        "legend": list(STATES[1:]), "hexes": len(hexes.names), "age_s": AGE_S,
        "surge_cap": world.params.surge_cap,
    }
    return Scene(facts, {
        "arc_xy": np.rint(arc_xy).astype(np.int16), "arc_rank": rank,
        "arc_closed": closed.astype(np.uint8),
        "hex_x": np.rint(hexes.x / unit).astype(np.int16),
        "hex_y": np.rint(hexes.y / unit).astype(np.int16),
        "hex_ring": np.rint(hexes.ring.reshape(-1, 12) / unit).astype(np.int16),
    })


def layers(world: DispatchSimulation) -> Mapping[str, Array]:
    """Slow pictures.

    surge, demand, supply: float32 [H], by cell.
    match: int16 [2 pairs], driver and rider slot.
    traffic, reach: uint8 [E] by segment; see `overlays`.
    """
    r, surge = world.riders, world.surge
    slots = np.flatnonzero(r.state[:DRAWN] == ASSIGNED)
    pairs = np.stack([r.driver[slots], slots], axis=1).astype(np.int16)
    return {
        "surge": surge.shown.astype(np.float32), "demand": surge.demand.astype(np.float32),
        "supply": surge.supply.astype(np.float32), "match": pairs.ravel(),
        "traffic": world.overlays.traffic(), "reach": world.overlays.reach(),
    }


def status(world: DispatchSimulation) -> dict[str, Any]:
    """Figures of the legend and the clock."""
    fleet, r, dispatcher = world.fleet, world.riders, world.dispatcher
    kind = np.bincount(fleet.state, minlength=8)
    pooled = int(np.count_nonzero(riders_aboard(world) >= 2)) if world.params.pooling else 0
    kind[3] -= pooled
    kind[5], kind[6], kind[7] = r.count(WAITING), r.count(ASSIGNED), pooled
    last = dispatcher.last
    proven = world.params.policy == "optimal batch"
    return {
        "clock_s": world.now_s, "clock": world.clock(world.now_s), "counts": kind.tolist(),
        "activity": world.tally.asked_last_minute, "cycle": dispatcher.cycles,
        "cycle_ms": round(last.ms, 2), "cycle_riders": last.riders, "cycle_drivers": last.drivers,
        "gap_percent": None if np.isnan(last.gap) else 100.0 * last.gap,
        "certified": proven and dispatcher.proven, "policy": world.params.policy,
        "free": int(np.count_nonzero((fleet.state == IDLE) | (fleet.state == MOVING))),
        "open": int(kind[5]), "raining": world.incidents.raining, "outage": world.surge.out,
        "closed": list(world.incidents.closed),
    }


@lru_cache(maxsize=4)
def city_segments(city: City) -> tuple[Int32, UInt8]:
    """Streets to draw; see `network.segments`."""
    return segments(city.network)
