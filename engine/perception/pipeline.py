"""From eight pictures to what a planner needs: objects, tracks, lines, drivable ground, forecasts.

The order of the source's stack: network, fusion to the bird's-eye view, tracking, prediction. A
camera that is missing or shows nothing is skipped; what the others see is used. Up to the fusion
threads take the views one by one, whoever is free the next: network and kernels release the
interpreter's lock, and what is seen does not depend on how many threads there are.

Frame: ego, x forward, y left, m. Shape letters: V views, A tracks, K modes, T times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.perception.bev import GroundGrid, Objects, lift, merge, merge_lines
from engine.perception.calibration import canonical_scale, ground_plane
from engine.perception.decode import OVERLAP, Detections, decode
from engine.perception.fields import sigmoid
from engine.perception.forecast_run import ForecastRuntime, Forecasts
from engine.perception.lane_fit import Line, fit_lines
from engine.perception.lane_model import complete
from engine.perception.lane_smooth import smooth
from engine.perception.output_format import STRIDES
from engine.perception.road_axes import RoadAxes, align
from engine.perception.runtime import Runtime, load_runtime
from engine.perception.targets import points
from engine.perception.track import Track, Tracker

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

Bool = npt.NDArray[np.bool_]
Expose = Callable[[int, int], None]
"""Fills the picture of a view: (number of the thread, view)."""

STAGES: Final = ("render", "network", "decode", "lines", "fuse", "track", "forecast")
LEAST_CONTRAST: Final = 12
"""Levels of 255 between the darkest and the brightest pixel of a picture that shows anything."""


class Motion(NamedTuple):
    """The car's own motion since the last frame: m forward and left, radians to the left, s."""

    forward: float
    left: float
    turn: float
    dt_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What was perceived at one instant.

    Attributes:
        found: Detections of each view; None for a camera that is missing.
        lines_found: Lines of each view.
        objects: Merged over the views.
        lines: Merged over the views, as smooth curves.
        drivable: float32 [R, C], see `bev.GroundGrid`; NaN where nothing looks.
        tracks: Confirmed tracks.
        forecasts: Of the tracks; None where the network is not there.
        depth: float32 [V, 2, H/4, W/4], mean and deviation of ln z in m; NaN where missing.
        masks: float32 [V, 4, H/2, W/2], probabilities.
        times_ms: Wall time of each of `STAGES`; of the slowest thread where several share one.
        used: bool [V], cameras that work and show something.
    """

    found: tuple[Detections | None, ...]
    lines_found: tuple[tuple[Line, ...], ...]
    objects: Objects
    lines: tuple[Line, ...]
    drivable: Float32
    tracks: tuple[Track, ...]
    forecasts: Forecasts | None
    depth: Float32
    masks: Float32
    times_ms: dict[str, float]
    used: Bool


class _Looks:
    """What the threads make of the views as they go; each thread writes the rows of its own."""

    def __init__(self, images: UInt8) -> None:
        views, height, width = images.shape[:3]
        self.images = images
        self.used = np.zeros(views, np.bool_)
        self.found: list[Detections | None] = [None] * views
        self.lines: list[tuple[Line, ...]] = [()] * views
        self.depth = np.full((views, 2, height // 4, width // 4), np.nan, np.float32)
        self.masks = np.zeros((views, 4, height // 2, width // 2), np.float32)


class Pipeline:
    """Perception of one drive; keeps tracks from frame to frame.

    Args:
        cameras: The rig, V of them, all of one picture size.
        runtime: Runs the network.
        forecaster: Runs the forecast; None to do without.
        least_score: Detections below are dropped.
        most_overlap: IoU above which a lower-scored box of the class is dropped.
        threads: Threads that share the views, at least 1.

    Raises:
        InvalidInput: If a camera's calibration cannot be used, or there is no thread.
    """

    def __init__(self, cameras: Sequence[Camera], runtime: Runtime,
                 forecaster: ForecastRuntime | None = None, *, least_score: float = 0.3,
                 most_overlap: float = OVERLAP, threads: int = 1) -> None:
        if threads < 1:
            raise InvalidInput(f"threads is {threads}; it must be at least 1")
        self.cameras = tuple(cameras)
        self.least_score = least_score
        self.most_overlap = most_overlap
        self.tracker = Tracker()
        self._runtime = runtime
        self._forecaster = forecaster
        self._planes = np.stack([ground_plane(c) for c in self.cameras])
        self._grid = GroundGrid(self.cameras)
        self._size = (self.cameras[0].height, self.cameras[0].width)
        self._points = points(*self._size, STRIDES)
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "views") if threads > 1 else None

    def restart(self) -> None:
        """Forget all tracks: another drive begins."""
        self.tracker = Tracker()

    def step(self, images: UInt8, motion: Motion, speed_mps: float,
             working: Bool | None = None, axes: RoadAxes | None = None,
             expose: Expose | None = None) -> Seen:
        """Perceive one instant.

        Args:
            images: uint8 [V, H, W, 3]; what a missing camera holds does not matter.
            motion: The car's own motion since the last frame.
            speed_mps: Its speed.
            working: bool [V], cameras that work; None for all.
            axes: Roads around, where there is a map; vehicles are aligned with them.
            expose: Fills each of the pictures before it is looked at; None where they are there.

        Raises:
            InvalidInput: If the pictures are not those of the rig.
        """
        views = len(self.cameras)
        if images.shape != (views, *self._size, 3):
            raise InvalidInput(f"pictures are {images.shape}; the rig gives "
                               f"{(views, *self._size, 3)}")
        looks = _Looks(images)
        working = np.ones(views, np.bool_) if working is None else working
        todo = iter(range(views))  # shared: taking from it is atomic
        run = map if self._pool is None else self._pool.map
        laps = dict.fromkeys(STAGES, 0.0)
        for own in run(lambda k: self._look(k, todo, looks, working, expose),
                       range(self._threads)):
            laps |= {k: max(laps[k], v) for k, v in own.items()}
        clock = _Clock()
        objects = merge([lift(f, self.cameras[v], v) for v, f in enumerate(looks.found)
                         if f is not None])
        if axes is not None:
            objects = align(objects, axes)
        whole = tuple(smooth(complete(merge_lines(looks.lines))))
        drivable = self._grid.read(looks.masks[:, 0], looks.used)
        clock.lap("fuse")
        tracks = tuple(self.tracker.step(objects, motion[:3], motion.dt_s))
        clock.lap("track")
        forecasts = (self._forecaster.run(tracks, whole, speed_mps)
                     if self._forecaster is not None else None)
        clock.lap("forecast")
        return Seen(tuple(looks.found), tuple(looks.lines), objects, whole, drivable, tracks,
                    forecasts, looks.depth, looks.masks, laps | clock.laps, looks.used)

    def _look(self, thread: int, todo: Iterator[int], looks: _Looks, working: Bool,
              expose: Expose | None) -> dict[str, float]:
        """Take views as long as there are any; returns the time of each stage."""
        clock = _Clock()
        while own := list(islice(todo, self._runtime.together)):
            if expose is not None:
                for v in own:
                    expose(thread, v)
                clock.lap("render")
            own = [v for v in own if working[v] and lively(looks.images[v])]
            if own:
                self._perceive(own, looks, clock)
        return clock.laps

    def _perceive(self, own: list[int], looks: _Looks, clock: _Clock) -> None:
        """Run the network on some views and read boxes and lines off its output."""
        out = self._runtime.run(looks.images[own], self._planes[own])
        clock.lap("network")
        for k, v in enumerate(own):
            looks.found[v] = decode(out.raw(k), self._points, *self._size, self.least_score,
                                    self.most_overlap)
            looks.depth[v] = out.depth[k]
            looks.depth[v, 0] += np.float32(np.log(canonical_scale(self.cameras[v])))
            looks.masks[v] = sigmoid(out.masks[k])
            looks.used[v] = True
        clock.lap("decode")
        for v in own:
            looks.lines[v] = tuple(fit_lines(looks.masks[v, 1:], self.cameras[v]))
        clock.lap("lines")


def lively(image: UInt8) -> bool:
    """Whether a picture shows anything: a covered or dead camera gives one tone.

    Args:
        image: uint8 [H, W, 3].
    """
    few = image[::8, ::8]
    return int(few.max()) - int(few.min()) >= LEAST_CONTRAST


def open_pipeline(cameras: Sequence[Camera], weights: Path, forecast: Path | None = None,
                  *, threads: int = 1) -> Pipeline:
    """A pipeline from files.

    Raises:
        ModelUnavailable: If weights are missing.
        InvalidInput: If they cannot be used.
    """
    return Pipeline(cameras, load_runtime(weights, 1),
                    ForecastRuntime(forecast) if forecast is not None else None, threads=threads)


class _Clock:
    """Wall time between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, name: str) -> None:
        now = perf_counter()
        self.laps[name] = self.laps.get(name, 0.0) + (now - self._last) * 1e3
        self._last = now
