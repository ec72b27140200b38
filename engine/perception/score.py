"""How well a drive went: driving score, success, comfort, interventions.

Driving score after CARLA and Bench2Drive (Jia et al. 2024, arXiv:2406.03877): route completion
times a penalty for each infraction. Comfort limits after nuPlan (Caesar et al. 2021,
arXiv:2106.11810). A collision counts when the ego is at fault: not when it stands, nor when it is
run into from behind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

from engine.perception import bodies, signals
from engine.perception.actors import Actor
from engine.perception.trajectory import NOSE_M, WIDTH_M
from engine.perception.world import AXLE_M, EGO_LENGTH_M, TICK_S, World

PENALTY: Final[dict[str, float]] = {
    "pedestrian": 0.5, "vehicle": 0.6, "static": 0.65, "red light": 0.7, "off road": 0.8,
}
ACCEL_MAX: Final = 2.40
ACCEL_MIN: Final = -4.05
LATERAL_MAX: Final = 4.89
JERK_MAX: Final = 8.37
TTC_MIN_S: Final = 0.95
STUCK_S: Final = 75.0
"""Standing this long without a red light ends the drive."""
OFF_ROAD_M: Final = 0.3


@dataclass(slots=True)
class Scorer:
    """Watches a drive, tick by tick.

    Attributes:
        goal_m: Station on the route at which the drive is complete.
        infractions: (time, what).
        interventions: Times at which a safety driver would have taken over.
    """

    world: World
    goal_m: float
    start_m: float
    infractions: list[tuple[float, str]] = field(default_factory=list)
    interventions: list[float] = field(default_factory=list)
    ticks: int = 0
    distance_m: float = 0.0
    standing_s: float = 0.0
    smooth: int = 0
    _touched: set[int] = field(default_factory=set)
    _before: tuple[float, float] | None = None
    _accel: list[float] = field(default_factory=list)
    _off: bool = False
    _reached: float = 0.0
    _intervened_at: float = -99.0

    @property
    def completion(self) -> float:
        """Share of the route that was driven, 0 to 1."""
        return min(1.0, max(0.0, (self._reached - self.start_m) / (self.goal_m - self.start_m)))

    @property
    def done(self) -> bool:
        """Whether the goal was reached or the car is stuck."""
        return self.completion >= 1.0 or self.standing_s > STUCK_S

    def watch(self, route_s: float, ttc_s: float) -> None:
        """Note what happened in the last tick.

        Args:
            route_s: Station of the rear axle on the route, m.
            ttc_s: Least time to collision that the truth holds, s.
        """
        e = self.world.ego
        now = self.world.time
        self.ticks += 1
        self.distance_m += e.speed * TICK_S
        before = self._reached if self.ticks > 1 else route_s
        self._reached = max(self._reached, route_s)
        self.standing_s = self.standing_s + TICK_S if e.speed < 0.1 else 0.0
        for a in self.world.traffic.actors:
            if a.id > 0 and a.id not in self._touched and overlap(e, a):
                self._touched.add(a.id)
                if self._at_fault(a):
                    self._note(now, _kind(a))
        for gate in self.world.path.gates:
            line = gate.s - NOSE_M
            if before < line <= route_s and self.world.traffic.light(
                    gate.junction, gate.arm) == signals.RED:
                self._note(now, "red light")
        off = off_road(self.world)
        if off and not self._off:
            self._note(now, "off road")
        self._off = off
        if ttc_s < 0.5 and e.speed > 1.0:
            self._intervene(now)
        self._comfort()

    def result(self) -> dict[str, Any]:
        """Figures of the drive, JSON-able."""
        penalty = math.prod(PENALTY[what] for _, what in self.infractions)
        km = max(1e-3, self.distance_m / 1000.0)
        return {
            "driving_score": round(100.0 * self.completion * penalty, 2),
            "completion": round(self.completion, 4),
            "success": self.completion >= 1.0 and not self.infractions,
            "infractions": [{"time_s": round(t, 1), "what": what} for t, what in self.infractions],
            "comfort": round(self.smooth / max(1, self.ticks), 4),
            "interventions_per_km": round(len(self.interventions) / km, 3),
            "interventions": len(self.interventions), "distance_m": round(self.distance_m, 1),
            "time_s": round(self.ticks * TICK_S, 1),
        }

    def _note(self, now: float, what: str) -> None:
        self.infractions.append((now, what))
        self._intervene(now)

    def _intervene(self, now: float) -> None:
        """One intervention covers what follows within three seconds."""
        if now - self._intervened_at > 3.0:
            self.interventions.append(now)
        self._intervened_at = now

    def _at_fault(self, a: Actor) -> bool:
        e = self.world.ego
        if e.speed < 0.2:
            return False
        dx, dy = a.x - e.x, a.y - e.y
        ahead = dx * math.cos(e.yaw) + dy * math.sin(e.yaw)
        return not (ahead < -0.35 * EGO_LENGTH_M and math.cos(a.yaw - e.yaw) > 0.5)

    def _comfort(self) -> None:
        """Limits of nuPlan on acceleration (smoothed over 0.5 s), its rate and the lateral one."""
        car = self.world.car
        if car is None:
            return
        self._accel = [*self._accel[-9:], car.accel]
        accel = sum(self._accel[-5:]) / len(self._accel[-5:])
        jerk = 0.0
        if self._before is not None:
            jerk = (accel - self._before[0]) / TICK_S
        sideways = car.speed * car.yaw_rate
        self._before = (accel, sideways)
        self.smooth += (ACCEL_MIN <= accel <= ACCEL_MAX and abs(sideways) <= LATERAL_MAX
                        and abs(jerk) <= JERK_MAX)


def _kind(a: Actor) -> str:
    if a.cls == bodies.PEDESTRIAN:
        return "pedestrian"
    return "static" if a.cls == bodies.CONE else "vehicle"


def overlap(a: Actor, b: Actor) -> bool:
    """Whether two bodies' footprints overlap (separating axes; Gottschalk et al. 1996)."""
    if math.hypot(a.x - b.x, a.y - b.y) > 0.5 * (a.length + b.length) + 2.0:
        return False
    dx, dy = b.x - a.x, b.y - a.y
    # the ego's body is a little narrower than its mirrors
    sizes = [(0.5 * (EGO_LENGTH_M if o.id == 0 else o.length),
              0.5 * (WIDTH_M if o.id == 0 else o.width)) for o in (a, b)]
    for angle in (a.yaw, b.yaw):
        for turn in (0.0, 0.5 * math.pi):
            ux, uy = math.cos(angle + turn), math.sin(angle + turn)
            reach = 0.0
            for o, (half, side) in zip((a, b), sizes, strict=True):
                c, s = math.cos(o.yaw), math.sin(o.yaw)
                reach += half * abs(c * ux + s * uy) + side * abs(c * uy - s * ux)
            if abs(dx * ux + dy * uy) > reach:
                return False
    return True


def off_road(world: World) -> bool:
    """Whether the middle of the car has left the carriageway."""
    e = world.ego
    for road in world.network.roads:
        dx, dy = road.xy[:, 0] - e.x, road.xy[:, 1] - e.y
        i = int((dx * dx + dy * dy).argmin())
        if math.hypot(dx[i], dy[i]) < road.half + OFF_ROAD_M:
            return False
    for junction in world.network.junctions:
        cross, main = world.network.roads[junction.cross], world.network.roads[0]
        if math.hypot(junction.xy[0] - e.x, junction.xy[1] - e.y) < math.hypot(cross.half,
                                                                              main.half) + 2.0:
            return False
    return True


def true_ttc(world: World) -> float:
    """Time until the nearest body straight ahead is reached at present speeds, s; inf for none."""
    e = world.ego
    c, s = math.cos(e.yaw), math.sin(e.yaw)
    best = math.inf
    for a in world.traffic.actors:
        if a.id == 0:
            continue
        dx, dy = a.x - e.x, a.y - e.y
        ahead, aside = c * dx + s * dy, c * dy - s * dx
        turn = a.yaw - e.yaw
        half = 0.5 * (a.length * abs(math.cos(turn)) + a.width * abs(math.sin(turn)))
        side = 0.5 * (a.length * abs(math.sin(turn)) + a.width * abs(math.cos(turn)))
        if ahead <= 0.0 or abs(aside) > side + 0.5 * WIDTH_M - 0.1:
            continue
        closing = e.speed - a.speed * math.cos(turn)
        if closing > 0.1:
            best = min(best, max(0.0, ahead - half - 0.5 * EGO_LENGTH_M) / closing)
    return best


def goal_of(world: World, start_m: float, wanted_m: float) -> float:
    """Station at which a drive ends: so far from the start, or short of the end of the road."""
    return min(start_m + wanted_m, world.path.length - AXLE_M - 12.0)
