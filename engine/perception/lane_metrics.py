"""Lane detection scored by CULane's rule.

A predicted and a true line match when, drawn 30 px wide in a picture of 1640 columns, their
intersection over union exceeds 0.5; lines are paired one to one (Pan et al. 2018,
arXiv:1712.06080, section "Evaluation"). The width scales with the picture.

Shape letters: H rows, W columns, Q points of a line, P predicted, G true lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.optimize import linear_sum_assignment

from engine.perception.labels import LINE_REACH_M

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

LINE_SHARE: Final = 30.0 / 1640.0
"""Width of a drawn line against the picture's."""
LEAST_IOU: Final = 0.5
LEAST_LENGTH_PX: Final = 20.0
"""Shorter pieces of line are neither asked for nor counted."""
CORRIDOR_M: Final = (25.0, 6.0)
"""How near a line must come ahead and to the side to be one of the car's own or next lane."""
_LEAST_SEEN: Final = 0.5


class Matches(NamedTuple):
    """Counts of one or more pictures: right, wrong and missed lines."""

    right: int
    wrong: int
    missed: int

    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN where there is nothing to find or found."""
        whole = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / whole if whole else float("nan")


class Truth(NamedTuple):
    """True lines of a picture, float64 [Q, 2] each, pixels.

    asked: Those a detector should find. spared: Short or mostly hidden ones: finding them is
    neither right nor wrong.
    """

    asked: list[Float64]
    spared: list[Float64]


def match_lines(predicted: Sequence[Float64], truth: Sequence[Float64], height: int,
                width: int, spared: Sequence[Float64] = ()) -> Matches:
    """Pair predicted with true lines.

    Args:
        predicted: float64 [Q, 2] (u, v) in pixels, each a line.
        truth: Likewise.
        height: Rows of the picture.
        width: Columns of the picture.
        spared: Lines on which a prediction may lie without being wrong.
    """
    if not predicted:
        return Matches(0, 0, len(truth))
    drawn = _drawn(predicted, height, width)
    true = _drawn(truth, height, width)
    hidden = _drawn(spared, height, width)
    share = drawn @ hidden.T / np.maximum(drawn.sum(axis=1), 1.0)[:, None]
    excused = (share > LEAST_IOU).any(axis=1)
    both = drawn @ true.T
    union = drawn.sum(axis=1)[:, None] + true.sum(axis=1)[None] - both
    iou = both / np.maximum(union, 1.0)
    rows, columns = linear_sum_assignment(-iou)
    hit = iou[rows, columns] > LEAST_IOU
    excused[rows[hit]] = False
    right = int(hit.sum())
    return Matches(right, len(predicted) - right - int(excused.sum()), len(truth) - right)


def true_lines(lines: Sequence[Float32], camera: Camera, depth: npt.NDArray[np.floating],
               ) -> Truth:
    """The lines a detector is asked for in one picture.

    Lines up to `LINE_REACH_M` away, at least 20 px long within the picture and at least half of
    that in sight.

    Args:
        lines: float32 [Q, 3] each, ego frame, m.
        camera: Camera.
        depth: [H/2, W/2], z-depth of every second pixel, 0 for sky.

    Returns:
        What is asked for and what is spared.
    """
    asked: list[Float64] = []
    spared: list[Float64] = []
    for line in lines:
        seen = (line.astype(np.float64) - np.asarray(camera.t)) @ np.asarray(camera.R).T
        for part in _pieces(_dense(seen), camera):
            uv = np.stack([camera.fx * part[:, 0] / part[:, 2] + camera.cx,
                           camera.fy * part[:, 1] / part[:, 2] + camera.cy], axis=1)
            step = np.linalg.norm(np.diff(uv, axis=0), axis=1)
            at = np.clip((uv / 2).astype(np.int64), 0, np.array(depth.shape)[::-1] - 1)
            before = depth[at[:, 1], at[:, 0]]
            free = ~((before > 0) & (before < 0.9 * part[:, 2] - 0.3))
            weight = np.append(step, 0.0) + np.append(0.0, step)
            whole = step.sum() >= LEAST_LENGTH_PX
            seen_enough = (free * weight).sum() >= _LEAST_SEEN * weight.sum()
            (asked if whole and seen_enough else spared).append(uv)
    return Truth(asked, spared)


def own_and_next(points: npt.NDArray[np.floating]) -> bool:
    """Whether a line bounds the car's own lane or the next, which is what CULane annotates.

    Args:
        points: [Q, 2 or more], ego frame, m.
    """
    ahead = points[points[:, 0] > 0.0]
    if not len(ahead):
        return False
    near = ahead[ahead[:, 0].argmin()]
    return bool(near[0] < CORRIDOR_M[0] and abs(near[1]) < CORRIDOR_M[1])


def picture_line(points: Float64, camera: Camera) -> list[Float64]:
    """A line on flat ground as the parts of it that lie in the picture and are long enough.

    Args:
        points: float64 [Q, 2], ego frame, m.
        camera: Camera.
    """
    ground = np.concatenate([points, np.zeros((len(points), 1))], axis=1)
    seen = (ground - np.asarray(camera.t)) @ np.asarray(camera.R).T
    parts = [np.stack([camera.fx * p[:, 0] / p[:, 2] + camera.cx,
                       camera.fy * p[:, 1] / p[:, 2] + camera.cy], axis=1)
             for p in _pieces(_dense(seen), camera)]
    return [p for p in parts
            if np.linalg.norm(np.diff(p, axis=0), axis=1).sum() >= LEAST_LENGTH_PX]


def _dense(seen: Float64) -> Float64:
    """A line in the camera frame with a point at least every 0.25 m."""
    if len(seen) < 2:
        return seen
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(seen, axis=0), axis=1))])
    at = np.linspace(0.0, way[-1], max(2, int(way[-1] / 0.25) + 1))
    return np.stack([np.interp(at, way, seen[:, k]) for k in range(3)], axis=1)


def _pieces(seen: Float64, camera: Camera) -> list[Float64]:
    """Stretches of a line within the picture and reach; camera frame."""
    z = np.maximum(seen[:, 2], 1e-6)
    u = camera.fx * seen[:, 0] / z + camera.cx
    v = camera.fy * seen[:, 1] / z + camera.cy
    inside = ((seen[:, 2] > 0.2) & (np.hypot(seen[:, 0], seen[:, 2]) < LINE_REACH_M)
              & (u > 0) & (u < camera.width) & (v > 0) & (v < camera.height))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return [seen[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1]


def _drawn(lines: Sequence[Float64], height: int, width: int) -> Float32:
    """Lines drawn by their width; float32 [lines, H · W]."""
    out = np.zeros((len(lines), height, width), np.float32)
    for k, line in enumerate(lines):
        _draw(np.ascontiguousarray(line, np.float64), LINE_SHARE * width / 2, out[k])
    return out.reshape(len(lines), height * width)


@njit(cache=True, nogil=True)
def _draw(line: Float64, radius: float, out: Float32) -> None:
    height, width = out.shape
    for k in range(len(line) - 1):
        u0, v0, u1, v1 = line[k, 0], line[k, 1], line[k + 1, 0], line[k + 1, 1]
        du, dv = u1 - u0, v1 - v0
        size = max(du * du + dv * dv, 1e-12)
        for row in range(max(0, int(min(v0, v1) - radius)),
                         min(height, int(max(v0, v1) + radius) + 2)):
            for column in range(max(0, int(min(u0, u1) - radius)),
                                min(width, int(max(u0, u1) + radius) + 2)):
                u, v = column + 0.5, row + 0.5
                s = min(1.0, max(0.0, ((u - u0) * du + (v - v0) * dv) / size))
                if (u0 + s * du - u) ** 2 + (v0 + s * dv - v) ** 2 <= radius * radius:
                    out[row, column] = 1.0
