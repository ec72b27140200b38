"""Artificial light at night: a map of it on the ground around the ego."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception.actors import DRIVE
from engine.perception.bodies import CAR, TRUCK
from engine.perception.road import Network
from engine.perception.scenery import lamp_positions
from engine.perception.shade_kernels import LIGHT_CELL_M
from engine.perception.styles import Style
from engine.perception.world import Snapshot

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

CELLS: Final = 112
POOL_M: Final = 15.0
BEAM_M: Final = 50.0
_SPREAD: Final = 0.30


def street_lamps(network: Network, style: Style) -> Float64:
    """Positions float64 [N, 2] of the heads of all street lamps."""
    spots = []
    for road in network.roads:
        for side in (-1.0, 1.0):
            for s, d in lamp_positions(road, side):
                x, y, _ = road.at(s, d - side * style.lamp_arm_m)
                spots.append([float(x), float(y)])
    return np.array(spots).reshape(-1, 2)


def light_map(now: Snapshot, lamps: Float64, shapes: dict[int, tuple[int, float, float, float]],
              ) -> Float32:
    """Light on the ground: float32 [112, 112], cells of 1.5 m in the ego frame."""
    cells = (np.arange(CELLS) - 0.5 * CELLS) * LIGHT_CELL_M
    X, Y = np.meshgrid(cells, cells, indexing="ij")
    yaw = math.atan2(now.axes[0, 1], now.axes[0, 0])
    c, s = math.cos(yaw), math.sin(yaw)
    turn = np.array([[c, -s], [s, c]])
    grid = np.zeros((CELLS, CELLS))
    near = (lamps - now.origin[:2]) @ turn if len(lamps) else lamps
    half = 0.5 * CELLS * LIGHT_CELL_M
    for x, y in near[(np.abs(near) < half + POOL_M).all(1)] if len(near) else near:
        i0, i1 = _range(x), _range(y)
        r2 = (X[i0, i1] - x) ** 2 + (Y[i0, i1] - y) ** 2
        # a lamp h above the ground lights it by cos^3 / h^2, softened by its reflector
        grid[i0, i1] += 0.42 * np.maximum(0.0, 1.0 - r2 / POOL_M**2) / (1.0 + r2 / 49.0)
    grid += _beam(X, Y, 2.2, 0.0, 0.0, 1.5)
    for row, number in enumerate(now.id):
        if shapes[int(number)][0] not in (CAR, TRUCK) or now.state[row, 8] != DRIVE:
            continue
        x, y = (now.state[row, :2] - now.origin[:2]) @ turn
        if abs(x) < half and abs(y) < half:
            angle = float(now.state[row, 3]) - yaw
            reach = 0.5 * shapes[int(number)][1]
            grid += _beam(X, Y, x + reach * math.cos(angle), y + reach * math.sin(angle), angle,
                          0.9)
    return grid.astype(np.float32)


def _range(at: float) -> slice:
    low = int((at - POOL_M) / LIGHT_CELL_M + 0.5 * CELLS)
    high = int((at + POOL_M) / LIGHT_CELL_M + 0.5 * CELLS) + 2
    return slice(max(0, low), max(0, min(CELLS, high)))


def _beam(X: Float64, Y: Float64, x: float, y: float, angle: float, power: float) -> Float64:
    """A dipped headlight pair: a fan that fades with the angle and the distance."""
    dx, dy = X - x, Y - y
    ahead = dx * math.cos(angle) + dy * math.sin(angle)
    aside = dy * math.cos(angle) - dx * math.sin(angle)
    on = (ahead > 0.3) & (ahead < BEAM_M)
    spread = aside / np.maximum(ahead + 3.0, 0.5)
    fade = np.clip(1.0 - ahead / BEAM_M, 0.0, 1.0)
    level = power * np.exp(-((spread / _SPREAD) ** 2)) * fade / (1.0 + (ahead / 16.0) ** 2)
    return np.where(on, level, 0.0)
