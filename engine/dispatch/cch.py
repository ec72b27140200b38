"""Customisable contraction hierarchy: the part of routing that knows the roads, not the traffic.

Nodes are ranked by nested dissection (inertial flow cuts, computed by RoutingKit); contracting them
in that order gives a chordal supergraph whose upward arcs carry any weights. The elimination tree
orders every search, so no priority queue is needed.

Source: Dibbelt, Strasser and Wagner 2016, "Customizable Contraction Hierarchies",
doi:10.1145/2886843; order after Schild and Sommer 2015, doi:10.1007/978-3-319-20086-6_22.

Shape letters: N nodes, M road arcs, U upward arcs. Nodes are named by rank from here on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import routingkit_cch

from engine.dispatch.cch_kernels import arc_ids, contract
from engine.dispatch.network import Network, tails

Int32 = npt.NDArray[np.int32]


class Hierarchy(NamedTuple):
    """The chordal supergraph.

    rank: int32 [N], place of a node in the order of contraction; higher is more important.
    node: int32 [N], the node at a place.
    first: int32 [N + 1]; upward arcs of place v are first[v]:first[v + 1].
    head: int32 [U], higher end of an upward arc, ascending within a row.
    parent: int32 [N], lowest upper neighbour (elimination tree), -1 at a root.
    first_down: int32 [N + 1]; the upward arcs into place v are down[first_down[v]:…].
    down: int32 [U], upward arcs by their higher end.
    low: int32 [U], lower end of an upward arc.
    up_arc: int32 [M], 2·(upward arc) + 1 if the road arc leads down, else + 0.
    """

    rank: Int32
    node: Int32
    first: Int32
    head: Int32
    parent: Int32
    first_down: Int32
    down: Int32
    low: Int32
    up_arc: Int32


def build_hierarchy(network: Network) -> Hierarchy:
    """Rank the nodes and contract them in that order; takes about 30 µs a node."""
    tail = tails(network)
    node = np.array(routingkit_cch.compute_order_inertial(
        len(network.x), tail.tolist(), network.head.tolist(), network.y.tolist(),
        network.x.tolist()), np.int32)
    return hierarchy_of_order(network, node)


def hierarchy_of_order(network: Network, node: Int32) -> Hierarchy:
    """Contract the nodes in a given order.

    Args:
        network: Road graph.
        node: int32 [N], a permutation of the nodes, least important first.
    """
    rank = np.empty_like(node)
    rank[node] = np.arange(len(node), dtype=np.int32)
    ends = np.stack([rank[tails(network)], rank[network.head]], axis=1)
    low_end, high_end = ends.min(axis=1), ends.max(axis=1)
    order = np.lexsort((high_end, low_end))
    begin = np.zeros(len(node) + 1, np.int32)
    np.cumsum(np.bincount(low_end, minlength=len(node)), out=begin[1:])
    first, head, parent = contract(begin, high_end[order])
    low = np.repeat(np.arange(len(node), dtype=np.int32), np.diff(first))
    down = np.argsort(head, kind="stable").astype(np.int32)
    first_down = np.zeros(len(node) + 1, np.int32)
    np.cumsum(np.bincount(head, minlength=len(node)), out=first_down[1:])
    up_arc = arc_ids(first, head, ends[:, 0].copy(), ends[:, 1].copy())
    return Hierarchy(rank, node, first, head, parent, first_down, down, low, up_arc)
