"""From a scene to a command: candidates, decision, trajectory, control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception.control import follow
from engine.perception.decision import Decision, closed_at, decide
from engine.perception.scene import Scene
from engine.perception.trajectory import (
    TUNED,
    WIDE_M,
    Candidates,
    Weights,
    lateral,
    obstacles,
    roll_out,
    shift_length,
    start,
    to_plane,
)
from engine.perception.vehicle import Command

Float64 = npt.NDArray[np.float64]

EMERGENCY: Final = -7.0
IMMINENT_STEPS: Final = 8
"""A collision nearer than this that no candidate avoids calls for full braking."""
PATH_M: Final = 24.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the planner came to.

    Attributes:
        decision: In words.
        command: For the car.
        path: float64 [T + 1, 2], the chosen trajectory, ego frame, every 0.2 s.
        speed: float64 [T + 1], along it.
        target: Lateral target, m to the left of the route.
        ttc: Least time to collision along it, s; inf for none.
        cost: Of the chosen candidate.
        candidates: All that were rolled out.
        chosen: Row of the chosen one.
    """

    decision: Decision
    command: Command
    path: Float64
    speed: Float64
    target: float
    ttc: float
    cost: float
    candidates: Candidates
    chosen: int


class Planner:
    """Plans each tick anew; remembers the lane it was heading for.

    Attributes:
        weights: Of the parts of the cost; may be changed between two ticks.
    """

    def __init__(self, weights: Weights = TUNED) -> None:
        """Begin on the route's own lane."""
        self.weights = weights
        self._target = 0.0
        self._offset: float | None = None

    def plan(self, scene: Scene) -> Plan:
        """Choose what to do next."""
        others = obstacles(scene)
        stop_at, reason = closed_at(scene, others)
        offset, _ = start(scene)
        if self._offset is not None and abs(offset - self._offset) > WIDE_M:
            # the route has moved to another lane, and what was chosen with it
            self._target += offset - self._offset
        self._offset = offset
        c = roll_out(scene, others, stop_at, self._target, self.weights)
        best = int(c.cost.argmin())
        self._target = float(c.target[best])
        decision = decide(scene, c, best, reason)
        accel = float(c.a[best, 1])
        if c.hit[best] < IMMINENT_STEPS:
            accel = EMERGENCY
        command = follow(self._way(scene, c, best), scene.speed, scene.accel, accel, scene.steering)
        path = np.stack([c.x[best], c.y[best]], axis=1)
        return Plan(decision, command, path, c.v[best], self._target, float(c.ttc[best]),
                    float(c.cost[best]), c, best)

    def _way(self, scene: Scene, c: Candidates, best: int) -> Float64:
        """The chosen lateral shape as a path of fixed length, whatever the speed."""
        d0, slope = start(scene)
        target = np.array([c.target[best]])
        wide = abs(float(target[0]) - d0) > WIDE_M
        shift = np.array([shift_length(scene.speed, wide)])
        s = np.arange(0.0, PATH_M, 0.5)[None, :]
        d = lateral(s, target[:, None], d0, slope, shift[:, None])
        x, y, _ = to_plane(scene, s, d)
        return np.stack([x[0], y[0]], axis=1)

