"""Eight calibrated pinhole cameras around the car.

Frames: the ego frame is x forward, y left, z up, metres, with its origin on the ground under the
rear axle; a camera frame is x right, y down, z forward. Pixel (column, row) = (0, 0) has its
centre at (0.5, 0.5). fx and fy may differ.

Source: Hartley and Zisserman 2004, Multiple View Geometry, chapter 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Float64 = npt.NDArray[np.float64]

WIDTH: Final = 320
HEIGHT: Final = 192
NEAR_M: Final = 0.25
"""Nothing nearer than this to a camera is drawn."""
FAR_M: Final = 250.0
"""Nothing farther than this has a depth."""

VIEWS: Final = (
    "front", "front_narrow", "front_wide", "rear", "left_pillar", "right_pillar", "left_repeater",
    "right_repeater",
)


class Camera(NamedTuple):
    """One pinhole camera: p_camera = R (p_ego - t), u = fx x / z + cx, v = fy y / z + cy.

    fx, fy: focal lengths, pixels; cx, cy: principal point, pixels.
    R: float64 [3, 3], ego axes to camera axes. t: float64 [3], camera centre in the ego frame, m.
    width, height: pixels.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    R: Float64
    t: Float64
    width: int
    height: int


class Mount(NamedTuple):
    """Where a camera sits: position in m, yaw to the left and pitch down in degrees, field of view.

    x, y, z: ego frame. fov_deg: horizontal.
    """

    x: float
    y: float
    z: float
    yaw_deg: float
    pitch_deg: float
    fov_deg: float


MOUNTS: Final[dict[str, Mount]] = {
    "front": Mount(2.05, 0.0, 1.42, 0.0, 3.0, 60.0),
    "front_narrow": Mount(2.05, 0.06, 1.42, 0.0, 1.0, 34.0),
    "front_wide": Mount(2.05, -0.06, 1.42, 0.0, 5.0, 110.0),
    "rear": Mount(-1.0, 0.0, 1.05, 180.0, 7.0, 100.0),
    "left_pillar": Mount(1.25, 0.78, 1.30, 62.0, 4.0, 88.0),
    "right_pillar": Mount(1.25, -0.78, 1.30, -62.0, 4.0, 88.0),
    "left_repeater": Mount(2.55, 0.95, 0.88, 146.0, 4.0, 82.0),
    "right_repeater": Mount(2.55, -0.95, 0.88, -146.0, 4.0, 82.0),
}
"""A passenger car's rig, after the published layout of eight cameras with 360° of view."""


def mounted(mount: Mount, width: int = WIDTH, height: int = HEIGHT, aspect: float = 1.0) -> Camera:
    """Calibrate a camera from where it sits.

    Args:
        mount: Position, direction and field of view.
        width: Pixels, > 0.
        height: Pixels, > 0.
        aspect: fy / fx, > 0; 1 for square pixels.

    Raises:
        InvalidInput: If a size, the aspect or the field of view is out of range or not finite.
    """
    if width < 1 or height < 1:
        raise InvalidInput(f"camera of {width} by {height} pixels; each side must be 1 or more")
    if not all(np.isfinite(mount)) or not np.isfinite(aspect) or aspect <= 0.0:
        raise InvalidInput(f"camera calibration {tuple(mount)}, aspect {aspect} must be finite and "
                           "the aspect above 0; correct the value that is not")
    if not 1.0 <= mount.fov_deg <= 170.0:
        raise InvalidInput(f"field of view is {mount.fov_deg}°; a pinhole camera takes 1 to 170°")
    yaw, pitch = np.radians(mount.yaw_deg), np.radians(mount.pitch_deg)
    forward = np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), -np.sin(pitch)])
    right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
    fx = 0.5 * width / np.tan(np.radians(0.5 * mount.fov_deg))
    return Camera(
        fx=float(fx), fy=float(fx * aspect), cx=0.5 * width, cy=0.5 * height,
        R=np.stack([right, np.cross(forward, right), forward]),
        t=np.array([mount.x, mount.y, mount.z]), width=width, height=height)


def rig(width: int = WIDTH, height: int = HEIGHT) -> tuple[Camera, ...]:
    """The eight cameras, in the order of `VIEWS`."""
    return tuple(mounted(MOUNTS[name], width, height) for name in VIEWS)


def project(camera: Camera, points: Float64) -> tuple[Float64, Float64]:
    """Project points of the ego frame.

    Args:
        camera: Calibration.
        points: float64 [N, 3] in the ego frame, m.

    Returns:
        Pixels float64 [N, 2], NaN at or behind the near plane, and z-depth float64 [N].
    """
    p = (np.asarray(points, np.float64) - camera.t) @ camera.R.T
    z = p[:, 2]
    safe = np.where(z >= NEAR_M, z, np.nan)
    return np.stack([camera.fx * p[:, 0] / safe + camera.cx,
                     camera.fy * p[:, 1] / safe + camera.cy], axis=1), z


def unproject(camera: Camera, pixels: Float64, depth: Float64) -> Float64:
    """Points of the ego frame, float64 [N, 3], of pixels [N, 2] at z-depths [N] in m."""
    pixels = np.asarray(pixels, np.float64)
    rays = np.stack([(pixels[:, 0] - camera.cx) / camera.fx, (pixels[:, 1] - camera.cy) / camera.fy,
                     np.ones(len(pixels))], axis=1)
    points: Float64 = (rays * np.asarray(depth, np.float64)[:, None]) @ camera.R + camera.t
    return points


def clip_near(camera: Camera, line: Float64) -> Sequence[Float64]:
    """Pieces of an ego-frame polyline [P, 3] in front of the near plane, projected to pixels.

    Returns:
        Pixel polylines float64 [*, 2], each with two points or more.
    """
    p = (np.asarray(line, np.float64) - camera.t) @ camera.R.T
    pieces: list[list[Float64]] = [[]]
    for a, b in pairwise(p):
        a_in, b_in = a[2] >= NEAR_M, b[2] >= NEAR_M
        if a_in and not pieces[-1]:
            pieces[-1].append(a)
        if a_in != b_in:
            cut = a + (b - a) * (NEAR_M - a[2]) / (b[2] - a[2])
            pieces[-1].append(cut)
        if b_in:
            pieces[-1].append(b)
        elif a_in:
            pieces.append([])
    pixel = np.array([camera.fx, camera.fy]), np.array([camera.cx, camera.cy])
    return [np.array(q)[:, :2] / np.array(q)[:, 2:] * pixel[0] + pixel[1]
            for q in pieces if len(q) > 1]
