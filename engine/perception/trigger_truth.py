"""What each trigger should have caught, by the truth of the simulated world.

A trigger reads what is aboard the car; this module reads the world, and so tells how good the
trigger is. A moment is:

- hard braking: the car slowed by 3.5 m/s² or more for 0.3 s.
- cut-in: a vehicle in sight came from another lane into the car's own, ahead and near.
- track lost: a track near before the car ended, and it was of somebody still in plain view, or of
  nothing at all: a network that contradicts itself. Who was hidden by others was not lost.
- disagreement: for 0.6 s exactly one of two networks saw somebody near and in plain view, or one
  alone saw a phantom; who both miss is for the other triggers.
- uncertainty: the network's depth below the horizon was wrong by `DEPTH_WRONG` or more.
- out of distribution: the vehicle was sent out with a fault of `faults`.

Shape letters: H and W rows and columns.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np

from engine.perception import evidence
from engine.perception.bev import FAMILY
from engine.perception.bodies import CONE, CYCLIST
from engine.perception.cameras import rig
from engine.perception.evidence import beside, in_front
from engine.perception.fleet import VIEWS, Instant, Job
from engine.perception.fleet_truth import Wrong, mistakes
from engine.perception.metrics import pairwise_iou
from engine.perception.perceive import LEAST_SCORE
from engine.perception.sensing import DEPTH_FAR_M, RECENT_S, SMOOTH_LOOKS
from engine.perception.world import World

BRAKING_MPS2: Final = 3.5
BRAKING_TICKS: Final = 3
GATE_M: Final = 3.0
GATE_SHARE: Final = 0.12
"""A track this far from somebody, m and share of its distance, is of them."""
DEPTH_WRONG: Final = 0.04
"""Half more than what a sound picture has; mean of the last looks."""


class Truth:
    """Watches one drive.

    Args:
        job: Of the vehicle.
        world: Its town.
    """

    def __init__(self, job: Job, world: World) -> None:
        self._fault = job.fault
        self._world = world
        self._accels: deque[float] = deque(maxlen=BRAKING_TICKS)
        self._aside: dict[int, deque[tuple[float, float]]] = {}
        self._apart = 0
        self._depth: deque[float] = deque(maxlen=SMOOTH_LOOKS)

    def step(self, instant: Instant) -> frozenset[str]:
        """Names of the triggers that should fire at this look."""
        wrong = [mistakes(look.found, instant.things, LEAST_SCORE) for look in instant.looks]
        now = set()
        if self._braked(instant):
            now.add("hard braking")
        if self._cut_in(instant):
            now.add("cut-in")
        if self._lost(instant):
            now.add("track lost")
        if len(wrong) > 1 and self._differ(instant, wrong):
            now.add("disagreement")
        self._depth.append(depth_error(instant))
        if float(np.mean(self._depth)) >= DEPTH_WRONG:
            now.add("uncertainty")
        if self._fault is not None:
            now.add("out of distribution")
        return frozenset(now)

    def _braked(self, instant: Instant) -> bool:
        hard = False
        for accel in instant.accels:
            self._accels.append(accel)
            hard |= len(self._accels) == BRAKING_TICKS and max(self._accels) <= -BRAKING_MPS2
        return hard

    def _cut_in(self, instant: Instant) -> bool:
        route = instant.scenes[0].route
        speed = instant.now.ego[0]
        shown = {int(a) for a in instant.things.actor[instant.things.must]}
        shapes = self._world.shapes()
        found = False
        for row, number in enumerate(instant.now.id):
            state = instant.now.state[row]
            place = (instant.now.axes @ (state[:3] - instant.now.origin))[:2]
            if shapes[int(number)][0] > CYCLIST or not -5.0 < place[0] < 60.0:
                continue
            at = beside(route, place)
            history = self._aside.setdefault(int(number), deque())
            history.append((instant.time, at.aside))
            while instant.time - history[0][0] > RECENT_S:
                history.popleft()
            near = min(evidence.AHEAD_M, evidence.HEADWAY_S * max(speed, 2.0))
            yaw = float(state[3]) - math.atan2(instant.now.axes[0, 1], instant.now.axes[0, 0])
            same = at.ahead[0] * math.cos(yaw) + at.ahead[1] * math.sin(yaw)
            found |= (int(number) in shown and 2.5 < at.along < near and speed >= 2.0
                      and state[4] >= 1.0 and same >= evidence.SAME_WAY
                      and abs(at.aside) < evidence.INSIDE_M
                      and max(abs(d) for _, d in history) >= evidence.WIDE_M)
        return found

    def _lost(self, instant: Instant) -> bool:
        """Whether a track ended that was of somebody in plain view, or of nothing at all."""
        shapes = self._world.shapes()
        place = ((instant.now.state[:, :3] - instant.now.origin) @ instant.now.axes.T)[:, :2]
        front = instant.things.view == 0
        plain = set(instant.things.actor[front & (instant.things.pixels >= evidence.PLAIN_PX)])
        lost = False
        for t in instant.looks[0].tracks:
            away = float(np.hypot(*t.state[:2]))
            if (t.missed != evidence.LOST_LOOKS or t.kind > CONE or away > evidence.NEAR_M
                    or not in_front(rig()[VIEWS[0]], t.state[:2])):
                continue
            apart = np.hypot(*(place - t.state[:2]).T)
            rows = [k for k in np.flatnonzero(apart < GATE_M + GATE_SHARE * away)
                    if FAMILY[shapes[int(instant.now.id[k])][0]] == FAMILY[t.kind]]
            seen = any(int(instant.now.id[k]) in plain for k in rows)
            followed = any(o.missed == 0 and np.hypot(*(o.state[:2] - t.state[:2]))
                           < evidence.SWITCH_M for o in instant.looks[0].tracks)
            lost |= (seen or not rows) and not followed
        return lost

    def _differ(self, instant: Instant, wrong: list[Wrong]) -> bool:
        near = {int(a) for a, xy, p in zip(instant.things.actor, instant.things.place,
                                           instant.things.pixels, strict=True)
                if math.hypot(*xy) <= evidence.NEAR_M and p >= evidence.PLAIN_PX}
        half = [mistakes(look.found, instant.things, evidence.HALF_SEEN) for look in instant.looks]
        one = False
        for ours, theirs in ((0, 1), (1, 0)):
            one |= bool(wrong[ours].found & near - half[theirs].found)
            for view, row in wrong[ours].phantoms:
                box = instant.looks[ours].found[view].boxes[row]
                big = (box[2] - box[0]) * (box[3] - box[1]) >= evidence.PLAIN_PX
                other = instant.looks[theirs].found[view]
                boxes = other.boxes[other.scores >= evidence.HALF_SEEN]
                one |= bool(big and pairwise_iou(box[None], boxes).max(initial=0.0)
                            < evidence.SAME)
        self._apart = self._apart + 1 if one else 0
        return self._apart >= evidence.LASTS


def depth_error(instant: Instant) -> float:
    """Mean |d − d*| / d* of the driving network below the horizon of the front view, to 80 m."""
    true = instant.seen.depth[0, 2::4, 2::4]
    guess = np.exp(instant.looks[0].depth[0, 0])
    half = len(true) // 2
    true, guess = true[half:], guess[half:]
    known = (true > 0.0) & (true < DEPTH_FAR_M)
    if not known.any():
        return 0.0
    return float((np.abs(guess[known] - true[known]) / true[known]).mean())
