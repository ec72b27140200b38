"""The car: a kinematic bicycle about its rear axle, with actuators that need time.

Source: Kong et al. 2015, Kinematic and dynamic vehicle models for autonomous driving control
design, doi:10.1109/IVS.2015.7225830. Valid while lateral acceleration stays below half of what the
tyres hold, which the planner's limits keep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from engine.errors import InvalidInput

WHEELBASE_M: Final = 2.85
STEER_LIMIT: Final = 0.60
"""rad at the wheels."""
STEER_RATE: Final = 0.70
"""rad/s."""
ACCEL_LIMIT: Final = 3.0
BRAKE_LIMIT: Final = -8.0
ACTUATOR_S: Final = 0.12
"""Time constant of drive and brakes."""
SUBSTEP_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Car:
    """State of the car.

    Attributes:
        x, y: Rear axle in the world, m.
        yaw: rad.
        speed: m/s, ≥ 0.
        accel: m/s².
        steering: Angle of the front wheels, rad, left positive.
    """

    x: float
    y: float
    yaw: float
    speed: float
    accel: float = 0.0
    steering: float = 0.0

    @property
    def yaw_rate(self) -> float:
        """rad/s."""
        return self.speed * math.tan(self.steering) / WHEELBASE_M


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked of the car.

    Attributes:
        accel: m/s²; below 0 brakes.
        steering: rad, left positive.
    """

    accel: float
    steering: float


def advance(car: Car, command: Command, dt: float) -> Car:
    """State after `dt` seconds under a command.

    Args:
        car: State now.
        command: Is cut to what the actuators can do.
        dt: s, > 0.

    Raises:
        InvalidInput: If the command is not finite or dt is not above 0.
    """
    if not (math.isfinite(command.accel) and math.isfinite(command.steering)):
        raise InvalidInput(f"command ({command.accel}, {command.steering}) must be finite; stop "
                           "the car instead")
    if not dt > 0.0:
        raise InvalidInput(f"dt is {dt}; it must be more than 0 s")
    wanted = min(ACCEL_LIMIT, max(BRAKE_LIMIT, command.accel))
    angle = min(STEER_LIMIT, max(-STEER_LIMIT, command.steering))
    x, y, yaw, speed = car.x, car.y, car.yaw, car.speed
    accel, steering = car.accel, car.steering
    steps = max(1, round(dt / SUBSTEP_S))
    h = dt / steps
    for _ in range(steps):
        accel += (wanted - accel) * (1.0 - math.exp(-h / ACTUATOR_S))
        steering += min(STEER_RATE * h, max(-STEER_RATE * h, angle - steering))
        before = speed
        speed = max(0.0, speed + accel * h)
        mean = 0.5 * (before + speed)
        turn = mean * math.tan(steering) / WHEELBASE_M * h
        x += mean * h * math.cos(yaw + 0.5 * turn)
        y += mean * h * math.sin(yaw + 0.5 * turn)
        yaw += turn
    if speed == 0.0:
        accel = min(accel, 0.0)
    return Car(x, y, yaw, speed, accel, steering)
