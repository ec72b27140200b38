import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.errors import StoreError
from engine.store.encoding import MAX_POINTS, decode, encode

any_double = st.integers(0, 2**64 - 1)
bits = arrays.arrays(np.uint64, st.integers(1, 40), elements=any_double)
numbers = st.one_of(
    st.floats(), st.floats(width=32), st.integers(-200, 200).map(float),
    st.integers(-2**40, 2**40).map(float), st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan]))
mixed = st.lists(numbers, min_size=1, max_size=60).map(np.array)


def same(a, b):
    return a.dtype == b.dtype == np.float64 and (a.view(np.int64) == b.view(np.int64)).all()


def round_trip(values):
    back = decode(encode(values, values[::-1].copy()))
    return same(back.step, values) and same(back.value, values[::-1].copy())


@given(bits)
def test_any_bits_come_back(raw):
    assert round_trip(raw.view(np.float64))


@given(mixed)
def test_any_numbers_come_back(values):
    assert round_trip(values)


@given(st.floats(-1e9, 1e9), st.floats(-1e3, 1e3), st.integers(1, MAX_POINTS))
def test_a_clock_comes_back(first, stride, count):
    assert round_trip(first + np.arange(count) * stride)


# 12 bytes of head; then steps and values
@pytest.mark.parametrize(("values", "size"), [
    (np.full(1024, 7.5), 8),
    (np.arange(1024.0) * 3 + 5, 16),
    (np.resize([0.0, 1.0, 3.0], 1024), 1024),
    (np.resize([0.0, 300.0, 1.0], 1024), 2048),
    (np.resize([0.0, -70_000.0, 1.0], 1024), 4096),
    (np.resize([1e9, 1e9 + 200, 1e9 + 7], 1024), 4096),
    (np.resize([1e12, 1e12 + 200, 1e12 + 7], 1024), 8 + 1024),
    (np.resize([1e12, 1e12 + 60_000, 1e12 + 7], 1024), 8 + 2048),
    (np.resize([0.5, 0.25, 0.125], 1024), 4096),
    (np.resize([0.1, 0.2, 0.4], 1024), 8192),
    (np.resize([0.0, -0.0], 1024), 4096),
])
def test_the_narrowest_form_is_taken(values, size):
    steps = 12 + 16
    assert len(encode(np.arange(1024.0), values)) == steps + size
    assert round_trip(values)


@given(st.binary(max_size=100))
def test_rubbish_is_a_store_error_or_points(blob):
    try:
        points = decode(blob)
    except StoreError:
        return
    assert len(points.step) == len(points.value) <= MAX_POINTS


def test_damage_says_what_to_do():
    good = encode(np.arange(10.0), np.resize([0.1, 0.2], 10))
    for bad, words in [
        (good[:5], "too short"), (good[:-1], "damaged"),
        (good[:-1] + bytes([good[-1] ^ 1]), "damaged"), (good + b"x", "damaged"),
        (b"\x09" + good[1:], "version 9"), (good[:1] + b"\xee" + good[2:], "damaged"),
        (good[:4] + struct.pack("<I", 10**9) + good[8:], "limit is 1024"),
    ]:
        with pytest.raises(StoreError, match=words):
            decode(bad)
