"""Random numbers that belong to an entity, not to the order in which they are asked for.

A rider's patience or a driver's answer to an offer is a hash of who and what, so two policies on
one seed meet the same riders and the same drivers (common random numbers). The hash is SplitMix64:
Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195.

Shape letters: K keys.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

UInt64 = npt.NDArray[np.uint64]
Float64 = npt.NDArray[np.float64]

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT: Final = 1.0 / 9007199254740992.0

# what a number is for: one salt a purpose
PATIENCE: Final = 1
PRICE: Final = 2
CONSENT: Final = 3
BOARDING: Final = 4
ALIGHTING: Final = 5
ARM: Final = 6
ACCEPT: Final = 7
CRUISE: Final = 8
ATTEND: Final = 9
RESPOND: Final = 10
REPOSITION: Final = 11
BLOCK: Final = 12
CHASE: Final = 13


@njit(cache=True, nogil=True, inline="always")
def mix(value: np.uint64, salt: np.uint64) -> np.uint64:
    """A hash of two 64-bit numbers."""
    z = value + _GAMMA * (salt + np.uint64(1))
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@njit(cache=True, nogil=True, inline="always")
def unit(value: np.uint64, salt: np.uint64) -> float:
    """A uniform number in [0, 1) that belongs to (value, salt)."""
    return float(mix(value, salt) >> _S11) * _UNIT


def keys(seed: int, group: int, count: int) -> UInt64:
    """Keys of `count` entities.

    Args:
        seed: Of the run, >= 0.
        group: Which set of entities (drivers, riders of a stretch of time, …).
        count: Number of entities, >= 0.

    Returns:
        uint64 [K].
    """
    with np.errstate(over="ignore"):
        base = np.uint64(seed) * _GAMMA + np.uint64(group)
        return _mix(base + np.arange(count, dtype=np.uint64) * _MIX_1, np.uint64(0))


def uniform(key: UInt64, salt: int) -> Float64:
    """One number in [0, 1) a key, float64 [K]."""
    with np.errstate(over="ignore"):
        return (_mix(key, np.uint64(salt)) >> _S11).astype(np.float64) * _UNIT


def pairwise(key: UInt64, other: UInt64, salt: int) -> Float64:
    """One number in [0, 1) a pair of keys, float64 [K]: a driver's answer to a rider's offer."""
    with np.errstate(over="ignore"):
        return uniform(_mix(key, np.uint64(salt)) ^ other, salt)


def _mix(value: UInt64, salt: np.uint64) -> UInt64:
    z = value + _GAMMA * (salt + np.uint64(1))
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return np.asarray(z ^ (z >> _S31), np.uint64)
