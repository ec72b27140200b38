import pytest

from engine.errors import InvalidInput
from engine.go.params import SELF_PLAY, SearchParams
from engine.params import knobs


def test_every_knob_has_a_range_that_holds_its_default_and_a_sentence():
    for k in knobs(SearchParams):
        assert k.help.endswith((".", "self-play."))
        if k.kind in ("int", "float"):
            assert k.low <= k.default <= k.high
            assert k.step


def test_the_kernels_get_every_number_as_a_float():
    numbers = SearchParams(symmetry=False).knobs()
    assert all(isinstance(v, float) for v in numbers)
    assert numbers.symmetry == 0.0
    assert SELF_PLAY.knobs().forced == 2.0


def test_a_wrong_value_is_named_with_its_range():
    with pytest.raises(InvalidInput, match=r"c_puct is 0; it must be between 0.01 and 10"):
        SearchParams.parse({"c_puct": 0})
