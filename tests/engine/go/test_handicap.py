import pytest

from engine.errors import InvalidInput
from engine.go.handicap import free_handicap_points
from engine.go.openings import handicap_points


@pytest.mark.parametrize(("size", "stones"), [(9, 2), (9, 9), (19, 5), (8, 4)])
def test_few_stones_take_the_traditional_points(size, stones):
    assert free_handicap_points(size, stones) == handicap_points(size, stones)


@pytest.mark.parametrize(("size", "stones"), [(9, 20), (19, 30), (5, 4), (2, 3), (8, 7)])
def test_more_stones_are_all_different_and_on_the_board(size, stones):
    points = free_handicap_points(size, stones)
    assert len(set(points)) == len(points) == stones
    assert all(0 <= p < size * size for p in points)


def test_a_small_board_begins_in_the_middle():
    assert free_handicap_points(5, 2)[0] == 12


@pytest.mark.parametrize("stones", [1, 81])
def test_too_few_and_too_many_are_refused(stones):
    with pytest.raises(InvalidInput, match="2 to 80"):
        free_handicap_points(9, stones)
