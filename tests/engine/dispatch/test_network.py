import numpy as np
import pytest

from engine.dispatch.network import Arcs, assemble, nearest_nodes, segments, tails
from engine.errors import InvalidInput
from tests.engine.dispatch.networks import both_ways, network_of, scattered


def arcs(pairs, seconds=None):
    tail, head = np.array(pairs, np.int64).T
    ones = np.ones(len(tail))
    return Arcs(tail, head, 100 * ones, ones if seconds is None else np.array(seconds),
                np.zeros(len(tail), np.uint8))


X = np.array([0.0, 100, 200, 300])
Y = np.zeros(4)


def test_arcs_come_in_rows_of_their_tails():
    network = assemble(X[:3], Y[:3], arcs([(2, 0), (0, 2), (1, 2), (0, 1)])).network
    assert network.first.tolist() == [0, 2, 3, 4]
    assert network.head.tolist() == [1, 2, 2, 0]
    assert tails(network).tolist() == [0, 0, 1, 2]


def test_loops_slower_twins_and_strays_are_left_out_and_named():
    built = assemble(X, Y, arcs([(0, 1), (1, 0), (0, 1), (1, 1), (1, 2)], [5, 6, 4, 1, 1]))
    assert built.node.tolist() == [0, 1]
    assert built.arc.tolist() == [2, 1]
    assert built.network.free_s.tolist() == [4, 6]
    assert (built.loops, built.parallel, built.stray) == (1, 1, 2)
    said = " ".join(built.notes())
    assert "1 arcs that lead back" in said
    assert "1 were dropped" in said
    assert "2 nodes (50.0%)" in said


def test_a_whole_network_needs_no_notes():
    assert assemble(X[:2], Y[:2], arcs([(0, 1), (1, 0)])).notes() == ()


def test_one_way_out_alone_is_no_network():
    with pytest.raises(InvalidInput, match="has 1 node; the arcs must lead there and back"):
        assemble(X[:2], Y[:2], arcs([(0, 1)]))


def test_every_node_of_what_is_kept_reaches_every_other():
    network = scattered(3)
    from tests.engine.dispatch.networks import dijkstra_times

    assert np.isfinite(dijkstra_times(network, network.free_s, np.arange(len(network.x)))).all()


def test_a_segment_is_drawn_once_with_the_higher_rank():
    network = network_of([(0, 0), (100, 0), (200, 0)],
                         [(0, 1), (1, 0), (1, 2), (2, 1)], rank=[0, 2, 1, 1])
    pair, rank = segments(network)
    assert pair.tolist() == [[0, 1], [1, 2]]
    assert rank.tolist() == [2, 1]


def test_the_nearest_node_is_found_with_its_distance():
    network = network_of([(0, 0), (100, 0)], both_ways([(0, 1)]))
    node, far = nearest_nodes(network, np.array([30.0, 90.0]), np.array([40.0, 0.0]))
    assert node.tolist() == [0, 1]
    assert far.tolist() == [50, 10]
