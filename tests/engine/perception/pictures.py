"""Small labelled pictures drawn by hand: grey road, blue sky, coloured blocks, two lines."""

from __future__ import annotations

import numpy as np

from engine.perception.cache import Shard
from engine.perception.calibration import canonical_scale, ground_plane, numbers
from engine.perception.cameras import Camera
from engine.perception.labels import BOX, draw_lines

HEIGHT, WIDTH = 192, 320
COLOURS = np.array([[200, 40, 40], [40, 40, 200], [40, 200, 40], [220, 220, 40], [255, 120, 0],
                    [230, 0, 230], [240, 240, 240]], np.uint8)
"""One colour a class."""


def forward_camera(fx: float = 220.0, fy: float = 200.0, height_m: float = 1.5,
                   pitch: float = 0.05, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Camera:
    """A camera that looks ahead and slightly down."""
    c, s = np.cos(pitch), np.sin(pitch)
    rotation = np.array([[0.0, -1.0, 0.0], [-s, 0.0, -c], [c, 0.0, -s]])
    height, width = size
    return Camera(fx, fy, width / 2, height / 2, rotation, np.array([1.0, 0.2, height_m]), width,
                  height)


def lines() -> np.ndarray:
    """Two straight lines beside the car, float32 [2, 40, 3]."""
    x = np.linspace(0.0, 78.0, 40)
    return np.stack([np.stack([x, np.full(40, y), np.zeros(40)], axis=1)
                     for y in (1.8, -1.8)]).astype(np.float32)


def hand_made(count: int = 8, seed: int = 0, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Shard:
    """Pictures of blocks with two boxes each, every class in turn."""
    rng = np.random.default_rng(seed)
    height, width = size
    camera = forward_camera(0.7 * width, height, size=size)
    plane = ground_plane(camera)
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    inverse = plane[0] * u + plane[1] * v + plane[2]
    z = np.where(inverse > 0.004, 1.0 / np.maximum(inverse, 0.004) * canonical_scale(camera), 0.0)
    images = np.empty((count, height, width, 3), np.uint8)
    depth = np.empty((count, height // 2, width // 2), np.float16)
    mask = np.zeros((count, height, width), np.uint8)
    boxes = np.zeros(2 * count, BOX)
    for i in range(count):
        ground = (z > 0) & (np.abs((u - camera.cx) / camera.fx * z) < 6.0)
        images[i] = np.where(ground[..., None], 90, np.where(z[..., None] > 0, 60, 180))
        mask[i] = ground
        whole = z.astype(np.float32)
        draw_lines(mask[i], whole, camera, lines(), np.array([1, 3]))
        images[i][mask[i] > 1] = 235
        for k in range(2):
            kind = (2 * i + k) % len(COLOURS)
            w, h = int(rng.integers(10, height // 3)), int(rng.integers(10, height // 3))
            x0 = int(rng.integers(4, width // 2 - 4 - w)) + width // 2 * k
            y0 = int(rng.integers(4, height - h - 4))
            images[i, y0:y0 + h, x0:x0 + w] = COLOURS[kind]
            mask[i, y0:y0 + h, x0:x0 + w] = 0
            whole[y0:y0 + h, x0:x0 + w] = 8.0
            b = boxes[2 * i + k]
            b["box"], b["kind"], b["visible"] = (x0, y0, x0 + w, y0 + h), kind, 1.0
            b["pixels"], b["actor"], b["light"] = w * h, k, 1 + i % 3 if kind == 5 else 0
            b["space"] = (x0 + w / 2, y0 + h / 2, np.log(8.0), 1.4, 0.6, 0.4, 0.0, 1.0)
        depth[i] = whole[::2, ::2]
    points = lines()
    return Shard(
        images=images, depth=depth, mask=mask, plane=np.tile(plane, (count, 1)),
        scale=np.full(count, canonical_scale(camera), np.float32),
        camera=np.tile(numbers(camera), (count, 1)), view=np.zeros(count, np.int8),
        frame=np.zeros(count, np.int32), boxes=boxes, first=np.arange(0, 2 * count + 1, 2),
        lines=points.reshape(-1, 3), line_type=np.array([1, 3], np.int8),
        line_first=np.array([[0, 0], [40, 0], [80, -1]]))
