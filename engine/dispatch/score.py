"""How good a driver is for a rider: the source's four terms, and the same on one scale.

The source adds −0.3 · kilometres − 0.2 · minutes + 0.3 · stars + 0.2 · alignment. Its units differ,
so that the weights say little: ten minutes more cost 2.0 points, a driver with one star less 0.3.
Here every term is brought to [0, 1] first; `source_score` keeps the original for comparison.

Shape letters: K candidate pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import InvalidInput

Float32 = npt.NDArray[np.float32]

TERMS: Final = ("distance", "eta", "rating", "direction")
_SIGN: Final = np.array([-1.0, -1.0, 1.0, 1.0])
_FEWEST_STARS: Final = 1.0
_MOST_STARS: Final = 5.0


class Weights(NamedTuple):
    """Weights of the four terms, each ≥ 0; the sign is the term's own."""

    distance: float
    eta: float
    rating: float
    direction: float


SOURCE: Final = Weights(0.3, 0.2, 0.3, 0.2)
"""The weights of the source, applied to terms of one scale."""
MEASURED: Final = Weights(0.1, 0.8, 0.05, 0.05)
"""What served riders best on the shipped city; a little of each term breaks ties.

Against the source's weights, a weekday evening, three seeds: mean wait 92 s in place of 151 s,
−59.3 s with a 95 % interval of −60.1 to −58.5. To repeat: `python -m engine.dispatch compare
--seeds 3` with `--control weight_distance=0.3`, and so on for 0.2, 0.3 and 0.2.
"""
PRESETS: Final[Mapping[str, Weights]] = {"Measured best": MEASURED, "The source’s": SOURCE}
"""Weights to choose by name."""
PICKUP: Final = Weights(0.0, 1.0, 0.0, 0.0)
"""The time to the pickup alone."""


def terms(
    distance_m: Float32, time_s: Float32, stars: Float32, heading: Float32, bearing: Float32, *,
    radius_m: float, limit_s: float,
) -> Float32:
    """Bring the four terms to [0, 1].

    Args:
        distance_m: float32 [K], driver to pickup.
        time_s: float32 [K], driver to pickup.
        stars: float32 [K], the driver's rating from 1 to 5.
        heading: float32 [K], where the driver faces, radians.
        bearing: float32 [K], from the pickup to where the rider goes, radians.
        radius_m: Distance that counts 1, > 0.
        limit_s: Time that counts 1, > 0.

    Returns:
        float32 [K, 4], in order of TERMS; distance and eta are better when small.
    """
    if not (radius_m > 0 and limit_s > 0):
        raise InvalidInput(f"radius {radius_m} m and longest pickup {limit_s} s must be above 0")
    out = np.empty((len(time_s), 4), np.float32)
    out[:, 0] = distance_m / np.float32(radius_m)
    out[:, 1] = time_s / np.float32(limit_s)
    out[:, 2] = (stars - _FEWEST_STARS) / (_MOST_STARS - _FEWEST_STARS)
    out[:, 3] = (1 + np.cos(heading - bearing)) / 2
    return np.clip(out, 0.0, 1.0, out=out)


def score(term: Float32, weights: Weights) -> Float32:
    """Weighted sum of the terms, float32 [K]; higher is better.

    Args:
        term: float32 [K, 4], of `terms`.
        weights: Of the terms.

    Raises:
        InvalidInput: If a weight is negative or not finite.
    """
    given = np.array(weights, np.float64)
    wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if len(wrong):
        raise InvalidInput(f"the weight of {TERMS[wrong[0]]} is {given[wrong[0]]}; it must be a "
                           "number from 0 up")
    return np.asarray(term @ (_SIGN * given), np.float32)


def source_score(
    distance_m: Float32, time_s: Float32, stars: Float32, heading: Float32, bearing: Float32
) -> Float32:
    """The source's score in its mixed units, float32 [K]: km, minutes, stars and a cosine."""
    raw = (-SOURCE.distance * distance_m / 1_000 - SOURCE.eta * time_s / 60
           + SOURCE.rating * stars + SOURCE.direction * np.cos(heading - bearing))
    return np.asarray(raw, np.float32)
