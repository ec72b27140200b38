"""Two worlds that wait for each other, so that what is compared is of the same moment."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any, Final, cast

from engine.live import Simulation
from engine.live.thread import Maker

LEAD_STEPS: Final = 15
"""How far one may be ahead."""
PATIENCE_S: Final = 0.2
"""Longest wait within one step: orders of the page are obeyed between two steps."""
SILENT_S: Final = 2.0
"""A world that has not stepped for so long is paused, broken or gone: nobody waits for it."""


class Gate:
    """Where the worlds of one comparison report their steps; used by their threads."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._reached: dict[int, tuple[int, float]] = {}

    def begin(self, world: int) -> None:
        """A world stands at step 0."""
        with self._moved:
            self._reached[world] = (0, time.monotonic())
            self._moved.notify_all()

    def leave(self, world: int) -> None:
        """A world has ended."""
        with self._moved:
            self._reached.pop(world, None)
            self._moved.notify_all()

    def arrive(self, world: int, step: int) -> None:
        """A world has made a step; returns when the others are near enough, or after a while."""
        with self._moved:
            self._reached[world] = (step, time.monotonic())
            self._moved.notify_all()
            self._moved.wait_for(lambda: self._near(world, step), PATIENCE_S)

    def _near(self, world: int, step: int) -> bool:
        now = time.monotonic()
        return all(other == world or at >= step - LEAD_STEPS or now - since > SILENT_S
                   for other, (at, since) in self._reached.items())


class InStep:
    """A simulation that reports its steps at a gate; in all else it is the simulation itself."""

    def __init__(self, sim: Any, gate: Gate, world: int) -> None:
        self._sim = sim
        self._gate = gate
        self._world = world
        gate.begin(world)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sim, name)

    def step(self) -> None:
        """One step, and wait for the others."""
        self._sim.step()
        self._gate.arrive(self._world, self._sim.step_count)

    def close(self) -> None:
        """End the simulation and leave the gate."""
        self._gate.leave(self._world)
        self._sim.close()


def in_step(make: Maker) -> tuple[Maker, Maker]:
    """What builds two worlds like `make` does, which wait for each other."""
    gate = Gate()
    return partial(_build, make, gate, 0), partial(_build, make, gate, 1)


def _build(make: Maker, gate: Gate, world: int, params: Any, seed: int) -> Simulation:
    return cast(Simulation, InStep(make(params, seed), gate, world))
