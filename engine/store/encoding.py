"""A chunk of a series as bytes: the narrowest form that gives back the same bits.

Shape letters: N points of one chunk.

Layout, little-endian: `version u8, step form u8, value form u8, 0 u8, N u32, CRC-32 of the rest
u32`, the steps, the values.

====  ======================================================================================
form  steps or values
====  ======================================================================================
0     float64 [N], as given
1     float32 [N]
2     int8 [N]
3     int16 [N]
4     int32 [N]
5     one float64: all N are equal
6     two float64 `first, stride`: number i is `first + i * stride`
7-9   one float64 `base`, then uint8, uint16 or uint32 [N] `offset`: `base + offset`
====  ======================================================================================

A form is taken only where decoding it gives every bit back (NaN payloads and the sign of zero
included), so the encoding is lossless by construction. A counter or a regular clock costs 16
bytes a chunk, a small integer one byte a point, and noise its eight bytes.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.errors import StoreError

VERSION: Final = 1
MAX_POINTS: Final = 1024
"""Points of a full chunk."""

Float64 = npt.NDArray[np.float64]

_HEAD: Final = struct.Struct("<BBBxII")
_ONE: Final = struct.Struct("<d")
_TWO: Final = struct.Struct("<dd")
_RAW: Final = 0
_CONSTANT: Final = 5
_PROGRESSION: Final = 6
_NARROW: Final = {1: "<f4", 2: "<i1", 3: "<i2", 4: "<i4"}
_OFFSET: Final = {7: "<u1", 8: "<u2", 9: "<u4"}
_INTEGER_LIMIT: Final = 2.0**31


class Series(NamedTuple):
    """Points of one series, in order of recording.

    step: float64 [N], finite, non-decreasing.
    value: float64 [N]; NaN means "no value", infinities are values.
    """

    step: Float64
    value: Float64


def encode(step: Float64, value: Float64) -> bytes:
    """Pack one chunk.

    Args:
        step: float64 [N], 1 <= N <= MAX_POINTS, finite.
        value: float64 [N], any bits.
    """
    step_form, step_bytes = _pack(step)
    value_form, value_bytes = _pack(value)
    body = step_bytes + value_bytes
    return _HEAD.pack(VERSION, step_form, value_form, len(step), zlib.crc32(body)) + body


def decode(blob: bytes) -> Series:
    """Unpack what `encode` packed, bit for bit.

    Raises:
        StoreError: If the bytes are damaged or of a newer version.
    """
    if len(blob) < _HEAD.size:
        raise StoreError(f"A chunk of {len(blob)} bytes is too short; restore the database from a "
                         "backup.")
    version, step_form, value_form, count, check = _HEAD.unpack_from(blob)
    if version != VERSION:
        raise StoreError(f"A chunk has encoding version {version}, this program reads {VERSION}; "
                         "use the program version that wrote it.")
    if not 1 <= count <= MAX_POINTS:
        raise StoreError(f"A chunk claims {count} points, the limit is {MAX_POINTS}; restore the "
                         "database from a backup.")
    try:
        step, end = _unpack(step_form, blob, _HEAD.size, count)
        value, end = _unpack(value_form, blob, end, count)
    except (KeyError, ValueError, struct.error):
        end = -1
    if end != len(blob) or zlib.crc32(blob[_HEAD.size:]) != check:
        raise StoreError("A chunk is damaged and cannot be read; restore the database from a "
                         "backup.")
    return Series(step, value)


def _pack(x: Float64) -> tuple[int, bytes]:
    """Form and payload of one array."""
    bits = x.view(np.int64)
    first = float(x[0])
    if (bits == bits[0]).all():
        return _CONSTANT, _ONE.pack(first)
    with np.errstate(all="ignore"):
        stride = float(x[1] - x[0])
        if _same(_progression(first, stride, len(x)), bits):
            return _PROGRESSION, _TWO.pack(first, stride)
        low, high = float(x.min()), float(x.max())
        if low >= -_INTEGER_LIMIT and high < _INTEGER_LIMIT:
            form = _integer_form(low, high)
            narrow = x.astype(_NARROW[form])
            if _same(narrow.astype(np.float64), bits):
                return form, narrow.tobytes()
        if abs(low) < 2.0**53 and 0 <= high - low < 2.0**32:
            form = 7 if high - low < 2.0**8 else 8 if high - low < 2.0**16 else 9
            offset = (x - low).astype(_OFFSET[form])
            if _same(low + offset.astype(np.float64), bits):
                return form, _ONE.pack(low) + offset.tobytes()
        single = x.astype("<f4")
        if _same(single.astype(np.float64), bits):
            return 1, single.tobytes()
    return _RAW, x.astype("<f8", copy=False).tobytes()


def _unpack(form: int, blob: bytes, at: int, count: int) -> tuple[Float64, int]:
    """One array and the offset behind it."""
    if form == _CONSTANT:
        (first,) = _ONE.unpack_from(blob, at)
        return np.full(count, first), at + _ONE.size
    if form == _PROGRESSION:
        first, stride = _TWO.unpack_from(blob, at)
        return _progression(first, stride, count), at + _TWO.size
    base = None
    if form in _OFFSET:
        (base,) = _ONE.unpack_from(blob, at)
        at += _ONE.size
        dtype = np.dtype(_OFFSET[form])
    else:
        dtype = np.dtype("<f8" if form == _RAW else _NARROW[form])
    stored = np.frombuffer(blob, dtype, count, at).astype(np.float64)
    return stored if base is None else base + stored, at + count * dtype.itemsize


def _integer_form(low: float, high: float) -> int:
    """The narrowest integer form that holds [low, high]."""
    if low >= -(2.0**7) and high < 2.0**7:
        return 2
    return 3 if low >= -(2.0**15) and high < 2.0**15 else 4


def _progression(first: float, stride: float, count: int) -> Float64:
    """The one formula both sides use, so that equal inputs give equal bits."""
    with np.errstate(all="ignore"):
        return first + np.arange(count, dtype=np.float64) * stride


def _same(candidate: Float64, bits: npt.NDArray[np.int64]) -> bool:
    """Whether two arrays agree in every bit."""
    return bool((candidate.view(np.int64) == bits).all())
