"""Scenes worked out by hand for the planner's tests: a straight or bent road along x."""

import numpy as np

from engine.perception.bodies import CAR
from engine.perception.scene import (
    ROUTE_AHEAD_M,
    ROUTE_BACK_M,
    ROUTE_STEP_M,
    Scene,
    Track,
    straight_future,
)


def track(x, y, *, number=1, cls=CAR, yaw=0.0, speed=0.0, length=4.6, width=1.85):
    future = straight_future(x, y, speed * np.cos(yaw), speed * np.sin(yaw))
    return Track(number, cls, x, y, yaw, speed, length, width, future, np.ones(1))


def scene(speed=10.0, *, tracks=(), offsets=(0.0,), gate=None, limit=12.5, bend=0.0, aside=0.0,
          left=500.0):
    """A road of constant curvature, with the car `aside` to the left of its route."""
    s = np.arange(-ROUTE_BACK_M, ROUTE_AHEAD_M + 0.5, ROUTE_STEP_M)
    if bend:
        route = np.stack([np.sin(bend * s) / bend, (1 - np.cos(bend * s)) / bend], axis=1)
    else:
        route = np.stack([s, np.zeros(len(s))], axis=1)
    return Scene(0.0, speed, 0.0, 0.0, 0.0, tuple(tracks), route - [0.0, aside],
                 np.full(len(s), bend), tuple(offsets), 3.5, gate, limit, left)
