"""From a simulation's frames to its viewers: chunks are encoded once, however many watch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from engine.live.codec import (
    Encoder,
    Int16,
    UInt8,
    encode_layer,
    encode_snapshot,
    look_back,
)
from engine.live.history import History, Kept, SnapshotHistory
from engine.live.simulation import Scene, Simulation, Snapshot, SnapshotSource
from engine.live.viewer import Message, Viewer, to_json

LOOK_AHEAD_STEPS: Final = 240
SNAPSHOTS_PER_S: Final = 20.0
LOOK_AHEAD_SNAPSHOTS: Final = 20


class Broadcast:
    """The picture side of a run; used by the run's thread, except where said.

    Attributes:
        epoch: Grows with every change that the picture must answer.
        urgent: A new epoch has begun and its first frame should go out at once.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.urgent = False
        self._viewers: tuple[Viewer, ...] = ()
        self._history = History()
        self._encoder: Encoder | None = None
        self._xy: list[Int16] = []
        self._state: list[UInt8] = []
        self._stride = 1
        self._base_step = 0
        self._layers: tuple[bytes, ...] = ()
        self._source: SnapshotSource | None = None
        self._snapshots = SnapshotHistory()
        self._shown_at = 0.0
        self._shown: Snapshot | None = None

    @property
    def viewers(self) -> tuple[Viewer, ...]:
        """Who watches; safe from any thread."""
        return self._viewers

    @property
    def window(self) -> tuple[int, int]:
        """First and last step that can be looked at."""
        return self._snapshots.window if self._source else self._history.window

    def begin(self, sim: Simulation) -> None:
        """Start with a new world."""
        self.epoch += 1
        self._history.clear()
        self._xy.clear()
        self._state.clear()
        self._base_step = sim.step_count
        self._encoder = Encoder(sim.frame(), sim.step_count, self.epoch)
        self._snapshots.clear()
        self._source = sim if isinstance(sim, SnapshotSource) else None
        self._read_layers(sim)
        if self._source:
            self._show(sim.step_count, now=True)

    def enrol(self, viewer: Viewer) -> None:
        """Add a viewer before there is a picture."""
        if viewer not in self._viewers:
            self._viewers = (*self._viewers, viewer)

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer; safe from any thread."""
        self._viewers = tuple(v for v in self._viewers if v is not viewer)

    def welcome(self, viewer: Viewer, scene: Scene) -> None:
        """Give a viewer the scene and put it on the live picture."""
        assert self._encoder is not None
        self.flush()  # before it is enrolled, or a chunk would come ahead of its scene
        self.enrol(viewer)
        step = self._encoder.step
        viewer.live = True
        viewer.offer([
            to_json("scene", {"epoch": self.epoch, "step": step, "facts": dict(scene.facts)}),
            *(encode_layer(f"scene.{n}", a, step, self.epoch) for n, a in scene.arrays.items()),
        ])
        self.catch_up(viewer)

    def catch_up(self, viewer: Viewer) -> None:
        """Layers and a KEY, after which live chunks decode."""
        if self._encoder is None:
            return
        self.flush()
        viewer.behind = False
        if self._source:
            viewer.offer([*self._layers, *filter(None, [self._snapshots.last])])
        else:
            viewer.offer([*self._layers, self._encoder.key()])

    def new_scene_arrays(self, sim: Simulation) -> None:
        """The static picture changed: an aisle closed or opened."""
        step = sim.step_count
        self._send([encode_layer(f"scene.{n}", a, step, self.epoch)
                    for n, a in sim.scene().arrays.items()])

    def record(self, sim: Simulation, stride: int, *, now: bool = False) -> None:
        """Keep the frame after a step: one in `stride`; the first of a new epoch, or `now`."""
        now = now or self.urgent
        if self._source:
            if now or time.perf_counter() - self._shown_at >= 1 / SNAPSHOTS_PER_S:
                self._show(sim.step_count, now=now)
            return
        gap = sim.step_count - self._base_step - self._stride * len(self._xy)
        if not self._xy:
            self._stride = gap if now else max(stride, gap)
        if gap == 0 or (gap < self._stride and not now):
            return
        if gap != self._stride:
            self._close_chunk()
            self._stride = gap
        frame = sim.frame()
        self._xy.append(frame.xy.copy())
        self._state.append(frame.state.copy())

    def new_epoch(self) -> None:
        """What browsers have queued is old news from here on."""
        self._close_chunk()
        self.epoch += 1
        self.urgent = True
        if self._encoder is not None:
            self._encoder.epoch = self.epoch

    def layers(self, sim: Simulation) -> None:
        """Read the slow pictures; they go out with the next flush."""
        self._read_layers(sim)
        self._send(list(self._layers))

    def flush(self) -> None:
        """Encode and send what has gathered."""
        if self._xy or self._source:
            self.urgent = False
        self._close_chunk()

    def rekey(self, sim: Simulation) -> None:
        """Show a new epoch without a step, as after a change while paused."""
        self.urgent = False
        if self._source:
            self._show(sim.step_count, now=True)
            return
        for viewer in self._viewers:
            if viewer.live:
                self.catch_up(viewer)

    def say(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Tell every viewer something in words."""
        message = to_json(kind, facts)
        for viewer in self._viewers:
            viewer.offer([message])

    def look_back(self, step: int, *, more: bool) -> list[Message]:
        """A stretch of the kept window; safe from any thread."""
        if self._source:
            snapshots = (self._snapshots.after(step, LOOK_AHEAD_SNAPSHOTS) if more
                         else filter(None, [self._snapshots.at(step)]))
            return [look_back(m) for m in snapshots]
        if more:
            kept = self._history.after(step, LOOK_AHEAD_STEPS)
            return [look_back(k.chunk) for k in kept]
        kept = self._history.around(step, LOOK_AHEAD_STEPS)
        out: list[Message] = []
        if kept and kept[0].key is not None:
            out += [look_back(m) for m in kept[0].layers]
            out.append(look_back(kept[0].key))
        return out + [look_back(k.chunk) for k in kept]

    def close(self) -> None:
        """End every viewer's stream."""
        for viewer in self._viewers:
            viewer.close()

    def _show(self, step: int, *, now: bool) -> None:
        """Take a snapshot, keep it and send it; the same one again only when asked `now`."""
        assert self._source is not None
        self._shown_at = time.perf_counter()
        snapshot = self._source.snapshot()
        if snapshot is self._shown and not now:
            return
        self._shown = snapshot
        message = encode_snapshot(snapshot, step, self.epoch)
        self._snapshots.append(step, message)
        for viewer in self._viewers:
            if viewer.live:
                viewer.offer_latest(message)

    def _read_layers(self, sim: Simulation) -> None:
        self._layers = tuple(encode_layer(n, a, sim.step_count, self.epoch)
                             for n, a in sim.layers().items())

    def _close_chunk(self) -> None:
        if not self._xy or self._encoder is None:
            return
        encoder, first = self._encoder, self._encoder.step + self._stride
        wants_key = self._history.wants_key(encoder.step)
        key = encoder.key() if wants_key else None
        chunk = encoder.chunk(np.stack(self._xy), np.stack(self._state), self._stride)
        self._xy.clear()
        self._state.clear()
        self._base_step = encoder.step
        layers = self._layers if wants_key else ()
        self._history.append(Kept(first, encoder.step, chunk, key, layers))
        for viewer in self._viewers:
            if not viewer.live:
                continue
            if viewer.behind:
                viewer.behind = False
                viewer.offer([*self._layers, encoder.key()])
            else:
                viewer.offer([chunk])

    def _send(self, messages: list[bytes]) -> None:
        for viewer in self._viewers:
            if viewer.live:
                viewer.offer(messages)
