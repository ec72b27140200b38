"""What the planner knows: tracks with predicted futures, the route, lanes, lights.

The same from truth and from a network: whoever fills it, the planner cannot tell. Everything is in
the ego frame of the instant: origin at the rear axle, x forward, y left, metres.

Shape letters: K modes of a prediction, T steps, P points of the route.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception import bodies, signals
from engine.perception.actors import DRIVE, WALK, Actor
from engine.perception.route import must_yield
from engine.perception.world import AXLE_M, World

Float64 = npt.NDArray[np.float64]

STEP_S: Final = 0.2
HORIZON_S: Final = 6.0
STEPS: Final = round(HORIZON_S / STEP_S)
REACH_M: Final = 75.0
ROUTE_STEP_M: Final = 1.0
ROUTE_BACK_M: Final = 8.0
ROUTE_AHEAD_M: Final = 96.0
LAST_CHANGE_M: Final = 24.0
LAST_DETOUR_M: Final = 80.0
"""Nearer to a stop line than this, lanes are not changed; nor for one that leads elsewhere."""
_CERTAIN: Final = np.ones(1)
_TIMES: Final = (np.arange(STEPS) + 1.0) * STEP_S


@dataclass(frozen=True, slots=True)
class Track:
    """Somebody or something near the car.

    Attributes:
        id: Stable number.
        cls: Class, see `bodies.CLASSES`.
        x, y, yaw: Middle of its footprint and heading, ego frame.
        speed: m/s along its heading.
        length, width: m.
        futures: float64 [K, T, 2], where it will be, every 0.2 s from 0.2 s on.
        probability: float64 [K], adds up to 1.
    """

    id: int
    cls: int
    x: float
    y: float
    yaw: float
    speed: float
    length: float
    width: float
    futures: Float64
    probability: Float64


@dataclass(frozen=True, slots=True)
class GateAhead:
    """The next stop line on the route.

    Attributes:
        distance: From the rear axle along the route, m; below 0 when passed.
        clear: Likewise, to where the junction is left.
        light: 0 none, 1 red, 2 amber, 3 green.
        must_yield: Whether others have priority.
        signals: Whether the map has lights here, whatever they show.
    """

    distance: float
    clear: float
    light: int
    must_yield: bool
    signals: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What the planner plans on.

    Attributes:
        time: s.
        speed, yaw_rate, accel, steering: Of the ego; m/s, rad/s, m/s², rad.
        tracks: Others.
        route: float64 [P, 2], the route's lane every metre, from 8 m behind to 96 m ahead.
        curvature: float64 [P], 1/m.
        offsets: Lane centres that may be driven, to the left of the route's own (0), m.
        lane_width: m.
        gate: Next stop line, or None.
        limit_mps: Speed wanted on a free road.
        left_m: Rest of the route, m.
        blind: Whether nothing looks ahead.
    """

    time: float
    speed: float
    yaw_rate: float
    accel: float
    steering: float
    tracks: tuple[Track, ...]
    route: Float64
    curvature: Float64
    offsets: tuple[float, ...]
    lane_width: float
    gate: GateAhead | None
    limit_mps: float
    left_m: float
    blind: bool = False


def straight_future(x: float, y: float, vx: float, vy: float) -> Float64:
    """Constant velocity: float64 [1, T, 2]."""
    future = np.empty((1, STEPS, 2))
    future[0, :, 0] = x + vx * _TIMES
    future[0, :, 1] = y + vy * _TIMES
    return future


def from_world(world: World, *, tracks: Sequence[Track] | None = None, light: int | None = None,
               ) -> Scene:
    """The scene of a world's present instant.

    Args:
        world: For the map, the route and the car's own state.
        tracks: Others as perceived; the truth when None.
        light: Light of the next gate as perceived; the truth when None.
    """
    now = world.snapshot()
    here = now.route_s
    stations = here + np.arange(-ROUTE_BACK_M, ROUTE_AHEAD_M + 0.5, ROUTE_STEP_M)
    yaw = math.atan2(now.axes[0, 1], now.axes[0, 0])
    route = _to_ego(world.path.at(stations), now.origin, yaw)
    curvature = np.interp(stations, world.path.s, world.path.curvature, 0.0, 0.0)
    gate = world.path.gate_ahead(here)
    ahead = None
    if gate is not None and gate.s - here < REACH_M:
        shown = world.traffic.light(gate.junction, gate.arm) if light is None else light
        ahead = GateAhead(gate.s - here, gate.clear - here, shown, must_yield(gate, world.network),
                          world.network.junctions[gate.junction].signals)
    lane = world.network.lanes[world.path.lane_at(here + AXLE_M)]
    offsets, width = [0.0], 3.5
    if not lane.connector:
        width = world.network.roads[lane.road].lane_width
        room = gate.s - here if gate is not None else math.inf
        for k, side in ((lane.left, 1.0), (lane.right, -1.0)):
            # a lane that does not lead the same way is left in time
            if k >= 0 and room > (LAST_CHANGE_M if world.ways(k) else LAST_DETOUR_M):
                offsets.append(side * width)
    speed, turned, accel, steering = now.ego
    return Scene(
        now.time, speed, turned, accel, steering,
        tuple(_true_tracks(world, now.origin, yaw)) if tracks is None else tuple(tracks), route,
        curvature, tuple(offsets), width, ahead,
        min(world.params.target_kmh / 3.6, 1.05 * lane.limit_mps if not lane.connector else 99.0),
        max(0.0, world.path.length - here))


def _to_ego(xy: Float64, origin: Float64, yaw: float) -> Float64:
    c, s = math.cos(yaw), math.sin(yaw)
    d = xy - origin[:2]
    turned: Float64 = np.stack([c * d[..., 0] + s * d[..., 1], c * d[..., 1] - s * d[..., 0]],
                               axis=-1)
    return turned


def _true_tracks(world: World, origin: Float64, yaw: float) -> list[Track]:
    """Everybody within reach, drivers predicted along their lanes at their present speed."""
    found = []
    c, s = math.cos(yaw), math.sin(yaw)
    for a in world.traffic.actors:
        dx, dy = a.x - origin[0], a.y - origin[1]
        if a.id == 0 or math.hypot(dx, dy) > REACH_M:
            continue
        x, y = float(c * dx + s * dy), float(c * dy - s * dx)
        if a.mode == DRIVE and a.speed > 0.0:
            future = _to_ego(_along_lanes(world, a), origin, yaw)[None]
        else:
            speed = a.speed if a.mode == WALK else 0.0
            future = straight_future(x, y, speed * math.cos(a.yaw - yaw),
                                     speed * math.sin(a.yaw - yaw))
        found.append(Track(a.id, a.cls, x, y, math.remainder(a.yaw - yaw, 2.0 * math.pi), a.speed,
                           a.length, a.width, future, _CERTAIN))
    return found


def _along_lanes(world: World, a: Actor) -> Float64:
    """float64 [T, 2]: where a driver gets at constant speed along its lanes, in the world."""
    t = _TIMES
    lanes = world.network.lanes
    chain = [a.lane]
    reach = lanes[a.lane].length - a.s
    light = world.traffic.light
    while reach < a.speed * HORIZON_S + 1.0:
        following = world.traffic.following(a, chain[-1])
        if following < 0 or (lanes[following].connector and light(
                lanes[following].junction, lanes[following].arm) == signals.RED):
            break
        chain.append(following)
        reach += lanes[following].length
    xy = np.concatenate([lanes[k].xy if n == 0 else lanes[k].xy[1:] for n, k in enumerate(chain)])
    s = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    wanted = np.minimum(a.s + a.speed * t, s[-1])
    line = np.stack([np.interp(wanted, s, xy[:, c]) for c in range(2)], axis=1)
    here = np.array([np.interp(a.s, s, xy[:, c]) for c in range(2)])
    # a driver beside its lane's middle (a cyclist, a lane change) gets back within three seconds
    keep = 1.0 if a.cls == bodies.CYCLIST else 0.0
    fade = np.maximum(keep, 1.0 - t / 3.0)[:, None]
    future: Float64 = line + (np.array([a.x, a.y]) - here) * fade
    return future
