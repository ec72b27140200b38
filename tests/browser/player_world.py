"""A scripted warehouse for the player's tests: robots that walk aisles and never collide.

It plans nothing. Every robot takes an allowed exit of its cell if nobody stands there and nobody
else wants it; that is enough to look at, at any size, in a few milliseconds a step.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.live.simulation import Array, Event, Frame, Points, Scene
from engine.params import Params, knob

WALL, AISLE, SLOT, CHARGER, DESK, LANE = range(6)
EMPTY, LOADED, WAITING, CHARGING, FAULT, IDLE = range(6)
CARRIES = 8
STEP = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], np.int16)
EVENTS = {40: ("spike", "Order wave: twice the orders for five minutes"),
          90: ("setting", "Guidance, cost against 2.0 → 3.0 ×"),
          150: ("fault", "R-0007 broke down at A-30·12"),
          190: ("charge", "24 robots went to charge"), 230: ("recovered", "R-0007 drives again")}


class WorldParams(Params):
    robots: int = knob(1000, "Robots", "Robots on the floor.", low=0, high=30000, step=1,
                       unit="", live=False)
    width: int = knob(134, "Columns", "Columns of the floor.", low=40, high=600, step=1, live=False)
    height: int = knob(60, "Rows", "Rows of the floor.", low=20, high=300, step=1, live=False)
    patience: float = knob(0.2, "Patience", "Share of robots that turn off.", low=0.0, high=1.0,
                           step=0.05)


class World:
    """Implements `engine.live.simulation.Simulation` for the browser tests."""

    step_s = 1.0

    def __init__(self, params: WorldParams, seed: int) -> None:
        self.params = params
        self.step_count = 0
        self.scene_version = 0
        self._rng = np.random.default_rng(seed)
        self._lay_out(params.width, params.height)
        self._place(params.robots)
        self._events: list[Event] = []
        self._done = 0
        self._fail = False

    def _lay_out(self, W: int, H: int) -> None:
        kind = np.zeros((H, W), np.uint8)
        lane = np.zeros((H, W), np.uint8)
        kind[2:H - 1, 14:W - 14] = AISLE
        for y in range(5, H - 5, 3):
            for x in range(18, W - 22, 6):
                kind[y:y + 2, x:x + 5] = SLOT
        aisle = kind == AISLE
        across, down = np.zeros_like(lane), np.zeros_like(lane)
        beside = np.zeros_like(aisle)
        beside[:, 1:-1] = aisle[:, :-2] & aisle[:, 2:]
        above = np.zeros_like(aisle)
        above[1:-1] = aisle[:-2] & aisle[2:]
        for y in range(2, H - 1):
            across[y, aisle[y] & beside[y]] = 1 if (y // 3 + y) % 2 else 3
        for x in range(14, W - 14):
            down[aisle[:, x] & above[:, x], x] = 2 if (x // 6 + x) % 2 else 4
        lane[:] = np.where(across > 0, np.where(down > 0, 0, across), down)
        self.stations: list[dict[str, Any]] = []
        number = 0
        for side, desk, out in (("left", 3, 1), ("right", W - 4, 3)):
            for y in range(4, H - 5, 5):
                number += 1
                inner = range(desk, 14) if side == "left" else range(W - 14, desk + 1)
                for x in inner:
                    kind[y, x] = kind[y + 1, x] = LANE
                    lane[y, x], lane[y + 1, x] = (3, 1) if out == 1 else (1, 3)
                kind[y, desk] = DESK
                lane[y, desk] = 2
                cells = [y * W + x for x in (inner if side == "left" else reversed(inner))]
                self.stations.append({"name": f"P{number:02d}", "x": desk, "y": y, "side": side,
                                      "lane": cells})
        bays = np.flatnonzero((np.arange(W) >= 22) & (np.arange(W) < W - 22)
                              & ((np.arange(W) - 22) % 6 < 4))
        kind[1, bays] = CHARGER
        self.width, self.height = W, H
        self.kind, self.lane = kind.ravel(), lane.ravel()
        self.closed = np.zeros(W * H, np.uint8)
        y, x = np.divmod(np.arange(W * H), W)
        hot = sum(np.exp(-((x - a * W) ** 2 + (y - b * H) ** 2) / (2 * (0.06 * W) ** 2))
                  for a, b in ((0.28, 0.35), (0.6, 0.6), (0.75, 0.2)))
        demand = np.clip(0.7 * hot * (0.3 + self._rng.random(W * H))
                         + 0.5 * self._rng.random(W * H) ** 5, 0, 1)
        has = (self.kind == SLOT) & (self._rng.random(W * H) < 0.88)
        self.pods = np.where(has, 1 + np.round(254 * demand), 0).astype(np.uint8)
        offset = STEP[:, 1].astype(int) * W + STEP[:, 0]
        self._exits = np.zeros((W * H, 4), bool)
        for d in range(4):
            to = np.arange(W * H) + offset[d]
            column, row = x + STEP[d, 0], y + STEP[d, 1]
            inside = (column >= 0) & (column < W) & (row >= 0) & (row < H)
            to = np.where(inside, to, 0)
            roads = np.isin(self.kind, (AISLE, LANE, DESK))
            hard = np.isin(self.kind, (LANE, DESK))
            enters = hard[to] & ((self.lane[to] == (d + 2) % 4 + 1)
                                 | (~hard & (self.lane[to] != d + 1)))
            self._exits[:, d] = inside & roads & roads[to] & ~enters & (
                ~hard | (self.lane == d + 1))
        self._offset = offset

    def _place(self, robots: int) -> None:
        roads = np.flatnonzero(np.isin(self.kind, (AISLE, LANE)))
        if robots > len(roads):
            raise InvalidInput(f"{robots} robots on {len(roads)} cells; take fewer robots")
        self.cell = self._rng.choice(roads, robots, replace=False)
        self.carry = self._rng.random(robots) < 0.55
        self.load = np.full(robots, 90, np.uint8)
        self.heading = self._rng.integers(0, 4, robots)
        self.state = np.where(self.carry, LOADED, EMPTY).astype(np.uint8)
        self.hold = np.zeros(robots, np.int32)
        self.still = np.zeros(robots, np.int32)
        self.battery = self._rng.uniform(14, 98, robots)
        self.wait = np.zeros(len(self.kind))

    def step(self) -> None:
        if self._fail:
            raise RuntimeError("the scripted world was told to fail")
        self.step_count += 1
        n = len(self.cell)
        cells = len(self.kind)
        rng = self._rng
        exits = self._exits[self.cell].copy()
        to_lane = np.isin(self.kind[self.cell[:, None] + self._offset], (LANE, DESK))
        exits[(self.kind[self.cell] == AISLE) & ~self.carry] &= ~to_lane[
            (self.kind[self.cell] == AISLE) & ~self.carry]
        onward = np.where(exits, rng.random((n, 4)), -1.0)
        calm = self.still < 3
        straight = calm & exits[np.arange(n), self.heading] if n else np.zeros(0, bool)
        onward[np.flatnonzero(straight), self.heading[straight]] += 1.0 - self.params.patience
        along = calm & (self.lane[self.cell] > 0)
        preferred = (self.lane[self.cell][along] - 1).astype(int)
        onward[np.flatnonzero(along), preferred] += 0.7 * exits[along, preferred]
        onward[np.flatnonzero(calm), (self.heading[calm] + 2) % 4] -= 0.9
        choice = onward.argmax(1) if n else np.zeros(0, int)
        free = (self.hold == 0) & (onward.max(1, initial=-1.0) > -0.95) & exits.any(1)
        target = np.where(free, self.cell + self._offset[choice], self.cell)
        self._visit_slots(target, choice, free)
        moves = free & (target != self.cell)
        moves &= self._first_claim(target, moves)
        holder = np.full(cells, -1)
        holder[self.cell] = np.arange(n)
        ahead = holder[target]
        swaps = moves & (ahead >= 0) & (target[ahead] == self.cell)
        moves &= ~swaps
        while True:  # who drives into a cell needs the robot there to leave it
            stuck = moves & (ahead >= 0) & ~moves[ahead]
            if not stuck.any():
                break
            moves &= ~stuck
        self.heading = np.where(free, choice, self.heading)
        self.cell = np.where(moves, target, self.cell)
        self.still = np.where(moves, 0, self.still + 1)
        self.hold = np.maximum(0, self.hold - 1)
        at_desk = moves & (self.kind[self.cell] == DESK)
        self.hold[at_desk] = 6
        self._done += int(at_desk.sum())
        charging = (self.kind[self.cell] == CHARGER)
        self.state = np.where(self.carry, LOADED, EMPTY).astype(np.uint8)
        self.state[(self.still > 2) & (self.hold == 0)] = WAITING
        self.state[charging] = CHARGING
        if n > 12:
            self.state[[7, 11]] = FAULT, IDLE
            self.hold[[7, 11]] = 2
        self.battery = np.clip(self.battery - 0.01 * moves + charging, 0, 100)
        self.wait *= 0.97
        np.add.at(self.wait, self.cell[self.still > 1], 1.0)
        if self.step_count in EVENTS:
            kind, text = EVENTS[self.step_count]
            self._events.append(Event(self.step_count, kind, text))

    def _first_claim(self, target: npt.NDArray[np.int64],
                     moves: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """One robot a target cell: the lowest number that wants it."""
        first = np.full(len(self.kind), len(target))
        np.minimum.at(first, target[moves], np.flatnonzero(moves))
        return first[target] == np.arange(len(target))

    def _visit_slots(self, target: npt.NDArray[np.int64], choice: npt.NDArray[np.int64],
                     free: npt.NDArray[np.bool_]) -> None:
        """Some robots beside a slot turn into it; those inside lift or set down and leave."""
        n = len(self.cell)
        inside = (self.kind[self.cell] == SLOT) | (self.kind[self.cell] == CHARGER)
        turn = self._rng.random(n) < 0.06
        side = self._rng.integers(0, 4, n)
        beside = self.cell + self._offset[side]
        beside = np.clip(beside, 0, len(self.kind) - 1)
        slot = self.kind[beside] == SLOT
        wants = slot & np.where(self.carry, self.pods[beside] == 0, self.pods[beside] > 0)
        wants |= (self.kind[beside] == CHARGER) & ~self.carry & (self.battery < 60)
        enter = turn & wants & (self.kind[self.cell] == AISLE) & (self.hold == 0)
        target[enter] = beside[enter]
        choice[enter] = side[enter]
        free[enter] = True
        for i in np.flatnonzero(inside & (self.hold == 0)):
            cell = self.cell[i]
            if self.kind[cell] == SLOT and self.still[i] == 1:
                if self.carry[i]:
                    self.pods[cell] = self.load[i]
                else:
                    self.load[i] = self.pods[cell]
                    self.pods[cell] = 0
                self.carry[i] = not self.carry[i]
            if self.kind[cell] == CHARGER and self.battery[i] < 70:
                free[i] = False
                target[i] = cell
                continue
            options = [d for d in range(4) if self.kind[cell + self._offset[d]] == AISLE]
            if options and self.still[i] >= 2:
                d = options[int(self._rng.integers(len(options)))]
                target[i], choice[i], free[i] = cell + self._offset[d], d, True

    def frame(self) -> Frame:
        y, x = np.divmod(self.cell, self.width)
        state = self.state | np.where(self.carry, CARRIES, 0).astype(np.uint8)
        return Frame(np.stack((x, y), 1).astype(np.int16), state.astype(np.uint8))

    def scene(self) -> Scene:
        facts = {"domain": "warehouse", "width": self.width, "height": self.height,
                 "agents": len(self.cell), "step_s": 1.0, "agent_prefix": "R-", "origin_s": 50400,
                 "states": ["empty", "loaded", "waiting", "charging", "fault", "idle"],
                 "stations": self.stations,
                 "chargers": np.flatnonzero(self.kind == CHARGER).tolist()}
        return Scene(facts, {"kind": self.kind, "lane": self.lane, "closed": self.closed})

    def layers(self) -> Mapping[str, Array]:
        standing = np.zeros(len(self.kind), np.int32)
        standing[self.cell] = 1
        queues = np.array([standing[s["lane"]].sum() for s in self.stations], np.uint8)
        heat = np.clip(self.wait * 9 - 20, 0, 255).astype(np.uint8)
        return {"pods": self.pods, "heat": heat, "battery": self.battery.astype(np.uint8),
                "queues": queues}

    def status(self) -> Mapping[str, Any]:
        done, self._done = self._done, 0
        counts = np.bincount(self.state, minlength=6).tolist()
        return {"clock_s": 50400 + self.step_count, "counts": counts, "conflicts": 0,
                "robot_steps": self.step_count * len(self.cell), "activity": done}

    def summary(self) -> Mapping[str, Any]:
        return {"waiting": float(np.mean(self.state == WAITING)) if len(self.state) else 0.0}

    def apply(self, params: Params) -> None:
        assert isinstance(params, WorldParams)
        self.params = params

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name == "fail":
            self._fail = True
            return "will fail at the next step"
        if name == "close":
            row = int(arguments["row"])
            self.closed.reshape(self.height, self.width)[row, 20:40] = 1
            self.scene_version += 1
            return f"closed part of row {row}"
        raise InvalidInput(f"no command {name!r}; known: fail, close")

    def inspect(self, agent: int) -> Mapping[str, Any]:
        if not 0 <= agent < len(self.cell):
            raise InvalidInput(f"no robot {agent}; there are {len(self.cell)}")
        state = int(self.state[agent])
        cell = int(self.cell[agent])
        reserved = self._way(cell, 4)
        route = self._way(reserved[-1], 28)
        name = f"R-{agent:04d}"
        battery = float(self.battery[agent])
        states = ("empty", "loaded", "waiting", "charging", "fault", "idle")
        return {
            "agent": agent, "name": name, "state": states[state], "tag": states[state].title(),
            "carrying": bool(self.carry[agent]),
            "stages": [{"name": "Fetch", "done": 1.0}, {"name": "Carry", "done": 0.46},
                       {"name": "Pick", "done": 0.0}, {"name": "Return", "done": 0.0}],
            "rows": [["Order", "#58 204 · 3 lines · due in 6 min"],
                     ["Pod", "A-81·35 · demand 0.80"], ["Goal", "P05, 6 ahead"],
                     ["Reserved", f"{len(reserved) - 1} steps"],
                     ["Priority", "47 · inherited by 2 ahead"], ["Waited", "4 of 38 steps"]],
            "bars": [{"name": "Battery", "value": battery / 100, "text": f"{battery:.0f} %",
                      "tone": "good" if battery > 40 else "warn" if battery > 20 else "bad"}],
            "goal": route[-1], "reserved": reserved, "route": route,
            "callout": f"{name} · to P05, {len(reserved) + len(route) - 2} steps",
            "events": [["14:02:11", "Lifted pod A-81·35"], ["14:01:40", "Took order 58 204"]],
        }

    def _way(self, cell: int, length: int) -> list[int]:
        """Cells onward along the lanes, for something to draw."""
        out = [cell]
        for _ in range(length):
            exits = np.flatnonzero(self._exits[cell])
            if not len(exits):
                break
            lane = int(self.lane[cell]) - 1
            cell += int(self._offset[lane if lane in exits else int(exits[0])])
            if cell in out:
                break
            out.append(cell)
        return out

    def drain_points(self) -> Sequence[Points]:
        return ()

    def drain_events(self) -> Sequence[Event]:
        out, self._events = self._events, []
        return out

    def close(self) -> None:
        pass
