"""The thread that owns a simulation: it steps, records, sends, and obeys orders between steps."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Final, Literal

from engine.errors import EngineError
from engine.live.broadcast import Broadcast
from engine.live.orders import Orders
from engine.live.pace import Pace
from engine.live.record import Outcome, Record, Recorder
from engine.live.simulation import Event, Simulation
from engine.live.viewer import Viewer
from engine.params import Params

log = logging.getLogger(__name__)

State = Literal["starting", "running", "paused", "crashed", "ended"]
Maker = Callable[[Any, int], Simulation]

CHUNK_S: Final = 0.2
SLOW_S: Final = 1.0
MAX_EVENTS: Final = 2000
ACTIVITY_EVERY: Final = 10
MAX_ACTIVITY: Final = 8640


class RunThread:
    """The inner side of a run: only its own thread calls these methods.

    Attributes:
        token: What a URL says to find this run; unguessable.
        domain: Name of the engine.
        params: Values in force.
        pending: Values chosen that wait for a reset, or None.
        seed: Seed in force.
        record: The run's entry in the metrics store.
        summary: Latest figures of the simulation, replaced about once a second.
        error: Sentence that explains a crash, or "".
    """

    def __init__(self, token: str, domain: str, make: Maker, params: Params, seed: int, *,
                 rate: float = 10.0, recorder: Recorder | None = None, label: str = "") -> None:
        self.token = token
        self.domain = domain
        self.label = label
        self.params = params
        self.pending: Params | None = None
        self.seed = seed
        self.summary: Mapping[str, Any] = {}
        self.error = ""
        self._make = make
        self.record = Record(recorder)
        self._pace = Pace(rate)
        self._cast = Broadcast()
        self._state: State = "starting"
        self._running = True
        self._single = 0
        self._orders = Orders()
        self._events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self._activity: deque[float] = deque(maxlen=MAX_ACTIVITY)
        self._sim: Simulation | None = None
        self._flushed_step = -1
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._main, name=f"run-{domain}", daemon=True)

    def _main(self) -> None:
        self._guard(lambda: self._replace(
            self._make, self.params, self.seed, self.label))
        flushed = slow = time.perf_counter()
        while self._state != "ended":
            wait = 0.5 if not self._stepping else 0.0 if self._single else self._pace.wait_s()
            until_flush = max(0.001, flushed + CHUNK_S - time.perf_counter())
            for order, answer in self._orders.take(min(wait, until_flush)):
                self._obey(order, answer)
            if self._cast.urgent:
                self._pace.restart()  # a change is answered now, not at the next beat
            if self._stepping and (self._single or self._pace.wait_s() == 0):
                self._guard(self._step)
            now = time.perf_counter()
            urgent = self._cast.urgent
            if urgent or now - flushed >= CHUNK_S or self._single:
                self._single = max(0, self._single - 1)
                flushed = now - CHUNK_S / 2 if urgent else now  # the frame after a change soon too
                full = urgent or now - slow >= SLOW_S
                slow = now if full else slow
                self._guard(lambda full=full: self._flush(full))  # type: ignore[misc]
        self._close_simulation()
        self._cast.close()

    @property
    def _stepping(self) -> bool:
        return self._state == "running" or (self._state == "paused" and self._single > 0)

    def _obey(self, order: Callable[[], Any], answer: Future[Any]) -> None:
        """Carry out one order; its error belongs to who gave it, unless the world broke."""
        try:
            answer.set_result(order())
        except EngineError as error:
            answer.set_exception(error)
        except Exception as error:  # noqa: BLE001 - any failure of a world must be shown
            self._crash(error)
            answer.set_exception(error)
        self._settle()

    def _guard(self, work: Callable[[], None]) -> None:
        """Run a piece of the loop; a failure stops the world, not the server."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - any failure of a world must be shown
            self._crash(error)

    def _crash(self, error: Exception) -> None:
        if isinstance(error, EngineError):
            self.error = str(error)
            log.warning("run %s stopped: %s", self.token[:6], error)
        else:
            self.error = f"{type(error).__name__}: {error}"
            log.error("run %s crashed", self.token[:6], exc_info=error)
        self._started.set()
        self._set_state("crashed")
        self._cast.say("error", {"text": self.error})
        self._end_record("crashed", self.error)

    def _settle(self) -> None:
        """Derive running or paused after an order."""
        if self._state in ("running", "paused"):
            self._set_state("running" if self._running else "paused")

    def _set_state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self._tell_status()

    def _replace(self, make: Maker, params: Params, seed: int, label: str) -> None:
        """Make a world and put it in the place of the present one; on failure the present stays."""
        before = self._state
        self._set_state("starting")
        try:
            sim = make(params, seed)
        except EngineError:
            self._set_state(before)
            raise
        self._end_record("stopped")
        self._close_simulation()
        self._make, self.params, self.seed, self.label = make, params, seed, label
        self.error = ""
        self._events.clear()
        self._activity.clear()
        self._sim = sim
        self.record.begin(self.domain, params.model_dump(mode="json"), seed, label, sim.step_s)
        self._pace.restart()
        self._cast.begin(sim)
        self.summary = sim.summary()
        self._set_state("running" if self._running else "paused")
        self._started.set()
        for viewer in self._cast.viewers:
            self._welcome(viewer)

    def _step(self) -> None:
        assert self._sim is not None
        scene_before = self._sim.scene_version
        self._sim.step()
        self._pace.stepped()
        if self._sim.step_count % ACTIVITY_EVERY == 0:
            self._activity.append(self._sim.status().get("activity", 0))
        self._cast.record(self._sim, 1 if self._single else self._pace.stride)
        if self._sim.scene_version != scene_before:
            self._cast.new_scene_arrays(self._sim)

    def _flush(self, full: bool) -> None:
        """Send what has gathered; `full` adds layers, figures and the store's share."""
        if self._sim is None or self._state not in ("running", "paused"):
            return
        if self._cast.urgent and not self._running:
            self._cast.rekey(self._sim)
        elif self._flushed_step == self._sim.step_count and not full:
            return
        self._flushed_step = self._sim.step_count
        if full:
            self.summary = self._sim.summary()
            self._cast.layers(self._sim)
            self._cast.say("summary", self.summary)
        self._cast.flush()
        events = list(self._sim.drain_events())
        self._note(events)
        self._tell_status()
        for viewer in self._cast.viewers:
            if viewer.selected is not None:
                self._tell_selected(viewer)
        self.record.points(self._sim.drain_points())

    def _note(self, events: list[Event]) -> None:
        """Keep events, tell viewers and the store."""
        if not events:
            return
        self._events.extend(events)
        self._cast.say("events", {"items": [_event_json(e) for e in events]})
        self.record.events(events)

    def _apply(self, params: Params) -> None:
        """Give live knobs their new values and mark the change."""
        assert self._sim is not None
        before = self.params
        self._sim.apply(params)
        self.params = params
        changed = {n: getattr(params, n) for n in params.changed_from(before)}
        text = params.describe_changes(before)
        self._note([Event(self._sim.step_count, "setting", text, changed)])
        self._cast.new_epoch()

    def _welcome(self, viewer: Viewer) -> None:
        if self._sim is not None and self._state != "starting":
            self._cast.welcome(viewer, self._sim.scene())
            items = [_event_json(e) for e in self._events]
            viewer.offer_json("events", {"items": items})
            end = self._sim.step_count // ACTIVITY_EVERY
            viewer.offer_json("activity", {
                "from": (end - len(self._activity)) * ACTIVITY_EVERY, "every": ACTIVITY_EVERY,
                "values": list(self._activity)})
            viewer.offer_json("summary", self.summary)
            viewer.offer_json("status", self._status())
            if self.error:
                viewer.offer_json("error", {"text": self.error})
        else:
            self._cast.enrol(viewer)
            viewer.offer_json("status", self._status())
            if self.error:
                viewer.offer_json("error", {"text": self.error})

    def _status(self) -> dict[str, Any]:
        first, last = self._cast.window
        facts: dict[str, Any] = {
            "epoch": self._cast.epoch, "state": self._state, "rate": self._pace.rate,
            "measured": round(self._pace.measured, 2),
            "step": self._sim.step_count if self._sim else 0,
            "first": first, "last": last, "number": self.record.number,
        }
        if self._sim is not None and self._state in ("running", "paused"):
            facts.update(self._sim.status())
        return facts

    def _tell_status(self) -> None:
        if self._cast.viewers:
            self._cast.say("status", self._status())

    def _tell_selected(self, viewer: Viewer) -> None:
        if viewer.selected is None or self._sim is None:
            return
        try:
            facts = self._sim.inspect(viewer.selected)
            viewer.offer_json("inspect", {"step": self._sim.step_count, **facts})
        except EngineError as error:
            viewer.selected = None
            viewer.offer_json("error", {"text": str(error), "soft": True})

    def _end_record(self, outcome: Outcome, note: str = "") -> None:
        """Hand the last figures to the store and close the run there."""
        if self._sim is not None and outcome != "crashed":
            self._note(list(self._sim.drain_events()))
            self.record.points(self._sim.drain_points())
        self.record.end(outcome, note)

    def _close_simulation(self) -> None:
        if self._sim is not None:
            self._sim.close()


def _event_json(event: Event) -> dict[str, Any]:
    return {"step": event.step, "kind": event.kind, "text": event.text}

