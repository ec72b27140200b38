import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.store.downsample import LEAST, downsample
from engine.store.encoding import Series

value = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf, -math.inf, 0.0]))
step_gap = st.sampled_from([0.0, 1.0, 1000.0])


@st.composite
def cases(draw):
    values = draw(st.lists(value, min_size=1, max_size=200))
    gaps = draw(st.lists(step_gap, min_size=len(values), max_size=len(values)))
    return Series(np.cumsum(gaps), np.array(values)), draw(st.integers(LEAST, 60))


@given(cases())
def test_a_subset_in_order_with_ends_and_extremes(case):
    points, wanted = case
    got = downsample(points, wanted)
    assert len(got.step) <= wanted
    given = list(zip(points.step.tolist(), map(repr, points.value.tolist()), strict=True))
    chosen = list(zip(got.step.tolist(), map(repr, got.value.tolist()), strict=True))
    walk = iter(given)
    assert all(point in walk for point in chosen)  # a subsequence
    assert chosen[0] == given[0]
    assert chosen[-1] == given[-1]
    real = points.value[~np.isnan(points.value)]
    if len(real):
        assert np.nanmin(got.value) == real.min()
        assert np.nanmax(got.value) == real.max()


def test_few_points_are_all_kept_bit_for_bit():
    points = Series(np.arange(8.0), np.array([1, math.nan, -0.0, 3, 4, 5, 6, 7.0]))
    assert downsample(points, 8) is points


def test_a_spike_of_one_point_survives():
    value = np.zeros(100_000)
    value[54_321] = 9.0
    value[99_000] = -9.0
    got = downsample(Series(np.arange(100_000.0), value), 10)
    assert len(got.step) <= 10
    assert {54_321.0, 99_000.0, 0.0, 99_999.0} <= set(got.step.tolist())
