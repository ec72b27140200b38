"""Follows a planned trajectory: pure pursuit for the steering, the plan's acceleration for speed.

Source: Coulter 1992, Implementation of the pure pursuit path tracking algorithm,
CMU-RI-TR-92-01, equation 3.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception.vehicle import ACTUATOR_S, WHEELBASE_M, Command

Float64 = npt.NDArray[np.float64]

LOOK_S: Final = 0.75
NEAREST_M: Final = 4.5
FARTHEST_M: Final = 15.0


def follow(path: Float64, speed: float, accel_now: float, accel: float, steering: float) -> Command:
    """Command that keeps the car on a path.

    Args:
        path: float64 [T, 2] in the ego frame, the way ahead of the rear axle, dense enough to
            interpolate.
        speed: m/s.
        accel_now: Present acceleration, m/s².
        accel: Planned acceleration, m/s².
        steering: Present steering, kept when the path is too short to follow, rad.
    """
    step = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    reach = min(FARTHEST_M, max(NEAREST_M, LOOK_S * speed + 2.5))
    if along[-1] < 0.5:
        angle = steering
    else:
        x, y = (float(np.interp(reach, along, path[:, c])) for c in range(2))
        if along[-1] < reach:
            # beyond its end the path goes straight on
            dx, dy = path[-1] - path[np.searchsorted(along, max(0.0, along[-1] - 1.0))]
            size = max(1e-6, math.hypot(dx, dy))
            x += (reach - along[-1]) * dx / size
            y += (reach - along[-1]) * dy / size
        chord = max(1.0, math.hypot(x, y))
        angle = math.atan(2.0 * WHEELBASE_M * y / (chord * chord))
    # the actuators lag by ACTUATOR_S: ask for what the plan wants a little later
    lead = accel + (accel - accel_now) * ACTUATOR_S / 0.2
    return Command(lead, angle)
