"""Which way the roads run around the car, from the map: a prior for how vehicles stand.

At ten pixels a picture hardly tells how a car is turned; that it stands or drives along a road
does. Where two roads cross, the one nearer to what the picture says is taken.

Frame: ego, x forward, y left, m. Shape letters: N objects, P points, R roads.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.perception.bev import Objects
from engine.perception.road import Network
from engine.perception.world import Snapshot

Float64 = npt.NDArray[np.float64]

REACH_M: Final = 75.0
BESIDE_M: Final = 1.5
"""A vehicle this far off the carriageway is still taken to stand along it."""
WHEELED: Final = (0, 1, 2)
"""Car, truck, cyclist."""


class RoadAxes(NamedTuple):
    """Middle lines of the roads near the car.

    xy: float64 [P, 2]. yaw: float64 [P], radians. half: float64 [P], half width of the road.
    road: int64 [P], number of the road.
    """

    xy: Float64
    yaw: Float64
    half: Float64
    road: npt.NDArray[np.int64]


def axes_around(network: Network, now: Snapshot) -> RoadAxes:
    """The roads within reach of the car, a point every 2 m."""
    yaw = float(np.arctan2(now.axes[0, 1], now.axes[0, 0]))
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, -s], [s, c]])
    xy, heading, half, number = [], [], [], []
    for r, road in enumerate(network.roads):
        local = (road.xy[::2] - now.origin[:2]) @ turn
        near = np.hypot(local[:, 0], local[:, 1]) < REACH_M
        xy.append(local[near])
        heading.append(road.heading[::2][near] - yaw)
        half.append(np.full(int(near.sum()), road.half))
        number.append(np.full(int(near.sum()), r))
    return RoadAxes(np.concatenate(xy), np.concatenate(heading), np.concatenate(half),
                    np.concatenate(number).astype(np.int64))


def align(objects: Objects, axes: RoadAxes) -> Objects:
    """Objects whose vehicles are turned along the road they are on, either way.

    Args:
        objects: As seen.
        axes: Of the roads around.

    Returns:
        The same with other headings; what is on no road keeps its own.
    """
    if not len(objects.heading) or not len(axes.yaw):
        return objects
    away = np.linalg.norm(objects.place[:, None, :2] - axes.xy[None], axis=2)
    heading = objects.heading.copy()
    best = np.full(len(heading), np.inf)
    for r in np.unique(axes.road):
        own = np.flatnonzero(axes.road == r)
        nearest = own[away[:, own].argmin(axis=1)]
        on = (away[np.arange(len(heading)), nearest] < axes.half[nearest] + BESIDE_M)
        miss = fold(axes.yaw[nearest] - objects.heading)
        take = on & np.isin(objects.kind, WHEELED) & (np.abs(miss) < best)
        best[take] = np.abs(miss[take])
        heading[take] = objects.heading[take] + miss[take]
    return objects._replace(heading=np.arctan2(np.sin(heading), np.cos(heading)))


def fold(angle: Float64) -> Float64:
    """Angles between axes: what is left of them modulo half a turn, in [−π/2, π/2)."""
    return np.asarray((angle + np.pi / 2.0) % np.pi - np.pi / 2.0)
