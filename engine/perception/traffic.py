"""Traffic: who drives where, follows whom, waits at which line, crosses which road.

Vehicles follow lanes by IDM, change them by MOBIL and enter a junction when its light, the
vehicles in it and those with priority let them. Pedestrians walk on pavements and cross at
crossings when the road's light is red or the road is clear.
"""

from __future__ import annotations

import bisect
import math
from typing import Final

import numpy as np

from engine.perception import idm, signals
from engine.perception.actors import DRIVE, EGO, WALK, Actor
from engine.perception.bodies import CYCLIST
from engine.perception.conflicts import conflicts
from engine.perception.pedestrians import Pedestrians
from engine.perception.road import LEFT_TURN, RIGHT_TURN, Network

HORIZON_M: Final = 90.0
GAP_S: Final = 4.5
IMPATIENT_GAP_S: Final = 2.2
IMPATIENT_AFTER_S: Final = 40.0
"""Who has waited this long takes the shorter gap, and those with priority brake for it: impatience,
as in SUMO's junction model (Erdmann and Krajzewicz 2014, doi:10.1007/978-3-662-45079-6_1)."""
TAIL_M: Final = 0.5
"""A vehicle's tail this far past the way of another gives it free."""
NOSE_IN_M: Final = 1.0
SHIFT_S: Final = 3.2
"""Duration of a lane change."""
CLEAR_START_M: Final = 25.0
"""Nobody changes lanes before this: who comes out of the junction behind is on no lane yet."""

Occupancy = dict[int, list[tuple[float, Actor]]]


class Traffic:
    """The actors of a town and how they move."""

    def __init__(self, network: Network, rng: np.random.Generator, offsets: list[float]) -> None:
        """Begin with an empty town.

        Args:
            network: Roads.
            rng: Draws turns.
            offsets: Start of each junction's cycle, s.
        """
        self.network = network
        self.actors: list[Actor] = []
        self.time = 0.0
        self._rng = rng
        self._offsets = offsets
        self._pedestrians = Pedestrians(network, rng, self.light)
        self._conflicts = conflicts(network)
        self._into: dict[int, list[int]] = {}
        for i, lane in enumerate(network.lanes):
            if not lane.connector and lane.junction >= 0 and lane.next:
                self._into.setdefault(lane.junction, []).append(i)

    def light(self, junction: int, arm: int, later_s: float = 0.0) -> int:
        """Light that an arm of a junction sees, now or later; NONE without lights."""
        if not self.network.junctions[junction].signals:
            return signals.NONE
        return signals.state(self.time + later_s, arm, self._offsets[junction])

    def step(self, dt: float) -> None:
        """Move everyone by `dt` seconds."""
        self.time += dt
        lanes = self._occupancy()
        walkers = [a for a in self.actors if a.mode == WALK and a.crossing != 0.0]
        drivers = [a for a in self.actors if a.mode == DRIVE]
        for a in drivers:
            a.accel = self._decide(a, lanes, walkers)
        for a in drivers:
            self._advance(a, dt)
            if a.shift_from < 0 and a.since_change_s > 4.0 and a.cls != CYCLIST and not a.script:
                self._consider_change(a, lanes)
        vehicles = [a for a in self.actors if a.mode in (DRIVE, EGO)]
        for a in self.actors:
            if a.mode == WALK:
                self._pedestrians.walk(a, dt, vehicles)
                self.pose(a)

    def pose(self, a: Actor) -> None:
        """Set an actor's x, y, z and yaw from its lane or road coordinates."""
        if a.mode == DRIVE:
            x, y, yaw = self.lane_pose(a.lane, a.s, a.d)
            if a.shift_from >= 0:
                k = a.shift / SHIFT_S
                ease = k * k * (3.0 - 2.0 * k)
                ox, oy, _ = self.lane_pose(a.shift_from, a.s, a.d)
                x, y = ox + (x - ox) * ease, oy + (y - oy) * ease
                rate = 6.0 * k * (1.0 - k) / SHIFT_S
                side = 1.0 if self.network.lanes[a.shift_from].left == a.lane else -1.0
                width = self.network.roads[self.network.lanes[a.lane].road].lane_width
                yaw += side * math.atan2(rate * width, max(1.0, a.speed))
            a.x, a.y, a.yaw = x, y, yaw
        elif a.mode == WALK:
            a.x, a.y, h = self.network.roads[a.road].spot(a.s, a.d)
            if a.crossing != 0.0:
                a.yaw = h + (0.5 * math.pi if a.crossing > 0 else -0.5 * math.pi)
            else:
                a.yaw = h + (0.0 if a.way > 0 else math.pi)
        a.z = self.network.terrain.height_at(a.x, a.y)

    def leader(self, a: Actor, lane: int, s: float, lanes: Occupancy) -> tuple[float, Actor | None]:
        """Nearest actor ahead along a lane and what follows it; gap bumper to bumper, m."""
        ahead = 0.0
        step = 0
        while True:
            row = lanes.get(lane, [])
            i = bisect.bisect_right(row, s + 1e-9, key=lambda e: e[0])
            while i < len(row):
                other = row[i][1]
                if other is not a and abs(other.d - a.d) < 0.5 * (other.width + a.width) + 0.35:
                    return (ahead + row[i][0] - (s if step == 0 else 0.0)
                            - 0.5 * (other.length + a.length), other)
                i += 1
            length = self.network.lanes[lane].length
            ahead += length - s if step == 0 else length
            if ahead > HORIZON_M:
                return math.inf, None
            following = self.following(a, lane)
            if following < 0:
                return math.inf, None
            lane, s, step = following, -1.0, step + 1

    def following(self, a: Actor, lane: int) -> int:
        """The lane that an actor takes after another one; -1 at the end of the road."""
        if lane in a.path:
            i = a.path.index(lane)
            if i + 1 < len(a.path):
                return a.path[i + 1]
        after = self.network.lanes[lane].next
        return after[0] if after else -1

    def _occupancy(self) -> Occupancy:
        lanes: Occupancy = {}
        for a in self.actors:
            if a.lane >= 0 and a.mode != WALK:
                lanes.setdefault(a.lane, []).append((a.s, a))
                if a.shift_from >= 0 and a.shift < 0.7 * SHIFT_S:
                    lanes.setdefault(a.shift_from, []).append((a.s, a))
                following = self.following(a, a.lane) if self._entered(a) else -1
                if following >= 0:
                    # its middle is still on the lane, its nose is in the junction
                    lanes.setdefault(following, []).append(
                        (a.s - self.network.lanes[a.lane].length, a))
        for row in lanes.values():
            row.sort(key=lambda e: e[0])
        return lanes

    def _decide(self, a: Actor, lanes: Occupancy, walkers: list[Actor]) -> float:
        lane = self.network.lanes[a.lane]
        wish = self._wish(a)
        gap, other = self.leader(a, a.lane, a.s, lanes)
        pull = idm.acceleration(a.speed, wish, gap, other.speed if other else 0.0, a.driver)
        if a.shift_from >= 0 and a.shift < 0.6 * SHIFT_S:
            gap, other = self.leader(a, a.shift_from, a.s, lanes)
            pull = min(pull, idm.acceleration(a.speed, wish, gap, other.speed if other else 0.0,
                                              a.driver))
        left = lane.length - a.s
        if lane.junction >= 0 and not lane.connector and left < 45.0 and not self._entered(
                a) and not self._may_enter(a, left, lanes):
            # the line is a leader that may be touched: who stands at it wants nothing more
            gap = max(0.05, left - 0.5 * a.length - 0.3 + a.driver.jam_m)
            pull = min(pull, idm.acceleration(a.speed, wish, gap, 0.0, a.driver))
        for w in walkers:
            dx, dy = w.x - a.x, w.y - a.y
            c, s = math.cos(a.yaw), math.sin(a.yaw)
            ahead, aside = c * dx + s * dy, c * dy - s * dx
            if 0.0 < ahead < 35.0:
                toward = w.speed * math.sin(w.yaw - a.yaw)
                arrive = min(3.0, ahead / max(2.0, a.speed))
                if min(abs(aside), abs(aside + toward * arrive)) < 0.5 * a.width + 1.0 or (
                        aside * (aside + toward * arrive) < 0.0):
                    gap = ahead - 0.5 * a.length - 1.0
                    pull = min(pull, idm.acceleration(a.speed, wish, gap, 0.0, a.driver))
        return pull

    def _wish(self, a: Actor) -> float:
        """Speed wanted here: the limit, and slower before and in turns."""
        lane = self.network.lanes[a.lane]
        wish = a.wish * lane.limit_mps
        following = self.following(a, a.lane)
        if following >= 0:
            slow = self.network.lanes[following].limit_mps
            left = max(0.0, lane.length - a.s)
            wish = min(wish, math.sqrt(slow * slow + 2.0 * 1.4 * left))
        if a.cls == CYCLIST:
            wish = min(wish, 5.2 * a.wish)
        return max(1.0, wish)

    def _entered(self, a: Actor) -> bool:
        """Whether the nose is past the line of the junction ahead: no way back."""
        lane = self.network.lanes[a.lane]
        return (lane.junction >= 0 and not lane.connector
                and lane.length - a.s < 0.5 * a.length - NOSE_IN_M)

    def _may_enter(self, a: Actor, left: float, lanes: Occupancy) -> bool:
        """Whether the junction ahead can be entered."""
        following = self.following(a, a.lane)
        if following < 0:
            return True
        connector = self.network.lanes[following]
        light = self.light(connector.junction, connector.arm)
        if light == signals.RED:
            return False
        if light == signals.AMBER and left > a.speed * a.speed / 6.0 + 1.0:
            return False
        exit_row = lanes.get(connector.next[0], [])
        if exit_row:
            first = exit_row[0][1]
            if (exit_row[0][0] - 0.5 * first.length < a.length + 2.0 and first.speed < 2.0
                    and first.shift_from < 0):
                return False
        for c, left_at in self._conflicts.get(following, {}).items():
            if any(o is not a and s - 0.5 * o.length < left_at + TAIL_M
                   for s, o in lanes.get(c, ())):
                return False
        minor = light == signals.NONE and connector.arm >= 2
        if connector.turn == LEFT_TURN or minor:
            return self._gap_free(a, following, lanes, minor)
        return True

    def _gap_free(self, a: Actor, connector: int, lanes: Occupancy, minor: bool) -> bool:
        """Whether nobody with priority arrives at a conflicting connector soon."""
        mine = self.network.lanes[connector]
        patience = max(0.0, 1.0 - a.waited_s / IMPATIENT_AFTER_S)
        needed_s = IMPATIENT_GAP_S + (GAP_S - IMPATIENT_GAP_S) * patience
        against = self._conflicts.get(connector, {})
        for i in self._into.get(mine.junction, ()):
            for s, other in reversed(lanes.get(i, [])):
                if other is a:
                    continue
                theirs = self.following(other, i)
                if theirs not in against:
                    continue
                their = self.network.lanes[theirs]
                if their.arm == mine.arm or (minor and their.arm >= 2 and mine.turn != LEFT_TURN):
                    continue
                if self.light(their.junction, their.arm) == signals.RED:
                    continue
                if their.turn == LEFT_TURN and mine.turn != LEFT_TURN:
                    continue
                distance = self.network.lanes[i].length - s
                if other.speed > 1.0 and distance / other.speed < needed_s:
                    return False
        return True

    def _advance(self, a: Actor, dt: float) -> None:
        a.speed = max(0.0, a.speed + a.accel * dt)
        a.s += a.speed * dt
        a.waited_s = a.waited_s + dt if a.speed < 0.5 else 0.0
        a.since_change_s += dt
        if a.shift_from >= 0:
            a.shift += dt
            if a.shift >= SHIFT_S:
                a.shift_from, a.shift, a.indicator = -1, 0.0, 0
        lane = self.network.lanes[a.lane]
        if a.s > lane.length:
            following = self.following(a, a.lane)
            if following < 0:
                self._return_to_start(a)
            else:
                a.s -= lane.length
                a.lane = following
                self._plan(a)
        turn = self.network.lanes[self.following(a, a.lane)].turn if (
            self.following(a, a.lane) >= 0) else 0
        if a.shift_from < 0:
            here = self.network.lanes[a.lane]
            near = here.connector or here.length - a.s < 30.0
            turn = here.turn if here.connector else turn
            a.indicator = (1 if turn == LEFT_TURN else -1 if turn == RIGHT_TURN else 0) * near
        self.pose(a)

    def _plan(self, a: Actor) -> None:
        """Choose where to go next, two lanes ahead."""
        if a.mode == EGO or a.script == "route":
            return
        path = [a.lane]
        while len(path) < 4:
            after = self.network.lanes[path[-1]].next
            if not after:
                break
            if len(after) > 1:
                weight = np.array([4.0 if self.network.lanes[k].turn == 0 else 1.0 for k in after])
                path.append(int(after[int(self._rng.choice(len(after), p=weight / weight.sum()))]))
            else:
                path.append(after[0])
        # what was chosen for the next junction stays
        a.path = a.path[a.path.index(a.lane):] if a.lane in a.path[:-1] else path

    def place(self, a: Actor, lane: int, s: float) -> None:
        """Put a driver on a lane."""
        a.lane, a.s = lane, s
        a.path = []
        self._plan(a)
        self.pose(a)

    def _return_to_start(self, a: Actor) -> None:
        """A driver who leaves the town comes in again on a lane without traffic at its start."""
        starts = [i for i, lane in enumerate(self.network.lanes) if not lane.connector
                  and self._open_start(i)]
        lanes = self._occupancy()
        self._rng.shuffle(starts)
        for i in starts:
            row = lanes.get(i, [])
            if not row or row[0][0] > 25.0:
                a.shift_from, a.shift = -1, 0.0
                self.place(a, i, 0.5)
                return
        a.s = self.network.lanes[a.lane].length
        a.speed = 0.0

    def _open_start(self, i: int) -> bool:
        lane = self.network.lanes[i]
        return not any(i in other.next for other in self.network.lanes if other.connector) and (
            lane.length > 30.0)

    def _consider_change(self, a: Actor, lanes: Occupancy) -> None:
        """Change lanes when MOBIL says so; not near a junction."""
        lane = self.network.lanes[a.lane]
        if lane.connector or a.speed < 2.0 or a.mode == EGO or a.s < CLEAR_START_M:
            return
        if lane.length - a.s < 40.0 + 2.0 * a.speed and lane.junction >= 0:
            return
        wish = self._wish(a)
        gap, other = self.leader(a, a.lane, a.s, lanes)
        now = idm.acceleration(a.speed, wish, gap, other.speed if other else 0.0, a.driver)
        for target in (lane.left, lane.right):
            if target < 0:
                continue
            gap, other = self.leader(a, target, a.s, lanes)
            then = idm.acceleration(a.speed, wish, gap, other.speed if other else 0.0, a.driver)
            behind = self._behind(a, target, lanes)
            if gap < 3.0 + 0.5 * a.speed:
                continue
            after = before = 0.0
            if behind is not None:
                room = a.s - behind.s - 0.5 * (a.length + behind.length)
                if room < 3.0 + 0.4 * behind.speed:
                    continue
                after = idm.acceleration(behind.speed, self._wish(behind), room, a.speed,
                                         behind.driver)
                before = behind.accel
            bias = 0.25 if target == lane.right else 0.0
            if idm.worth_changing(now, then, before, after, 0.0, 0.0, bias - 0.1, a.driver):
                self.begin_change(a, target)
                return

    def begin_change(self, a: Actor, target: int) -> None:
        """Start to change to a neighbouring lane."""
        a.indicator = 1 if self.network.lanes[a.lane].left == target else -1
        a.shift_from, a.shift, a.since_change_s = a.lane, 0.0, 0.0
        a.lane = target
        a.path = []
        self._plan(a)

    def _behind(self, a: Actor, lane: int, lanes: Occupancy) -> Actor | None:
        row = lanes.get(lane, [])
        i = bisect.bisect_left(row, a.s, key=lambda e: e[0]) - 1
        while i >= 0:
            if row[i][1] is not a and row[i][1].cls != CYCLIST:
                return row[i][1]
            i -= 1
        return None

    def lane_pose(self, lane: int, s: float, d: float) -> tuple[float, float, float]:
        """World x, y and heading at a station and offset of a lane."""
        line = self.network.lanes[lane]
        step = line.length / (len(line.s) - 1)
        f = min(max(0.0, s / step), len(line.s) - 1.001)
        i = int(f)
        a = f - i
        (x0, y0), (x1, y1) = line.xy[i].tolist(), line.xy[i + 1].tolist()
        h = float(line.heading[i]) * (1 - a) + float(line.heading[i + 1]) * a
        return (x0 * (1 - a) + x1 * a - d * math.sin(h), y0 * (1 - a) + y1 * a + d * math.cos(h), h)
