"""Random changes of a labelled picture that keep picture, labels and calibration true together.

Geometry: mirror, and zoom into a crop. Both change the camera, not the world: a mirrored picture is
that of a mirrored world, a zoomed one that of a longer lens. Photometry: gain a channel, gamma,
contrast, saturation, sensor noise.

Shape letters: H rows, W columns, N boxes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from engine.perception.labels import DRIVABLE, LINE_BITS

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

LONGEST_ZOOM: Final = 1.5
LEAST_LEFT: Final = 0.4
"""A box of which the crop leaves less is neither learnt nor counted as background."""
NOISE_LENGTH: Final = 1 << 18


class Change(NamedTuple):
    """One drawn change.

    Attributes:
        mirror: Whether left and right change places, after the crop.
        zoom: Size of the result against the crop, at least 1.
        left: First column of the crop, px.
        top: First row of the crop, px.
        curve: float32 [3, 256], new value of each value of each channel.
        saturation: 1 keeps colours, 0 is grey.
        noise: Standard deviation of added noise, in steps of 255.
        noise_from: Where in the noise table the picture begins.
    """

    mirror: bool
    zoom: float
    left: float
    top: float
    curve: Float32
    saturation: float
    noise: float
    noise_from: int


def no_change() -> Change:
    """The change that changes nothing."""
    curve = np.tile(np.arange(256, dtype=np.float32), (3, 1))
    return Change(False, 1.0, 0.0, 0.0, curve, 1.0, 0.0, 0)


def draw_change(rng: np.random.Generator, height: int, width: int) -> Change:
    """Draw a change; half of all are zoomed, half mirrored."""
    zoom = float(rng.uniform(1.0, LONGEST_ZOOM)) if rng.random() < 0.5 else 1.0
    left = float(rng.uniform(0.0, width - width / zoom))
    top = float(rng.uniform(0.0, height - height / zoom))
    value = np.linspace(0.0, 1.0, 256) ** float(np.exp(rng.normal(0.0, 0.2)))
    contrast = float(np.exp(rng.normal(0.0, 0.15)))
    value = (value - 0.5) * contrast + 0.5 + float(rng.normal(0.0, 0.05))
    gains = np.exp(rng.normal(0.0, 0.15) + rng.normal(0.0, 0.06, 3))
    curve = np.clip(value[None] * gains[:, None], 0.0, 1.0) * 255.0
    noise = float(rng.uniform(0.0, 10.0)) if rng.random() < 0.5 else 0.0
    return Change(bool(rng.random() < 0.5), zoom, left, top, curve.astype(np.float32),
                  float(rng.uniform(0.5, 1.4)), noise, int(rng.integers(NOISE_LENGTH)))


def change_plane(plane: Float32, change: Change, width: int) -> Float32:
    """Ground plane of the changed picture; float32 [3] to float32 [3]."""
    a, b, c = (float(p) for p in plane)
    c = (c + a * change.left + b * change.top) * change.zoom
    # a and b keep their value: a pixel covers less by the zoom, the lens is longer by it
    if change.mirror:
        a, c = -a, c + a * width
    return np.array([a, b, c], np.float32)


def change_boxes(boxes: npt.NDArray[np.void], change: Change, height: int,
                 width: int) -> tuple[npt.NDArray[np.void], npt.NDArray[np.bool_]]:
    """Boxes in the changed picture and which of them the crop spoilt.

    Args:
        boxes: `labels.BOX` [N].
        change: Change.
        height: H.
        width: W.

    Returns:
        `labels.BOX` [N'] of the boxes still in sight and bool [N'].
    """
    new = boxes.copy()
    corner = np.array([change.left, change.top, change.left, change.top], np.float32)
    full = (new["box"] - corner) * np.float32(change.zoom)
    new["box"] = np.clip(full, 0.0, [width, height, width, height])
    new["space"][:, :2] = (new["space"][:, :2] - corner[:2]) * np.float32(change.zoom)
    new["space"][:, 2] -= np.float32(np.log(change.zoom))
    before = np.prod(full[:, 2:] - full[:, :2], axis=1)
    after = np.prod(np.maximum(new["box"][:, 2:] - new["box"][:, :2], 0.0), axis=1)
    share = after / np.maximum(before, 1e-6)
    new["visible"] *= share
    new["pixels"] = np.round(new["pixels"] * share * change.zoom**2).astype(np.int32)
    if change.mirror:
        new["box"][:, [0, 2]] = width - new["box"][:, [2, 0]]
        new["space"][:, 0] = width - new["space"][:, 0]
        new["space"][:, 6] *= -1.0
    seen = after > 0
    return new[seen], share[seen] < LEAST_LEFT


@njit(cache=True, nogil=True)
def render(image: UInt8, depth: npt.NDArray[np.float32], mask: UInt8, mirror: bool, zoom: float,
           left: float, top: float, curve: Float32, saturation: float, noise: float,
           noise_from: int, table: Float32, image_out: Float32, depth_out: Float32,
           masks_out: Float32) -> None:
    """Fill the pictures of one item of a batch.

    Args:
        image: uint8 [H, W, 3].
        depth: float32 [H/2, W/2], canonical m.
        mask: uint8 [H, W].
        mirror: See `Change`, as the next seven.
        zoom: –
        left: –
        top: –
        curve: –
        saturation: –
        noise: –
        noise_from: –
        table: float32 [NOISE_LENGTH], standard normal.
        image_out: float32 [H, W, 3].
        depth_out: float32 [H/4, W/4], canonical m of the changed camera.
        masks_out: float32 [4, H/2, W/2], covered share.
    """
    height, width = mask.shape
    at = noise_from
    masks_out[:] = 0.0
    for row in range(height):
        v = (row + 0.5) / zoom + top
        r0 = min(height - 1, max(0, int(np.floor(v - 0.5))))
        r1 = min(height - 1, r0 + 1)
        fv = np.float32(min(1.0, max(0.0, v - 0.5 - r0)))
        near_row = min(height - 1, int(v))
        for column in range(width):
            place = width - 1 - column if mirror else column
            u = (place + 0.5) / zoom + left
            c0 = min(width - 1, max(0, int(np.floor(u - 0.5))))
            c1 = min(width - 1, c0 + 1)
            fu = np.float32(min(1.0, max(0.0, u - 0.5 - c0)))
            grey = np.float32(0.0)
            for k in range(3):
                upper = (curve[k, image[r0, c0, k]] * (1 - fu) + curve[k, image[r0, c1, k]] * fu)
                lower = (curve[k, image[r1, c0, k]] * (1 - fu) + curve[k, image[r1, c1, k]] * fu)
                value = upper * (1 - fv) + lower * fv
                image_out[row, column, k] = value
                grey += value / np.float32(3.0)
            for k in range(3):
                value = grey + np.float32(saturation) * (image_out[row, column, k] - grey)
                if noise > 0:
                    value += np.float32(noise) * table[at & (NOISE_LENGTH - 1)]
                    at += 1
                image_out[row, column, k] = min(np.float32(255.0), max(np.float32(0.0), value))
            seen = mask[near_row, min(width - 1, int(u))]
            if seen:
                if seen & DRIVABLE:
                    masks_out[0, row // 2, column // 2] += np.float32(0.25)
                for k in range(3):
                    if seen & LINE_BITS[k]:
                        masks_out[k + 1, row // 2, column // 2] += np.float32(0.25)
    for row in range(height // 4):
        r = min(height // 2 - 1, int(((4 * row + 2) / zoom + top) / 2))
        for column in range(width // 4):
            place = width - 4 * column - 2 if mirror else 4 * column + 2
            c = min(width // 2 - 1, int((place / zoom + left) / 2))
            depth_out[row, column] = depth[r, c] / np.float32(zoom)
