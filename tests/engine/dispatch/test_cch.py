import numpy as np
import pytest

from engine.dispatch.cch import build_hierarchy, hierarchy_of_order
from engine.dispatch.network import tails
from tests.engine.dispatch.networks import scattered, street


def upper(graph, v):
    return graph.head[graph.first[v]:graph.first[v + 1]].tolist()


@pytest.mark.parametrize("seed", range(4))
def test_upper_neighbours_are_a_clique(seed):
    graph = build_hierarchy(scattered(seed))
    for v in range(len(graph.rank)):
        row = upper(graph, v)
        assert row == sorted(set(row))
        assert all(b in upper(graph, a) for i, a in enumerate(row) for b in row[i + 1:])
        assert graph.parent[v] == (row[0] if row else -1)


def test_a_street_contracted_from_its_ends_needs_no_shortcut():
    graph = hierarchy_of_order(street(5), np.array([0, 4, 1, 3, 2], np.int32))
    assert len(graph.head) == 4


def test_a_street_contracted_from_its_middle_needs_one():
    graph = hierarchy_of_order(street(3), np.array([1, 0, 2], np.int32))
    assert [upper(graph, v) for v in range(3)] == [[1, 2], [2], []]


def test_every_road_arc_has_its_upward_arc():
    network = scattered(1)
    graph = build_hierarchy(network)
    tail, head = graph.rank[tails(network)], graph.rank[network.head]
    arc, down = graph.up_arc >> 1, graph.up_arc & 1
    assert np.array_equal(graph.low[arc], np.minimum(tail, head))
    assert np.array_equal(graph.head[arc], np.maximum(tail, head))
    assert np.array_equal(down == 1, tail > head)


def test_order_and_rank_are_inverse():
    graph = build_hierarchy(scattered(2))
    assert np.array_equal(graph.node[graph.rank], np.arange(len(graph.rank)))
