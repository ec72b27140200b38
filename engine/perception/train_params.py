"""Knobs of a training run and its learning rate; imported without torch."""

from __future__ import annotations

import math
from typing import Literal

from engine.params import Params, knob


class TrainingParams(Params):
    """Knobs of a training run."""

    size: Literal["tiny", "S", "M"] = knob(
        "S", "Network", "Size of the network: tiny is for tests.", group="Network", live=False)
    steps: int = knob(6000, "Steps", "Optimiser steps; the learning rate ends at 0 with the last.",
                      low=1, high=1_000_000, step=100, group="Schedule", live=False)
    batch: int = knob(16, "Batch", "Pictures a step.", low=1, high=256, step=1, group="Schedule",
                      live=False)
    rate: float = knob(2e-3, "Learning rate", "Highest learning rate.", low=1e-6, high=0.1,
                       step=1e-4, group="Schedule", live=False)
    warm_up: int = knob(200, "Warm-up", "Steps over which the learning rate rises from 0.",
                        low=0, high=10_000, step=50, unit="steps", group="Schedule", live=False)
    decay: float = knob(0.02, "Weight decay", "Pull of the weights to 0, AdamW's.", low=0.0,
                        high=1.0, step=0.01, group="Schedule", live=False)
    clip: float = knob(8.0, "Gradient limit", "Longest gradient of a step.", low=0.01, high=1000.0,
                       step=0.5, group="Schedule", live=False)
    average: float = knob(0.998, "Average", "Share of the moving average that a step keeps.",
                          low=0.0, high=0.99999, step=0.001, group="Schedule", live=False)
    weighting: Literal["learnt", "fixed"] = knob(
        "learnt", "Task weights", "By each task's learnt uncertainty, or fixed.", group="Tasks",
        live=False)
    tasks: Literal["all", "objects", "lines", "drivable", "depth"] = knob(
        "all", "Tasks", "What the network learns: everything, or one task alone to compare with.",
        group="Tasks", live=False)
    precision: Literal["float32", "bfloat16"] = knob(
        "float32", "Precision", "Of convolutions; bfloat16 is faster where the processor has it "
        "(AVX-512 BF16, AMX) and much slower where not.", group="Network", live=False)
    augment: bool = knob(True, "Augmentation", "Mirror, zoom and recolour pictures at random.",
                         group="Tasks", live=False)


def learning_rate(params: TrainingParams, step: int) -> float:
    """Learning rate of one step: linear warm-up, then half a cosine down to 0."""
    if step < params.warm_up:
        return params.rate * (step + 1) / params.warm_up
    done = (step - params.warm_up) / max(1, params.steps - params.warm_up)
    return params.rate * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
