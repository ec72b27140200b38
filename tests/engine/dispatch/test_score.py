import numpy as np
import pytest

from engine.dispatch.score import PICKUP, SOURCE, Weights, score, source_score, terms
from engine.errors import InvalidInput


def one(*values):
    return [np.array([v], np.float32) for v in values]


@pytest.mark.parametrize(("given", "expected"), [
    ((0, 0, 5, 0, 0), (0, 0, 1, 1)),
    ((2_500, 300, 3, 0, np.pi / 2), (0.5, 0.5, 0.5, 0.5)),
    ((9_000, 900, 1, 0, np.pi), (1, 1, 0, 0)),
])
def test_terms_by_hand(given, expected):
    found = terms(*one(*given), radius_m=5_000, limit_s=600)
    assert found[0].tolist() == pytest.approx(expected, abs=1e-6)


def test_the_source_weighs_four_terms():
    term = np.array([[0.5, 0.25, 1.0, 0.5]], np.float32)
    assert score(term, SOURCE)[0] == pytest.approx(-0.15 - 0.05 + 0.3 + 0.1)
    assert score(term, PICKUP)[0] == pytest.approx(-0.25)


def test_the_source_in_its_own_units():
    found = source_score(*one(2_000, 600, 4.5, 0, np.pi))
    assert found[0] == pytest.approx(-0.3 * 2 - 0.2 * 10 + 0.3 * 4.5 - 0.2)


@pytest.mark.parametrize("wrong", [-0.1, np.nan, np.inf])
def test_absurd_weights_are_named(wrong):
    with pytest.raises(InvalidInput, match="the weight of rating is"):
        score(np.zeros((1, 4), np.float32), Weights(1, 1, wrong, 1))


def test_a_scale_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="must be above 0"):
        terms(*one(0, 0, 5, 0, 0), radius_m=0, limit_s=600)


def test_no_pairs_have_no_score():
    none = np.zeros(0, np.float32)
    assert score(terms(none, none, none, none, none, radius_m=1, limit_s=1), SOURCE).shape == (0,)
