"""Which point of the detection levels learns which box.

Each box has one level, by its longer side; the points near its centre learn it, at least one
(centre sampling, Tian et al. 2019, doi:10.1109/ICCV.2019.00972, section 3.2). Points inside a
box too small to be scored learn nothing.

Shape letters: N boxes, P points of all levels.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

LONGEST_PX: Final = (36.0, 88.0)
"""Longest side that the first and the second level take."""
RADIUS: Final = 1.5
"""Points this near the centre learn the box, in strides."""
BACKGROUND: Final = -1
IGNORED: Final = -2


def points(height: int, width: int, strides: tuple[int, ...]) -> Float32:
    """Centres and strides of all points; float32 [P, 3] (u, v, stride), row-major a level."""
    parts = []
    for stride in strides:
        v, u = np.meshgrid((np.arange(height // stride) + 0.5) * stride,
                           (np.arange(width // stride) + 0.5) * stride, indexing="ij")
        parts.append(np.stack([u.ravel(), v.ravel(), np.full(u.size, stride)], axis=1))
    return np.concatenate(parts).astype(np.float32)


@njit(cache=True, nogil=True)
def assign(boxes: Float32, ignored: npt.NDArray[np.bool_], height: int, width: int,
           strides: tuple[int, int, int], out: Int32) -> None:
    """Fill `out`, int32 [P], with the box a point learns, `BACKGROUND` or `IGNORED`.

    Where two boxes want a point the smaller has it, as the larger has others.

    Args:
        boxes: float32 [N, 4] (x0, y0, x1, y1), pixels.
        ignored: bool [N], boxes that nothing is learnt from.
        height: Image rows.
        width: Image columns.
        strides: Of the three levels.
        out: int32 [P].
    """
    out[:] = BACKGROUND
    area = np.empty(len(out), np.float32)
    area[:] = np.inf
    for n in range(len(boxes)):
        x0, y0, x1, y1 = boxes[n, 0], boxes[n, 1], boxes[n, 2], boxes[n, 3]
        if x1 - x0 <= 0 or y1 - y0 <= 0:
            continue
        longest = max(x1 - x0, y1 - y0)
        own = 0 if longest <= LONGEST_PX[0] else (1 if longest <= LONGEST_PX[1] else 2)
        base = 0
        for level in range(3):
            s = strides[level]
            rows, columns = height // s, width // s
            if ignored[n]:
                for row in range(max(0, int(y0 / s)), min(rows, int(y1 / s) + 1)):
                    for column in range(max(0, int(x0 / s)), min(columns, int(x1 / s) + 1)):
                        if out[base + row * columns + column] == BACKGROUND:
                            out[base + row * columns + column] = IGNORED
            elif level == own:
                cu, cv = (x0 + x1) / 2, (y0 + y1) / 2
                size = (x1 - x0) * (y1 - y0)
                home_row = min(rows - 1, int(cv / s))
                home_column = min(columns - 1, int(cu / s))
                for row in range(max(0, home_row - 2), min(rows, home_row + 3)):
                    for column in range(max(0, home_column - 2), min(columns, home_column + 3)):
                        u, v = (column + 0.5) * s, (row + 0.5) * s
                        near = abs(u - cu) <= RADIUS * s and abs(v - cv) <= RADIUS * s
                        inside = x0 < u < x1 and y0 < v < y1
                        home = row == home_row and column == home_column
                        at = base + row * columns + column
                        if ((near and inside) or home) and size < area[at]:
                            area[at] = size
                            out[at] = n
            base += rows * columns
