"""Lines of the ground as smooth curves: a robust cubic through what was seen of each.

What several cameras saw of one line is put together from pieces that overlap, lie beside each
other by a part of a metre, and end in a hook where a mask frays. Roads are laid out with slowly
changing curvature, so that over what a car sees a line is a cubic of the way along it (Dickmanns
and Mysliwetz 1992, doi:10.1109/34.121789). It is fitted in the line's own direction, by iteratively
reweighted least squares, so that a stray piece does not bend it (Huber 1964,
doi:10.1214/aoms/1177703732).

Frame: flat ground of the ego, x forward, y left, m. Shape letters: Q points of a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.perception.lane_fit import Line
from engine.perception.lane_model import SHORTEST_M

Float64 = npt.NDArray[np.float64]

STEP_M: Final = 1.5
"""From point to point of a smooth line."""
STRAIGHT_M: Final = 5.0
"""A shorter piece does not tell how a line bends."""
BENT_M: Final = 12.0
"""A shorter one does not tell how its bend changes."""
STRAY_M: Final = 0.2
"""A point farther from its line counts less."""
LOOSE_M: Final = 0.5
"""Where so far off in the mean, points are not of one line."""
LEAST: Final = 4
_PASSES: Final = 5


def smooth(lines: Iterable[Line]) -> list[Line]:
    """Lines as curves; one that is no single curve is taken apart at its widest gap.

    Args:
        lines: As `bev.merge_lines` or `lane_model.complete` give them.

    Returns:
        As many lines, or more where one was two; scraps of one that was taken apart are left out.
    """
    out: list[Line] = []
    left = list(lines)
    while left:
        line = left.pop()
        points = np.ascontiguousarray(line.points)
        if len(points) < LEAST:
            out.append(line)
            continue
        curve, loose = curve_of(points)
        if loose > LOOSE_M and len(points) >= 2 * LEAST:
            gap = np.linalg.norm(np.diff(points, axis=0), axis=1)
            cut = LEAST + int(gap[LEAST - 1:len(points) - LEAST].argmax())
            left += [line._replace(points=piece) for piece in (points[:cut], points[cut:])
                     if np.linalg.norm(piece[-1] - piece[0]) >= SHORTEST_M]
            continue
        if np.linalg.norm(curve[0]) > np.linalg.norm(curve[-1]):
            curve = curve[::-1]
        out.append(line._replace(points=np.ascontiguousarray(curve)))
    return out[::-1]


@njit(cache=True, nogil=True)
def curve_of(points: Float64) -> tuple[Float64, float]:
    """The robust cubic through points, and how far they lie from it.

    Args:
        points: float64 [Q, 2] in any order, Q at least 2.

    Returns:
        float64 [·, 2], points of the curve every `STEP_M` along its direction; and the mean
        distance of the given ones to it, m.
    """
    count = len(points)
    mx, my = points[:, 0].mean(), points[:, 1].mean()
    xx = yy = xy = 0.0
    for p in points:
        xx += (p[0] - mx) ** 2
        yy += (p[1] - my) ** 2
        xy += (p[0] - mx) * (p[1] - my)
    turn = 0.5 * np.arctan2(2.0 * xy, xx - yy)  # of the main axis of the scatter
    c, s = np.cos(turn), np.sin(turn)
    along = np.empty(count)
    aside = np.empty(count)
    for i in range(count):
        dx, dy = points[i, 0] - mx, points[i, 1] - my
        along[i], aside[i] = c * dx + s * dy, c * dy - s * dx
    low, high = along.min(), along.max()
    half = max(0.5 * (high - low), 1e-6)
    middle = 0.5 * (low + high)
    order = 4
    if high - low < BENT_M:
        order = 3
    if high - low < STRAIGHT_M:
        order = 2
    weight = np.ones(count)
    value = np.zeros(4)
    for _ in range(_PASSES):
        normal = np.zeros((order, order))
        right = np.zeros(order)
        power = np.empty(order)
        for i in range(count):
            u = (along[i] - middle) / half
            power[0] = 1.0
            for k in range(1, order):
                power[k] = power[k - 1] * u
            for a in range(order):
                right[a] += weight[i] * power[a] * aside[i]
                for b in range(order):
                    normal[a, b] += weight[i] * power[a] * power[b]
        for a in range(order):
            normal[a, a] += 1e-6 * count  # points at fewer places than the curve has terms
        value[:order] = _solved(normal, right)
        for i in range(count):
            away = abs(aside[i] - _at(value, (along[i] - middle) / half))
            weight[i] = min(1.0, STRAY_M / max(away, 1e-9))
    loose = 0.0
    for i in range(count):
        loose += abs(aside[i] - _at(value, (along[i] - middle) / half)) / count
    steps = max(2, int(np.ceil((high - low) / STEP_M)) + 1)
    curve = np.empty((steps, 2))
    for k in range(steps):
        u = -1.0 + 2.0 * k / (steps - 1)
        t, n = middle + half * u, _at(value, u)
        curve[k, 0], curve[k, 1] = mx + c * t - s * n, my + s * t + c * n
    return curve, loose


@njit(cache=True, nogil=True, inline="always")
def _at(value: Float64, u: float) -> float:
    """A cubic by Horner's rule."""
    return float(value[0] + u * (value[1] + u * (value[2] + u * value[3])))


@njit(cache=True, nogil=True)
def _solved(matrix: Float64, right: Float64) -> Float64:
    """Solution of a small symmetric positive definite system by Gauss's elimination."""
    a, b = matrix.copy(), right.copy()
    n = len(b)
    for k in range(n):
        for i in range(k + 1, n):
            share = a[i, k] / a[k, k]
            a[i, k:] -= share * a[k, k:]
            b[i] -= share * b[k]
    for k in range(n - 1, -1, -1):
        for j in range(k + 1, n):
            b[k] -= a[k, j] * b[j]
        b[k] /= a[k, k]
    return b
