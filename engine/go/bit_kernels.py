"""Sets of points of a board up to 5×5 as bits, compiled, and what a side keeps whatever happens.

Unconditional life: Benson 1976, doi:10.1016/S0020-0255(76)90019-2.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

Int64 = npt.NDArray[np.int64]

WHITE_BITS: Final = 25   # where White's points begin in a position's bits; most points of a set
POINTS: Final = (1 << WHITE_BITS) - 1
SURE: Final = 3          # points of an empty region that its owner cannot lose by answering


@njit(cache=True, nogil=True)
def _grown(bits: int, within: int, edges: Int64) -> int:
    """Points of `within` that are in a set or beside it."""
    return int((bits | (bits & edges[2]) << 1 | (bits & edges[1]) >> 1 | bits << edges[0]
                | bits >> edges[0]) & within)


@njit(cache=True, nogil=True)
def _parts(points: int, edges: Int64, out: Int64) -> int:
    """Write the connected parts of a set; returns how many there are."""
    number = 0
    while points:
        part = points & -points
        while True:
            more = _grown(part, points, edges)
            if more == part:
                break
            part = more
        out[number] = part
        number += 1
        points &= ~part
    return number


@njit(cache=True, nogil=True)
def size_of(bits: int) -> int:
    """How many points a set has."""
    number = 0
    while bits:
        bits &= bits - 1
        number += 1
    return number


@njit(cache=True, nogil=True)
def safe_points(own: int, other: int, full: int, edges: Int64) -> tuple[int, int]:
    """Points that a side keeps whatever happens, if it answers inside its own regions.

    Unconditionally alive chains and the empty regions of up to `SURE` points that they alone
    enclose: a stone placed there is answered beside it and captured, each answer adds to what
    is alive, and there is no room for two eyes (suicide being illegal).

    Returns:
        The points, and those where an answer may be placed.
    """
    chains = np.empty(WHITE_BITS, np.int64)
    regions = np.empty(WHITE_BITS, np.int64)
    number = _parts(own, edges, chains)
    holes = _parts(full & ~own, edges, regions)
    alive = own
    changed = True
    while changed and alive:
        changed = False
        for c in range(number):
            if chains[c] & alive == 0:
                continue
            eyes = 0
            near = _grown(chains[c], full, edges)
            for r in range(holes):
                closed = _grown(regions[r], own, edges) & ~alive == 0
                eyes += closed and regions[r] & ~other & ~near == 0
            if eyes < 2:
                alive &= ~chains[c]
                changed = True
    safe, answers = alive, np.int64(0)
    if alive:
        for r in range(holes):
            points = size_of(regions[r])
            if (points <= SURE and regions[r] & other == 0
                    and _grown(regions[r], own, edges) & ~alive == 0):
                safe |= regions[r]
                if points > 1:
                    answers |= regions[r]
    return safe, int(answers)
