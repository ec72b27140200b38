from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.perception.judge import Judge, fit_judge, judge_from


def test_a_judge_finds_the_weights_that_made_the_truth() -> None:
    rng = np.random.default_rng(4)
    evidence = rng.normal(size=(20_000, 3)) * (1.0, 10.0, 0.1) + (0.0, 5.0, 2.0)
    odds = 1.5 * evidence[:, 0] - 0.1 * (evidence[:, 1] - 5.0) - 0.5
    right = rng.random(len(odds)) < 1.0 / (1.0 + np.exp(-odds))
    judge = fit_judge(evidence, right)
    assert judge.weight == pytest.approx([1.5, -1.0, 0.0, -0.5], abs=0.06)
    # maximum likelihood with a free constant: as many right as are expected to be
    assert judge(evidence).sum() == pytest.approx(right.sum(), rel=1e-6)


def test_a_judge_by_hand() -> None:
    judge = Judge(np.array([1.0]), np.array([2.0]), np.array([3.0, -1.0]))
    assert judge(np.array([[1.0], [3.0]])) == pytest.approx(
        [1.0 / (1.0 + np.e), 1.0 / (1.0 + np.exp(-2.0))])
    back = judge_from(judge.as_json())
    assert back(np.array([[0.7]])) == pytest.approx(judge(np.array([[0.7]])))


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(InvalidInput, match="both kinds"):
        fit_judge(np.zeros((4, 2)), np.zeros(4, np.bool_))
    with pytest.raises(InvalidInput, match="finite"):
        fit_judge(np.full((4, 2), np.nan), np.arange(4) > 1)
    with pytest.raises(ValueError, match="fit together"):
        judge_from({"mean": [0.0], "spread": [1.0, 1.0], "weight": [1.0, 0.0]})
