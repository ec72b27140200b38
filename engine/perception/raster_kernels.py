"""The compiled rasteriser: which triangle each pixel of a view sees, and how far it is.

Rasterises in homogeneous coordinates: with the camera-space corners as columns of M, the vector
w = M^-1 (X, Y, 1) holds the three edge functions of a pixel's ray, all of them >= 0 inside the
triangle, and 1/z = w0 + w1 + w2. No triangle has to be cut at the near plane: the same functions
hold for what crosses it, and only the bounding box of its visible part needs the cut.

Source: Olano and Greer 1997, Triangle scan conversion using 2D homogeneous coordinates,
doi:10.1145/258694.258723. Shadows are drawn as ground polygons that darken what lies right under
them (Blinn 1988, Me and my (fake) shadow, doi:10.1109/MCG.1988.10033).

All release the GIL. Shape letters: T triangles, O objects, K triangles in view, S shadow
triangles, H by W pixels.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
UInt8 = npt.NDArray[np.uint8]

Lens = tuple[float, float, float, float]

NEAR: Final = 0.25
EDGE: Final = 1e-9
"""Slack of the edge functions, so that two neighbours leave no pixel between them."""
SHADOW_TOLERANCE: Final = 0.12
"""How far, of the distance, a surface may lie from the shadow's plane and still take it."""


class View(NamedTuple):
    """A camera placed in the world.

    R: float64 [3, 3], world axes to camera axes. eye: float64 [3], camera centre, m.
    lens: fx, fy, cx, cy in pixels. far: m.
    """

    R: Float64
    eye: Float64
    lens: Lens
    far: float


class Soup(NamedTuple):
    """Triangles grouped into objects; an object's triangles are contiguous, and all of one label.

    xyz: float32 [T, 3, 3]. uv: float32 [T, 3, 2]. colour: float32 [T, 3]. glow: float32 [T], light
    of its own. material: uint8 [T]. part: int16 [T].
    first, size: int32 [O], its triangles. centre: float32 [O, 3]; radius: float32 [O];
    label: int16 [O], 0 none.
    """

    xyz: Float32
    uv: Float32
    colour: Float32
    glow: Float32
    material: UInt8
    part: Int16
    first: Int32
    size: Int32
    centre: Float32
    radius: Float32
    label: Int16


class Frame(NamedTuple):
    """Buffers of one view; reused from call to call.

    inverse_z: float32 [H, W], 0 nothing. seen: int32 [H, W], record or -1. stamp: int16 [H, W].
    record: int32 [K], triangle. edges: float32 [K, 9], a, b, c of each edge function in pixels.
    owner: int16 [K], label. dark: float32 [H, W], share of sunlight taken by shadows.
    """

    inverse_z: Float32
    seen: Int32
    stamp: Int16
    record: Int32
    edges: Float32
    owner: Int16
    dark: Float32


@njit(cache=True, nogil=True)
def _to_camera(R: Float64, eye: Float64, xyz: Float32, t: int, out: Float64) -> float:
    """Camera-space corners of a triangle into `out` [3, 3]; returns their signed volume."""
    for k in range(3):
        x, y, z = xyz[t, k, 0] - eye[0], xyz[t, k, 1] - eye[1], xyz[t, k, 2] - eye[2]
        for r in range(3):
            out[k, r] = R[r, 0] * x + R[r, 1] * y + R[r, 2] * z
    volume: float = (
        out[0, 0] * (out[1, 1] * out[2, 2] - out[1, 2] * out[2, 1])
        + out[0, 1] * (out[1, 2] * out[2, 0] - out[1, 0] * out[2, 2])
        + out[0, 2] * (out[1, 0] * out[2, 1] - out[1, 1] * out[2, 0]))
    return volume


@njit(cache=True, nogil=True)
def _edge_functions(p: Float64, volume: float, lens: Lens, e: Float64) -> None:
    """Rows of M^-1 as a, b, c in pixels (column, row) into `e` [9]."""
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        nx = (p[j, 1] * p[k, 2] - p[j, 2] * p[k, 1]) / volume
        ny = (p[j, 2] * p[k, 0] - p[j, 0] * p[k, 2]) / volume
        nz = (p[j, 0] * p[k, 1] - p[j, 1] * p[k, 0]) / volume
        a, b = nx / lens[0], ny / lens[1]
        e[3 * i] = a
        e[3 * i + 1] = b
        e[3 * i + 2] = nz + a * (0.5 - lens[2]) + b * (0.5 - lens[3])


@njit(cache=True, nogil=True)
def _bounds(p: Float64, lens: Lens, box: Float64) -> bool:
    """Pixel bounds (x0, x1, y0, y1) of the part of a triangle before the near plane."""
    x0 = y0 = 1e30
    x1 = y1 = -1e30
    seen = False
    for k in range(3):
        z = p[k, 2]
        if z >= NEAR:
            u, v = lens[0] * p[k, 0] / z + lens[2], lens[1] * p[k, 1] / z + lens[3]
            x0, x1, y0, y1 = min(x0, u), max(x1, u), min(y0, v), max(y1, v)
            seen = True
        n = (k + 1) % 3
        zn = p[n, 2]
        if (z >= NEAR) != (zn >= NEAR):
            a = (NEAR - z) / (zn - z)
            u = lens[0] * (p[k, 0] + a * (p[n, 0] - p[k, 0])) / NEAR + lens[2]
            v = lens[1] * (p[k, 1] + a * (p[n, 1] - p[k, 1])) / NEAR + lens[3]
            x0, x1, y0, y1 = min(x0, u), max(x1, u), min(y0, v), max(y1, v)
    box[0], box[1], box[2], box[3] = x0, x1, y0, y1
    return seen


@njit(cache=True, nogil=True)
def _span(e: Float64, y: int, xa: int, xb: int) -> tuple[int, int]:
    """Columns of row y, within [xa, xb], in which no edge function is negative."""
    lo, hi = float(xa), float(xb)
    for i in range(3):
        a = e[3 * i]
        base = e[3 * i + 1] * y + e[3 * i + 2]
        if a > 0.0:
            lo = max(lo, -base / a - EDGE)
        elif a < 0.0:
            hi = min(hi, -base / a + EDGE)
        elif base < 0.0:
            return 1, 0
    if lo > hi:
        return 1, 0
    return math.ceil(lo), math.floor(hi)


@njit(cache=True, nogil=True)
def _outside(R: Float64, eye: Float64, lens: Lens, far: float, W: int, H: int, centre: Float32,
             radius: float, o: int) -> bool:
    """Whether an object's bounding sphere lies wholly outside the view."""
    x, y, z = centre[o, 0] - eye[0], centre[o, 1] - eye[1], centre[o, 2] - eye[2]
    cx = R[0, 0] * x + R[0, 1] * y + R[0, 2] * z
    cy = R[1, 0] * x + R[1, 1] * y + R[1, 2] * z
    cz = R[2, 0] * x + R[2, 1] * y + R[2, 2] * z
    if cz < NEAR - radius or cz > far + radius:
        return True
    left, right = lens[2] / lens[0], (W - lens[2]) / lens[0]
    up, down = lens[3] / lens[1], (H - lens[3]) / lens[1]
    return bool(
            cx + left * cz < -radius * math.sqrt(1.0 + left * left)
            or right * cz - cx < -radius * math.sqrt(1.0 + right * right)
            or cy + up * cz < -radius * math.sqrt(1.0 + up * up)
            or down * cz - cy < -radius * math.sqrt(1.0 + down * down))


@njit(cache=True, nogil=True)
def draw(view: View, soup: Soup, frame: Frame, covered: Int32) -> int:
    """Find for each pixel the nearest triangle.

    Args:
        view: Camera in the world.
        soup: Scene; read only.
        frame: `inverse_z`, `seen`, `stamp`, `record`, `edges`, `owner` are written.
        covered: int32 [labels + 1]; pixels of each label were nothing before it. Written.

    Returns:
        Number of triangles in view, at most the length of `frame.record`.
    """
    H, W = frame.inverse_z.shape
    frame.inverse_z[:] = 0.0
    frame.seen[:] = -1
    frame.stamp[:] = 0
    covered[:] = 0
    p = np.empty((3, 3))
    e = np.empty(9)
    box = np.empty(4)
    kept = 0
    for o in range(soup.radius.size):
        if _outside(view.R, view.eye, view.lens, view.far, W, H, soup.centre, soup.radius[o], o):
            continue
        label = soup.label[o]
        for t in range(soup.first[o], soup.first[o] + soup.size[o]):
            volume = _to_camera(view.R, view.eye, soup.xyz, t, p)
            if volume > -1e-12 or not _bounds(p, view.lens, box):
                continue
            xa, xb = max(0, math.ceil(max(box[0], 0.0) - 0.5)), math.floor(min(box[1], W) - 0.5)
            ya, yb = max(0, math.ceil(max(box[2], 0.0) - 0.5)), math.floor(min(box[3], H) - 0.5)
            if xa > xb or ya > yb:
                continue
            _edge_functions(p, volume, view.lens, e)
            da = e[0] + e[3] + e[6]
            hit = False
            for y in range(ya, yb + 1):
                lo, hi = _span(e, y, xa, xb)
                base = (e[1] + e[4] + e[7]) * y + e[2] + e[5] + e[8]
                for x in range(lo, hi + 1):
                    q = base + da * x
                    if q > 1.0 / NEAR:
                        continue
                    if label > 0 and frame.stamp[y, x] != label:
                        frame.stamp[y, x] = label
                        covered[label] += 1
                    if q > frame.inverse_z[y, x]:
                        frame.inverse_z[y, x] = q
                        frame.seen[y, x] = kept
                        hit = True
            if hit:
                for i in range(9):
                    frame.edges[kept, i] = e[i]
                frame.record[kept] = t
                frame.owner[kept] = label
                kept += 1
                if kept == frame.record.size:
                    return kept
    return kept


@njit(cache=True, nogil=True)
def cast(view: View, polygons: Float32, strength: Float32, ground: UInt8, frame: Frame,
         soup: Soup) -> None:
    """Darken the ground under shadow polygons.

    Args:
        view: Camera in the world.
        polygons: float32 [S, 3, 3], triangles just above the ground, counter-clockwise from above.
        strength: float32 [S] in [0, 1], share of sunlight taken.
        ground: uint8 [materials], 1 where a material is ground and takes shadows.
        frame: After `draw`; `dark` is written.
        soup: Scene that was drawn.
    """
    H, W = frame.inverse_z.shape
    frame.dark[:] = 0.0
    p = np.empty((3, 3))
    e = np.empty(9)
    box = np.empty(4)
    for t in range(polygons.shape[0]):
        volume = _to_camera(view.R, view.eye, polygons, t, p)
        if volume > -1e-12 or not _bounds(p, view.lens, box):
            continue
        xa, xb = max(0, math.ceil(max(box[0], 0.0) - 0.5)), math.floor(min(box[1], W) - 0.5)
        ya, yb = max(0, math.ceil(max(box[2], 0.0) - 0.5)), math.floor(min(box[3], H) - 0.5)
        if xa > xb or ya > yb:
            continue
        _edge_functions(p, volume, view.lens, e)
        da = e[0] + e[3] + e[6]
        for y in range(ya, yb + 1):
            lo, hi = _span(e, y, xa, xb)
            base = (e[1] + e[4] + e[7]) * y + e[2] + e[5] + e[8]
            for x in range(lo, hi + 1):
                k = frame.seen[y, x]
                if k < 0 or ground[soup.material[frame.record[k]]] == 0:
                    continue
                q = base + da * x
                here = frame.inverse_z[y, x]
                if abs(q - here) < SHADOW_TOLERANCE * here:
                    frame.dark[y, x] = max(frame.dark[y, x], strength[t])
