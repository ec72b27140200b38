import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store.chunks import EMPTY, Tail, make_chunk
from engine.store.encoding import MAX_POINTS, Series, decode


def chunk(values):
    return make_chunk(1, 0, Series(np.arange(float(len(values))), np.array(values, np.float64)))


def test_a_header_by_hand():
    got = chunk([3.0, -1.0, math.nan, 7.0, 2.0])
    assert got.header == {
        "series": 1, "ordinal": 0, "n": 5, "valid": 4, "first_step": 0.0, "last_step": 4.0,
        "low": -1.0, "low_step": 1.0, "high": 7.0,
        "high_step": 3.0, "total": 11.0}
    assert decode(got.points["encoded"]).step.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("values", "low", "high", "total"), [
    ([math.nan, math.nan], None, None, None),
    ([math.inf, 1.0], 1.0, math.inf, math.inf),
    ([math.inf, -math.inf], -math.inf, math.inf, None),
    ([1e308, 1e308], 1e308, 1e308, math.inf),
])
def test_what_is_no_number_has_a_rule(values, low, high, total):
    got = chunk(values).header
    assert (got["low"], got["high"], got["total"]) == (low, high, total)


@given(st.lists(st.integers(0, 1500), min_size=1, max_size=12))
def test_cutting_is_the_same_however_points_arrive(sizes):
    """Chunks by ordinal, later ones replacing earlier ones, as the database keeps them."""
    total = sum(sizes)
    step = np.arange(float(total))
    kept = {}
    tail, at = Tail(5), 0
    for size in sizes:
        part = Series(step[at:at + size], step[at:at + size] ** 2)
        at += size
        before = tail.points.step.copy()
        chunks, after = tail.extend([part, EMPTY])
        assert (tail.points.step == before).all()  # a failed write can be repeated
        tail = after
        kept.update({c.header["ordinal"]: c for c in chunks})
    assert sorted(kept) == list(range(math.ceil(total / MAX_POINTS)))
    back = [decode(kept[i].points["encoded"]) for i in sorted(kept)]
    assert np.concatenate([np.empty(0), *(p.step for p in back)]).tolist() == step.tolist()
    assert all(kept[i].header["n"] == MAX_POINTS for i in sorted(kept)[:-1])
    assert len(tail.points.step) == total % MAX_POINTS
