"""Small road networks for tests."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from engine.dispatch.network import Arcs, assemble


def network_of(points, arcs, seconds=None, rank=None):
    """Points in metres and pairs of nodes; 10 m/s where no seconds are given."""
    points = np.array(points, np.float64)
    tail, head = np.array(arcs, np.int64).reshape(-1, 2).T
    length = np.maximum(np.hypot(*(points[tail] - points[head]).T), 1.0)
    return assemble(points[:, 0], points[:, 1], Arcs(
        tail, head, length, length / 10 if seconds is None else np.array(seconds, np.float64),
        np.zeros(len(tail), np.uint8) if rank is None else np.array(rank, np.uint8))).network


def both_ways(pairs):
    return [*pairs, *((b, a) for a, b in pairs)]


def street(count, metres=100.0):
    """A two-way street of `count` nodes from west to east."""
    return network_of([(metres * i, 0.0) for i in range(count)],
                      both_ways([(i, i + 1) for i in range(count - 1)]))


def scattered(seed, nodes=150):
    """A jittered grid with missing pieces and one-ways, as `network_of` keeps it."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(nodes)))
    place = np.stack(np.divmod(np.arange(side * side), side), axis=1)
    points = place * 100.0 + rng.normal(0, 15, place.shape)
    index = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate([np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], 1),
                            np.stack([index[:-1].ravel(), index[1:].ravel()], 1)])
    pairs = pairs[rng.random(len(pairs)) > 0.15]
    two_way = pairs[rng.random(len(pairs)) > 0.25]
    arcs = np.concatenate([pairs, two_way[:, ::-1]])
    return network_of(points, arcs, rng.uniform(2, 40, len(arcs)))


def dijkstra_times(network, weights, sources):
    """What scipy finds, float64 [S, N]."""
    graph = csr_array((weights.astype(np.float64), network.head, network.first),
                      shape=(len(network.x), len(network.x)))
    return dijkstra(graph, indices=sources)
