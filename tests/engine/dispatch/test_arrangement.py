import numpy as np

from engine.dispatch.arrangement import Lines, arrange, keep_edges, merge


def lines(rows, rank=None, oneway=None):
    rows = np.array(rows, np.float64)
    return Lines(rows[:, :2], rows[:, 2:],
                 np.array(rank if rank else [0] * len(rows), np.uint8),
                 np.array(oneway if oneway else [False] * len(rows)))


def test_a_cross_becomes_four_edges_about_one_node():
    planar = arrange(lines([(0, 50, 100, 50), (50, 0, 50, 100)]), 1.0)
    assert len(planar.point) == 5
    assert np.bincount(planar.edge.ravel()).tolist().count(4) == 1
    assert len(planar.edge) == 4


def test_edges_keep_the_direction_and_facts_of_their_line():
    planar = arrange(lines([(0, 0, 100, 0), (50, -50, 50, 50)], [2, 0], [True, False]), 1.0)
    main = planar.edge[planar.rank == 2]
    x = planar.point[:, 0]
    assert (x[main[:, 1]] > x[main[:, 0]]).all()
    assert planar.oneway.tolist() == (planar.rank == 2).tolist()


def test_ends_that_nearly_meet_are_one_node():
    planar = arrange(lines([(0, 0, 100, 0), (104, 0, 200, 0)]), 5.0)
    assert len(planar.point) == 3
    assert len(planar.edge) == 2


def test_of_two_pieces_between_the_same_nodes_the_main_road_stays():
    planar = arrange(lines([(0, 0, 100, 0), (0, 2, 100, 2)], [0, 2]), 5.0)
    assert planar.rank.tolist() == [2]


def test_merged_points_stand_at_their_weighted_mean():
    group, mean = merge(np.array([[0.0, 0], [2, 0], [50, 50]]), 3.0, np.array([1.0, 3, 1]))
    assert group.tolist() == [0, 0, 1]
    assert mean.tolist() == [[1.5, 0], [50, 50]]


def test_a_main_road_is_not_bent_by_a_street_that_ends_beside_it():
    planar = arrange(lines([(0, 0, 100, 0), (50, 3, 50, 90), (50, -80, 50, 0)], [2, 0, 0]), 5.0)
    on_road = np.unique(planar.edge[planar.rank == 2])
    assert len(on_road) == 3
    assert np.abs(planar.point[on_road, 1]).max() < 0.01


def test_edges_can_be_dropped():
    planar = arrange(lines([(0, 50, 100, 50), (50, 0, 50, 100)]), 1.0)
    assert len(keep_edges(planar, np.array([True, False, True, False])).edge) == 2
