"""Bird's-eye view: what eight cameras saw, on one flat ground around the car.

Each detection is placed by its predicted depth and heading; its uncertainty is long along the ray
and short across it. Detections of one thing by several cameras are merged by their covariances
(Smith and Cheeseman 1986, doi:10.1177/027836498600500404). Lines of several pictures are merged
and joined. The drivable area is read off the masks for each cell of a grid (inverse perspective
mapping).

Frame: ego, x forward, y left, m. Shape letters: N objects, V views, R and C rows and columns of
the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.perception.calibration import canonical_scale, to_camera, to_ego
from engine.perception.decode import Detections
from engine.perception.lane_fit import Line, distance_to, join

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

FAMILY: Final = np.array([0, 0, 1, 1, 2, 3, 4])
"""Classes that one thing may be taken for by two cameras share a number: car and truck, cyclist
and pedestrian."""
GATE: Final = 9.21
"""99 % of a chi-square with two degrees of freedom."""
ALONG: Final = (0.4, 0.08)
"""Standard deviation along the ray: m, and share of the distance, as measured on cars."""
ACROSS: Final = (0.3, 0.015)
"""Standard deviation across the ray: m, and share of the distance, as measured on cars."""
THIN_M: Final = 0.4
"""Spacing of the points of merged lines."""
GRID_M: Final = 0.5
GRID: Final = (-30.0, 70.0, -25.0, 25.0)
"""Least and greatest x, least and greatest y of the drivable grid, m."""


class Objects(NamedTuple):
    """Things around the car.

    place: float64 [N, 3], centre, m.
    covariance: float64 [N, 2, 2], of x and y, m².
    heading: float64 [N], radians, 0 ahead, positive to the left.
    size: float64 [N, 3], length, width, height, m.
    kind: int64 [N], class.
    score: float64 [N].
    light: int64 [N], lamp, 0 where none is seen.
    views: int64 [N], bit v set where camera v saw it.
    """

    place: Float64
    covariance: Float64
    heading: Float64
    size: Float64
    kind: Int64
    score: Float64
    light: Int64
    views: Int64


def nothing() -> Objects:
    """No objects."""
    return Objects(np.zeros((0, 3)), np.zeros((0, 2, 2)), np.zeros(0), np.zeros((0, 3)),
                   np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64),
                   np.zeros(0, np.int64))


def lift(found: Detections, camera: Camera, view: int) -> Objects:
    """Place the detections of one picture.

    Args:
        found: Detections.
        camera: Camera of the picture.
        view: Its number in the rig.
    """
    z = np.exp(found.log_z.astype(np.float64)) * canonical_scale(camera)
    place = to_ego(camera, found.centre[:, 0], found.centre[:, 1], z)
    ray = place[:, :2] - np.asarray(camera.t)[:2]
    distance = np.maximum(np.linalg.norm(ray, axis=1), 0.5)
    ray = ray / distance[:, None]
    along = (ALONG[0] + ALONG[1] * distance) ** 2
    across = (ACROSS[0] + ACROSS[1] * distance) ** 2
    outer = ray[:, :, None] * ray[:, None, :]
    covariance = (along[:, None, None] * outer
                  + across[:, None, None] * (np.eye(2)[None] - outer))
    bearing = np.arctan2((found.centre[:, 0] - camera.cx) / camera.fx, 1.0)
    angle = found.heading + bearing
    ahead = np.stack([np.sin(angle), np.zeros_like(angle), np.cos(angle)], axis=1)
    ahead = ahead @ np.asarray(camera.R)
    lamp = np.where(found.classes == 5, found.lights.argmax(axis=1), 0)
    return Objects(place, covariance, np.arctan2(ahead[:, 1], ahead[:, 0]),
                   found.size.astype(np.float64), found.classes, found.scores.astype(np.float64),
                   lamp.astype(np.int64), np.full(len(z), 1 << view, np.int64))


def merge(parts: Sequence[Objects]) -> Objects:
    """Make one object of what several cameras saw of it; best scores first.

    Two detections are one thing where their classes are of one family, no camera saw both, and
    their places agree within `GATE`.
    """
    every = Objects(*(np.concatenate(column) for column in zip(*parts, strict=True))
                    ) if parts else nothing()
    near = _agree(every)
    order = np.argsort(-every.score, kind="stable")
    free = np.ones(len(order), np.bool_)
    groups: list[list[int]] = []
    for head in order:
        if not free[head]:
            continue
        free[head] = False
        group, seen = [int(head)], int(every.views[head])
        for other in order[free[order] & near[head, order]]:
            if not int(every.views[other]) & seen:
                group.append(int(other))
                seen |= int(every.views[other])
                free[other] = False
        groups.append(group)
    if not groups:
        return nothing()
    rows = [_merged(every, group) for group in groups]
    return Objects(*(np.stack(column) for column in zip(*rows, strict=True)))


def _agree(every: Objects) -> npt.NDArray[np.bool_]:
    """Which pairs may be one thing by family and place; bool [N, N]."""
    away = every.place[:, None, :2] - every.place[None, :, :2]
    both = every.covariance[:, None] + every.covariance[None]
    a, b, d = both[..., 0, 0], both[..., 0, 1], both[..., 1, 1]
    x, y = away[..., 0], away[..., 1]
    # the inverse of a symmetric 2 × 2 matrix, written out
    miss = (d * x * x - 2.0 * b * x * y + a * y * y) / (a * d - b * b)
    family = FAMILY[every.kind]
    return np.asarray((miss < GATE) & (family[:, None] == family[None]))


def _merged(every: Objects, group: list[int]) -> Objects:
    """One object of several, weighed by the inverse of their covariances."""
    if len(group) == 1:
        return Objects(*(column[group[0]] for column in every))
    inverse = np.linalg.inv(every.covariance[group])
    covariance = np.linalg.inv(inverse.sum(axis=0))
    xy = covariance @ np.einsum("nij,nj->i", inverse, every.place[group, :2])
    weight = np.trace(inverse, axis1=1, axis2=2)
    weight = weight / weight.sum()
    heading = np.arctan2(weight @ np.sin(every.heading[group]),
                         weight @ np.cos(every.heading[group]))
    head = group[0]
    return Objects(
        np.array([*xy, weight @ every.place[group, 2]]), covariance, np.asarray(heading),
        weight @ every.size[group], every.kind[head],
        np.asarray(1.0 - np.prod(1.0 - every.score[group])), every.light[head],
        np.bitwise_or.reduce(every.views[group]))


def merge_lines(parts: Sequence[Sequence[Line]], near_m: float = 0.8) -> list[Line]:
    """Make one line of what several cameras saw of it; the best-supported picture leads.

    Args:
        parts: Lines of each picture.
        near_m: Points nearer than this to a line already kept belong to it.
    """
    kept: list[Line] = []
    for line in sorted((q for part in parts for q in part),
                       key=lambda q: -q.score * len(q.points)):
        points = thinned(np.ascontiguousarray(line.points), THIN_M)
        if kept:
            away = np.min([distance_to(points, k.points) for k in kept], axis=0)
            points = points[away > near_m]
        if len(points) >= 4:
            kept.append(line._replace(points=points))
    return join(kept)


@njit(cache=True, nogil=True)
def thinned(points: Float64, least_m: float) -> Float64:
    """Points of a line at least `least_m` apart, both ends among them; float64 [Q, 2].

    Near the car a line has a point every few centimetres, one a row of the mask.
    """
    out = np.empty_like(points)
    count = 0
    for i in range(len(points)):
        if count:
            dx, dy = points[i, 0] - out[count - 1, 0], points[i, 1] - out[count - 1, 1]
            if dx * dx + dy * dy < least_m * least_m and i < len(points) - 1:
                continue
        out[count] = points[i]
        count += 1
    return out[:count].copy()


class GroundGrid:
    """Reads the drivable area of eight masks off a grid; the geometry is worked out once.

    Args:
        cameras: Of the rig.
        cell_px: Pixels a mask cell.
    """

    def __init__(self, cameras: Sequence[Camera], cell_px: int = 2) -> None:
        x = np.arange(GRID[0] + GRID_M / 2, GRID[1], GRID_M)
        y = np.arange(GRID[2] + GRID_M / 2, GRID[3], GRID_M)
        self.shape = (len(x), len(y))
        ground = np.stack([*np.meshgrid(x, y, indexing="ij"), np.zeros(self.shape)], axis=-1)
        self._maps = []
        for camera in cameras:
            uv, z = to_camera(camera, ground.reshape(-1, 3))
            seen = ((z > 0.3) & (uv[:, 0] >= 0) & (uv[:, 0] < camera.width) & (uv[:, 1] >= 0)
                    & (uv[:, 1] < camera.height))
            at = np.flatnonzero(seen)
            cells = (uv[at] / cell_px).astype(np.int64)
            self._maps.append((at, cells[:, 1], cells[:, 0], 1.0 / z[at]))

    def read(self, drivable: Float32, use: npt.NDArray[np.bool_] | None = None) -> Float32:
        """Probability that a cell is drivable.

        Args:
            drivable: float32 [V, H/2, W/2], probability.
            use: bool [V], cameras that work; None for all.

        Returns:
            float32 [R, C]; NaN where no camera looks. Nearer cameras count more.
        """
        total = np.zeros(self.shape[0] * self.shape[1])
        weight = np.zeros_like(total)
        for view, (at, row, column, near) in enumerate(self._maps):
            if use is None or use[view]:
                total[at] += near * drivable[view, row, column]
                weight[at] += near
        with np.errstate(invalid="ignore"):
            return (total / np.where(weight > 0, weight, np.nan)).reshape(self.shape).astype(
                np.float32)
