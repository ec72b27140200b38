"""Who holds the wheel: the planner, a person at the keyboard, or the brakes when nobody can see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.perception.cameras import VIEWS
from engine.perception.pipeline import Bool
from engine.perception.scene import Scene
from engine.perception.vehicle import Command

AHEAD: Final = tuple(VIEWS.index(v) for v in ("front", "front_narrow", "front_wide"))
"""Views without any of which the car does not drive."""
BLIND_BRAKE: Final = -3.5
LET_GO_TICKS: Final = 40
"""Ticks without a word from the person at the wheel after which the car drives itself again."""
THROTTLE: Final = 2.6
BRAKE: Final = -6.5
COAST: Final = -0.4
TURN_STANDING: Final = 0.5
"""rad at the wheels for a key held while the car hardly moves."""
SIDEWAYS: Final = 3.0
"""Lateral acceleration of a key held at speed, m/s²."""
WHEELBASE_M: Final = 2.85


@dataclass(slots=True)
class Wheel:
    """The person's hands.

    Attributes:
        taken: Whether a person drives.
        steer: −1 right to 1 left.
        throttle, brake: 0 to 1.
        heard: Step of the last word.
    """

    taken: bool = False
    steer: float = 0.0
    throttle: float = 0.0
    brake: float = 0.0
    heard: int = 0

    def let_go(self) -> None:
        """Nobody holds the wheel any more."""
        self.taken = False
        self.steer = self.throttle = self.brake = 0.0

    def forgotten(self, step: int) -> bool:
        """Whether the person has not been heard for too long."""
        return self.taken and step - self.heard > LET_GO_TICKS

    def command(self, speed: float) -> Command:
        """What the keys ask for; the wheel turns less the faster the car is."""
        angle = min(TURN_STANDING, SIDEWAYS * WHEELBASE_M / max(1.0, speed * speed))
        accel = BRAKE * self.brake if self.brake else THROTTLE * self.throttle or COAST
        return Command(accel, angle * self.steer)


def blind(working: Bool) -> bool:
    """Whether no camera looks ahead."""
    return not any(bool(working[v]) for v in AHEAD)


def safe_stop(scene: Scene) -> Command:
    """Brake firmly in the present bend."""
    return Command(BLIND_BRAKE, scene.steering)
