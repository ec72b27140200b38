import pytest

from engine.errors import InvalidInput
from engine.go.vertices import point_of, vertex_of


@pytest.mark.parametrize(("vertex", "point"), [
    ("A9", 0), ("J9", 8), ("A1", 72), ("J1", 80), ("E5", 40), ("pass", 81), ("H1", 79),
])
def test_a_vertex_names_a_point_of_9x9(vertex, point):
    assert point_of(vertex, 9) == point
    assert vertex_of(point, 9) == vertex


@pytest.mark.parametrize("size", [2, 5, 9, 19])
def test_every_point_comes_back(size):
    for point in range(size * size + 1):
        assert point_of(vertex_of(point, size).lower(), size) == point


def test_there_is_no_column_i():
    assert point_of("j4", 19) - point_of("h4", 19) == 1
    with pytest.raises(InvalidInput, match="no column I"):
        point_of("I4", 19)


@pytest.mark.parametrize("vertex", ["", "K5", "A0", "A10", "A-1", "55", "A5.0", "A²", "resign"])
def test_what_is_no_point_is_refused(vertex):
    with pytest.raises(InvalidInput, match="A1 to J9"):
        point_of(vertex, 9)
