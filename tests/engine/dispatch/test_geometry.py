import numpy as np
import pytest

from engine.dispatch.geometry import chord, crossings, inside, near_line, voronoi_cell

SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])


def test_two_seeds_part_a_square_in_the_middle():
    seeds = np.array([[2.0, 5], [6, 5]])
    left, right = (voronoi_cell(seeds, k, SQUARE) for k in (0, 1))
    assert left[:, 0].max() == right[:, 0].min() == 4


def test_cells_hold_the_points_nearest_to_their_seed():
    rng = np.random.default_rng(2)
    seeds, points = rng.random((7, 2)) * 10, rng.random((400, 2)) * 10
    nearest = np.argmin(np.hypot(*(points[:, None] - seeds).transpose(2, 0, 1)), axis=1)
    for k in range(7):
        assert np.array_equal(inside(voronoi_cell(seeds, k, SQUARE), points), nearest == k)


def test_a_line_enters_and_leaves_a_square():
    assert chord(SQUARE, np.array([5.0, 5]), np.array([1.0, 0])) == pytest.approx((-5, 5))
    assert chord(SQUARE, np.array([5.0, 12]), np.array([1.0, 0])) is None


def test_inside_counts_crossings_of_a_dented_outline():
    dented = np.array([[0.0, 0], [10, 0], [10, 10], [5, 5], [0, 10]])
    points = np.array([[5.0, 2], [5, 7], [1, 8], [11, 1], [-1, 0]])
    assert inside(dented, points).tolist() == [True, False, True, False, False]


def test_distance_to_a_line_ends_at_its_ends():
    line = np.array([[0.0, 0], [10, 0]])
    assert near_line(line, np.array([[5.0, 3], [13, 4]])).tolist() == [3, 5]


def test_crossings_by_hand():
    start = np.array([[0.0, 0], [4, -2], [0, 5]])
    end = np.array([[10.0, 0], [4, 2], [10, 5]])
    one, other, t, u = crossings(start, end)
    assert (one.tolist(), other.tolist(), t.tolist(), u.tolist()) == ([0], [1], [0.4], [0.5])


def test_a_single_segment_crosses_nothing():
    assert [len(part) for part in crossings(np.zeros((1, 2)), np.ones((1, 2)))] == [0, 0, 0, 0]
