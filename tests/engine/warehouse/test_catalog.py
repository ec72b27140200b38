from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.warehouse.catalog import BINS, Catalog


def make(pods: int = 40, skus: int = 100, exponent: float = 1.0, seed: int = 1) -> Catalog:
    return Catalog(pods, skus, exponent, np.random.default_rng(seed))


def test_popularity_is_zipf() -> None:
    got = np.sort(make(exponent=1.0, skus=4).popularity)[::-1]
    # 1, 1/2, 1/3, 1/4 over their sum 25/12
    assert got == pytest.approx(np.array([12, 6, 4, 3]) / 25)
    assert make(exponent=0.0).popularity == pytest.approx(np.full(100, 0.01))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.floats(0.01, 1.0), st.floats(0.0, 2.0), st.integers(0, 2**32))
def test_every_sku_is_on_a_pod_and_found_there(
    pods: int, filling: float, exponent: float, seed: int
) -> None:
    skus = max(1, int(pods * BINS * filling))
    catalog = make(pods, skus, exponent, seed)
    assert catalog.bins.shape == (pods, BINS)
    assert set(catalog.bins.ravel().tolist()) == set(range(skus))
    assert catalog.popularity.sum() == pytest.approx(1.0)
    for sku in range(0, skus, max(1, skus // 10)):
        expected = np.flatnonzero((catalog.bins == sku).any(axis=1)).tolist()
        assert catalog.pods_with(sku) == expected


def test_popular_skus_lie_on_more_pods() -> None:
    catalog = make(pods=200, skus=100, exponent=1.2)
    copies = np.bincount(catalog.bins.ravel(), minlength=100)
    order = np.argsort(-catalog.popularity, kind="stable")
    assert copies[order[:5]].min() > 3 * copies[order[-20:]].max()


def test_demand_is_the_expected_share_of_requests() -> None:
    catalog = make(pods=3, skus=3, exponent=0.0)
    copies = np.bincount(catalog.bins.ravel(), minlength=3)
    share = np.array([sum(1 / 3 / copies[s] for s in pod) for pod in catalog.bins.tolist()])
    assert catalog.demand == pytest.approx(share / share.max())
    assert catalog.demand.max() == 1.0
    assert sorted(catalog.rank.tolist()) == [0.0, 0.5, 1.0]
    assert np.argsort(catalog.rank, kind="stable").tolist() == np.argsort(
        catalog.demand, kind="stable").tolist()


def test_draws_are_distinct_and_follow_popularity() -> None:
    catalog = make(exponent=1.5)
    rng = np.random.default_rng(5)
    lots = [catalog.draw(3, rng) for _ in range(4000)]
    assert all(len(set(lot)) == 3 for lot in lots)
    first = np.bincount([lot[0] for lot in lots], minlength=100) / len(lots)
    top = int(np.argmax(catalog.popularity))
    expected = catalog.popularity[top]
    # four standard errors of a share over 4,000 draws
    assert abs(first[top] - expected) < 4 * np.sqrt(expected * (1 - expected) / 4000)
    assert sorted(make(pods=1, skus=2).draw(9, rng)) == [0, 1]


def test_more_skus_than_bins_are_refused() -> None:
    with pytest.raises(InvalidInput, match="SKUs is 19; 2 pods with 9 bins hold at most 18"):
        make(pods=2, skus=19)
