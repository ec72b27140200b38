"""Renders what the cameras see: colour, depth, labels. Deterministic, whatever the threads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
            threads: Views drawn at the same time, ≥ 1; the pictures do not depend on it.
            numbers: Of the cameras in the rig, for their sensors' noise; 0, 1, … when None.
        """
        self.cameras = tuple(cameras) if cameras is not None else rig()
        self._numbers = tuple(range(len(self.cameras)) if numbers is None else numbers)
        self._world = world
        self._stage = Stage(world)
        self._threads = threads
        height, width = self.cameras[0].height, self.cameras[0].width
        self._frames = [_buffers(height, width) for _ in range(threads)]
        self._lamps = lamps.street_lamps(world.network, world.style)

    def render(self, now: Snapshot) -> Rendered:
        """Draw all views of an instant."""
        placed = self._stage.place(now)
        V, H, W = len(self.cameras), self.cameras[0].height, self.cameras[0].width
        out = Rendered(
            np.empty((V, H, W, 3), np.uint8), np.empty((V, H, W), np.float32),
            np.empty((V, H, W), np.int16), np.empty((V, H, W), np.uint8),
            np.empty((V, H, W), np.uint8), np.empty((V, placed.labels + 1, 4), np.int32),
            np.empty((V, placed.labels + 1), np.int32), np.empty((V, placed.labels + 1), np.int32),
            placed)
        glow = lamps.light_map(now, self._lamps, self._world.shapes()) if (
            self._world.weather.night) else np.zeros((1, 1), np.float32)
        light = light_of(self._world.weather, self._world.style, glow)
        yaw = math.atan2(now.axes[0, 1], now.axes[0, 0])
        ego = np.array([now.origin[0], now.origin[1], math.cos(yaw), math.sin(yaw)])
        tick = round(now.time * 10.0)

        def one(worker: int, v: int) -> None:
            camera, frame = self.cameras[v], self._frames[worker]
            view = View(camera.R @ now.axes, now.origin + now.axes.T @ camera.t,
                        (camera.fx, camera.fy, camera.cx, camera.cy), FAR_M)
            salt = (self._world.seed * 7919 + tick * 31 + self._numbers[v]) & 0x7FFFFFFF
            draw(view, placed.soup, frame, out.covered[v])
            cast(view, placed.shadow, placed.strength, GROUND, frame, placed.soup)
            shade(view, placed.soup, self._stage.marks, light, frame, ego, salt, out.images[v],
                  out.depth[v], out.owner[v], out.drivable[v], out.lane[v])
            if self._world.weather.rain_mm_h > 0.0:
                streaks(out.images[v], self._world.weather.rain_mm_h, salt)
            extents(out.owner[v], out.extent[v], out.visible[v])

        if self._threads == 1:
            for v in range(V):
                one(0, v)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                def share(worker: int) -> None:
                    for v in range(worker, V, self._threads):
                        one(worker, v)
                list(pool.map(share, range(self._threads)))
        return out


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
