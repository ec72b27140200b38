"""Boxes from visible pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]


@njit(cache=True, nogil=True)
def extents(owner: Int16, box: Int32, count: Int32) -> None:
    """Extent and number of the pixels of each label.

    Args:
        owner: int16 [H, W], label or 0.
        box: int32 [labels + 1, 4], x0, y0, x1, y1 with x1, y1 exclusive. Written.
        count: int32 [labels + 1]. Written.
    """
    H, W = owner.shape
    count[:] = 0
    for i in range(box.shape[0]):
        box[i, 0], box[i, 1], box[i, 2], box[i, 3] = W, H, 0, 0
    for y in range(H):
        for x in range(W):
            k = owner[y, x]
            if k > 0:
                count[k] += 1
                box[k, 0] = min(box[k, 0], x)
                box[k, 1] = min(box[k, 1], y)
                box[k, 2] = max(box[k, 2], x + 1)
                box[k, 3] = max(box[k, 3], y + 1)
