"""Street lines cut where they cross, and nodes that nearly coincide made one.

Shape letters: S segments, K crossings, N nodes, E edges.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from engine.dispatch.geometry import crossings

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

_STRAIGHT: Final = 1e3
"""How much more a road keeps its place than one of the next lower rank."""


class Lines(NamedTuple):
    """Straight pieces of streets.

    start, end: float64 [S, 2], metres.
    rank: uint8 [S], street hierarchy.
    oneway: bool [S], open from start to end alone.
    """

    start: Float64
    end: Float64
    rank: UInt8
    oneway: Bool


class Planar(NamedTuple):
    """Streets between nodes.

    point: float64 [N, 2], metres.
    edge: int64 [E, 2], nodes, in the direction of the line.
    rank, oneway: As in `Lines`, [E].
    """

    point: Float64
    edge: Int64
    rank: UInt8
    oneway: Bool


def arrange(lines: Lines, snap_m: float) -> Planar:
    """Cut lines at crossings; nodes closer than `snap_m` become one, on the main road if any is.

    Where several pieces then join the same two nodes, the one of highest rank stays.
    """
    one, other, t, u = crossings(lines.start, lines.end)
    count = len(lines.start)
    owner = np.concatenate([one, other, np.arange(count), np.arange(count)])
    share = np.concatenate([t, u, np.zeros(count), np.ones(count)])
    order = np.lexsort((share, owner))
    owner, share = owner[order], share[order]
    point = lines.start[owner] + share[:, None] * (lines.end - lines.start)[owner]
    linked = owner[1:] == owner[:-1]
    edge = np.stack([np.flatnonzero(linked), np.flatnonzero(linked) + 1], axis=1)
    # A main road is not bent by the streets that meet it.
    node, point = merge(point, snap_m, _STRAIGHT ** lines.rank[owner].astype(np.float64))
    owner = owner[:-1][linked]
    edge = node[edge]
    keep = _one_a_pair(edge, lines.rank[owner])
    edge, owner = edge[keep], owner[keep]
    return Planar(point, edge, lines.rank[owner], lines.oneway[owner])


def merge(point: Float64, snap_m: float, weight: Float64) -> tuple[Int64, Float64]:
    """Group points closer than `snap_m`: group of every point, and the groups' weighted means."""
    pairs = cKDTree(point).query_pairs(snap_m, output_type="ndarray")
    graph = csr_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])),
                      shape=(len(point), len(point)))
    groups, label = connected_components(graph, directed=False)
    size = np.bincount(label, weight, groups)
    mean = np.stack([np.bincount(label, weight * point[:, k], groups) / size for k in (0, 1)],
                    axis=1)
    return label.astype(np.int64), mean


def keep_edges(planar: Planar, keep: Bool) -> Planar:
    """The same streets less some."""
    return planar._replace(edge=planar.edge[keep], rank=planar.rank[keep],
                           oneway=planar.oneway[keep])


def _one_a_pair(edge: Int64, rank: UInt8) -> Int64:
    """Edges to keep, one a pair of nodes and none from a node to itself."""
    low, high = edge.min(axis=1), edge.max(axis=1)
    order = np.lexsort((-rank.astype(np.int64), high, low))
    first = np.ones(len(order), np.bool_)
    first[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    chosen = order[first]
    return np.sort(chosen[low[chosen] != high[chosen]])
