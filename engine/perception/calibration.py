"""What the network is told about a camera, and how its answers become metres.

Flat ground has an inverse z-depth that is linear in the pixel: three numbers a camera. Depths are
learnt in units of a canonical camera of `FOCAL_PX` (Yin et al. 2023, arXiv:2307.10984, equation
3): an object of one height and one canonical depth has one size in every picture.

Frames: ego x forward, y left, z up, origin on the ground; camera x right, y down, z forward.
Shape letters: N points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

FOCAL_PX: Final = 200.0


def ground_plane(camera: Camera) -> Float32:
    """Coefficients (a, b, c) of flat ground's inverse canonical depth a·u + b·v + c.

    A point t + z·Rᵀr with ray r = ((u − cx) / fx, (v − cy) / fy, 1) lies on the ground where
    1 / z = −(Rᵀr)_up / t_up; above the horizon the value is negative.

    Returns:
        float32 [3], 1 / m times fy / FOCAL_PX.

    Raises:
        InvalidInput: If a number of the camera is not finite, a focal length not above 0, or the
            camera not above the ground.
    """
    numbers = np.concatenate([[camera.fx, camera.fy, camera.cx, camera.cy], camera.R.ravel(),
                              np.ravel(camera.t)])
    if not np.all(np.isfinite(numbers)):
        raise InvalidInput("The camera's calibration holds a number that is not finite; give "
                           "finite focal lengths, centre, rotation and position")
    if camera.fx <= 0 or camera.fy <= 0:
        raise InvalidInput(f"The focal lengths are {camera.fx:g} and {camera.fy:g} px; both must "
                           "be above 0")
    if camera.t[2] <= 0:
        raise InvalidInput(f"The camera is {camera.t[2]:g} m above the ground; it must be above 0")
    up = camera.R[:, 2] / camera.t[2]
    plane = np.array([-up[0] / camera.fx, -up[1] / camera.fy,
                      up[0] * camera.cx / camera.fx + up[1] * camera.cy / camera.fy - up[2]])
    return (plane * (camera.fy / FOCAL_PX)).astype(np.float32)


def numbers(camera: Camera) -> Float64:
    """A camera without its size as float64 [16]: fx, fy, cx, cy, R by rows, t."""
    return np.concatenate([[camera.fx, camera.fy, camera.cx, camera.cy],
                           np.ravel(camera.R), np.ravel(camera.t)]).astype(np.float64)


def from_numbers(values: npt.ArrayLike, width: int, height: int) -> Camera:
    """The camera of `numbers`."""
    from engine.perception.cameras import Camera

    v = np.asarray(values, np.float64)
    return Camera(float(v[0]), float(v[1]), float(v[2]), float(v[3]), v[4:13].reshape(3, 3),
                  v[13:16], width, height)


def canonical_scale(camera: Camera) -> float:
    """Metres of z-depth a canonical metre: fy / FOCAL_PX."""
    return float(camera.fy) / FOCAL_PX


def to_ego(camera: Camera, u: npt.ArrayLike, v: npt.ArrayLike, z: npt.ArrayLike) -> Float64:
    """Pixels at a z-depth to points in the ego frame.

    Args:
        camera: Camera.
        u: Columns, [N]; the first pixel's centre is 0.5.
        v: Rows, [N].
        z: z-depth in m, [N].

    Returns:
        float64 [N, 3], m.
    """
    depth = np.asarray(z, np.float64)
    rays = np.stack([(np.asarray(u, np.float64) - camera.cx) / camera.fx * depth,
                     (np.asarray(v, np.float64) - camera.cy) / camera.fy * depth,
                     depth], axis=-1)
    return np.asarray(rays @ camera.R + np.asarray(camera.t), np.float64)


def to_camera(camera: Camera, points: npt.ArrayLike) -> tuple[Float64, Float64]:
    """Points of the ego frame to pixels.

    Args:
        camera: Camera.
        points: [N, 3], m.

    Returns:
        float64 [N, 2] pixels (u, v), meaningless where z is not above 0, and float64 [N] z-depth.
    """
    seen = (np.asarray(points, np.float64) - np.asarray(camera.t)) @ camera.R.T
    z = seen[:, 2]
    safe = np.where(z > 1e-6, z, 1e-6)
    uv = np.stack([camera.fx * seen[:, 0] / safe + camera.cx,
                   camera.fy * seen[:, 1] / safe + camera.cy], axis=-1)
    return uv, z


def ground_points(camera: Camera, u: npt.ArrayLike, v: npt.ArrayLike) -> Float64:
    """Where the rays of pixels meet flat ground.

    Returns:
        float64 [N, 3] in the ego frame, m; NaN at and above the horizon.
    """
    a, b, c = ground_plane(camera).astype(np.float64) / canonical_scale(camera)
    inverse = a * np.asarray(u, np.float64) + b * np.asarray(v, np.float64) + c
    z = np.where(inverse > 1e-4, 1.0 / np.where(inverse > 1e-4, inverse, 1.0), np.nan)
    return to_ego(camera, u, v, z)
