"""A town with traffic and the car that drives through it.

`World` moves; a `Snapshot` is what a camera, a planner or a label needs of one instant, and keeps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.perception import bodies, weather
from engine.perception.actors import DRIVE, EGO, STAND, Actor
from engine.perception.bodies import CAR, TRUCK
from engine.perception.meshes import Mesh
from engine.perception.params import PerceptionParams
from engine.perception.populate import Crowd
from engine.perception.road import LEFT_TURN, RIGHT_TURN, STRAIGHT, Network, RoadPlan
from engine.perception.road_layout import build_network
from engine.perception.route import RoutePath, same_way
from engine.perception.scenarios import SCENARIOS
from engine.perception.scenery import Prop, scenery
from engine.perception.styles import STYLE, Style
from engine.perception.traffic import CLEAR_START_M, Traffic
from engine.perception.vehicle import WHEELBASE_M, Car, Command, advance
from engine.perception.weather import Weather

Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]

TICK_S: Final = 0.1
AXLE_M: Final = 1.42
"""From the rear axle, the ego's origin, forward to the middle of its body."""
EGO_LENGTH_M: Final = 4.7
SETTLED_M: Final = 0.5
"""A car this near to the middle of a lane has changed to it."""
START_M: Final = 48.0
"""Where the ego starts on the main road, so that there is a street behind it as well."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One instant of a world.

    Attributes:
        time: s.
        origin: float64 [3], the ego's rear axle on the ground.
        axes: float64 [3, 3], rows are the ego's x, y, z axes in the world; z is normal to the
            ground.
        ego: float64 [4], speed (m/s), yaw rate (rad/s), acceleration (m/s²), steering (rad).
        route_s: Station of the ego's origin on its route, m.
        id: int32 [A], numbers of the actors.
        state: float64 [A, 9]: x, y, z (ground), yaw, speed, acceleration, indicator, phase, mode.
        lights: Light of each arm of each junction, [J][4].
    """

    time: float
    origin: Float64
    axes: Float64
    ego: tuple[float, float, float, float]
    route_s: float
    id: Int32
    state: Float64
    lights: tuple[tuple[int, int, int, int], ...]


class World:
    """The moving town. Deterministic by (params, seed)."""

    def __init__(self, params: PerceptionParams, seed: int, sky: Weather | None = None) -> None:
        """Build a town and fill it.

        Args:
            params: Knobs.
            seed: Of everything that is drawn, ≥ 0.
            sky: Weather; the params' own when None.
        """
        roots = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
        layout, look, crowd_rng, traffic_rng, plan_rng = roots
        scenario = SCENARIOS[params.scenario]
        self.params = params
        self.seed = seed
        self.style: Style = STYLE[params.style]
        self.weather = sky if sky is not None else weather.from_params(params)
        self.network: Network = build_network(_road_plan(params, layout), layout)
        self.props: list[Prop] = scenery(self.network, self.style, look)
        offsets = [float(o) for o in traffic_rng.uniform(0.0, 32.0, len(self.network.junctions))]
        self.traffic = Traffic(self.network, traffic_rng, offsets)
        self.crowd = Crowd(self.traffic, params, crowd_rng)
        self.route = _route(self.network, scenario.turn, plan_rng)
        self.ego = Actor(0, "saloon", bodies.body("saloon"), DRIVE, script="route", wish=1.0)
        self.traffic.actors.append(self.ego)
        self.ego.path = list(self.route)
        self.path = RoutePath(self.network, self.route)
        self.car: Car | None = None
        self.ego.lane, self.ego.s, self.ego.speed = self.route[0], START_M, 6.0
        self.ego.wish = params.target_kmh / 3.6 / self.network.lanes[self.route[0]].limit_mps
        self.traffic.pose(self.ego)
        self.crowd.parked()
        self.crowd.drivers((self.route[0], START_M))
        self.crowd.pedestrians()
        self._stage(scenario.events, plan_rng)
        self._yaw_before = self.ego.yaw
        self._route_s, _ = self.path.project(*self._axle())

    @property
    def time(self) -> float:
        """Seconds since the start."""
        return self.traffic.time

    def meshes(self) -> dict[int, Mesh]:
        """The body of each actor by its number, without the ego."""
        return {a.id: a.mesh for a in self.traffic.actors if a.id > 0}

    def shapes(self) -> dict[int, tuple[int, float, float, float]]:
        """Class, length, width and height of each actor by its number."""
        return {a.id: bodies.SHAPES[a.shape] for a in self.traffic.actors if a.id > 0}

    def take_wheel(self) -> Car:
        """From now on `step` is given commands; before, the ego follows its route by IDM."""
        e = self.ego
        c, s = math.cos(e.yaw), math.sin(e.yaw)
        self.car = Car(e.x - AXLE_M * c, e.y - AXLE_M * s, e.yaw, e.speed)
        e.mode = EGO
        return self.car

    def step(self, command: Command | None = None) -> None:
        """Advance by one tick.

        Args:
            command: What the car is to do; needed after `take_wheel`, and only then.

        Raises:
            InvalidInput: If a command is missing or nobody has taken the wheel.
        """
        if (command is None) != (self.car is None):
            raise InvalidInput("step takes a command when take_wheel was called, and only then")
        self._yaw_before = self.ego.yaw
        if self.car is not None and command is not None:
            self.car = advance(self.car, command, TICK_S)
            self._follow_car(self.car)
        self.traffic.step(TICK_S)
        x, y = self._axle()
        self._route_s, _ = self.path.project(x, y, self._route_s)
        self._direct()

    def _axle(self) -> tuple[float, float]:
        """Rear axle of the ego in the world."""
        e = self.ego
        return e.x - AXLE_M * math.cos(e.yaw), e.y - AXLE_M * math.sin(e.yaw)

    def _follow_car(self, car: Car) -> None:
        """Put the ego's body where the car is, and on the lanes that others see it on."""
        e = self.ego
        e.x, e.y = car.x + AXLE_M * math.cos(car.yaw), car.y + AXLE_M * math.sin(car.yaw)
        e.z = float(self.network.terrain.height(e.x, e.y))
        e.yaw, e.speed, e.accel = car.yaw, car.speed, car.accel
        s, _ = self.path.project(e.x, e.y, self._route_s + AXLE_M)
        main = self.path.lane_at(s)
        lane = self.network.lanes[main]
        best = math.inf
        for k in (main, lane.left, lane.right):
            if k < 0:
                continue
            xy = self.network.lanes[k].xy
            i = int(((xy[:, 0] - e.x) ** 2 + (xy[:, 1] - e.y) ** 2).argmin())
            h = float(self.network.lanes[k].heading[i])
            dx, dy = e.x - float(xy[i, 0]), e.y - float(xy[i, 1])
            d = dy * math.cos(h) - dx * math.sin(h)
            if abs(d) < best:
                best = abs(d)
                e.lane, e.d = k, d
                e.s = float(self.network.lanes[k].s[i]) + dx * math.cos(h) + dy * math.sin(h)
        here = self.network.lanes[e.lane]
        wide = here.left if e.d > 0.8 else here.right if e.d < -0.8 else -1
        e.shift_from, e.shift = wide, 0.0
        if e.lane != main and abs(e.d) < SETTLED_M and e.s > CLEAR_START_M:
            self._reroute(e.lane)

    def ways(self, lane: int) -> list[int] | None:
        """The lanes from a neighbour of the route's lane on that turn as the route does."""
        turns = [g.turn for g in self.path.gates if g.clear > self._route_s]
        return same_way(self.network, lane, turns)

    def _reroute(self, lane: int) -> None:
        """Go on from the lane the car has settled in, when the same turns can be made from it."""
        chain = self.ways(lane)
        if chain is None:
            return
        x, y = self._axle()
        fresh = RoutePath(self.network, chain)
        here, _ = self.path.project(x, y, self._route_s)
        self.path = RoutePath(self.network, chain, here - fresh.project(x, y)[0])
        self.route = chain
        self.ego.path = list(chain)

    def snapshot(self) -> Snapshot:
        """What there is now."""
        e = self.ego
        c, s = math.cos(e.yaw), math.sin(e.yaw)
        x, y = self._axle()
        gx, gy = (float(v) for v in self.network.terrain.slope(x, y))
        up = np.array([-gx, -gy, 1.0]) / math.sqrt(gx * gx + gy * gy + 1.0)
        ahead = np.array([c, s, gx * c + gy * s])
        ahead /= np.linalg.norm(ahead)
        axes = np.stack([ahead, np.cross(up, ahead), up])
        z = float(self.network.terrain.height(x, y))
        turned = math.remainder(e.yaw - self._yaw_before, 2.0 * math.pi) / TICK_S
        steer = math.atan2(WHEELBASE_M * turned, max(1.0, e.speed))
        if self.car is not None:
            turned, steer = self.car.yaw_rate, self.car.steering
        others = [a for a in self.traffic.actors if a.id > 0]
        state = np.array([[a.x, a.y, a.z, a.yaw, a.speed, a.accel, a.indicator, a.phase, a.mode]
                          for a in others]).reshape(-1, 9)
        lights = tuple(tuple(self.traffic.light(j, arm) for arm in range(4))
                       for j in range(len(self.network.junctions)))
        return Snapshot(
            self.time, np.array([x, y, z]), axes, (e.speed, turned, e.accel, steer), self._route_s,
            np.array([a.id for a in others], np.int32), state, lights)  # type: ignore[arg-type]

    def _stage(self, events: tuple[str, ...], rng: np.random.Generator) -> None:
        """Set up what the scenario needs before the start."""
        lane = self.route[0]
        right = self._rightmost(lane)
        if "works" in events:
            self.crowd.works(right, START_M + float(rng.uniform(32.0, 45.0)))
        if "debris" in events:
            self.crowd.debris(lane, START_M + float(rng.uniform(32.0, 45.0)))
        if "stopped truck" in events:
            self.crowd.stopped_truck(right, START_M + float(rng.uniform(35.0, 50.0)))
        beside = max(self.network.lanes[lane].left, self.network.lanes[lane].right)
        if "cut-in" in events and beside >= 0:
            self.traffic.actors[:] = [a for a in self.traffic.actors if not (
                a.lane == beside and a.mode == DRIVE and START_M - 8.0 < a.s < START_M + 36.0)]
            self.crowd.driver(beside, START_M + float(rng.uniform(12.0, 18.0)))
        blocked = {(a.lane, round(a.s)) for a in self.traffic.actors if a.mode == STAND
                   and a.lane >= 0}
        keep = []
        for a in self.traffic.actors:
            jam = a.mode == DRIVE and a.id > 0 and any(
                lane == a.lane and abs(s - a.s) < 12.0 for lane, s in blocked)
            if not jam:
                keep.append(a)
        self.traffic.actors[:] = keep

    def _rightmost(self, lane: int) -> int:
        while self.network.lanes[lane].right >= 0:
            lane = self.network.lanes[lane].right
        return lane

    def _direct(self) -> None:
        """Bring about what a scenario stages while it runs."""
        events = SCENARIOS[self.params.scenario].events
        e = self.ego
        if "cut-in" in events:
            here = self.network.lanes[e.lane]
            for a in self.traffic.actors:
                if (a.id > 0 and a.mode == DRIVE and a.shift_from < 0 and a.cls in (CAR, TRUCK)
                        and a.lane in (here.left, here.right) and e.speed > 4.0
                        and 2.0 < a.s - e.s - 0.5 * (a.length + e.length) < 11.0
                        and a.speed > 3.0 and a.since_change_s > 30.0):
                    self.traffic.begin_change(a, e.lane)
                    return
        if "jaywalker" in events and not self._somebody_runs():
            c, s = math.cos(e.yaw), math.sin(e.yaw)
            for a in self.traffic.actors:
                dx, dy = a.x - e.x, a.y - e.y
                ahead, aside = c * dx + s * dy, c * dy - s * dx
                if (a.road == 0 and a.crossing == 0.0 and 18.0 < ahead < 32.0 and -14.0 < aside < 0
                        and e.speed > 4.0 and self.network.roads[0].open(a.s, 2.0)):
                    a.crossing = 1.0 if a.d < 0 else -1.0
                    a.script = "run"
                    return

    def _somebody_runs(self) -> bool:
        return any(a.script == "run" for a in self.traffic.actors)


def _road_plan(params: PerceptionParams, rng: np.random.Generator) -> RoadPlan:
    staged = bool(SCENARIOS[params.scenario].events)
    return RoadPlan(
        length_m=300.0 + 120.0 * params.junctions, lanes=params.lanes,
        lane_width_m=float(rng.uniform(3.2, 3.7)), bend=params.bend,
        slope=0.01 * params.slope_percent, junctions=params.junctions,
        signals=bool(rng.random() < 0.75), parking=params.parked_percent > 0.0,
        first_junction_m=float(rng.uniform(112.0, 172.0)) + (60.0 if staged else 0.0))


def _route(network: Network, turn: str, rng: np.random.Generator) -> list[int]:
    """Lanes from the start of the main road to the end of a road."""
    turns = [STRAIGHT, STRAIGHT, STRAIGHT, LEFT_TURN, RIGHT_TURN]
    wanted = {"straight": STRAIGHT, "left": LEFT_TURN, "right": RIGHT_TURN}.get(
        turn, turns[int(rng.integers(len(turns)))])
    starts = [i for i, lane in enumerate(network.lanes)
              if lane.road == 0 and lane.d < 0 and lane.s[0] == 0.0
              and np.allclose(lane.xy[0], _start(network, lane.d), atol=0.1)]
    order = sorted(starts, key=lambda i: network.lanes[i].d)
    if wanted == LEFT_TURN:
        here = order[-1]
    elif wanted == RIGHT_TURN:
        here = order[0]
    else:
        here = order[int(rng.integers(len(order)))]
    route = [here]
    while network.lanes[here].next:
        after = network.lanes[here].next
        if network.lanes[here].connector:
            here = after[0]
        else:
            fits = [i for i in after if network.lanes[i].turn == wanted]
            here = fits[0] if fits else after[0]
            wanted = STRAIGHT
        route.append(here)
    return route


def _start(network: Network, d: float) -> Float64:
    x, y, _ = network.roads[0].at(0.0, d)
    return np.array([float(x), float(y)])
