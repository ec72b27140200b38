"""Renders what the cameras see: colour, depth, labels. Deterministic, whoever draws a view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engine.perception import lamps, meshes
from engine.perception.cameras import FAR_M, HEIGHT, WIDTH, Camera, rig
from engine.perception.label_kernels import extents
from engine.perception.rain_kernels import streaks
from engine.perception.raster_kernels import Frame, View, cast, draw
from engine.perception.shade_kernels import shade
from engine.perception.stage import Placed, Stage
from engine.perception.weather import light_of
from engine.perception.world import Snapshot, World

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]

RECORDS: Final = 24_000
"""Most triangles that a view may show."""
MATERIALS: Final = 16
GROUND: Final = np.array([1 if m in (meshes.ROAD, meshes.PAVEMENT, meshes.GRASS, meshes.PAINT)
                          else 0 for m in range(MATERIALS)], np.uint8)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Pictures and labels of one instant. V views of H by W pixels.

    Attributes:
        images: uint8 [V, H, W, 3].
        depth: float32 [V, H, W], z-depth in m; 0 for sky and beyond reach.
        owner: int16 [V, H, W], label or 0.
        drivable: uint8 [V, H, W].
        lane: uint8 [V, H, W].
        extent: int32 [V, labels + 1, 4], x0, y0, x1, y1.
        visible: int32 [V, labels + 1], visible pixels.
        covered: int32 [V, labels + 1], pixels in the image were nothing before it.
        placed: What was drawn; None without a camera.
    """

    images: UInt8
    depth: Float32
    owner: Int16
    drivable: UInt8
    lane: UInt8
    extent: Int32
    visible: Int32
    covered: Int32
    placed: Placed | None


class Renderer:
    """Draws a world through some cameras."""

    def __init__(self, world: World, cameras: Sequence[Camera] | None = None, threads: int = 1,
                 numbers: Sequence[int] | None = None) -> None:
        """Lay out the scene.

        Args:
            world: What is drawn.
            cameras: The rig's eight when None; one or more, all of one size.
            threads: Threads that may draw views at the same time, ≥ 1.
            numbers: Of the cameras in the rig, for their sensors' noise; 0, 1, … when None.
        """
        self.cameras = tuple(cameras) if cameras is not None else rig()
        self.numbers = tuple(range(len(self.cameras)) if numbers is None else numbers)
        self.world = world
        self.stage = Stage(world)
        height, width = self.cameras[0].height, self.cameras[0].width
        self.frames = [_buffers(height, width) for _ in range(threads)]
        self.lamps = lamps.street_lamps(world.network, world.style)

    def begin(self, now: Snapshot) -> Exposure:
        """An instant whose views can be drawn one by one."""
        return Exposure(self, now)

    def render(self, now: Snapshot) -> Rendered:
        """Draw all views of an instant."""
        exposure = self.begin(now)
        for view in range(len(self.cameras)):
            exposure.draw(0, view)
        return exposure.rendered


class Exposure:
    """One instant that is being drawn.

    Attributes:
        rendered: Holds the views drawn so far; the others are undefined.
    """

    def __init__(self, renderer: Renderer, now: Snapshot) -> None:
        placed = renderer.stage.place(now)
        cameras, world = renderer.cameras, renderer.world
        V, H, W = len(cameras), cameras[0].height, cameras[0].width
        self.rendered = Rendered(
            np.empty((V, H, W, 3), np.uint8), np.empty((V, H, W), np.float32),
            np.empty((V, H, W), np.int16), np.empty((V, H, W), np.uint8),
            np.empty((V, H, W), np.uint8), np.empty((V, placed.labels + 1, 4), np.int32),
            np.empty((V, placed.labels + 1), np.int32), np.empty((V, placed.labels + 1), np.int32),
            placed)
        self._renderer, self._now, self._placed = renderer, now, placed
        glow = lamps.light_map(now, renderer.lamps, world.shapes()) if (
            world.weather.night) else np.zeros((1, 1), np.float32)
        self._light = light_of(world.weather, world.style, glow)
        yaw = math.atan2(now.axes[0, 1], now.axes[0, 0])
        self._ego = np.array([now.origin[0], now.origin[1], math.cos(yaw), math.sin(yaw)])

    def draw(self, thread: int, view: int) -> None:
        """Draw a view.

        Args:
            thread: Number of the thread that draws, below the renderer's `threads`.
            view: Number of the camera.
        """
        renderer, now, placed, out = self._renderer, self._now, self._placed, self.rendered
        camera, frame = renderer.cameras[view], renderer.frames[thread]
        rain_mm_h = renderer.world.weather.rain_mm_h
        seen = View(camera.R @ now.axes, now.origin + now.axes.T @ camera.t,
                    (camera.fx, camera.fy, camera.cx, camera.cy), FAR_M)
        salt = (renderer.world.seed * 7919 + round(now.time * 10.0) * 31
                + renderer.numbers[view]) & 0x7FFFFFFF
        draw(seen, placed.soup, frame, out.covered[view])
        cast(seen, placed.shadow, placed.strength, GROUND, frame, placed.soup)
        shade(seen, placed.soup, renderer.stage.marks, self._light, frame, self._ego, salt,
              out.images[view], out.depth[view], out.owner[view], out.drivable[view],
              out.lane[view])
        if rain_mm_h > 0.0:
            streaks(out.images[view], rain_mm_h, salt)
        extents(out.owner[view], out.extent[view], out.visible[view])


def unseen() -> Rendered:
    """What no camera sees: no views, no labels."""
    none = (0, HEIGHT, WIDTH)
    return Rendered(
        np.empty((*none, 3), np.uint8), np.empty(none, np.float32), np.empty(none, np.int16),
        np.empty(none, np.uint8), np.empty(none, np.uint8), np.empty((0, 1, 4), np.int32),
        np.empty((0, 1), np.int32), np.empty((0, 1), np.int32), None)


def _buffers(height: int, width: int) -> Frame:
    shape = (height, width)
    return Frame(np.empty(shape, np.float32), np.empty(shape, np.int32), np.empty(shape, np.int16),
                 np.empty(RECORDS, np.int32), np.empty((RECORDS, 9), np.float32),
                 np.empty(RECORDS, np.int16), np.empty(shape, np.float32))
