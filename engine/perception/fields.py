"""Dense network output brought to picture size and to probabilities.

Shape letters: h, w rows and columns of the output, f the factor of enlargement.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]


def enlarge(values: Float32, factor: int) -> Float32:
    """Bilinear enlargement with pixel centres kept in place; [h, w] to [h · f, w · f]."""
    out = values
    for axis in (0, 1):
        size = out.shape[axis]
        at = (np.arange(size * factor) + 0.5) / factor - 0.5
        low = np.clip(np.floor(at).astype(np.int64), 0, size - 1)
        high = np.minimum(low + 1, size - 1)
        share = np.clip(at - low, 0.0, 1.0).astype(np.float32)
        share = share[:, None] if axis == 0 else share[None]
        out = np.take(out, low, axis) * (1 - share) + np.take(out, high, axis) * share
    return out


def sigmoid(x: Float32) -> Float32:
    """1 / (1 + e^-x)."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)), np.float32)
