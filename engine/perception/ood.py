"""How far a picture is from those the network knows.

A picture becomes a few statistics of its light, colour, sharpness and of what the network makes of
it; its strangeness is the distance to the nearest of many known pictures, each statistic in units
of its spread (Sun et al. 2022, arXiv:2204.06507, with statistics in place of features: the network
is fixed, and dirt, fog and noise show in the picture itself).

Shape letters: H and W rows and columns, S statistics, R known pictures.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

UInt8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

STATISTICS: Final = (
    "luminance", "contrast", "sharpness", "grain", "red", "blue", "colour", "white", "black",
    "sky", "depth deviation", "road doubt")
NEIGHBOUR: Final = 3
"""The distance is to the third nearest: one odd picture among the known makes no neighbour."""
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)


def statistics(image: UInt8, depth_deviation: Float32, road: Float32) -> Float64:
    """Statistics of one picture.

    Args:
        image: uint8 [H, W, 3].
        depth_deviation: float32, the network's deviation of ln z.
        road: float32, probability of drivable.

    Returns:
        float64 [S].
    """
    x = image[::2, ::2].astype(np.float32)
    fine = image[:, :, 1].astype(np.float32)
    y = x @ _LUMA
    # the mixed second difference is blind to edges along rows or columns, and sees grain
    edges = np.abs(fine[1:-1, 2:] + fine[1:-1, :-2] + fine[2:, 1:-1] + fine[:-2, 1:-1]
                   - 4.0 * fine[1:-1, 1:-1])
    grain = np.abs(fine[1:, 1:] - fine[1:, :-1] - fine[:-1, 1:] + fine[:-1, :-1])
    mean = x.mean(axis=(0, 1)) + 1.0
    top = y[: len(y) // 3]
    doubt = road * (1.0 - road)
    return np.array([
        y.mean() / 64.0, np.log(y.std() + 1.0), np.log(edges.mean() + 0.5),
        np.log(np.median(grain) + 0.5), np.log(mean[0] / mean[1]), np.log(mean[2] / mean[1]),
        (x.max(axis=2) - x.min(axis=2)).mean() / 32.0, (y > 250.0).mean() ** 0.5,
        (y < 8.0).mean() ** 0.5, (top.mean() - y[-len(top):].mean()) / 64.0,
        np.log(depth_deviation.mean() + 1e-3), np.log(doubt.mean() + 1e-3)], np.float64)


class Familiar:
    """Pictures that are known.

    Args:
        known: float64 [R, S], statistics of known pictures.

    Raises:
        InvalidInput: If there are too few, or a number is not finite.
    """

    def __init__(self, known: Float64) -> None:
        if known.ndim != 2 or known.shape[1] != len(STATISTICS) or len(known) <= NEIGHBOUR:
            raise InvalidInput(f"known pictures are {known.shape}; give [R, {len(STATISTICS)}] "
                               f"with more than {NEIGHBOUR} of them")
        if not np.isfinite(known).all():
            raise InvalidInput("a statistic of the known pictures is not finite; fit them anew")
        self.known = known
        self._spread = np.maximum(known.std(axis=0), 1e-3)

    def strangeness(self, one: Float64) -> tuple[float, str]:
        """Distance of one picture's statistics, and the statistic that is farthest off."""
        away = (self.known - one) / self._spread
        distance = np.sqrt((away * away).mean(axis=1))
        order = np.argpartition(distance, NEIGHBOUR)[:NEIGHBOUR]
        worst = int(np.abs(away[order]).min(axis=0).argmax())
        return float(distance[order].max()), STATISTICS[worst]
