"""From eight pictures to what a planner needs: objects, tracks, lines, drivable ground, forecasts.

The order of the source's stack: network, fusion to the bird's-eye view, tracking, prediction. A
camera that is missing is skipped; what the others see is used. The views are shared out to threads
up to the fusion: network and kernels release the interpreter's lock, and what is seen does not
depend on how many there are.

Frame: ego, x forward, y left, m. Shape letters: V views, A tracks, K modes, T times.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

STAGES: Final = ("network", "decode", "lines", "fuse", "track", "forecast")


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


class _Look(NamedTuple):
    """What a thread made of its views; rows of `depth` and `masks` as in `Seen`."""

    found: list[Detections]
    lines: list[tuple[Line, ...]]
    depth: Float32
    masks: Float32
    laps: dict[str, float]


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
             working: npt.NDArray[np.bool_] | None = None,
             axes: RoadAxes | None = None) -> Seen:
        """Perceive one instant.

        Args:
            images: uint8 [V, H, W, 3]; what a missing camera holds does not matter.
            motion: The car's own motion since the last frame.
            speed_mps: Its speed.
            working: bool [V], cameras that work; None for all.
            axes: Roads around, where there is a map; vehicles are aligned with them.

        Raises:
            InvalidInput: If the pictures are not those of the rig.
        """
        views = len(self.cameras)
        if images.shape != (views, *self._size, 3):
            raise InvalidInput(f"pictures are {images.shape}; the rig gives "
                               f"{(views, *self._size, 3)}")
        use = np.ones(views, np.bool_) if working is None else working
        found: list[Detections | None] = [None] * views
        lines: list[tuple[Line, ...]] = [()] * views
        height, width = self._size
        depth = np.full((views, 2, height // 4, width // 4), np.nan, np.float32)
        masks = np.zeros((views, 4, height // 2, width // 2), np.float32)
        laps = dict.fromkeys(STAGES, 0.0)
        for own, look in self._looks(images, np.flatnonzero(use)):
            depth[own], masks[own] = look.depth, look.masks
            for view, boxes, drawn in zip(own, look.found, look.lines, strict=True):
                found[view], lines[view] = boxes, drawn
            laps |= {k: max(laps[k], v) for k, v in look.laps.items()}
        clock = _Clock()
        objects = merge([lift(f, self.cameras[v], v) for v, f in enumerate(found)
                         if f is not None])
        if axes is not None:
            objects = align(objects, axes)
        whole = tuple(smooth(complete(merge_lines(lines))))
        drivable = self._grid.read(masks[:, 0], use)
        clock.lap("fuse")
        tracks = tuple(self.tracker.step(objects, motion[:3], motion.dt_s))
        clock.lap("track")
        forecasts = (self._forecaster.run(tracks, whole, speed_mps)
                     if self._forecaster is not None else None)
        clock.lap("forecast")
        return Seen(tuple(found), tuple(lines), objects, whole, drivable, tracks, forecasts,
                    depth, masks, laps | clock.laps)

    def _looks(self, images: UInt8, live: Int64) -> list[tuple[Int64, _Look]]:
        """Each thread's views and what it made of them."""
        shares = [live[k::self._threads] for k in range(min(self._threads, len(live)))]
        run = map if self._pool is None else self._pool.map
        return list(zip(shares, run(lambda own: self._look(images, own), shares), strict=True))

    def _look(self, images: UInt8, own: Int64) -> _Look:
        """Run the network on some views and read boxes and lines off its output."""
        clock = _Clock()
        out = self._runtime.run(np.ascontiguousarray(images[own]), self._planes[own])
        clock.lap("network")
        found = [decode(out.raw(k), self._points, *self._size, self.least_score,
                        self.most_overlap) for k in range(len(own))]
        scale = np.log([canonical_scale(self.cameras[v]) for v in own]).astype(np.float32)
        depth = out.depth.copy()
        depth[:, 0] += scale[:, None, None]
        masks = sigmoid(out.masks)
        clock.lap("decode")
        lines = [tuple(fit_lines(masks[k, 1:], self.cameras[v])) for k, v in enumerate(own)]
        clock.lap("lines")
        return _Look(found, lines, depth, masks, clock.laps)


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
        self.laps[name] = (now - self._last) * 1e3
        self._last = now
