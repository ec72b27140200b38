"""Lines on the road around the ego, the route ahead and the next stop line, in the ego frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception.road import Network
from engine.perception.stage import road_lines
from engine.perception.styles import Style
from engine.perception.world import AXLE_M, EGO_LENGTH_M, Snapshot, World

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int8 = npt.NDArray[np.int8]

BEHIND_M: Final = 36.0
AHEAD_M: Final = 84.0
STEP_M: Final = 2.0
POINTS: Final = int((BEHIND_M + AHEAD_M) / STEP_M) + 1
ROUTE_POINTS: Final = 32


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines near the ego.

    Attributes:
        lines: float32 [L, P, 3], NaN-padded.
        kind: int8 [L], 1 lane line, 2 centre line, 3 road edge.
        centres: float32 [L2, P, 3], centre lines of lanes in the direction of travel.
    """

    lines: Float32
    kind: Int8
    centres: Float32


def _ego(now: Snapshot, xy: Float64, network: Network) -> Float64:
    z = network.terrain.height(xy[:, 0], xy[:, 1])
    return (np.column_stack([xy, z]) - now.origin) @ now.axes.T


def around(network: Network, style: Style, now: Snapshot) -> Lines:
    """Lines and lane centres within reach of the ego."""
    lines, kinds, centres = [], [], []
    for road in network.roads:
        apart = np.hypot(*(road.xy - now.origin[:2]).T)
        nearest = int(apart.argmin())
        if apart[nearest] > AHEAD_M:
            continue
        stations = np.arange(max(0.0, nearest - AHEAD_M), min(road.length, nearest + AHEAD_M),
                             STEP_M)
        inside = np.zeros(len(stations), bool)
        for lo, hi in road.gaps:
            inside |= (stations > lo) & (stations < hi)
        # two lines that close together are one boundary, in their middle
        offsets = [(0.0, kind) if kind == 2 else (off, kind)
                   for off, _, _, kind in road_lines(road, style)]
        for off, kind in dict.fromkeys(offsets):
            x, y, _ = road.at(stations, off)
            points = _ego(now, np.stack([x, y], axis=1), network)
            keep = ~inside & (points[:, 0] > -BEHIND_M) & (points[:, 0] < AHEAD_M) & (
                np.abs(points[:, 1]) < AHEAD_M)
            for piece in _runs(keep):
                lines.append(_padded(points[piece]))
                kinds.append(kind)
    for lane in network.lanes:
        apart = np.hypot(*(lane.xy - now.origin[:2]).T)
        near = np.flatnonzero(apart < AHEAD_M)
        if len(near) < 3:
            continue
        points = _ego(now, lane.xy[near[0]:near[-1] + 1:2], network)
        keep = (points[:, 0] > -BEHIND_M) & (points[:, 0] < AHEAD_M)
        centres += [_padded(points[piece]) for piece in _runs(keep)]
    empty = np.zeros((0, POINTS, 3), np.float32)
    return Lines(np.array(lines, np.float32) if lines else empty, np.array(kinds, np.int8),
                 np.array(centres, np.float32) if centres else empty)


def _runs(keep: npt.NDArray[np.bool_]) -> list[slice]:
    """Stretches of True, two points or longer."""
    edge = np.flatnonzero(np.diff(np.concatenate([[False], keep, [False]]).astype(np.int8)))
    return [slice(a, b) for a, b in zip(edge[::2], edge[1::2], strict=True) if b - a > 1]


def _padded(points: Float64) -> Float32:
    out = np.full((POINTS, 3), np.nan, np.float32)
    n = min(len(points), POINTS)
    out[:n] = points[:n]
    return out


def route_ahead(world: World, now: Snapshot) -> Float32:
    """float32 [32, 2]: points every 2 m along the route, from the ego's origin on."""
    points = world.path.at(now.route_s + np.arange(ROUTE_POINTS) * STEP_M)
    return _ego(now, points, world.network)[:, :2].astype(np.float32)


def stop_line_ahead(world: World, now: Snapshot) -> float:
    """Distance from the front bumper to the next stop line on the route, m, or inf."""
    gate = world.path.gate_ahead(now.route_s)
    if gate is None:
        return math.inf
    left = gate.s - now.route_s - AXLE_M - 0.5 * EGO_LENGTH_M
    while left < -2.0:
        gate = world.path.gate_ahead(gate.clear)
        if gate is None:
            return math.inf
        left = gate.s - now.route_s - AXLE_M - 0.5 * EGO_LENGTH_M
    return left if left < 120.0 else math.inf
