"""Compiled parts of the contraction hierarchy: contraction, customisation, queries.

Weights are float32 multiples of TICK_S below 2²⁴ ticks, so every sum is exact, the same in any
order, and equal to what an integer Dijkstra finds; unreachable is infinite. No fast-math: it breaks
comparisons with infinity.

Shape letters: N nodes (named by rank), M road arcs, U upward arcs, S sources, T targets, B lanes.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

LANES: Final = 16
"""Sources swept at once: two AVX2 or one AVX-512 register of float32 a step."""
INF: Final = np.float32(np.inf)


@njit(cache=True, nogil=True)
def contract(begin: Int32, upper: Int32) -> Any:
    """Chordal completion: every node's upper neighbours become a clique.

    It suffices to hand a node's upper neighbours to the lowest of them (Gilbert, Ng and Peyton
    1994, doi:10.1137/S0895479892236921).

    Args:
        begin: int32 [N + 1].
        upper: int32 [begin[N]], upper ends of road arcs by lower end, with repeats.

    Returns:
        first int32 [N + 1], head int32 [U] ascending within a row, parent int32 [N].
    """
    nodes = begin.size - 1
    first = np.zeros(nodes + 1, np.int32)
    parent = np.full(nodes, -1, np.int32)
    head = np.empty(4 * upper.size + 16, np.int32)
    child = np.full(nodes, -1, np.int32)
    sibling = np.full(nodes, -1, np.int32)
    seen = np.full(nodes, -1, np.int32)
    size = 0
    for v in range(nodes):
        room = begin[v + 1] - begin[v]
        c = child[v]
        while c >= 0:
            room += first[c + 1] - first[c]
            c = sibling[c]
        if size + room > head.size:
            wider = np.empty(2 * (size + room), np.int32)
            wider[:size] = head[:size]
            head = wider
        start = size
        seen[v] = v
        for i in range(begin[v], begin[v + 1]):
            if seen[upper[i]] != v:
                seen[upper[i]] = v
                head[size] = upper[i]
                size += 1
        c = child[v]
        while c >= 0:
            for i in range(first[c], first[c + 1]):
                if seen[head[i]] != v:
                    seen[head[i]] = v
                    head[size] = head[i]
                    size += 1
            c = sibling[c]
        head[start:size].sort()
        first[v + 1] = size
        if size > start:
            p = head[start]
            parent[v] = p
            sibling[v] = child[p]
            child[p] = v
    return first, head[:size].copy(), parent


@njit(cache=True, nogil=True)
def arc_ids(first: Int32, head: Int32, tail_rank: Int32, head_rank: Int32) -> Any:
    """Upward arc under every road arc, int32 [M]: twice its index, plus one if it leads down."""
    out = np.empty(tail_rank.size, np.int32)
    for a in range(tail_rank.size):
        low = min(tail_rank[a], head_rank[a])
        high = max(tail_rank[a], head_rank[a])
        i = first[low]
        j = first[low + 1]
        while i < j:
            middle = (i + j) // 2
            if head[middle] < high:
                i = middle + 1
            else:
                j = middle
        out[a] = 2 * i + (1 if tail_rank[a] > head_rank[a] else 0)
    return out


@njit(cache=True, nogil=True)
def customise(
    first: Int32, head: Int32, first_down: Int32, down: Int32, low: Int32, up_arc: Int32,
    weight: Float32,
) -> Any:
    """Weights of all upward arcs by lower triangles.

    An arc {x, y} is improved by every v below both: up[x→y] ≤ down[v→x reversed] + up[v→y].

    Args:
        first: int32 [N + 1]; this and the next five as in `Hierarchy`.
        head: int32 [U].
        first_down: int32 [N + 1].
        down: int32 [U].
        low: int32 [U].
        up_arc: int32 [M].
        weight: float32 [M], seconds in whole ticks.

    Returns:
        up float32 [U] seconds from the lower to the higher end, down_s float32 [U] back; via
        int32 [U, 2], the node a shortcut passes, or −2 − (road arc), for either way.
    """
    arcs = head.size
    nodes = first.size - 1
    both = np.full((arcs, 2), INF, np.float32)
    via = np.full((arcs, 2), -1, np.int32)
    for a in range(up_arc.size):
        k = up_arc[a] >> 1
        way = up_arc[a] & 1
        if weight[a] < both[k, way]:
            both[k, way] = weight[a]
            via[k, way] = -2 - a
    slot = np.zeros(nodes, np.int32)
    for x in range(nodes):
        for k in range(first[x], first[x + 1]):
            slot[head[k]] = k
        for q in range(first_down[x], first_down[x + 1]):
            i = down[q]
            v = low[i]
            to_v = both[i, 1]
            from_v = both[i, 0]
            for j in range(i + 1, first[v + 1]):
                k = slot[head[j]]
                there = to_v + both[j, 0]
                back = both[j, 1] + from_v
                if there < both[k, 0]:
                    both[k, 0] = there
                    via[k, 0] = v
                if back < both[k, 1]:
                    both[k, 1] = back
                    via[k, 1] = v
    return both[:, 0].copy(), both[:, 1].copy(), via


@njit(cache=True, nogil=True)
def sweep(
    first: Int32, head: Int32, parent: Int32, up: Float32, down: Float32, source: Int32,
    target: Int32, limit: np.float32,
) -> Any:
    """Travel times of all pairs: one climb a source, one shared descent a batch of LANES.

    The descent visits only nodes above a target, laid out densely beforehand (RPHAST; Delling,
    Goldberg and Werneck 2011, "Faster Batched Shortest Paths in Road Networks",
    doi:10.4230/OASIcs.ATMOS.2011.52).

    Args:
        first: int32 [N + 1]; this and the next two as in `Hierarchy`.
        head: int32 [U].
        parent: int32 [N].
        up: float32 [U], from the side of the sources upwards.
        down: float32 [U], downwards to the side of the targets.
        source: int32 [S], places in the order.
        target: int32 [T], places in the order.
        limit: Times above it may be left infinite; the climb stops there.

    Returns:
        float32 [S, T] seconds.
    """
    nodes = first.size - 1
    out = np.empty((source.size, target.size), np.float32)
    dense = np.full(nodes, -1, np.int32)
    above = 0
    arcs = 0
    for t in target:
        v = t
        while v >= 0 and dense[v] == -1:
            dense[v] = -2
            above += 1
            arcs += first[v + 1] - first[v]
            v = parent[v]
    place = np.empty(above, np.int32)
    begin = np.zeros(above + 1, np.int32)
    to = np.empty(arcs, np.int32)
    cost = np.empty(arcs, np.float32)
    n = 0
    m = 0
    for v in range(nodes - 1, -1, -1):
        if dense[v] == -1:
            continue
        dense[v] = n
        place[n] = v
        for k in range(first[v], first[v + 1]):
            if down[k] < INF:
                to[m] = dense[head[k]]
                cost[m] = down[k]
                m += 1
        n += 1
        begin[n] = m
    climb = np.full(nodes, INF, np.float32)
    lane = np.empty((above, LANES), np.float32)
    best = np.empty(LANES, np.float32)
    for base in range(0, source.size, LANES):
        width = min(LANES, source.size - base)
        lane[:] = INF
        for c in range(width):
            v = source[base + c]
            climb[v] = np.float32(0)
            while v >= 0:
                here = climb[v]
                climb[v] = INF
                if here <= limit:
                    if dense[v] >= 0:
                        lane[dense[v], c] = here
                    for k in range(first[v], first[v + 1]):
                        there = here + up[k]
                        if there < climb[head[k]]:
                            climb[head[k]] = there
                v = parent[v]
        for i in range(above):
            for c in range(LANES):
                best[c] = lane[i, c]
            for k in range(begin[i], begin[i + 1]):
                j = to[k]
                w = cost[k]
                for c in range(LANES):
                    through = lane[j, c] + w
                    best[c] = through if through < best[c] else best[c]
            for c in range(LANES):
                lane[i, c] = best[c]
        for t in range(target.size):
            row = dense[target[t]]
            for c in range(width):
                seconds = lane[row, c]
                out[base + c, t] = seconds if seconds <= limit else INF
    return out
