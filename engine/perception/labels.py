"""What the network should say of one picture, made from the world's truth.

Boxes carry their place in space as FCOS3D learns it (Wang et al. 2021, arXiv:2104.10956). Lines
are drawn whole, through the gaps of dashes, where nothing stands before them: what a lane detector
is asked for (Pan et al. 2018, arXiv:1712.06080), not what paint is seen.

Shape letters: N boxes, L lines, Q points a line, H rows, W columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.perception.calibration import FOCAL_PX, canonical_scale, ground_plane

if TYPE_CHECKING:
    from engine.perception.cameras import Camera
    from engine.perception.truth import Sample

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]

BOX: Final = np.dtype([
    ("box", np.float32, 4), ("kind", np.int8), ("visible", np.float32), ("pixels", np.int32),
    ("light", np.int8), ("actor", np.int16), ("space", np.float32, 8),
])
"""One labelled box: (x0, y0, x1, y1) pixels, class, visible share, visible pixels, lamp, row in
the frame's actors or −1, and place in space: u, v (pixels) and ln z (canonical m) of the centre,
ln length, width, height (m), sine and cosine of the heading against the ray; NaN where unknown."""

DRIVABLE: Final = 1
LINE_BITS: Final = (2, 4, 8)
"""Bits of lane line, centre line and road edge in a mask."""
LINE_RADIUS_PX: Final = 1.25
LINE_REACH_M: Final = 60.0
FOG_SHARE: Final = 0.8
"""Share of the visibility beyond which haze hides a thing; its box then counts no pixel, so that
it is neither learnt nor scored."""
_NEAR_M: Final = 0.2


@dataclass(frozen=True, slots=True)
class View:
    """One picture with its labels.

    Attributes:
        image: uint8 [H, W, 3], RGB.
        plane: float32 [3], `calibration.ground_plane`.
        scale: Metres a canonical metre.
        depth: float16 [H/2, W/2], z-depth in m of every second pixel; 0 where there is none.
        mask: uint8 [H, W], bits `DRIVABLE` and `LINE_BITS`.
        boxes: `BOX` [N].
    """

    image: UInt8
    plane: Float32
    scale: float
    depth: npt.NDArray[np.float16]
    mask: UInt8
    boxes: npt.NDArray[np.void]


def label_view(sample: Sample, index: int, view: int) -> View:
    """Label one picture of a sample.

    Args:
        sample: Truth of a frame.
        index: Place of the picture in the sample.
        view: Its number in the rig, as `box_view` has it.
    """
    camera = sample.cameras[index]
    rows = np.flatnonzero(sample.box_view == view)
    boxes = np.zeros(len(rows), BOX)
    boxes["box"] = sample.boxes[rows]
    boxes["kind"] = sample.box_class[rows]
    boxes["visible"] = np.clip(sample.box_visible[rows], 0.0, 1.0)
    boxes["pixels"] = sample.box_pixels[rows]
    boxes["light"] = sample.box_light[rows]
    boxes["actor"] = sample.box_actor[rows]
    boxes["space"] = np.nan
    limit = float(sample.meta.get("visibility_m", np.inf)) * FOG_SHARE
    for k, actor in enumerate(sample.box_actor[rows]):
        if actor >= 0:
            boxes["space"][k] = place_in_space(camera, sample.actors[actor])
            if np.linalg.norm(sample.actors[actor, :3] - camera.t) > limit:
                boxes["pixels"][k] = 0
    depth = sample.depth[index].astype(np.float32)
    mask = (sample.drivable[index] > 0).astype(np.uint8) * np.uint8(DRIVABLE)
    draw_lines(mask, depth, camera, sample.lanes, sample.lane_type)
    return View(sample.images[index], ground_plane(camera), canonical_scale(camera),
                sample.depth[index][::2, ::2].astype(np.float16), mask, boxes)


def place_in_space(camera: Camera, actor: Float32) -> Float64:
    """An actor as the network should place it; NaN where its centre is not before the camera.

    Args:
        camera: Camera.
        actor: float32 [9], x, y, z, yaw, length, width, height, speed, class.

    Returns:
        float64 [8], see `BOX`.
    """
    x, y, z = np.asarray(camera.R) @ (actor[:3].astype(np.float64) - camera.t)
    if z < 0.5:
        return np.full(8, np.nan)
    ahead = np.asarray(camera.R) @ np.array([np.cos(actor[3]), np.sin(actor[3]), 0.0])
    heading = np.arctan2(ahead[0], ahead[2]) - np.arctan2(x, z)
    return np.array([
        camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy,
        np.log(z * FOCAL_PX / camera.fy), *np.log(np.maximum(actor[4:7], 0.05)),
        np.sin(heading), np.cos(heading)])


def draw_lines(mask: UInt8, depth: Float32, camera: Camera, lines: Float32,
               kinds: npt.NDArray[np.integer]) -> None:
    """Set the bits of lines that nothing hides, up to `LINE_REACH_M` away.

    Args:
        mask: uint8 [H, W]; written.
        depth: float32 [H, W], z-depth in m, 0 for sky.
        camera: Camera.
        lines: float32 [L, Q, 3], ego frame, NaN-padded.
        kinds: int [L], 1 lane line, 2 centre line, 3 road edge.
    """
    for line, kind in zip(lines, kinds, strict=True):
        whole = line[np.isfinite(line[:, 0])].astype(np.float64)
        if len(whole) < 2 or not 1 <= kind <= len(LINE_BITS):
            continue
        seen = (whole - np.asarray(camera.t)) @ np.asarray(camera.R).T
        _draw(mask, depth, seen, camera.fx, camera.fy, camera.cx, camera.cy,
              np.uint8(LINE_BITS[int(kind) - 1]))


@njit(cache=True, nogil=True)
def _draw(mask: UInt8, depth: Float32, line: Float64, fx: float, fy: float, cx: float, cy: float,
          bit: np.uint8) -> None:
    height, width = mask.shape
    for k in range(len(line) - 1):
        ax, ay, az = line[k, 0], line[k, 1], line[k, 2]
        bx, by, bz = line[k + 1, 0], line[k + 1, 1], line[k + 1, 2]
        if max(az, bz) <= _NEAR_M or min(ax * ax + az * az, bx * bx + bz * bz) > LINE_REACH_M ** 2:
            continue
        if az < _NEAR_M:
            s = (_NEAR_M - az) / (bz - az)
            ax, ay, az = ax + s * (bx - ax), ay + s * (by - ay), _NEAR_M
        if bz < _NEAR_M:
            s = (_NEAR_M - bz) / (az - bz)
            bx, by, bz = bx + s * (ax - bx), by + s * (ay - by), _NEAR_M
        u0, v0 = fx * ax / az + cx, fy * ay / az + cy
        u1, v1 = fx * bx / bz + cx, fy * by / bz + cy
        if (max(u0, u1) < -2 or min(u0, u1) > width + 2 or max(v0, v1) < -2
                or min(v0, v1) > height + 2):
            continue
        steps = int(min(4000.0, 2.0 * max(abs(u1 - u0), abs(v1 - v0)))) + 1
        for i in range(steps + 1):
            s = i / steps
            u, v = u0 + s * (u1 - u0), v0 + s * (v1 - v0)
            row, column = int(np.floor(v)), int(np.floor(u))
            if not (0 <= row < height and 0 <= column < width):
                continue
            # along a straight segment on the screen the inverse of z is linear
            z = 1.0 / ((1.0 - s) / az + s / bz)
            if 0.0 < depth[row, column] < 0.93 * z - 0.3:
                continue
            for r in range(max(0, row - 2), min(height, row + 3)):
                for c in range(max(0, column - 2), min(width, column + 3)):
                    if (r + 0.5 - v) ** 2 + (c + 0.5 - u) ** 2 <= LINE_RADIUS_PX ** 2:
                        mask[r, c] |= bit
