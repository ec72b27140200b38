"""From eight pictures to what a planner needs: objects, tracks, lines, drivable ground, forecasts.

The order of the source's stack: network, fusion to the bird's-eye view, tracking, prediction. A
camera that is missing is skipped; what the others see is used.

Frame: ego, x forward, y left, m. Shape letters: V views, A tracks, K modes, T times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput
from engine.perception.bev import GroundGrid, Objects, lift, merge, merge_lines
from engine.perception.calibration import canonical_scale, ground_plane
from engine.perception.decode import Detections, decode
from engine.perception.fields import sigmoid
from engine.perception.forecast_run import ForecastRuntime, Forecasts
from engine.perception.lane_fit import Line, fit_lines
from engine.perception.output_format import STRIDES
from engine.perception.runtime import Prediction, Runtime, load_runtime
from engine.perception.targets import points
from engine.perception.track import Track, Tracker

if TYPE_CHECKING:
    from engine.perception.cameras import Camera

Float32 = npt.NDArray[np.float32]
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
        lines: Merged over the views.
        drivable: float32 [R, C], see `bev.GroundGrid`; NaN where nothing looks.
        tracks: Confirmed tracks.
        forecasts: Of the tracks; None where the network is not there.
        depth: float32 [V, 2, H/4, W/4], mean and deviation of ln z in m; NaN where missing.
        masks: float32 [V, 4, H/2, W/2], probabilities.
        times_ms: Wall time of each of `STAGES`.
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


class Pipeline:
    """Perception of one drive; keeps tracks from frame to frame.

    Args:
        cameras: The rig, V of them, all of one picture size.
        runtime: Runs the network.
        forecaster: Runs the forecast; None to do without.
        least_score: Detections below are dropped.
        most_overlap: IoU above which a lower-scored box of the class is dropped.

    Raises:
        InvalidInput: If a camera's calibration cannot be used.
    """

    def __init__(self, cameras: Sequence[Camera], runtime: Runtime,
                 forecaster: ForecastRuntime | None = None, *, least_score: float = 0.3,
                 most_overlap: float = 0.6) -> None:
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

    def step(self, images: UInt8, motion: Motion, speed_mps: float,
             working: npt.NDArray[np.bool_] | None = None) -> Seen:
        """Perceive one instant.

        Args:
            images: uint8 [V, H, W, 3]; what a missing camera holds does not matter.
            motion: The car's own motion since the last frame.
            speed_mps: Its speed.
            working: bool [V], cameras that work; None for all.

        Raises:
            InvalidInput: If the pictures are not those of the rig.
        """
        views = len(self.cameras)
        if images.shape != (views, *self._size, 3):
            raise InvalidInput(f"pictures are {images.shape}; the rig gives "
                               f"{(views, *self._size, 3)}")
        use = np.ones(views, np.bool_) if working is None else working
        live = np.flatnonzero(use)
        clock = _Clock()
        out = (self._runtime.run(np.ascontiguousarray(images[live]), self._planes[live])
               if len(live) else None)
        clock.lap("network")
        found = [None if out is None or not use[v] else
                 decode(out.raw(int(np.searchsorted(live, v))), self._points, *self._size,
                        self.least_score, self.most_overlap) for v in range(views)]
        depth, masks = self._fields(out, live)
        clock.lap("decode")
        lines = [tuple(fit_lines(masks[v, 1:], self.cameras[v])) if use[v] else ()
                 for v in range(views)]
        clock.lap("lines")
        objects = merge([lift(f, self.cameras[v], v) for v, f in enumerate(found)
                         if f is not None])
        whole = tuple(merge_lines(lines))
        drivable = self._grid.read(masks[:, 0], use)
        clock.lap("fuse")
        tracks = tuple(self.tracker.step(objects, motion[:3], motion.dt_s))
        clock.lap("track")
        forecasts = (self._forecaster.run(tracks, whole, speed_mps)
                     if self._forecaster is not None else None)
        clock.lap("forecast")
        return Seen(tuple(found), tuple(lines), objects, whole, drivable, tracks, forecasts,
                    depth, masks, clock.laps)

    def _fields(self, out: Prediction | None, live: npt.NDArray[np.int64],
                ) -> tuple[Float32, Float32]:
        """Depth in metres and mask probabilities of all views; NaN and 0 where missing."""
        views, (h, w) = len(self.cameras), self._size
        depth = np.full((views, 2, h // 4, w // 4), np.nan, np.float32)
        masks = np.zeros((views, 4, h // 2, w // 2), np.float32)
        if out is not None:
            scale = np.log([canonical_scale(self.cameras[v]) for v in live])
            depth[live] = out.depth
            depth[live, 0] += scale[:, None, None].astype(np.float32)
            masks[live] = sigmoid(out.masks)
        return depth, masks


def open_pipeline(cameras: Sequence[Camera], weights: Path, forecast: Path | None = None,
                  *, threads: int = 1) -> Pipeline:
    """A pipeline from files.

    Raises:
        ModelUnavailable: If weights are missing.
        InvalidInput: If they cannot be used.
    """
    return Pipeline(cameras, load_runtime(weights, threads),
                    ForecastRuntime(forecast) if forecast is not None else None)


class _Clock:
    """Wall time between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, name: str) -> None:
        now = perf_counter()
        self.laps[name] = (now - self._last) * 1e3
        self._last = now
