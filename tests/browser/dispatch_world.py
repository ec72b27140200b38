"""A scripted city for the player's tests: cars on a lattice of streets, riders who are fetched.

It plans nothing. A car with a goal takes the street that brings it nearer, a rider gets the nearest
idle car; that is enough to look at, at any size, in a few milliseconds a step.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.errors import InvalidInput
from engine.live.simulation import Array, Event, Frame, Points, Scene
from engine.params import Params, knob

ABSENT, IDLE, PICKUP, RIDING, MOVING, WAITING, ASSIGNED, POOLED = range(8)
STATES = ("absent", "idle", "pickup", "riding", "moving", "waiting", "assigned", "pooled")
WIDTH_M, HEIGHT_M = 16_000, 12_000
SPEED_MPS = np.array([8.0, 10.0, 14.0, 22.0])
HEX_M = 520.0
SLOTS = 600
STEP = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])
DISTRICTS = (("Old Town", 0.5, 0.55), ("Stadium", 0.28, 0.7), ("Docks", 0.72, 0.36),
             ("Station", 0.52, 0.33), ("Northgate", 0.55, 0.86), ("Westfield", 0.12, 0.4),
             ("Airport", 0.9, 0.82))


class CityWorldParams(Params):
    drivers: int = knob(3000, "Drivers", "Cars in the city.", low=0, high=20000, step=1, live=False)
    pitch_m: float = knob(160.0, "Pitch", "Between two streets.", low=60.0, high=800.0, step=10.0,
                          live=False)
    requests: float = knob(1.5, "Requests", "Riders a second.", low=0.0, high=20.0, step=0.1)


class CityWorld:
    """Implements `engine.live.simulation.Simulation` for the browser tests."""

    step_s = 2.0

    def __init__(self, params: CityWorldParams, seed: int) -> None:
        self.params = params
        self.step_count = 0
        self.scene_version = 0
        self._rng = np.random.default_rng(seed)
        self._events: list[Event] = []
        self._fail = self._closing = False
        self.reach: dict[str, float] = {}
        self._lay_out(params.pitch_m)
        self._place(params.drivers)

    def _lay_out(self, pitch: float) -> None:
        columns, rows = int(WIDTH_M / pitch), int(HEIGHT_M / pitch)
        self.columns, self.rows = columns, rows
        row, column = np.divmod(np.arange(columns * rows), columns)
        bend = 0.9 * pitch
        self.x = (column + 0.5) * pitch + bend * np.sin(row * pitch / 1700 + 1)
        self.y = (row + 0.5) * pitch + bend * np.sin(column * pitch / 2100)
        major, minor = max(2, columns // 8), max(2, columns // 24)
        arcs, ranks = [], []
        for step, line in ((1, row), (columns, column)):
            inside = (column < columns - 1) if step == 1 else (row < rows - 1)
            a = np.flatnonzero(inside)
            arcs.append(np.stack((self.x[a], self.y[a], self.x[a + step], self.y[a + step]), 1))
            on = line[a]
            ranks.append(np.where(on % major == major // 2, np.where(on // major % 3 == 1, 3, 2),
                                  np.where(on % minor == 0, 1, 0)))
            if step == 1:
                self._rank_across = ranks[-1]
        self.arc_xy = np.rint(np.concatenate(arcs)).astype(np.int16)
        self.arc_rank = np.concatenate(ranks).astype(np.uint8)
        self.arc_closed = np.zeros(len(self.arc_rank), np.uint8)
        centres = [(HEX_M * np.sqrt(3) * (i + (j & 1) / 2), HEX_M * 1.5 * j)
                   for j in range(1, int(HEIGHT_M / HEX_M / 1.5))
                   for i in range(1, int(WIDTH_M / HEX_M / np.sqrt(3)))]
        self.hexes = np.array(centres)
        angle = np.arange(6) * np.pi / 3
        ring = np.stack((np.sin(angle), np.cos(angle)), 1) * (HEX_M - 12)
        self.hex_ring = np.rint(self.hexes[:, None] + ring).astype(np.int16).reshape(-1, 12)
        heat = [np.exp(-((self.hexes[:, 0] - a * WIDTH_M) ** 2
                         + (self.hexes[:, 1] - b * HEIGHT_M) ** 2) / 2e6) for _, a, b in DISTRICTS]
        self.demand = sum(heat).astype(np.float32) * 6
        self.surge = np.ones(len(self.hexes), np.float32)
        self.hot = np.array([self._node_at(a * WIDTH_M, b * HEIGHT_M) for _, a, b in DISTRICTS])

    def _node_at(self, x: float, y: float) -> int:
        return int(np.argmin((self.x - x) ** 2 + (self.y - y) ** 2))

    def _place(self, drivers: int) -> None:
        rng, nodes = self._rng, self.columns * self.rows
        self.at = rng.integers(0, nodes, drivers)
        self.to = self.at.copy()
        self.done = np.zeros(drivers)
        self.goal = np.full(drivers, -1)
        self.kind = np.full(drivers, IDLE)
        self.fare = np.full(drivers, -1)
        self.turn = rng.integers(0, 32, drivers)
        self.slot_kind = np.zeros(SLOTS, int)
        self.slot_at = np.zeros(SLOTS, int)
        self.slot_age = np.zeros(SLOTS)
        self.slot_driver = np.full(SLOTS, -1)
        self.slot_rider = np.zeros(SLOTS, int)
        self.riders = 0

    def step(self) -> None:
        if self._fail:
            raise RuntimeError("the scripted world was told to fail")
        self.step_count += 1
        if self._closing:
            self._closing = False
            self.arc_closed[:400] = 1
            self.scene_version += 1
        self._arrive()
        self._match()
        self._drive()
        if self.step_count % 30 == 0:
            self._price()
        for at, kind, text in ((40, "crowd", "The match is over: 3,000 leave the stadium"),
                               (90, "rain", "Rain begins"), (140, "policy", "Policy: batch")):
            if self.step_count == at:
                self._events.append(Event(at, kind, text))

    def _arrive(self) -> None:
        rng = self._rng
        self.slot_age += self.step_s * (self.slot_kind > 0)
        gone = (self.slot_kind == WAITING) & (self.slot_age > 400)
        self.slot_kind[gone] = ABSENT
        free = np.flatnonzero(self.slot_kind == ABSENT)
        new = free[:rng.poisson(self.params.requests * self.step_s)]
        hub = self.hot[rng.integers(0, len(self.hot), len(new))]
        x = self.x[hub] + rng.normal(0, 1400, len(new))
        y = self.y[hub] + rng.normal(0, 1100, len(new))
        column = np.clip(x / self.params.pitch_m, 0, self.columns - 1).astype(int)
        self.slot_at[new] = (np.clip(y / self.params.pitch_m, 0, self.rows - 1).astype(int)
                             * self.columns + column)
        self.slot_kind[new] = WAITING
        self.slot_age[new] = 0
        self.slot_driver[new] = -1
        self.slot_rider[new] = self.riders + np.arange(len(new))
        self.riders += len(new)

    def _match(self) -> None:
        for slot in np.flatnonzero((self.slot_kind == WAITING) & (self.slot_age >= 4)):
            idle = np.flatnonzero((self.kind == IDLE) | (self.kind == MOVING))
            if not len(idle):
                return
            here = self.slot_at[slot]
            there = self.at[idle]
            far = np.hypot(self.x[there] - self.x[here], self.y[there] - self.y[here])
            if far.min() > 2500:
                continue
            driver = idle[far.argmin()]
            self.kind[driver], self.goal[driver], self.fare[driver] = PICKUP, here, slot
            self.slot_kind[slot], self.slot_driver[slot] = ASSIGNED, driver

    def _drive(self) -> None:
        rng = self._rng
        nodes = self.columns * self.rows
        idle = np.flatnonzero(self.kind == IDLE)
        roam = idle[rng.random(len(idle)) < 0.004]
        self.kind[roam] = MOVING
        self.goal[roam] = self.hot[rng.integers(0, len(self.hot), len(roam))]
        goes = np.flatnonzero(self.goal >= 0)
        a, b = self.at[goes], self.to[goes]
        length = np.hypot(self.x[b] - self.x[a], self.y[b] - self.y[a])
        speed = SPEED_MPS[np.minimum(3, (a % 7 == 0) + (a % self.columns % 9 == 0) * 2)]
        self.done[goes] += speed * self.step_s
        arrived = goes[self.done[goes] >= length]
        self.at[arrived] = self.to[arrived]
        self.done[arrived] = 0
        there = arrived[self.at[arrived] == self.goal[arrived]]
        for driver in there:
            self._reach(driver, int(rng.integers(0, nodes)))
        onward = arrived[self.goal[arrived] >= 0]
        row, column = np.divmod(self.at[onward], self.columns)
        best = np.full(len(onward), np.inf)
        for dx, dy in STEP:
            inside = ((column + dx >= 0) & (column + dx < self.columns)
                      & (row + dy >= 0) & (row + dy < self.rows))
            node = np.where(inside, (row + dy) * self.columns + column + dx, self.at[onward])
            goal = self.goal[onward]
            lanes = np.abs(goal % self.columns - node % self.columns) + np.abs(
                goal // self.columns - node // self.columns)
            # the longer way first, so that cars turn a few times and not at every corner
            cost = np.where(inside, lanes + 0.3 * ((onward + (dx == 0)) % 2), np.inf)
            better = cost < best
            best = np.where(better, cost, best)
            self.to[onward[better]] = node[better]
        move = np.flatnonzero(self.to != self.at)
        angle = np.arctan2(self.y[self.to[move]] - self.y[self.at[move]],
                           self.x[self.to[move]] - self.x[self.at[move]])
        self.turn[move] = np.rint(angle / (2 * np.pi) * 32).astype(int) % 32

    def _reach(self, driver: int, somewhere: int) -> None:
        if self.kind[driver] == PICKUP:
            self.slot_kind[self.fare[driver]] = ABSENT
            self.kind[driver] = POOLED if driver % 9 == 0 else RIDING
            self.goal[driver] = somewhere
        else:
            self.kind[driver], self.goal[driver] = IDLE, -1
        self.fare[driver] = -1
        self.to[driver] = self.at[driver]

    def _price(self) -> None:
        need = self._by_cell(self.slot_at[self.slot_kind > 0])
        have = self._by_cell(self.at[self.kind == IDLE])
        wanted = np.clip(1 + 0.6 * (need + self.demand - 1) / (have + 2), 1, 2.4)
        self.surge = (0.6 * self.surge + 0.4 * wanted).astype(np.float32)

    def _by_cell(self, nodes: np.ndarray) -> np.ndarray:
        """How many of the nodes lie nearest to each cell's middle."""
        x, y = self.hexes.T[:, :, None]
        cell = ((x - self.x[nodes]) ** 2 + (y - self.y[nodes]) ** 2).argmin(0)
        return np.bincount(cell, minlength=len(self.hexes))

    # ---- Simulation protocol ------------------------------------------------------------------

    def frame(self) -> Frame:
        a, b = self.at, self.to
        length = np.maximum(1.0, np.hypot(self.x[b] - self.x[a], self.y[b] - self.y[a]))
        share = np.minimum(1.0, self.done / length)
        x = self.x[a] + (self.x[b] - self.x[a]) * share
        y = self.y[a] + (self.y[b] - self.y[a]) * share
        xy = np.concatenate((np.stack((x, y), 1),
                             np.stack((self.x[self.slot_at], self.y[self.slot_at]), 1)))
        age = np.where(self.slot_kind > 0, np.minimum(31, self.slot_age // 15), 0).astype(int)
        state = np.concatenate((self.kind | self.turn << 3, self.slot_kind | age << 3))
        return Frame(np.rint(xy).astype(np.int16), state.astype(np.uint8))

    def scene(self) -> Scene:
        y = np.arange(0, WIDTH_M + 1, 400)
        bank = 4400 + 900 * np.sin(y / 2600)
        river = [[int(a), int(b - 170)] for a, b in zip(y, bank, strict=True)]
        river += [[int(a), int(b + 170)] for a, b in zip(y[::-1], bank[::-1], strict=True)]
        turn = np.arange(24) * np.pi / 12
        park = [[int(9000 + 900 * np.cos(t)), int(7600 + 620 * np.sin(t))] for t in turn]
        facts = {
            "domain": "dispatch", "width": WIDTH_M, "height": HEIGHT_M, "unit_m": 1.0,
            "agents": len(self.kind) + SLOTS, "drivers": len(self.kind), "rider_slots": SLOTS,
            "step_s": self.step_s, "origin_s": 64_800, "states": list(STATES),
            "groups": [{"prefix": "D-", "noun": "driver", "count": len(self.kind)},
                       {"prefix": "R-", "noun": "rider", "count": SLOTS}],
            "districts": [{"name": n, "x": a * WIDTH_M, "y": b * HEIGHT_M}
                          for n, a, b in DISTRICTS],
            "places": [], "polygons": {"river": [river], "park": [park], "water": [], "land": []},
            "hexes": len(self.hexes),
        }
        return Scene(facts, {
            "arc_xy": self.arc_xy, "arc_rank": self.arc_rank, "arc_closed": self.arc_closed,
            "hex_x": np.rint(self.hexes[:, 0]).astype(np.int16),
            "hex_y": np.rint(self.hexes[:, 1]).astype(np.int16), "hex_ring": self.hex_ring})

    def layers(self) -> Mapping[str, Array]:
        slots = np.flatnonzero(self.slot_kind == ASSIGNED)
        pairs = np.stack((self.slot_driver[slots], slots), 1).astype(np.int16).ravel()
        return {"surge": self.surge, "demand": self.demand, "match": pairs,
                "supply": np.zeros(len(self.surge), np.float32),
                "traffic": np.full(len(self.arc_rank), 60, np.uint8), "reach": self._rings()}

    def _rings(self) -> Array:
        """A minute for each half kilometre as the crow flies."""
        if not self.reach:
            return np.zeros(0, np.uint8)
        middle = self.arc_xy.reshape(-1, 2, 2).mean(axis=1)
        far = np.hypot(middle[:, 0] - self.reach["x"], middle[:, 1] - self.reach["y"])
        return np.minimum(far / 500, 255).astype(np.uint8)

    def status(self) -> Mapping[str, Any]:
        counts = np.bincount(np.concatenate((self.kind, self.slot_kind)), minlength=8).tolist()
        return {"clock_s": 64_800 + self.step_count * self.step_s, "counts": counts,
                "activity": counts[WAITING], "cycle": self.step_count, "cycle_ms": 12.0,
                "gap_percent": 0.0, "certified": True, "policy": "batch", "free": counts[IDLE],
                "open": counts[WAITING]}

    def summary(self) -> Mapping[str, Any]:
        return {"kpis": [{"label": "Waiting", "value": str(int((self.slot_kind > 0).sum()))}]}

    def apply(self, params: Params) -> None:
        assert isinstance(params, CityWorldParams)
        self.params = params

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name == "fail":
            self._fail = True
            return "will fail at the next step"
        if name == "close":
            self._closing = True
            return "will close 400 streets at the next step"
        if name == "reach":
            self.reach = dict(arguments)
            return "rings"
        raise InvalidInput(f"no command {name!r}; known: fail, close, reach")

    def inspect(self, agent: int) -> Mapping[str, Any]:
        drivers = len(self.kind)
        if not 0 <= agent < drivers + SLOTS:
            raise InvalidInput(f"no agent {agent}; there are {drivers + SLOTS}")
        rides = agent < drivers
        slot = int(self.fare[agent]) if rides else agent - drivers
        driver = agent if rides else int(self.slot_driver[slot])
        kind = int(self.kind[agent] if rides else self.slot_kind[slot])
        name = f"D-{agent:04d}" if rides else f"R-{int(self.slot_rider[slot]):04d}"
        route = self._way(driver) if driver >= 0 and self.goal[driver] >= 0 else []
        end = self._point(int(self.goal[driver])) if route else None
        matched = slot >= 0 and driver >= 0 and kind in (PICKUP, ASSIGNED)
        return {
            "agent": agent, "name": name, "kind": "driver" if rides else "rider",
            "subject": name, "state": STATES[kind], "tag": STATES[kind].title(),
            "rows": [["Rider", f"R-{slot:04d} · pays 1.3×"],
                     ["Pickup", "1.9 min · 80 % in 1.6–2.2"],
                     ["Trip", "6.2 km · 11.5 min"]],
            "stages": [], "bars": [], "events": [["18:02:11", "Took a rider at Old Town"]],
            "callout": f"{name} · 1.9 min", "route": route,
            "onward": [end, *self._way_to(int(self.goal[driver]), int(self.hot[0]))] if end else [],
            "stops": [{"x": end[0], "y": end[1], "kind": "pickup"}] if end else [],
            "driver": driver if not rides else -1,
            "rider": drivers + slot if rides and slot >= 0 else -1,
            "why": self._why(driver, slot) if matched else None,
        }

    def _why(self, driver: int, slot: int) -> dict[str, Any]:
        here = self.slot_at[slot]
        far = np.hypot(self.x[self.at] - self.x[here], self.y[self.at] - self.y[here])
        others = [int(i) for i in np.argsort(far) if self.kind[i] == IDLE and i != driver][:3]
        rows = [{"letter": letter, "agent": agent, "chosen": agent == driver,
                 "cells": [f"{agent:04d}", f"{far[agent] / 480:.1f}", f"{-far[agent] / 9000:+.2f}",
                           f"{1 - far[agent] / 9000:.2f}"]}
                for letter, agent in zip("ABCD", [driver, *others], strict=False)]
        return {"title": "Why this match", "note": "score, highest wins",
                "columns": ["Driver", "Pickup", "Distance", "Score"], "rows": rows,
                "sentence": "B is nearer, but sending it costs the others of this batch 2.9 min."}

    def _point(self, node: int) -> list[int]:
        return [round(float(self.x[node])), round(float(self.y[node]))]

    def _way(self, driver: int) -> list[list[int]]:
        return [self._point(int(self.at[driver])), self._point(int(self.to[driver])),
                *self._way_to(int(self.to[driver]), int(self.goal[driver]))]

    def _way_to(self, node: int, goal: int) -> list[list[int]]:
        """Along the row first, then along the column."""
        out = []
        while node != goal:
            across = goal % self.columns - node % self.columns
            node += int(np.sign(across)) if across else self.columns * int(np.sign(goal - node))
            out.append(self._point(node))
        return out

    def drain_points(self) -> Sequence[Points]:
        return ()

    def drain_events(self) -> Sequence[Event]:
        out, self._events = self._events, []
        return out

    def close(self) -> None:
        pass
