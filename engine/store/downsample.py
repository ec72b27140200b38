"""Fewer points, the same picture: MinMaxLTTB with the extremes held exactly.

Shape letters: N points given, P points wanted.

Papers: Steinarsson 2013, "Downsampling Time Series for Visual Representation" (LTTB);
Van Der Donckt et al. 2023, arXiv:2305.00332 (MinMaxLTTB). Departure: the first and last point
and the points of the least and greatest value are always kept, which either leaves to chance.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from tsdownsample import MinMaxLTTBDownsampler

from engine.store.encoding import Series

LEAST: Final = 8
"""Fewest points that may be asked for: four are fixed, LTTB needs a few to choose."""

_LTTB: Final = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]


def downsample(points: Series, wanted: int) -> Series:
    """Choose at most `wanted` of the points.

    Args:
        points: N points in order; NaN values are never chosen, except the first and last point.
        wanted: P >= LEAST.

    Returns:
        The points themselves when N <= P. Else a subset in order, with the first and last point
        and one point each of the least and greatest value. Buckets hold equal numbers of
        points, not equal spans: spans make the library index past its end when all steps are
        equal.
    """
    step, value = points
    if len(step) <= wanted:
        return points
    valid = np.flatnonzero(~np.isnan(value))
    kept = {0, len(step) - 1}
    if len(valid):
        real = value[valid]
        kept |= {int(valid[real.argmin()]), int(valid[real.argmax()])}
        if len(valid) <= wanted - 4:
            chosen = valid
        else:
            chosen = valid[_LTTB.downsample(np.ascontiguousarray(real), n_out=wanted - 4)]
        kept.update(chosen.tolist())
    index = np.array(sorted(kept))
    return Series(step[index], value[index])
