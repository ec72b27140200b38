"""The road network: nodes and directed arcs in compressed rows.

Coordinates are planar metres, x east and y north, origin at the south-west of the city.

Shape letters: N nodes, M arcs, A arcs before repair, E undirected segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from engine.errors import InvalidInput

Bool = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

LOCAL: Final = 0
COLLECTOR: Final = 1
ARTERIAL: Final = 2
MOTORWAY: Final = 3

MOST_NODES: Final = 400_000
"""Nodes up to which an import is taken; routing tables and the picture are sized for it."""


class Network(NamedTuple):
    """Directed road graph, strongly connected.

    x: float32 [N], metres east of the origin.
    y: float32 [N], metres north of the origin.
    first: int32 [N + 1]; the arcs out of node v are first[v]:first[v + 1].
    head: int32 [M], node an arc leads to; ascending within a row.
    length_m: float32 [M], > 0.
    free_s: float32 [M], seconds without traffic, > 0.
    rank: uint8 [M], LOCAL, COLLECTOR, ARTERIAL or MOTORWAY.
    district: int16 [N], index into the city's districts.
    """

    x: Float32
    y: Float32
    first: Int32
    head: Int32
    length_m: Float32
    free_s: Float32
    rank: UInt8
    district: Int16


class Arcs(NamedTuple):
    """Arcs as they come from a file or a generator, in any order.

    tail, head: int64 [A], nodes.
    length_m, free_s: float64 [A].
    rank: uint8 [A].
    """

    tail: Int64
    head: Int64
    length_m: Float64
    free_s: Float64
    rank: UInt8


@dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """A network made of loose arcs, and what was left out.

    Attributes:
        network: The largest strongly connected part.
        node: int32 [N], index a kept node had before.
        arc: int32 [M], index a kept arc had before.
        loops: Arcs dropped because they lead to their own tail.
        parallel: Arcs dropped because a faster one joins the same nodes.
        stray: Nodes dropped because there is no way to them and back.
        parts: Strongly connected parts before.
    """

    network: Network
    node: Int32
    arc: Int32
    loops: int
    parallel: int
    stray: int
    parts: int

    def notes(self) -> tuple[str, ...]:
        """What was repaired, a sentence each; empty if nothing was."""
        said = []
        if self.loops:
            said.append(f"{self.loops:,} arcs that lead back to their own node were dropped.")
        if self.parallel:
            said.append(f"Of arcs that join the same two nodes the fastest was kept; "
                        f"{self.parallel:,} were dropped.")
        if self.stray:
            share = self.stray / (self.stray + len(self.node))
            said.append(f"{self.stray:,} nodes ({share:.1%}) in {self.parts - 1:,} parts cannot be "
                        f"reached and left again; the largest part, {len(self.node):,} nodes, "
                        "was kept.")
        return tuple(said)


def assemble(x: Float64, y: Float64, arcs: Arcs, district: Int16 | None = None) -> Assembly:
    """Order loose arcs into rows and keep the largest strongly connected part.

    Args:
        x: float64 [nodes], metres.
        y: float64 [nodes], metres.
        arcs: Any arcs between those nodes.
        district: int16 [nodes]; all 0 if None.

    Raises:
        InvalidInput: If no two nodes are joined in both directions.
    """
    nodes = len(x)
    ring = arcs.tail == arcs.head
    order = np.lexsort((arcs.free_s, arcs.head, arcs.tail))
    order = order[~ring[order]]
    tail, head = arcs.tail[order], arcs.head[order]
    again = np.zeros(len(order), np.bool_)
    again[1:] = (tail[1:] == tail[:-1]) & (head[1:] == head[:-1])
    order, tail, head = order[~again], tail[~again], head[~again]
    graph = csr_array((np.ones(len(order), np.int8), (tail, head)), shape=(nodes, nodes))
    parts, label = connected_components(graph, connection="strong")
    inside = label == np.argmax(np.bincount(label, minlength=1))
    keep = inside[tail] & inside[head] if len(order) else np.zeros(0, np.bool_)
    node = np.flatnonzero(inside)
    if len(node) < 2:
        raise InvalidInput(
            f"the largest part of the network that can be entered and left has {len(node)} node; "
            "the arcs must lead there and back: check that both directions are in the file"
        )
    new = np.cumsum(inside) - 1
    arc, tail, head = order[keep], new[tail[keep]], new[head[keep]]
    first = np.zeros(len(node) + 1, np.int32)
    np.cumsum(np.bincount(tail, minlength=len(node)), out=first[1:])
    network = Network(
        x[node].astype(np.float32), y[node].astype(np.float32), first, head.astype(np.int32),
        arcs.length_m[arc].astype(np.float32), arcs.free_s[arc].astype(np.float32),
        arcs.rank[arc].astype(np.uint8),
        np.zeros(len(node), np.int16) if district is None else district[node].astype(np.int16),
    )
    return Assembly(network, node.astype(np.int32), arc.astype(np.int32), int(ring.sum()),
                    int(again.sum()), nodes - len(node), int(parts))


def tails(network: Network) -> Int32:
    """Node every arc comes from, int32 [M]."""
    return np.repeat(np.arange(len(network.x), dtype=np.int32), np.diff(network.first))


def segments(network: Network) -> tuple[Int32, UInt8]:
    """Streets to draw: each joined pair of nodes once.

    Returns:
        int32 [E, 2] node pairs, lower node first, and uint8 [E], the higher rank of both ways.
    """
    tail = tails(network)
    low, high = np.minimum(tail, network.head), np.maximum(tail, network.head)
    order = np.lexsort((network.rank, high, low))
    low, high = low[order], high[order]
    last = np.ones(len(order), np.bool_)
    last[:-1] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    return np.stack([low[last], high[last]], axis=1), network.rank[order][last]


def nearest_nodes(network: Network, x: Float64, y: Float64) -> tuple[Int32, Float32]:
    """Node nearest to each point as the crow flies.

    Args:
        network: Road graph.
        x: float64 [K], metres.
        y: float64 [K], metres.

    Returns:
        int32 [K] nodes and float32 [K] metres to them.
    """
    tree = cKDTree(np.stack([network.x, network.y], axis=1))
    far, node = tree.query(np.stack([x, y], axis=1))
    return np.asarray(node, np.int32), np.asarray(far, np.float32)
