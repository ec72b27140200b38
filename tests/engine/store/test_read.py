"""Down-sampled reads against every point, on series long enough for headers to answer."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.store import open_store

N = 60_000


def recorded(kind):
    """Steps and values of one of several characters, float64 [N]."""
    rng = np.random.default_rng(3)
    step = np.arange(float(N))
    value = np.cumsum(rng.normal(size=N))
    if kind == "bursts":
        step = np.sort(rng.choice(np.arange(0.0, 500.0), N))
    elif kind == "gaps":
        value[rng.random(N) < 0.3] = math.nan
        value[10_000:14_000] = math.nan
    elif kind == "constant":
        value[:] = 4.0
    elif kind == "infinite":
        value[[5, 30_000]] = [math.inf, -math.inf]
    return step, value


@pytest.fixture(scope="module", params=["walk", "bursts", "gaps", "constant", "infinite"])
def long_series(request, tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('long')}/a.db")
    run = store.begin_run("test", {}, 0)
    step, value = recorded(request.param)
    store.append(run, "s", step, value)
    store.flush()
    yield store, run, step, value
    store.close()


@settings(deadline=None, max_examples=60)
@given(ends=st.tuples(st.floats(-10, N + 10), st.floats(-10, N + 10)),
       points=st.sampled_from([8, 9, 50, 118, 120, 1000]))
def test_a_picture_is_exact_where_it_matters(long_series, ends, points):
    store, run, step, value = long_series
    lo, hi = sorted(ends)
    inside = (step >= lo) & (step <= hi)
    got = store.series(run, "s", lo, hi, points)
    if not inside.any():
        assert len(got.step) == 0
        return
    step, value = step[inside], value[inside]
    assert len(got.step) <= points
    assert (np.diff(got.step) >= 0).all()
    assert got.step[0] == step[0]
    assert got.step[-1] == step[-1]
    assert np.array_equal(got.value[[0, -1]], value[[0, -1]], equal_nan=True)
    real = value[~np.isnan(value)]
    if len(real):
        assert np.nanmin(got.value) == real.min()
        assert np.nanmax(got.value) == real.max()
    known = set(zip(step.tolist(), map(repr, value.tolist()), strict=True))
    assert set(zip(got.step.tolist(), map(repr, got.value.tolist()), strict=True)) <= known


def test_the_whole_range_is_the_default(long_series):
    store, run, step, value = long_series
    got = store.series(run, "s", points=50)
    assert (got.step[0], got.step[-1]) == (step[0], step[-1])
    summary = store.summary(run, "s")
    real = value[~np.isnan(value)]
    assert (summary.n, summary.low, summary.high) == (N, real.min(), real.max())
    if np.isfinite(real).all():
        assert summary.mean == pytest.approx(real.mean(), rel=1e-12)


def test_a_range_is_exact_in_raw_too(long_series):
    store, run, step, value = long_series
    lo, hi = step[1500], step[40_000]
    inside = (step >= lo) & (step <= hi)
    pieces = list(store.raw(run, "s", lo, hi))
    assert max(len(p.step) for p in pieces) <= 1024
    assert np.array_equal(np.concatenate([p.step for p in pieces]), step[inside])
    assert np.array_equal(np.concatenate([p.value for p in pieces]), value[inside], equal_nan=True)


def test_a_picture_with_room_for_all_points_holds_all(store):
    run = store.begin_run("test", {}, 0)
    value = np.random.default_rng(0).normal(size=3000)
    store.append(run, "s", np.arange(3000.0), value)
    store.flush()
    assert store.series(run, "s", points=3000).value.tolist() == value.tolist()
    assert store.series(run, "s", 10, 20).value.tolist() == value[10:21].tolist()
    assert len(store.series(run, "s", points=2999).step) <= 2999


def test_an_exact_read_of_a_growing_series_has_no_hole(store):
    """Chunks of a read come in batches; points arriving in between must not tear it."""
    run = store.begin_run("test", {}, 0)
    store.append(run, "s", np.arange(70_000.0), np.arange(70_000.0))
    store.flush()
    pieces = store.raw(run, "s")
    got = [next(pieces).value]
    store.append(run, "s", np.arange(70_000.0, 80_000.0), np.arange(70_000.0, 80_000.0))
    store.flush()
    got += [p.value for p in pieces]
    flat = np.concatenate(got)
    assert len(flat) >= 70_000
    assert flat.tolist() == list(range(len(flat)))
