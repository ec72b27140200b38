"""Rain streaks in front of the lens (Garg and Nayar 2007, doi:10.1007/s11263-006-0028-6)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

UInt8 = npt.NDArray[np.uint8]


@njit(cache=True, nogil=True)
def _next(x: int) -> int:
    """Marsaglia 2003, xorshift on 32 bits."""
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    return x


@njit(cache=True, nogil=True)
def streaks(rgb: UInt8, rate_mm_h: float, salt: int) -> None:
    """Brighten short slanted lines, the more the harder it rains.

    Args:
        rgb: uint8 [H, W, 3]. Written.
        rate_mm_h: Rain, > 0.
        salt: Another one each frame.
    """
    H, W = rgb.shape[0], rgb.shape[1]
    state = (salt * 2 + 1) & 0xFFFFFFFF
    for _ in range(8):
        state = _next(state)
    count = int(min(420.0, 26.0 * rate_mm_h) * (W * H) / 61440.0)
    for _ in range(count):
        state = _next(state)
        x = float(state % (W * 16)) / 16.0
        state = _next(state)
        y = float(state % (H * 16)) / 16.0
        state = _next(state)
        length = 4 + state % 11
        strength = 0.08 + 0.16 * float((state >> 8) % 256) / 256.0
        for k in range(length):
            i, j = int(y) + k, int(x + 0.14 * k)
            if 0 <= i < H and 0 <= j < W:
                for c in range(3):
                    v = rgb[i, j, c]
                    rgb[i, j, c] = np.uint8(v + (215 - v) * strength if v < 215 else v)
