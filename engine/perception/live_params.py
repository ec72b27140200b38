"""Knobs of a live drive: the world's, and what may be changed while it is watched."""

from __future__ import annotations

from typing import Literal

from engine.params import knob
from engine.perception.decode import OVERLAP
from engine.perception.params import PerceptionParams
from engine.perception.perceive import LEAST_SCORE
from engine.perception.trajectory import Weights


class DriveParams(PerceptionParams):
    """A town to drive through, what the cameras suffer, and what the planner believes."""

    sees: Literal["network", "truth"] = knob(
        "network", "Planner sees", "What the network found in the pictures, or the simulation's "
        "truth, which no car has; the overlays show the network's view either way.", group="Car")
    noise_percent: float = knob(
        0.0, "Camera noise", "Gaussian noise on every picture, as a share of full scale.",
        low=0.0, high=20.0, step=0.5, unit="%", group="Cameras")
    least_score: float = knob(
        LEAST_SCORE, "Confidence", "Detections and tracks below are neither drawn nor told the "
        "planner.", low=0.05, high=0.95, step=0.05, group="Network")
    most_overlap: float = knob(
        OVERLAP, "NMS overlap", "Of two boxes of one class that overlap by more (IoU), the less "
        "sure one is dropped.", low=0.1, high=0.95, step=0.05, group="Network")

    progress_weight: float = knob(
        1.0, "Progress", "Weight of way made against all else that a path costs; 1 as tuned.",
        low=0.0, high=4.0, step=0.1, group="Planner")
    comfort_weight: float = knob(
        1.0, "Comfort", "Weight of jerk, hard braking and lateral acceleration.",
        low=0.0, high=4.0, step=0.1, group="Planner")
    lane_weight: float = knob(
        1.0, "Lane keeping", "Weight of leaving the lane, its middle, or the last choice.",
        low=0.0, high=4.0, step=0.1, group="Planner")
    caution_weight: float = knob(
        1.0, "Caution", "Weight of a short time to collision and of cutting off others.",
        low=0.0, high=4.0, step=0.1, group="Planner")

    def weights(self) -> Weights:
        """What the planner reads."""
        return Weights(self.progress_weight, self.comfort_weight, self.lane_weight,
                       self.caution_weight)
