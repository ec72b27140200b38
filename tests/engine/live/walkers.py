"""A small but real world for the runner's tests: walkers on a torus, seeded."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.errors import InvalidInput
from engine.live.simulation import Array, Event, Frame, Points, Scene
from engine.params import Params, knob

MOVES = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]], np.int16)


class WalkerParams(Params):
    walkers: int = knob(20, "Walkers", "How many.", low=1, high=500, step=1, live=False)
    calm: float = knob(0.5, "Calm", "Chance to stand.", low=0.0, high=1.0, step=0.1)
    fail_at: int = knob(0, "Fail at", "Step that breaks the world.", low=0, high=10_000, step=1)


class Walkers:
    step_s = 1.0

    def __init__(self, params: WalkerParams, seed: int) -> None:
        if params.walkers > 400:
            raise InvalidInput(f"{params.walkers} walkers, but the floor takes 400")
        self.params = params
        self.step_count = 0
        self.closed = False
        self.scene_version = 0
        self._rng = np.random.default_rng(seed)
        self._xy = self._rng.integers(50, 150, (params.walkers, 2)).astype(np.int16)
        self._state = np.zeros(params.walkers, np.uint8)
        self._moved: list[float] = []
        self._events: list[Event] = []

    def step(self) -> None:
        self.step_count += 1
        if self.step_count == self.params.fail_at:
            raise RuntimeError("the floor gave way")
        move = self._rng.integers(1, 5, len(self._xy))
        move[self._rng.random(len(self._xy)) < self.params.calm] = 0
        self._xy += MOVES[move]
        self._state[:] = move > 0
        self._moved.append(float((move > 0).sum()))

    def frame(self) -> Frame:
        return Frame(self._xy, self._state)

    def scene(self) -> Scene:
        return Scene({"domain": "walkers", "agents": len(self._xy)},
                     {"kind": np.ones(9, np.uint8)})

    def layers(self) -> Mapping[str, Array]:
        return {"heat": np.full(9, self.step_count % 256, np.uint8)}

    def status(self) -> Mapping[str, Any]:
        return {"moving": int(self._state.sum())}

    def summary(self) -> Mapping[str, Any]:
        return {"step": self.step_count}

    def apply(self, params: WalkerParams) -> None:
        if params.needs_reset(self.params):
            raise InvalidInput("walkers cannot change while running; reset")
        self.params = params

    def command(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name != "close":
            raise InvalidInput(f"no command {name!r}; there is close")
        self.scene_version += 1
        self._events.append(Event(self.step_count, "closure", "closed", dict(arguments)))
        return "closed"

    def inspect(self, agent: int) -> Mapping[str, Any]:
        if not 0 <= agent < len(self._xy):
            raise InvalidInput(f"no walker {agent}")
        return {"agent": agent, "x": int(self._xy[agent, 0])}

    def drain_points(self) -> Sequence[Points]:
        moved, self._moved = self._moved, []
        last = self.step_count
        steps = np.arange(last - len(moved) + 1, last + 1, dtype=np.float64)
        return [Points("walk.moved", steps, np.array(moved))]

    def drain_events(self) -> Sequence[Event]:
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        self.closed = True
