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


def body_shadows(bodies: Float64, weather: Weather) -> tuple[Float32, Float32]:
    """Contact shade and cast shadow of boxes on the ground.

    Args:
        bodies: float64 [B, 7], x, y, z (ground), yaw, length, width, height.
        weather: Where the sun is.

    Returns:
        Triangles float32 [S, 3, 3] and their strength float32 [S].
    """
    x, y, z, yaw, length, width, height = bodies.T
    c, s = np.cos(yaw), np.sin(yaw)
    a, b = 0.5 * length, 0.5 * width
    px, py = np.stack([a, -a, -a, a], axis=1), np.stack([b, b, -b, -b], axis=1)
    level = np.broadcast_to((z + LIFT_M)[:, None], px.shape)
    under = np.stack([x[:, None] + c[:, None] * px - s[:, None] * py,
                      y[:, None] + s[:, None] * px + c[:, None] * py, level], axis=2)
    contact = _quads(under)
    shift = _offset(1.0, weather)
    if shift is None:
        return contact, np.full(len(contact), CONTACT, np.float32)
    reach = np.minimum(0.92 * height, LONGEST_M / max(1e-9, float(np.hypot(*shift))))
    middle = np.stack([x, y], axis=1)[:, None]
    top = under.copy()
    top[:, :, :2] = (middle + 0.82 * (under[:, :, :2] - middle)
                     + reach[:, None, None] * shift)
    # the hull of foot and top as overlapping pieces: the top and the four walls, thrown down
    walls = [np.stack([under[:, i], under[:, (i + 1) % 4], top[:, (i + 1) % 4], top[:, i]], axis=1)
             for i in range(4)]
    cast = np.concatenate([_quads(top), *(_quads(w) for w in walls)])
    strength = np.concatenate([np.ones(len(contact)), np.full(len(cast), 0.95)])
    return np.concatenate([contact, cast]), strength.astype(np.float32)


def _quads(corners: Float64) -> Float32:
    """Two upward triangles for each quadrangle [B, 4, 3], whichever way it winds."""
    t = corners[:, [[0, 1, 2], [0, 2, 3]]].reshape(-1, 3, 3)
    e, f = t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]
    down = e[:, 0] * f[:, 1] - e[:, 1] * f[:, 0] < 0.0
    t[down] = t[down][:, ::-1]
    return t.astype(np.float32)


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
