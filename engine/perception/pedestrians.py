"""People: along the pavement, to a crossing, and across it when the road has red or is clear."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from engine.perception import signals
from engine.perception.actors import Actor
from engine.perception.road import Network

WALK_MPS: Final = 1.35


class Pedestrians:
    """How pedestrians move; they stand in road coordinates, see `Actor`."""

    def __init__(self, network: Network, rng: np.random.Generator,
                 light: Callable[[int, int, float], int]) -> None:
        """Prepare.

        Args:
            network: Roads.
            rng: Draws which way somebody turns.
            light: Light of (junction, arm) in so many seconds.
        """
        self._network = network
        self._rng = rng
        self._light = light
        self._corners: list[list[list[float]]] = [r.corners.tolist() for r in network.roads]

    def walk(self, a: Actor, dt: float, vehicles: list[Actor]) -> None:
        """Move a pedestrian by `dt` seconds, in road coordinates."""
        road = self._network.roads[a.road]
        pace = WALK_MPS * a.wish
        if a.crossing != 0.0:
            a.speed = pace * (1.7 if a.script == "run" else 1.15)
            a.d += a.crossing * a.speed * dt
            edge = road.half + a.rest_d
            if a.d * a.crossing > edge:
                a.d, a.crossing = edge * a.crossing, 0.0
                a.way = 1.0 if self._rng.random() < 0.5 else -1.0
                a.waited_s = -20.0
        else:
            ahead = self._crossing_ahead(a)
            if ahead is not None and abs(ahead - a.s) < 0.7 and a.waited_s >= 0.0:
                a.waited_s += dt
                a.speed = 0.0
                if self._may_cross(a, vehicles):
                    a.crossing = -1.0 if a.d > 0 else 1.0
                elif a.waited_s > 14.0:
                    a.way, a.waited_s = -a.way, -20.0
            else:
                a.waited_s = min(0.0, a.waited_s + dt)
                a.speed = pace
                nxt = a.s + a.way * pace * dt
                if not 3.0 < nxt < road.length - 3.0 or not self._on_pavement(a, nxt):
                    a.way = -a.way
                else:
                    a.s = nxt
        a.phase += a.speed * dt * 4.6

    def _on_pavement(self, a: Actor, s: float) -> bool:
        return not any(lo < s < hi for lo, hi in self._corners[a.road])

    def _crossing_ahead(self, a: Actor) -> float | None:
        """Station of the crossing a pedestrian walks towards, if near."""
        for lo, hi in self._corners[a.road]:
            at = lo - 1.9 if a.way > 0 else hi + 1.9
            if abs(at - a.s) < 3.0:
                return at
        return None

    def _may_cross(self, a: Actor, vehicles: list[Actor]) -> bool:
        """Pedestrians go on the road's red light; without lights when the road is clear."""
        road = self._network.roads[a.road]
        k = int(np.argmin(np.abs(road.corners.mean(1) - a.s)))
        junction = k if a.road == 0 else a.road - 1
        arm = 0 if a.road == 0 else 2
        lights = {self._light(junction, arm, 0.0), self._light(junction, arm + 1, 0.0)}
        light = lights.pop() if len(lights) == 1 else signals.GREEN
        if light in (signals.GREEN, signals.AMBER):
            return False
        if light == signals.RED and self._red_left(junction, arm) < 8.0:
            return False
        x, y, _ = road.spot(a.s, 0.0)
        for v in vehicles:
            reach = math.hypot(v.x - x, v.y - y)
            if v.speed > 1.0 and reach < road.half + 4.0 + 4.0 * v.speed * (light == signals.NONE):
                return False
        return True

    def _red_left(self, junction: int, arm: int) -> float:
        """Seconds of red that are left."""
        for k in range(1, 21):
            if any(self._light(junction, a, float(k)) != signals.RED for a in (arm, arm + 1)):
                return float(k - 1)
        return 20.0
