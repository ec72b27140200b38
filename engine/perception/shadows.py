"""Ground polygons that the sun's casters darken, and the contact shade under bodies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception.road import Network
from engine.perception.scenery import Prop
from engine.perception.weather import Weather

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

LIFT_M: Final = 0.03
LONGEST_M: Final = 45.0
CONTACT: Final = 0.62
"""Strength of the shade right under a body, under any sky."""


def _offset(height: float, weather: Weather) -> Float64 | None:
    """Where the shadow of a point at `height` falls, or None without sun."""
    if weather.night or weather.cloud > 0.93:
        return None
    angle = math.radians(max(3.0, weather.sun_height_deg))
    reach = min(LONGEST_M, height / math.tan(angle))
    azimuth = math.radians(weather.sun_azimuth_deg)
    return np.array([-reach * math.cos(azimuth), -reach * math.sin(azimuth)])


def _fan(points: Float64, z: Float64) -> Float32:
    """Triangles of a convex polygon [N, 2], counter-clockwise, at heights z [N]."""
    p = np.column_stack([points, z + LIFT_M])
    n = len(p)
    return np.stack([np.broadcast_to(p[0], (n - 2, 3)), p[1:-1], p[2:]], axis=1).astype(np.float32)


def footprint_shadow(x: float, y: float, z: float, yaw: float, length: float, width: float,
                     height: float, weather: Weather) -> tuple[Float32, Float32]:
    """Contact shade and cast shadow of a box on the ground: triangles and their strength."""
    c, s = math.cos(yaw), math.sin(yaw)
    a, b = 0.5 * length, 0.5 * width
    turn = np.array([[c, s], [-s, c]])
    corners = np.array([[a, b], [-a, b], [-a, -b], [a, -b]])
    under = corners @ turn + np.array([x, y])
    contact = _fan(under, np.full(4, z))
    shift = _offset(0.92 * height, weather)
    if shift is None:
        return contact, np.full(len(contact), CONTACT, np.float32)
    top = (corners * 0.82) @ turn + np.array([x, y]) + shift
    outline = _hull(np.concatenate([under, top]))
    cast = _fan(outline, np.full(len(outline), z))
    strength = np.concatenate([np.full(len(contact), 1.0), np.full(len(cast), 0.95)])
    return np.concatenate([contact, cast]), strength.astype(np.float32)


def _hull(points: Float64) -> Float64:
    """Convex hull, counter-clockwise (Andrew 1979, the monotone chain)."""
    order = sorted(map(tuple, points.tolist()))
    halves = []
    for row in (order, order[::-1]):
        chain: list[tuple[float, float]] = []
        for p in row:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], p) <= 0.0:
                chain.pop()
            chain.append(p)
        halves.append(chain[:-1])
    return np.array(halves[0] + halves[1])


def _turn(o: tuple[float, ...], a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])


def prop_shadows(props: Sequence[Prop], network: Network, weather: Weather,
                 ) -> tuple[Float32, Float64]:
    """Shadows of what stands: triangles float32 [S, 3, 3] and their middles float64 [S, 2]."""
    pieces = []
    for p in props:
        if p.shadow is None:
            continue
        shift = _offset(p.height, weather)
        if shift is None:
            break
        hull = _hull(np.concatenate([p.shadow, p.shadow + shift]))
        pieces.append(_fan(hull, network.terrain.height(hull[:, 0], hull[:, 1])))
    if not pieces:
        return np.zeros((0, 3, 3), np.float32), np.zeros((0, 2))
    triangles = np.concatenate(pieces)
    return triangles, triangles[:, :, :2].mean(1).astype(np.float64)
