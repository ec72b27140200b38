"""What one model sees from a vehicle of the fleet: boxes, tracks and the planner's scene.

The same parts as `pipeline.Pipeline`, less what the planner does not ask for (lines, the drivable
grid, forecasts): a fleet drives by the thousand. Several models can look at the same pictures.

Shape letters: V views, H and W rows and columns, N objects.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception import scene
from engine.perception.bev import Objects, lift, merge
from engine.perception.calibration import canonical_scale, ground_plane
from engine.perception.cameras import Camera
from engine.perception.decode import Detections, decode
from engine.perception.fields import sigmoid
from engine.perception.output_format import STRIDES
from engine.perception.perceive import LEAST_SCORE, REMEMBER_S, light_of, told_tracks
from engine.perception.pipeline import Motion
from engine.perception.runtime import Prediction, Runtime
from engine.perception.targets import points
from engine.perception.track import Track, Tracker
from engine.perception.world import World

UInt8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]

DOUBTFUL: Final = 0.15
"""Detections are kept from this score on; those below `LEAST_SCORE` are told nobody, but a model
that half sees a thing does not contradict one that sees it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one model saw at one instant.

    Attributes:
        found: Detections of each view from `DOUBTFUL` on, scores descending.
        objects: Those from `LEAST_SCORE` on, merged over the views.
        tracks: Confirmed tracks.
        depth: float32 [V, 2, H/4, W/4], mean and deviation of ln z, z in m.
        road: float32 [V, H/4, W/4], probability of drivable, every second pixel of the mask.
    """

    found: tuple[Detections, ...]
    objects: Objects
    tracks: tuple[Track, ...]
    depth: Float32
    road: Float32


class Watch:
    """One model's memory of one drive.

    Args:
        runtime: The network.
        cameras: Of the vehicle, V of them.
        least_score: Detections and tracks below are not told the planner.
    """

    def __init__(self, runtime: Runtime, cameras: Sequence[Camera],
                 least_score: float = LEAST_SCORE) -> None:
        self.tracker = Tracker()
        self._runtime = runtime
        self._cameras = tuple(cameras)
        self._least = least_score
        self._planes = np.stack([ground_plane(c) for c in self._cameras])
        self._size = (self._cameras[0].height, self._cameras[0].width)
        self._points = points(*self._size, STRIDES)
        self._light: tuple[int, float] = (0, -math.inf)

    def look(self, images: UInt8, motion: Motion) -> Look:
        """See one instant.

        Args:
            images: uint8 [V, H, W, 3].
            motion: The car's own motion since the last call.

        Raises:
            InvalidInput: If the pictures are not those of the cameras.
        """
        out = self._runtime.run(images, self._planes)
        found = tuple(decode(out.raw(v), self._points, *self._size, DOUBTFUL)
                      for v in range(len(self._cameras)))
        objects = merge([lift(sure(f, self._least), self._cameras[v], v)
                         for v, f in enumerate(found)])
        tracks = tuple(self.tracker.step(objects, motion[:3], motion.dt_s))
        return Look(found, objects, tracks, self._metric(out),
                    sigmoid(out.masks[:, 0, ::2, ::2]))

    def scene(self, world: World, look: Look) -> scene.Scene:
        """What the planner is told: the tracks and the light; map and odometry are the world's."""
        kept = [t for t in look.tracks if t.score >= self._least]
        told = told_tracks(kept, None)
        plain = scene.from_world(world, tracks=told, light=0)
        if plain.gate is None:
            return plain
        light = light_of(kept, plain.gate.distance)
        if light:
            self._light = (light, world.time)
        elif world.time - self._light[1] < REMEMBER_S:
            light = self._light[0]
        return scene.from_world(world, tracks=told, light=light)

    def _metric(self, out: Prediction) -> Float32:
        depth = out.depth.copy()
        scale = np.log([canonical_scale(c) for c in self._cameras]).astype(np.float32)
        depth[:, 0] += scale[:, None, None]
        return depth


def sure(found: Detections, least: float) -> Detections:
    """Detections of at least a score."""
    keep = int((found.scores >= least).sum())
    return Detections._make(column[:keep] for column in found)
