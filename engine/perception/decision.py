"""What the car means to do, in words, and whether the next stop line may be crossed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception import bodies, signals
from engine.perception.scene import STEP_S, STEPS, GateAhead, Scene
from engine.perception.trajectory import NO_GATE, NOSE_M, Candidates, Obstacles

Float64 = npt.NDArray[np.float64]

COMFORT_STOP: Final = 3.0
"""A light that turns amber is obeyed when this braking does it, m/s²."""
TURN_MPS: Final = 6.0
BEFORE_S: Final = 1.4
AFTER_S: Final = 2.2
NEAR_M: Final = 3.4


@dataclass(frozen=True, slots=True)
class Option:
    """One thing the car could do.

    Attributes:
        name: In words.
        cost: Lower is better.
        collides: Whether it ends in a collision.
    """

    name: str
    cost: float
    collides: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What the car means to do.

    Attributes:
        state: "cruise", "follow", "yield", "stop", "overtake" or "change lane".
        why: One or two sentences with figures.
        side: 1 to the left, -1 to the right, 0 straight on.
        track: Number of the track it is about, or -1.
        options: What could be done, best first.
    """

    state: str
    why: str
    side: int
    track: int
    options: tuple[Option, ...]


def closed_at(scene: Scene, others: Obstacles) -> tuple[float, str]:
    """Distance from the rear axle to a stop line that must not be crossed now, and why.

    Returns:
        `NO_GATE` and "" when the way is free. Where nothing looks ahead, the line is where comfort
        brings the car to a halt.
    """
    if scene.blind:
        return NOSE_M + scene.speed**2 / (2.0 * COMFORT_STOP), "blind"
    gate = scene.gate
    if gate is None or gate.distance < NOSE_M - 1.0:
        return NO_GATE, ""
    left = gate.distance - NOSE_M
    if gate.light == signals.RED:
        return gate.distance, "red"
    if gate.light == signals.AMBER and scene.speed**2 / (2.0 * COMFORT_STOP) < left:
        return gate.distance, "amber"
    if gate.must_yield and left < 45.0 and _contested(scene, others, gate):
        return gate.distance, "yield"
    return NO_GATE, ""


def _contested(scene: Scene, others: Obstacles, gate: GateAhead) -> bool:
    """Whether somebody's predicted way meets the car's in the junction at about the same time."""
    t = np.arange(1, STEPS + 1) * STEP_S
    # a normal start: speed up to the turn's speed, keep it
    speed = np.minimum(np.maximum(scene.speed, 1.0) + 1.4 * t, max(TURN_MPS, 0.0))
    if gate.light == signals.NONE or scene.speed > TURN_MPS:
        speed = np.maximum(speed, min(scene.speed, TURN_MPS))
    s = np.cumsum(speed) * STEP_S
    i = np.clip(s + 8.0, 0, len(scene.route) - 1).astype(np.int64)
    inside = (s + NOSE_M > gate.distance) & (s < gate.clear + 4.0)
    x, y = scene.route[i, 0], scene.route[i, 1]
    before, after = round(BEFORE_S / STEP_S), round(AFTER_S / STEP_S)
    for j in range(len(others.speed)):
        moving = np.hypot(others.x[j, -1] - others.x[j, 0], others.y[j, -1] - others.y[j, 0]) > 1.5
        # whoever drives ahead the same way is followed, not yielded to
        same = abs(np.arctan2(np.sin(others.yaw[j]), np.cos(others.yaw[j]))) < 0.7
        if not moving or (same and others.s[j, 0] > 0.0 and abs(others.d[j, 0]) < 6.0) or (
                others.s[j, 0] < -2.0):
            continue
        near = NEAR_M + (0.0 if others.cls[j] != bodies.TRUCK else 1.5)
        for k in map(int, np.flatnonzero(inside)):
            lo, hi = max(0, k - before), min(STEPS, k + after) + 1
            if (np.hypot(others.x[j, lo:hi] - x[k], others.y[j, lo:hi] - y[k]) < near).any():
                return True
    return False


def decide(scene: Scene, candidates: Candidates, best: int, reason: str) -> Decision:
    """Put the chosen candidate into words.

    Args:
        scene: What is known.
        candidates: All of them.
        best: The chosen one.
        reason: Why the gate is closed, or "".
    """
    d0 = float(candidates.d[best, 0])
    if reason == "blind":
        return Decision("stop", "No camera looks ahead.", 0, -1, _options(scene, candidates, d0))
    shift = float(candidates.target[best]) - d0
    leader = int(candidates.leader[best])
    options = _options(scene, candidates, d0)
    side = int(np.sign(shift)) if abs(shift) > 1.2 else 0
    if side:
        word = "left" if side > 0 else "right"
        keep = np.flatnonzero(np.abs(candidates.target - min(scene.offsets, key=lambda o: abs(
            o - d0))) < 0.1)
        slow = int(candidates.leader[keep[0]]) if len(keep) else -1
        if slow >= 0:
            t = scene.tracks[slow]
            gap = max(0.0, float(candidates.gap[keep[0]]))
            why = (f"The {bodies.CLASSES[t.cls]} {gap:.0f} m ahead {_pace(t.speed)}. "
                   f"The lane to the {word} is free.")
            return Decision("overtake" if t.speed > 0.5 else "change lane", why, side, t.id,
                            options)
        return Decision("change lane", f"Back to the route's lane, to the {word}.", side, -1,
                        options)
    braking = float(candidates.a[best, 1:6].min()) < -0.3 or scene.speed < 0.5
    if leader == -2 and scene.gate is not None:
        left = max(0.0, scene.gate.distance - NOSE_M)
        if reason == "yield":
            return Decision("yield", f"Others have priority at the junction {left:.0f} m ahead.", 0,
                            -1, options)
        return Decision("stop", f"The light {left:.0f} m ahead is {reason}.", 0, -1, options)
    if leader >= 0:
        t = scene.tracks[leader]
        gap = max(0.0, float(candidates.gap[best]))
        if t.cls == bodies.PEDESTRIAN:
            return Decision("yield", f"A pedestrian is on the way {gap:.0f} m ahead.", 0, t.id,
                            options)
        if gap < 12.0 + 2.2 * scene.speed or braking:
            state = "stop" if scene.speed < 0.3 and t.speed < 0.3 else "follow"
            return Decision(state, f"The {bodies.CLASSES[t.cls]} {gap:.0f} m ahead "
                            f"{_pace(t.speed)}.", 0, t.id, options)
    return Decision("cruise", f"The way is free; {scene.limit_mps * 3.6:.0f} km/h are wanted.", 0,
                    -1, options)


def _pace(speed: float) -> str:
    return "stands" if speed < 0.3 else f"drives {speed * 3.6:.0f} km/h"


def _options(scene: Scene, candidates: Candidates, d0: float) -> tuple[Option, ...]:
    """The best candidate of each lane, and stopping."""
    home = min(scene.offsets, key=lambda o: abs(o - d0))
    rows = []
    for offset in scene.offsets:
        of = np.flatnonzero((np.abs(candidates.target - offset) < 0.1) & (candidates.share > 0.0))
        q = int(of[candidates.cost[of].argmin()])
        name = "Keep lane" if offset == home else "Lane to the left" if offset > home else (
            "Lane to the right")
        rows.append(Option(name, float(candidates.cost[q]), bool(candidates.hit[q] <= STEPS)))
    of = np.flatnonzero((np.abs(candidates.target - home) < 0.1) & (candidates.share == 0.0))
    q = int(of[0])
    rows.append(Option("Stop", float(candidates.cost[q]), bool(candidates.hit[q] <= STEPS)))
    return tuple(sorted(rows, key=lambda o: o.cost))
