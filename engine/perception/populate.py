"""Fills a town: drivers on lanes, cars in bays, pedestrians on pavements, works on the road."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from engine.perception import actors, idm
from engine.perception.actors import DRIVE, STAND, WALK, Actor
from engine.perception.params import PerceptionParams
from engine.perception.road import Lane
from engine.perception.traffic import Traffic

CARS: Final = (("hatchback", 0.34), ("saloon", 0.30), ("suv", 0.24), ("van", 0.12))
BAY_M: Final = 6.4
WORKS_M: Final = 46.0


def _car(rng: np.random.Generator) -> str:
    share = np.array([p for _, p in CARS])
    return CARS[int(rng.choice(len(CARS), p=share))][0]


class Crowd:
    """Hands out actors with new numbers and adds them to the traffic."""

    def __init__(self, traffic: Traffic, params: PerceptionParams, rng: np.random.Generator,
                 ) -> None:
        """Begin.

        Args:
            traffic: Where they are added.
            params: Densities.
            rng: Draws everything.
        """
        self.traffic = traffic
        self.params = params
        self.rng = rng
        self._next = 1

    def add(self, shape: str, mode: int) -> Actor:
        """A new actor, dressed; placed by the caller."""
        a = Actor(self._next, shape, actors.dressed(shape, self.rng), mode)
        self._next += 1
        self.traffic.actors.append(a)
        return a

    def standing(self, shape: str, x: float, y: float, yaw: float, lane: int = -1, s: float = 0.0,
                 d: float = 0.0) -> Actor:
        """Something that stands; on a lane it is in the way."""
        a = self.add(shape, STAND)
        a.x, a.y, a.yaw, a.lane, a.s, a.d = x, y, yaw, lane, s, d
        a.z = float(self.traffic.network.terrain.height(x, y))
        return a

    def drivers(self, keep_clear: tuple[int, float]) -> None:
        """Vehicles on all lanes, none near the ego's start (lane, s)."""
        network, p, rng = self.traffic.network, self.params, self.rng
        for i, lane in enumerate(network.lanes):
            if lane.connector:
                continue
            s = float(rng.exponential(1000.0 / max(0.5, p.traffic_per_km)))
            while s < lane.length - 8.0 and p.traffic_per_km > 0.0:
                near = i == keep_clear[0] and abs(s - keep_clear[1]) < 14.0
                if s > 6.0 and not near:
                    self.driver(i, s)
                s += 13.0 + float(rng.exponential(1000.0 / p.traffic_per_km))
            if lane.right < 0 and p.cyclists_per_km > 0.0:
                s = float(rng.exponential(1000.0 / p.cyclists_per_km))
                while s < lane.length - 6.0:
                    a = self.add("cyclist", DRIVE)
                    a.wish = float(rng.uniform(0.75, 1.2))
                    road = network.roads[lane.road]
                    a.d = -(0.5 * road.lane_width + 0.5 * road.shoulder - 0.1)
                    a.speed = 4.0
                    a.phase = float(rng.uniform(0.0, 6.28))
                    self.traffic.place(a, i, s)
                    s += 8.0 + float(rng.exponential(1000.0 / p.cyclists_per_km))

    def driver(self, lane: int, s: float) -> None:
        """A vehicle on a lane, already on its way."""
        rng, p = self.rng, self.params
        large = rng.random() < 0.01 * p.trucks_percent
        shape = ("truck" if rng.random() < 0.6 else "bus") if large else _car(rng)
        a = self.add(shape, DRIVE)
        a.wish = float(rng.uniform(0.8, 1.08)) * (0.9 if large else 1.0)
        a.driver = idm.aggressive(float(np.clip(p.aggression + rng.normal(0.0, 0.15), 0.0, 1.0)))
        a.speed = 0.7 * a.wish * self.traffic.network.lanes[lane].limit_mps
        a.d = float(rng.normal(0.0, 0.12))
        self.traffic.place(a, lane, s)

    def parked(self) -> None:
        """Cars in the bays along the roads."""
        network, rng = self.traffic.network, self.rng
        for road in network.roads:
            if road.bay <= 0.0:
                continue
            for side in (-1.0, 1.0):
                for s in np.arange(6.0, road.length - 6.0, BAY_M):
                    if rng.random() > 0.01 * self.params.parked_percent or not road.open(
                            float(s), 7.0):
                        continue
                    d = side * (road.half - 0.5 * road.bay + float(rng.normal(0.0, 0.06)))
                    x, y, h = road.at(float(s), d)
                    yaw = float(h) + (math.pi if side > 0 else 0.0)
                    if rng.random() < 0.08:
                        yaw += math.pi
                    self.standing(_car(rng), float(x), float(y), yaw + float(rng.normal(0, 0.015)))

    def pedestrians(self) -> None:
        """People on the pavements."""
        network, rng, p = self.traffic.network, self.rng, self.params
        for r, road in enumerate(network.roads):
            count = int(rng.poisson(p.pedestrians_per_km * road.length / 1000.0))
            for _ in range(count):
                s = float(rng.uniform(5.0, road.length - 5.0))
                side = 1.0 if rng.random() < 0.5 else -1.0
                # half of them near a junction, where they cross
                if len(road.corners) and rng.random() < 0.5:
                    lo, hi = road.corners[int(rng.integers(len(road.corners)))]
                    s = float(lo - rng.uniform(2.0, 16.0) if rng.random() < 0.5
                              else hi + rng.uniform(2.0, 16.0))
                    s = float(np.clip(s, 5.0, road.length - 5.0))
                if ((road.corners[:, 0] - 0.5 < s) & (s < road.corners[:, 1] + 0.5)).any():
                    continue
                self.walker(r, s, side)

    def walker(self, r: int, s: float, side: float) -> Actor:
        """One pedestrian on the pavement of road r."""
        rng, road = self.rng, self.traffic.network.roads[r]
        a = self.add("walker", WALK)
        a.road, a.s, a.way = r, s, 1.0 if rng.random() < 0.5 else -1.0
        a.rest_d = float(rng.uniform(0.7, max(0.9, road.pavement - 0.6)))
        a.d = side * (road.half + a.rest_d)
        a.wish = float(rng.uniform(0.75, 1.3))
        a.phase = float(rng.uniform(0.0, 6.28))
        self.traffic.pose(a)
        return a

    def works(self, lane_index: int, start: float) -> None:
        """Close a lane: a taper of cones, a barrier and a truck behind it.

        Args:
            lane_index: The rightmost lane of a direction with two lanes or more.
            start: Where the taper begins, m along the lane.
        """
        network = self.traffic.network
        lane = network.lanes[lane_index]
        half = 0.5 * network.roads[lane.road].lane_width
        for k, s in enumerate(np.arange(start, min(start + WORKS_M, lane.length - 12.0), 3.2)):
            d = min(half - 0.25, -half + 0.4 + 0.42 * k)
            self._on_lane("cone", lane, lane_index, float(s), d)
        at = min(start + 20.0, lane.length - 24.0)
        self._on_lane("barrier", lane, lane_index, at, -0.3)
        self._on_lane("truck", lane, lane_index, at + 9.0, -0.35)

    def debris(self, lane_index: int, start: float) -> None:
        """Cones and a crate that lie about on a lane."""
        lane = self.traffic.network.lanes[lane_index]
        for _ in range(3):
            self._on_lane("cone", lane, lane_index, start + float(self.rng.uniform(0.0, 5.0)),
                          float(self.rng.uniform(-0.7, 0.7)))

    def stopped_truck(self, lane_index: int, start: float) -> None:
        """A truck that stands on a lane."""
        lane = self.traffic.network.lanes[lane_index]
        a = self._on_lane("truck", lane, lane_index, start, -0.3)
        a.indicator = -1

    def _on_lane(self, shape: str, lane: Lane, index: int, s: float, d: float) -> Actor:
        x, y, h = self.traffic.lane_pose(index, s, d)
        return self.standing(shape, x, y, h, index, s, d)
