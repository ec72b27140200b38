"""Drive by what the network sees: a world's present instant to the planner's scene.

The map, the route and the car's own motion are known, as to any navigated car; everybody else and
the colour of the light come from the pictures. What a camera does not show is not there.

Frame: ego, x forward, y left, m. Shape letters: A tracks, K modes, T times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception import scene, signals
from engine.perception.bodies import CONE
from engine.perception.cameras import Camera, rig
from engine.perception.forecast_run import ForecastRuntime, Forecasts
from engine.perception.pipeline import Bool, Expose, Motion, Pipeline, Seen
from engine.perception.render import Renderer
from engine.perception.road_axes import axes_around
from engine.perception.runtime import Runtime, load_runtime
from engine.perception.track import Track
from engine.perception.world import Snapshot, World

Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]

LEAST_SCORE: Final = 0.35
LIGHT: Final = 5
"""Class of traffic lights."""
SIGN: Final = 6
LIGHT_SIDE_M: Final = 12.0
LIGHT_BEHIND_LINE_M: Final = (-6.0, 45.0)
"""Where a light may stand for the stop line it belongs to: to the side, and beyond the line."""
FASTEST_MPS: Final = (18.0, 16.0, 9.0, 3.5, 1.0)
"""No car, truck, cyclist, pedestrian or cone is faster in a town, whatever the filter says."""
REMEMBER_S: Final = 1.5
"""How long a light that is no longer seen keeps its colour."""
UNSURE_M: Final = 32.0
"""Nearer than this, braking in comfort would come too late for a light not made out yet."""
PATIENCE_S: Final = 6.0
"""Standing this long before lights that cannot be made out, the car goes on with care."""
STANDING_MPS: Final = 0.3
SURE: Final = 0.6
"""Score from which on a cone is not doubted: those that are there had 0.8 and more."""
DOUBT_S: Final = 4.0
AHEAD: Final = (0, 2)
"""Cameras of which one must work for the car to drive: front and front wide."""
FAR_LIGHT_M: Final = 15.0
"""So far beyond its line a light counts half: it may be the next junction's."""


class Eyes:
    """Perceives one drive after another; pass it to `drive.drive`.

    Args:
        runtime: Network.
        forecaster: Forecast; None for constant velocity.
        cameras: The rig's eight when None.
        least_score: Detections and tracks below are not told the planner.
        threads: Views rendered and perceived at the same time, at least 1.

    Attributes:
        seen: What was perceived last.
        least_score: As given; may be changed between two ticks.
        pipeline: As it stands; its thresholds may be changed between two ticks.
    """

    def __init__(self, runtime: Runtime, forecaster: ForecastRuntime | None = None,
                 cameras: Sequence[Camera] | None = None,
                 least_score: float = LEAST_SCORE, threads: int = 1) -> None:
        self.seen: Seen | None = None
        self.least_score = least_score
        self._cameras = tuple(cameras) if cameras is not None else rig()
        self._threads = threads
        self.pipeline = Pipeline(self._cameras, runtime, forecaster, least_score=least_score,
                                 threads=threads)
        self._rendered: World | None = None
        self._world: World | None = None
        self._before: Snapshot | None = None
        self._signal, self._doubt = Signal(), Doubt()

    def __call__(self, world: World) -> scene.Scene:
        """Render, perceive and tell the planner.

        Args:
            world: Its present instant; a world not seen before begins a new drive.
        """
        if world is not self._rendered:
            self._rendered = world
            self._renderer = Renderer(world, self._cameras, self._threads)
        exposure = self._renderer.begin(world.snapshot())
        return self.see(world, exposure.rendered.images, expose=exposure.draw)

    def see(self, world: World, images: UInt8, working: Bool | None = None,
            expose: Expose | None = None) -> scene.Scene:
        """Perceive pictures of a world and tell the planner.

        Args:
            world: Its present instant, for the map and the car's own motion; a world not seen
                before begins a new drive.
            images: uint8 [V, H, W, 3] of the rig.
            working: bool [V], cameras that work; None for all.
            expose: Fills the pictures, see `Pipeline.step`.

        Raises:
            InvalidInput: If the pictures are not those of the rig.
        """
        if world is not self._world:
            self._world, self._before = world, None
            self.pipeline.restart()
            self._signal, self._doubt = Signal(), Doubt()
        now = world.snapshot()
        self.seen = self.pipeline.step(images, motion_between(self._before, now), now.ego[0],
                                       working, axes_around(world.network, now), expose)
        self._before = now
        kept = self._doubt.step([t for t in self.seen.tracks if t.score >= self.least_score],
                                now.ego[0], now.time)
        told = told_tracks(kept, self.seen.forecasts)
        plain = scene.from_world(world, tracks=told, light=0)
        gate = plain.gate
        if gate is not None:
            light = self._signal.step(light_of(kept, gate.distance), gate, plain.speed, now.time)
            plain = replace(plain, gate=replace(gate, light=light))
        return replace(plain, blind=not self.seen.used[list(AHEAD)].any())


class Signal:
    """What the lights of the next stop line show, over time.

    A colour is remembered for a while when it is no longer seen. Where the map has lights and none
    is made out, the car comes to the line as to a red one, and goes on with care after a wait.
    """

    def __init__(self) -> None:
        self._colour = 0
        self._seen_at = -math.inf
        self._stood_since = math.inf

    def step(self, colour: int, gate: scene.GateAhead, speed_mps: float, time_s: float) -> int:
        """Light to be told the planner.

        Args:
            colour: Made out now, 0 for none.
            gate: Next stop line.
            speed_mps: The car's.
            time_s: Of the world.
        """
        self._stood_since = (min(self._stood_since, time_s) if speed_mps < STANDING_MPS
                             else math.inf)
        if colour:
            self._colour, self._seen_at = colour, time_s
            return colour
        if time_s - self._seen_at < REMEMBER_S:
            return self._colour
        if not gate.signals or gate.distance > UNSURE_M:
            return signals.NONE
        return signals.NONE if time_s - self._stood_since > PATIENCE_S else signals.RED


class Doubt:
    """Cones that hold up a standing car and may be paint: a stripe of a crossing, seen from above.

    One that is made out with little certainty, while the car has stood for `DOUBT_S`, is no longer
    believed. Nothing else is doubted: a body is waited for.
    """

    def __init__(self) -> None:
        self._stood_since = math.inf
        self._doubted: set[int] = set()

    def step(self, tracks: Sequence[Track], speed_mps: float, time_s: float) -> list[Track]:
        """Tracks that are believed.

        Args:
            tracks: All that would be told.
            speed_mps: The car's.
            time_s: Of the world.
        """
        self._stood_since = (min(self._stood_since, time_s) if speed_mps < STANDING_MPS
                             else math.inf)
        if time_s - self._stood_since > DOUBT_S:
            self._doubted |= {t.number for t in tracks if t.kind == CONE}
        # one that is seen well is believed, at once or again
        self._doubted -= {t.number for t in tracks if t.score >= SURE}
        return [t for t in tracks if t.number not in self._doubted]


def open_eyes(weights: Path, forecast: Path | None = None, threads: int = 2) -> Eyes:
    """Eyes from files.

    Raises:
        ModelUnavailable: If weights are missing.
        InvalidInput: If they cannot be used.
    """
    return Eyes(load_runtime(weights, 1),
                ForecastRuntime(forecast) if forecast is not None else None, threads=threads)


def motion_between(before: Snapshot | None, now: Snapshot) -> Motion:
    """The car's own motion from one instant to another, as odometry gives it."""
    if before is None or now.time <= before.time:
        return Motion(0.0, 0.0, 0.0, 0.1)
    moved = before.axes @ (now.origin - before.origin)
    ahead = before.axes @ now.axes[0]
    return Motion(float(moved[0]), float(moved[1]), math.atan2(ahead[1], ahead[0]),
                  now.time - before.time)


def told_tracks(tracks: Sequence[Track], forecasts: Forecasts | None) -> list[scene.Track]:
    """Tracks as the planner takes them: what stands on the road, with where it may go."""
    rows = {} if forecasts is None else {int(n): k for k, n in enumerate(forecasts.track)}
    told = []
    for t in tracks:
        if t.kind in (LIGHT, SIGN):
            continue
        x, y, vx, vy = (float(v) for v in t.state)
        if not t.moves:
            vx = vy = 0.0
        excess = math.hypot(vx, vy) / FASTEST_MPS[t.kind]
        if excess > 1.0:
            vx, vy = vx / excess, vy / excess
        speed = vx * math.cos(t.heading) + vy * math.sin(t.heading)
        row = rows.get(t.number)
        if forecasts is None or row is None or (vx == 0.0 and vy == 0.0):
            futures, probability = scene.straight_future(x, y, vx, vy), np.ones(1)
        else:
            futures = stretched(forecasts.paths[row].astype(np.float64))
            probability = forecasts.probability[row].astype(np.float64)
        told.append(scene.Track(t.number, t.kind, x, y, t.heading, speed, float(t.size[0]),
                                float(t.size[1]), futures, probability))
    return told


def stretched(paths: Float64) -> Float64:
    """Paths of 3 s every 0.1 s as the planner's of 6 s every 0.2 s, going on as they end.

    Args:
        paths: float64 [K, T, 2], m.
    """
    every = paths[:, 1::2]
    last = (paths[:, -1] - paths[:, -6]) / 0.5
    more = scene.STEPS - every.shape[1]
    t = scene.STEP_S * (np.arange(more) + 1.0)
    return np.concatenate([every, paths[:, -1:] + t[:, None] * last[:, None]], axis=1)


def light_of(tracks: Sequence[Track], line_m: float) -> int:
    """Colour of the light of the next stop line; 0 where none is seen.

    The surest light that shows a colour near the way and not far beyond the line.

    Args:
        tracks: Confirmed tracks.
        line_m: Distance to the stop line, m.
    """
    best = (0.0, 0)
    for t in tracks:
        x, y = t.state[:2]
        low, high = LIGHT_BEHIND_LINE_M
        if (t.kind == LIGHT and t.light and abs(y) < LIGHT_SIDE_M
                and low < x - line_m < high):
            off = (1.0 + abs(y) / 4.0) * (1.0 + max(0.0, x - line_m) / FAR_LIGHT_M)
            best = max(best, (t.score / off, t.light))
    return best[1]
