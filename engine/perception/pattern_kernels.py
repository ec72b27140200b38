"""Compiled patterns: noise, soft bands, markings, windows, sky.

All return scalars and take arrays rather than the tuples that hold them: reading an array out of a
tuple counts a reference, which doubles the time of the shader's loop; for the same reason they are
inlined before types are known. Noise is read from a tile of
random lattice values instead of being hashed anew for each pixel.

Shape letters: R roads, M markings of a road, G gaps of a road.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
UInt8 = npt.NDArray[np.uint8]
Int8 = npt.NDArray[np.int8]

Triple = tuple[float, float, float]

TILE: Final = 128
TILE_BITS: Final = TILE - 1
OFFSETS: Final = 1024
OFFSETS_PER_M: Final = 20.0
"""Resolution of the table of the nearest marking."""
LINE_PIXELS: Final = 0.75
"""Least half width of a line's label, in pixels."""

# indices into Light.dials
CLOUD: Final = 0
GLARE: Final = 1
WET: Final = 2
WINDOW_LIGHT: Final = 3
GRAIN: Final = 4
TEXTURE: Final = 5
VIGNETTE: Final = 6
SATURATION: Final = 7
DIALS: Final = 8
# indices into Light.pattern
PITCH: Final = 0
STOREY: Final = 1
GLASS_WIDE: Final = 2
GLASS_TALL: Final = 3
SHOP: Final = 4
SLAB: Final = 5
ASPHALT_GRAIN: Final = 6
WEAR: Final = 7


class Marks(NamedTuple):
    """Markings along the roads.

    line: float32 [R, M, 5]: offset to the left of the reference line (m), width (m), dash (m, 0 for
    a solid line), period (m), label (1 lane line, 2 centre line, 3 road edge; 0 unused).
    colour: float32 [R, M, 3]. gaps: float32 [R, G, 2], stretches without markings.
    nearest: int8 [R, 1024], the marking nearest to each offset, from 25.6 m right to 25.6 m left.
    """

    line: Float32
    colour: Float32
    gaps: Float32
    nearest: Int8


class Light(NamedTuple):
    """Light, air and the camera's response.

    sun: towards the sun. beam, ambient, zenith, horizon, fog, ground_far: linear radiance.
    haze: float32 [D], share of fog at each half metre.
    tone: uint8 [3, 4096], the response. lamps: float32 [N, N], artificial light on the ground of
    the ego frame, cell (i, j) at x = (i - N/2) 1.5 m, y likewise; [1, 1] for none.
    dials: float64 [8] and pattern: float64 [8], by the indices above.
    noise: float32 [128, 128], lattice values in [0, 1).
    """

    sun: Triple
    beam: Triple
    ambient: Triple
    zenith: Triple
    horizon: Triple
    fog: Triple
    ground_far: Triple
    haze: Float32
    tone: UInt8
    lamps: Float32
    dials: Float64
    pattern: Float64
    noise: Float32


@njit(cache=True, nogil=True, inline="always")
def cell(tile: Float32, i: int, j: int, k: int) -> float:
    """A fixed random number of [0, 1) for each lattice cell and variety k."""
    return float(tile[(i * 37 + k * 11) & TILE_BITS, (j * 41 + i * 5 + k * 29) & TILE_BITS])


@njit(cache=True, nogil=True, inline="always")
def noise(tile: Float32, x: float, y: float) -> float:
    """Value noise in [0, 1) on a lattice of side 1 that repeats after 128 (Perlin 1985)."""
    i, j = math.floor(x), math.floor(y)
    a, b = x - i, y - j
    a, b = a * a * (3.0 - 2.0 * a), b * b * (3.0 - 2.0 * b)
    i0, i1, j0, j1 = i & TILE_BITS, (i + 1) & TILE_BITS, j & TILE_BITS, (j + 1) & TILE_BITS
    low = tile[i0, j0] + (tile[i1, j0] - tile[i0, j0]) * a
    high = tile[i0, j1] + (tile[i1, j1] - tile[i0, j1]) * a
    return float(low + (high - low) * b)


@njit(cache=True, nogil=True, inline="always")
def band(value: float, low: float, high: float, blur: float) -> float:
    """Share of a footprint of width `blur` at `value` that lies in [low, high]."""
    a = min(1.0, max(0.0, (value - low) / blur + 0.5))
    b = min(1.0, max(0.0, (high - value) / blur + 0.5))
    return a * b


@njit(cache=True, nogil=True, inline="always")
def asphalt(tile: Float32, contrast: float, coarse: float, u: float, v: float, along: float,
            ) -> float:
    """Brightness of a carriageway at (s, d): tar, tracks and grain that fades into the distance."""
    tar = noise(tile, 0.11 * u, 0.45 * v) - 0.5
    patch = noise(tile, 0.031 * u + 7.0, 0.13 * v) - 0.5
    grain = 0.0
    if along < 0.35:
        fine = noise(tile, 14.0 * u, 14.0 * v) - 0.5
        grain = coarse * fine * (1.0 - along / 0.35)
    return 1.0 + contrast * (0.22 * tar + 0.25 * patch + grain)


@njit(cache=True, nogil=True, inline="always")
def marking(line: Float32, gaps: Float32, nearest: Int8, tile: Float32, wear: float, road: int,
            u: float, v: float, along: float, across: float) -> tuple[int, int, float]:
    """Marking of a road at (s, d).

    Args:
        line: As in `Marks`.
        gaps: As in `Marks`.
        nearest: As in `Marks`.
        tile: Noise.
        wear: Greatest share of paint that is worn off.
        road: Row of the markings.
        u: Station, m.
        v: Offset, m.
        along: Footprint of the pixel along the road, m.
        across: Footprint across it, m.

    Returns:
        Label (0 none), row of the marking or -1, and how much of the footprint is paint.
    """
    slot = int((v + 0.5 * OFFSETS / OFFSETS_PER_M) * OFFSETS_PER_M)
    m = nearest[road, min(OFFSETS - 1, max(0, slot))]
    if m < 0:
        return 0, -1, 0.0
    off = abs(v - line[road, m, 0])
    half = 0.5 * line[road, m, 1]
    if off > half + across:
        return 0, -1, 0.0
    for g in range(gaps.shape[1]):
        if gaps[road, g, 0] < u < gaps[road, g, 1]:
            return 0, -1, 0.0
    label = int(line[road, m, 4]) if off <= max(half, LINE_PIXELS * across) else 0
    ink = band(off, -half, half, across) * min(1.0, 2.0 * half / across + 0.25)
    dash = line[road, m, 2]
    if dash > 0.0:
        period = line[road, m, 3]
        phase = u - period * math.floor(u / period)
        ink *= band(phase, 0.0, dash, min(along, 0.5 * dash))
    ink *= 1.0 - wear * noise(tile, 3.0 * u, 5.0 * v)
    return label, m, ink


@njit(cache=True, nogil=True, inline="always")
def facade(tile: Float32, pattern: Float64, dials: Float64, u: float, v: float, pixel: float,
           part: int) -> tuple[float, float, float]:
    """A wall with windows; u along it, v up, m.

    Args:
        tile: Noise.
        pattern: As in `Light`.
        dials: As in `Light`.
        u: Along the wall, m.
        v: Above its foot, m.
        pixel: Footprint of the pixel, m.
        part: Variety of the house.

    Returns:
        Brightness of the wall, share of glass at this pixel, and light inside the window.
    """
    shop = pattern[SHOP]
    ground_floor = v < shop
    if ground_floor:
        b = v / shop
        floor = 0
        wide, tall, sill = 0.86, 0.62, 0.16
    else:
        b = (v - shop) / pattern[STOREY]
        floor = 1 + math.floor(b)
        b -= math.floor(b)
        wide, tall, sill = pattern[GLASS_WIDE], pattern[GLASS_TALL], 0.30
    a = u / pattern[PITCH]
    column = math.floor(a)
    a -= column
    blur = min(1.0, max(0.02, pixel / pattern[PITCH]))
    edge = 0.5 - 0.5 * wide
    glass = band(a, edge, edge + wide, blur) * band(b, sill, sill + tall, blur)
    if a > 0.485 and a < 0.515 and blur < 0.06 and not ground_floor:
        glass *= 0.4  # a mullion
    brick = 1.0 + dials[TEXTURE] * 0.22 * (noise(tile, 0.35 * u + part, 0.35 * v) - 0.5)
    if not ground_floor and b < 0.07:
        brick *= 0.88
    inside = 0.0
    if glass > 0.0 and cell(tile, column, floor, part) < dials[WINDOW_LIGHT]:
        inside = 0.35 + 0.5 * cell(tile, column, floor, part + 7)
    return brick, glass, inside


@njit(cache=True, nogil=True, inline="always")
def clouds(tile: Float32, cover: float, x: float, y: float, up: float) -> float:
    """Share of cloud in the sky along a world ray of unit length whose height is `up` > 0."""
    p, q = x / (up + 0.12), y / (up + 0.12)
    n = 0.62 * noise(tile, 1.3 * p, 1.3 * q) + 0.38 * noise(tile, 3.1 * p + 9.0, 3.1 * q)
    return min(1.0, max(0.0, (n - 1.0 + cover) * 2.2)) * min(1.0, 6.0 * up)


@njit(cache=True, nogil=True, inline="always")
def halo(glare: float, d: float) -> float:
    """Light around the sun by the cosine d of the angle to it."""
    if d < 0.5:
        return 0.0
    d4 = d * d * d * d
    d16 = d4 * d4 * d4 * d4
    d64 = d16 * d16 * d16 * d16
    return glare * (0.16 * d16 + 0.8 * d64 * d64 + (2.0 if d > 0.9996 else 0.0))
