from __future__ import annotations

import numpy as np
import pytest

from engine.dispatch.streams import keys, mix, pairwise, uniform, unit


def test_compiled_and_vectorised_draws_are_the_same_numbers() -> None:
    key = keys(7, 3, 50)
    assert [unit(k, np.uint64(4)) for k in key] == uniform(key, 4).tolist()
    assert mix(np.uint64(1), np.uint64(2)) != mix(np.uint64(2), np.uint64(1))


def test_keys_belong_to_seed_group_and_place() -> None:
    assert keys(1, 2, 5)[:3].tolist() == keys(1, 2, 3).tolist()
    rows = [keys(s, g, 100) for s in range(4) for g in range(4)]
    assert len(np.unique(np.concatenate(rows))) == 1600


def test_numbers_fill_the_unit_interval_evenly_and_salts_are_independent() -> None:
    key = keys(3, 1, 40_000)
    one, two = uniform(key, 1), uniform(key, 2)
    assert 0.0 <= one.min() < 1e-3
    assert 1.0 - 1e-3 < one.max() < 1.0
    counts = np.bincount((one * 20).astype(int), minlength=20)
    # chi-square with 19 degrees of freedom: 43.8 is exceeded once in a thousand
    assert ((counts - 2000.0) ** 2 / 2000.0).sum() < 43.8
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02
    assert one.mean() == pytest.approx(0.5, abs=0.006)


def test_a_pair_has_its_own_answer() -> None:
    a, b = keys(1, 1, 500), keys(1, 2, 500)
    assert pairwise(a, b, 7).tolist() == pairwise(a, b, 7).tolist()
    assert not np.any(pairwise(a, b, 7) == pairwise(a, b[::-1], 7))
