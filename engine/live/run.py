"""A run as pages and routes know it: every wish becomes an order for the run's thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from engine.errors import InvalidInput
from engine.live.record import Outcome, Recorder
from engine.live.simulation import Event, Simulation
from engine.live.thread import Maker, RunThread, State
from engine.live.viewer import Viewer
from engine.params import Params, knobs

Answer = TypeVar("Answer")


class Run(RunThread):
    """One simulation, alive between two requests of the browser.

    These methods may be called from any thread. The simulation is touched by the run's own
    thread alone: everything else goes through a queue of orders that the thread works off
    between two steps.

    Attributes:
        settings: Grows with every change of parameters, seed or speed, so that a second tab
            knows that its controls are out of date.
        last_seen: When somebody last asked for this run, on the monotonic clock.
    """

    def __init__(self, token: str, domain: str, make: Maker, params: Params, seed: int, *,
                 rate: float = 10.0, recorder: Recorder | None = None, label: str = "") -> None:
        super().__init__(token, domain, make, params, seed, rate=rate, recorder=recorder,
                         label=label)
        self.settings = 0
        self.last_seen = time.monotonic()

    def start(self) -> Run:
        """Start the thread."""
        self._thread.start()
        return self

    @property
    def state(self) -> State:
        """What the run is doing."""
        return self._state

    @property
    def rate(self) -> float:
        """Wanted steps a second; 0 is as fast as it goes."""
        return self._pace.rate

    @property
    def step_count(self) -> int:
        """Steps made since the last reset."""
        return self._sim.step_count if self._sim else 0

    @property
    def epoch(self) -> int:
        """Grows with every change that the picture must answer."""
        return self._cast.epoch

    @property
    def events(self) -> list[Event]:
        """Events since the last reset, oldest first."""
        return list(self._events)

    @property
    def viewer_stats(self) -> list[Mapping[str, Any]]:
        """What the browsers say about themselves (fps, buffer, stalls)."""
        return [v.stats for v in self._cast.viewers]

    @property
    def viewers(self) -> int:
        """Open windows on this run."""
        return len(self._cast.viewers)

    def wait_started(self, timeout_s: float = 60.0) -> bool:
        """Wait until the world stands or has failed to; False on time-out."""
        return self._started.wait(timeout_s)

    def set_running(self, running: bool) -> Future[None]:
        """Run or pause; the answer comes when it is so."""
        def order() -> None:
            self._running = running
            self._pace.restart()
            if not running and self._sim is not None:
                self._cast.record(self._sim, 1, now=True)  # a fast run shows where it stopped
        return self._orders.give(order)

    def single_step(self) -> None:
        """Make one step and stay paused."""
        def order() -> None:
            self._running = False
            self._single += 1
        self._orders.give(order)

    def set_rate(self, rate: float) -> Future[None]:
        """Change the speed in steps a second; 0 is as fast as it goes."""
        self.settings += 1

        def order() -> None:
            self._pace.rate = rate
            self._pace.restart()
        return self._orders.give(order)

    def set_params(self, params: Params) -> tuple[str, ...]:
        """Take new values: live knobs at once, the others at the next reset.

        Returns:
            Labels of the knobs that wait for a reset.
        """
        waiting = params.needs_reset(self.params)
        self.pending = params if waiting else None
        now = params.with_changes(**{n: getattr(self.params, n) for n in waiting})
        if now != self.params:
            self._orders.give(lambda: self._apply(now))
        labels = {k.name: k.label for k in knobs(type(params))}
        self.settings += 1
        return tuple(labels[n] for n in waiting)

    def reset(self, *, params: Params | None = None, seed: int | None = None,
              make: Maker | None = None, label: str | None = None,
              running: bool | None = None) -> Future[None]:
        """Begin again from step 0, with pending or given values.

        The answer comes when the new world stands. If it cannot be built, the answer is the
        InvalidInput or Infeasible that says why, and the present world goes on.
        """
        self.settings += 1

        def order() -> None:
            values = params or self.pending or self.params
            number = self.seed if seed is None else seed
            title = self.label if label is None else label
            self._replace(make or self._make, values, number, title)
            self.pending = None
            if running is not None:
                self._running = running
        return self._orders.give(order)

    def command(self, name: str, arguments: Mapping[str, Any],
                timeout_s: float = 5.0) -> str:
        """Do something to the world now and say what happened.

        Raises:
            InvalidInput: If the simulation refuses, or the run has ended or crashed.
            TimeoutError: If the world is too busy to answer in time.
        """
        return self.give_command(name, arguments).result(timeout_s)

    def give_command(self, name: str, arguments: Mapping[str, Any]) -> Future[str]:
        """The same without waiting; the answer is a sentence or the InvalidInput."""
        def order() -> str:
            if self._sim is None or self._state in ("ended", "crashed"):
                raise InvalidInput(f"this run has {self._state}; restart it first"
                                   if self._sim else "this run has no world yet; wait for it")
            said = self._sim.command(name, arguments)
            self._cast.new_epoch()
            return said
        if self._state in ("ended", "crashed"):
            refused: Future[str] = Future()
            refused.set_exception(InvalidInput(f"this run has {self._state}; restart it first"))
            return refused
        return self._orders.give(order)

    def ask(self, question: Callable[[Simulation], Answer], timeout_s: float = 5.0) -> Answer:
        """Read something of the world between two steps; the question must not change it.

        Raises:
            InvalidInput: If the run has no world to ask.
            TimeoutError: If the world is too busy to answer in time.
        """
        def order() -> Answer:
            if self._sim is None:
                raise InvalidInput("this run has no world yet; wait until it has started")
            return question(self._sim)
        answer: Answer = self._orders.give(order).result(timeout_s)
        return answer

    def join(self, viewer: Viewer) -> None:
        """Let a viewer watch: it gets the scene, the layers, a KEY and then every chunk."""
        self.last_seen = time.monotonic()
        self._orders.give(lambda: self._welcome(viewer))

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self.last_seen = time.monotonic()
        self._cast.leave(viewer)

    def go_live(self, viewer: Viewer) -> None:
        """Return a viewer to the live picture."""
        def order() -> None:
            viewer.live = True
            self._cast.catch_up(viewer)
        self._orders.give(order)

    def select(self, viewer: Viewer, agent: int | None) -> None:
        """Choose whose facts a viewer is told."""
        def order() -> None:
            viewer.selected = agent
            self._tell_selected(viewer)
        self._orders.give(order)

    def look_back(self, viewer: Viewer, step: int, *, more: bool = False) -> None:
        """Send a viewer a stretch of the kept window around (or after) a step."""
        viewer.live = viewer.live and more
        viewer.offer(self._cast.look_back(step, more=more))

    def stop(self, outcome: Outcome = "stopped") -> None:
        """End the run, flush its figures and wait for its thread."""
        def order() -> None:
            self._end_record(outcome)
            self._set_state("ended")
        if self._thread.is_alive():
            self._orders.give(order)
            if threading.current_thread() is not self._thread:
                self._thread.join(10.0)
