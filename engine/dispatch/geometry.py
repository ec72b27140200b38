"""Plane geometry of a generated city: cells, outlines, crossings.

Shape letters: K points, P points of an outline, S segments, V points a line.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


def voronoi_cell(seeds: Float64, index: int, corners: Float64) -> Float64:
    """Points of a convex outline that are nearer to one seed than to any other.

    Args:
        seeds: float64 [K, 2].
        index: Whose cell.
        corners: float64 [P, 2], the outline, counter-clockwise.

    Returns:
        float64 [V, 2], counter-clockwise.
    """
    cell = corners
    for other in range(len(seeds)):
        if other != index:
            across = seeds[other] - seeds[index]
            middle = (seeds[other] + seeds[index]) / 2
            cell = _clip(cell, across, float(across @ middle))
    return cell


def _clip(outline: Float64, normal: Float64, limit: float) -> Float64:
    """The part of a convex outline where normal · p ≤ limit (Sutherland and Hodgman 1974)."""
    side = outline @ normal - limit
    kept = []
    for i in range(len(outline)):
        j = (i + 1) % len(outline)
        if side[i] <= 0:
            kept.append(outline[i])
        if (side[i] <= 0) != (side[j] <= 0):
            kept.append(outline[i] + side[i] / (side[i] - side[j]) * (outline[j] - outline[i]))
    return np.array(kept)


def chord(outline: Float64, point: Float64, along: Float64) -> tuple[float, float] | None:
    """Where a line enters and leaves a convex counter-clockwise outline, in units of `along`."""
    low, high = -np.inf, np.inf
    for i in range(len(outline)):
        edge = outline[(i + 1) % len(outline)] - outline[i]
        inward = np.array([-edge[1], edge[0]])
        speed = float(inward @ along)
        room = float(inward @ (point - outline[i]))
        if abs(speed) < 1e-12:
            if room < 0:
                return None
        elif speed > 0:
            low = max(low, -room / speed)
        else:
            high = min(high, -room / speed)
    return (low, high) if low < high else None


def inside(outline: Float64, points: Float64) -> Bool:
    """Which points lie in an outline, by the parity of crossings; bool [K]."""
    x, y = points[:, 0], points[:, 1]
    odd = np.zeros(len(points), np.bool_)
    for i in range(len(outline)):
        (x1, y1), (x2, y2) = outline[i - 1], outline[i]
        crosses = (y1 > y) != (y2 > y)
        if crosses.any():
            odd ^= crosses & (x < x1 + (y - y1) / (y2 - y1 if y2 != y1 else 1.0) * (x2 - x1))
    return odd


def near_line(line: Float64, points: Float64) -> Float64:
    """Distance of points to a polyline, float64 [K]."""
    least = np.full(len(points), np.inf)
    for a, b in pairwise(line):
        along = b - a
        t = np.clip((points - a) @ along / max(float(along @ along), 1e-12), 0, 1)
        least = np.minimum(least, np.hypot(*(points - a - t[:, None] * along).T))
    return least


def crossings(start: Float64, end: Float64) -> tuple[Int64, Int64, Float64, Float64]:
    """Where segments cross, every pair against every other.

    Args:
        start: float64 [S, 2].
        end: float64 [S, 2].

    Returns:
        Pairs i < j as int64, and the place on i and on j as a share in [0, 1], float64.
    """
    along = end - start
    found: list[tuple[Int64, Int64, Float64, Float64]] = []
    low, high = np.minimum(start, end), np.maximum(start, end)
    for i in range(len(start) - 1):
        touch = ((low[i + 1:] <= high[i]) & (high[i + 1:] >= low[i])).all(axis=1)
        j = np.flatnonzero(touch) + i + 1
        turn = along[i, 0] * along[j, 1] - along[i, 1] * along[j, 0]
        j, turn = j[np.abs(turn) > 1e-9], turn[np.abs(turn) > 1e-9]
        gap = start[j] - start[i]
        t = (gap[:, 0] * along[j, 1] - gap[:, 1] * along[j, 0]) / turn
        u = (gap[:, 0] * along[i, 1] - gap[:, 1] * along[i, 0]) / turn
        hit = (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
        found.append((np.full(int(hit.sum()), i, np.int64), j[hit], t[hit], u[hit]))
    if not found:
        none, zero = np.zeros(0, np.int64), np.zeros(0)
        return none, none, zero, zero
    one, other, t, u = (np.concatenate(part) for part in zip(*found, strict=True))
    return one, other, t, u
