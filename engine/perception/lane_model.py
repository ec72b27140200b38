"""Lines completed by each other: the lines of one road run side by side and end together.

A dashed line shows a few metres of paint and asks for all of it; the kerb beside it shows how the
road runs. Lines that run beside the longest one are written as offsets from it, those of one
offset made one, and each is drawn as far as the longest was seen, through its gaps. That is the
parallel-lane model of Huang et al. 2009, Finding multiple lanes in urban road networks with vision
and lidar, doi:10.1007/s10514-009-9113-3, with one reference in place of a centre line estimate.

Frame: flat ground of the ego, x forward, y left, m. Shape letters: N points, Q points of a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.perception.lane_fit import Line, fit_lines

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

LEAST_REFERENCE_M: Final = 10.0
"""A shorter line does not tell how the road runs."""
BEYOND_M: Final = 5.0
"""The reference is believed this far beyond its ends."""
FARTHEST_SIDE_M: Final = 16.0
SAME_M: Final = 0.9
"""Pieces whose offsets differ by less are one line: no lane is that narrow, and the two strokes of
a double line are one boundary."""
LEAST_SEEN_M: Final = 2.5
"""A line of which less was seen is left as it is."""
SHORTEST_M: Final = 5.0
"""What stays shorter is more often a mark on a crossing than a line."""
_STEP_M: Final = 1.0


def picture_lines(probability: Float32, camera: Camera) -> list[Line]:
    """Lines of one picture, fitted and completed; see `lane_fit.fit_lines` and `complete`."""
    return complete(fit_lines(probability, camera))


def complete(lines: Sequence[Line]) -> list[Line]:
    """Draw lines as far as the longest one beside them, and make pieces of one line one.

    Args:
        lines: Of one picture or of all.

    Returns:
        As many lines or fewer: those beside no longer one are as they were, unless shorter than
        `SHORTEST_M`.
    """
    return [q for q in _completed(lines) if _length(q.points) >= SHORTEST_M]


def _completed(lines: Sequence[Line]) -> list[Line]:
    left = sorted(lines, key=lambda q: -_length(q.points))
    done: list[Line] = []
    while left:
        reference = left.pop(0)
        line = np.ascontiguousarray(reference.points)
        way = _length(line)
        if way < LEAST_REFERENCE_M:
            return [*done, reference, *left]
        beside: list[tuple[Line, Float64]] = [(reference, onto(line, line))]
        rest = []
        for other in left:
            sd = onto(np.ascontiguousarray(other.points), line)
            (beside.append((other, sd)) if _runs_along(sd, way) else rest.append(other))
        if len(beside) == 1:
            done.append(reference)
            left = rest
            continue
        low, high = (float(f([f(sd[:, 0]) for _, sd in beside])) for f in (np.min, np.max))
        low, high = max(low, -BEYOND_M), min(high, way + BEYOND_M)
        done += [q for group in _groups(beside) for q in _drawn(group, line, low, high)]
        left = rest
    return done


def _length(points: Float64) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _runs_along(sd: Float64, way: float) -> bool:
    """Whether a line keeps its distance from the reference, near its stretch."""
    s, d = sd[:, 0], sd[:, 1]
    return bool(s.max() > -BEYOND_M and s.min() < way + BEYOND_M
                and abs(float(np.median(d))) < FARTHEST_SIDE_M
                and np.ptp(d) < 0.5 + 0.08 * np.ptp(s) and np.ptp(s) > 0.5 * np.ptp(d))


def _groups(beside: list[tuple[Line, Float64]]) -> list[list[tuple[Line, Float64]]]:
    """Pieces of one offset together; the longest piece says which offset."""
    groups: list[list[tuple[Line, Float64]]] = []
    offsets: list[float] = []
    for piece in sorted(beside, key=lambda p: -float(np.ptp(p[1][:, 0]))):
        d = float(np.median(piece[1][:, 1]))
        near = [k for k, o in enumerate(offsets) if abs(o - d) < SAME_M]
        if near:
            groups[min(near, key=lambda k: abs(offsets[k] - d))].append(piece)
        else:
            groups.append([piece])
            offsets.append(d)
    return groups


def _drawn(group: list[tuple[Line, Float64]], reference: Float64, low: float,
           high: float) -> list[Line]:
    """One line of a group's pieces from `low` to `high` along the reference."""
    sd = np.concatenate([p for _, p in group])
    cells = np.floor(sd[:, 0] / _STEP_M).astype(np.int64)
    inside = (sd[:, 0] >= low - _STEP_M) & (sd[:, 0] <= high + _STEP_M)
    sd, cells = sd[inside], cells[inside]
    known, first = np.unique(cells, return_inverse=True)
    if len(known) * _STEP_M < LEAST_SEEN_M:
        return [q for q, _ in group]
    count = np.bincount(first)
    s, d = (np.bincount(first, sd[:, k]) / count for k in (0, 1))
    # a running mean takes the steps out where two pieces overlap
    reach = np.minimum(2, np.minimum(np.arange(len(d)), np.arange(len(d))[::-1]))
    total = np.concatenate([[0.0], np.cumsum(d)])
    at = np.arange(len(d))
    d = (total[at + reach + 1] - total[at - reach]) / (2 * reach + 1)
    grid = np.arange(low, high + 0.5 * _STEP_M, _STEP_M)
    points = beside_of(reference, grid, np.interp(grid, s, d))
    if np.linalg.norm(points[0]) > np.linalg.norm(points[-1]):
        points = points[::-1]
    weight = np.array([len(q.points) for q, _ in group], np.float64)
    kinds = np.bincount([q.kind for q, _ in group], weight)
    score = float(weight @ [q.score for q, _ in group] / weight.sum())
    return [Line(np.ascontiguousarray(points), int(kinds.argmax()), score)]


@njit(cache=True, nogil=True)
def onto(points: Float64, line: Float64) -> Float64:
    """Station along a polyline and offset to its left of each point.

    Beyond the ends the first and last stretch go on straight.

    Args:
        points: float64 [N, 2].
        line: float64 [Q, 2], Q at least 2.

    Returns:
        float64 [N, 2].
    """
    count = len(line) - 1
    out = np.empty((len(points), 2))
    for i in range(len(points)):
        best, way = np.inf, 0.0
        for k in range(count):
            x, y = line[k + 1, 0] - line[k, 0], line[k + 1, 1] - line[k, 1]
            size = max(np.sqrt(x * x + y * y), 1e-9)
            x, y = x / size, y / size
            dx, dy = points[i, 0] - line[k, 0], points[i, 1] - line[k, 1]
            s = dx * x + dy * y
            low = -np.inf if k == 0 else 0.0
            high = np.inf if k == count - 1 else size
            held = min(high, max(low, s))
            away = (dx - held * x) ** 2 + (dy - held * y) ** 2
            if away < best:
                best = away
                out[i, 0], out[i, 1] = way + held, dy * x - dx * y
            way += size
    return out


def beside_of(line: Float64, s: Float64, d: Float64) -> Float64:
    """Points at stations and offsets of a polyline, the inverse of `onto`; float64 [N, 2]."""
    step = np.diff(line, axis=0)
    size = np.maximum(np.linalg.norm(step, axis=1), 1e-9)
    way = np.concatenate([[0.0], np.cumsum(size)])
    k = np.clip(np.searchsorted(way, s, side="right") - 1, 0, len(size) - 1)
    ahead = step[k] / size[k, None]
    left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    return np.asarray(line[k] + (s - way[k])[:, None] * ahead + d[:, None] * left)
