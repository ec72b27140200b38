"""Puts a body into the scene: pose, stride, lamps."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.perception.meshes import LAMP, LIMB_BACK, LIMB_FORTH, Mesh
from engine.perception.raster_kernels import Soup

Float64 = npt.NDArray[np.float64]

STRIDE: Final = 0.42
"""Shear of a leg at the full swing."""
HIP_M: Final = 0.80
SHOULDER_M: Final = 1.42
LIFT_M: Final = 0.01


@njit(cache=True, nogil=True)
def put(mesh: Mesh, soup: Soup, at: int, state: Float64, gx: float, gy: float, lamp: Float64,
        ) -> None:
    """Write a body's triangles.

    Args:
        mesh: The body, at its own origin.
        soup: Scene; the triangles from `at` on are written.
        at: First triangle.
        state: float64 [9], a row of `Snapshot.state`.
        gx: Slope of the ground by x; 0 for what stands upright whatever the ground.
        gy: Likewise by y.
        lamp: float64 [5], light of the lamps of each part (tail, head, left, right).
    """
    x, y, z, yaw, phase = state[0], state[1], state[2], state[3], state[7]
    c, s = math.cos(yaw), math.sin(yaw)
    along, aside = gx * c + gy * s, gy * c - gx * s
    lean_x, lean_y = -(along * c - aside * s), -(along * s + aside * c)
    swing = math.sin(phase)
    for t in range(mesh.xyz.shape[0]):
        part = mesh.part[t]
        way = swing if part == LIMB_FORTH else (-swing if part == LIMB_BACK else 0.0)
        high = max(mesh.xyz[t, 0, 2], mesh.xyz[t, 1, 2], mesh.xyz[t, 2, 2])
        for k in range(3):
            px, py, pz = mesh.xyz[t, k, 0], mesh.xyz[t, k, 1], mesh.xyz[t, k, 2]
            if way != 0.0:
                px += STRIDE * way * (HIP_M - pz if high < 0.96 else 0.7 * (SHOULDER_M - pz))
            soup.xyz[at + t, k, 0] = x + c * px - s * py + lean_x * pz
            soup.xyz[at + t, k, 1] = y + s * px + c * py + lean_y * pz
            soup.xyz[at + t, k, 2] = z + LIFT_M + along * px + aside * py + pz
            soup.uv[at + t, k, 0] = mesh.uv[t, k, 0]
            soup.uv[at + t, k, 1] = mesh.uv[t, k, 1]
            soup.colour[at + t, k] = mesh.colour[t, k]
        soup.material[at + t] = mesh.material[t]
        soup.part[at + t] = part
        soup.glow[at + t] = lamp[part] if mesh.material[t] == LAMP and part < 5 else 0.0
